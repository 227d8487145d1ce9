"""From a signal to two orders on their way."""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.numbers import exact
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.signal import QuoteView
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.trading.core import gate, settling
from arbot_tui.trading.core.commands import Deny, Send, SetTimer
from arbot_tui.trading.core.events import CommitFailed, Committed, Signalled, TimerKind
from arbot_tui.trading.core.ids import client_order_id
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.turn import Turn

__all__ = ["on_commit_failed", "on_committed", "on_signal"]

_HOUR_NS = 3600 * SECOND


def on_signal(turn: Turn, event: Signalled) -> None:
    """Judge a signal; plan, reserve and journal the pair, or deny it."""
    signal = event.signal
    plan = gate.judge(turn.state, signal, event.equity_quote, turn.now_ns)
    if isinstance(plan, gate.Denial):
        turn.out.append(Deny(signal.opportunity_id, plan.reason, plan.detail))
        return
    state = turn.state
    limits = state.rules()
    state.pair_no += 1
    expires_ns = turn.now_ns + limits.order_validity_ns
    one_plus_fee = exact.add(Decimal(1), plan.buy_fee)
    cost = exact.multiply(exact.multiply(plan.qty, plan.buy_price), one_plus_fee)
    legs = [
        Leg(
            client_order_id(state.instance, state.pair_no, role, 0),
            quote.venue,
            signal.symbol,
            side,
            price,
            plan.qty,
            expires_ns,
            unwinding=False,
            state=LegState.INTENT,
            reserved_asset=asset,
            reserved=amount,
        )
        for role, quote, side, price, asset, amount in (
            (0, signal.buy, OrderSide.BUY, plan.buy_price, plan.quote, cost),
            (1, signal.sell, OrderSide.SELL, plan.sell_price, plan.base, plan.qty),
        )
    ]
    pair = Pair(
        f"p{state.pair_no}",
        state.pair_no,
        signal.opportunity_id,
        signal.symbol,
        plan.base,
        plan.quote,
        legs,
        plan.expected,
        turn.now_ns,
        PairState.RESERVED,
    )
    state.add_pair(pair)
    for leg in legs:
        state.by_client_id[leg.client_id] = pair.id
        state.reserve(leg)
    state.cooldowns[(signal.symbol, signal.buy.venue, signal.sell.venue)] = (
        turn.now_ns + limits.cooldown_ns
    )
    while state.commits_ns and state.commits_ns[0] <= turn.now_ns - _HOUR_NS:
        state.commits_ns.popleft()
    state.commits_ns.append(turn.now_ns)
    turn.awaiting = tuple(leg.client_id for leg in legs)
    turn.symbol = signal.symbol
    turn.touch(pair)


def on_committed(turn: Turn, event: Committed) -> None:
    """Send what the commit was for, if it is still right to."""
    client_ids = turn.state.awaiting.pop(event.commit_id, ())
    if not client_ids:
        return
    found = [entry for entry in map(turn.state.leg, client_ids) if entry is not None]
    pair = found[0][0]
    turn.touch(pair)
    legs = [leg for _, leg in found]
    denial = _refused(turn, pair, legs, event.quotes)
    if denial:
        settling.abandon(turn, pair, legs, denial)
        return
    if not legs[0].unwinding:
        pair.state = PairState.WORKING
    limits = turn.state.rules()
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
        due_ns = turn.now_ns + limits.ack_timeout_ns
        turn.out.append(SetTimer(due_ns, TimerKind.ACK, leg.client_id))


def _refused(turn: Turn, pair: Pair, legs: list[Leg], quotes: tuple[QuoteView, ...]) -> str:
    """Return why the orders must not leave after all; empty when they may."""
    if any(leg.state is not LegState.INTENT for leg in legs):
        # Recovery already treats them as possibly sent.
        return "already being resolved"
    if legs[0].unwinding:
        denial = gate.unwind_denial(turn.state, legs[0], turn.now_ns)
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
    for client_id in turn.state.awaiting.pop(event.commit_id, ()):
        entry = turn.state.leg(client_id)
        if entry is not None:
            settling.abandon(turn, entry[0], [entry[1]], "journal_ok: commit failed")
    turn.changed = False
