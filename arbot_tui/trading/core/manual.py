"""What a person decides about money: flatten exposure, resolve a stuck pair, adopt balances.

Flattening takes up every pair that holds a remainder again, with fresh time and attempts; each of
its orders brings the remainder nearer to zero and none can pass it. It works after a halt as well,
until the next halt: that is the one thing that may leave then.

Resolving asks every source again. Only a pair at rest can be accepted as it is, or one that waits
for nothing but the list of what its orders executed; an order of unknown fate stays unknown,
whoever wants it otherwise.

Adopting takes a venue's balances for true where they stay different from the ledger: the difference
is booked, named and written down, and the venue has to agree from then on.
"""

from __future__ import annotations

import msgspec

from arbot_tui.domain.numbers import exact, plain
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.trading.core import settling, unwinding, venues
from arbot_tui.trading.core.events import Operator
from arbot_tui.trading.core.pair import Pair
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.turn import Turn

__all__ = [
    "acceptance_obstacle",
    "adopt",
    "adoption_obstacle",
    "flatten",
    "flattening_obstacle",
    "held",
    "resolve",
]


def held(pair: Pair) -> str:
    """Return what the pair holds too much or too little of, and where, in words."""
    net = pair.remainder
    word = "long" if net > 0 else "short"
    return f"{plain(exact.abs(net))} {pair.base} {word} on {pair.exposed.venue}"


def flattening_obstacle(state: CoreState, pair: Pair) -> str:
    """Return why no order can bring the pair's remainder home now; empty where one may."""
    if unknown := _unknown(pair):
        return f"{unknown}, its venue is being asked"
    blocked = state.venue(pair.exposed.venue).blocked
    return f"{pair.exposed.venue} is blocked: {blocked}" if blocked else ""


def flatten(turn: Turn, event: Operator) -> None:
    """Bring home what pairs hold, reduce-only, halted or not; say what cannot be."""
    del event
    state = turn.state
    turn.changed = True
    for pair_id in sorted(state.stuck):
        pair = state.pairs[pair_id]
        if state.venue(pair.exposed.venue).blocked:
            _say(turn, pair)
            continue
        state.reopen_pair(pair)
        pair.state = PairState.UNWINDING
        pair.ended_ns = 0
        pair.reason = ""
    for pair in state.working():
        pair.flatten = True
        turn.touch(pair)
        if pair.unwind_since_ns:
            # What earlier attempts have used up does not count.
            pair.unwind_since_ns = turn.now_ns
        if pair.state is PairState.UNWINDING and all(leg.is_final for leg in pair.legs):
            turn.unwind_timer(pair, 0)
        _say(turn, pair)


def _say(turn: Turn, pair: Pair) -> None:
    if why := flattening_obstacle(turn.state, pair):
        turn.alarm("not_flattened", f"{pair.id} {pair.symbol}: {why}")


def _unknown(pair: Pair) -> str:
    """Name an order whose fate is unknown; empty where there is none."""
    for leg in pair.legs:
        if leg.state is LegState.UNKNOWN:
            return f"order {leg.client_id} on {leg.venue} is unknown"
    return ""


def acceptance_obstacle(state: CoreState, pair: Pair) -> str:
    """Return why the pair cannot be accepted as it is; empty where it can."""
    if _only_unlisted(state, pair):
        # Nothing can be compared before it is accepted.
        return ""
    if pair.state is not PairState.STUCK:
        return _unknown(pair) or f"it is {pair.state.value}"
    for leg in pair.legs:
        if state.venue(leg.venue).mismatches:
            return f"{leg.venue} differs from the ledger"
    return ""


def _only_unlisted(state: CoreState, pair: Pair) -> bool:
    """Tell whether all that is waited for are executions on which their venue was given up."""
    waiting = [leg for leg in pair.legs if not leg.is_final]
    return pair.state is PairState.RESOLVING and all(
        leg.final_status and leg.unlisted and state.venue(leg.venue).blocked for leg in waiting
    )


def resolve(turn: Turn, event: Operator) -> None:
    """Ask all sources about a pair again, or accept a stuck one as it is."""
    state = turn.state
    pair = state.pairs.get(event.pair)
    if pair is None or not (pair.id in state.in_flight or pair.id in state.stuck):
        turn.alarm("resolve", f"there is no open pair {event.pair}")
        return
    turn.touch(pair)
    if event.accept and not acceptance_obstacle(state, pair):
        _accept(turn, pair, event.reason)
        return
    for leg in pair.legs:
        turn.ask_order(leg)
        turn.ask_fills(leg)
    for name in sorted({leg.venue for leg in pair.legs}):
        venues.ask_balances(turn, name)


def _accept(turn: Turn, pair: Pair, reason: str) -> None:
    """End a pair as what it is; its remainder is the person's from now on.

    What no list shows is not in the ledger: its venue's balances will say what it came to. The
    pair's profit counts it at its limit and the account's fee, the worst that it can have been.
    """
    leg = pair.exposed
    instrument = turn.state.venue(leg.venue).instruments[pair.symbol]
    dust = unwinding.is_dust(instrument, exact.abs(pair.remainder), leg.price)
    unlisted = [leg for leg in pair.legs if leg.unlisted]
    what = [held(pair)] if pair.remainder else []
    what += [
        f"{plain(leg.unlisted)} {pair.base} unlisted on {leg.venue}, counted at {plain(leg.price)}"
        for leg in unlisted
    ]
    text = f"accepted with {', '.join(what)}" + (f": {reason}" if reason else "")
    if pair.id in turn.state.stuck:
        turn.state.reopen_pair(pair)
    for leg in unlisted:
        leg.state = settling.filled_state(leg)
        leg.accepted_fee = turn.state.venue(leg.venue).fees[pair.symbol].taker
        turn.state.release(leg)
        venues.doubt(turn, leg.venue)
    # A remainder that cannot be sold is dust; what is even, or worth an order, is not.
    dust = dust and pair.remainder != 0
    settling.end(turn, pair, PairState.DUST if dust else PairState.HEDGED, text)


def adoption_obstacle(state: CoreState, name: str) -> str:
    """Return why a venue's balances cannot be taken for true; empty where they can."""
    known = state.venues.get(name)
    if known is None or not known.mismatches:
        return f"{name} does not differ from the ledger"
    return f"an order on {name} has not ended" if venues.in_flight(state, name) else ""


def adopt(turn: Turn, event: Operator) -> None:
    """Take a venue's balances for true, and say by how much the ledger was changed."""
    if why := adoption_obstacle(turn.state, event.venue):
        turn.alarm("not_adopted", why)
        return
    text = venues.difference(turn.state, event.venue)
    reason = f"{event.reason}: {text}" if event.reason else text
    # The record says what was booked, not only that something was.
    turn.record = msgspec.structs.replace(event, reason=reason)
    turn.alarm("balances_adopted", f"{event.venue}: {text}")
    venues.adjust(turn, event.venue)
