"""Ticks for timed streams, and waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

__all__ = ["sleep_until", "ticks", "until"]

_SECOND = 1_000_000_000
# The clock may be a virtual one, which no timer can wait for.
_LONGEST_WAIT_S = 0.02


async def ticks(period_s: float) -> AsyncIterator[int]:
    """Yield 1, 2, 3, … every `period_s` seconds, without drift; late ticks are left out."""
    loop = asyncio.get_running_loop()
    start, count = loop.time(), 0
    while True:
        count = max(count + 1, int((loop.time() - start) / period_s))
        await asyncio.sleep(start + count * period_s - loop.time())
        yield count


async def until(done: Callable[[], bool]) -> None:
    """Wait until `done` returns True."""
    while True:
        if done():
            return
        await asyncio.sleep(_LONGEST_WAIT_S)


async def sleep_until(now_ns: Callable[[], int], due_ns: int) -> None:
    """Wait until the time that `now_ns` returns is `due_ns`."""
    while True:
        left_s = (due_ns - now_ns()) / _SECOND
        if left_s <= 0:
            return
        await asyncio.sleep(min(left_s, _LONGEST_WAIT_S))
