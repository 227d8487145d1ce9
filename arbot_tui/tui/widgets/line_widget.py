"""The one widget that turns lines into cells."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, cells, clean

__all__ = ["LineWidget"]


class LineWidget(Widget):
    """Draws composed lines through the Line API and repaints those that changed.

    Subclasses say in `compose_lines` what every screen line of them reads; this class compares
    it with what is on the screen. A repaint costs in proportion to what changed, and every
    segment has an explicit style, without which ``NO_COLOR`` crashes Textual's filter.

    Attributes:
        glyphs: The signs to draw with.
        area: Its size; `size` computes it anew on each use.
    """

    GROUND: ClassVar[str] = "background"
    """The theme's variable for what is behind the text."""

    DEFAULT_CSS = """
    LineWidget { background: $background; color: $foreground; }
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

    def __init__(self, look: Look, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.glyphs = look.glyphs
        self.area = Size(0, 0)
        self._look = look
        self._painted: list[Line] = []

    def compose_lines(self, width: int, height: int) -> list[Line]:
        """Return what each of the `height` lines reads, from the top; each `width` cells wide."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Compose again and repaint the lines that read differently now."""
        width, height = self.area
        if not width or not height or not self.display:
            return
        old = self._painted
        new = self._painted = self.compose_lines(width, height)
        if len(new) != len(old):
            self.refresh()
            return
        changed = [y for y, line in enumerate(new) if line is not old[y] and line != old[y]]
        if not changed:
            return
        regions = [Region(0, y, width, 1) for y in changed]
        place = self._look.canvas.place(self, width, height)
        if place is None:
            self.refresh(*regions)
            return
        # Textual's cache still has what these lines read before.
        self._styles_cache.set_dirty(*regions)
        for y in changed:
            self._put(place.x, place.y + y, old[y], new[y])

    def _put(self, x: int, y: int, old: Line, new: Line) -> None:
        """Draw the pieces of a line that read differently, and all behind a shift."""
        canvas, shifted = self._look.canvas, len(old) != len(new)
        for index, span in enumerate(new):
            text, role = span
            if shifted or span != old[index]:
                shifted = shifted or cells(text) != cells(old[index][0])
                if text:
                    text = clean(text, ascii_only=self.glyphs.ascii_only)
                    canvas.put(x, y, text, self._role_style(role))
            x += cells(text)

    def render_line(self, y: int) -> Strip:
        """Return the strip of screen line `y`."""
        if y >= len(self._painted):
            return Strip.blank(self.area.width, self._role_style("text"))
        ascii_only = self.glyphs.ascii_only
        return Strip(
            [
                Segment(clean(text, ascii_only=ascii_only), self._role_style(role))
                for text, role in self._painted[y]
                if text
            ]
        ).adjust_cell_length(self.area.width, self._role_style("text"))

    def _role_style(self, role: str) -> Style:
        return self._look.style(role, self.GROUND, focused=self.has_focus)

    def notify_style_update(self) -> None:
        """Draw all of it again: a theme was changed."""
        super().notify_style_update()
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Compose for the new size."""
        self.area = event.size
        self._painted = []
        self.repaint()

    def on_show(self) -> None:
        """Catch up with what happened while hidden."""
        self.repaint()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show the frame and cursor as focused or not.

        In `on_focus` and `on_blur` it would be too soon: the base class's handlers, which change
        `has_focus`, come after those of a subclass.
        """
        super().watch_has_focus(has_focus)
        self._painted = []
        self.repaint()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Tell the screen which line was pressed."""
        self.post_message(self.Picked(self, event.y))
