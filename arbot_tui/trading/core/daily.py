"""What a day has cost: new pairs end at one limit, trading halts at the other.

A day's result is what pairs earned and paid on it, and what those of it that are still open would
if their remainders were traded at the middle of the market. Coins that are merely held do not
count: they rise and fall by themselves. Days are UTC; the share is of what the account was worth
when the day was first looked at.

Limits decide once for each time they are passed. `reducing` and `halted` stay until a person acts,
and nobody starts while the day's loss is beyond either.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.numbers import ZERO, exact, plain
from arbot_tui.domain.states import TradingState
from arbot_tui.trading.core import settling
from arbot_tui.trading.core.events import DayVerdict, Marked
from arbot_tui.trading.core.levels import LossLevel
from arbot_tui.trading.core.pair import counted_net, pair_profit, remainder_price
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.turn import Turn

__all__ = ["DAY_NS", "day_result", "on_marked", "start_obstacle"]

DAY_NS = 86_400 * SECOND
_HUNDRED = Decimal(100)


def on_marked(turn: Turn, event: Marked) -> None:
    """Begin a day, and judge what it has brought so far."""
    state = turn.state
    day = turn.now_ns // DAY_NS
    if day > state.day:
        state.day, state.day_equity = day, None
        state.day_result.clear()
        turn.changed = True
    if state.day_equity is None and event.equity_quote is not None and event.equity_quote > 0:
        state.day_equity = event.equity_quote
        turn.changed = True
    verdict = event.verdict if turn.replaying else _judged(state, event)
    if verdict is None:
        return
    turn.record = msgspec.structs.replace(event, verdict=verdict)
    if verdict.level is not state.loss_level:
        turn.changed = True
        worse = verdict.level > state.loss_level
        state.loss_level = verdict.level
        if worse:
            _act(turn, verdict)


def day_result(state: CoreState, event: Marked) -> Decimal:
    """Return the day's result in the account currency, open pairs at the mids told.

    An asset that never had a rate counts for nothing, a pair without a price by its fills alone.
    """
    total = _value(event, state.day_result.items())
    for pair_id in (*state.in_flight, *sorted(state.stuck)):
        pair = state.pairs[pair_id]
        if pair.planned_ns // DAY_NS != state.day:
            # What it lost before was that day's.
            continue
        if pair_id in state.in_flight:
            profit = pair_profit(pair)
            total = exact.add(total, _value(event, [(pair.quote, profit.realised)]))
            total = exact.subtract(total, _value(event, profit.other_fees.items()))
        mid = event.mids.get(pair_id)
        if mid is not None:
            moved = exact.subtract(mid, remainder_price(pair))
            gained = exact.multiply(counted_net(pair), moved)
            total = exact.add(total, _value(event, [(pair.quote, gained)]))
    return total


def _value(event: Marked, amounts: Iterable[tuple[str, Decimal]]) -> Decimal:
    total = ZERO
    for asset, amount in amounts:
        total = exact.add(total, exact.multiply(amount, event.rates.get(asset, ZERO)))
    return total


def _judged(state: CoreState, event: Marked) -> DayVerdict | None:
    """Return how bad the day is; None where it cannot be told."""
    if state.day_equity is None:
        return None
    limits = state.rules()
    result = day_result(state, event)
    loss_pct = exact.divide(exact.multiply(_HUNDRED, exact.minus(result)), state.day_equity)
    level, limit_pct = LossLevel.NONE, limits.daily_loss_reduce_pct
    if loss_pct >= limits.daily_loss_halt_pct:
        level, limit_pct = LossLevel.HALT, limits.daily_loss_halt_pct
    elif loss_pct >= limits.daily_loss_reduce_pct:
        level = LossLevel.REDUCE
    shown = plain(exact.quantize(loss_pct, Decimal("0.001")))
    return DayVerdict(
        level, f"the day has lost {shown} % of the account, limit {plain(limit_pct)} %"
    )


def _act(turn: Turn, verdict: DayVerdict) -> None:
    """Start nothing new, or halt: at once, or as soon as what is being unwound has ended."""
    state = turn.state
    reason = f"daily_loss: {verdict.detail}"
    if state.trading is TradingState.HALTED:
        return
    if verdict.level is LossLevel.HALT:
        state.halting = reason
    elif state.trading is not TradingState.ACTIVE and not state.person_active:
        return
    state.person_active = state.unbound_accepted = False
    state.trading, state.trading_reason = TradingState.REDUCING, reason
    turn.alarm("daily_loss", verdict.detail)
    settling.stop_when_drained(turn)


def start_obstacle(state: CoreState) -> str:
    """Return why the day's loss keeps trading from starting; empty where it does not."""
    if state.halting:
        return state.halting
    if state.loss_level is LossLevel.NONE:
        return ""
    return "daily_loss: the day's loss is beyond its limit until midnight UTC"
