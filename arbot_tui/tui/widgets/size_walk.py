"""The edge by size as bars: how much can be taken before the edge is gone. Pure."""

from __future__ import annotations

from arbot_tui.engine.answers import WalkView
from arbot_tui.tui import numbers
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.spans import Line, blank, clip, fit, pad

__all__ = ["size_chart", "size_words"]

_AXIS = 9
_FLOOR_PCT = 0.02


def size_chart(walk: WalkView, base: str, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """Return the net edge of taking up to so much, in `height` lines, the smallest at the left.

    Bars above zero would earn, those below would not: zero is the line between them.
    """
    rows, room = height - 3, width - _AXIS - 2
    lines: list[Line] = [((pad("edge by size", width - 1, ">") + " ", "dim"),)]
    if rows < 2 or room < 8 or not walk.points:
        why: Line = ((pad(f"edge by size: {walk.limited_by}", width - 1, ">") + " ", "dim"),)
        return [why, *[blank(width)] * (height - 1)][:height]
    end = walk.points[-1][0]
    edges = _columns(walk, room)
    high = max(*edges, 0.0)
    low = min(*edges, 0.0)
    if high - low < _FLOOR_PCT:
        low = high - _FLOOR_PCT
    # The line of zero lies between two lines of the screen.
    above = min(rows - 1, max(1, round(high / (high - low) * rows))) if high > 0 else 0
    for y in range(rows):
        label = ""
        if y == 0:
            label = numbers.edge(high, glyphs) if high > 0 else "0"
        elif y == rows - 1:
            label = numbers.edge(low, glyphs)
        elif y == above:
            label = "0"
        bars = "".join(_bar(edge, y, above, rows, high, low, glyphs) for edge in edges)
        # What would not earn stays in the background.
        role = "gain" if y < above else "faint"
        lines.append(fit(((pad(label, _AXIS, ">") + " ", "dim"), (bars, role)), width))
    under = f"0{pad(f'{numbers.quantity(end)} {base}', room - 1, '>')}"
    lines.append(fit(((" " * (_AXIS + 1), "dim"), (under, "dim")), width))
    at = min(room - 1, int(walk.qty / end * room)) if end else 0
    mark = " " * at + (glyphs.up if walk.qty else "")
    lines.append(fit(((" " * (_AXIS + 1), "dim"), (mark, "key")), width))
    return lines[:height]


def size_words(walk: WalkView, base: str, width: int, glyphs: Glyphs) -> Line:
    """Return in one line how much would be traded, for what profit, and what limits it."""
    if not walk.qty:
        text = f"no size pays: {walk.limited_by}"
        return fit(((f" {clip(text, width - 1, glyphs.more)}", "dim"),), width)
    size = f" size {numbers.quantity(walk.qty)} {base}"
    profit = f" {numbers.money(f'{walk.profit_quote:.8f}', glyphs)}"
    rest = clip(f", limited by {walk.limited_by}", width - len(size) - len(profit), glyphs.more)
    return fit(((size, "strong"), (profit, "gain"), (rest, "dim")), width)


def _columns(walk: WalkView, room: int) -> list[float]:
    """Return the edge at even steps of size; each level's end holds back to the one before."""
    end = walk.points[-1][0]
    found, at = [], 0
    for x in range(room):
        size = end * (x + 1) / room
        while at + 1 < len(walk.points) and walk.points[at][0] < size * (1 - 1e-12):
            at += 1
        found.append(walk.points[at][1])
    return found


def _bar(
    edge: float, y: int, above: int, rows: int, high: float, low: float, glyphs: Glyphs
) -> str:
    """Return the sign of one column in one line, growing from the line of zero."""
    signs = glyphs.bar
    if y < above:
        filled = round(edge / high * above * len(signs)) if edge > 0 else 0
        here = filled - (above - 1 - y) * len(signs)
        return " " if here < 1 else signs[min(here, len(signs)) - 1]
    depth = rows - above
    filled = round(edge / low * depth) if edge < 0 else 0
    return glyphs.block if y - above < filled else " "
