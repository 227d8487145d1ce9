"""The latest values of a measurement: cheap to add, percentiles only when asked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["Window"]


class Window:
    """A ring of the newest `size` integers."""

    __slots__ = ("_next", "_size", "_values")

    def __init__(self, size: int) -> None:
        """Start empty."""
        self._size = size
        self._values: list[int] = []
        self._next = 0

    def add(self, value: int) -> None:
        """Take a value; the oldest one goes when the ring is full."""
        if len(self._values) < self._size:
            self._values.append(value)
            return
        self._values[self._next] = value
        self._next = (self._next + 1) % self._size

    def percentile(self, percent: float) -> int | None:
        """Return the nearest-rank percentile; None while nothing was measured."""
        if not self._values:
            return None
        ordered = sorted(self._values)
        rank = -(-len(ordered) * percent // 100)
        return ordered[min(max(int(rank) - 1, 0), len(ordered) - 1)]

    def counts(self, bounds: Sequence[int]) -> list[int]:
        """Return how many values lie at or below each of the ascending bounds, then above."""
        found = [0] * (len(bounds) + 1)
        for value in self._values:
            found[bisect_left(bounds, value)] += 1
        return found
