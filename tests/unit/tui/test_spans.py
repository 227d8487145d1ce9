"""Lines of spans: widths, cuts, and nothing invisible."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from arbot_tui.tui.spans import (
    Line,
    blank,
    clean,
    clip,
    fit,
    join,
    line_width,
    on_cursor,
    pad,
)

TEXTS = st.text(st.characters(exclude_categories=["C"]), max_size=20)
LINES = st.lists(st.tuples(TEXTS, st.just("text")), max_size=5).map(tuple)


@given(st.text())
def test_cleaned_text_is_visible_and_as_long_as_before(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert all(char.isprintable() for char in cleaned)
    assert clean(text, ascii_only=True).isascii()


def test_an_escape_sequence_loses_its_escape() -> None:
    assert clean("\x1b[2J", ascii_only=True) == "?[2J"


@given(TEXTS, st.integers(0, 30), st.sampled_from("<>^"))
def test_padded_text_has_exactly_the_width(text: str, width: int, align: str) -> None:
    assert cell_len(pad(text, width, align)) == width


@given(TEXTS, st.integers(0, 30))
def test_clipped_text_is_at_most_as_wide(text: str, width: int) -> None:
    assert cell_len(clip(text, width)) <= width


@given(LINES, st.integers(0, 60))
def test_a_fitted_line_has_exactly_the_width(line: Line, width: int) -> None:
    assert line_width(fit(line, width)) == width


@given(LINES, LINES, st.integers(0, 60))
def test_joined_lines_have_exactly_the_width(left: Line, right: Line, width: int) -> None:
    assert line_width(join(left, right, width)) == width


def test_the_left_part_gives_way_to_the_right_one() -> None:
    assert join((("abcdef", "a"),), (("XY", "b"),), 5) == (("abc", "a"), ("XY", "b"))
    assert join((("abcdef", "a"),), (("X" * 9, "b"),), 5) == (("abcde", "a"),)


def test_roles_on_the_cursor_are_marked() -> None:
    assert on_cursor((("a", "gain"),)) == (("a", "@gain"),)
    assert blank(0) == ()


def test_cuts_show() -> None:
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcdef", 3, "") == "abc"
    assert clip("abcdef", 0) == ""
