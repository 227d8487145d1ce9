"""What a pair comes to when its orders end."""

from __future__ import annotations

from arbot_tui.domain.clock import MS
from arbot_tui.domain.orders import OrderStatus
from arbot_tui.domain.states import LegState, PairState, TradingState
from arbot_tui.trading.core.pair import ENDED, Leg, Pair
from arbot_tui.trading.core.turn import Turn

__all__ = ["abandon", "end", "filled_state", "finish_leg", "reopen", "settle", "stop_when_drained"]

_NEXT_UNWINDING_NS = 100 * MS


def abandon(turn: Turn, pair: Pair, legs: list[Leg], reason: str) -> None:
    """End those of the orders that were not sent and that no venue spoke of."""
    waiting = [leg for leg in legs if leg.state is LegState.INTENT]
    if not waiting:
        return
    pair.reason = reason
    for leg in waiting:
        leg.state = LegState.NOT_ACCEPTED
        leg.reject = reason
        turn.state.release(leg)
    settle(turn, pair)


def finish_leg(turn: Turn, pair: Pair, leg: Leg) -> None:
    """Give the leg its final state if the venue's last word and all fills are in."""
    if leg.final_status is None or leg.filled < leg.reported:
        return
    if leg.fills:
        leg.state = filled_state(leg)
    elif leg.final_status is OrderStatus.REJECTED:
        leg.state = LegState.REJECTED
    elif leg.final_status is OrderStatus.NOT_FOUND:
        leg.state = LegState.NOT_ACCEPTED
    else:
        leg.state = LegState.EXPIRED
    turn.state.release(leg)
    turn.state.venue(leg.venue).activity_ns = turn.now_ns
    settle(turn, pair)


def filled_state(leg: Leg) -> LegState:
    """Return the final state of an order that executed."""
    return LegState.FILLED if leg.executed >= leg.qty else LegState.PARTIAL


def settle(turn: Turn, pair: Pair) -> None:
    """Move the pair on: wait for its orders, bring a remainder home, or end it."""
    turn.touch(pair)
    if not all(leg.is_final for leg in pair.legs):
        _wait(turn, pair)
        return
    if pair.remainder == 0:
        both = pair.buy.filled == pair.sell.filled and pair.buy.filled > 0
        end(turn, pair, PairState.CLOSED if both else PairState.FLAT)
        return
    if pair.early or not pair.unwind_since_ns:
        # What an unknown order turned out to have done is a remainder of its own.
        pair.unwind_since_ns = turn.now_ns
        pair.early = False
    pair.state = PairState.UNWINDING
    # The first attempt goes at once; a missed one waits for the book to change.
    waits = any(leg.unwinding for leg in pair.legs)
    turn.unwind_timer(pair, _NEXT_UNWINDING_NS if waits else 0)


def _wait(turn: Turn, pair: Pair) -> None:
    """Name what is waited for; do not wait for an unknown order for ever with the other leg."""
    unknown = [leg for leg in pair.legs if leg.state is LegState.UNKNOWN]
    if unknown:
        pair.state = PairState.RESOLVING
        ripe_ns = unknown[0].expires_ns + turn.state.rules().unknown_grace_ns
        turn.unwind_timer(pair, max(ripe_ns - turn.now_ns, _NEXT_UNWINDING_NS))
    elif pair.unwind_since_ns:
        pair.state = PairState.UNWINDING
    else:
        pair.state = PairState.WORKING


def end(turn: Turn, pair: Pair, state: PairState, reason: str = "") -> None:
    """End the pair and count it."""
    turn.touch(pair)
    pair.state = state
    pair.ended_ns = turn.now_ns
    pair.flatten = False
    pair.reason = reason or pair.reason
    turn.state.end_pair(pair)
    if state is PairState.STUCK:
        turn.alarm("stuck", f"{pair.id} {pair.symbol}: {pair.net} {pair.base} open; {pair.reason}")
    stop_when_drained(turn)


def reopen(turn: Turn, pair: Pair) -> None:
    """Take an ended pair up again: a late fill has to be brought home, too."""
    if pair.state not in ENDED:
        return
    turn.state.reopen_pair(pair)
    pair.state = PairState.WORKING
    pair.ended_ns = 0
    pair.unwind_since_ns = 0
    pair.early = False
    turn.alarm("late_fill", f"{pair.id} {pair.symbol}: a fill arrived after its end")


def stop_when_drained(turn: Turn) -> None:
    """End in `stopped` what a person drains, in `halted` what a limit does, once nothing works."""
    state = turn.state
    if state.halting and not state.in_flight:
        state.trading, state.trading_reason = TradingState.HALTED, state.halting
        state.halting = ""
        turn.changed = True
        turn.alarm("halted", state.trading_reason)
        return
    draining = state.trading is TradingState.DRAINING and not state.person_active
    if draining and not state.in_flight:
        state.trading = TradingState.STOPPED
        turn.changed = True
