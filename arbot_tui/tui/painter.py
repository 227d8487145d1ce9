"""Writes only the cells that differ from what the terminal already shows.

Textual sends whole lines of a widget, with both colours spelled out for each piece. Of a changed
row of the matrix two digits differ, so over a thin line nearly all of that is waste.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

__all__ = ["Painter", "Text"]

Text = tuple[int, int, str, Style]
"""Column, row, text, style."""

_GAP = 3
"""Unchanged cells between two changes that are cheaper to write again than to step over."""
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
_PENS_KEPT = 2048


class _Pen(NamedTuple):
    """A style as the terminal knows it: attributes, foreground, background."""

    attributes: tuple[str, ...]
    foreground: str
    background: str


_Cell = tuple[str, _Pen]
"""One cell: its character, empty behind a wide one, and the pen it is drawn with."""
_PLAIN = _Pen((), "39", "49")


class Painter:
    """Remembers what was sent, cell by cell.

    It assumes that everything it returns reaches the terminal in order. After anything else was
    written there, or the size changed, call `reset`.
    """

    def __init__(self) -> None:
        self._lines: dict[int, list[_Cell | None]] = {}
        self._pens: dict[Style | None, _Pen] = {}
        self._colors: ColorSystem | None = None
        self._changes: dict[tuple[_Pen, _Pen], str] = {}
        self._pen = _PLAIN
        self._at = (-1, -1)
        self._size = (0, 0)

    def reset(self) -> None:
        """Forget what the terminal shows: the next picture is sent as a whole."""
        self._lines.clear()

    def paint(
        self, update: LayoutUpdate | ChopsUpdate, size: tuple[int, int], colors: ColorSystem
    ) -> str:
        """Return the sequences that turn what is shown into what `update` says.

        Args:
            update: A picture, or the parts of it that were rendered again.
            size: Columns and rows of the terminal.
            colors: What the terminal can show.
        """
        pieces = ((x, y, self._cells(strip, colors)) for x, y, strip in _pieces(update))
        return self._paint(pieces, size)

    def paint_texts(self, texts: Iterable[Text], size: tuple[int, int], colors: ColorSystem) -> str:
        """Return the sequences that put `texts` where they belong; what is shown already is left.

        Args:
            texts: Pieces of lines with their styles, visible characters only.
            size: Columns and rows of the terminal.
            colors: What the terminal can show.
        """
        pieces = (
            (x, y, self._cells([Segment(text, style)], colors)) for x, y, text, style in texts
        )
        return self._paint(pieces, size)

    def _paint(self, pieces: Iterable[tuple[int, int, list[_Cell]]], size: tuple[int, int]) -> str:
        if size != self._size:
            self._size = size
            self.reset()
        out: list[str] = []
        self._at = (-1, -1)
        for x, y, cells in pieces:
            # A picture of before a resize may be higher; what is beyond the edge would be written
            # over the last line, without our knowing.
            if y < size[1]:
                self._piece(x, y, cells, out)
        if self._pen is not _PLAIN:
            # What another program writes next shall not look like ours.
            out.append("\x1b[0m")
            self._pen = _PLAIN
        return "".join(out)

    def _piece(self, x: int, y: int, new: list[_Cell], out: list[str]) -> None:
        line = self._lines.get(y)
        if line is None:
            line = self._lines[y] = [None] * self._size[0]
        new = new[: max(0, len(line) - x)]
        old = line[x : x + len(new)]
        if old == new:
            return
        for start, end in _runs(old, new):
            # Half of a wide character cannot be written.
            first = start - 1 if start and not new[start][0] else start
            self._move(x + first, y, out)
            for char, pen in new[first:end]:
                if pen is not self._pen:
                    out.append(self._change(self._pen, pen))
                    self._pen = pen
                out.append(char)
            wide = end < len(new) and not new[end][0]
            self._at = (x + end + wide, y)
        line[x : x + len(new)] = new

    def _move(self, x: int, y: int, out: list[str]) -> None:
        at_x, at_y = self._at
        # In the last column the cursor waits for a wrap, and steps from there differ.
        if at_y != y or at_x > x or at_x >= self._size[0]:
            out.append(f"\x1b[{y + 1};{x + 1}H")
        elif at_x < x:
            out.append(f"\x1b[{x - at_x}C" if x - at_x > 1 else "\x1b[C")

    def _cells(self, segments: Iterable[Segment], colors: ColorSystem) -> list[_Cell]:
        if colors is not self._colors:
            # Other sequences for the same styles: those known so far hold for the old ones.
            self._colors = colors
            self._pens.clear()
            self._changes.clear()
        cells: list[_Cell] = []
        for text, style, control in segments:
            if control:
                continue
            pen = self._pens.get(style)
            if pen is None:
                pen = self._new_pen(style, colors)
            cells += [(char, pen) for char in (text if text.isascii() else _split(text))]
        return cells

    def _new_pen(self, style: Style | None, colors: ColorSystem) -> _Pen:
        if len(self._pens) > _PENS_KEPT:
            # Cells compare pens by identity first and by value then, so this only costs time.
            self._pens.clear()
            self._changes.clear()
        rendered = "" if style is None else style.render(" ", color_system=colors)
        _, escape, rest = rendered.rpartition("\x1b[0m")[0].rpartition("\x1b[")
        pen = _parse(rest.partition("m")[0]) if escape else _PLAIN
        # One object per look, so that a change of style without a change of look costs nothing.
        pen = next((known for known in self._pens.values() if known == pen), pen)
        self._pens[style] = pen
        return pen

    def _change(self, old: _Pen, new: _Pen) -> str:
        change = self._changes.get((old, new))
        if change is None:
            change = self._changes[old, new] = _sgr(old, new)
        return change


@lru_cache(4096)
def _split(text: str) -> tuple[str, ...]:
    """Return what stands in each cell of `text`; a wide character leaves the next one empty."""
    cells: list[str] = []
    for char in text:
        width = get_character_cell_size(char)
        if width:
            cells += (char, "") if width > 1 else (char,)
        elif cells:
            # A mark on a letter shares its cell.
            cells[-1] += char
    return tuple(cells)


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield (x, y, strip) of everything that `update` holds."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield x, y, strip
                x += strip.cell_length
        return
    # Beyond the spans a piece may be what lies beneath a dialog, which was not drawn again there.
    for y, first, last in sorted(update.spans):
        for end, (x, piece) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if piece is None or x >= last or end <= first:
                continue
            if x >= first and end <= last:
                yield x, y, piece
            else:
                start = max(x, first)
                yield start, y, piece.crop(start - x, min(end, last) - x)


def _runs(old: list[_Cell | None], new: list[_Cell]) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of stretches that differ, those close together joined."""
    start = end = -1
    for index, cell in enumerate(new):
        if cell != old[index]:
            if start < 0:
                start = index
            elif index - end > _GAP:
                yield start, end
                start = index
            end = index + 1
    if start >= 0:
        yield start, end


def _parse(codes: str) -> _Pen:
    """Return the pen of a sequence's codes, such as ``1;38;2;0;0;0``."""
    attributes: list[str] = []
    foreground, background = "39", "49"
    parts = codes.split(";")
    while parts:
        code = parts.pop(0)
        if code in ("38", "48"):
            many = 4 if parts[0] == "2" else 2
            color = ";".join((code, *parts[:many]))
            del parts[:many]
        else:
            color = code
        if code in _OFF:
            attributes.append(code)
        elif code.startswith(("3", "9")):
            foreground = color
        elif code.startswith(("4", "10")):
            background = color
    return _Pen(tuple(sorted(attributes)), foreground, background)


def _sgr(old: _Pen, new: _Pen) -> str:
    """Return the shortest sequence from one pen to the other."""
    gone = [code for code in old.attributes if code not in new.attributes]
    off = list(dict.fromkeys(_OFF[code] for code in gone))
    # One code ends bold and dim together.
    lost = {code for code in new.attributes if _OFF[code] in off}
    on = [code for code in new.attributes if code in lost or code not in old.attributes]
    colors = [
        code
        for code, before in ((new.foreground, old.foreground), (new.background, old.background))
        if code != before
    ]
    return f"\x1b[{';'.join((*off, *on, *colors))}m"
