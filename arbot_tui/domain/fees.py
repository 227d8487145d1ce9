"""Trading fees as fractions of the traded value (0.001 is 0.1 %)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

__all__ = ["TradingFees"]


class TradingFees(msgspec.Struct, frozen=True):
    """Fee rates of one account on one market; positive is a cost, negative a rebate.

    Attributes:
        maker: Rate for an order that rested.
        taker: Rate for an order that took liquidity; the only one our IOC legs pay.
    """

    maker: Decimal
    taker: Decimal
