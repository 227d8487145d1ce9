"""The dashboard: where the panels stand at each size, and which of them a key is for."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from arbot_tui.tui.keys import bindings
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.banner import Banner
from arbot_tui.tui.widgets.detail import RowDetail
from arbot_tui.tui.widgets.feed import OpportunityFeed
from arbot_tui.tui.widgets.filter_bar import FilterBar
from arbot_tui.tui.widgets.footer import KeyFooter
from arbot_tui.tui.widgets.funnel import RejectFunnel
from arbot_tui.tui.widgets.line_widget import LineWidget
from arbot_tui.tui.widgets.log import EventLog
from arbot_tui.tui.widgets.matrix import PriceMatrix
from arbot_tui.tui.widgets.panel import Panel
from arbot_tui.tui.widgets.status_bar import StatusBar
from arbot_tui.tui.widgets.too_small import TooSmall
from arbot_tui.tui.widgets.trades import RecentTrades

__all__ = ["MIN_HEIGHT", "MIN_WIDTH", "DashboardScreen"]

MIN_WIDTH, MIN_HEIGHT = 80, 24


class DashboardScreen(Screen[None]):
    """All panels of the ground floor.

    Wide (160) shows every panel; medium (120) puts the right-hand column under the matrix;
    narrow (80) shows the matrix and, under it, the panel that was visited last.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(everywhere=False)]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - the base class declares it so
        (0, "-tiny"),
        (MIN_WIDTH, "-narrow"),
        (120, "-medium"),
        (160, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - the same
        (0, "-flat"),
        (MIN_HEIGHT, "-low"),
        (36, "-tall"),
    ]

    CSS = """
    DashboardScreen {
        layout: vertical;
        overflow: hidden;
        & TooSmall { display: none; }
        & #body, & #left, & #right { overflow: hidden; }
        & #body { height: 1fr; }
        & #matrix { height: 1fr; min-height: 6; }
        & #detail { height: 13; display: none; }
        & #trades { height: 9; }
        & #feed { height: 1fr; }
        & #funnel { height: 9; }
        & #log { height: 13; }
    }
    DashboardScreen.-detail #detail { display: block; }

    DashboardScreen.-wide #body { layout: horizontal; }
    DashboardScreen.-wide #left { width: 1fr; height: 100%; }
    DashboardScreen.-wide #right { width: 26%; min-width: 42; max-width: 60; height: 100%; }

    DashboardScreen.-medium #left { width: 100%; height: 1fr; }
    DashboardScreen.-medium #right { width: 100%; height: 10; layout: horizontal; }
    DashboardScreen.-medium #right > Panel { width: 1fr; height: 100%; }
    DashboardScreen.-medium #trades { height: 7; }
    DashboardScreen.-medium #detail { height: 11; }
    DashboardScreen.-medium.-detail #trades { display: none; }
    DashboardScreen.-medium.-low #trades { display: none; }
    DashboardScreen.-wide.-low #trades { height: 6; }
    DashboardScreen.-wide.-low.-detail #trades { display: none; }
    DashboardScreen.-medium.-low #right { height: 8; }

    DashboardScreen.-narrow #left { width: 100%; height: 1fr; }
    DashboardScreen.-narrow #right { width: 100%; height: auto; }
    DashboardScreen.-narrow .-below { display: none; height: 9 !important; }
    DashboardScreen.-narrow.-tall .-below { height: 14 !important; }
    DashboardScreen.-narrow .-below.-current { display: block !important; }

    DashboardScreen.-tiny > *, DashboardScreen.-flat > * { display: none; }
    DashboardScreen.-tiny > TooSmall, DashboardScreen.-flat > TooSmall { display: block; }
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.status_bar = StatusBar(look, id="status")
        self.banner = Banner(look, id="banner")
        self.matrix = PriceMatrix(look, id="matrix")
        self.detail = RowDetail(look, id="detail")
        self.trades = RecentTrades(look, id="trades")
        self.feed = OpportunityFeed(look, id="feed")
        self.funnel = RejectFunnel(look, id="funnel")
        self.log_panel = EventLog(look, id="log")
        self.footer = KeyFooter(look, id="footer")
        self.filter_bar = FilterBar(id="filter")
        self.too_small = TooSmall(look, MIN_WIDTH, MIN_HEIGHT)
        self.panels: tuple[Panel, ...] = (
            self.matrix,
            self.detail,
            self.feed,
            self.trades,
            self.funnel,
            self.log_panel,
        )
        for panel in self.panels[1:]:
            panel.add_class("-below")
        self.feed.add_class("-current")

    def compose(self) -> ComposeResult:
        """Place the widgets; the style sheet arranges them."""
        yield self.status_bar
        yield self.banner
        with Container(id="body"):
            with Container(id="left"):
                yield self.matrix
                yield self.detail
                yield self.trades
            with Container(id="right"):
                yield self.feed
                yield self.funnel
                yield self.log_panel
        yield self.filter_bar
        yield self.footer
        yield self.too_small

    def on_mount(self) -> None:
        """Start in the matrix."""
        self.matrix.focus()

    @property
    def detail_visible(self) -> bool:
        """Whether the ladders are on the screen."""
        too_small = self.has_class("-tiny") or self.has_class("-flat")
        return self.detail.display and bool(self.detail.size) and not too_small

    def show(self, view: ViewState, *, paused: int | None) -> None:
        """Display `view`; while paused only the status bar goes on."""
        self.status_bar.show(view, paused=paused)
        self.banner.show(view)
        self.footer.show(view, paused=paused is not None)
        frozen = paused is not None
        for panel in self.panels:
            news = (panel.link, panel.frozen) != (view.link, frozen)
            panel.link, panel.frozen = view.link, frozen
            if frozen and news:
                panel.repaint()
        if frozen:
            return
        self.matrix.show(view)
        self.detail.show(view, self.matrix.selected)
        self.feed.show(view)
        self.trades.show(view)
        self.funnel.show(view)
        self.log_panel.show(view)

    def perform(self, name: str) -> None:
        """Carry out a screen action of the table on the panel that has the focus."""
        panel = self.focused if isinstance(self.focused, Panel) else self.matrix
        if panel is self.detail:
            # It has no entries of its own: there, moving goes to the next symbol's.
            panel = self.matrix
        match name:
            case "down" | "up":
                panel.move(1 if name == "down" else -1)
            case "page_down" | "page_up":
                panel.move_page(1 if name == "page_down" else -1)
            case "top":
                panel.move_to(0)
            case "bottom":
                panel.move_to(len(panel.keys()) - 1)
            case "left" | "right" | "next_panel" | "previous_panel":
                self._next_panel(-1 if name in ("left", "previous_panel") else 1)
            case "details":
                self._details(panel)
            case "sort":
                self.matrix.next_sort()
            case "filter":
                self.filter_bar.open(self.matrix.order.filter)
            case "back":
                self._back()

    def _next_panel(self, step: int) -> None:
        shown = [panel for panel in self.panels if self._reachable(panel)]
        at = shown.index(self.focused) if self.focused in shown else 0
        self._visit(shown[(at + step) % len(shown)])

    def _reachable(self, panel: Panel) -> bool:
        if panel is self.detail:
            return self.has_class("-detail")
        return panel.display or self.has_class("-narrow")

    def _visit(self, panel: Panel) -> None:
        if panel.has_class("-below"):
            for other in self.panels:
                other.set_class(other is panel, "-current")
        panel.focus()

    def _details(self, panel: Panel) -> None:
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

    def _show_details(self, *, visible: bool) -> None:
        self.set_class(visible, "-detail")
        current = self.detail if visible else self.feed
        for other in self.panels:
            other.set_class(other is current, "-current")
        if self.focused is self.detail and not visible:
            self.matrix.focus()
        if visible:
            self.call_after_refresh(self.post_message, self.DetailWanted())

    def _back(self) -> None:
        if self.matrix.order.filter:
            self.matrix.set_filter("")
        elif self.has_class("-detail"):
            self._show_details(visible=False)
        self.matrix.focus()

    def on_screen_resume(self) -> None:
        """Return to the panel after a dialog."""
        if self.focused is None:
            self.matrix.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Draw boxes where there is room for them."""
        framed = event.size.width >= 120
        for panel in self.panels:
            if panel.framed != framed:
                panel.framed = framed
                panel.repaint()

    @on(LineWidget.Picked)
    def _picked(self, event: LineWidget.Picked) -> None:
        """Follow the mouse."""
        if isinstance(event.widget, Panel):
            self._visit(event.widget)
            event.widget.pick(event.y)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move with the wheel."""
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move with the wheel."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        widget, _ = self.get_widget_at(event.screen_x, event.screen_y)
        if isinstance(widget, Panel):
            widget.move(step)

    @on(Input.Changed)
    def _filter_changed(self, event: Input.Changed) -> None:
        self.matrix.set_filter(event.value)

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self.matrix.focus()

    @on(PriceMatrix.Selected)
    def _row_selected(self) -> None:
        self.post_message(self.DetailWanted())

    class DetailWanted(Message):
        """The ladders of another symbol are wanted now."""
