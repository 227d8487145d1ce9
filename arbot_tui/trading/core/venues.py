"""What the core knows of venues: rules, fees, whether they are live, what they hold for us."""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.ledger import ADJUSTMENT, EXTERNAL, OPENING
from arbot_tui.domain.numbers import ZERO, exact, plain
from arbot_tui.domain.states import LegState, TradingState
from arbot_tui.trading.core.commands import Query, QueryKind, SetTimer
from arbot_tui.trading.core.events import (
    BalancesMoved,
    BalancesSeen,
    Deposited,
    FeesChanged,
    InstrumentsChanged,
    KeyJudged,
    TimerFired,
    TimerKind,
    VenueLive,
)
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.turn import Turn

__all__ = [
    "adjust",
    "ask_balances",
    "block",
    "difference",
    "doubt",
    "in_flight",
    "live_count",
    "on_balances",
    "on_balances_moved",
    "on_balances_timer",
    "on_deposit",
    "on_fees",
    "on_instruments",
    "on_key",
    "on_live",
    "on_venues_timer",
]

_MIN_LIVE = 2
_LOST_NS = 3 * SECOND
_BACK_NS = SECOND
_RETRY_NS = 250 * MS
# A balance may trail its fills for a moment; only a difference that stays is one.
_DOUBTS = 4
_STILL_DIFFERENT_NS = 5 * SECOND


def on_instruments(turn: Turn, event: InstrumentsChanged) -> None:
    """Learn the rules of a venue's instruments."""
    known = turn.venue(event.venue).instruments
    for instrument in event.instruments:
        if known.get(instrument.symbol) != instrument:
            known[instrument.symbol] = instrument
            turn.changed = True


def on_fees(turn: Turn, event: FeesChanged) -> None:
    """Learn the account's own fee rates."""
    known = turn.venue(event.venue).fees
    for symbol, fees in event.fees.items():
        if known.get(symbol) != fees:
            known[symbol] = fees
            turn.changed = True


def on_key(turn: Turn, event: KeyJudged) -> None:
    """Start nothing new with a key that is not fit; what is open may still be brought home."""
    venue = turn.venue(event.venue)
    if (venue.key_refusal, venue.key_unbound) == (event.refusal, event.unbound):
        return
    fresh = venue.key_refusal != event.refusal
    venue.key_refusal, venue.key_unbound = event.refusal, event.unbound
    turn.changed = True
    if event.refusal and fresh:
        turn.alarm("key_unfit", f"{event.venue}: its key {event.refusal}")


def live_count(turn: Turn) -> int:
    """Return how many venues are live."""
    return sum(1 for venue in turn.state.venues.values() if venue.live)


def on_live(turn: Turn, event: VenueLive) -> None:
    """Note that a venue came or went; with fewer than two for 3 s, trading drains."""
    venue = turn.venue(event.venue)
    if venue.live == event.live:
        return
    enough = live_count(turn) >= _MIN_LIVE
    venue.live = event.live
    turn.changed = True
    if event.live:
        ask_balances(turn, event.venue)
    else:
        # While we did not see the venue, anything may have happened there.
        venue.reconciled = False
        venue.activity_ns = turn.now_ns
    if enough != (live_count(turn) >= _MIN_LIVE):
        _watch_venues(turn)


def _watch_venues(turn: Turn) -> None:
    """Start the wait after which too few, or again enough, live venues count."""
    if live_count(turn) < _MIN_LIVE:
        turn.out.append(SetTimer(turn.now_ns + _LOST_NS, TimerKind.VENUES, "lost"))
    else:
        turn.out.append(SetTimer(turn.now_ns + _BACK_NS, TimerKind.VENUES, "back"))


def on_venues_timer(turn: Turn, event: TimerFired) -> None:
    """Drain, or become active again by itself, if it is still so."""
    state = turn.state
    enough = live_count(turn) >= _MIN_LIVE
    if event.key == "lost":
        if state.trading is TradingState.ACTIVE and not enough:
            state.trading, state.trading_reason = TradingState.DRAINING, "venues"
            turn.changed = True
        return
    if state.trading is not TradingState.DRAINING or not state.person_active or not enough:
        return
    reconciled = sum(1 for venue in state.venues.values() if venue.live and venue.settled)
    if reconciled < _MIN_LIVE or state.frozen_assets():
        turn.out.append(SetTimer(turn.now_ns + _RETRY_NS, TimerKind.VENUES, "back"))
        return
    state.trading, state.trading_reason = TradingState.ACTIVE, ""
    turn.changed = True


def ask_balances(turn: Turn, venue: str) -> None:
    """Ask a venue what it holds for us."""
    turn.out.append(Query(QueryKind.BALANCES, venue))


def block(turn: Turn, venue: str, message: str) -> None:
    """Send nothing more to the venue until a person has looked."""
    state = turn.state.venue(venue)
    turn.changed = True
    if not state.blocked:
        state.blocked = message
        turn.alarm("venue_blocked", f"{venue}: {message}")


def doubt(turn: Turn, name: str) -> None:
    """Start nothing new on a venue until a fresh answer agrees with the ledger."""
    venue = turn.state.venue(name)
    venue.reconciled = False
    # What was asked for before is no fresh answer.
    venue.activity_ns = turn.now_ns
    turn.changed = True
    ask_balances(turn, name)


def on_balances_timer(turn: Turn, event: TimerFired) -> None:
    """Ask once more."""
    ask_balances(turn, event.key)


def on_balances_moved(turn: Turn, event: BalancesMoved) -> None:
    """Ask for the whole account where a stream's balances are not the ledger's."""
    venue = turn.state.venues.get(event.venue)
    if venue is None or not venue.opened:
        return
    for seen in event.balances:
        total = exact.add(seen.free, seen.locked)
        if total != turn.state.ledger.balance(event.venue, seen.asset):
            # Its executions may be on their way: what is asked a moment later shows both.
            at_ns = turn.now_ns + _RETRY_NS
            turn.out.append(SetTimer(at_ns, TimerKind.BALANCES, event.venue))
            return


def on_balances(turn: Turn, event: BalancesSeen) -> None:
    """Open the ledger of a venue, or compare it with what the venue says."""
    venue = turn.venue(event.venue)
    seen = {b.asset: exact.add(b.free, b.locked) for b in event.balances}
    if not venue.opened:
        _open(turn, event.venue, seen)
        return
    if in_flight(turn.state, event.venue) or event.asked_ns <= venue.activity_ns:
        # The answer may be older than what we did; it proves nothing either way.
        turn.out.append(SetTimer(turn.now_ns + _RETRY_NS, TimerKind.BALANCES, event.venue))
        return
    book = turn.state.ledger.book(event.venue)
    mismatches: dict[str, tuple[Decimal, Decimal]] = {}
    for asset in sorted(book.keys() | seen.keys()):
        ours, theirs = book.get(asset, ZERO), seen.get(asset, ZERO)
        if ours != theirs:
            mismatches[asset] = (ours, theirs)
    if not mismatches:
        turn.changed |= not venue.reconciled or bool(venue.mismatches) or venue.doubts > 0
        venue.reconciled, venue.mismatches, venue.doubts = True, {}, 0
        return
    _differ(turn, event.venue, mismatches)


def on_deposit(turn: Turn, event: Deposited) -> None:
    """Book what came in from outside; an account that is not open yet opens with it."""
    venue = turn.venue(event.venue)
    if not venue.opened or event.amount <= 0:
        return
    taken = exact.minus(event.amount)
    turn.state.ledger.post(
        [(event.venue, event.asset, event.amount), (EXTERNAL, event.asset, taken)]
    )
    # An answer asked for before this may not have it.
    venue.activity_ns = turn.now_ns
    turn.changed = True


def _differ(turn: Turn, name: str, mismatches: dict[str, tuple[Decimal, Decimal]]) -> None:
    """Ask again; a difference that stays closes the venue for as long as it does."""
    venue = turn.state.venue(name)
    turn.changed |= venue.reconciled or venue.doubts < _DOUBTS
    venue.reconciled = False
    venue.doubts = min(venue.doubts + 1, _DOUBTS)
    if venue.doubts < _DOUBTS:
        turn.out.append(SetTimer(turn.now_ns + _RETRY_NS, TimerKind.BALANCES, name))
        return
    turn.out.append(SetTimer(turn.now_ns + _STILL_DIFFERENT_NS, TimerKind.BALANCES, name))
    if venue.mismatches != mismatches:
        venue.mismatches = mismatches
        turn.changed = True
        asset, (ours, theirs) = next(iter(mismatches.items()))
        turn.alarm(
            "ledger_mismatch",
            f"{name}: {len(mismatches)} assets differ, {asset} ledger {ours} venue {theirs}",
        )


def _open(turn: Turn, name: str, seen: dict[str, Decimal]) -> None:
    venue = turn.state.venue(name)
    for asset, amount in seen.items():
        turn.state.ledger.post([(name, asset, amount), (OPENING, asset, exact.minus(amount))])
    venue.opened = True
    venue.reconciled = True
    turn.changed = True


def difference(state: CoreState, name: str) -> str:
    """Say on which assets a venue differs from the ledger, and by how much; empty on none."""
    known = state.venues.get(name)
    found = known.mismatches if known is not None else {}
    return ", ".join(
        f"{asset} ledger {plain(ours)} venue {plain(theirs)} "
        f"({'+' if theirs > ours else ''}{plain(exact.subtract(theirs, ours))})"
        for asset, (ours, theirs) in sorted(found.items())
    )


def adjust(turn: Turn, name: str) -> None:
    """Book a venue's difference against `ADJUSTMENT`, and compare anew."""
    venue = turn.state.venue(name)
    for asset, (ours, theirs) in sorted(venue.mismatches.items()):
        more = exact.subtract(theirs, ours)
        turn.state.ledger.post([(name, asset, more), (ADJUSTMENT, asset, exact.minus(more))])
    venue.mismatches, venue.doubts = {}, 0
    doubt(turn, name)


def in_flight(state: CoreState, name: str) -> bool:
    """Tell whether an order of ours may still move what the venue holds."""
    open_states = (LegState.INTENT, LegState.SENT, LegState.ACKED, LegState.UNKNOWN)
    return any(
        leg.venue == name and leg.state in open_states
        for pair in state.in_flight.values()
        for leg in pair.legs
    )
