"""Order requests under way: each in a task of its own, none ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.orders import OrderEvent, OrderReject, OrderRequest, OrderUnknown
from arbot_tui.exchanges.base import OrderEventSink
from arbot_tui.exchanges.transport.departure import DEPARTING, Departure

__all__ = ["Submissions"]


class Submissions:
    """Runs placements and reports what became of them, whatever happens to their tasks.

    A request that was cancelled or failed in a way nobody foresaw may have reached the venue:
    it is reported as unknown, never forgotten. One that waits for its connection can be taken back.
    """

    def __init__(self, venue: str) -> None:
        """Start with nothing under way."""
        self._venue = venue
        self._tasks: set[asyncio.Task[None]] = set()
        self._here: dict[str, tuple[asyncio.Task[None], Departure]] = {}

    def __len__(self) -> int:
        """Return how many requests are under way."""
        return len(self._tasks)

    def start(
        self,
        order: OrderRequest,
        place: Callable[[OrderRequest], Awaitable[list[OrderEvent]]],
        sink: OrderEventSink,
        *,
        admitted: bool = False,
    ) -> None:
        """Start `place(order)`; its events go to `sink` when it ends.

        Args:
            order: What to place.
            place: Places it and returns the events; started once.
            sink: Takes the events.
            admitted: Its quotas are taken already.
        """
        told = False
        departure = Departure(admitted=admitted)

        async def run() -> None:
            nonlocal told
            # Of this task alone: it runs in a context of its own.
            DEPARTING.set(departure)
            events = await place(order)
            told = True
            for event in events:
                sink(event)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            withdrawn = self._here.pop(order.client_id, None) is None
            if withdrawn and not told and not departure.left:
                text = "taken back before it left"
                sink(OrderReject(self._venue, order.client_id, "not_sent", text))
            elif not told:
                sink(OrderUnknown(self._venue, order.client_id, _cause(task)))
            if not task.cancelled() and (error := task.exception()) is not None:
                _report(task, error)

        task = asyncio.create_task(run(), name=f"{self._venue}-{order.client_id}")
        self._tasks.add(task)
        self._here[order.client_id] = task, departure
        # A callback, because a task cancelled before its first step never runs its own code.
        task.add_done_callback(ended)

    def withdraw(self, client_id: str) -> bool:
        """Take an order back that has not left; False, and nothing done, where there is none.

        It never leaves then, and is reported as refused.
        """
        task, departure = self._here.get(client_id, (None, None))
        if task is None or departure is None or departure.left:
            return False
        del self._here[client_id]
        task.cancel()
        return True

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
