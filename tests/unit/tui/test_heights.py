"""Who gets which lines of the matrix's view."""

from __future__ import annotations

import pytest

from arbot_tui.tui.views.heights import Heights, share

WIDE, MEDIUM, NARROW = 160, 120, 80


def test_twenty_symbols_at_160x48_leave_exactly_the_books() -> None:
    assert share(WIDE, 45, 20, detail=None) == Heights(matrix=23, detail=13, trades=9)


def test_many_symbols_keep_all_lines_until_the_books_are_asked_for() -> None:
    assert share(WIDE, 45, 200, detail=None) == Heights(matrix=36, trades=9)
    assert share(WIDE, 45, 200, detail=True) == Heights(matrix=23, detail=13, trades=9)


def test_closed_books_leave_their_lines_to_the_trades() -> None:
    assert share(WIDE, 45, 20, detail=False) == Heights(matrix=23, trades=22)


def test_books_grow_by_levels_and_no_further_than_there_are_any() -> None:
    assert share(WIDE, 53, 20, detail=None) == Heights(matrix=23, detail=17, trades=13)
    assert share(WIDE, 100, 20, detail=None).detail == 23


def test_on_a_low_medium_screen_the_matrix_keeps_its_lines() -> None:
    assert share(MEDIUM, 37, 20, detail=None) == Heights(matrix=20, trades=7, right=10)
    assert share(MEDIUM, 37, 20, detail=True) == Heights(matrix=16, detail=11, right=10)


def test_a_narrow_screen_has_one_panel_below_which_takes_what_is_left() -> None:
    assert share(NARROW, 21, 20, detail=None) == Heights(matrix=12, below=9)
    assert share(NARROW, 21, 4, detail=None) == Heights(matrix=7, below=14)
    assert share(NARROW, 60, 200, detail=True) == Heights(matrix=46, below=14)


@pytest.mark.parametrize("width", [NARROW, MEDIUM, WIDE, 240])
@pytest.mark.parametrize("rows", [0, 1, 20, 200])
@pytest.mark.parametrize("detail", [None, False, True])
def test_every_line_is_given_away_once_and_before_symbols_are_known_nothing_opens(
    width: int, rows: int, detail: bool | None
) -> None:
    for height in range(21, 120):
        shared = share(width, height, rows, detail=detail)
        assert sum(shared) == height
        assert min(shared) >= 0
        assert shared.matrix >= min(rows + 3, 6) or not rows
        if not rows and detail is None:
            assert not shared.detail
        if rows and width >= MEDIUM and detail is None and shared.detail:
            assert shared.matrix >= rows + 3
