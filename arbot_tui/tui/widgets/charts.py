"""Charts over time: edges of one symbol, the account's worth, delays."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.answers import EdgesView, LatencyRow, LatencyView, PerformanceView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.plot import Series, line_chart
from arbot_tui.tui.spans import Line, blank, clip, fit, pad
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["EdgeChart", "EquityChart", "LatencyChart"]

SPANS_S = (60, 300, 900)
_EDGE_LINES = 4
"""Directions drawn; the others are far below."""
_ROLES = ("gain", "key", "ask", "neutral")
_LEAST_EDGE_PCT = 0.05
_LEAST_MONEY = 0.02
_NAME, _FIGURES = 17, 13
"""Cells of what was measured, and of its median and 99th percentile."""


class EdgeChart(Panel):
    """Net edge of one symbol's best directions; moving goes to the next symbol.

    Attributes:
        symbols: All symbols, in the order in which they are gone through.
        span_s: How far back it looks, seconds.
    """

    LABEL = "Edge"
    KEEPS_CURSOR = True

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.symbols: list[str] = []
        self._edges: EdgesView | None = None
        self.span_s = SPANS_S[1]
        self.source = "edges"

    @property
    def symbol(self) -> str:
        """The symbol that is drawn; empty while there is none."""
        return self.cursor if isinstance(self.cursor, str) else ""

    def show(self, state: ViewState, first: str) -> None:
        """Know the symbols of `state`; `first` is drawn until another is chosen."""
        before = (self.symbols, self.cursor)
        self.symbols = sorted(row.symbol for row in state.rows.values())
        if self.cursor not in self.symbols:
            self.cursor = first or (self.symbols[0] if self.symbols else None)
            self._cursor_index = self.symbols.index(first) if first in self.symbols else 0
        if (self.symbols, self.cursor) != before:
            self.repaint()

    def choose(self, symbol: str) -> None:
        """Draw `symbol`."""
        if symbol in self.symbols:
            self.move_to(self.symbols.index(symbol))

    def take(self, edges: EdgesView) -> None:
        """Draw what was answered; called once a second at most."""
        self._edges = edges
        self.repaint()

    def next_span(self) -> None:
        """Look further back, or at the last minute again."""
        self.span_s = SPANS_S[(SPANS_S.index(self.span_s) + 1) % len(SPANS_S)]
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return the symbols."""
        return self.symbols

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return the newest edges of the symbol that is drawn."""
        if self._edges is None or key != self._edges.symbol:
            return {"symbol": key}
        return {
            "symbol": key,
            **{f"{p.buy}>{p.sell}": p.points[-1] for p in self._edges.pairs if p.points},
        }

    def records(self) -> list[Mapping[str, object]]:
        """Return every point that is drawn."""
        edges = self._edges
        if edges is None:
            return []
        many = max((len(pair.points) for pair in edges.pairs), default=0)
        return [
            {
                "symbol": edges.symbol,
                "seconds_ago": round((many - 1 - at) * edges.step_s, 1),
                **{f"{pair.buy}>{pair.sell}": pair.points[at] for pair in edges.pairs},
            }
            for at in range(many)
        ]

    def summary(self) -> str:
        """Return symbol, place among the symbols, and span."""
        if not self.symbol:
            return ""
        dot = self.glyphs.dot
        place = f"{self._cursor_index + 1} of {len(self.symbols)}"
        return f"{self.symbol} {dot} {place} {dot} last {self.span_s // 60} min, net of both fees"

    def placeholder(self) -> Sequence[str]:
        """Return why there is nothing to draw."""
        if self._edges is not None and not self._edges.span_s:
            return ("This symbol's edges are kept from now on; the first point comes in a second.",)
        return ("No edge is known yet: fewer than two books of this symbol are tradeable.",)

    def _body(self, width: int, height: int) -> list[Line]:
        edges = self._edges
        if edges is None or edges.symbol != self.symbol:
            lines = self._placeholder_lines(width)
            return [*lines, *[blank(width)] * height][:height]
        shown = [p for p in edges.pairs if any(v is not None for v in p.points)][:_EDGE_LINES]
        if not shown:
            lines = [fit(((f"  {text}", "dim"),), width) for text in self.placeholder()]
            return [blank(width), *lines, *[blank(width)] * height][:height]
        glyphs = self.glyphs
        series = [
            Series(
                pair.points,
                role,
                f"{pair.buy}{glyphs.arrow}{pair.sell} {numbers.edge(pair.points[-1], glyphs)}",
            )
            for pair, role in zip(shown, _ROLES, strict=False)
        ]
        ago = f"{edges.span_s // 60} min ago" if edges.span_s >= 120 else f"{edges.span_s} s ago"
        return line_chart(
            series[::-1],
            width,
            height,
            glyphs,
            value=lambda value: numbers.edge(value, glyphs),
            foot=(ago, "now"),
            least=_LEAST_EDGE_PCT,
            zero=True,
        )


class EquityChart(Panel):
    """What the account is worth over this run, and what was realised."""

    LABEL = "Equity"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._view: PerformanceView | None = None
        self._quote = ""
        self.source = "performance"

    def show(self, state: ViewState) -> None:
        """Know the currency."""
        if state.status is not None and state.status.quote_currency != self._quote:
            self._quote = state.status.quote_currency
            self.repaint()

    def take(self, view: PerformanceView) -> None:
        """Draw what was answered."""
        self._view = view
        self.repaint()

    def records(self) -> list[Mapping[str, object]]:
        """Return every point that is drawn."""
        points = self._view.points if self._view else ()
        return [{"at_ns": p.at_ns, "equity": p.equity, "realised": p.realised} for p in points]

    def summary(self) -> str:
        """Return the figures of now."""
        view, dot = self._view, f" {self.glyphs.dot} "
        if view is None:
            return ""
        realised = numbers.money(view.realised, self.glyphs)
        quote = clip(self._quote, 6, "")
        known = numbers.number_of(view.equity)
        worth = "worth not known yet" if known is None else f"{numbers.amount(known)} {quote}"
        return dot.join([worth, f"realised {realised}", f"fees {view.fees}"])

    def placeholder(self) -> Sequence[str]:
        """Return why there is nothing to draw."""
        return ("The curve begins with the second sample.",)

    def _body(self, width: int, height: int) -> list[Line]:
        view = self._view
        if view is None:
            lines = self._placeholder_lines(width)
            return [*lines, *[blank(width)] * height][:height]
        if len(view.points) < 2:
            lines = [fit(((f"  {text}", "dim"),), width) for text in self.placeholder()]
            return [blank(width), *lines, *[blank(width)] * height][:height]
        best = height // 3 if height >= 14 and len(view.by_symbol) > 1 else 0
        upper = (height - best) // 2
        span_ns = view.points[-1].at_ns - view.points[0].at_ns
        # Whole seconds: tenths would change with every sample.
        foot = (f"{numbers.duration(span_ns // SECOND * SECOND).replace('.0', '')} ago", "now")
        equity, realised = zip(*((p.equity, p.realised) for p in view.points), strict=True)
        gain = "gain" if realised[-1] >= 0 else "loss"
        # One above the other: the same moment is in the same column of both.
        scale = max(len(numbers.amount(value)) for value in (*_ends(equity), *_ends(realised)))
        lines = [
            *self._chart(Series(equity, "key", f"{'worth':<8}"), width, upper, foot, scale),
            *self._chart(
                Series(realised, gain, "realised"), width, height - best - upper, foot, scale
            ),
        ]
        if best:
            lines += self._by_symbol(view, width, best)
        return [*lines, *[blank(width)] * height][:height]

    def _chart(
        self, series: Series, width: int, height: int, foot: tuple[str, str], scale: int
    ) -> list[Line]:
        return line_chart(
            [series],
            width,
            height,
            self.glyphs,
            value=lambda value: pad(numbers.amount(value), scale, ">"),
            foot=foot,
            least=_LEAST_MONEY,
            zero=True,
        )

    def _by_symbol(self, view: PerformanceView, width: int, height: int) -> list[Line]:
        """Return the symbols that earned most, and least, in as many columns as fit."""
        glyphs = self.glyphs
        columns = max(1, (width - 1) // 26)
        rows = height - 2
        shown = list(view.by_symbol[: columns * rows])
        title = fit(((" realised by symbol", "dim"),), width)
        lines: list[Line] = [blank(width), title]
        for y in range(rows):
            spans: list[tuple[str, str]] = [(" ", "text")]
            for symbol, amount in shown[y::rows]:
                money = numbers.money(amount, glyphs)
                spans.append((pad(clip(symbol, 11, glyphs.more), 12), "text"))
                spans.append((pad(money, 10, ">") + "    ", numbers.role_of(amount)))
            lines.append(fit(tuple(spans), width))
        return lines


class LatencyChart(Panel):
    """Histograms of every feed's lag and of our own steps, all on one scale."""

    LABEL = "Latency"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._view: LatencyView | None = None
        self.source = "latency"

    def take(self, view: LatencyView) -> None:
        """Draw what was answered."""
        self._view = view
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return what was measured."""
        return [row.name for row in self._view.rows] if self._view else ()

    def entry_height(self, width: int) -> int:
        """Return two lines where there is room for all of them."""
        del width
        rows = len(self._view.rows) if self._view else 0
        return 2 if self._inner_height() >= 2 * rows + 1 else 1

    def head(self, width: int) -> Sequence[Line]:
        """Return the bounds over their buckets."""
        if self._view is None:
            return ()
        cell = self._bucket(width)
        bounds = "".join(pad(_short_ms(bound), cell, ">") for bound in self._view.bounds_ms)
        return (
            (
                (pad("", 1 + _NAME), "dim"),
                ("median   p99 ", "dim"),
                (bounds, "dim"),
                ("  ms", "dim"),
            ),
        )

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return one histogram."""
        view = self._view
        row = next((each for each in view.rows if each.name == key), None) if view else None
        if view is None or row is None:
            return ()
        tall = self.entry_height(width)
        bars = self._bars(row, self._bucket(width), tall)
        name = row.name if row.kind == "engine" else f"{row.name} feed"
        figures = f"{_ms(row.p50_ms)}{_ms(row.p99_ms)} "
        role = "key" if row.kind == "feed" else "neutral"
        lines: list[Line] = []
        for at, bar in enumerate(bars):
            last = at == tall - 1
            lines.append(
                (
                    self.cursor_mark(key) if last else (" ", "text"),
                    (pad(name if last else "", _NAME), "text"),
                    (pad(figures if last else "", _FIGURES), "strong"),
                    (bar, role),
                )
            )
        return tuple(lines)

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return one histogram's figures."""
        view = self._view
        row = next((each for each in view.rows if each.name == key), None) if view else None
        if view is None or row is None:
            return {}
        names = [f"<= {bound:g} ms" for bound in view.bounds_ms] + ["above"]
        counts = dict(zip(names, row.counts, strict=False))
        return {"name": row.name, "p50_ms": row.p50_ms, "p99_ms": row.p99_ms, **counts}

    def summary(self) -> str:
        """Return what a feed may lag."""
        return f"a feed is live up to 250 ms {self.glyphs.dot} newest measurements"

    def placeholder(self) -> Sequence[str]:
        """Return why there is nothing to draw."""
        return ("Nothing has been measured yet.",)

    def _bucket(self, width: int) -> int:
        many = len(self._view.bounds_ms) + 1 if self._view else 1
        return max(4, min(8, (width - 1 - _NAME - _FIGURES) // many))

    def _bars(self, row: LatencyRow, cell: int, tall: int) -> list[str]:
        """Return the lines of a histogram, the top one first."""
        signs = self.glyphs.bar
        most = max(row.counts, default=0)
        steps = len(signs) * tall
        lines = ["" for _ in range(tall)]
        for count in row.counts:
            # A bucket that holds anything at all is seen.
            filled = max(1, round(count / most * steps)) if count and most else 0
            for at in range(tall):
                here = filled - (tall - 1 - at) * len(signs)
                sign = " " if here < 1 else signs[min(here, len(signs)) - 1]
                lines[at] += " " + sign * (cell - 1)
        return lines


def _ends(values: Sequence[float | None]) -> tuple[float, float]:
    known = [value for value in values if value is not None]
    return min(known, default=0.0), max(known, default=0.0)


def _ms(value: float | None) -> str:
    if value is None:
        return pad("-", 6, ">")
    return pad(f"{value:.2f}" if value < 10 else f"{value:.0f}", 6, ">")


def _short_ms(bound: float) -> str:
    return "1s" if bound == 1000 else f"{bound:g}".removeprefix("0")
