"""Health of one connection of a venue's feed: lag, silence and cadence, and the verdict.

No clock of its own: every time is passed in, `Clock.now_ns`. The rule is DESIGN section 3.
"""

from __future__ import annotations

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.domain.states import FeedState
from arbot_tui.market.window import Window

__all__ = ["Connection", "Verdict"]

MAX_LAG_NS = 250 * MS
MAX_SILENCE_NS = 5 * SECOND
MIN_CADENCE_NS = 2 * SECOND
CADENCE_GAPS = 20
MAX_AHEAD_NS = SECOND
"""How far ahead an event may be dated: more than any round trip leaves open of a venue's clock."""
MAX_CLOCK_ERROR_NS = 60 * SECOND
QUARANTINE_NS = 5 * SECOND
"""How long one impossible event time discredits the connection."""

_GAPS = 128
# The bounds of lags as they are compared, for every frame.
_LEAST_LAG_NS = -MAX_AHEAD_NS
# Below this our own share of a lag is no news.
_WORTH_TELLING_NS = 50 * MS

Verdict = tuple[FeedState, str]
"""A state and, where it is not live, the reason in words."""


class Connection:
    """What is known of one connection; 0 stands for a time that never was.

    Attributes:
        rows: The rows it brings; None where the adapter did not say.
        quotes: Best bids and asks received on it in this run.
        lag_ns: Lag of the newest frame with a time.
    """

    __slots__ = (
        "_absurd_ns",
        "_changed_ns",
        "_connected",
        "_detail",
        "_doubt",
        "_event_error_ns",
        "_gaps",
        "_lags",
        "_late",
        "_timed_ns",
        "connections",
        "heard_ns",
        "lag_ns",
        "offset_ns",
        "quotes",
        "rows",
    )

    def __init__(self, lags: Window, offset_ns: int) -> None:
        """Start unconnected.

        Args:
            lags: Where lags are collected, shared by the venue's connections.
            offset_ns: The venue's clock minus ours.
        """
        self.rows: frozenset[int] | None = None
        self.connections = 0
        self.heard_ns = 0
        self.lag_ns = 0
        self.offset_ns = offset_ns
        self.quotes = 0
        self._connected = False
        self._detail = ""
        self._doubt = ""
        self._changed_ns = 0
        self._timed_ns = 0
        self._late = False
        self._absurd_ns = 0
        self._event_error_ns = 0
        self._lags = lags
        self._gaps = Window(_GAPS)

    def on_frame(self, event_ns: int, recv_ns: int, changed: bool) -> bool:
        """Take the arrival of a best bid and ask; see `FeedMonitor.on_frame`."""
        self.quotes += 1
        self.heard_ns = recv_ns
        if changed:
            if self._changed_ns:
                self._gaps.add(recv_ns - self._changed_ns)
            self._changed_ns = recv_ns
        if not event_ns:
            return False
        return self._take_time(event_ns, recv_ns)

    def on_depth(self, event_ns: int, recv_ns: int) -> bool:
        """Take the arrival of a depth message; see `FeedMonitor.on_depth`."""
        self.heard_ns = recv_ns
        return event_ns != 0 and self._take_time(event_ns, recv_ns)

    def on_event(self, event: FeedEvent) -> None:
        """Take a change in its life."""
        match event.kind:
            case FeedEventKind.CONNECTED:
                self._connected = True
                self.connections += 1
                self.heard_ns = event.at_ns
                self._forget_stream()
            case FeedEventKind.DISCONNECTED:
                self._connected = False
                self._detail = event.detail
                self._forget_stream()
            case FeedEventKind.ALIVE | FeedEventKind.MALFORMED:
                self.heard_ns = event.at_ns
            case FeedEventKind.ASSIGNED:
                self.rows = event.rows
            case _:
                pass  # connecting: the verdict follows from there being no connection

    def _forget_stream(self) -> None:
        """What was measured on one connection says nothing about the next."""
        self._changed_ns = self._timed_ns = self._absurd_ns = 0
        self._late = False
        self._doubt = ""

    def distrust(self, why: str) -> None:
        """Believe nothing that it brings: it is stale until it was made anew."""
        self._doubt = why

    @property
    def idle(self) -> bool:
        """Whether nothing is expected of it: it brings no row."""
        return self.rows is not None and not self.rows

    @property
    def timed(self) -> bool:
        """Whether its lag is known."""
        return self._timed_ns != 0

    def verdict(self, now_ns: int, own_lag_ns: int = 0) -> Verdict:
        """Return the state as of now and, where it is not live, the reason in words.

        What came late is not live whosoever fault it is; the words say how much of it was ours,
        `own_lag_ns`.
        """
        if not self._connected:
            if not self.connections:
                return FeedState.CONNECTING, self._detail or "no connection yet"
            return FeedState.DOWN, self._detail or "connection lost"
        if self._doubt:
            return FeedState.STALE, self._doubt
        silence_ns = now_ns - self.heard_ns
        if silence_ns > MAX_SILENCE_NS:
            return FeedState.STALE, f"nothing arrived for {silence_ns / SECOND:.1f} s"
        if self._absurd_ns and now_ns - self._absurd_ns < QUARANTINE_NS:
            error_s = self._event_error_ns / SECOND
            return FeedState.STALE, f"event times are {error_s:+.0f} s off the clock"
        if not self._changed_ns:
            return FeedState.CONNECTING, "no quote yet"
        if not self._timed_ns:
            return FeedState.CONNECTING, "no event time yet"
        quiet_ns, limit_ns = now_ns - self._changed_ns, self._cadence_ns()
        if quiet_ns > limit_ns:
            return FeedState.STALE, (
                f"no quote changed for {quiet_ns / SECOND:.1f} s (limit {limit_ns / SECOND:.1f} s)"
            )
        # Quotes that carry no time borrow it from a neighbour stream, which may have stopped.
        if self._changed_ns - self._timed_ns > MAX_SILENCE_NS:
            untimed_s = (now_ns - self._timed_ns) / SECOND
            return FeedState.STALE, f"no event time for {untimed_s:.1f} s"
        if self.lag_ns < -MAX_AHEAD_NS:
            ahead_s = -self.lag_ns / SECOND
            return FeedState.DELAYED, (
                f"events are dated {ahead_s:.1f} s ahead of the venue's clock as we know it"
            )
        if self.lag_ns > MAX_LAG_NS:
            return FeedState.DELAYED, _late_words(self.lag_ns, own_lag_ns)
        return FeedState.LIVE, ""

    def _cadence_ns(self) -> int:
        return max(MIN_CADENCE_NS, CADENCE_GAPS * (self._gaps.percentile(50) or 0))

    def _take_time(self, event_ns: int, recv_ns: int) -> bool:
        lag_ns = recv_ns - event_ns + self.offset_ns
        if _LEAST_LAG_NS <= lag_ns <= MAX_LAG_NS and not self._late:
            # As nearly every frame is.
            self._timed_ns = recv_ns
            self.lag_ns = lag_ns
            self._lags.add(lag_ns)
            return False
        if -MAX_CLOCK_ERROR_NS <= lag_ns <= MAX_CLOCK_ERROR_NS:
            self._timed_ns = recv_ns
            self.lag_ns = lag_ns
            self._lags.add(lag_ns)
            # What is dated ahead could be of any age.
            late = not _LEAST_LAG_NS <= lag_ns <= MAX_LAG_NS
            if late is self._late:
                return False
            self._late = late
            return True
        # Seconds for milliseconds, a clock gone wrong: not "very fresh", but not to be believed.
        fresh = not self._absurd_ns or recv_ns - self._absurd_ns >= QUARANTINE_NS
        self._absurd_ns = recv_ns
        self._event_error_ns = -lag_ns
        return fresh


def _late_words(lag_ns: int, own_lag_ns: int) -> str:
    lag_ms, own_ms = round(lag_ns / MS), round(own_lag_ns / MS)
    if lag_ns - own_lag_ns <= MAX_LAG_NS:
        return f"our own loop is late by {own_ms} ms: events count as {lag_ms} ms old"
    words = f"events arrive {lag_ms} ms late"
    return words + (
        f", {own_ms} ms of it in our own loop" if own_lag_ns >= _WORTH_TELLING_NS else ""
    )
