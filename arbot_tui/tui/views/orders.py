"""View 3: every pair of orders, expected against realised, and the orders behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from arbot_tui.engine.frames import TradeView
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.view import View
from arbot_tui.tui.widgets.legs import PairLegs
from arbot_tui.tui.widgets.pairs import PairTable
from arbot_tui.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from arbot_tui.tui.app import ArbotApp

__all__ = ["OrdersView"]


class OrdersView(View):
    """The pairs; below them the orders of the selected one."""

    NAME = "orders"
    TITLE = "Orders and trades"
    FILTERED = "part of a symbol, venue, state or reason"
    SCOPED_CSS = False
    LABELS: ClassVar = {"details": "orders"}
    ADDS = frozenset({"resolve"})
    SAYS: ClassVar = {
        "details": "Resolve a stuck pair; show or hide the orders of any other.",
        "filter": "Show only pairs whose symbol, venues, state or reason contain what you type.",
    }

    DEFAULT_CSS = """
    OrdersView { & #pairs { height: 1fr; } & #legs { height: 11; } }
    OrdersView.-folded #legs { display: none; }
    """

    def __init__(self, look: Look) -> None:
        self.table = PairTable(look, id="pairs")
        self.legs = PairLegs(look, id="legs")
        super().__init__(look, (self.table, self.legs))

    def compose(self) -> ComposeResult:
        """Place the panels."""
        yield self.table
        yield self.legs

    def draw(self, state: ViewState) -> None:
        """Give every panel its part of `state`."""
        self.table.show(state)
        self._follow()

    def meaning(self, glyphs: Glyphs) -> Sequence[tuple[str, str]]:
        """Return what the columns mean."""
        return (
            ("expected", "profit at the books it was judged on, both taker fees paid"),
            ("size", "expected profit of what was not filled on both sides"),
            ("price", "what better or worse prices brought, unwinding included"),
            ("fee", "fees below or above the venues' rates"),
            ("realised", "expected, and all three of them: sold minus bought minus fees"),
            (f"{glyphs.half} one-sided", "unequal fills; what was left was brought home"),
            (f"{glyphs.failed} stuck", "a remainder that waits for a person"),
        )

    @property
    def filter(self) -> str:
        """The table's filter."""
        return self.table.filter

    def set_filter(self, text: str) -> None:
        """Show only what contains `text`."""
        self.table.set_filter(text)
        self._follow()

    def next_sort(self) -> None:
        """Sort by the next column."""
        self.table.next_sort()
        self._follow()

    def perform(self, name: str) -> None:
        """Carry out an action and let the orders follow the cursor."""
        super().perform(name)
        self._follow()

    def moved(self, panel: Panel) -> Panel:
        """Among the orders of one pair, moving goes to the next pair's."""
        del panel
        return self.table

    def details(self, panel: Panel) -> None:
        """Fold or unfold the orders."""
        del panel
        if self.stuck_pair() is not None:
            self._app.perform("resolve")
            return
        self.toggle_class("-folded")
        if self.has_class("-folded"):
            self.table.focus()

    def stuck_pair(self) -> TradeView | None:
        """Return the pair under the cursor, if it is stuck."""
        trade = self.table.selected
        return trade if trade is not None and trade.outcome == "stuck" else None

    @property
    def _app(self) -> ArbotApp:
        app: ArbotApp = self.app  # type: ignore[assignment]
        return app

    def _follow(self) -> None:
        if self.state is not None:
            self.legs.show(self.state, self.table.selected)
