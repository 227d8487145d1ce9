"""What levels of a book offer at or better than a limit, and what taking them costs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from arbot_tui.domain.quotes import Level

__all__ = ["offered", "taken_value"]


def offered(levels: Sequence[Level], limit: float, *, buying: bool) -> tuple[Level, ...]:
    """Return those of `levels`, best first, that are at or better than `limit`."""
    return tuple(
        takewhile(lambda level: level[0] <= limit if buying else level[0] >= limit, levels)
    )


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
