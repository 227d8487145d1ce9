"""What levels of a book offer at or better than a limit, and what taking them costs."""

from __future__ import annotations

from collections.abc import Sequence

from arbot_tui.domain.quotes import Level

__all__ = ["offered", "taken_value"]


def offered(levels: Sequence[Level], limit: float, *, buying: bool) -> float:
    """Return the base quantity in `levels`, best first, at or better than `limit`."""
    total = 0.0
    for price, size in levels:
        if (price > limit) if buying else (price < limit):
            break
        total += size
    return total


def taken_value(levels: Sequence[Level], qty: float) -> float:
    """Return the quote value of taking `qty` from the best level on; no more than is there."""
    value = 0.0
    for price, size in levels:
        part = min(size, qty)
        value += price * part
        qty -= part
        if qty <= 0.0:
            break
    return value
