"""What a person asks for, and what a run begins with."""

from __future__ import annotations

from collections import deque

import msgspec

from arbot_tui.domain.states import LegState, TradingState
from arbot_tui.domain.text import sanitise
from arbot_tui.trading.core import daily, manual, missed, orders, settling, venues
from arbot_tui.trading.core.commands import Cancel
from arbot_tui.trading.core.events import LimitsChanged, Operator, OperatorAction, Started
from arbot_tui.trading.core.pair import Pair
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.turn import Turn

__all__ = ["on_limits", "on_operator", "on_started", "unbound_keys"]


def on_started(turn: Turn, event: Started) -> None:
    """Begin a run: trading is stopped, everything that is open is asked for.

    The same path serves a first start, a restart and recovery after a crash. An order whose
    intent is durable but whose send is not recorded may have left: it is unknown, too.
    """
    state = turn.state
    turn.changed = True
    state.instance = event.instance
    state.limits = event.limits
    state.person_active = state.unbound_accepted = False
    state.journal_ok = True
    if state.trading is not TradingState.HALTED:
        state.trading, state.trading_reason = TradingState.STOPPED, ""
    state.session_from = state.pair_no + 1
    state.outcomes = dict.fromkeys(state.outcomes, 0)
    state.realised.clear()
    state.fees_paid.clear()
    state.awaiting.clear()
    _forget_the_future(turn)
    for name, venue in state.venues.items():
        venue.live = False
        venue.stream = None
        venue.reconciled = False
        venue.doubts = 0
        venue.key_unbound = None
        if name in event.venues:
            # A new run means that a person has looked.
            venue.blocked = ""
    for name in event.venues:
        state.venue(name)
        venues.ask_balances(turn, name)
        missed.ask(turn, name)
    # A limit's halt that a crash came before.
    settling.stop_when_drained(turn)
    for pair in state.working():
        _resolve(turn, pair)
        for leg in pair.legs:
            if not leg.is_final and leg.venue not in event.venues:
                turn.alarm(
                    "venue_missing",
                    f"{leg.venue} is not part of this run, but order {leg.client_id} is open there",
                )


def _forget_the_future(turn: Turn) -> None:
    """Move what lies ahead of now back to it: the machine's clock was set back between runs."""
    state, now_ns = turn.state, turn.now_ns
    state.commits_ns = deque(min(at_ns, now_ns) for at_ns in state.commits_ns)
    latest_ns = now_ns + state.rules().cooldown_ns
    state.cooldowns = {
        key: min(until_ns, latest_ns)
        for key, until_ns in state.cooldowns.items()
        if until_ns > now_ns
    }
    for venue in state.venues.values():
        venue.sends_ns = deque(min(at_ns, now_ns) for at_ns in venue.sends_ns)
        venue.activity_ns = min(venue.activity_ns, now_ns)
        venue.other_engine_ns = min(venue.other_engine_ns, now_ns)
    for pair in state.working():
        for leg in pair.legs:
            # It was sent before now, so its venue refuses it by then, whatever our clock said.
            leg.expires_ns = min(leg.expires_ns, now_ns + state.rules().longest_validity_ns)
            leg.sent_ns = min(leg.sent_ns, now_ns - 1)
            leg.negative_ns = min(leg.negative_ns, now_ns)


def _resolve(turn: Turn, pair: Pair) -> None:
    """Find out what became of a pair that an earlier run left open."""
    for leg in pair.legs:
        if leg.is_final:
            continue
        if leg.state in (LegState.INTENT, LegState.SENT):
            leg.state = LegState.UNKNOWN
        if leg.final_status is not None:
            turn.ask_fills(leg)
        else:
            turn.ask_order(leg)
        turn.poll(leg, 0, unknown=leg.state is LegState.UNKNOWN)
    if pair.unwind_since_ns:
        # A crash must not use up the time for bringing the remainder home.
        pair.unwind_since_ns = turn.now_ns
    settling.settle(turn, pair)


def on_operator(turn: Turn, event: Operator) -> None:
    """Carry out what a person asked for."""
    # A person's words come from anywhere, and a journal that cannot take them would fail.
    reason = sanitise(event.reason)
    pair, venue = sanitise(event.pair), sanitise(event.venue)
    turn.record = event = msgspec.structs.replace(event, reason=reason, pair=pair, venue=venue)
    _ACTIONS[event.action](turn, event)


def on_limits(turn: Turn, event: LimitsChanged) -> None:
    """Judge by other limits from now on; what has left is followed by the rules it left under."""
    if event.limits != turn.state.rules():
        turn.changed = True
        turn.state.limits = event.limits


def _start(turn: Turn, event: Operator) -> None:
    state = turn.state
    if state.trading is TradingState.HALTED:
        turn.alarm("halted", "trading is halted: reset it first")
        return
    for name, venue in state.venues.items():
        if venue.other_engine_ns > turn.now_ns - orders.OTHER_ENGINE_NS:
            turn.changed = True
            state.trading_reason = f"another engine trades with the key of {name}"
            turn.alarm("other_engine", f"not started: {state.trading_reason}")
            return
    if why := daily.start_obstacle(state):
        turn.changed = True
        state.trading_reason = why
        turn.alarm("daily_loss", f"not started: {why}")
        return
    accepted = event.accept or state.unbound_accepted
    if not accepted and (why := unbound_keys(state)):
        turn.changed = True
        state.trading_reason = why
        turn.alarm("unbound_key", f"not started: {why}")
        return
    turn.changed = True
    state.person_active, state.unbound_accepted = True, accepted
    if state.trading is TradingState.ACTIVE:
        return
    state.trading, state.trading_reason = TradingState.DRAINING, "venues"
    if venues.live_count(turn) >= 2:
        state.trading, state.trading_reason = TradingState.ACTIVE, event.reason


def unbound_keys(state: CoreState) -> str:
    """Return why a person has to accept the keys before trading starts; empty where nothing."""
    if not state.rules().bound_keys_only:
        return ""
    found = [name for name, venue in state.venues.items() if venue.key_unbound]
    if not found:
        return ""
    return f"keys that work from any address have to be accepted: {', '.join(found)}"


def _drain(turn: Turn, event: Operator) -> None:
    state = turn.state
    turn.changed = True
    state.person_active = state.unbound_accepted = False
    if state.trading is not TradingState.HALTED:
        state.trading, state.trading_reason = TradingState.DRAINING, event.reason
        settling.stop_when_drained(turn)


def _stop(turn: Turn, event: Operator) -> None:
    _drain(turn, event)
    _cancel_open(turn)


def _cancel_open(turn: Turn) -> None:
    for pair in turn.state.in_flight.values():
        for leg in pair.legs:
            if leg.state in (LegState.SENT, LegState.ACKED, LegState.UNKNOWN):
                turn.out.append(Cancel(leg.venue, leg.symbol, leg.client_id))


def _halt(turn: Turn, event: Operator) -> None:
    state = turn.state
    turn.changed = True
    state.person_active = state.unbound_accepted = False
    state.trading, state.trading_reason, state.halting = TradingState.HALTED, event.reason, ""
    for pair in state.in_flight.values():
        # What was asked for before the halt has not been asked for since.
        pair.flatten = False
    _cancel_open(turn)
    turn.alarm("halted", event.reason or "halted by the operator")


def _reset(turn: Turn, event: Operator) -> None:
    state = turn.state
    if state.trading is TradingState.HALTED:
        turn.changed = True
        state.trading, state.trading_reason = TradingState.STOPPED, event.reason


def _reconcile(turn: Turn, event: Operator) -> None:
    del event
    for name, venue in turn.state.venues.items():
        if venue.opened:
            venue.doubts, venue.mismatches = 0, {}
            venues.doubt(turn, name)


_ACTIONS = {
    OperatorAction.START: _start,
    OperatorAction.DRAIN: _drain,
    OperatorAction.STOP: _stop,
    OperatorAction.HALT: _halt,
    OperatorAction.RESET: _reset,
    OperatorAction.FLATTEN: manual.flatten,
    OperatorAction.RESOLVE: manual.resolve,
    OperatorAction.ADOPT: manual.adopt,
    OperatorAction.RECONCILE: _reconcile,
}
