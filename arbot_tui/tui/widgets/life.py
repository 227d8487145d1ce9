"""The life of one opportunity: facts, what could be had how late, and its edge over time."""

from __future__ import annotations

from collections.abc import Sequence

from arbot_tui.domain.opportunity import CAPTURE_DELAYS_MS, PathPoint
from arbot_tui.engine.frames import OpportunityView, StatusView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.plot import Series, line_chart
from arbot_tui.tui.spans import Line, Span, blank, fit, pad
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.feed import outcome_span
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["OpportunityLife"]

_FACTS = 48
_CHART_MIN = 30
_LEAST_PCT = 0.02
_HEADING: Line = ((" what was left of the edge, how late", "dim"),)


class OpportunityLife(Panel):
    """Details of the opportunity under the cursor."""

    LABEL = "Life"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._one: OpportunityView | None = None
        self._status: StatusView | None = None
        self._path: Sequence[PathPoint] = ()
        self._path_of = -1
        self._now_ns = 0

    @property
    def wanted(self) -> int | None:
        """The opportunity whose path has to be asked for; a closed one brought its own."""
        one = self._one
        return one.id if one is not None and not one.path else None

    def show(self, state: ViewState, one: OpportunityView | None) -> None:
        """Display `one`."""
        self._one, self._status, self._now_ns = one, state.status, state.now_ns
        self.repaint()

    def show_path(self, number: int, path: Sequence[PathPoint]) -> None:
        """Take the path of an opportunity that is still open."""
        self._path_of, self._path = number, path
        self.repaint()

    def summary(self) -> str:
        """Return which opportunity it is."""
        one, glyphs = self._one, self.glyphs
        if one is None:
            return ""
        route = f"{one.buy} {glyphs.arrow} {one.sell}"
        return f"{one.symbol} {glyphs.dot} {route}"

    def placeholder(self) -> Sequence[str]:
        """Return what to do to see something."""
        return ("The opportunity under the cursor is described here, once there is one.",)

    def _body(self, width: int, height: int) -> list[Line]:
        one = self._one
        if one is None or self.link.state == "loading":
            return super()._body(width, height)
        chart = width - _FACTS if width - _FACTS >= _CHART_MIN else 0
        facts = self._facts(one, width - chart)
        if len(facts) > height:
            # Every delay is worth more than the air between.
            facts = [line for line in facts if line not in (blank(width - chart), _HEADING)]
        facts += [blank(width - chart)] * (height - len(facts))
        if not chart:
            return [fit(line, width) for line in facts[:height]]
        drawn = self._drawn_path(one, chart, height)
        return [
            fit((*fit(fact, width - chart), *line), width)
            for fact, line in zip(facts[:height], drawn, strict=True)
        ]

    def _facts(self, one: OpportunityView, width: int) -> list[Line]:
        glyphs = self.glyphs
        is_open = not one.closed_ns
        life = numbers.duration((one.closed_ns or self._now_ns) - one.opened_ns)
        seen = numbers.clock_time(one.opened_ns)
        became = outcome_span(one, self._status, glyphs)
        profit = numbers.money(f"{one.profit_quote:.8f}", glyphs)
        peak = numbers.money(f"{one.peak_profit_quote or one.profit_quote:.8f}", glyphs)
        base = one.symbol.partition("/")[0]
        lines: list[Line] = [
            _fact("first seen", (seen, "text"), (f"lasted {life}", "dim")),
            _fact("ended", ("still open" if is_open else _words(one.closed_reason), "text")),
            _fact(
                "edge",
                (numbers.edge(one.edge_pct, glyphs), "gain" if is_open else "neutral"),
                (f"peak {numbers.edge(one.peak_pct, glyphs)}", "text"),
            ),
            _fact("offered", (f"{numbers.quantity(one.qty)} {base}", "text")),
            _fact("profit", (profit, "text"), (f"peak {peak}", "dim")),
            _fact("became", became, (one.pair_id and f"in pair {one.pair_id}", "dim")),
            blank(width),
            _HEADING,
        ]
        return lines + self._capturable(one, width)

    def _capturable(self, one: OpportunityView, width: int) -> list[Line]:
        glyphs = self.glyphs
        lines: list[Line] = []
        best = max((*one.capturable_pct, one.peak_pct, 1e-9))
        room = max(0, width - 24)
        for index, delay in enumerate(CAPTURE_DELAYS_MS):
            head = pad(f" +{delay} ms", 9)
            if index >= len(one.capturable_pct):
                lines.append(((head, "dim"), (pad("not yet", 9, ">"), "faint")))
                continue
            left = one.capturable_pct[index]
            if left <= 0:
                lines.append(((head, "dim"), (pad("gone", 9, ">"), "faint")))
                continue
            bar = glyphs.block * round(left / best * room) or glyphs.sliver
            edge = pad(numbers.edge(left, glyphs), 9, ">")
            lines.append(((head, "dim"), (edge, "text"), (f"  {bar}" if room else "", "gain")))
        return lines

    def _drawn_path(self, one: OpportunityView, width: int, height: int) -> list[Line]:
        path = one.path or (self._path if self._path_of == one.id else ())
        if not path:
            waiting: Line = ((pad("its path is asked for", width - 1, ">") + " ", "dim"),)
            return [waiting, *[blank(width)] * (height - 1)][:height]
        last_ms = max(path[-1][0], (one.closed_ns - one.opened_ns) / 1e6 if one.closed_ns else 0.0)
        head: Line = ((pad("net edge over its life", width - 1, ">") + " ", "dim"),)
        chart = line_chart(
            [Series(_steps(path, last_ms, width), "gain" if not one.closed_ns else "key")],
            width,
            height - 1,
            self.glyphs,
            value=lambda value: numbers.edge(value, self.glyphs),
            foot=("0", f"{numbers.duration(int(last_ms * 1e6))} "),
            least=_LEAST_PCT,
            zero=True,
        )
        return [head, *chart]


def _fact(name: str, first: Span, second: Span = ("", "dim")) -> Line:
    beside = f" {second[0]}" if second[0] else ""
    shown = pad(first[0], 11) if beside and len(first[0]) < 11 else first[0]
    return ((f" {pad(name, 11)}", "dim"), (shown, first[1]), (beside, second[1]))


def _words(code: str) -> str:
    return code.replace("_", " ")


def _steps(path: Sequence[PathPoint], last_ms: float, width: int) -> list[float | None]:
    """Return the edge at even times: each point holds until the next one."""
    many, at = 2 * width, 0
    values: list[float | None] = []
    for step in range(many):
        time_ms = last_ms * step / max(1, many - 1)
        while at + 1 < len(path) and path[at + 1][0] <= time_ms:
            at += 1
        values.append(path[at][1])
    return values
