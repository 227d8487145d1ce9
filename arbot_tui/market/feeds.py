"""Health of each venue's feed, connection by connection, and the verdicts it leads to.

No clock of its own: every time is passed in, `Clock.now_ns`. A venue whose symbols are spread
over several connections loses only the rows of the one that fails.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.domain.states import FeedState
from arbot_tui.market.ages import BookAges
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.connection import Connection, Verdict
from arbot_tui.market.window import Window

__all__ = ["ConnectionHealth", "FeedMonitor"]

_LAGS = 1024
_RTTS = 20

# The nearer to being traded, the more it says of the venue.
_ORDER = (
    FeedState.LIVE,
    FeedState.DELAYED,
    FeedState.STALE,
    FeedState.CONNECTING,
    FeedState.DOWN,
)


class ConnectionHealth(msgspec.Struct, frozen=True):
    """One connection that is to bring quotes, as it stands.

    Attributes:
        number: Its number within the venue.
        state: Its verdict; only the rows of a `live` one are traded.
        reason: Why it is not live; empty while it is.
        rows: The rows it brings; None where that is every row of the venue.
    """

    number: int
    state: FeedState
    reason: str
    rows: frozenset[int] | None


class _Venue:
    """The connections of one venue, and which row comes on which."""

    __slots__ = ("by_row", "connections", "lags", "malformed", "offset_ns", "rtts_ns")

    def __init__(self) -> None:
        self.lags = Window(_LAGS)
        self.offset_ns = 0
        self.rtts_ns: deque[int] = deque(maxlen=_RTTS)
        self.malformed = 0
        self.connections: dict[int, Connection] = {}
        # An adapter that never says which connection brings a row has but one.
        self.by_row: list[Connection] = []
        self.connection(0)

    def connection(self, number: int) -> Connection:
        found = self.connections.get(number)
        if found is None:
            found = self.connections[number] = Connection(self.lags, self.offset_ns)
        return found

    def bring(self, row: int) -> Connection:
        """Return the connection of a row not heard of before."""
        self.by_row.extend([self.connections[0]] * (row + 1 - len(self.by_row)))
        return self.by_row[row]

    def assign(self, connection: Connection, rows: frozenset[int]) -> None:
        if rows:
            self.bring(max(rows))
        for row in rows:
            self.by_row[row] = connection
        for other in self.connections.values():
            if other is not connection and other.rows:
                other.rows -= rows

    def expected(self) -> list[tuple[int, Connection]]:
        """Return the connections that are to bring quotes, by number; at least one."""
        found = [(n, c) for n, c in sorted(self.connections.items()) if not c.idle]
        # The number that stands for all rows means nothing once others have named theirs.
        named = [(n, c) for n, c in found if c.rows]
        return named or found or [(0, self.connections[0])]


class FeedMonitor:
    """Judges the feeds of all venues, by venue number.

    `on_frame` and `on_depth` run for every message and only write down; judging is left to
    `connections` and `verdict`, which a timer asks a few times a second.

    Attributes:
        by_row: The connection that brings each row, by venue and row, for reading on the hot path;
            the lists only grow. A row beyond has none yet: `connection` finds one.
        own_lag_ns: How late we ourselves ran lately, set by whoever knows: what of a feed's lag is
            ours and not the venue's.
    """

    def __init__(self, venues: Sequence[str]) -> None:
        """Start with every venue `connecting`."""
        self._venues = [_Venue() for _ in venues]
        self.by_row = [venue.by_row for venue in self._venues]
        self._ages = BookAges()
        self.own_lag_ns = 0

    def on_frame(self, venue: int, row: int, event_ns: int, recv_ns: int, changed: bool) -> bool:
        """Take the arrival of a best bid and ask.

        Args:
            venue: Number of the venue.
            row: Row of the symbol.
            event_ns: Venue time in the frame; 0 where it has none.
            recv_ns: When it was received.
            changed: Whether it changed the board, as `QuoteBoard.update` told.

        Returns:
            Whether its lag or its time turned from good to bad or back, so that waiting for the
            next timer to ask for the verdict would be too long.
        """
        return self.connection(venue, row).on_frame(event_ns, recv_ns, changed)

    def on_depth(self, venue: int, row: int, event_ns: int, recv_ns: int) -> bool:
        """Take the arrival of a depth message: it tells time and life, not cadence.

        Depth that still ticks must not hide that the best bids and asks have stopped.

        Returns:
            As `on_frame`.
        """
        return self.connection(venue, row).on_depth(event_ns, recv_ns)

    def connection(self, venue: int, row: int) -> Connection:
        """Return the connection that brings a row."""
        by_row = self.by_row[venue]
        return by_row[row] if row < len(by_row) else self._venues[venue].bring(row)

    def on_feed(self, event: FeedEvent) -> None:
        """Take a change in the life of a connection."""
        venue = self._venues[event.exchange]
        connection = venue.connection(event.connection)
        connection.on_event(event)
        if event.kind is FeedEventKind.ALIVE and event.rtt_ns:
            venue.rtts_ns.append(event.rtt_ns)
        elif event.kind is FeedEventKind.MALFORMED:
            venue.malformed += 1
        elif event.kind is FeedEventKind.ASSIGNED and event.rows is not None:
            venue.assign(connection, event.rows)

    def set_offset(self, venue: int, offset_ns: int) -> None:
        """Learn the venue's clock minus ours."""
        self._venues[venue].offset_ns = offset_ns
        for connection in self._venues[venue].connections.values():
            connection.offset_ns = offset_ns

    def set_rtt(self, venue: int, rtt_ns: int) -> None:
        """Learn a round trip measured elsewhere."""
        self._venues[venue].rtts_ns.append(rtt_ns)

    def distrust(self, why: str) -> None:
        """Believe nothing that the connections there are still bring, on all venues."""
        for venue in self._venues:
            for connection in venue.connections.values():
                connection.distrust(why)

    def connections(self, venue: int, now_ns: int) -> list[ConnectionHealth]:
        """Return every connection that is to bring quotes, by number; there is at least one."""
        return [
            ConnectionHealth(number, *connection.verdict(now_ns, self.own_lag_ns), connection.rows)
            for number, connection in self._venues[venue].expected()
        ]

    def verdict(self, venue: int, now_ns: int) -> Verdict:
        """Return the venue's state and what is wrong in words; nothing where all is well.

        A venue is as good as its best connection: the rows of the others are blocked one by one.
        """
        found = self.connections(venue, now_ns)
        best = min(found, key=lambda one: _ORDER.index(one.state))
        if len(found) == 1:
            return best.state, best.reason
        bad = [one for one in found if one.state is not FeedState.LIVE]
        if not bad:
            return FeedState.LIVE, ""
        first = min(bad, key=lambda one: -_ORDER.index(one.state))
        count = f"{len(bad)} of {len(found)} connections"
        return best.state, f"{count} not live: {first.state}, {first.reason}"

    def lag_ns(self, venue: int) -> int | None:
        """Return the lag of the newest timestamped frame of the connection that lags most.

        None where no frame had a time.
        """
        timed = [c.lag_ns for _, c in self._venues[venue].expected() if c.timed]
        return max(timed, default=None)

    def lag_percentile_ns(self, venue: int, percent: float) -> int | None:
        """Return a percentile of the latest lags; None where nothing was measured."""
        return self._venues[venue].lags.percentile(percent)

    def lag_counts(self, venue: int, bounds_ns: Sequence[int]) -> list[int]:
        """Return how many of the latest lags lie at or below each bound, then how many above."""
        return self._venues[venue].lags.counts(bounds_ns)

    def silence_ns(self, venue: int, now_ns: int) -> int | None:
        """Return the time since anything arrived; None before the first connection."""
        heard_ns = max(c.heard_ns for c in self._venues[venue].connections.values())
        return now_ns - heard_ns if heard_ns else None

    def offset_ns(self, venue: int) -> int:
        """Return the venue's clock minus ours, as lags are corrected by it."""
        return self._venues[venue].offset_ns

    def rtt_ns(self, venue: int) -> int | None:
        """Return the latest round trip; None where not measured."""
        taken = self._venues[venue].rtts_ns
        return taken[-1] if taken else None

    def slow_rtt_ns(self, venue: int) -> int:
        """Return how long a round trip takes where it takes long: all but one in twenty.

        Of few, all but the longest; 0 where none was measured.
        """
        ranked = sorted(self._venues[venue].rtts_ns)
        return ranked[(len(ranked) - 1) * 95 // 100] if ranked else 0

    def quotes(self, venue: int) -> int:
        """Return how many best bids and asks were received in this run."""
        return sum(c.quotes for c in self._venues[venue].connections.values())

    def malformed(self, venue: int) -> int:
        """Return how many frames were dropped because they broke their schema."""
        return self._venues[venue].malformed

    def reconnects(self, venue: int) -> int:
        """Return how many connections were made again after they had ended."""
        return sum(max(c.connections - 1, 0) for c in self._venues[venue].connections.values())

    def stale_books(self, board: QuoteBoard, now_ns: int) -> list[tuple[int, int]]:
        """Return (venue, row) of books that the other venues left behind by 10 bps or more.

        Called by a timer, always with the same board. The caller marks each one stale and has
        it resynced; its next ticker makes it good again.
        """
        return self._ages.stale(board, now_ns)
