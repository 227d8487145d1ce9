"""One stamp for receive times, timers and records.

`now_ns` is a monotonic reading plus an offset to UTC fixed when the clock is made, so it
never steps when the system clock is set, is comparable across exchanges, and can be recorded.
A machine that sleeps stops the monotonic clock, too; a clock that counts the sleep costs twice as
much to read, for every frame. So `catch_up` compares the two now and then, before it matters.
"""

from __future__ import annotations

import sys
import time
from typing import Protocol

__all__ = ["MS", "SECOND", "Clock", "SystemClock", "VirtualClock", "from_millis", "millis_named"]

MS = 1_000_000
"""Nanoseconds in a millisecond."""
SECOND = 1_000_000_000
"""Nanoseconds in a second."""

# What counts on while the machine sleeps and is never set. Linux has one for it; macOS stops
# `time.monotonic` only; elsewhere that one goes on.
_SLEEPLESS: int | None = getattr(
    time, "CLOCK_MONOTONIC_RAW" if sys.platform == "darwin" else "CLOCK_BOOTTIME", None
)
# Below this two readings only were not made at once; a machine does not sleep for so short.
_LEAST_SLEEP_NS = 100 * MS

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


def millis_named(text: str) -> int:
    """Return a time in milliseconds that a venue may name; 0 where it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


class Clock(Protocol):
    """Anything that tells the time in nanoseconds since the Unix epoch, never backwards."""

    def now_ns(self) -> int:
        """Return UTC nanoseconds; never smaller than an earlier answer."""
        ...

    def catch_up(self) -> int:
        """Move on over what the machine slept since the last call, and return that.

        Returns:
            Nanoseconds; 0 where it did not sleep. Times read in between were too early by them.
        """
        ...


class SystemClock:
    """The machine's monotonic clock, tied to UTC once."""

    __slots__ = ("_asleep_ns", "_offset_ns")

    def __init__(self) -> None:
        """Fix the offset between the monotonic clock and UTC."""
        self._offset_ns = time.time_ns() - time.monotonic_ns()
        self._asleep_ns = _asleep_ns()

    def now_ns(self) -> int:
        """Return UTC nanoseconds as of the offset fixed at start."""
        return time.monotonic_ns() + self._offset_ns

    def catch_up(self) -> int:
        """Move on over what the machine slept; see `Clock`. Costs two readings."""
        asleep_ns = _asleep_ns()
        slept_ns = asleep_ns - self._asleep_ns
        if slept_ns < _LEAST_SLEEP_NS:
            return 0
        self._asleep_ns = asleep_ns
        self._offset_ns += slept_ns
        return slept_ns


def _asleep_ns() -> int:
    """Return how long the machine has slept since it was started, from some origin.

    Never too much: what passes between the two readings is taken off.
    """
    return 0 if _SLEEPLESS is None else time.clock_gettime_ns(_SLEEPLESS) - time.monotonic_ns()


class VirtualClock:
    """A clock that moves only when told to; for replay, backtest and tests."""

    __slots__ = ("_now_ns", "_slept_ns")

    def __init__(self, start_ns: int = 0) -> None:
        """Start at `start_ns` UTC nanoseconds."""
        self._now_ns = start_ns
        self._slept_ns = 0

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

    def sleep(self, delta_ns: int) -> None:
        """Let the machine sleep: time goes on, and the clock does not know before `catch_up`."""
        self._slept_ns += delta_ns

    def catch_up(self) -> int:
        """Move on over what the machine slept; see `Clock`."""
        slept_ns, self._slept_ns = self._slept_ns, 0
        self._now_ns += slept_ns
        return slept_ns
