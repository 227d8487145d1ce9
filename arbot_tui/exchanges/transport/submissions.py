"""Order requests under way: each in a task of its own, none ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.orders import OrderEvent, OrderRequest, OrderUnknown
from arbot_tui.exchanges.base import OrderEventSink

__all__ = ["Submissions"]


class Submissions:
    """Runs placements and reports what became of them, whatever happens to their tasks.

    A request that was cancelled or failed in a way nobody foresaw may have reached the venue:
    it is reported as unknown, never forgotten.
    """

    def __init__(self, venue: str) -> None:
        """Start with nothing under way."""
        self._venue = venue
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Return how many requests are under way."""
        return len(self._tasks)

    def start(
        self,
        order: OrderRequest,
        place: Callable[[OrderRequest], Awaitable[list[OrderEvent]]],
        sink: OrderEventSink,
    ) -> None:
        """Start `place(order)`; its events go to `sink` when it ends.

        Args:
            order: What to place.
            place: Places it and returns the events; started once.
            sink: Takes the events.
        """
        told = False

        async def run() -> None:
            nonlocal told
            events = await place(order)
            told = True
            for event in events:
                sink(event)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if not told:
                sink(OrderUnknown(self._venue, order.client_id, _cause(task)))
            if not task.cancelled() and (error := task.exception()) is not None:
                _report(task, error)

        task = asyncio.create_task(run(), name=f"{self._venue}-{order.client_id}")
        self._tasks.add(task)
        # A callback, because a task cancelled before its first step never runs its own code.
        task.add_done_callback(ended)

    async def close(self) -> None:
        """Cancel what is under way; each is reported as unknown before this returns."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        # `ended` was registered before gather's own callback, so it has run when this returns.
        await asyncio.gather(*tasks, return_exceptions=True)


def _cause(task: asyncio.Task[None]) -> str:
    error = None if task.cancelled() else task.exception()
    return "given up while under way" if error is None else f"{type(error).__name__} {error}"


def _report(task: asyncio.Task[None], error: BaseException) -> None:
    """Show a bug to whoever handles the event loop's errors; a venue's refusal is none."""
    if not isinstance(error, ExchangeError):
        context = {"message": "placing an order failed", "exception": error, "task": task}
        task.get_loop().call_exception_handler(context)
