"""One step in progress: the state, the time, and what has been asked for so far."""

from __future__ import annotations

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.signal import QuoteView
from arbot_tui.trading.core.commands import Alarm, Command, Query, QueryKind, SetTimer
from arbot_tui.trading.core.events import Event, TimerKind
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.state import CoreState, VenueState

__all__ = ["Turn"]

# Without a private stream an accepted IOC is asked for: soon, then at a human pace.
_POLL_NS = (20 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS)
# With one, the stream tells sooner than an answer could come; it is not relied on for long.
_STREAM_POLL_NS = (500 * MS,)
# An unknown order is asked for at once, and then as RELIABILITY section d says.
_UNKNOWN_POLL_NS = (250 * MS, 500 * MS, SECOND)


class Turn:
    """What a handler works on.

    Attributes:
        state: The state to change.
        now_ns: Time of the event.
        out: Commands asked for, in order.
        changed: The event changed state and must be journalled.
        awaiting: Orders that may be sent once this event is durable.
        symbol: Their symbol.
        replaying: The event comes from the journal: what was decided then stands.
        record: What is journalled: the event, with what was decided on it.
    """

    def __init__(self, state: CoreState, event: Event, now_ns: int, replaying: bool) -> None:
        """Begin a step."""
        self.state = state
        self.now_ns = now_ns
        self.replaying = replaying
        self.record = event
        self.out: list[Command] = []
        self.changed = False
        self.awaiting: tuple[str, ...] = ()
        self.symbol = ""

    def touch(self, pair: Pair) -> None:
        """Note that the event changed a pair."""
        self.changed = True
        self.state.touched.add(pair.id)

    def venue(self, name: str) -> VenueState:
        """Return the state of a venue that the event names; its first mention is a change."""
        self.changed |= name not in self.state.venues
        return self.state.venue(name)

    def alarm(self, code: str, message: str) -> None:
        """Tell a person."""
        self.out.append(Alarm(code, message))

    def ask_order(self, leg: Leg) -> None:
        """Ask the venue for the order's state."""
        self.out.append(Query(QueryKind.ORDER, leg.venue, leg.symbol, leg.client_id, leg.venue_id))

    def ask_fills(self, leg: Leg) -> None:
        """Ask the venue for the order's executions."""
        self.out.append(Query(QueryKind.FILLS, leg.venue, leg.symbol, leg.client_id, leg.venue_id))

    def poll(self, leg: Leg, n: int, unknown: bool) -> None:
        """Ask again after the n-th pause."""
        pauses = _UNKNOWN_POLL_NS if unknown else self._acked_pauses(leg)
        at_ns = self.now_ns + pauses[min(n, len(pauses) - 1)]
        self.out.append(SetTimer(at_ns, TimerKind.POLL, leg.client_id, n + 1))

    def _acked_pauses(self, leg: Leg) -> tuple[int, ...]:
        return _STREAM_POLL_NS if self.state.venue(leg.venue).stream else _POLL_NS

    def unwind_timer(self, pair: Pair, delay_ns: int, told: int = 0) -> None:
        """Bring the remainder home after `delay_ns`, judged on the quotes of that moment.

        `told` comes back with it: whether a person knows already that this has ended in vain.
        """
        at_ns = self.now_ns + delay_ns
        self.out.append(SetTimer(at_ns, TimerKind.UNWIND, pair.id, told, pair.symbol))

    def quote(self, quotes: tuple[QuoteView, ...], venue: str) -> QuoteView | None:
        """Return the venue's quote among `quotes`."""
        return next((quote for quote in quotes if quote.venue == venue), None)
