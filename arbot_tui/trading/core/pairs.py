"""From a signal to two orders on their way."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import OrderRequest, OrderSide
from arbot_tui.domain.signal import QuoteView
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.trading.core import gate, settling
from arbot_tui.trading.core.commands import Deny, Send, SetTimer
from arbot_tui.trading.core.events import CommitFailed, Committed, Signalled, TimerKind
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.plans import PairPlan, PlannedOrder
from arbot_tui.trading.core.turn import Turn

__all__ = ["on_commit_failed", "on_committed", "on_signal"]

_HOUR_NS = 3600 * SECOND


def on_signal(turn: Turn, event: Signalled) -> None:
    """Judge a signal; plan, reserve and journal the pair, or deny it."""
    plan = event.plan if turn.replaying else _judged(turn, event)
    if plan is None:
        return
    turn.record = msgspec.structs.replace(event, plan=plan)
    signal = event.signal
    state = turn.state
    limits = state.rules()
    legs = [Leg.planned(order, unwinding=False) for order in (plan.buy, plan.sell)]
    pair = Pair(
        f"p{plan.number}",
        plan.number,
        signal.opportunity_id,
        signal.symbol,
        plan.base,
        plan.quote,
        legs,
        plan.expected,
        turn.now_ns,
        PairState.RESERVED,
        quote_value=event.quote_value or Decimal(1),
    )
    state.pair_no = plan.number
    state.add_pair(pair)
    state.cooldowns[(signal.symbol, signal.buy.venue, signal.sell.venue)] = (
        turn.now_ns + limits.cooldown_ns
    )
    while state.commits_ns and state.commits_ns[0] <= turn.now_ns - _HOUR_NS:
        state.commits_ns.popleft()
    state.commits_ns.append(turn.now_ns)
    turn.awaiting = tuple(leg.client_id for leg in legs)
    turn.symbol = signal.symbol
    turn.touch(pair)


def _judged(turn: Turn, event: Signalled) -> PairPlan | None:
    """Return what the gate lets through as orders, or deny it."""
    signal = event.signal
    state = turn.state
    plan = gate.judge(state, signal, event.equity_quote, turn.now_ns, event.quote_value)
    if isinstance(plan, gate.Denial):
        turn.out.append(Deny(signal.opportunity_id, plan.reason, plan.detail))
        return None
    number = state.pair_no + 1
    expires_ns = turn.now_ns + state.rules().order_validity_ns
    orders = [
        OrderRequest(
            client_order_id(state.instance, number, leg, 0),
            venue,
            signal.symbol,
            side,
            price,
            plan.qty,
            expires_ns,
        )
        for leg, venue, side, price in (
            (0, signal.buy.venue, OrderSide.BUY, plan.buy_price),
            (1, signal.sell.venue, OrderSide.SELL, plan.sell_price),
        )
    ]
    buy = PlannedOrder(orders[0], plan.quote, gate.cost_per_unit(plan.buy_price, plan.buy_fee))
    sell = PlannedOrder(orders[1], plan.base, Decimal(1))
    return PairPlan(number, plan.base, plan.quote, buy, sell, plan.expected)


def on_committed(turn: Turn, event: Committed) -> None:
    """Send what the commit was for, if it is still right to."""
    waiting = _waiting(turn, event.commit_id)
    if waiting is None:
        return
    pair, legs = waiting
    turn.touch(pair)
    if turn.replaying:
        refusal = event.refusal or ""
    else:
        refusal = _refused(turn, pair, legs, event.quotes)
        turn.record = msgspec.structs.replace(
            event, quotes=gate.readable(event.quotes), refusal=refusal
        )
    if refusal:
        settling.abandon(turn, pair, legs, refusal)
        return
    if not legs[0].unwinding:
        pair.state = PairState.WORKING
    for leg in legs:
        leg.state = LegState.SENT
        leg.sent_ns = turn.now_ns
        venue = turn.state.venue(leg.venue)
        venue.activity_ns = turn.now_ns
        while venue.sends_ns and venue.sends_ns[0] <= turn.now_ns - SECOND:
            venue.sends_ns.popleft()
        venue.sends_ns.append(turn.now_ns)
        turn.out.append(Send(leg.request()))
    for leg in legs:
        due_ns = turn.now_ns + turn.state.rules().ack_timeout_ns
        turn.out.append(SetTimer(due_ns, TimerKind.ACK, leg.client_id))


def _waiting(turn: Turn, commit_id: int) -> tuple[Pair, list[Leg]] | None:
    """Take the orders that waited for a commit, and their pair; None where none did."""
    client_ids = turn.state.awaiting.pop(commit_id, None)
    if client_ids is None:
        return None
    pair = turn.state.pairs[turn.state.by_client_id[client_ids[0]]]
    return pair, [leg for leg in pair.legs if leg.client_id in client_ids]


def _refused(turn: Turn, pair: Pair, legs: list[Leg], quotes: tuple[QuoteView, ...]) -> str:
    """Return why the orders must not leave after all; empty when they may."""
    if any(leg.state is not LegState.INTENT for leg in legs):
        # The venue spoke of them before they were sent; two orders of one id must not exist.
        return "the venue already knows the order"
    if legs[0].unwinding:
        leg = legs[0]
        # What an order was thought not to have done may have become known since.
        wanted = OrderSide.SELL if pair.remainder > 0 else OrderSide.BUY
        if leg.side is not wanted or leg.qty > abs(pair.remainder):
            return f"only {pair.remainder} {pair.base} is left to bring home"
        denial = gate.unwind_denial(
            turn.state, pair, leg.venue, quotes, leg.planned_ns, turn.now_ns
        )
    else:
        denial = gate.still_good(turn.state, pair, quotes, turn.now_ns)
    return f"{denial.reason}: {denial.detail}" if denial else ""


def on_commit_failed(turn: Turn, event: CommitFailed) -> None:
    """Give up what waited for the commit; nothing of it was sent, nothing new may start.

    Not journalled, since the journal is what failed: recovery finds no intent, or one whose
    order the venue never saw.
    """
    turn.state.journal_ok = False
    turn.alarm("journal_failed", event.message)
    if waiting := _waiting(turn, event.commit_id):
        settling.abandon(turn, *waiting, "journal_ok: commit failed")
    turn.changed = False
