"""Health of each venue's feed: lag, silence and cadence, and the verdict they lead to.

No clock of its own: every time is passed in, `Clock.now_ns`. The rule is DESIGN section 3;
only a `live` feed is traded.
"""

from __future__ import annotations

from collections.abc import Sequence

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.domain.states import FeedState
from arbot_tui.market.ages import BookAges
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.window import Window

__all__ = ["FeedMonitor"]

MAX_LAG_NS = 250 * MS
MAX_SILENCE_NS = 5 * SECOND
MIN_CADENCE_NS = 2 * SECOND
CADENCE_GAPS = 20
MAX_CLOCK_ERROR_NS = 60 * SECOND
QUARANTINE_NS = 5 * SECOND
"""How long one impossible event time discredits the feed."""

_LAGS = 1024
_GAPS = 128


class _Feed:
    """What is known of one venue's feed; 0 stands for a time that never was."""

    __slots__ = (
        "absurd_ns",
        "changed_ns",
        "connected",
        "connections",
        "detail",
        "event_error_ns",
        "gaps",
        "heard_ns",
        "lag_ns",
        "lags",
        "late",
        "malformed",
        "offset_ns",
        "quotes",
        "rtt_ns",
        "timed_ns",
    )

    def __init__(self) -> None:
        self.connected = False
        self.connections = 0
        self.detail = ""
        self.heard_ns = 0
        self.changed_ns = 0
        self.timed_ns = 0
        self.lag_ns = 0
        self.late = False
        self.absurd_ns = 0
        self.event_error_ns = 0
        self.offset_ns = 0
        self.rtt_ns = 0
        self.quotes = 0
        self.malformed = 0
        self.lags = Window(_LAGS)
        self.gaps = Window(_GAPS)


class FeedMonitor:
    """Judges the feeds of all venues, by venue number.

    `on_frame` and `on_depth` run for every message and only write down; judging is left to
    `verdict`, which a timer asks a few times a second.
    """

    def __init__(self, venues: Sequence[str]) -> None:
        """Start with every venue `connecting`."""
        self._feeds = [_Feed() for _ in venues]
        self._ages = BookAges()

    def on_frame(self, venue: int, event_ns: int, recv_ns: int, changed: bool) -> bool:
        """Take the arrival of a best bid and ask.

        Args:
            venue: Number of the venue.
            event_ns: Venue time in the frame; 0 where it has none.
            recv_ns: When it was received.
            changed: Whether it changed the board, as `QuoteBoard.update` told.

        Returns:
            Whether its lag or its time turned from good to bad or back, so that waiting for the
            next timer to ask for the verdict would be too long.
        """
        feed = self._feeds[venue]
        feed.quotes += 1
        feed.heard_ns = recv_ns
        if changed:
            if feed.changed_ns:
                feed.gaps.add(recv_ns - feed.changed_ns)
            feed.changed_ns = recv_ns
        return event_ns != 0 and _take_time(feed, event_ns, recv_ns)

    def on_depth(self, venue: int, event_ns: int, recv_ns: int) -> bool:
        """Take the arrival of a depth message: it tells time and life, not cadence.

        Depth that still ticks must not hide that the best bids and asks have stopped.

        Returns:
            As `on_frame`.
        """
        feed = self._feeds[venue]
        feed.heard_ns = recv_ns
        return event_ns != 0 and _take_time(feed, event_ns, recv_ns)

    def on_feed(self, event: FeedEvent) -> None:
        """Take a change in the life of a connection."""
        feed = self._feeds[event.exchange]
        match event.kind:
            case FeedEventKind.CONNECTED:
                feed.connected = True
                feed.connections += 1
                feed.heard_ns = event.at_ns
                self._forget_stream(feed)
            case FeedEventKind.DISCONNECTED:
                feed.connected = False
                feed.detail = event.detail
                self._forget_stream(feed)
            case FeedEventKind.ALIVE:
                feed.heard_ns = event.at_ns
                if event.rtt_ns:
                    feed.rtt_ns = event.rtt_ns
            case FeedEventKind.MALFORMED:
                feed.heard_ns = event.at_ns
                feed.malformed += 1
            case _:
                pass  # connecting: the verdict follows from there being no connection

    @staticmethod
    def _forget_stream(feed: _Feed) -> None:
        """What was measured on one connection says nothing about the next."""
        feed.changed_ns = feed.timed_ns = feed.absurd_ns = 0
        feed.late = False

    def set_offset(self, venue: int, offset_ns: int) -> None:
        """Learn the venue's clock minus ours."""
        self._feeds[venue].offset_ns = offset_ns

    def set_rtt(self, venue: int, rtt_ns: int) -> None:
        """Learn a round trip measured elsewhere."""
        self._feeds[venue].rtt_ns = rtt_ns

    def verdict(self, venue: int, now_ns: int) -> tuple[FeedState, str]:
        """Return the feed's state and, where it is not live, the reason in words."""
        feed = self._feeds[venue]
        if not feed.connected:
            if not feed.connections:
                return FeedState.CONNECTING, feed.detail or "no connection yet"
            return FeedState.DOWN, feed.detail or "connection lost"
        silence_ns = now_ns - feed.heard_ns
        if silence_ns > MAX_SILENCE_NS:
            return FeedState.STALE, f"nothing arrived for {silence_ns / SECOND:.1f} s"
        if feed.absurd_ns and now_ns - feed.absurd_ns < QUARANTINE_NS:
            error_s = feed.event_error_ns / SECOND
            return FeedState.STALE, f"event times are {error_s:+.0f} s off the clock"
        if not feed.changed_ns:
            return FeedState.CONNECTING, "no quote yet"
        if not feed.timed_ns:
            return FeedState.CONNECTING, "no event time yet"
        quiet_ns, limit_ns = now_ns - feed.changed_ns, self._cadence_ns(feed)
        if quiet_ns > limit_ns:
            return FeedState.STALE, (
                f"no quote changed for {quiet_ns / SECOND:.1f} s (limit {limit_ns / SECOND:.1f} s)"
            )
        # Quotes that carry no time borrow it from a neighbour stream, which may have stopped.
        if feed.changed_ns - feed.timed_ns > MAX_SILENCE_NS:
            untimed_s = (now_ns - feed.timed_ns) / SECOND
            return FeedState.STALE, f"no event time for {untimed_s:.1f} s"
        if feed.lag_ns > MAX_LAG_NS:
            return FeedState.DELAYED, f"events arrive {feed.lag_ns / MS:.0f} ms late"
        return FeedState.LIVE, ""

    @staticmethod
    def _cadence_ns(feed: _Feed) -> int:
        return max(MIN_CADENCE_NS, CADENCE_GAPS * (feed.gaps.percentile(50) or 0))

    def lag_ns(self, venue: int) -> int | None:
        """Return the lag of the newest timestamped frame; None where there was none."""
        feed = self._feeds[venue]
        return feed.lag_ns if feed.timed_ns else None

    def lag_percentile_ns(self, venue: int, percent: float) -> int | None:
        """Return a percentile of the latest lags; None where nothing was measured."""
        return self._feeds[venue].lags.percentile(percent)

    def silence_ns(self, venue: int, now_ns: int) -> int | None:
        """Return the time since anything arrived; None before the first connection."""
        feed = self._feeds[venue]
        return now_ns - feed.heard_ns if feed.heard_ns else None

    def rtt_ns(self, venue: int) -> int | None:
        """Return the latest round trip; None where not measured."""
        return self._feeds[venue].rtt_ns or None

    def quotes(self, venue: int) -> int:
        """Return how many best bids and asks were received in this run."""
        return self._feeds[venue].quotes

    def malformed(self, venue: int) -> int:
        """Return how many frames were dropped because they broke their schema."""
        return self._feeds[venue].malformed

    def reconnects(self, venue: int) -> int:
        """Return how many connections were made after the first."""
        return max(self._feeds[venue].connections - 1, 0)

    def stale_books(self, board: QuoteBoard, now_ns: int) -> list[tuple[int, int]]:
        """Return (venue, row) of books that the other venues left behind by 10 bps or more.

        Called by a timer, always with the same board. The caller marks each one stale and has
        it resynced; its next ticker makes it good again.
        """
        return self._ages.stale(board, now_ns)


def _take_time(feed: _Feed, event_ns: int, recv_ns: int) -> bool:
    lag_ns = recv_ns - event_ns + feed.offset_ns
    if -MAX_CLOCK_ERROR_NS <= lag_ns <= MAX_CLOCK_ERROR_NS:
        feed.timed_ns = recv_ns
        feed.lag_ns = lag_ns
        feed.lags.add(lag_ns)
        late = lag_ns > MAX_LAG_NS
        if late is feed.late:
            return False
        feed.late = late
        return True
    # Seconds for milliseconds, a clock gone wrong: not "very fresh", but not to be believed.
    fresh = not feed.absurd_ns or recv_ns - feed.absurd_ns >= QUARANTINE_NS
    feed.absurd_ns = recv_ns
    feed.event_error_ns = -lag_ns
    return fresh
