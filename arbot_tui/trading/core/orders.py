"""What venues say about our orders.

Facts are idempotent: a fill counts once per trade id, a reported quantity never decreases, a
final leg stays final, a venue speaks for its own orders only. Silence, errors and "not found"
are not facts: such an order is unknown until the venue, or its expiry plus the visibility margin
and two rounds of every source, says otherwise.

An order that was sent and has not ended always has a timer: `ACK` while it is sent, `POLL` from
then on. Whatever gets lost on the way, somebody asks again.
"""

from __future__ import annotations

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.ledger import external_postings, fill_postings
from arbot_tui.domain.order_ids import INSTANCE_CHARS, id_parts, is_ours
from arbot_tui.domain.orders import (
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderUnknown,
)
from arbot_tui.domain.states import LegState, TradingState
from arbot_tui.trading.core import settling, unlisted, venues
from arbot_tui.trading.core.commands import Cancel
from arbot_tui.trading.core.events import TimerFired
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.turn import Turn

__all__ = [
    "OTHER_ENGINE_NS",
    "on_ack",
    "on_ack_timer",
    "on_fill",
    "on_poll_timer",
    "on_reject",
    "on_state",
    "on_unknown",
    "other_engine",
]

OTHER_ENGINE_NS = 60 * SECOND
"""So long after its latest order another engine counts as running."""

_NEGATIVE_ROUNDS = 2
_NEGATIVE_SOURCES = frozenset({"order", "fills"})
"""Sources that must all know nothing before an order counts as never accepted."""
_NEGATIVE_GAP_NS = 200 * MS
"""A question sooner than this after an answer is of its round: nothing had time to appear."""

_CANCEL_EVERY = 5
"""Questions about an order that is open beyond its expiry, for each time it is cancelled."""

_OPEN = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})
_UNANSWERED = frozenset({LegState.INTENT, LegState.SENT, LegState.UNKNOWN})


def _entry(turn: Turn, event: OrderEvent) -> tuple[Pair, Leg] | None:
    """Return the pair and leg that the event is about, if its venue has any say in it."""
    entry = turn.state.leg(event.client_id)
    return entry if entry is not None and entry[1].venue == event.venue else None


def on_ack(turn: Turn, event: OrderAck) -> None:
    """The venue has the order; an IOC's end is asked for until it is known."""
    entry = _entry(turn, event)
    if entry is None:
        return
    pair, leg = entry
    if leg.is_final:
        if leg.state is LegState.NOT_ACCEPTED:
            _contradicted(turn, leg, "accepted after all")
        else:
            _name_ended(turn, pair, leg, event.venue_id)
        return
    named = _learn_id(leg, event.venue_id)
    if _has_it(turn, leg) or named:
        settling.settle(turn, pair)


def _learn_id(leg: Leg, venue_id: str) -> bool:
    if leg.venue_id or not venue_id:
        return False
    leg.venue_id = venue_id
    return True


def _name_ended(turn: Turn, pair: Pair, leg: Leg, venue_id: str) -> None:
    """Keep the id of an order that has ended: executions may come before the answer to it."""
    if _learn_id(leg, venue_id):
        turn.touch(pair)


def _has_it(turn: Turn, leg: Leg) -> bool:
    """Note that the venue holds the order, and follow it from now on."""
    if leg.state not in _UNANSWERED or (leg.state is LegState.UNKNOWN and _is_overdue(turn, leg)):
        # One that is open when it must not be is followed as what it is: nobody knows its fate.
        return False
    leg.state = LegState.ACKED
    turn.poll(leg, 0, unknown=False)
    return True


def _is_overdue(turn: Turn, leg: Leg) -> bool:
    """Tell whether an immediate order has to have ended by now, wherever it was."""
    return turn.now_ns >= leg.expires_ns + turn.state.rules().unknown_grace_ns


def on_reject(turn: Turn, event: OrderReject) -> None:
    """The venue refused the order for good."""
    entry = _entry(turn, event)
    if entry is None:
        return
    pair, leg = entry
    if event.fatal:
        venues.block(turn, leg.venue, f"{event.code} {event.message}")
    if leg.is_final or leg.final_status is not None or leg.reported or leg.fills:
        # What has executed, or ended otherwise, was not refused.
        return
    leg.reject = f"{event.code} {event.message}".strip()
    leg.final_status = OrderStatus.REJECTED
    settling.finish_leg(turn, pair, leg)


def on_unknown(turn: Turn, event: OrderUnknown) -> None:
    """The request may have taken effect: ask, never resend."""
    entry = _entry(turn, event)
    if entry is not None:
        _make_unknown(turn, *entry, event.message)


def _make_unknown(turn: Turn, pair: Pair, leg: Leg, message: str) -> None:
    if leg.state not in (LegState.INTENT, LegState.SENT):
        return
    leg.state = LegState.UNKNOWN
    leg.reject = message
    settling.settle(turn, pair)
    turn.ask_order(leg)
    turn.poll(leg, 0, unknown=True)


def on_fill(turn: Turn, event: Fill) -> None:
    """Book an execution once, whatever the leg's state: money that moved has moved."""
    entry = _entry(turn, event)
    if entry is None:
        _adopt(turn, event)
        return
    pair, leg = entry
    if event.symbol != leg.symbol or event.qty <= 0 or event.price <= 0:
        text = f"fill {event.trade_id} of {event.qty} {event.symbol} at {event.price} is nonsense"
        venues.block(turn, leg.venue, text)
        return
    if any(fill.trade_id == event.trade_id for fill in leg.fills):
        return
    late = leg.is_final
    if late:
        settling.reopen(turn, pair)
        _contradicted(turn, leg, "executed after its end")
    leg.fills.append(event)
    turn.state.ledger.post(fill_postings(event, pair.base, pair.quote))
    turn.state.spend(leg, event.qty)
    turn.state.venue(leg.venue).activity_ns = turn.now_ns
    turn.touch(pair)
    unlisted.found(turn, leg)
    _check_fill(turn, leg, event)
    if late:
        leg.state = settling.filled_state(leg)
        settling.settle(turn, pair)
        return
    # Even an order that is still to be sent: it will not be, now that the venue has it.
    _has_it(turn, leg)
    if leg.final_status is None and leg.filled >= leg.qty:
        leg.final_status = OrderStatus.FILLED
    settling.settle(turn, pair)
    settling.finish_leg(turn, pair, leg)


def _adopt(turn: Turn, fill: Fill) -> None:
    """Take in an execution of an order that is not ours: a person's, or another program's.

    Only a stream tells of those. The order is left alone; what it moved is known from now on, so
    that the next pair is sized on what is really there. An order that bears our mark and that
    we do not know is something else: nothing is made of it, and the balances will tell.
    """
    venue = turn.state.venues.get(fill.venue)
    text = f"{fill.venue}: fill {fill.trade_id} of an order not ours"
    instrument = venue.instruments.get(fill.symbol) if venue is not None else None
    readable = fill.qty > 0 and fill.price > 0
    if venue is None or instrument is None or not venue.opened or not readable:
        turn.alarm("foreign_fill", text)
        return
    if is_ours(fill.client_id, turn.state.instance):
        turn.alarm("foreign_fill", f"{text}, but with our mark {fill.client_id}")
        venues.doubt(turn, fill.venue)
        return
    if id_parts(fill.client_id) is not None:
        other_engine(turn, fill.venue, fill.client_id)
    identity = (fill.symbol, fill.trade_id)
    if identity in venue.external:
        return
    venue.external.append(identity)
    turn.state.ledger.post(external_postings(fill, instrument.base, instrument.quote))
    venue.activity_ns = turn.now_ns
    turn.changed = True
    turn.alarm("external_fill", f"{text}: {fill.side} {fill.qty} {fill.symbol} at {fill.price}")


def other_engine(turn: Turn, name: str, client_id: str) -> None:
    """Open no new pairs: an order there is another engine's, so two trade with one key.

    What is under way is finished. The lock that keeps two engines apart is one machine's.
    """
    state = turn.state
    turn.changed = True
    state.venue(name).other_engine_ns = turn.now_ns
    text = f"another engine trades with the key of {name}"
    turn.alarm("other_engine", f"{text}: order {client_id} of {client_id[1 : 1 + INSTANCE_CHARS]}")
    if state.trading is TradingState.ACTIVE or state.person_active:
        state.person_active = False
        state.trading, state.trading_reason = TradingState.DRAINING, text
        settling.stop_when_drained(turn)


def _check_fill(turn: Turn, leg: Leg, fill: Fill) -> None:
    """A fill outside the order stops the venue: what it says cannot be trusted."""
    buying = leg.side is OrderSide.BUY
    outside = fill.price > leg.price if buying else fill.price < leg.price
    if outside or leg.filled > leg.qty or fill.side is not leg.side:
        venues.block(
            turn,
            leg.venue,
            f"fill {fill.trade_id} to {fill.side} {fill.qty} at {fill.price} is outside order "
            f"{leg.client_id} to {leg.side} {leg.qty} at {leg.price}",
        )


def on_state(turn: Turn, event: OrderState) -> None:
    """Take what a query or stream says about an order."""
    entry = _entry(turn, event)
    if entry is None:
        return
    pair, leg = entry
    if event.status is OrderStatus.NOT_FOUND:
        _not_found(turn, pair, leg, event)
    elif not leg.is_final:
        _take_state(turn, pair, leg, event)
    elif event.filled_qty > leg.executed:
        _contradicted(turn, leg, f"{event.filled_qty} executed, {leg.executed} counted")
    else:
        _name_ended(turn, pair, leg, event.venue_id)


def _take_state(turn: Turn, pair: Pair, leg: Leg, event: OrderState) -> None:
    reported = event.filled_qty
    if event.status is OrderStatus.FILLED:
        # Filled is filled: a venue that leaves out the quantity still means all of it.
        reported = max(reported, leg.qty)
    changed = _learn_id(leg, event.venue_id) or leg.negatives > 0
    leg.negatives = 0
    if reported > leg.reported:
        leg.reported = reported
        changed = True
        if reported > leg.qty:
            text = f"{reported} executed of order {leg.client_id} over {leg.qty}"
            venues.block(turn, leg.venue, text)
    if event.status not in _OPEN and leg.final_status is None:
        leg.final_status = event.status
        changed = True
    if _has_it(turn, leg) or changed:
        settling.settle(turn, pair)
    if leg.filled < leg.reported:
        turn.ask_fills(leg)
    settling.finish_leg(turn, pair, leg)


def _not_found(turn: Turn, pair: Pair, leg: Leg, event: OrderState) -> None:
    """Believe "not found" only asked after expiry and margin, from every source, twice.

    The second question has to come after the first was answered: a slow answer to an early one
    says nothing of later. Records of before the time was kept were judged by their arrival.
    """
    if leg.is_final or leg.final_status is not None or leg.reported or leg.fills:
        return
    ripe_ns = leg.expires_ns + turn.state.rules().visibility_margin_ns
    asked_ns = event.asked_ns or turn.now_ns
    if asked_ns < ripe_ns or not _NEGATIVE_SOURCES.issubset(event.sources):
        return
    if leg.negatives and asked_ns < leg.negative_ns + _NEGATIVE_GAP_NS:
        return
    leg.negatives += 1
    leg.negative_ns = turn.now_ns
    turn.touch(pair)
    if leg.negatives < _NEGATIVE_ROUNDS:
        return
    leg.final_status = OrderStatus.NOT_FOUND
    settling.finish_leg(turn, pair, leg)
    # The last source: a balance that moved without an order means that there was one.
    venues.doubt(turn, leg.venue)


def on_ack_timer(turn: Turn, event: TimerFired) -> None:
    """Nothing came back since the send: the order is unknown."""
    entry = turn.state.leg(event.key)
    if entry is not None and entry[1].state is LegState.SENT:
        _make_unknown(turn, *entry, "no answer to the order")


def on_poll_timer(turn: Turn, event: TimerFired) -> None:
    """Ask again for an order, or for its fills, until it is final.

    One that a venue holds beyond its expiry, or that cannot be asked about any more, is cancelled
    and not waited for with what the other leg did: its fate is unknown.
    """
    entry = turn.state.leg(event.key)
    if entry is None or entry[1].is_final:
        return
    pair, leg = entry
    is_there = leg.venue_id or leg.fills or leg.state is LegState.ACKED
    if leg.final_status is None and is_there and _is_overdue(turn, leg):
        acked = leg.state is LegState.ACKED
        if acked:
            leg.state = LegState.UNKNOWN
            leg.reject = "has not ended by its expiry"
            settling.settle(turn, pair)
        if acked or event.n % _CANCEL_EVERY == 0:
            turn.out.append(Cancel(leg.venue, leg.symbol, leg.client_id))
    if leg.unlisted:
        unlisted.judge(turn, pair, leg, event.n)
    if leg.final_status is not None or leg.reported > leg.filled:
        turn.ask_fills(leg)
    if leg.final_status is None:
        turn.ask_order(leg)
    turn.poll(leg, event.n, unknown=leg.state is LegState.UNKNOWN)


def _contradicted(turn: Turn, leg: Leg, what: str) -> None:
    """An order that had ended shows signs of life: fetch its fills, distrust the balances."""
    turn.alarm("late_order", f"{leg.venue}: order {leg.client_id} {what}")
    turn.ask_fills(leg)
    venues.doubt(turn, leg.venue)
