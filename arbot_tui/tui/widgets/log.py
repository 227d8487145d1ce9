"""The log: what the engine said, newest at the bottom."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from textwrap import wrap

from rich.cells import cell_len

from arbot_tui.engine.frames import LogLine
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, clip
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["EventLog", "LogDetail"]

_LEVELS: Mapping[str, tuple[int, str, str]] = {
    "debug": (0, " ", "dim"),
    "info": (1, " ", "dim"),
    "warning": (2, "!", "warn"),
    "error": (3, "x", "bad"),
    "critical": (4, "x", "bad"),
}
_SAYS_NOTHING = re.compile(r" [a-z_]+=(?= |$)")
"""A field without a value."""
_SHOWN = ("debug", "info", "warning", "error")
"""Levels from which on lines can be shown."""


class EventLog(Panel):
    """One line per event; follows the newest until the cursor is moved up.

    Attributes:
        filter: Only lines that contain it are shown; any case.
        level: Only lines of this level or a graver one are shown.
    """

    LABEL = "Log"
    NEWEST_LAST = True

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.filter = ""
        self.level = "debug"
        self._all: dict[int, LogLine] = {}
        self._lines: dict[int, LogLine] = {}
        self._keys: list[int] = []
        self._seen_seq = 0

    @property
    def selected(self) -> LogLine | None:
        """The line under the cursor."""
        return self._lines.get(self.cursor) if isinstance(self.cursor, int) else None

    @property
    def follows(self) -> bool:
        """Whether the newest line is kept in sight."""
        return not self._chosen

    def show(self, view: ViewState) -> None:
        """Display the lines of `view`."""
        self._all = {line.seq: line for line in view.log}
        self._sift()

    def set_filter(self, text: str) -> None:
        """Show only lines that contain `text`."""
        self.filter = text
        self._sift()

    def next_level(self) -> None:
        """Leave out the next graver level too, or nothing again."""
        self.level = _SHOWN[(_SHOWN.index(self.level) + 1) % len(_SHOWN)]
        self._sift()

    def keys(self) -> Sequence[Hashable]:
        """Return the sequence numbers, oldest first."""
        return self._keys

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return one event."""
        if not isinstance(key, int):
            return ()
        line = self._lines[key]
        _, sign, role = _LEVELS.get(line.level.lower(), _LEVELS["info"])
        text_role = "text" if role == "dim" else role
        event = line.event.replace("_", " ")
        room = max(0, width - 12)
        name = clip(event, room, self.glyphs.more)
        fields = clip(_said(line), max(0, room - cell_len(name) - 1), self.glyphs.more)
        mark = self.cursor_mark(key)
        return (
            (
                mark,
                (numbers.clock_time(line.at_ns), "dim"),
                (f" {sign} ", role),
                (name, text_role),
                (f" {fields}" if fields else "", "dim"),
            ),
        )

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return one event's values."""
        line = self._lines[key] if isinstance(key, int) else None
        if line is None:
            return {}
        return {"at_ns": line.at_ns, "level": line.level, "event": line.event, "said": line.fields}

    def summary(self) -> str:
        """Return how many lines ask for attention, what is left out, and whether it follows."""
        dot = self.glyphs.dot
        loud = sum(1 for line in self._all.values() if _rank(line) >= 2)
        words = [f"{loud} warnings"] if loud else []
        if self.level != "debug":
            words.append(f"{self.level} and graver")
        if self.filter:
            words.append(f"/{self.filter}")
        if not self.follows:
            newer = sum(1 for seq in self._keys if seq > self._seen_seq)
            words.append(f"held, +{newer} new" if newer else "held")
        return f" {dot} ".join(words)

    def placeholder(self) -> Sequence[str]:
        """Return why there is none."""
        if not self._all:
            return ("Nothing has been logged yet.",)
        if self.filter:
            return (
                f"No line contains '{self.filter}'.",
                f"{self._look.hint('back')} clears the filter",
            )
        return (
            f"Nothing as grave as {self.level}.",
            f"{self._look.hint('sort')} shows less grave lines again",
        )

    def _sift(self) -> None:
        wanted, least = self.filter.casefold(), _LEVELS[self.level][0]
        self._lines = {
            seq: line
            for seq, line in self._all.items()
            if _rank(line) >= least
            and (not wanted or wanted in f"{line.event} {line.fields}".casefold())
        }
        self._keys = list(self._lines)
        if self.follows and self._keys:
            self._seen_seq = self._keys[-1]
        if self._keys:
            # Before the first picture, too: `selected` is asked for by then.
            self._follow(self._keys)
        self.repaint()


class LogDetail(Panel):
    """All of the line under the cursor, one field to a line."""

    LABEL = "Line"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._line: LogLine | None = None

    def show(self, line: LogLine | None) -> None:
        """Display `line`."""
        self._line = line
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return one key where there is a line."""
        return (self._line.seq,) if self._line else ()

    def entry_height(self, width: int) -> int:
        """Return all there is."""
        return max(1, self._inner_height())

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return the line, wrapped."""
        line, height = self._line, self.entry_height(width)
        if line is None:
            return ()
        role = _LEVELS.get(line.level.lower(), _LEVELS["info"])[2]
        head: Line = (
            (f" {numbers.clock_time(line.at_ns)}  ", "dim"),
            (f"{line.level}  ", role),
            (clip(line.event.replace("_", " "), width - 24, self.glyphs.more), "strong"),
        )
        lines: list[Line] = [head]
        lines += [((f"  {text}", "text"),) for text in wrap(line.fields, max(10, width - 3))]
        return tuple([*lines, *[()] * height][:height])

    def summary(self) -> str:
        """Return its number."""
        return f"no {self._line.seq}" if self._line else ""

    def placeholder(self) -> Sequence[str]:
        """Return what to do to see something."""
        return ("The line under the cursor stands here in full.",)


def _rank(line: LogLine) -> int:
    return _LEVELS.get(line.level.lower(), _LEVELS["info"])[0]


def _said(line: LogLine) -> str:
    """Return the fields; which part of the program said it is for where there is room."""
    said = _SAYS_NOTHING.sub("", line.fields)
    return said.partition(" ")[2] if said.startswith("logger=") else said
