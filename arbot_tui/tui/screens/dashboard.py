"""The dashboard: status bar and banner above, keys below, and one view between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Input

from arbot_tui.tui.asking import Question
from arbot_tui.tui.compositor import SoundCompositor
from arbot_tui.tui.keys import bindings
from arbot_tui.tui.link import Link
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views import VIEWS
from arbot_tui.tui.views.matrix import MatrixView
from arbot_tui.tui.views.view import View
from arbot_tui.tui.widgets.banner import Banner
from arbot_tui.tui.widgets.filter_bar import FilterBar
from arbot_tui.tui.widgets.footer import KeyFooter
from arbot_tui.tui.widgets.line_widget import LineWidget
from arbot_tui.tui.widgets.panel import Panel
from arbot_tui.tui.widgets.status_bar import StatusBar
from arbot_tui.tui.widgets.too_small import TooSmall

__all__ = ["MIN_HEIGHT", "MIN_WIDTH", "DashboardScreen"]

MIN_WIDTH, MIN_HEIGHT = 80, 24


class DashboardScreen(Screen[None], inherit_bindings=False):
    """Shows one view at a time; a view is made when it is first visited.

    Attributes:
        market: The matrix, which is there from the start.
        current: The view that is shown.
    """

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
        & #body { height: 1fr; overflow: hidden; }
    }
    DashboardScreen.-tiny > *, DashboardScreen.-flat > * { display: none; }
    DashboardScreen.-tiny > TooSmall, DashboardScreen.-flat > TooSmall { display: block; }
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._compositor = SoundCompositor(self)
        self._look = look
        self.use_keys()
        self.status_bar = StatusBar(look, id="status")
        self.banner = Banner(look, id="banner")
        self.footer = KeyFooter(look, id="footer")
        self.filter_bar = FilterBar(id="filter")
        self.too_small = TooSmall(look, MIN_WIDTH, MIN_HEIGHT)
        self.market = MatrixView(look)
        self.current: View = self.market
        self._views: dict[str, View] = {self.market.NAME: self.market}
        self._focused: dict[str, Panel] = {}

    def compose(self) -> ComposeResult:
        """Place the widgets."""
        yield self.status_bar
        yield self.banner
        with Container(id="body"):
            yield self.market
        yield self.filter_bar
        yield self.footer
        yield self.too_small

    def on_mount(self) -> None:
        """Start in the matrix."""
        self.market.add_class("-shown")
        self.market.main.focus()

    def use_keys(self) -> None:
        """Take the keys of the key map."""
        self._bindings = bindings(self._look.keys, everywhere=False)

    # Views.

    async def visit(self, name: str) -> None:
        """Show the view of that name."""
        if name == self.current.NAME:
            return
        view = self._views.get(name)
        if view is None:
            view = self._views[name] = VIEWS[name](self._look)
            await self.query_one("#body", Container).mount(view)
            self._frame_panels(view)
        self._focused[self.current.NAME] = self.current.active
        self.current.remove_class("-shown")
        self.current = view
        view.state = None
        view.add_class("-shown")
        self._focused.get(name, view.main).focus()

    @property
    def too_small_shown(self) -> bool:
        """Whether the terminal has no room for any view."""
        return self.has_class("-tiny") or self.has_class("-flat")

    def questions(self) -> Iterable[Question]:
        """Return what the view that is shown asks for."""
        return () if self.too_small_shown else self.current.questions()

    def show(
        self,
        state: ViewState,
        links: Callable[[str], Link],
        *,
        paused: int | None,
        clock_only: bool = False,
    ) -> None:
        """Display `state`; while paused only the status bar goes on.

        Args:
            state: What is known.
            links: Tells how the answers to a question are doing.
            paused: Opportunities that came since the screen was paused; None while it is not.
            clock_only: Nothing has changed since the last time but the time.
        """
        self.status_bar.show(state, paused=paused)
        self.banner.show(state)
        self.footer.show(state, self.current, paused=paused is not None)
        frozen = paused is not None
        self.current.show(state, links, frozen=frozen, clock_only=clock_only)

    def perform(self, name: str) -> None:
        """Carry out a screen action of the table on the view that is shown."""
        if name == "filter":
            self.filter_bar.open(self.current.filter, self.current.FILTERED)
        else:
            self.current.perform(name)

    def on_screen_resume(self) -> None:
        """Return to the panel after a dialog."""
        if self.focused is None:
            self.current.main.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Draw boxes where there is room for them."""
        del event
        for view in self._views.values():
            self._frame_panels(view)

    def _frame_panels(self, view: View) -> None:
        framed = self.size.width >= 120
        for panel in view.panels:
            if panel.framed != framed:
                panel.framed = framed
                panel.repaint()

    # The mouse, and the filter.

    @on(LineWidget.Picked)
    def _picked(self, event: LineWidget.Picked) -> None:
        """Follow the mouse."""
        if isinstance(event.widget, Panel):
            self.current.visit(event.widget)
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

    @on(Input.Changed, "#filter Input")
    def _filter_changed(self, event: Input.Changed) -> None:
        self.current.set_filter(event.value)

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self.current.main.focus()
