"""The log: what the engine said, newest at the bottom."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rich.cells import cell_len

from arbot_tui.engine.frames import LogLine
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, clip
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["EventLog"]

_LEVELS = {
    "debug": (" ", "dim"),
    "info": (" ", "dim"),
    "warning": ("!", "warn"),
    "error": ("x", "bad"),
    "critical": ("x", "bad"),
}


class EventLog(Panel):
    """One line per event; follows the newest until the cursor is moved up."""

    LABEL = "Log"
    NEWEST_LAST = True

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._lines: dict[int, LogLine] = {}
        self._keys: list[int] = []

    def show(self, view: ViewState) -> None:
        """Display the lines of `view`."""
        self._lines = {line.seq: line for line in view.log}
        self._keys = list(self._lines)
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return the sequence numbers, oldest first."""
        return self._keys

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return one event."""
        if not isinstance(key, int):
            return ()
        line = self._lines[key]
        sign, role = _LEVELS.get(line.level.lower(), (" ", "dim"))
        text_role = "text" if role == "dim" else role
        event = line.event.replace("_", " ")
        room = max(0, width - 12)
        name = clip(event, room, self.glyphs.more)
        # Which part of the program said it is for the log file; here the room is short.
        said = line.fields
        if said.startswith("logger="):
            said = said.partition(" ")[2]
        fields = clip(said, max(0, room - cell_len(name) - 1), self.glyphs.more)
        return (
            (
                (" " + numbers.clock_time(line.at_ns), "dim"),
                (f" {sign} ", role),
                (name, text_role),
                (f" {fields}" if fields else "", "dim"),
            ),
        )

    def summary(self) -> str:
        """Return how many lines ask for attention."""
        loud = sum(1 for line in self._lines.values() if line.level.lower() in _LOUD)
        return f"{loud} warnings" if loud else ""

    def placeholder(self) -> Sequence[str]:
        """Return why there is none."""
        return ("Nothing has been logged yet.",)


_LOUD = frozenset({"warning", "error", "critical"})
