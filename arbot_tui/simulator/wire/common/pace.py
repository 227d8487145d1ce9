"""Ticks for timed streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

__all__ = ["ticks"]


async def ticks(period_s: float) -> AsyncIterator[int]:
    """Yield 1, 2, 3, … every `period_s` seconds, without drift; late ticks are left out."""
    loop = asyncio.get_running_loop()
    start, count = loop.time(), 0
    while True:
        count = max(count + 1, int((loop.time() - start) / period_s))
        await asyncio.sleep(start + count * period_s - loop.time())
        yield count
