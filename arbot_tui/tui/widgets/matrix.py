"""The price matrix: symbols against venues, the hero of the dashboard."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from textual.message import Message

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.states import FeedState
from arbot_tui.engine.frames import RowView, VenueView
from arbot_tui.tui.look import Look
from arbot_tui.tui.ordering import RowOrder, SortKey
from arbot_tui.tui.spans import Line
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.matrix_columns import MatrixLayout, plan, row_age
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["PriceMatrix"]

HOLD_NS = 3 * SECOND
"""Rows keep still this long after the cursor was moved."""


class PriceMatrix(Panel):
    """Best bid and ask of every symbol on every venue, and the best net edge.

    The cursor stays on its symbol whatever the order does; the order is lazy (`RowOrder`).
    """

    LABEL = "Matrix"
    KEEPS_CURSOR = True

    class Selected(Message):
        """Another symbol is selected."""

        def __init__(self, symbol: str) -> None:
            super().__init__()
            self.symbol = symbol

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.order = RowOrder()
        self._rows: dict[int, RowView] = {}
        self._venues: tuple[VenueView, ...] = ()
        self._rows_total = 0
        self._now_ns = 0
        self._moved_ns = -HOLD_NS
        self._keys: list[int] = []
        self._columns: MatrixLayout | None = None
        self._planned: tuple[int, int, int, int] | None = None
        self._version = 0
        self._unsorted = True
        self._drawn: dict[int, tuple[RowView, str, bool, Sequence[Line]]] = {}

    @property
    def selected(self) -> RowView | None:
        """The row under the cursor."""
        return self._rows.get(self.cursor) if isinstance(self.cursor, int) else None

    def show(self, view: ViewState) -> None:
        """Display the rows of `view`."""
        news = view.version != self._version
        if news:
            self._rows = dict(view.rows)
        self._venues = view.venues
        self._rows_total = view.rows_total
        self._now_ns = view.now_ns
        self._version = view.version
        if news or self._unsorted or self.order.sort is SortKey.AGE:
            hold = self._now_ns - self._moved_ns < HOLD_NS
            self._keys = self.order.arrange(self._rows, self._now_ns, hold=hold)
            self._unsorted = self.order.sorted_ns != self._now_ns
        self.repaint()

    def set_filter(self, text: str) -> None:
        """Show only symbols that contain `text`."""
        self.order.filter = text
        self._arrange()

    def next_sort(self) -> SortKey:
        """Change to the next order and return it."""
        self.order.sort = self.order.sort.next
        self._arrange()
        return self.order.sort

    def select(self, symbol: str) -> bool:
        """Put the cursor on `symbol` and say whether it is listed."""
        for index, key in enumerate(self._keys):
            if self._rows[key].symbol == symbol:
                self.move_to(index)
                return True
        return False

    def cursor_moved(self) -> None:
        """Hold the order for a moment, and say what is selected."""
        self._moved_ns = self._now_ns
        if (row := self.selected) is not None:
            self.post_message(self.Selected(row.symbol))

    def keys(self) -> Sequence[Hashable]:
        """Return the row numbers that are shown, in order."""
        return self._keys

    def compose_lines(self, width: int, height: int) -> list[Line]:
        """Decide on the columns, once a second, and draw."""
        inner = self._inner_width()
        shape, second = (inner, len(self._rows)), self._now_ns // SECOND
        old = self._planned
        # Prices grow a digit now and then: it is enough to look once a second, if any has changed.
        due = old is None or (second != old[2] and self._version != old[3])
        if due or (old is not None and shape != old[:2]):
            self._planned = (*shape, second, self._version)
            columns = plan(inner, self._rows.values(), [venue.name for venue in self._venues])
            if columns != self._columns:
                self._columns = columns
                self._drawn.clear()
        return super().compose_lines(width, height)

    def head(self, width: int) -> Sequence[Line]:
        """Return the column titles."""
        del width
        return () if self._columns is None else (self._columns.head(self.glyphs),)

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return the line of a symbol, the one made before while it would read the same."""
        del width
        if not isinstance(key, int) or self._columns is None:
            return ()
        row, selected, columns = self._rows[key], key == self.cursor, self._columns
        age = row_age(row, self._now_ns) if columns.age else ""
        drawn = self._drawn.get(key)
        if drawn is None or drawn[0] is not row or drawn[2] is not selected:
            line = columns.row(row, age, self.glyphs, selected=selected)
            drawn = self._drawn[key] = (row, age, selected, (line,))
        elif drawn[1] != age:
            line = columns.aged(drawn[3][0], age)
            drawn = self._drawn[key] = (row, age, selected, (line,))
        return drawn[3]

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return a symbol's quotes and edge."""
        row = self._rows.get(key) if isinstance(key, int) else None
        if row is None:
            return {}
        names = [venue.name for venue in self._venues]
        found: dict[str, object] = {"symbol": row.symbol}
        for name, cell in zip(names, row.cells, strict=False):
            found |= {
                f"{name} bid": cell.bid if cell else None,
                f"{name} ask": cell.ask if cell else None,
                f"{name} state": cell.state if cell else "",
            }
        best = {"buy": row.buy, "sell": row.sell}
        found |= {side: names[at] if 0 <= at < len(names) else "" for side, at in best.items()}
        return {**found, "net edge %": row.net_edge_pct}

    def summary(self) -> str:
        """Return how many symbols, the filter and the order."""
        shown = str(len(self._keys))
        if len(self._keys) != self._rows_total:
            shown += f" of {self._rows_total}"
        sort = self.order.sort
        arrow = self.glyphs.sort_up if sort is SortKey.SYMBOL else self.glyphs.sort_down
        parts = [f"{shown} symbols"]
        if self.order.filter:
            parts.append(f"/{self.order.filter}")
        parts.append(f"{sort.value} {arrow}")
        return f" {self.glyphs.dot} ".join(parts)

    def placeholder(self) -> Sequence[str]:
        """Return what is waited for, or why nothing matches."""
        if self._rows:
            return (
                f"No symbol contains '{self.order.filter}'.",
                f"{self._look.hint('back')} clears the filter",
            )
        waiting = [
            f"{venue.name} {venue.state}" + (f": {venue.reason}" if venue.reason else "")
            for venue in self._venues
            if venue.state != FeedState.LIVE
        ]
        if waiting:
            return ("No quotes yet. Waiting for", *(f"  {line}" for line in waiting))
        return ("No quotes yet: the venues are live, the first book is on its way.",)

    def _arrange(self) -> None:
        before = self.cursor
        self._keys = self.order.arrange(self._rows, self._now_ns)
        self.repaint()
        if self.cursor != before and (row := self.selected) is not None:
            self.post_message(self.Selected(row.symbol))
