"""Which rows the matrix shows, and in which order, without rows that jump about."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.frames import RowView

__all__ = ["RowOrder", "SortKey"]

EDGE_TOLERANCE_PCT = 0.02
"""A row keeps its place while its edge moves less than this."""
RESORT_NS = SECOND
"""Rows are put in order at most this often."""
_UNKNOWN_EDGE = -1e9


class SortKey(StrEnum):
    """What the matrix is sorted by; the value is what the title says."""

    EDGE = "edge"
    SYMBOL = "symbol"
    AGE = "age"

    @property
    def next(self) -> SortKey:
        """The order after this one."""
        keys = list(SortKey)
        return keys[(keys.index(self) + 1) % len(keys)]


class RowOrder:
    """Sorts lazily: when what is shown changes, else once a second and not under the hand.

    Attributes:
        sort: What rows are sorted by.
        filter: Only symbols that contain this are shown; any case.
        sorted_ns: When rows were last put in order.
    """

    def __init__(self) -> None:
        """Sort by edge and show everything."""
        self.sort = SortKey.EDGE
        self.filter = ""
        self._order: list[int] = []
        self._members: tuple[SortKey, str, int] | None = None
        self.sorted_ns = 0
        self._placed: dict[int, float] = {}

    def arrange(self, rows: Mapping[int, RowView], now_ns: int, *, hold: bool = False) -> list[int]:
        """Return the row numbers to show, in order.

        Args:
            rows: All rows.
            now_ns: The engine's clock.
            hold: Keep the order as it is, because somebody is moving the cursor.
        """
        members = (self.sort, self.filter, len(rows))
        if members != self._members:
            self._members = members
            self._placed.clear()
        elif hold or now_ns - self.sorted_ns < RESORT_NS:
            return self._order
        self.sorted_ns = now_ns
        wanted = self.filter.casefold()
        shown = [row for row in rows.values() if wanted in row.symbol.casefold()]
        self._sort(shown, now_ns)
        self._order = [row.row for row in shown]
        return self._order

    def _sort(self, shown: list[RowView], now_ns: int) -> None:
        shown.sort(key=lambda row: row.symbol)
        if self.sort is SortKey.EDGE:
            shown.sort(key=self._place, reverse=True)
        elif self.sort is SortKey.AGE:
            shown.sort(key=lambda row: (now_ns - row.changed_ns) // SECOND, reverse=True)

    def _place(self, row: RowView) -> float:
        """Return the edge that decides the row's place: the old one while it hardly moved."""
        edge = row.net_edge_pct if row.net_edge_pct is not None else _UNKNOWN_EDGE
        placed = self._placed.get(row.row)
        if placed is None or abs(edge - placed) > EDGE_TOLERANCE_PCT or (edge > 0) != (placed > 0):
            self._placed[row.row] = placed = edge
        return placed
