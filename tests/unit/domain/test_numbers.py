from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.numbers import (
    amount,
    ceil_to,
    floor_to,
    from_float,
    parse_decimal,
    plain,
    positive,
)

_steps = st.integers(0, 12).flatmap(
    lambda places: st.integers(1, 999).map(lambda units: Decimal(units).scaleb(-places))
)
_amounts = st.decimals(
    min_value=Decimal("-1e15"), max_value=Decimal("1e15"), allow_nan=False, places=12
)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", "0"), ("1E-7", "0.0000001"), ("-3.10", "-3.10"), ("25.35190000", "25.3519")],
)
def test_numbers_on_the_wire_are_read_exactly(text: str, value: str) -> None:
    assert parse_decimal(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "abc", "1,5", "0x10", "1 2", "--1"])
def test_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_decimal(text)


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-inf"])
def test_numbers_that_are_not_finite_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        parse_decimal(text)


@pytest.mark.parametrize("text", ["1" * 41, "1e41", "1e-41", "0." + "3" * 41])
def test_absurd_precision_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too many digits"):
        parse_decimal(text)


def test_a_refusal_quotes_only_the_beginning_of_a_hostile_text() -> None:
    with pytest.raises(ValueError, match="not a number") as caught:
        parse_decimal("x" * 10_000)
    assert len(str(caught.value)) < 100


@given(st.decimals(min_value=0, max_value=10**6, places=8))
def test_a_wire_price_survives_the_float_of_the_hot_path(price: Decimal) -> None:
    assert from_float(float(str(price))) == price


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E+3", "1000"),
        ("1E-8", "0.00000001"),
        ("10.500", "10.5"),
        ("-0", "0"),
        ("0.000", "0"),
        ("100", "100"),
        ("-2.50", "-2.5"),
    ],
)
def test_plain_text_has_no_exponent_and_no_trailing_zeros(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@given(_amounts)
def test_plain_text_reads_back_as_the_same_number(value: Decimal) -> None:
    assert Decimal(plain(value)) == value


@given(_amounts, _steps)
def test_floor_and_ceil_are_the_nearest_multiples_on_their_side(
    value: Decimal, step: Decimal
) -> None:
    low, high = floor_to(value, step), ceil_to(value, step)
    assert low % step == 0
    assert high % step == 0
    assert low <= value <= high
    assert value - low < step
    assert high - value < step


@pytest.mark.parametrize("step", ["0", "-0.1"])
def test_a_step_that_is_not_positive_is_refused(step: str) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        floor_to(Decimal(1), Decimal(step))


def test_what_has_to_be_above_zero_is_and_what_may_be_missing_is_none() -> None:
    assert positive("0.1") == amount("0.1") == Decimal("0.1")
    assert amount("0") == amount("") == 0
    for text in ("0", "-1"):
        with pytest.raises(ValueError, match="not positive"):
            positive(text)
    with pytest.raises(ValueError, match="negative"):
        amount("-1")
    with pytest.raises(ValueError, match="not a number"):
        positive("")
