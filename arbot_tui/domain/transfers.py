"""Which coins a venue does not let in or out at present."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from arbot_tui.domain.text import sanitise

__all__ = ["Chain", "SuspendedTransfers", "suspended_in", "suspended_of"]

Chain = tuple[str, bool, bool]
"""Asset as the venue writes it, whether it may come in, whether it may go out."""


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


def suspended_of(chains: Iterable[Chain]) -> SuspendedTransfers:
    """Return what is suspended: that which no chain of a coin allows.

    Args:
        chains: Any number of them per asset.
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


def suspended_in(
    rows: Iterable[msgspec.Raw], chains: Callable[[msgspec.Raw], Iterable[Chain]]
) -> SuspendedTransfers:
    """Return what is suspended by a venue's list of coins; of a row that cannot be read, nothing.

    Args:
        rows: As the venue sends them.
        chains: Reads those of one row; raises `ValueError` or `RecursionError` where it cannot.
    """
    found: list[Chain] = []
    for raw in rows:
        try:
            found += chains(raw)
        except (ValueError, RecursionError):
            continue
    return suspended_of(found)
