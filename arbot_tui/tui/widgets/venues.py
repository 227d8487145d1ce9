"""Health of every venue: is it live, how late, how silent, how near to its limits."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from arbot_tui.domain.clock import MS
from arbot_tui.domain.states import FeedState
from arbot_tui.engine.frames import VenueView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, clip, join, line_width, pad
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["FEED_ROLES", "VenueHealth"]

FEED_ROLES: Mapping[str, str] = {
    FeedState.CONNECTING: "dim",
    FeedState.LIVE: "live",
    FeedState.DELAYED: "delayed",
    FeedState.STALE: "warn",
    FeedState.GAPPED: "delayed",
    FeedState.CROSSED: "delayed",
    FeedState.DOWN: "down",
}
_BUSY_PCT = 80
_ONE_LINE, _ROOMY = 76, 130
_CLOCK_OFF_MS = 500


class VenueHealth(Panel):
    """Two lines per venue, or one where there is room."""

    LABEL = "Venues"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._venues: dict[str, VenueView] = {}

    def show(self, state: ViewState) -> None:
        """Display the venues of `state`."""
        self._venues = {venue.name: venue for venue in state.venues}
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return the venues, in venue order."""
        return tuple(self._venues)

    def entry_height(self, width: int) -> int:
        """Return how many lines a venue takes."""
        return 1 if width >= _ONE_LINE else 2

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return one venue."""
        venue = self._venues[str(key)]
        name: Line = (
            self.cursor_mark(key),
            (pad(venue.name, 8), "strong"),
            (f"{self.glyphs.feed.get(venue.state, '?')} ", FEED_ROLES.get(venue.state, "text")),
            (pad(clip(venue.state, 10), 10), FEED_ROLES.get(venue.state, "text")),
        )
        times: Line = (
            (f"{_ms(venue.lag_ms, 6)} late ", "text"),
            (f"{self.glyphs.round_trip}{_ms(venue.rtt_ms, 6)}", "dim"),
        )
        wide = width >= _ONE_LINE
        counts = self._counts(venue) if width >= _ROOMY else ()
        before = line_width((*name, *times)) if wide else 0
        second = self._second(venue, width - before - line_width(counts) - 2, roomy=wide)
        if wide:
            left: Line = (*name, *times, ("  ", "text"), *second)
            return (join(left, counts, width),)
        return (join(name, (*times, (" ", "text")), width), (("  ", "text"), *second))

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return one venue's figures."""
        venue = self._venues[str(key)]
        return {name: getattr(venue, name) for name in venue.__struct_fields__}

    def summary(self) -> str:
        """Return how many are live."""
        live = sum(1 for venue in self._venues.values() if venue.state == FeedState.LIVE)
        return f"{live} of {len(self._venues)} live" if self._venues else ""

    def placeholder(self) -> Sequence[str]:
        """Return why there is none."""
        return ("No venue is switched on.",)

    def _counts(self, venue: VenueView) -> Line:
        live = f"{venue.connections_live} of {venue.connections} lines live"
        books = f"{venue.books} books followed"
        dot = self.glyphs.dot
        return (
            (f"{live} {dot} {books} {dot} ", "dim"),
            (pad(f"{numbers.grouped(venue.quotes)} quotes ", 18, ">"), "text"),
        )

    def _second(self, venue: VenueView, room: int, *, roomy: bool) -> Line:
        """Return in `room` why it is not live, else what is worth knowing while it is."""
        if venue.banned_s > 0:
            return ((f"asked to stay away, {venue.banned_s:.0f} s left", "bad"),)
        if venue.reason:
            return ((clip(venue.reason, room, self.glyphs.more), "warn"),)
        spans: list[Span] = []
        if venue.silence_ms is not None:
            heard = f"heard {numbers.age(int(venue.silence_ms * MS))}"
            spans.append((pad(f"{heard} ago", 14) if roomy else f"{heard}  ", "dim"))
        offset = venue.offset_ms
        role = "warn" if abs(offset) > _CLOCK_OFF_MS else "dim"
        clock = f"{round(offset):+d}".replace("-", self.glyphs.minus) if round(offset) else "0"
        clock = f"clock {clock} ms"
        spans.append((pad(clock, 14) if roomy else f"{clock}  ", role))
        if venue.weight_limit:
            used = round(100 * (venue.weight_used or 0) / venue.weight_limit)
            spans.append((f"quota {used} %", "warn" if used >= _BUSY_PCT else "dim"))
        if venue.reconnects:
            spans.append((f"  {venue.reconnects} reconn.", "dim"))
        if venue.malformed:
            spans.append((f"  {venue.malformed} malformed", "warn"))
        return tuple(spans)


def _ms(value: float | None, width: int) -> str:
    if value is None:
        return pad("-", width, ">")
    # The next unit in time: a figure that is cut is another figure.
    return pad(f"{value:.0f} ms" if value < 999.5 else f"{value / 1000:.1f} s", width, ">")
