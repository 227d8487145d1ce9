"""The price collar: no limit price far from where its market is, and all markets are.

What is far off is a mistake, ours or the feed's, whatever edge it promises. Beyond the venue's own
band, where it names one, an order would only be refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, exact, from_float
from arbot_tui.domain.signal import QuoteView
from arbot_tui.trading.core.limits import Limits

__all__ = ["Limited", "middle", "out_of_collar"]

Limited = tuple[Instrument, QuoteView, Decimal]
"""A leg: the rules of its venue, the two-sided quote it is judged on, its limit price."""

_HUNDRED = Decimal(100)


def middle(quote: QuoteView) -> Decimal:
    """Return the middle of a quote that has two sides."""
    return exact.divide(exact.add(from_float(quote.bid), from_float(quote.ask)), Decimal(2))


def out_of_collar(legs: Sequence[Limited], limits: Limits, told: float = 0.0) -> str:
    """Return which limit price of a pair is out of which bound; or "".

    Args:
        legs: The buying leg, then the selling one.
        limits: How far is too far.
        told: Median of the middles of all venues; 0 where the pair's two have to do.
    """
    mids = [middle(quote) for _, quote, _ in legs]
    (buy, buying, cap), (sell, selling, floor) = legs
    highest, lowest = buy.highest_buy(mids[0]), sell.lowest_sell(mids[1])
    if highest is not None and cap > highest:
        return f"{buying.venue} takes no buy above {highest}"
    if lowest is not None and floor < lowest:
        return f"{selling.venue} takes no sell below {lowest}"
    median = from_float(told) if told else exact.divide(sum(mids, ZERO), Decimal(len(mids)))
    for (_, quote, price), mid in zip(legs, mids, strict=True):
        for most_pct, of, name in (
            (limits.collar_pct, mid, "its mid"),
            (limits.collar_median_pct, median, "the median"),
        ):
            off_pct = exact.divide(exact.multiply(_HUNDRED, abs(price - of)), of)
            if off_pct > most_pct:
                return f"{quote.venue}: {price} is {off_pct:.2f} % off {name}"
    return ""
