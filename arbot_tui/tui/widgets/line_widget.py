"""The one widget that turns lines into cells."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.spans import CURSOR, Line, clean, fit

__all__ = ["LineWidget"]

_ROLES = (
    "text",
    "dim",
    "faint",
    "strong",
    "title",
    "key",
    "gain",
    "loss",
    "neutral",
    "warn",
    "bad",
    "live",
    "delayed",
    "stale",
    "down",
    "bid",
    "ask",
    "frame",
    "frame-focus",
    "mode-simulate",
    "mode-paper",
    "mode-live",
    "cursor",
    "cursor-blurred",
)


class LineWidget(Widget):
    """Draws composed lines through the Line API and repaints those that changed.

    Subclasses say in `compose_lines` what every screen line of them reads; this class compares
    it with what is on the screen. A repaint costs in proportion to what changed, and every
    segment has an explicit style, without which ``NO_COLOR`` crashes Textual's filter.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{role}" for role in _ROLES}

    DEFAULT_CSS = """
    LineWidget {
        background: $background;
        color: $foreground;
        & > .line--text { color: $foreground; }
        & > .line--dim { color: $dim; }
        & > .line--faint { color: $faint; }
        & > .line--strong { color: $strong; text-style: bold; }
        & > .line--title { color: $title; text-style: bold; }
        & > .line--key { color: $key; text-style: bold; }
        & > .line--gain { color: $gain; text-style: bold; }
        & > .line--loss { color: $loss; text-style: bold; }
        & > .line--neutral { color: $neutral; }
        & > .line--warn { color: $warn; }
        & > .line--bad { color: $bad; text-style: bold; }
        & > .line--live { color: $live; }
        & > .line--delayed { color: $delayed; }
        & > .line--stale { color: $stale; text-style: dim; }
        & > .line--down { color: $down; }
        & > .line--bid { color: $bid; text-style: bold; }
        & > .line--ask { color: $ask; text-style: bold; }
        & > .line--frame { color: $frame; }
        & > .line--frame-focus { color: $frame-focus; }
        & > .line--mode-simulate { background: $mode-simulate; }
        & > .line--mode-paper { background: $mode-paper; }
        & > .line--mode-live { background: $mode-live; }
        & > .line--mode-simulate, & > .line--mode-paper, & > .line--mode-live {
            color: $badge-text; text-style: bold;
        }
        & > .line--cursor { background: $cursor-ground; text-style: $cursor-style; }
        & > .line--cursor-blurred { background: $cursor-ground-blurred; }
    }
    """

    class Picked(Message):
        """Somebody pressed the mouse on a line of the widget."""

        def __init__(self, widget: LineWidget, y: int) -> None:
            super().__init__()
            self.widget = widget
            self.y = y

        @property
        def control(self) -> LineWidget:
            """The widget that was pressed."""
            return self.widget

    def __init__(
        self, glyphs: Glyphs, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.glyphs = glyphs
        self._painted: list[Line] = []
        self._role_styles: dict[str, Style] = {}

    def compose_lines(self, width: int, height: int) -> list[Line]:
        """Return what each of the `height` lines reads, from the top."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Compose again and repaint the lines that read differently now."""
        width, height = self.size
        if not width or not height:
            return
        old = self._painted
        new = self._painted = [fit(line, width) for line in self.compose_lines(width, height)]
        if len(new) != len(old):
            self.refresh()
            return
        changed = [y for y, line in enumerate(new) if line != old[y]]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """Return the strip of screen line `y`."""
        if y >= len(self._painted):
            return Strip.blank(self.size.width, self._role_style("text"))
        ascii_only = self.glyphs.ascii_only
        return Strip(
            [
                Segment(clean(text, ascii_only=ascii_only), self._role_style(role))
                for text, role in self._painted[y]
                if text
            ]
        ).adjust_cell_length(self.size.width, self._role_style("text"))

    def _role_style(self, role: str) -> Style:
        style = self._role_styles.get(role)
        if style is None:
            if role.startswith(CURSOR):
                ground = "cursor" if self.has_focus else "cursor-blurred"
                style = self.get_component_rich_style(f"line--{role[len(CURSOR) :]}")
                under = self.get_component_styles(f"line--{ground}")
                style += Style(
                    bgcolor=under.background.rich_color,
                    reverse=True if under.text_style.reverse else None,
                )
            else:
                style = self.get_component_rich_style(f"line--{role}")
            self._role_styles[role] = style
        return style

    def notify_style_update(self) -> None:
        """Forget styles that a theme or the focus has changed."""
        self._role_styles.clear()
        super().notify_style_update()

    def on_resize(self, _event: events.Resize) -> None:
        """Compose for the new size."""
        self._painted = []
        self.repaint()

    def on_focus(self) -> None:
        """Show the frame and cursor as focused."""
        self._role_styles.clear()
        self._painted = []
        self.repaint()

    def on_blur(self) -> None:
        """Show the frame and cursor as not focused."""
        self._role_styles.clear()
        self._painted = []
        self.repaint()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Tell the screen which line was pressed."""
        self.post_message(self.Picked(self, event.y))
