"""View 6: what the engine said, and how its venues are doing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.view import View
from arbot_tui.tui.widgets.log import EventLog, LogDetail
from arbot_tui.tui.widgets.panel import Panel
from arbot_tui.tui.widgets.venues import VenueHealth

__all__ = ["LogView"]


class LogView(View):
    """The log; above it the venues, below it the line under the cursor in full."""

    NAME = "log"
    TITLE = "Log"
    FILTERED = "part of a line"
    SCOPED_CSS = False
    LABELS: ClassVar = {"sort": "level", "details": "line"}
    SAYS: ClassVar = {
        "sort": "Leave out lines of the next graver level, or show all again.",
        "details": "Show or hide the whole line under the cursor.",
        "filter": "Show only lines that contain what you type.",
        "bottom": "Go to the newest line and follow it.",
    }

    DEFAULT_CSS = """
    LogView { & #venues-log { height: 6; } & #log { height: 1fr; } & #line { height: 7; } }
    LogView.-folded #line { display: none; }
    DashboardScreen.-narrow #venues-log { height: 5; }
    DashboardScreen.-narrow #line { height: 5; }
    """

    def __init__(self, look: Look) -> None:
        self.lines = EventLog(look, id="log")
        self.line = LogDetail(look, id="line")
        self.venues = VenueHealth(look, id="venues-log")
        super().__init__(look, (self.lines, self.line, self.venues))

    def compose(self) -> ComposeResult:
        """Place the panels."""
        yield self.venues
        yield self.lines
        yield self.line

    def draw(self, state: ViewState) -> None:
        """Give every panel its part of `state`."""
        self.venues.show(state)
        self.lines.show(state)
        self.line.show(self.lines.selected)

    def meaning(self, glyphs: Glyphs) -> Sequence[tuple[str, str]]:
        """Return what the signs mean."""
        return (
            ("! x", "a warning, an error; the file in the data folder's logs has every field"),
            (
                "held",
                f"{self.look.hint('bottom')} goes to the newest line and follows it",
            ),
            ("late", f"lag of the newest quote; {glyphs.round_trip} round trip to the venue"),
            ("heard", "time since anything arrived"),
            ("clock", "the venue's clock minus ours; lags are corrected by it"),
            ("quota", "share of the venue's request quota that is used"),
        )

    @property
    def filter(self) -> str:
        """The log's filter."""
        return self.lines.filter

    def set_filter(self, text: str) -> None:
        """Show only lines that contain `text`."""
        self.lines.set_filter(text)
        self.line.show(self.lines.selected)

    def next_sort(self) -> None:
        """Leave out the next level."""
        self.lines.next_level()
        self.line.show(self.lines.selected)

    def perform(self, name: str) -> None:
        """Carry out an action and let the full line follow the cursor."""
        super().perform(name)
        self.line.show(self.lines.selected)

    def moved(self, panel: Panel) -> Panel:
        """In the full line, moving goes to the next line."""
        return self.lines if panel is self.line else panel

    def details(self, panel: Panel) -> None:
        """Fold or unfold the full line."""
        del panel
        self.toggle_class("-folded")
        if self.has_class("-folded"):
            self.lines.focus()
