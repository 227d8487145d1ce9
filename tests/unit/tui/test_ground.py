"""Answers about the background never become keys, however they come in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.tui.ground import ASK_GROUND, Ground, GroundAnswers, ground_questions

LIGHT = "\x1b]11;rgb:ffff/ffff/dddd\x1b\\"
KEYS = st.lists(
    st.sampled_from(("s", "x", "\x1b[A", "\x1bOP", "\x1b[<0;3;4M", "1", "rgb:ff", "\x1b[I", "\\")),
    max_size=5,
).map("".join)


@pytest.mark.parametrize(
    ("answer", "ground"),
    [
        ("\x1b]11;rgb:0000/0000/0000\x07", "dark"),
        ("\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\", "dark"),
        (LIGHT, "light"),
        ("\x1b]11;rgb:fd/f6/e3\x07", "light"),
        ("\x1b]11;rgba:ffff/ffff/ffff/ffff\x07", "light"),
        ("\x1b]11;rgb:0/0/f\x07", "dark"),
        ("\x1b]11;#ffffff\x07", None),
        ("\x1b]11;\x07", None),
    ],
)
def test_the_colour_in_an_answer(answer: str, ground: Ground | None) -> None:
    answers = GroundAnswers()
    assert answers.feed(answer) == ""
    assert answers.ground == ground
    assert not answers.undecided


@given(KEYS, KEYS, st.lists(st.integers(0, 60), max_size=6), st.booleans())
def test_keys_around_an_answer_stay_and_nothing_else(
    before: str, after: str, cuts: list[int], awaited: bool
) -> None:
    answers = GroundAnswers()
    answers.awaited = awaited
    text = before + LIGHT + after
    # Not awaited, an ESC that comes alone is a key: an answer is cut there only while it is.
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    if not answers.awaited:
        places = [0, len(text)]
    kept = "".join(answers.feed(text[first:last]) for first, last in pairwise(places))
    assert kept + answers.give_up() == before + after
    assert answers.ground == "light"


@given(st.text("\x1b]1;rgb:/0f\x07\\sq", max_size=40))
def test_whatever_comes_the_next_key_is_not_lost(text: str) -> None:
    answers = GroundAnswers()
    answers.feed(text)
    answers.give_up()
    assert answers.feed("\x07 q").endswith(" q")


def test_what_is_no_answer_after_all_is_given_back() -> None:
    answers = GroundAnswers()
    assert answers.feed("\x1b") == "\x1b"
    answers.awaited = True
    assert answers.feed("\x1b") == ""
    assert answers.undecided
    assert answers.give_up() == "\x1b"
    assert answers.feed("\x1b]") == ""
    assert answers.give_up() == "\x1b]"
    assert answers.give_up() == ""


def test_an_answer_that_is_cut_off_is_dropped_and_the_key_behind_it_stays() -> None:
    answers = GroundAnswers()
    assert answers.feed("\x1b]11;rgb:ffff/ff") == ""
    assert not answers.undecided
    assert answers.feed("\x1b[A") == "\x1b[A"


def test_a_multiplexer_is_asked_and_the_terminal_outside_of_it_too() -> None:
    assert ground_questions({}) == ASK_GROUND
    assert ground_questions({"TMUX": "/tmp/tmux-0/default,1,0"}) == (
        "\x1b]11;?\x1b\\\x1bPtmux;\x1b\x1b]11;?\x1b\x1b\\\x1b\\"
    )
    assert ground_questions({"STY": "1.pts"}) == "\x1b]11;?\x1b\\\x1bP\x1b]11;?\x07\x1b\\"
