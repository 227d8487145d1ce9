"""What a trade costs, and in which coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

__all__ = ["DISCOUNTS", "REBATES_IN_GIVEN", "TAXED", "Discount", "FeeCoin", "FeeTerms"]

REBATES_IN_GIVEN = frozenset({"bybit", "okx"})
"""Venues that give a maker's rebate in the coin that was given away, not in what came in."""
TAXED = frozenset({"bybit"})
"""Venues that tell of taxes beside a fee."""


class FeeCoin(StrEnum):
    """In which coin fees are taken."""

    RECEIVED = "received"
    """What was received: base for a buy, quote for a sell."""
    QUOTE = "quote"
    """The quote currency, for buys as well."""
    DISCOUNT = "discount"
    """The venue's own coin, cheaper; what was received once that coin runs short."""


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What an account pays for its trades.

    Attributes:
        taker: Fee of an order that takes, as a fraction.
        maker: Fee of an order that rested, as a fraction.
        coin: In which coin.
        discount_pct: By how much the fee is lower in the venue's own coin.
        tax: What a state takes beside the fee, as a fraction of the value, in quote currency.
    """

    taker: Decimal
    maker: Decimal
    coin: FeeCoin = FeeCoin.RECEIVED
    discount_pct: Decimal = Decimal(25)
    tax: Decimal = Decimal(0)

    def rate(self, *, maker: bool) -> Decimal:
        """Return the fraction for a trade."""
        return self.maker if maker else self.taker


@dataclass(frozen=True, slots=True)
class Discount:
    """A venue's own coin.

    Attributes:
        asset: Its name.
        price: What it is worth in USDT where the world does not quote it.
    """

    asset: str
    price: Decimal


# OKX has none: its account setting `feeType` 1 takes the quote currency instead.
DISCOUNTS: Mapping[str, Discount] = {
    "binance": Discount("BNB", Decimal(584)),
    "bybit": Discount("MNT", Decimal("0.82")),
    "bitget": Discount("BGB", Decimal("4.31")),
}
"""The coins in which venues take fees at a discount, by venue."""
