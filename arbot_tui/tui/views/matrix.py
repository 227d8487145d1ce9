"""View 1: the price matrix, and around it what answers the first questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.answers import DepthView
from arbot_tui.engine.client import QueryResult
from arbot_tui.tui.asking import Question
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.heights import Heights, share
from arbot_tui.tui.views.view import View
from arbot_tui.tui.widgets.detail import RowDetail
from arbot_tui.tui.widgets.feed import OpportunityFeed
from arbot_tui.tui.widgets.funnel import RejectFunnel
from arbot_tui.tui.widgets.matrix import PriceMatrix
from arbot_tui.tui.widgets.panel import Panel
from arbot_tui.tui.widgets.trades import RecentTrades
from arbot_tui.tui.widgets.venues import VenueHealth

__all__ = ["MatrixView"]


class MatrixView(View):
    """The hero: symbols against venues, the selected row's books, what opened and what came of it.

    Wide (160) shows every panel; medium (120) puts the right-hand column under the matrix;
    narrow (80) shows the matrix and, under it, the panel that was visited last.
    """

    NAME = "matrix"
    TITLE = "Matrix"
    SCOPED_CSS = False
    SAYS: ClassVar = {"details": "Show or hide the order books of the selected symbol."}

    DEFAULT_CSS = """
    MatrixView {
        & #left, & #right { overflow: hidden; }
        & #detail, & #trades { display: none; }
        & #feed { height: 1fr; }
        & #funnel { height: 9; }
        & #venues { height: 10; }
    }
    MatrixView.-detail #detail, MatrixView.-trades #trades { display: block; }

    DashboardScreen.-wide MatrixView { layout: horizontal; }
    DashboardScreen.-wide #left { width: 1fr; height: 100%; }
    DashboardScreen.-wide #right { width: 26%; min-width: 42; max-width: 60; height: 100%; }

    DashboardScreen.-medium #left { width: 100%; height: 1fr; }
    DashboardScreen.-medium #right { width: 100%; layout: horizontal; }
    DashboardScreen.-medium #right > Panel { width: 1fr; height: 100%; }

    DashboardScreen.-narrow #left { width: 100%; height: 1fr; }
    DashboardScreen.-narrow #right { width: 100%; height: auto; }
    DashboardScreen.-narrow .-below { display: none; }
    DashboardScreen.-narrow .-below.-current { display: block !important; }
    """

    def __init__(self, look: Look) -> None:
        self.matrix = PriceMatrix(look, id="matrix")
        self.detail = RowDetail(look, id="detail")
        self.trades = RecentTrades(look, id="trades")
        self.feed = OpportunityFeed(look, id="feed")
        self.funnel = RejectFunnel(look, id="funnel")
        self.venues = VenueHealth(look, id="venues")
        super().__init__(
            look,
            (self.matrix, self.detail, self.feed, self.trades, self.funnel, self.venues),
        )
        self._right = Container(id="right")
        self._wanted: bool | None = None
        self._rows_total = 0
        self._heights = Heights(0)
        for panel in self.panels[1:]:
            panel.add_class("-below")
        self.feed.add_class("-current")

    def compose(self) -> ComposeResult:
        """Place the panels; the style sheet arranges them."""
        with Container(id="left"):
            yield self.matrix
            yield self.detail
            yield self.trades
        with self._right:
            yield self.feed
            yield self.funnel
            yield self.venues

    def draw(self, state: ViewState) -> None:
        """Give every panel its part of `state`."""
        if state.rows_total != self._rows_total:
            self._rows_total = state.rows_total
            self._arrange()
        self.matrix.show(state)
        self.detail.show(state, self.matrix.selected, self.links("depth"))
        self.feed.show(state)
        self.trades.show(state)
        self.funnel.show(state)
        self.venues.show(state)

    def on_resize(self) -> None:
        """Share the lines out anew."""
        self._arrange()

    def _arrange(self) -> None:
        """Give every panel its height: what few symbols leave goes to books and trades."""
        width, height = self.size
        if not height:
            return
        heights = share(width, height, self._rows_total, detail=self._wanted)
        below = heights.below or None
        open_below = below is not None and bool(self._wanted)
        self.set_class(heights.detail > 0 or open_below, "-detail")
        self.set_class(heights.trades > 0, "-trades")
        if heights == self._heights:
            return
        self._heights = heights
        self.matrix.styles.height = heights.matrix
        self.detail.styles.height = below or heights.detail
        self.trades.styles.height = below or heights.trades
        for panel in (self.feed, self.funnel, self.venues):
            panel.styles.height = below
        self._right.styles.height = heights.right or None

    def tick(self, state: ViewState) -> None:
        """Let the ages go on."""
        self.matrix.show(state)
        self.detail.show(state, self.matrix.selected, self.links("depth"))
        self.feed.show(state)

    def questions(self) -> Iterable[Question]:
        """Ask for the order books of the selected symbol while they are to be seen."""
        symbol = self.detail.symbol
        if symbol and self.detail.display and self.detail.size:
            yield Question("depth", SECOND, "the order books", (("symbol", symbol),))

    def take(self, question: Question, answer: QueryResult) -> None:
        """Show the order books."""
        del question
        if isinstance(answer, DepthView):
            self.detail.show_depth(answer)

    def meaning(self, glyphs: Glyphs) -> Sequence[tuple[str, str]]:
        """Return what the signs of the matrix mean."""
        return (
            (f"{glyphs.up} before a bid", "the highest bid: where to sell"),
            (f"{glyphs.down} after an ask", "the lowest ask: where to buy"),
            ("net edge", "buying there and selling here, both taker fees paid, in percent"),
            ("age", "time since the older of those two quotes changed"),
            ("60 s", "the net edge over the last minute, oldest at the left"),
            (f"{glyphs.trend[2]} {glyphs.trend[1]} {glyphs.trend[0]}", "mid price over 60 s"),
            ("dimmed prices", "a feed that is not live: shown, never traded"),
            ("Why not", "candidates refused in the last minute, by the check that refused them"),
        )

    @property
    def filter(self) -> str:
        """The symbols' filter."""
        return self.matrix.order.filter

    def set_filter(self, text: str) -> None:
        """Show only symbols that contain `text`."""
        self.matrix.set_filter(text)

    def next_sort(self) -> None:
        """Sort the matrix by something else."""
        self.matrix.next_sort()

    def moved(self, panel: Panel) -> Panel:
        """The order books have no entries of their own: there, moving goes to the next symbol's."""
        return self.matrix if panel is self.detail else panel

    def reachable(self, panel: Panel) -> bool:
        """Return whether ``tab`` goes to `panel`; on a narrow screen it replaces another."""
        if panel is self.detail:
            return self.has_class("-detail")
        return bool(panel.display) or self.screen.has_class("-narrow")

    def visit(self, panel: Panel) -> None:
        """Give `panel` the focus and, on a narrow screen, the place under the matrix."""
        if panel.has_class("-below"):
            for other in self.panels:
                other.set_class(other is panel, "-current")
        super().visit(panel)

    def details(self, panel: Panel) -> None:
        """Open the ladders of what is selected, or close them."""
        symbol = ""
        if panel is self.feed and self.feed.selected is not None:
            symbol = self.feed.selected.symbol
        elif panel is self.trades and self.trades.selected is not None:
            symbol = self.trades.selected.symbol
        if symbol:
            if not self.matrix.select(symbol):
                self.matrix.set_filter("")
                self.matrix.select(symbol)
            self._show_details(visible=True)
            return
        self._show_details(visible=not self.has_class("-detail"))

    def close_details(self) -> bool:
        """Close the ladders."""
        was_open = self.has_class("-detail")
        if was_open:
            self._show_details(visible=False)
        return was_open

    def _show_details(self, *, visible: bool) -> None:
        self._wanted = visible
        self._arrange()
        current = self.detail if visible else self.feed
        for other in self.panels:
            other.set_class(other is current, "-current")
        if self.screen.focused is self.detail and not visible:
            self.matrix.focus()
        if visible:
            self.call_after_refresh(self._follow)

    @on(PriceMatrix.Selected)
    def _follow(self) -> None:
        """Show the newly selected symbol at once."""
        if self.state is not None:
            self.detail.show(self.state, self.matrix.selected, self.links("depth"))
        self.post_message(self.Ask())
