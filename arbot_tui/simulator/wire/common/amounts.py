"""Numbers as venues print them, and printed numbers read back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.orders import Order, Trade

__all__ = ["average", "fees_by_coin", "fixed", "levels", "millis", "parse_plain", "trimmed"]

_PLAIN = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
# Average prices are rounded on every venue; the exact value is in the fills.
_AVERAGE_DIGITS = 4


def millis(time_ns: int) -> int:
    """Return nanoseconds as milliseconds."""
    return time_ns // 1_000_000


def trimmed(value: Decimal) -> str:
    """Return an amount without exponent and without trailing zeros."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def fixed(value: Decimal, decimals: int) -> str:
    """Return an amount with a fixed number of decimals."""
    return f"{value:.{decimals}f}"


def average(order: Order) -> Decimal | None:
    """Return the average price of what an order traded, rounded; None before the first fill."""
    if not order.filled:
        return None
    digits = order.instrument.price_decimals + _AVERAGE_DIGITS
    return (order.value / order.filled).quantize(Decimal(1).scaleb(-digits))


def fees_by_coin(trades: Iterable[Trade]) -> dict[str, Decimal]:
    """Return what trades cost, by coin, in the order of first paying in it."""
    fees: dict[str, Decimal] = {}
    for trade in trades:
        fees[trade.fee_asset] = fees.get(trade.fee_asset, Decimal(0)) + trade.fee
    return fees


def levels(instrument: Instrument, side: Iterable[tuple[int, int]]) -> list[list[str]]:
    """Return levels of a book as `[price, quantity]` texts; "0" stands for a level that went."""
    return [
        [instrument.price_text(ticks), instrument.qty_text(lots) if lots else "0"]
        for ticks, lots in side
    ]


def parse_plain(text: str) -> Decimal:
    """Return the number in `text`, which must be an unsigned plain decimal.

    Raises:
        ValueError: It has a sign, an exponent, or is no number.
    """
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"not a plain decimal: {text[:40]!r}")
    return Decimal(text)
