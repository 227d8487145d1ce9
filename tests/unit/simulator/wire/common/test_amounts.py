from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.simulator.wire.common.amounts import fixed, millis, parse_plain, trimmed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.500", "1.5"),
        ("100", "100"),
        ("1E+2", "100"),
        ("1E-8", "0.00000001"),
        ("0.000", "0"),
        ("-0.00", "0"),
        ("-0.0010", "-0.001"),
    ],
)
def test_amounts_are_printed_without_exponent_or_trailing_zeros(value: str, text: str) -> None:
    assert trimmed(Decimal(value)) == text


def test_fixed_decimals_are_padded() -> None:
    assert fixed(Decimal("0.1"), 4) == "0.1000"
    assert fixed(Decimal(5), 0) == "5"


def test_nanoseconds_are_cut_to_milliseconds() -> None:
    assert millis(1_999_999) == 1


def test_plain_decimals_are_read_exactly() -> None:
    assert parse_plain("0.00000001") == Decimal("0.00000001")
    with pytest.raises(ValueError, match="not a plain decimal"):
        parse_plain("1e-8")
