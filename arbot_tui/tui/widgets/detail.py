"""The selected row: four ladders side by side, and what taking more and more comes to."""

from __future__ import annotations

from collections.abc import Sequence

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.answers import DepthView, LadderView
from arbot_tui.engine.frames import RowView
from arbot_tui.tui import numbers
from arbot_tui.tui.link import Link
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, blank, clip, fit, line_width, pad
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.chart import edge_chart
from arbot_tui.tui.widgets.panel import Panel
from arbot_tui.tui.widgets.size_walk import size_chart, size_words

__all__ = ["RowDetail"]

_CHART_MIN = 18
_LADDER = 22
_SIZE_MIN = 7
_OLD_S = 5


class RowDetail(Panel):
    """Order books of the selected symbol, asked for once a second while it is visible."""

    LABEL = "Details"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._row: RowView | None = None
        self._venues: tuple[str, ...] = ()
        self._depth: DepthView | None = None
        self._books = Link("loading", 0, awaited="the order books")
        self._now_ns = 0

    @property
    def symbol(self) -> str:
        """The symbol shown; empty while none is."""
        return self._row.symbol if self._row else ""

    def show(self, view: ViewState, row: RowView | None, books: Link) -> None:
        """Display `row` of `view`; `books` tells how the order books are doing."""
        if row is None or row.symbol != self.symbol:
            self._depth = None
        self._books = books
        self._row = row
        self._venues = tuple(venue.name for venue in view.venues)
        self._now_ns = view.now_ns
        self.repaint()

    def show_depth(self, depth: DepthView) -> None:
        """Display the ladders, unless another symbol was selected meanwhile."""
        if depth.symbol == self.symbol:
            self._depth = depth
            self.repaint()

    def summary(self) -> str:
        """Return the symbol and what its best pair is."""
        row, glyphs = self._row, self.glyphs
        if row is None:
            return ""
        dot = f" {glyphs.dot} "
        text = row.symbol
        buy, sell = self._cell(row.buy), self._cell(row.sell)
        if buy and sell:
            text += f"{dot}buy {buy[0]} {numbers.price(buy[1], row.decimals)}"
            text += f"{dot}sell {sell[0]} {numbers.price(sell[2], row.decimals)}"
            text += f"{dot}net {numbers.edge(row.net_edge_pct, glyphs)}"
        walk = self._depth.walk if self._depth is not None else None
        if walk is not None and walk.qty and self.framed:
            text += f"{dot}size {numbers.quantity(walk.qty)}, limited by {walk.limited_by}"
        if self._books.error:
            text += f"{dot}books: {self._books.error}"
        return text

    def placeholder(self) -> Sequence[str]:
        """Return what to do to see something."""
        return ("Select a symbol in the matrix to see its order books.",)

    def _cell(self, index: int) -> tuple[str, float, float] | None:
        row = self._row
        if row is None or not 0 <= index < min(len(row.cells), len(self._venues)):
            return None
        cell = row.cells[index]
        return None if cell is None else (self._venues[index], cell.ask, cell.bid)

    def _body(self, width: int, height: int) -> list[Line]:
        if self._row is None or self.link.state == "loading":
            return super()._body(width, height)
        columns = max(1, len(self._venues))
        ladder = min(_LADDER, width // columns)
        chart = width - ladder * columns
        if chart < _CHART_MIN:
            chart = 0
        ladders = [self._ladder(index, ladder, height) for index in range(columns)]
        history: list[Line] = [()] * height
        walk = self._depth.walk if self._depth is not None else None
        base = clip(self._row.symbol.partition("/")[0], 8, self.glyphs.more)
        if chart and walk is not None:
            history = size_chart(walk, base, chart, height, self.glyphs)
        elif chart:
            history = edge_chart(self._row.spark, chart, height, self.glyphs)
        lines: list[Line] = []
        if not chart and walk is not None and height % 2 == 0:
            # Both sides take as many lines: this one would be empty.
            ladders = [ladder[:-1] for ladder in ladders]
            lines_left = height - 1
        else:
            lines_left = height
        for y in range(lines_left):
            spans: list[Span] = []
            for lines_of_venue in ladders:
                spans += lines_of_venue[y]
            lines.append(fit((*spans, *history[y]), width))
        if lines_left < height and walk is not None:
            lines.append(size_words(walk, base, width, self.glyphs))
        return lines

    def _ladder(self, index: int, width: int, height: int) -> list[Line]:
        """Return one venue's book: asks down to the best, then bids from the best."""
        row, depth, glyphs = self._row, self._depth, self.glyphs
        name = self._venues[index] if index < len(self._venues) else ""
        book = None
        if depth is not None:
            book = next((entry for entry in depth.ladders if entry.venue == name), None)
        levels = max(1, (height - 1) // 2)
        head: Line = ((pad(f"  {name}", width), "title"),)
        if row is None or book is None or book.error or not (book.bids or book.asks):
            why = f"asked for {glyphs.dot} {self._books.for_s} s"
            if self._books.error:
                why = f"asked again in {self._books.retry_s} s"
            if book is not None:
                why = book.error or "the book is empty"
            message: Line = ((pad(f"  {clip(why, width - 3, glyphs.more)}", width), "dim"),)
            rest = [blank(width)] * (height - 2)
            return [head, message, *rest][:height]
        old = self._now_ns - book.at_ns > _OLD_S * SECOND
        if old:
            age = numbers.age(self._now_ns - book.at_ns)
            head = ((f"  {name} ", "title"), (f"{age} old", "warn"))
        return self._levels(head, row, index, book, width, height, levels, old=old)

    def _levels(
        self,
        head: Line,
        row: RowView,
        index: int,
        book: LadderView,
        width: int,
        height: int,
        levels: int,
        *,
        old: bool,
    ) -> list[Line]:
        glyphs = self.glyphs
        # The sell side of the pair hits the best bid, the buy side lifts the best ask.
        buys, sells = row.buy == index, row.sell == index
        asks, bids = book.asks[:levels], book.bids[:levels]
        lines: list[Line] = [fit(head, width)]
        lines += [blank(width)] * (levels - len(asks))
        prices = [numbers.price(price, row.decimals) for price, _ in (*asks, *bids)]
        price_width = max(map(len, prices), default=1)
        sizes = numbers.same_decimals([size for _, size in (*asks, *bids)])
        # Long prices need the cells that short sizes leave: the word of the side stays in sight.
        free = width - 2 - price_width - len(" sell")
        size_width = max(min(_SIZE_MIN, free), 1 + max(map(len, sizes), default=0))
        texts = [
            (pad(price, price_width, ">"), pad(size, size_width, ">"))
            for price, size in zip(prices, sizes, strict=True)
        ]
        for depth, text in reversed(list(enumerate(texts[: len(asks)]))):
            mark = ("ask", glyphs.down, " buy") if buys and not depth else _plain(depth)
            lines.append(_level(text, mark, width, old=old))
        for depth, text in enumerate(texts[len(asks) :]):
            mark = ("bid", glyphs.up, " sell") if sells and not depth else _plain(depth)
            lines.append(_level(text, mark, width, old=old))
        lines += [blank(width)] * (height - len(lines))
        return lines[:height]


def _plain(depth: int) -> tuple[str, str, str]:
    """Return role, sign and word of a level that is not traded on; the best stand out."""
    return ("text" if depth else "strong", " ", "")


def _level(text: tuple[str, str], mark: tuple[str, str, str], width: int, *, old: bool) -> Line:
    role, sign, word = mark
    if old:
        role = "stale"
    line: Line = (
        (f"{sign} ", role),
        (text[0], role),
        (text[1], "dim"),
    )
    if word and line_width(line) + len(word) <= width:
        line = (*line, (word, role))
    return fit(line, width)
