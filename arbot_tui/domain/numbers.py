"""Decimals on the wire and back: exact, plain, finite."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation, localcontext

__all__ = [
    "ZERO",
    "amount",
    "ceil_to",
    "exact",
    "floor_to",
    "from_float",
    "parse_decimal",
    "plain",
    "positive",
]

ZERO = Decimal(0)

_MAX_DIGITS = 40
# Sums of quantities with up to 18 decimals and 20 integer digits stay exact in 60 digits.
exact = Context(prec=60)
"""Context for money: wide enough that sums and products of wire numbers are exact."""


def parse_decimal(text: str) -> Decimal:
    """Return the finite decimal written in `text`.

    Raises:
        ValueError: It is no plain or exponent number, is not finite, or has an absurd number
            of digits.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a number: {text[:40]!r}") from None
    if not value.is_finite():
        raise ValueError(f"not a finite number: {text[:40]!r}")
    _, digits, exponent = value.as_tuple()
    if len(digits) > _MAX_DIGITS or abs(int(exponent)) > _MAX_DIGITS:
        raise ValueError(f"too many digits: {text[:40]!r}")
    return value


def positive(text: str) -> Decimal:
    """Return a decimal above zero, as prices, steps and executed quantities are.

    Raises:
        ValueError: It is none.
    """
    value = parse_decimal(text)
    if value <= 0:
        raise ValueError(f"not positive: {value}")
    return value


def amount(text: str) -> Decimal:
    """Return a quantity where an empty text means none.

    Raises:
        ValueError: It is no number, or below zero.
    """
    value = parse_decimal(text) if text else ZERO
    if value < 0:
        raise ValueError(f"negative: {value}")
    return value


def from_float(value: float) -> Decimal:
    """Return the decimal that `value` was read from.

    A float made from a decimal text of up to 15 significant digits prints back as that text,
    so a wire price survives the hot path unchanged.
    """
    return Decimal(repr(value))


def plain(value: Decimal) -> str:
    """Return `value` without exponent or trailing zeros, as every venue accepts it."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _to_step(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    if step <= 0:
        raise ValueError(f"a step must be positive, not {step}")
    with localcontext(exact):
        return (value / step).to_integral_value(rounding=rounding) * step


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` that is not above `value`."""
    return _to_step(value, step, ROUND_FLOOR)


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` that is not below `value`."""
    return _to_step(value, step, ROUND_CEILING)
