"""The latest values of a measurement: cheap to add, percentiles only when asked."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence

__all__ = ["Window"]


class Window:
    """A ring of the newest `size` integers.

    Attributes:
        add: Takes a value; the oldest one goes when the ring is full. The ring's own method, since
            it is called for every quote.
    """

    __slots__ = ("_values", "add")

    def __init__(self, size: int) -> None:
        """Start empty."""
        self._values: deque[int] = deque(maxlen=size)
        self.add: Callable[[int], None] = self._values.append

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
