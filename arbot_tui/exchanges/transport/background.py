"""Short tasks started from plain functions, all of them ended with their owner."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

__all__ = ["Background"]


class Background:
    """Runs coroutines that nobody awaits, and leaves none behind.

    A task group refuses new tasks while it ends, but frames still arrive then; here a late
    coroutine is dropped unrun.
    """

    def __init__(self) -> None:
        """Start with nothing running."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def __len__(self) -> int:
        """Return how many coroutines run."""
        return len(self._tasks)

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Run `work` in a task of its own; after `close` drop it."""
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Cancel what runs and return when it has ended."""
        self._closed = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A bug: shown to whoever handles the event loop's errors.
            task.get_loop().call_exception_handler(
                {"message": "a background task failed", "exception": error, "task": task}
            )
