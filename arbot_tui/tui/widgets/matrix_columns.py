"""The columns of the price matrix: which fit, how wide, and what stands in them. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from arbot_tui.domain.states import FeedState
from arbot_tui.engine.frames import CellView, RowView
from arbot_tui.tui import numbers
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.spans import Line, Span, clip, pad

__all__ = ["MatrixLayout", "plan", "row_age"]

_SYMBOL_MAX = 12
_EDGE = 10
_AGE = 5
_TREND = 2
_SPARK_MIN, _SPARK_MAX = 7, 30
_VENUE_NAME = 9


@dataclass(frozen=True)
class MatrixLayout:
    """Columns that fit a width.

    Attributes:
        venues: Venue names, in venue order.
        symbol: Width of the symbol column.
        whole: Digits before the decimal point that every price has room for.
        fraction: Digits behind it; where points align, every price has room for these.
        price: Width of a price.
        full: One column per venue; else where to buy and where to sell.
        aligned: Decimal points stand in a column.
        age: The age of the older of the two quotes is shown.
        trend: The trend is shown.
        spark: Width of the edge's history; 0 where it is not shown.
    """

    venues: tuple[str, ...]
    symbol: int
    whole: int
    fraction: int
    price: int
    full: bool
    aligned: bool
    age: bool
    trend: bool
    spark: int

    def head(self, glyphs: Glyphs) -> Line:
        """Return the column titles."""
        spans: list[Span] = [(pad(" symbol", self.symbol + 1), "dim")]
        if self.full:
            side = self.price + 1
            spans += [(" " + pad(venue, side * 2 + 1, "^"), "dim") for venue in self.venues]
        else:
            wide = _VENUE_NAME + 1 + self.price
            spans += [(" " + pad(title, wide), "dim") for title in ("buy at", "sell at")]
        spans.append((pad("net edge", _EDGE, ">"), "dim"))
        if self.age:
            spans.append((pad("age", _AGE, ">"), "dim"))
        if self.trend:
            spans.append((pad(glyphs.trend[2], _TREND, ">"), "dim"))
        if self.spark:
            spans.append((pad("60 s", self.spark + 1, ">"), "dim"))
        return tuple(spans)

    def row(self, row: RowView, age: str, glyphs: Glyphs, *, selected: bool) -> Line:
        """Return the line of one symbol; `age` as `row_age` has it."""
        edge = row.net_edge_pct
        profitable = edge is not None and math.isfinite(edge) and edge > 0
        spans: list[Span] = [
            (glyphs.cursor if selected else " ", "key"),
            (
                pad(clip(row.symbol, self.symbol, glyphs.more), self.symbol),
                _symbol_role(profitable),
            ),
        ]
        cells = self._venue_cells if self.full else self._best_cells
        spans += cells(row, glyphs)
        spans += _edge_cell(edge, profitable, glyphs)
        if self.age:
            spans.append(_age_cell(age))
        if self.trend:
            spans.append((" " + glyphs.trend[max(-1, min(1, row.trend)) + 1], "dim"))
        if self.spark:
            role = "gain" if profitable else "neutral"
            spans.append((" " + numbers.spark(row.spark, self.spark, glyphs), role))
        return tuple(spans)

    def aged(self, line: Line, age: str) -> Line:
        """Return what `row` has made with another age: all that changes on a quiet market."""
        at = len(line) - 1 - self.trend - bool(self.spark)
        return (*line[:at], _age_cell(age), *line[at + 1 :])

    def _venue_cells(self, row: RowView, glyphs: Glyphs) -> Iterable[Span]:
        for index in range(len(self.venues)):
            cell = row.cells[index] if index < len(row.cells) else None
            yield from self._venue_cell(row, index, cell, glyphs)

    def _venue_cell(
        self, row: RowView, index: int, cell: CellView | None, glyphs: Glyphs
    ) -> Iterable[Span]:
        width = self.price
        if cell is None:
            yield (" " * (width + 2) + "-" + " " * (width + 1), "faint")
            return
        best_bid, best_ask = row.best_bid == index, row.best_ask == index
        bid = self._price(cell.bid, row, before=glyphs.up if best_bid else "")
        mark = glyphs.down if best_ask else " "
        bid_role, ask_role = "bid" if best_bid else "text", "ask" if best_ask else "text"
        if cell.state != FeedState.LIVE:
            # Dimmed and marked: it is on the screen, and out of detection.
            bid_role = ask_role = "stale"
            mark = glyphs.feed.get(cell.state, "?")
        yield f" {bid}", bid_role
        yield glyphs.cut, "faint"
        yield self._price(cell.ask, row, after=mark), ask_role

    def _best_cells(self, row: RowView, glyphs: Glyphs) -> Iterable[Span]:
        yield from self._best_cell(row, row.buy, "ask", lambda cell: cell.ask)
        yield from self._best_cell(row, row.sell, "bid", lambda cell: cell.bid)

    def _best_cell(
        self, row: RowView, index: int, role: str, side: Callable[[CellView], float]
    ) -> Iterable[Span]:
        cell = row.cells[index] if 0 <= index < len(row.cells) else None
        if cell is None:
            yield " " + pad("-", _VENUE_NAME) + " " + pad("-", self.price, ">"), "faint"
            return
        yield " " + pad(self.venues[index], _VENUE_NAME), "text"
        yield self._price(side(cell), row), role

    def _price(self, value: float, row: RowView, before: str = "", after: str = "") -> str:
        """Return a price in one cell more than its column, a mark at its first or last digit."""
        text = before + numbers.price(value, row.decimals) + after
        if self.aligned:
            # A whole number lacks the point as well.
            text += " " * (self.fraction - row.decimals + (not row.decimals and self.fraction > 0))
        return pad(text, self.price + 1, ">")


def plan(width: int, rows: Iterable[RowView], venues: Sequence[str]) -> MatrixLayout:
    """Return the columns that fit `width`, the least important left out first.

    What goes first: the history, then the decimal alignment, the trend, the age; last the
    venues' own columns, for the two that matter.
    """
    symbol, whole, fraction, widest = 8, 1, 0, 1
    for row in rows:
        symbol = max(symbol, min(len(row.symbol), _SYMBOL_MAX))
        fraction = max(fraction, row.decimals)
        for cell in row.cells:
            if cell is not None:
                digits = len(numbers.price(cell.ask, 0))
                whole = max(whole, digits)
                widest = max(widest, digits + row.decimals + (1 if row.decimals else 0))
    point = whole + fraction + (1 if fraction else 0)
    for full, aligned, age, trend, spark in _CHOICES:
        price = point if aligned else widest
        middle = len(venues) * (2 * price + 4) if full else 2 * (_VENUE_NAME + 2 + price)
        used = 1 + symbol + middle + _EDGE + _AGE * age + _TREND * trend
        if spark:
            used += _SPARK_MIN + 1
        if used <= width or (full, aligned, age, trend, spark) == _CHOICES[-1]:
            history = min(_SPARK_MAX, _SPARK_MIN + max(0, width - used)) if spark else 0
            return MatrixLayout(
                tuple(venues), symbol, whole, fraction, price, full, aligned, age, trend, history
            )
    raise AssertionError("the last choice always fits")


_CHOICES = (
    # full, aligned, age, trend, spark
    (True, True, True, True, True),
    (True, False, True, True, True),
    (True, True, True, True, False),
    (True, False, True, True, False),
    (True, False, True, False, False),
    (True, False, False, False, False),
    (False, True, True, True, True),
    (False, True, True, True, False),
    (False, False, True, True, False),
    (False, False, True, False, False),
    (False, False, False, False, False),
)


def _symbol_role(profitable: bool) -> str:
    return "gain" if profitable else "text"


def _edge_cell(edge: float | None, profitable: bool, glyphs: Glyphs) -> Iterable[Span]:
    if edge is None or not math.isfinite(edge):
        yield pad("-", _EDGE, ">"), "faint"
        return
    sign = glyphs.up if edge > 0 else glyphs.down if edge < 0 else glyphs.flat
    role = "gain" if profitable else "neutral"
    yield pad(f"{sign}{pad(numbers.edge(edge, glyphs), 8, '>')}", _EDGE, ">"), role


def _age_cell(age: str) -> Span:
    return pad(age, _AGE, ">"), "dim"


def row_age(row: RowView, now_ns: int) -> str:
    """Return the age of the older of the two quotes that the edge is made of."""
    pair = [
        row.cells[index]
        for index in (row.buy, row.sell)
        if 0 <= index < len(row.cells) and row.cells[index] is not None
    ]
    stamps = [cell.changed_ns for cell in pair if cell is not None]
    changed = min(stamps) if stamps else row.changed_ns
    return numbers.age(now_ns - changed) if changed else "-"
