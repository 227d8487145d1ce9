"""How late the event loop runs, told by a timer that should fire every 20 ms."""

from __future__ import annotations

import asyncio
from collections import deque

from arbot_tui.domain.clock import MS, Clock

__all__ = ["LoopLag"]

_PERIOD_NS = 20 * MS
_KEPT = 3000


class LoopLag:
    """Measures the loop's lag over the last minute.

    Attributes:
        newest_ns: Lag of the newest reading, nanoseconds.
    """

    def __init__(self, clock: Clock) -> None:
        """Measure against `clock`; nothing runs before `run`."""
        self._clock = clock
        self._lags: deque[int] = deque(maxlen=_KEPT)
        self._due_ns = 0
        self.newest_ns = 0

    def now_ns(self) -> int:
        """Return the lag as of now: the newest reading, or more if the next is overdue."""
        overdue = self._clock.now_ns() - self._due_ns if self._due_ns else 0
        return max(self.newest_ns, overdue)

    def p99_ms(self) -> float:
        """Return the 99th percentile over the last minute, milliseconds; 0 before any reading."""
        if not self._lags:
            return 0.0
        ranked = sorted(self._lags)
        return ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)] / MS

    async def run(self) -> None:
        """Take readings until cancelled."""
        while True:
            self._due_ns = self._clock.now_ns() + _PERIOD_NS
            await asyncio.sleep(_PERIOD_NS / 1e9)
            self.newest_ns = max(0, self._clock.now_ns() - self._due_ns)
            self._lags.append(self.newest_ns)
