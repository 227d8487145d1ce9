"""The most profitable quantity over the levels of both books, on a common lot grid.

Each further unit costs more and brings less, so the profit rises to one top and falls after it.
Of the lot multiples only the two around that top can be the best; bounds move the choice to the
nearest multiple that they allow.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal

from arbot_tui.domain.numbers import ZERO, ceil_to, exact, floor_to

__all__ = ["DecimalLevel", "best_multiple", "walked_profit"]

DecimalLevel = tuple[Decimal, Decimal]
"""(price in quote per base, size in base)."""

_ONE = Decimal(1)


def best_multiple(
    asks: Sequence[DecimalLevel],
    bids: Sequence[DecimalLevel],
    buy_fee: Decimal,
    sell_fee: Decimal,
    step: Decimal,
    least: Decimal,
    most: Decimal,
) -> Decimal:
    """Return the multiple of `step` between `least` and `most` that earns most.

    Args:
        asks: Levels to buy from, best first, at least one.
        bids: Levels to sell to, best first, at least one.
        buy_fee: Taker fee of the buying leg, a fraction.
        sell_fee: Taker fee of the selling leg, a fraction.
        step: Common lot step.
        least: Smallest quantity allowed, a multiple of `step`.
        most: Largest quantity allowed, a multiple of `step` and no smaller than `least`; both
            books must offer it.
    """
    top = _top(asks, bids, buy_fee, sell_fee)
    around = (min(max(qty, least), most) for qty in (floor_to(top, step), ceil_to(top, step)))
    return max(around, key=lambda qty: walked_profit(asks, bids, buy_fee, sell_fee, qty))


def walked_profit(
    asks: Sequence[DecimalLevel],
    bids: Sequence[DecimalLevel],
    buy_fee: Decimal,
    sell_fee: Decimal,
    qty: Decimal,
) -> Decimal:
    """Return the profit in quote currency of taking `qty` from both books, after both fees."""
    paid = exact.multiply(_walked_value(asks, qty), exact.add(_ONE, buy_fee))
    received = exact.multiply(_walked_value(bids, qty), exact.subtract(_ONE, sell_fee))
    return exact.subtract(received, paid)


def _walked_value(levels: Sequence[DecimalLevel], qty: Decimal) -> Decimal:
    value = ZERO
    for price, size in levels:
        part = min(size, qty)
        value = exact.add(value, exact.multiply(price, part))
        qty = exact.subtract(qty, part)
    return value


def _top(
    asks: Sequence[DecimalLevel],
    bids: Sequence[DecimalLevel],
    buy_fee: Decimal,
    sell_fee: Decimal,
) -> Decimal:
    """Return the quantity up to which every further unit still earns something."""
    costs, brings = exact.add(_ONE, buy_fee), exact.subtract(_ONE, sell_fee)
    ask_ends, bid_ends = _ends(asks), _ends(bids)
    offered = min(ask_ends[-1], bid_ends[-1])
    total = ZERO
    # Between two ends both prices are constant.
    for end in sorted(end for end in {*ask_ends, *bid_ends} if end <= offered):
        ask = asks[bisect_right(ask_ends, total)][0]
        bid = bids[bisect_right(bid_ends, total)][0]
        if exact.multiply(bid, brings) <= exact.multiply(ask, costs):
            break
        total = end
    return total


def _ends(levels: Sequence[DecimalLevel]) -> list[Decimal]:
    """Return the cumulated sizes at which the levels end."""
    ends, total = [], ZERO
    for _, size in levels:
        total = exact.add(total, size)
        ends.append(total)
    return ends
