"""Which coins a venue does not let in or out at present."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from arbot_tui.domain.text import sanitise

__all__ = ["SuspendedTransfers", "suspended_of"]


class SuspendedTransfers(msgspec.Struct, frozen=True):
    """What a venue says of its wallets; it need not be true.

    A price there may be far from the others for just this reason: nobody can bring coins in to
    sell them, or take them out to sell them elsewhere.

    Attributes:
        deposits: Assets that cannot be brought in, upper case.
        withdrawals: Assets that cannot be taken out.
    """

    deposits: frozenset[str] = frozenset()
    withdrawals: frozenset[str] = frozenset()


def suspended_of(chains: Iterable[tuple[str, bool, bool]]) -> SuspendedTransfers:
    """Return what is suspended: that which no chain of a coin allows.

    Args:
        chains: Asset as the venue writes it, whether it may come in, whether it may go out; any
            number of them per asset.
    """
    known: set[str] = set()
    come: set[str] = set()
    go: set[str] = set()
    for told, deposits, withdrawals in chains:
        asset = sanitise(told, 20).upper()
        known.add(asset)
        if deposits:
            come.add(asset)
        if withdrawals:
            go.add(asset)
    return SuspendedTransfers(frozenset(known - come), frozenset(known - go))
