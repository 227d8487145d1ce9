"""Percentiles of the newest durations, cheap to record."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["Latency"]

_KEPT = 4096


class Latency:
    """The newest durations of one kind, in nanoseconds."""

    __slots__ = ("_next", "_values")

    def __init__(self) -> None:
        """Start with none."""
        self._values = array("q")
        self._next = 0

    def add(self, duration_ns: int) -> None:
        """Take one duration; the oldest gives way when the ring is full."""
        if len(self._values) < _KEPT:
            self._values.append(duration_ns)
        else:
            self._values[self._next] = duration_ns
            self._next = (self._next + 1) % _KEPT

    def percentile_us(self, percent: float) -> float | None:
        """Return the percentile in microseconds (nearest rank); None where nothing is known."""
        if not self._values:
            return None
        ranked = sorted(self._values)
        rank = math.ceil(percent * len(ranked) / 100)
        return ranked[max(rank, 1) - 1] / 1000

    def counts(self, bounds_ns: Sequence[int]) -> list[int]:
        """Return how many durations lie at or below each of the ascending bounds, then above."""
        found = [0] * (len(bounds_ns) + 1)
        for value in self._values:
            found[bisect_left(bounds_ns, value)] += 1
        return found
