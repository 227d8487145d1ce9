"""View 4: what lies where, how unevenly, for how many trades it lasts, and what would even it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.answers import BalancesView as Balances
from arbot_tui.engine.answers import RebalanceView
from arbot_tui.engine.client import QueryResult
from arbot_tui.tui.asking import Question
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.view import View
from arbot_tui.tui.widgets.holdings import AssetTable, VenueTable
from arbot_tui.tui.widgets.rebalance import RebalancePanel

__all__ = ["BalancesView"]


class BalancesView(View):
    """The venues above, the assets below, and under them the plan that would spread them again."""

    NAME = "balances"
    TITLE = "Balances and inventory"
    FILTERED = "part of an asset's name"
    SCOPED_CSS = False
    LACKS = frozenset({"details"})
    SAYS: ClassVar = {"filter": "Show only assets whose name contains what you type."}

    DEFAULT_CSS = """
    BalancesView { & #assets { height: 1fr; } & #holdings { height: 8; } & #plan { height: 9; } }
    DashboardScreen.-narrow #holdings { height: 6; }
    DashboardScreen.-low #plan { height: 7; }
    """

    def __init__(self, look: Look) -> None:
        self.assets = AssetTable(look, id="assets")
        self.venues = VenueTable(look, id="holdings")
        self.plan = RebalancePanel(look, id="plan")
        self.assets.source = self.venues.source = "balances"
        self.plan.source = "rebalance"
        super().__init__(look, (self.assets, self.plan, self.venues))
        self._balances: Balances | None = None
        self._plan: RebalanceView | None = None

    def compose(self) -> ComposeResult:
        """Place the panels."""
        yield self.venues
        yield self.assets
        yield self.plan

    def draw(self, state: ViewState) -> None:
        """Give every panel its part of `state`."""
        self.venues.show(self._balances, state.venues, state.now_ns)
        self.assets.show(self._balances, state.venues, state.now_ns)
        self.plan.show(self._plan, state.now_ns)

    def questions(self) -> Iterable[Question]:
        """Ask for the balances and, less often, for the plan."""
        yield Question("balances", SECOND, "the balances")
        yield Question("rebalance", 5 * SECOND, "the rebalance plan")

    def take(self, question: Question, answer: QueryResult) -> None:
        """Show the balances, or the plan."""
        del question
        if isinstance(answer, Balances):
            self._balances = answer
        elif isinstance(answer, RebalanceView):
            self._plan = answer

    def meaning(self, glyphs: Glyphs) -> Sequence[tuple[str, str]]:
        """Return what the columns mean."""
        return (
            ("worth", "at the venue's bid, in the account's currency"),
            ("buys, sells left", "trades of the default amount that what is free still pays for"),
            ("skew", f"how far the fullest venue is above the mean; {glyphs.up} above 50 %"),
            ("runs out", "trades until the scarcest venue has none of it left to sell"),
            ("12.5*", "part of it is held back for orders"),
            ("plan", "the cheapest transfers; you make them, this program cannot withdraw"),
            ("leaves, arrives", "with the source's fee, and without: venues ask for one or both"),
        )

    @property
    def filter(self) -> str:
        """The assets' filter."""
        return self.assets.filter

    def set_filter(self, text: str) -> None:
        """Show only assets that contain `text`."""
        self.assets.set_filter(text)

    def next_sort(self) -> None:
        """Sort the assets by the next column."""
        self.assets.next_sort()
