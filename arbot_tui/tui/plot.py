"""Line charts in cells: eight dots a cell where the terminal knows braille, else one. Pure.

An own chart because it costs what it draws: a few hundred dots into a list of cells, repainted
line by line through the Line API like every other panel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.spans import Line, Span, blank, clip, fit, pad

__all__ = ["Series", "line_chart"]

_AXIS_MIN = 9
_FIGURES_LEAST = 7
"""Lines from which on the axis says a value between its ends."""
# Bits of the dots of a braille cell by (column, row from the top).
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE = 0x2800


@dataclass(frozen=True)
class Series:
    """One line of a chart.

    Attributes:
        values: From left to right over the whole width; None where there is none.
        role: What it is drawn with.
        label: What stands at its right end.
    """

    values: Sequence[float | None]
    role: str
    label: str = ""


def line_chart(
    series: Sequence[Series],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    value: Callable[[float], str],
    foot: tuple[str, str],
    least: float,
    zero: bool = False,
) -> list[Line]:
    """Return a chart in `height` lines.

    Args:
        series: What to draw; the last one is drawn over the others.
        width: Cells there are.
        height: Lines there are, at least 3.
        glyphs: The signs to draw with.
        value: Writes a value for the axis.
        foot: What stands under the left and the right end.
        least: The least span of the axis: smaller moves are no news.
        zero: Draw a rule at zero where it is in sight.
    """
    known = [v for each in series for v in each.values if v is not None and math.isfinite(v)]
    labels = max((len(each.label) for each in series), default=0)
    # A cell of air on either side.
    labels = min(labels + 2, width // 3) if labels else 0
    rows = height - 1
    if not known or rows < 2:
        return [blank(width)] * height
    low, high = _bounds(min(known), max(known), least, zero=zero)
    scale = max(_AXIS_MIN, len(value(high)), len(value(low))) + 1
    room = width - scale - labels - 1
    if room < 4:
        return [blank(width)] * height
    cells: list[list[tuple[int, str]]] = [[(0, "")] * room for _ in range(rows)]
    fine = 1 if glyphs.ascii_only else 4
    for each in series:
        _draw(each, cells, room, rows, low, high, fine)
    zero_row = _row(0.0, low, high, rows) if zero and low < 0 < high else -1
    between = _between(rows, zero_row)
    ends = _ends(series, rows, low, high)
    lines = []
    for y in range(rows):
        axis = ""
        if y == 0:
            axis = value(high)
        elif y == rows - 1:
            axis = value(low)
        elif y == zero_row:
            axis = value(0.0)
        elif y in between:
            axis = value(high - (y + 0.5) / rows * (high - low))
        rule = glyphs.frame[4] if y == zero_row else " "
        spans: list[Span] = [(pad(axis, scale, ">") + glyphs.cut, "dim")]
        spans += _cells(cells[y], rule, glyphs)
        text, role = ends.get(y, ("", "text"))
        spans.append((pad(f" {clip(text, labels - 2, glyphs.more)}" if text else "", labels), role))
        lines.append(fit(tuple(spans), width))
    left, right = foot
    under = pad(left, max(0, room - len(right))) + right
    lines.append(fit(((" " * (scale + 1), "dim"), (under, "dim")), width))
    return lines


def _bounds(low: float, high: float, least: float, *, zero: bool) -> tuple[float, float]:
    if zero and low > 0 and low < high * 0.5:
        low = 0.0
    if high - low < least:
        middle = (high + low) / 2
        low, high = middle - least / 2, middle + least / 2
    return low, high


def _between(rows: int, zero_row: int) -> set[int]:
    """Return the lines between the ends, and away from zero, where the axis says its value too."""
    if rows < _FIGURES_LEAST:
        return set()
    parts = 4 if rows >= 2 * _FIGURES_LEAST else 2
    wanted = {round(part * (rows - 1) / parts) for part in range(1, parts)}
    return {y for y in wanted if zero_row < 0 or abs(y - zero_row) > 1}


def _row(value: float, low: float, high: float, rows: int) -> int:
    return min(rows - 1, max(0, int((high - value) / (high - low) * rows)))


def _draw(
    series: Series,
    cells: list[list[tuple[int, str]]],
    room: int,
    rows: int,
    low: float,
    high: float,
    fine: int,
) -> None:
    """Put the dots of one line into the cells, joined where both neighbours are known."""
    across = room * (2 if fine > 1 else 1)
    many = len(series.values)
    before: int | None = None
    for x in range(across):
        found = series.values[min(many - 1, x * many // across)] if many else None
        if found is None or not math.isfinite(found):
            before = None
            continue
        steps = rows * fine
        y = min(steps - 1, max(0, int((high - found) / (high - low) * (steps - 1) + 0.5)))
        first, last = (y, y) if before is None else (min(y, before), max(y, before))
        for dot in range(first, last + 1):
            row, sub = divmod(dot, fine)
            column, half = divmod(x, 2) if fine > 1 else (x, 0)
            bits = cells[row][column][0] | _DOTS[half][sub]
            cells[row][column] = (bits, series.role)
        before = y


def _cells(row: Sequence[tuple[int, str]], rule: str, glyphs: Glyphs) -> list[Span]:
    """Return one line of the plot as spans, neighbours of one role together."""
    spans: list[Span] = []
    text, role = "", "faint"
    for bits, cell_role in row:
        here = cell_role if bits else "faint"
        sign = rule if not bits else ("*" if glyphs.ascii_only else chr(_BRAILLE | bits))
        if here != role and text:
            spans.append((text, role))
            text = ""
        text, role = text + sign, here
    if text:
        spans.append((text, role))
    return spans


def _ends(
    series: Sequence[Series], rows: int, low: float, high: float
) -> dict[int, tuple[str, str]]:
    """Return the labels by line, each as near to the end of its line as there is room."""
    placed: dict[int, tuple[str, str]] = {}
    for each in reversed(series):
        known = [v for v in each.values if v is not None and math.isfinite(v)]
        if not each.label or not known:
            continue
        wanted = _row(known[-1], low, high, rows)
        free = [y for y in range(rows) if y not in placed]
        if free:
            placed[min(free, key=lambda y: (abs(y - wanted), y))] = (each.label, each.role)
    return placed
