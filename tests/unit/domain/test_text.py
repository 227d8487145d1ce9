import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.text import sanitise


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain text", "plain text"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("one\r\ntwo\tthree", "one  two three"),
        ("\u202eUSDT\u2066", "USDT"),
        ("B\u200bT\u00adC\ufeff", "BTC"),
        ("hidden\ufe0f\U000e0101\u180b", "hidden"),
        ("\u3164\u2800\u115f", ""),
        ("wide\u00a0\u3000space", "wide  space"),
        ("line\u2028para\u2029", "linepara"),
        ("c1\x85\x9b", "c1"),
        ("\ue000private\U000f0000", "private"),
        ("  trimmed  ", "trimmed"),
        ("e\u0301", "é"),
        ("[bold]markup stays text[/]", "[bold]markup stays text[/]"),
    ],
)
def test_only_visible_characters_stay(raw: str, clean: str) -> None:
    assert sanitise(raw) == clean


def test_a_long_text_is_cut_and_says_so() -> None:
    assert sanitise("x" * 1000, 10) == "x" * 9 + "…"
    assert sanitise("x" * 10, 10) == "x" * 10


@given(st.text(max_size=400), st.integers(1, 120))
def test_whatever_comes_in_is_one_visible_line_of_bounded_length(raw: str, cap: int) -> None:
    clean = sanitise(raw, cap)
    assert len(clean) <= cap
    assert unicodedata.is_normalized("NFC", clean)
    assert all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in clean)
    assert sanitise(clean, cap) == clean
