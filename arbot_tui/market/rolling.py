"""Rolling statistics: cheap per value, and as exact as computing them anew.

Running sums drift as values come and go; each is therefore computed anew after as many steps as
it has values, which costs O(1) a step and bounds the drift to that of one window.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque

__all__ = ["HalvesMean", "MedianWindow"]


class _Sum:
    """Values in order of arrival, and their sum."""

    __slots__ = ("_steps", "total", "values")

    def __init__(self) -> None:
        self.values: deque[tuple[int, float]] = deque()
        self.total = 0.0
        self._steps = 0

    def append(self, at_ns: int, value: float) -> None:
        self.values.append((at_ns, value))
        self._step(value)

    def popleft(self) -> tuple[int, float]:
        at_ns, value = self.values.popleft()
        self._step(-value)
        return at_ns, value

    def _step(self, value: float) -> None:
        self._steps += 1
        if self._steps > len(self.values):
            self.total = math.fsum(value for _, value in self.values)
            self._steps = 0
        else:
            self.total += value

    @property
    def mean(self) -> float:
        return self.total / len(self.values)


class HalvesMean:
    """Means of the older and the newer half of a window of time; O(1) amortised per value."""

    __slots__ = ("_half_ns", "_newer", "_older")

    def __init__(self, window_ns: int) -> None:
        """Start empty."""
        self._half_ns = window_ns // 2
        self._older = _Sum()
        self._newer = _Sum()

    def resize(self, window_ns: int) -> None:
        """Look back further or less far; what has left the window is not known any more."""
        self._half_ns = window_ns // 2
        kept = [*self._older.values, *self._newer.values]
        self._older, self._newer = _Sum(), _Sum()
        for at_ns, value in kept:
            self.add(at_ns, value)

    def add(self, at_ns: int, value: float) -> None:
        """Take a value; times never step back."""
        self._newer.append(at_ns, value)
        self._slide(at_ns)

    def _slide(self, now_ns: int) -> None:
        older, newer = self._older, self._newer
        while newer.values and newer.values[0][0] <= now_ns - self._half_ns:
            older.append(*newer.popleft())
        while older.values and older.values[0][0] <= now_ns - 2 * self._half_ns:
            older.popleft()

    def change_pct(self, now_ns: int) -> float | None:
        """Return by how much the newer half's mean is above the older's, in percent.

        None while either half is empty.
        """
        self._slide(now_ns)
        if not (self._older.values and self._newer.values):
            return None
        return 100.0 * (self._newer.mean / self._older.mean - 1.0)


class MedianWindow:
    """Median and standard deviation of the newest `size` values.

    O(log size) comparisons per value; shifting a sorted list of a thousand floats is one memmove.
    """

    __slots__ = ("_ordered", "_shift", "_size", "_squares", "_steps", "_sum", "_values")

    def __init__(self, size: int) -> None:
        """Start empty."""
        self._size = size
        self._values: deque[float] = deque()
        self._ordered: list[float] = []
        # Sums of distances from a value nearby: squares of large numbers would lose the digits.
        self._shift = 0.0
        self._sum = 0.0
        self._squares = 0.0
        self._steps = 0

    def resize(self, size: int) -> None:
        """Keep the newest `size` values from now on."""
        self._size = size
        while len(self._values) > size:
            self._drop()
        if self._values:
            self._recompute()

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self._values)

    def add(self, value: float) -> None:
        """Take a value; the oldest one goes when there are too many."""
        self._values.append(value)
        insort(self._ordered, value)
        self._take(value, 1.0)
        if len(self._values) > self._size:
            self._drop()
        self._steps += 1
        if self._steps >= len(self._values):
            self._recompute()

    def _drop(self) -> None:
        oldest = self._values.popleft()
        del self._ordered[bisect_left(self._ordered, oldest)]
        self._take(oldest, -1.0)

    def _take(self, value: float, sign: float) -> None:
        distance = value - self._shift
        self._sum += sign * distance
        self._squares += sign * distance * distance

    def _recompute(self) -> None:
        self._steps = 0
        self._shift = self.median
        distances = [value - self._shift for value in self._values]
        self._sum = math.fsum(distances)
        self._squares = math.fsum(distance * distance for distance in distances)

    @property
    def median(self) -> float:
        """The middle value, or the mean of the two; there must be one."""
        ordered = self._ordered
        middle = len(ordered) // 2
        if len(ordered) % 2:
            return ordered[middle]
        return (ordered[middle - 1] + ordered[middle]) / 2.0

    @property
    def deviation(self) -> float:
        """The standard deviation of the sample; 0 with fewer than two values."""
        count = len(self._values)
        if count < 2:
            return 0.0
        variance = (self._squares - self._sum * self._sum / count) / (count - 1)
        return math.sqrt(max(variance, 0.0))
