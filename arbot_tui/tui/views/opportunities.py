"""View 2: every opportunity, its life, and why not more of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.answers import FunnelView, PathView
from arbot_tui.engine.client import QueryResult
from arbot_tui.engine.frames import OpportunityView
from arbot_tui.tui.asking import Question
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.table_view import TableView
from arbot_tui.tui.widgets.life import OpportunityLife
from arbot_tui.tui.widgets.opportunities import OpportunityTable
from arbot_tui.tui.widgets.pair_funnel import PairFunnel
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["OpportunitiesView"]


class OpportunitiesView(TableView[OpportunityView]):
    """The table; below it the selected one's life, and beside that why not, pair by pair."""

    NAME = "opportunities"
    TITLE = "Opportunities"
    FILTERED = "part of a symbol, venue or reason"
    SCOPED_CSS = False
    LABELS: ClassVar = {"details": "life"}
    SAYS: ClassVar = {
        "details": "Show or hide the life of the selected opportunity.",
        "filter": "Show only opportunities whose symbol, venues or reason contain what you type.",
    }

    DEFAULT_CSS = """
    OpportunitiesView {
        & #opportunities { height: 1fr; }
        & #under { height: 17; layout: horizontal; }
        & #life { width: 2fr; height: 100%; }
        & #why { width: 1fr; height: 100%; }
    }
    OpportunitiesView.-folded #under { display: none; }
    DashboardScreen.-low OpportunitiesView #under { height: 12; }
    DashboardScreen.-narrow OpportunitiesView #life, DashboardScreen.-narrow #why { width: 100%; }
    DashboardScreen.-narrow OpportunitiesView .-beside { display: none; }
    DashboardScreen.-narrow OpportunitiesView .-beside.-current { display: block; }
    """

    def __init__(self, look: Look) -> None:
        self._all = OpportunityTable(look, id="opportunities")
        self.life = OpportunityLife(look, id="life")
        self.why = PairFunnel(look, id="why")
        super().__init__(look, self._all, (self.life, self.why))
        self.life.add_class("-beside", "-current")
        self.why.add_class("-beside")

    def compose(self) -> ComposeResult:
        """Place the panels."""
        yield self.table
        with Container(id="under"):
            yield self.life
            yield self.why

    def draw(self, state: ViewState) -> None:
        """Give every panel its part of `state`."""
        self._all.show(state)
        self.follow(state)

    def questions(self) -> Iterable[Question]:
        """Ask for an open opportunity's path, and for the funnel of the selected symbol."""
        if self.has_class("-folded"):
            return
        if (number := self.life.wanted) is not None:
            yield Question("path", SECOND // 2, "its path", (("id", str(number)),))
        one = self.table.selected
        args = (("symbol", one.symbol),) if one is not None else ()
        yield Question("funnel", SECOND, "the reasons", args)

    def take(self, question: Question, answer: QueryResult) -> None:
        """Show the answer."""
        del question
        if isinstance(answer, PathView):
            self.life.show_path(answer.id, answer.points)
        elif isinstance(answer, FunnelView):
            self.why.take(answer)

    def meaning(self, glyphs: Glyphs) -> Sequence[tuple[str, str]]:
        """Return what the columns mean."""
        return (
            ("now, peak", "net edge now and at its best, both taker fees paid, in percent"),
            ("profit", "what both tops offered at best, in the quote currency"),
            ("+0 … +500 ms", "the edge that was left so long after it was first seen"),
            ("ended", "what ended it: the books moved, or were not to be trusted"),
            ("became", "traded, or the check that kept it from being traded"),
            ("Why not", "per pair: candidates, what became of them, the most frequent reasons"),
        )

    def moved(self, panel: Panel) -> Panel:
        """In the life of one, moving goes to the next one's."""
        return self.table if panel is self.life else panel

    def reachable(self, panel: Panel) -> bool:
        """Return whether ``tab`` goes to `panel`."""
        return panel is self.table or not self.has_class("-folded")

    def visit(self, panel: Panel) -> None:
        """Give `panel` the focus and, on a narrow screen, the place under the table."""
        if panel.has_class("-beside"):
            for other in (self.life, self.why):
                other.set_class(other is panel, "-current")
        super().visit(panel)

    def follow(self, state: ViewState) -> None:
        """Show the selected one's life, and why not."""
        self.life.show(state, self.table.selected)
        self.why.show(self.table.selected)
        self.post_message(self.Ask())
