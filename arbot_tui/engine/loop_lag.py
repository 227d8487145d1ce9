"""How late the event loop runs, told by a timer that should fire every 20 ms.

A thread of its own looks on: while the loop is blocked nothing on it could tell by what.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from collections import deque
from pathlib import Path

import structlog

from arbot_tui.domain.clock import MS, SECOND, Clock

__all__ = ["LoopLag"]

_PERIOD_NS = 20 * MS
_KEPT = 3000
# A lag above this is a stall: it is logged with the stack of what blocked the loop.
_STALL_NS = 100 * MS
_LOOK_S = 0.05
# For so long a lag counts as the reason of what is late now.
_RECENT_NS = 2 * SECOND
_FRAMES = 12

_log = structlog.get_logger("engine")


class LoopLag:
    """Measures the loop's lag over the last minute.

    Attributes:
        newest_ns: Lag of the newest reading, nanoseconds.
    """

    def __init__(self, clock: Clock) -> None:
        """Measure against `clock`; nothing runs before `run`."""
        self._clock = clock
        self._lags: deque[int] = deque(maxlen=_KEPT)
        # (when it was read, lag) of the last seconds
        self._recent: deque[tuple[int, int]] = deque()
        self._due_ns = 0
        self._thread_id = 0
        self._blocked_by = ""
        self.newest_ns = 0

    def now_ns(self) -> int:
        """Return the lag as of now: the newest reading, or more if the next is overdue."""
        return max(self.newest_ns, self._overdue_ns())

    def worst_ns(self) -> int:
        """Return the largest lag of the last 2 s, one that is not read yet included."""
        recent, oldest_ns = self._recent, self._clock.now_ns() - _RECENT_NS
        while recent and recent[0][0] <= oldest_ns:
            recent.popleft()
        return max(self._overdue_ns(), *(lag_ns for _, lag_ns in recent), 0)

    def p99_ms(self) -> float:
        """Return the 99th percentile over the last minute, milliseconds; 0 before any reading."""
        if not self._lags:
            return 0.0
        ranked = sorted(self._lags)
        return ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)] / MS

    async def run(self) -> None:
        """Take readings, and log stalls, until cancelled."""
        self._thread_id = threading.get_ident()
        ended = threading.Event()
        looker = threading.Thread(
            target=self._look_on, args=(ended,), name="loop watch", daemon=True
        )
        looker.start()
        try:
            while True:
                self.expect()
                await asyncio.sleep(_PERIOD_NS / 1e9)
                self.read()
        finally:
            ended.set()

    def expect(self) -> None:
        """The next reading is due in 20 ms."""
        self._due_ns = self._clock.now_ns() + _PERIOD_NS

    def read(self) -> None:
        """Take a reading; one that comes far too late is logged with what it waited for."""
        self.newest_ns = max(0, self._overdue_ns())
        self._due_ns = 0
        self._lags.append(self.newest_ns)
        self._recent.append((self._clock.now_ns(), self.newest_ns))
        if self.newest_ns > _STALL_NS:
            stack, self._blocked_by = self._blocked_by, ""
            lag_ms = round(self.newest_ns / MS)
            _log.warning("loop_stalled", lag_ms=lag_ms, stack=stack or "not seen")

    def look(self) -> None:
        """Note where the loop's thread is, if it keeps the loop waiting; from any thread."""
        if self._overdue_ns() <= _STALL_NS or self._blocked_by:
            return
        frame = sys._current_frames().get(self._thread_id)
        frames = traceback.extract_stack(frame, _FRAMES) if frame is not None else ()
        self._blocked_by = " > ".join(
            f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames
        )

    def _overdue_ns(self) -> int:
        return self._clock.now_ns() - self._due_ns if self._due_ns else 0

    def _look_on(self, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_S):
            self.look()
