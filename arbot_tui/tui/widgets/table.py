"""A panel of rows and columns: what fits is shown, in an order that does not jump."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from arbot_tui.domain.clock import SECOND
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, clip, pad
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["Column", "TablePanel"]

T = TypeVar("T")

_GAP_MAX = 3
HOLD_NS = 3 * SECOND
"""Rows keep still this long after the cursor was moved."""


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column of a table.

    Attributes:
        title: What stands above it, and its name in an export.
        width: Cells it takes.
        rank: How much it is missed: 0 is always there, the highest goes first.
        cell: An item's text and role.
        value: What an export says instead of the text.
        align: ``<`` or ``>``.
        order: What to sort by, the highest first; None where sorting by it makes no sense.
        name: Its name in an export, where that is another.
    """

    title: str
    width: int
    rank: int
    cell: Callable[[T], Span]
    value: Callable[[T], object] | None = None
    align: str = ">"
    order: Callable[[T], Any] | None = None
    name: str = ""


class TablePanel(Panel, Generic[T]):
    """Items under column titles; a subclass says which columns there are.

    The order that items come in is the first one; ``o`` goes on to the columns that can be
    sorted by. Except for new items, rows change places once a second at most, and not under a
    moving cursor.

    Attributes:
        filter: Only items whose `searched` text contains it are shown; any case.
    """

    KEEPS_CHOICE = True
    FIRST_ORDER = "newest"
    """What the order is called in which items come."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.filter = ""
        self._items: Mapping[Hashable, T] = {}
        self._keys: Sequence[Hashable] = ()
        self._columns: Sequence[Column[T]] = ()
        self._sort: str = ""
        self._sorted_ns = 0
        self._moved_ns = -HOLD_NS
        self._now_ns = 0
        self._layout: tuple[tuple[Column[T], int], ...] = ()
        self._planned: object = None
        self._drawn: dict[Hashable, tuple[T, object, Sequence[Line]]] = {}

    # What a subclass says.

    def columns(self) -> Sequence[Column[T]]:
        """Return all columns, from left to right."""
        raise NotImplementedError

    def searched(self, item: T) -> str:
        """Return the text of an item that the filter looks at."""
        raise NotImplementedError

    def ages(self, item: T) -> bool:
        """Return whether an item reads differently as time goes by."""
        del item
        return False

    # What all have in common.

    @property
    def cursor_shown(self) -> bool:
        """Always: what is beside the table is about the item under the cursor."""
        return True

    @property
    def selected(self) -> T | None:
        """The item under the cursor."""
        return self._items.get(self.cursor) if self.cursor is not None else None

    def put(self, items: Mapping[Hashable, T], now_ns: int) -> None:
        """Display `items`, in the order they come in unless another one was chosen."""
        self._items, self._now_ns = items, now_ns
        if not self._columns:
            self._columns = self.columns()
        self._arrange()
        self.repaint()

    def set_filter(self, text: str) -> None:
        """Show only items that contain `text`."""
        self.filter = text
        self._arrange(anew=True)
        self.repaint()

    def next_sort(self) -> None:
        """Sort by the next column that can be sorted by, or as items come."""
        names = ["", *(column.title for column in self._columns if column.order)]
        at = names.index(self._sort) if self._sort in names else 0
        self._sort = names[(at + 1) % len(names)]
        self._arrange(anew=True)
        self.repaint()

    def cursor_moved(self) -> None:
        """Hold the order for a moment."""
        self._moved_ns = self._now_ns

    def keys(self) -> Sequence[Hashable]:
        """Return the keys of what is shown, in order."""
        return self._keys

    def head(self, width: int) -> Sequence[Line]:
        """Return the column titles."""
        self._plan(width)
        arrow = self.glyphs.sort_down
        spans: list[Span] = [(" ", "dim")]
        for column, gap in self._layout:
            title = column.title
            if title and title == self._sort:
                title = f"{clip(title, column.width - 1, '')}{arrow}"
            spans.append((pad(title, column.width, column.align) + " " * gap, "dim"))
        return (tuple(spans),)

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return the line of an item, the one made before while it would read the same."""
        self._plan(width)
        item = self._items[key]
        here = key == self.cursor and self.cursor_shown
        look = (here, self._now_ns // SECOND if self.ages(item) else 0, self._layout)
        drawn = self._drawn.get(key)
        if drawn is None or drawn[0] is not item or drawn[1] != look:
            more = self.glyphs.more
            spans: list[Span] = [self.cursor_mark(key)]
            for column, gap in self._layout:
                text, role = column.cell(item)
                text = pad(clip(text, column.width, more), column.width, column.align)
                spans.append((text + " " * gap, role))
            drawn = self._drawn[key] = (item, look, (tuple(spans),))
        return drawn[2]

    def order_words(self) -> str:
        """Return what the rows are sorted by, and the filter."""
        sort = self._sort or self.FIRST_ORDER
        words = f"{sort} {self.glyphs.sort_down}" if sort else ""
        return f"/{self.filter} {self.glyphs.dot} {words}" if self.filter else words

    def nothing_matches(self) -> Sequence[str]:
        """Return what to say where the filter lets nothing through; empty where it is not that."""
        if self.filter and self._items:
            return (
                f"Nothing here contains '{self.filter}'.",
                f"{self._look.hint('back')} clears the filter",
            )
        return ()

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return an item's values by column title."""
        item = self._items[key]
        return {
            column.name or column.title or "state": column.value(item)
            if column.value
            else column.cell(item)[0]
            for column in self._columns or self.columns()
        }

    def _arrange(self, *, anew: bool = False) -> None:
        items = self._items
        if len(self._drawn) > 2 * len(items) + 64:
            self._drawn.clear()
        wanted = self.filter.casefold()
        keys = [
            key
            for key, item in items.items()
            if not wanted or wanted in self.searched(item).casefold()
        ]
        order = next((c.order for c in self._columns if c.title == self._sort), None)
        if order is not None:
            held = self._now_ns - self._moved_ns < HOLD_NS
            due = self._now_ns - self._sorted_ns >= SECOND and not held
            if anew or due or len(keys) != len(self._keys):
                self._sorted_ns = self._now_ns
                keys.sort(key=lambda key: order(items[key]), reverse=True)
            else:
                place = {key: at for at, key in enumerate(self._keys)}
                keys.sort(key=lambda key: place.get(key, -1))
        self._keys = keys
        if keys and (not self._chosen or self.cursor not in items):
            # Known before it is drawn: what is beside the table is asked for at once.
            self.cursor = keys[0]

    def _plan(self, width: int) -> None:
        """Choose the columns that fit, the least missed left out, and spread what is left."""
        if self._planned == (width, self._columns):
            return
        self._planned = (width, self._columns)
        shown = list(self._columns)
        while shown and 1 + sum(column.width + 1 for column in shown) > width:
            least = max(range(len(shown)), key=lambda at: (shown[at].rank, at))
            if not shown[least].rank:
                break
            del shown[least]
        free = width - 1 - sum(column.width + 1 for column in shown)
        gap = 1 + min(_GAP_MAX - 1, max(0, free) // max(1, len(shown)))
        self._layout = tuple((column, gap) for column in shown)
