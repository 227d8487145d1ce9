"""Why a pair did not earn what was expected of it: size, price and fees. Pure, exact."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from arbot_tui.domain.numbers import ZERO, exact
from arbot_tui.trading.core.pair import Leg, Pair, Profit

__all__ = ["Effects", "effects"]


class Effects(msgspec.Struct, frozen=True):
    """What lies between expected and realised profit; their sum is the difference, exactly.

    Attributes:
        size: Expected profit of what was not filled on both sides.
        price: What better or worse prices brought, unwinding included.
        fee: What was paid less, or more, than the venues' rates on the two legs' fills; fees of
            unwinding orders are all of it.
    """

    size: Decimal
    price: Decimal
    fee: Decimal


def effects(pair: Pair, profit: Profit, rates: Mapping[str, Decimal]) -> Effects:
    """Return the effects of an ended pair.

    Args:
        pair: The pair.
        profit: Its profit.
        rates: Taker fee by venue, a fraction; where one is not known, its fee counts as price.
    """
    matched = min(pair.buy.executed, pair.sell.executed)
    missing = exact.subtract(matched, pair.buy.qty)
    size = ZERO
    if missing:
        size = exact.divide(exact.multiply(pair.expected, missing), pair.buy.qty)
    fee = ZERO
    if pair.buy.venue in rates and pair.sell.venue in rates:
        at_rates = exact.add(
            exact.multiply(rates[pair.buy.venue], _worth(pair.buy)),
            exact.multiply(rates[pair.sell.venue], _worth(pair.sell)),
        )
        fee = exact.subtract(at_rates, profit.fees)
    difference = exact.subtract(profit.realised, pair.expected)
    price = exact.subtract(exact.subtract(difference, size), fee)
    return Effects(size, price, fee)


def _worth(leg: Leg) -> Decimal:
    """Return the quote value of what a leg traded, as its pair's profit counts it."""
    return exact.add(leg.value, leg.accepted)
