"""A framed panel with a title, a list of entries and a cursor that follows its entry."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from textwrap import wrap

from arbot_tui.tui.link import Link, link_mark, link_words
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, blank, cells, clip, fit, join, line_width, on_cursor
from arbot_tui.tui.widgets.line_widget import LineWidget

__all__ = ["Panel"]


_FINISHED_KEPT = 4096


class Panel(LineWidget, can_focus=True):
    """Entries under a title; what is in them is the business of a subclass.

    The cursor is a key, not an index: when entries move, it moves with its own. While there is
    nothing to list, `placeholder` says why and what to press.

    Attributes:
        framed: Draw a box; without it only the title's rule, which saves two columns and a line.
        frozen: The screen is paused; the title says so.
        link: How what is shown is doing; the title says so when it is not live.
        source: Name of the question whose answer is shown; empty where it is the frames.
    """

    LABEL = ""
    KEEPS_CURSOR = False
    """Show where the cursor is without the focus, too."""
    KEEPS_CHOICE = False
    """Without the focus, stay on the entry that was chosen instead of showing the newest."""
    NEWEST_LAST = False
    """The newest entry is the last one, not the first."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id, classes="panel")
        self.framed = True
        self.frozen = False
        self.link = Link("loading", 0)
        self.source = ""
        self.cursor: Hashable | None = None
        self._cursor_index = 0
        self._top = 0
        self._chosen = False
        self._finished: dict[Hashable, tuple[object, tuple[bool, int], Sequence[Line]]] = {}

    # What a subclass says.

    def keys(self) -> Sequence[Hashable]:
        """Return the keys of all entries, in order."""
        return ()

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return the `entry_height` lines of one entry.

        Where it would read the same, the same object: its finished lines are used again.
        """
        raise NotImplementedError

    def entry_height(self, width: int) -> int:
        """Return how many lines an entry takes."""
        del width
        return 1

    def head(self, width: int) -> Sequence[Line]:
        """Return the lines that stay above the entries."""
        del width
        return ()

    def foot(self, width: int) -> Sequence[Line]:
        """Return the lines that stay below the entries."""
        del width
        return ()

    def summary(self) -> str:
        """Return what the title says after the panel's name."""
        return ""

    def placeholder(self) -> Sequence[str]:
        """Return why there is no entry, and what to press."""
        return ()

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return an entry as names and values, for the export and for copying it."""
        del key
        return {}

    def records(self) -> list[Mapping[str, object]]:
        """Return all entries, in order, for the export."""
        return [self.record(key) for key in self.keys()]

    @property
    def cursor_shown(self) -> bool:
        """Whether the entry under the cursor is drawn as such."""
        return self.has_focus or self.KEEPS_CURSOR

    def cursor_mark(self, key: Hashable) -> Span:
        """Return the sign in front of an entry: it says without colour where the cursor is."""
        here = key == self.cursor and self.cursor_shown
        return (self.glyphs.cursor if here else " ", "key")

    def watch_has_focus(self, has_focus: bool) -> None:
        """Without the focus, show the newest entries again."""
        if not has_focus:
            self._chosen = self._chosen and self.KEEPS_CHOICE
        super().watch_has_focus(has_focus)

    # Moving about.

    def move(self, steps: int) -> None:
        """Move the cursor by `steps` entries."""
        self.move_to(self._cursor_index + steps)

    def move_to(self, index: int) -> None:
        """Move the cursor to the entry at `index`, or the nearest there is."""
        keys = self.keys()
        if keys:
            self._cursor_index = min(max(index, 0), len(keys) - 1)
            self.cursor = keys[self._cursor_index]
            # On the newest entry there is, the cursor goes on to the next new one.
            self._chosen = self._cursor_index != (len(keys) - 1 if self.NEWEST_LAST else 0)
            self.cursor_moved()
        self.repaint()

    def move_round(self, steps: int) -> None:
        """Move the cursor by `steps` entries, from the last one on to the first."""
        if many := len(self.keys()):
            self.move_to((self._cursor_index + steps) % many)

    def move_page(self, pages: int) -> None:
        """Move the cursor by as many entries as are visible."""
        self.move(pages * max(1, self._visible_entries()))

    def pick(self, y: int) -> None:
        """Put the cursor on the entry at screen line `y`, if there is one."""
        width = self._inner_width()
        line = y - 1 - len(self.head(width))
        index = self._top + line // self.entry_height(width)
        if line >= 0 and index < len(self.keys()):
            self.move_to(index)

    def cursor_moved(self) -> None:
        """React to a cursor that a person has moved."""

    # Drawing.

    def compose_lines(self, width: int, height: int) -> list[Line]:
        """Return the frame with the entries that fit in it."""
        inner = self._inner_width()
        body = self._body(inner, self._inner_height())
        frame = "frame-focus" if self.has_focus else "frame"
        top = self._title_line(width, frame)
        if not self.framed:
            return [top, *body][:height]
        side = ((self.glyphs.frame[5], frame),)
        return [top, *((*side, *line, *side) for line in body), self._bottom_line(width, frame)]

    def _inner_width(self) -> int:
        return max(0, self.area.width - (2 if self.framed else 0))

    def _inner_height(self) -> int:
        return max(0, self.area.height - (2 if self.framed else 1))

    def _visible_entries(self) -> int:
        width = self._inner_width()
        fixed = len(self.head(width)) + len(self.foot(width))
        return (self._inner_height() - fixed) // self.entry_height(width)

    def _body(self, width: int, height: int) -> list[Line]:
        keys = self.keys()
        if not keys:
            lines = self._placeholder_lines(width)
        else:
            lines = [fit(line, width) for line in self.head(width)]
            self._follow(keys)
            for index in range(self._top, min(len(keys), self._top + self._visible_entries())):
                lines += self._entry_lines(keys[index], width)
        foot = [fit(line, width) for line in self.foot(width)][:height]
        lines = lines[: height - len(foot)]
        return lines + [blank(width)] * (height - len(foot) - len(lines)) + foot

    def _entry_lines(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return an entry's lines fitted to `width`, on the cursor's ground where it is there."""
        raw = self.entry(key, width)
        here = key == self.cursor and self.cursor_shown
        finished = self._finished.get(key)
        if finished is None or finished[0] is not raw or finished[1] != (here, width):
            if len(self._finished) > _FINISHED_KEPT:
                self._finished.clear()
            lines = [fit(line, width) for line in raw]
            if here:
                lines = [on_cursor(line) for line in lines]
            finished = self._finished[key] = (raw, (here, width), lines)
        return finished[2]

    def _follow(self, keys: Sequence[Hashable]) -> None:
        """Find the cursor's entry again and scroll so that it is visible."""
        if not self.KEEPS_CURSOR and not self._chosen:
            self.cursor = keys[-1 if self.NEWEST_LAST else 0]
        try:
            self._cursor_index = keys.index(self.cursor)
        except ValueError:
            self._cursor_index = min(self._cursor_index, len(keys) - 1)
            self.cursor = keys[self._cursor_index]
        room = max(1, self._visible_entries())
        self._top = max(0, min(self._top, len(keys) - room))
        if self._cursor_index < self._top:
            self._top = self._cursor_index
        elif self._cursor_index >= self._top + room:
            self._top = self._cursor_index - room + 1

    def _placeholder_lines(self, width: int) -> list[Line]:
        if self.link.state in ("error", "loading"):
            texts, role = link_words(self.link, self.glyphs)
        else:
            texts, role = self.placeholder(), "dim"
        room = max(10, width - 3)
        pieces = (piece for text in texts for piece in wrap(text, room) or [""])
        return [
            blank(width),
            *(fit(((f"  {clip(piece, width - 3)}", role),), width) for piece in pieces),
        ]

    def _title_line(self, width: int, frame: str) -> Line:
        corner_left, corner_right, *_, rule, _side = self.glyphs.frame
        if not self.framed:
            corner_left = corner_right = rule
        title: Line = ((corner_left + rule + " ", frame), (self.LABEL, "title"))
        marks = self._marks()
        end: Line = (*marks, (rule + corner_right, frame)) if marks else ((corner_right, frame),)
        room = width - line_width(title) - line_width(end) - 1
        if summary := self._fitting(self.summary(), room):
            title = (*title, (summary, "dim"))
        title = (*title, (" ", frame))
        free = width - line_width(title) - line_width(end)
        if free < 0:
            return (*fit(title, width - line_width(end)), *end)
        return (*title, (rule * free, frame), *end)

    def _fitting(self, summary: str, room: int) -> str:
        """Return as many parts of `summary` as fit: a number cut short would be another one."""
        dot = f" {self.glyphs.dot} "
        parts = summary.split(dot) if summary else []
        while len(parts) > 1 and cells(dot + dot.join(parts)) > room:
            parts.pop()
        return clip(dot + dot.join(parts), room, self.glyphs.more) if parts else ""

    def _marks(self) -> Line:
        if (mark := link_mark(self.link)) is not None:
            return (mark,)
        return ((" screen paused ", "warn"),) if self.frozen else ()

    def _bottom_line(self, width: int, frame: str) -> Line:
        _, _, corner_left, corner_right, rule, _side = self.glyphs.frame
        position: Line = ()
        total = len(self.keys())
        if total > max(1, self._visible_entries()):
            position = ((f" {self._cursor_index + 1}/{total} ", "dim"), (rule, frame))
        left: Line = ((corner_left, frame),)
        right: Line = (*position, (corner_right, frame))
        free = width - 1 - line_width(right)
        return (
            (*left, (rule * max(0, free), frame), *right) if free >= 0 else join(left, right, width)
        )
