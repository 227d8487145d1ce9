"""View 5: edges, equity and delays over time, drawn once a second at most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.answers import EdgesView, LatencyView, PerformanceView
from arbot_tui.engine.client import QueryResult
from arbot_tui.tui.asking import Question
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.view import View
from arbot_tui.tui.widgets.charts import EdgeChart, EquityChart, LatencyChart
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["ChartsView"]

_POINTS = 180


class ChartsView(View):
    """Edge on top; below it equity and delays, on a narrow screen the one visited last."""

    NAME = "charts"
    TITLE = "Charts"
    SCOPED_CSS = False
    LABELS: ClassVar = {"sort": "span", "filter": "symbol"}
    SAYS: ClassVar = {
        "down": "Draw the next symbol.",
        "up": "Draw the previous symbol.",
        "sort": "Look further back: 1, 5 or 15 minutes.",
        "filter": "Draw the first symbol that contains what you type.",
    }
    LACKS = frozenset({"details", "page_down", "page_up"})

    DEFAULT_CSS = """
    ChartsView { & #edges { height: 1fr; } & #lower { height: 1fr; layout: horizontal; } }
    ChartsView Panel { width: 1fr; height: 100%; }
    DashboardScreen.-medium ChartsView #latency { width: 73; }
    DashboardScreen.-low ChartsView #lower { height: 11; }
    DashboardScreen.-narrow ChartsView .-beside { display: none; }
    DashboardScreen.-narrow ChartsView .-beside.-current { display: block; }
    """

    def __init__(self, look: Look) -> None:
        self.edges = EdgeChart(look, id="edges")
        self.equity = EquityChart(look, id="equity")
        self.latency = LatencyChart(look, id="latency")
        super().__init__(look, (self.edges, self.equity, self.latency))
        self._sought = ""
        self.equity.add_class("-beside", "-current")
        self.latency.add_class("-beside")

    def compose(self) -> ComposeResult:
        """Place the panels."""
        yield self.edges
        with Container(id="lower"):
            yield self.equity
            yield self.latency

    def draw(self, state: ViewState) -> None:
        """Know the symbols; what is drawn comes with the answers, not with the frames."""
        best = state.best()
        self.edges.show(state, best.symbol if best else "")
        self.equity.show(state)
        for panel in self.panels:
            if panel.link.state != "live":
                panel.repaint()
        self.post_message(self.Ask())

    def questions(self) -> Iterable[Question]:
        """Ask for what is in sight."""
        if self.edges.symbol:
            args = (
                ("symbol", self.edges.symbol),
                ("span_s", str(self.edges.span_s)),
                ("points", str(_POINTS)),
            )
            yield Question("edges", SECOND, "the edges", args)
        if self.equity.display:
            yield Question("performance", SECOND, "the equity curve")
        if self.latency.display:
            yield Question("latency", SECOND, "the delays")

    def take(self, question: Question, answer: QueryResult) -> None:
        """Draw the answer."""
        del question
        if isinstance(answer, EdgesView):
            self.edges.take(answer)
        elif isinstance(answer, PerformanceView):
            self.equity.take(answer)
        elif isinstance(answer, LatencyView):
            self.latency.take(answer)

    def meaning(self, glyphs: Glyphs) -> Sequence[tuple[str, str]]:
        """Return what the charts mean."""
        return (
            (
                "Edge",
                "net edge of a symbol's four best directions; each point its second's highest",
            ),
            ("ago", "how far back is known: of very many symbols, some from when first drawn"),
            ("Equity", "all holdings at the bids, over this run; below it what was realised"),
            ("Latency", "how many of the newest measurements took how long"),
            ("feed", "from the venue's event to its arrival here, clocks compared"),
            ("decode to signal", "from a quote's arrival to the decision"),
            ("signal to commit", "until the intent is durable on disk"),
            ("commit to send", "until both orders are written to the venues"),
        )

    @property
    def filter(self) -> str:
        """The symbol that is sought."""
        return self._sought

    def set_filter(self, text: str) -> None:
        """Draw the first symbol that contains `text`."""
        self._sought = text
        wanted = text.casefold()
        symbols = self.edges.symbols
        found = next((symbol for symbol in symbols if wanted in symbol.casefold()), "")
        if text and found:
            self.edges.choose(found)
            self.post_message(self.Ask())

    def next_sort(self) -> None:
        """Change the span."""
        self.edges.next_span()
        self.post_message(self.Ask())

    def perform(self, name: str) -> None:
        """Carry out an action and ask for what is drawn now."""
        super().perform(name)
        self.post_message(self.Ask())

    def moved(self, panel: Panel) -> Panel:
        """Moving goes to another symbol; only the delays have rows of their own."""
        return panel if panel is self.latency else self.edges

    def reachable(self, panel: Panel) -> bool:
        """Return whether ``tab`` goes to `panel`; on a narrow screen it replaces another."""
        return bool(panel.display) or self.screen.has_class("-narrow")

    def visit(self, panel: Panel) -> None:
        """Give `panel` the focus and, on a narrow screen, the lower half."""
        if panel.has_class("-beside"):
            for other in (self.equity, self.latency):
                other.set_class(other is panel, "-current")
        super().visit(panel)
