"""View 3: every pair of orders, expected against realised, and the orders behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from arbot_tui.engine.frames import TradeView
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.table_view import TableView
from arbot_tui.tui.widgets.legs import PairLegs
from arbot_tui.tui.widgets.pairs import PairTable
from arbot_tui.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from arbot_tui.tui.app import ArbotApp

__all__ = ["OrdersView"]


class OrdersView(TableView[TradeView]):
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
        self._pairs = PairTable(look, id="pairs")
        self.legs = PairLegs(look, id="legs")
        super().__init__(look, self._pairs, (self.legs,))

    def compose(self) -> ComposeResult:
        """Place the panels."""
        yield self.table
        yield self.legs

    def draw(self, state: ViewState) -> None:
        """Give every panel its part of `state`."""
        self._pairs.show(state)
        self.follow(state)

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

    def moved(self, panel: Panel) -> Panel:
        """Among the orders of one pair, moving goes to the next pair's."""
        del panel
        return self.table

    def details(self, panel: Panel) -> None:
        """Resolve a stuck pair, or fold or unfold the orders."""
        if self.stuck_pair() is not None:
            self._app.perform("resolve")
        else:
            super().details(panel)

    def stuck_pair(self) -> TradeView | None:
        """Return the pair under the cursor, if it is stuck."""
        trade = self.table.selected
        return trade if trade is not None and trade.outcome == "stuck" else None

    @property
    def _app(self) -> ArbotApp:
        app: ArbotApp = self.app  # type: ignore[assignment]
        return app

    def follow(self, state: ViewState) -> None:
        """Show the selected pair's orders."""
        self.legs.show(state, self.table.selected)
