"""An event loop whose time is not the machine's: where nothing is ready it jumps ahead.

Hours pass in seconds, and every run is the same::

    def test_something() -> None:
        run_virtual(scenario())
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from arbot_tui.domain.clock import SECOND

__all__ = ["LoopClock", "VirtualLoop", "run_virtual"]

T = TypeVar("T")

START_NS = 1_790_000_000 * SECOND


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: what the loop would have waited is added to its time."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError("everything waits, and nothing is due: a deadlock")
        self.now_s += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in virtual time."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the virtual time, seconds."""
        # A float of seconds has to be the next whole nanosecond for what is due to be due.
        return round(self._jumping.now_s, 9)


class LoopClock:
    """A `Clock` that tells the time of the running loop."""

    def now_ns(self) -> int:
        """Return UTC nanoseconds of the virtual time."""
        return START_NS + round(asyncio.get_running_loop().time() * SECOND)

    def catch_up(self) -> int:
        """Return 0: this machine never sleeps."""
        return 0


def run_virtual(scenario: Coroutine[Any, Any, T]) -> T:
    """Run `scenario` in virtual time; fails if it leaves a task behind."""

    async def watched() -> T:
        result = await scenario
        me = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not me]
        assert left == [], left
        return result

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(watched())
