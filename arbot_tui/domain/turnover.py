"""Traded values of many symbols, as the venues' ticker lists tell them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from arbot_tui.domain.numbers import parse_decimal

__all__ = ["read_turnover"]


def read_turnover(rows: Iterable[tuple[str, str]]) -> dict[str, Decimal]:
    """Return the traded value by symbol.

    A row without a symbol, or whose value is no number of zero or more, is left out: one odd
    listing does not hide what the others trade.

    Args:
        rows: Wire symbol and traded value as text.
    """
    found: dict[str, Decimal] = {}
    for symbol, text in rows:
        try:
            value = parse_decimal(text)
        except ValueError:
            continue
        if symbol and value >= 0:
            found[symbol] = value
    return found
