"""Numbers as the screen writes them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.tui import numbers
from arbot_tui.tui.glyphs import ASCII, UNICODE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.184, "+0.184%"),
        (-0.2, "−0.200%"),
        (0.0, "+0.000%"),
        (123.4, "+123%"),
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_an_edge_always_has_a_sign(value: float | None, text: str) -> None:
    assert numbers.edge(value, UNICODE) == text


@pytest.mark.parametrize(
    ("amount", "text", "role"),
    [
        ("12.8391", "+12.84", "gain"),
        ("-0.5", "−0.50", "loss"),
        ("0", "+0.00", "neutral"),
        ("", "", "neutral"),
        ("n/a", "n/a", "neutral"),
        ("NaN", "NaN", "neutral"),
    ],
)
def test_money_has_a_sign_and_a_role(amount: str, text: str, role: str) -> None:
    assert numbers.money(amount, UNICODE) == text
    assert numbers.role_of(amount) == role


def test_the_ascii_minus_is_a_hyphen() -> None:
    assert numbers.money("-1", ASCII) == "-1.00"


@given(st.floats(min_value=0, max_value=1e9))
def test_a_quantity_fits_in_seven_cells(value: float) -> None:
    assert len(numbers.quantity(value)) <= 7


def test_quantities_that_are_no_numbers_are_a_dash() -> None:
    assert numbers.quantity(math.nan) == "-"
    assert numbers.price(math.inf, 2) == "-"
    assert numbers.same_decimals([math.nan, 2.0]) == ["-", "2.000"]


@given(st.lists(st.floats(min_value=0, max_value=1e6), max_size=10))
def test_sizes_of_one_ladder_have_equally_many_decimals(values: list[float]) -> None:
    tails = {len(text.partition(".")[2]) for text in numbers.same_decimals(values)}
    assert len(tails) <= 1


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (-5, "<1s"),
        (999 * MS, "<1s"),
        (SECOND, "1s"),
        (9 * SECOND, "9s"),
        (14 * SECOND, "10s"),
        (99 * SECOND, "95s"),
        (100 * SECOND, "1m"),
        (7200 * SECOND, "2h"),
        (400_000 * SECOND, "old"),
    ],
)
def test_an_age_fits_in_three_cells(nanoseconds: int, text: str) -> None:
    assert numbers.age(nanoseconds) == text
    assert len(text) <= 3


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (-3, "0 ms"),
        (420 * MS, "420 ms"),
        (1200 * MS, "1.2 s"),
        (150 * SECOND, "2 min"),
        (7300 * SECOND, "2 h"),
    ],
)
def test_a_duration_names_its_unit(nanoseconds: int, text: str) -> None:
    assert numbers.duration(nanoseconds) == text


def test_counts() -> None:
    assert numbers.grouped(18402) == "18 402"


def test_a_spark_scales_between_its_own_extremes() -> None:
    assert numbers.spark((0.0, 0.5, 1.0), 5, UNICODE) == "  ▁▄▇"
    assert numbers.spark((0.0, math.nan, 1.0), 3, UNICODE) == "▁ ▇"


def test_a_spark_without_moves_stays_low_and_without_values_empty() -> None:
    assert numbers.spark((0.2, 0.2001), 2, UNICODE) == "▁▁"
    assert numbers.spark((math.nan,), 3, UNICODE) == "   "
    assert numbers.spark((1.0,), 0, UNICODE) == ""
