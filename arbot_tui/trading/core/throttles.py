"""Checks that count: pairs, orders and time, ours and the venues'.

Which venue lets an order through right now is known to its adapter alone, and changes while a
commit becomes durable: a ban learnt, a quota used up by a request of another kind. So each quote
says for how long its venue takes no order, as of the moment it was taken for a decision.
"""

from __future__ import annotations

from collections import deque

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import LegState
from arbot_tui.trading.core.denial import Denial
from arbot_tui.trading.core.state import CoreState

__all__ = ["frozen", "may_send", "throttled", "unsendable"]

_HOUR_NS = 3600 * SECOND


def throttled(state: CoreState, signal: ArbitrageSignal, now_ns: int) -> Denial | None:
    """Check everything that counts pairs, orders and time."""
    limits = state.rules()
    if any(pair.symbol == signal.symbol for pair in state.in_flight.values()):
        return Denial(Reason.DUPLICATE_INTENT, f"a pair of {signal.symbol} is in flight")
    for pair_id in state.stuck:
        # One remainder at a time; a new run means that a person has seen the old ones.
        stuck = state.pairs[pair_id]
        if stuck.symbol == signal.symbol and stuck.number >= state.session_from:
            return Denial(Reason.DUPLICATE_INTENT, f"{pair_id} of {signal.symbol} is stuck")
    working = len(state.in_flight)
    if working >= limits.max_concurrent_pairs:
        return Denial(Reason.IN_FLIGHT, f"{working} pairs of {limits.max_concurrent_pairs}")
    base, quote = _assets(state, signal)
    if denial := frozen(state, (signal.buy.venue, signal.sell.venue), base, quote):
        return denial
    key = (signal.symbol, signal.buy.venue, signal.sell.venue)
    wait_ns = state.cooldowns.get(key, 0) - now_ns
    if wait_ns > 0:
        return Denial(Reason.COOLDOWN, f"{wait_ns / SECOND:.1f} s left")
    if _full(state.commits_ns, limits.max_pairs_per_hour, now_ns - _HOUR_NS):
        return Denial(Reason.REPEAT_EXECUTION, f"{limits.max_pairs_per_hour} pairs in an hour")
    for venue in (signal.buy.venue, signal.sell.venue):
        if not may_send(state, venue, now_ns):
            most = limits.messages_per_s(venue)
            return Denial(Reason.MAX_MESSAGES, f"{most} orders/s on {venue}")
    return None


def frozen(state: CoreState, venues: tuple[str, str], base: str, quote: str) -> Denial | None:
    """Check that no order of unknown fate may have spent what this one would."""
    touched = {(venue, asset) for venue in venues for asset in (base, quote)}
    if frozen := state.frozen_assets() & touched:
        return Denial(Reason.UNKNOWN_ORDERS, f"an order on {min(frozen)[0]} is unknown")
    return None


def may_send(state: CoreState, venue: str, now_ns: int) -> bool:
    """Tell whether one more order to the venue stays within its rate, unwinding included."""
    planned = sum(
        1
        for pair in state.in_flight.values()
        for leg in pair.legs
        if leg.venue == venue and leg.state is LegState.INTENT
    )
    spare = state.rules().messages_per_s(venue) - planned
    return spare > 0 and not _full(state.venue(venue).sends_ns, spare, now_ns - SECOND)


def _full(times_ns: deque[int], most: int, since_ns: int) -> bool:
    """Tell whether `most` of the times, which ascend, lie after `since_ns`."""
    return len(times_ns) >= most and times_ns[-most] > since_ns


def unsendable(quote: QuoteView) -> Denial | None:
    """Check that the venue takes an order now: refused there, the other leg would stand alone."""
    if not quote.order_wait_ns:
        return None
    wait_s = quote.order_wait_ns / SECOND
    return Denial(Reason.MAX_MESSAGES, f"{quote.venue} takes no order for {wait_s:.1f} s")


def _assets(state: CoreState, signal: ArbitrageSignal) -> tuple[str, str]:
    instrument = state.venue(signal.buy.venue).instruments.get(signal.symbol)
    return (instrument.base, instrument.quote) if instrument else ("", "")
