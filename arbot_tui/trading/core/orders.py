"""What venues say about our orders.

Facts are idempotent: a fill counts once per trade id, a reported quantity never decreases, a
final leg stays final. Silence, errors and "not found" are not facts: such an order is unknown
until the venue, or its expiry plus the visibility margin and two rounds of every source, says
otherwise.
"""

from __future__ import annotations

from arbot_tui.domain.ledger import fill_postings
from arbot_tui.domain.orders import (
    Fill,
    OrderAck,
    OrderReject,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderUnknown,
)
from arbot_tui.domain.states import LegState
from arbot_tui.trading.core import settling
from arbot_tui.trading.core.events import TimerFired
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.turn import Turn

__all__ = [
    "on_ack",
    "on_ack_timer",
    "on_fill",
    "on_poll_timer",
    "on_reject",
    "on_state",
    "on_unknown",
]

_NEGATIVE_ROUNDS = 2
_NEGATIVE_SOURCES = frozenset({"order", "fills"})
"""Sources that must all know nothing before an order counts as never accepted."""

_OPEN = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})


def on_ack(turn: Turn, event: OrderAck) -> None:
    """The venue has the order; an IOC's end is asked for until it is known."""
    entry = turn.state.leg(event.client_id)
    if entry is None or entry[1].is_final:
        return
    pair, leg = entry
    leg.venue_id = event.venue_id or leg.venue_id
    if leg.state in (LegState.SENT, LegState.UNKNOWN):
        leg.state = LegState.ACKED
    turn.touch(pair)
    settling.settle(turn, pair)
    turn.poll(leg, 0, unknown=False)


def on_reject(turn: Turn, event: OrderReject) -> None:
    """The venue refused the order for good."""
    entry = turn.state.leg(event.client_id)
    if entry is None:
        return
    pair, leg = entry
    if event.fatal:
        _block(turn, leg.venue, f"{event.code} {event.message}")
    if leg.is_final or leg.fills:
        return
    leg.reject = f"{event.code} {event.message}".strip()
    leg.final_status = OrderStatus.REJECTED
    turn.touch(pair)
    settling.finish_leg(turn, pair, leg)


def on_unknown(turn: Turn, event: OrderUnknown) -> None:
    """The request may have taken effect: ask, never resend."""
    entry = turn.state.leg(event.client_id)
    if entry is not None:
        _make_unknown(turn, *entry, event.message)


def _make_unknown(turn: Turn, pair: Pair, leg: Leg, message: str) -> None:
    if leg.state not in (LegState.INTENT, LegState.SENT) or leg.final_status is not None:
        return
    leg.state = LegState.UNKNOWN
    leg.reject = message
    turn.touch(pair)
    settling.settle(turn, pair)
    turn.ask_order(leg)
    turn.poll(leg, 0, unknown=True)


def on_fill(turn: Turn, event: Fill) -> None:
    """Book an execution once, whatever the leg's state: money that moved has moved."""
    entry = turn.state.leg(event.client_id)
    if entry is None:
        turn.alarm("foreign_fill", f"{event.venue}: fill {event.trade_id} of an order not ours")
        return
    pair, leg = entry
    if any(fill.trade_id == event.trade_id for fill in leg.fills):
        return
    late = leg.is_final
    if late:
        settling.reopen(turn, pair)
    leg.fills.append(event)
    turn.state.ledger.post(fill_postings(event, pair.base, pair.quote))
    turn.state.venue(leg.venue).activity_ns = turn.now_ns
    turn.touch(pair)
    _check_fill(turn, leg, event)
    if late:
        settling.settle(turn, pair)
    else:
        settling.finish_leg(turn, pair, leg)


def _check_fill(turn: Turn, leg: Leg, fill: Fill) -> None:
    """A fill outside the order stops the venue: what it says cannot be trusted."""
    buying = leg.side is OrderSide.BUY
    outside = fill.price > leg.price if buying else fill.price < leg.price
    if outside or leg.filled > leg.qty or fill.side is not leg.side:
        _block(
            turn,
            leg.venue,
            f"fill {fill.trade_id} of {fill.qty} at {fill.price} is outside order "
            f"{leg.client_id} ({leg.qty} at {leg.price})",
        )


def on_state(turn: Turn, event: OrderState) -> None:
    """Take what a query or stream says about an order."""
    entry = turn.state.leg(event.client_id)
    if entry is None or entry[1].is_final:
        return
    pair, leg = entry
    if event.status is OrderStatus.NOT_FOUND:
        _not_found(turn, pair, leg, event)
        return
    before = (leg.venue_id, leg.reported, leg.state, leg.final_status, leg.negatives)
    leg.venue_id = event.venue_id or leg.venue_id
    leg.reported = max(leg.reported, event.filled_qty)
    leg.negatives = 0
    if event.status in _OPEN:
        if leg.state in (LegState.SENT, LegState.UNKNOWN):
            leg.state = LegState.ACKED
        if leg.reported > leg.filled:
            turn.ask_fills(leg)
    elif leg.final_status is None:
        leg.final_status = event.status
    if before != (leg.venue_id, leg.reported, leg.state, leg.final_status, leg.negatives):
        turn.touch(pair)
    if leg.final_status is None:
        if turn.changed:
            settling.settle(turn, pair)
        return
    settling.finish_leg(turn, pair, leg)


def _not_found(turn: Turn, pair: Pair, leg: Leg, event: OrderState) -> None:
    """Believe "not found" only after expiry and margin, from every source, twice."""
    if leg.final_status is not None or leg.fills:
        return
    ripe_ns = leg.expires_ns + turn.state.rules().visibility_margin_ns
    if turn.now_ns < ripe_ns or not _NEGATIVE_SOURCES.issubset(event.sources):
        return
    leg.negatives += 1
    turn.touch(pair)
    if leg.negatives >= _NEGATIVE_ROUNDS:
        leg.final_status = OrderStatus.NOT_FOUND
        settling.finish_leg(turn, pair, leg)


def on_ack_timer(turn: Turn, event: TimerFired) -> None:
    """Nothing came back since the send: the order is unknown."""
    entry = turn.state.leg(event.key)
    if entry is not None and entry[1].state is LegState.SENT:
        _make_unknown(turn, *entry, "no answer to the order")


def on_poll_timer(turn: Turn, event: TimerFired) -> None:
    """Ask again for an order, or for its fills, until it is final."""
    entry = turn.state.leg(event.key)
    if entry is None or entry[1].is_final:
        return
    _, leg = entry
    if leg.final_status is not None or leg.reported > leg.filled:
        turn.ask_fills(leg)
    if leg.final_status is None:
        turn.ask_order(leg)
    turn.poll(leg, event.n, unknown=leg.state is LegState.UNKNOWN)


def _block(turn: Turn, venue: str, message: str) -> None:
    """Send nothing more to the venue until a person has looked."""
    state = turn.state.venue(venue)
    turn.changed = True
    if not state.blocked:
        state.blocked = message
        turn.alarm("venue_blocked", f"{venue}: {message}")
