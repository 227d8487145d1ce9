"""What the screen knows: frames merged into one state, without a widget in sight."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TypeVar

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.frames import (
    Frame,
    LogLine,
    OpportunityView,
    RowView,
    StatusView,
    TradeView,
    VenueView,
)
from arbot_tui.tui.link import Link

__all__ = ["ViewState"]

_K = TypeVar("_K")
_V = TypeVar("_V")

MAX_OPPORTUNITIES = 300
MAX_TRADES = 300
MAX_LOG = 500
FUNNEL_WINDOW_S = 60
QUIET_S = 3
"""Seconds without a newer frame after which the picture is called stale."""


class ViewState:
    """Everything shown, kept up to date by `merge`.

    Attributes:
        rows: Symbols of the matrix by row number.
        opportunities: Opportunities by id, oldest first.
        trades: Pairs by id, oldest first.
        log: The newest log lines, oldest first.
        funnel: Rejects of the last minute by reason, most frequent first.
        venues: All venues, in venue order.
        status: The status bar; None before the first frame.
        rows_total: Number of rows in the universe.
        now_ns: The engine's clock at the last frame.
        link: How the engine answers.
    """

    def __init__(self, started_ns: int = 0) -> None:
        """Start empty; `started_ns` is when the screen began to wait, on its own clock."""
        self._clear(started_ns)

    def _clear(self, at_ns: int) -> None:
        self.version = 0
        self.rows: dict[int, RowView] = {}
        self.opportunities: dict[int, OpportunityView] = {}
        self.trades: dict[str, TradeView] = {}
        self.log: deque[LogLine] = deque(maxlen=MAX_LOG)
        self.funnel: tuple[tuple[str, int], ...] = ()
        self.venues: tuple[VenueView, ...] = ()
        self.status: StatusView | None = None
        self.rows_total = 0
        self.now_ns = 0
        self.link = Link("loading", 0)
        self._good_ns = at_ns
        self._error = ""
        self._funnel_marks: deque[tuple[int, dict[str, int]]] = deque()

    def merge(self, frame: Frame, at_ns: int) -> None:
        """Take over what changed; `at_ns` is the screen's own clock."""
        if frame.version < self.version:
            # Another engine answers: nothing of the old one may stay on the screen.
            self._clear(at_ns)
        if frame.now_ns > self.now_ns or not self.version:
            self._good_ns = at_ns
        self._error = ""
        self.version = frame.version
        self.now_ns = max(self.now_ns, frame.now_ns)
        self.status = frame.status
        self.venues = frame.venues
        self.rows_total = frame.rows_total
        for row in frame.rows:
            self.rows[row.row] = row
        for opportunity in frame.opportunities:
            self.opportunities[opportunity.id] = opportunity
        for trade in frame.trades:
            self.trades[trade.pair_id] = trade
        last = self.log[-1].seq if self.log else -1
        self.log.extend(line for line in frame.log if line.seq > last)
        self._trim()
        self._merge_funnel(frame.funnel, frame.status.started_ns)
        self.tick(at_ns)

    def fail(self, error: str, at_ns: int) -> None:
        """Note that the engine gave no frame, and why."""
        self._error = sanitise(error) or "no answer"
        self.tick(at_ns)

    def tick(self, at_ns: int) -> None:
        """Let time pass on the screen's own clock."""
        for_s = max(0, at_ns - self._good_ns) // SECOND
        if self._error:
            self.link = Link(
                "error", for_s, self._error, good_ns=self._good_ns if self.version else 0
            )
        elif self.status is None:
            self.link = Link("loading", for_s)
        elif for_s >= QUIET_S:
            self.link = Link("stale", for_s)
        else:
            self.link = Link("live", 0)

    @property
    def second(self) -> int:
        """The engine's clock in whole seconds: what ages and the clock are drawn from."""
        return self.now_ns // SECOND

    def open_opportunities(self) -> int:
        """Return how many opportunities are open."""
        return sum(1 for entry in self.opportunities.values() if not entry.closed_ns)

    def best(self) -> RowView | None:
        """Return the row with the highest net edge."""
        known = [row for row in self.rows.values() if row.net_edge_pct is not None]
        return max(known, key=_edge_of, default=None)

    def _trim(self) -> None:
        # Ended ones go first, oldest first: what is open or working stays in sight.
        surplus = len(self.opportunities) - MAX_OPPORTUNITIES
        if surplus > 0:
            ended = (key for key, entry in self.opportunities.items() if entry.closed_ns)
            _drop(self.opportunities, ended, surplus)
        surplus = len(self.trades) - MAX_TRADES
        if surplus > 0:
            ended_trades = (key for key, trade in self.trades.items() if trade.outcome)
            _drop(self.trades, ended_trades, surplus)

    def _merge_funnel(self, totals: tuple[tuple[str, int], ...], started_ns: int) -> None:
        now = self.second
        marks = self._funnel_marks
        if not marks or marks[-1][0] != now:
            marks.append((now, dict(totals)))
            while len(marks) > 1 and marks[0][0] < now - FUNNEL_WINDOW_S:
                marks.popleft()
        # In an engine's first minute all of its rejects are recent.
        young = now - started_ns // SECOND <= FUNNEL_WINDOW_S
        base = {} if young else marks[0][1]
        recent = [(reason, total - base.get(reason, 0)) for reason, total in totals]
        recent = [entry for entry in recent if entry[1] > 0]
        recent.sort(key=lambda entry: (-entry[1], entry[0]))
        self.funnel = tuple(recent)


def _edge_of(row: RowView) -> float:
    return row.net_edge_pct if row.net_edge_pct is not None else float("-inf")


def _drop(entries: dict[_K, _V], keys: Iterable[_K], at_most: int) -> None:
    for key in list(keys)[:at_most]:
        del entries[key]
