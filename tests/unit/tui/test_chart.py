"""The edge over time, in cells."""

from __future__ import annotations

import math

from arbot_tui.tui.glyphs import UNICODE
from arbot_tui.tui.spans import line_width
from arbot_tui.tui.widgets.chart import edge_chart


def drawn(values: tuple[float, ...], width: int = 16, height: int = 5) -> list[str]:
    lines = edge_chart(values, width, height, UNICODE)
    assert [line_width(line) for line in lines] == [width] * height
    return ["".join(text for text, _ in line) for line in lines]


def test_the_newest_value_is_at_the_right_and_the_extremes_are_labelled() -> None:
    lines = drawn((-0.2, 0.0, 0.2))
    assert lines[1].startswith("  +0.200%")
    assert lines[1].endswith("  █")
    assert lines[4].startswith("  −0.200%")
    assert lines[4].endswith("▁██")


def test_gaps_stay_empty_and_too_many_values_lose_the_oldest() -> None:
    assert drawn((0.1, math.nan, 0.1))[4].endswith("▁ ▁")
    assert drawn(tuple(float(value) for value in range(99)))[1].startswith(" +98.000%")


def test_without_values_or_room_it_says_so() -> None:
    assert "no edge known yet" in drawn((math.nan,), 24)[1]
    assert len(drawn((), 24, 1)) == 1
    assert len(drawn((1.0,), 5, 4)) == 4


def test_a_wide_chart_draws_each_value_wider_and_keeps_the_axis_beside_them() -> None:
    lines = [
        "".join(part for part, _ in line)
        for line in edge_chart((0.0,) * 59 + (0.2,), 300, 4, UNICODE)
    ]
    assert lines[1].endswith("   ███")
    assert lines[1].rstrip(" █").endswith("+0.200%")
    assert lines[1].index("+0.200%") == 300 - 180 - 1 - len("+0.200%")
