"""Order books that a feed fetches by REST, because a stream began without a snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.quotes import BookKind, BookUpdate, DepthSnapshot
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.exchanges.transport.background import Background

__all__ = ["BookFetcher"]

_RETRY_S = 2.0


class BookFetcher:
    """Fetches books in the background, one of a row at a time, and hands them on as snapshots."""

    def __init__(
        self,
        exchange: int,
        clock: Clock,
        fetch: Callable[[int], Awaitable[DepthSnapshot]],
        wanted: Callable[[int], bool],
        every_s: float = 0.0,
    ) -> None:
        """Prepare; nothing is fetched before `open`.

        Args:
            exchange: Dense index of the venue.
            clock: Tells when a row was fetched last.
            fetch: Fetches the whole book of a row.
            wanted: Tells whether the book of a row is still of use.
            every_s: Least time between two fetches of one row, seconds.
        """
        self._exchange = exchange
        self._clock = clock
        self._fetch = fetch
        self._wanted = wanted
        self._every_ns = round(every_s * SECOND)
        self._background = Background()
        self._fetching: set[int] = set()
        self._fetched_ns: dict[int, int] = {}
        self._sink: MarketDataSink | None = None

    def open(self, sink: MarketDataSink) -> None:
        """Hand books to `sink` from now on."""
        self._sink = sink
        self._background = Background()

    async def close(self) -> None:
        """Give up what is under way."""
        await self._background.close()
        self._fetching.clear()

    def start(self, row: int) -> None:
        """Fetch the book of a row, unless that is under way."""
        if row not in self._fetching:
            self._fetching.add(row)
            self._background.start(self._bring(row))

    async def _bring(self, row: int) -> None:
        """Fetch one book and hand it on; changes wait where it is kept."""
        try:
            book = await self._take(row)
        finally:
            # Before it is handed on: the book may ask for the next one while it takes this one.
            self._fetching.discard(row)
        if book is not None and self._sink is not None:
            self._sink.on_book(self._as_update(row, book))

    async def _take(self, row: int) -> DepthSnapshot | None:
        """Return a book as soon as the row's turn has come; None where it is of no use any more."""
        due_ns = self._fetched_ns.get(row, -self._every_ns) + self._every_ns
        if (wait_ns := due_ns - self._clock.now_ns()) > 0:
            await asyncio.sleep(wait_ns / SECOND)
        while self._wanted(row):
            self._fetched_ns[row] = self._clock.now_ns()
            try:
                return await self._fetch(row)
            except ExchangeError:
                await asyncio.sleep(_RETRY_S)
        return None

    def _as_update(self, row: int, book: DepthSnapshot) -> BookUpdate:
        return BookUpdate(
            self._exchange,
            row,
            BookKind.SNAPSHOT,
            0,
            book.last_id,
            -1,
            book.bids,
            book.asks,
            book.event_ns,
            book.recv_ns,
        )
