"""The app's own driver on a terminal in memory: what a terminal would show, without one."""

from __future__ import annotations

import re
from typing import Any

import pyte
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver

from arbot_tui.tui.driver import TerminalDriver
from arbot_tui.tui.painter import Painter

__all__ = ["Cell", "MemoryDriver"]

Cell = tuple[str, str, str, bool, bool, bool]
"""Character, foreground, background, bold, underlined, reversed."""


class MemoryDriver(TerminalDriver):
    """Paints like the real one, into a terminal of pyte's.

    Attributes:
        screen: The terminal.
        stalled: It does not read, so pictures are skipped.
    """

    def __init__(self, app: Any, **options: Any) -> None:
        # Not the real one's: that takes hold of a terminal.
        Driver.__init__(self, app, **options)
        self._painter = Painter()
        self.sent = 0
        self.stalled = self._skipped = False
        self.resize(*self._size or (80, 24))

    @property
    def is_headless(self) -> bool:
        """Whether Textual may do without a terminal."""
        return True

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size; what it shows then is anything but right."""
        self._size = (columns, rows)
        self.screen = pyte.Screen(columns, rows)
        self._pyte = pyte.Stream(self.screen)
        for _ in range(rows):
            self._pyte.feed("#" * columns)

    def cells(self) -> list[list[Cell]]:
        """Return what the terminal shows."""
        width, height = self.screen.columns, self.screen.lines
        return [[_cell(self.screen.buffer[y][x]) for x in range(width)] for y in range(height)]

    def must_skip(self) -> bool:
        """Whether the terminal does not read at present."""
        self._skipped = self._skipped or self.stalled
        return self.stalled

    def drain(self) -> None:
        """Read again."""
        self.stalled = False
        if self._skipped:
            self._skipped = False
            self._owner.terminal_drained()

    def write(self, data: str) -> None:
        """Show `data`; pyte would draw Kitty's sequences."""
        self._pyte.feed(re.sub(r"\x1b\[[<>=?][0-9;]*[uq]", "", data))

    # What a terminal is needed for.

    _get_terminal_size = HeadlessDriver._get_terminal_size
    start_application_mode = HeadlessDriver.start_application_mode
    disable_input = HeadlessDriver.disable_input
    stop_application_mode = HeadlessDriver.stop_application_mode

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def stop_drawing(self) -> None:
        """Nothing waits."""


def _cell(char: Any) -> Cell:
    return (char.data, char.fg, char.bg, char.bold, char.underscore, char.reverse)
