"""What stands there when the terminal is too small for numbers that are not cut."""

from __future__ import annotations

from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, blank, pad
from arbot_tui.tui.widgets.line_widget import LineWidget

__all__ = ["TooSmall"]


class TooSmall(LineWidget):
    """Names the size there is and the size that is needed."""

    DEFAULT_CSS = """
    TooSmall { width: 100%; height: 100%; }
    """

    def __init__(self, look: Look, width: int, height: int) -> None:
        super().__init__(look)
        self._needed = (width, height)

    def compose_lines(self, width: int, height: int) -> list[Line]:
        """Return the message in the middle of the screen."""
        hint = self._look.hint
        texts = (
            ("Terminal too small", "title"),
            (f"{width} x {height}, needed {self._needed[0]} x {self._needed[1]}", "warn"),
            (f"trading goes on; {hint('halt')} halts, {hint('quit')} quits", "dim"),
        )
        lines: list[Line] = [((pad(text, width, "^"), role),) for text, role in texts]
        above = max(0, (height - len(lines)) // 2)
        lines = [blank(width)] * above + lines
        return (lines + [blank(width)] * height)[:height]
