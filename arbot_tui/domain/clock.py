"""One stamp for receive times, timers and records.

`now_ns` is a monotonic reading plus an offset to UTC fixed when the clock is made, so it
never steps when the system clock is set, is comparable across exchanges, and can be recorded.
"""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["MS", "SECOND", "Clock", "SystemClock", "VirtualClock", "from_millis"]

MS = 1_000_000
"""Nanoseconds in a millisecond."""
SECOND = 1_000_000_000
"""Nanoseconds in a second."""

# 2100-01-01: what is later is no time in milliseconds.
_LATEST_MS = 4_102_444_800_000


def from_millis(value: int | str) -> int:
    """Return UTC nanoseconds of a venue's time in milliseconds since the Unix epoch.

    Raises:
        ValueError: It is no whole number, or no time of this century and the last.
    """
    millis = int(value)
    if not 0 < millis < _LATEST_MS:
        raise ValueError(f"no time in milliseconds: {str(value)[:40]}")
    return millis * MS


class Clock(Protocol):
    """Anything that tells the time in nanoseconds since the Unix epoch, never backwards."""

    def now_ns(self) -> int:
        """Return UTC nanoseconds; never smaller than an earlier answer."""
        ...


class SystemClock:
    """The machine's monotonic clock, tied to UTC once."""

    __slots__ = ("_offset_ns",)

    def __init__(self) -> None:
        """Fix the offset between the monotonic clock and UTC."""
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        """Return UTC nanoseconds as of the offset fixed at start."""
        return time.monotonic_ns() + self._offset_ns


class VirtualClock:
    """A clock that moves only when told to; for replay, backtest and tests."""

    __slots__ = ("_now_ns",)

    def __init__(self, start_ns: int = 0) -> None:
        """Start at `start_ns` UTC nanoseconds."""
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """Return the time it was last moved to."""
        return self._now_ns

    def advance(self, delta_ns: int) -> int:
        """Move forward by `delta_ns` and return the new time.

        Raises:
            ValueError: `delta_ns` is negative.
        """
        if delta_ns < 0:
            raise ValueError(f"a clock cannot go back ({delta_ns} ns)")
        self._now_ns += delta_ns
        return self._now_ns

    def move_to(self, now_ns: int) -> int:
        """Move to `now_ns` if that lies ahead, and return the time."""
        self._now_ns = max(self._now_ns, now_ns)
        return self._now_ns
