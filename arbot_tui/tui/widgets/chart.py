"""A bar chart in cells, an eighth of a cell fine. Pure."""

from __future__ import annotations

import math

from arbot_tui.tui import numbers
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.spans import Line, blank, fit, pad

__all__ = ["edge_chart"]

_AXIS = 9
_VALUES, _WIDEST_BAR = 60, 3
"""Values of a full minute, and the most cells that one is drawn in."""
_FLOOR_PCT = 0.05
"""The least height of the chart in percent: smaller moves are no news."""


def edge_chart(values: tuple[float, ...], width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """Return the net edge over time in `height` lines, the newest at the right."""
    rows = height - 1
    # Where there is more room than values, each is drawn wider, and the axis stays beside them.
    times = max(1, min(_WIDEST_BAR, (width - _AXIS - 1) // _VALUES))
    room = min(width - _AXIS - 1, times * _VALUES)
    tail = values[-(room // times) :] if room > 0 else ()
    known = [value for value in tail if math.isfinite(value)]
    head: Line = ((pad("net edge, last 60 s", width - 1, ">") + " ", "dim"),)
    if rows < 2 or not known:
        waiting = ((pad("no edge known yet", width - 1, ">") + " ", "dim"),)
        return [head, *([waiting] if rows > 0 else []), *[blank(width)] * (rows - 1)][:height]
    low, high = min(known), max(known)
    high = max(high, low + _FLOOR_PCT)
    lines = [head]
    for line in range(rows):
        bars = "".join(
            times * _bar(value, low, high, rows, rows - 1 - line, glyphs) for value in tail
        )
        label = ""
        if line == 0:
            label = numbers.edge(high, glyphs)
        elif line == rows - 1:
            label = numbers.edge(low, glyphs)
        role = "gain" if known[-1] > 0 else "neutral"
        axis = pad(label, width - room - 1, ">") + " "
        lines.append(fit(((axis, "dim"), (bars.rjust(room), role)), width))
    return lines


def _bar(value: float, low: float, high: float, rows: int, row: int, glyphs: Glyphs) -> str:
    """Return the sign for one value in one line; line 0 is the lowest."""
    if not math.isfinite(value):
        return " "
    steps = len(glyphs.bar)
    # The lowest value still draws a sliver, so that a gap in the data looks different.
    filled = 1 + round((value - low) / (high - low) * (rows * steps - 1))
    here = filled - row * steps
    return " " if here < 1 else glyphs.bar[min(here, steps) - 1]
