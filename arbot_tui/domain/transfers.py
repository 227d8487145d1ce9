"""Which coins a venue does not let in or out at present."""

from __future__ import annotations

import msgspec

__all__ = ["SuspendedTransfers"]


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
