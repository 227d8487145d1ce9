"""What pairs hold unhedged, in the account currency: the limit on the whole of it.

A single pair cannot get beyond one order, but pairs that go wrong one after the other add up.
What is worth how much is told by limit prices and by the rates of when the pairs were planned:
near enough for a bound, and the same whenever the journal is read.
"""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.domain.numbers import ZERO, exact, plain
from arbot_tui.domain.reasons import Reason
from arbot_tui.trading.core.denial import Denial
from arbot_tui.trading.core.limits import Limits
from arbot_tui.trading.core.pair import Pair
from arbot_tui.trading.core.state import CoreState

__all__ = ["max_order_value", "overexposed", "unhedged"]

_HUNDRED = Decimal(100)
_MOST_ORDERS = Decimal(2)
"""So many of the largest orders may lie unhedged over all pairs."""


def max_order_value(limits: Limits, equity_quote: Decimal | None) -> Decimal:
    """Return the largest value of one order: the smaller of its amount and its share."""
    if equity_quote is None:
        return limits.max_order_quote
    share = exact.divide(limits.max_order_equity_pct, _HUNDRED)
    return min(limits.max_order_quote, exact.multiply(equity_quote, share))


def unhedged(pair: Pair) -> Decimal:
    """Return the value of what the pair holds too much or too little of."""
    worth = exact.multiply(exact.abs(pair.remainder), pair.exposed.price)
    return exact.multiply(worth, pair.quote_value)


def overexposed(state: CoreState, equity_quote: Decimal | None) -> Denial | None:
    """Check that what lies unhedged leaves room for another pair to go wrong."""
    most = max_order_value(state.rules(), equity_quote)
    total = ZERO
    for pair_id in (*state.in_flight, *sorted(state.stuck)):
        pair = state.pairs[pair_id]
        value = unhedged(pair)
        if value > most:
            text = f"{pair.id} holds {_money(value)} unhedged of {_money(most)}"
            return Denial(Reason.NET_EXPOSURE, text)
        total = exact.add(total, value)
    if total > exact.multiply(_MOST_ORDERS, most):
        text = f"{_money(total)} lies unhedged of 2 x {_money(most)}"
        return Denial(Reason.NET_EXPOSURE, text)
    return None


def _money(value: Decimal) -> str:
    return plain(exact.quantize(value, Decimal("0.01")))
