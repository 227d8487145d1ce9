"""Takes rows without ever making anybody wait, and writes them in batches.

The queue is bounded: what does not fit is dropped and counted. A failing disk keeps the rows
where they are until it works again or they no longer fit; it is reported, and stops nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice

import msgspec
import structlog

from arbot_tui.domain.errors import StorageError
from arbot_tui.domain.quotes import Ticker
from arbot_tui.storage.config import StorageConfig
from arbot_tui.storage.database import Database, RowRefused
from arbot_tui.storage.rows import Row, TickerRow

__all__ = ["Recorder", "RecorderCounts"]

_log = structlog.get_logger()

# Every book of 2,000 symbols on four venues may become due at once.
_CAPACITY = 20_000
_BATCH = 500
_INTERVAL_S = 1.0


class RecorderCounts(msgspec.Struct, frozen=True):
    """What became of the rows: ``put == written + dropped + waiting`` at any time.

    Attributes:
        put: Rows given to `Recorder.put`, and tickers chosen for a row.
        written: Rows that are in the file.
        dropped: Rows that are lost: no room, refused by the table, or left when it was closed.
        waiting: Rows in the queue or on their way.
    """

    put: int
    written: int
    dropped: int
    waiting: int


class Recorder:
    """Writes rows behind a bounded queue.

    Run `run` as a task until it is cancelled, then await `close`. `put` and `put_ticker` are
    plain functions that return at once, for the thread of the event loop.

    Attributes:
        failure: Why the last attempt to write failed; empty while writing works.
    """

    def __init__(
        self,
        database: Database,
        config: StorageConfig,
        *,
        capacity: int = _CAPACITY,
        batch: int = _BATCH,
        interval_s: float = _INTERVAL_S,
    ) -> None:
        """Write to `database`, which has to be open while this runs.

        Args:
            database: Where the rows go.
            config: Whether and how often tickers are kept.
            capacity: Rows held at most.
            batch: Rows that make a batch before its time, and the largest one written at once.
            interval_s: Longest time that a row waits for its batch.
        """
        self.failure = ""
        self._lost = 0
        self._lost_to = ""
        self._database = database
        self._config = config
        self._capacity = capacity
        self._batch = batch
        self._interval_s = interval_s
        self._queue: deque[Row] = deque()
        self._tickers: dict[tuple[str, str], Ticker] = {}
        self._full_batch = asyncio.Event()
        self._writing = asyncio.Lock()
        self._put = self._written = self._dropped = 0

    @property
    def counts(self) -> RecorderCounts:
        """What became of the rows so far."""
        return RecorderCounts(self._put, self._written, self._dropped, len(self._queue))

    @property
    def loss(self) -> str:
        """What a failing disk has cost, in words."""
        rows = f"{self._lost} row{'s' if self._lost > 1 else ''}"
        return f"{self._lost_to}; {rows} could not be kept" if self._lost else ""

    def put(self, row: Row) -> None:
        """Take a row; dropped and counted where there is no room."""
        self._put += 1
        if len(self._queue) >= self._capacity:
            self._drop(1)
            return
        self._queue.append(row)
        if len(self._queue) >= self._batch:
            self._full_batch.set()

    def put_ticker(self, exchange: str, symbol: str, ticker: Ticker) -> None:
        """Take a best bid and ask; of each book the newest one in an interval makes a row."""
        if self._config.store_ticker_data:
            self._tickers[exchange, symbol] = ticker

    async def run(self) -> None:
        """Write batches until cancelled."""
        loop = asyncio.get_running_loop()
        tickers_due = loop.time()
        while True:
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._full_batch.wait()
            except TimeoutError:
                pass
            self._full_batch.clear()
            if loop.time() >= tickers_due and self._tickers:
                tickers_due = loop.time() + self._config.ticker_storage_interval_s
                self._choose_tickers()
            await self.flush()
            if self.failure:
                # The rows stay; asking a full disk again at once would only keep it busy.
                await asyncio.sleep(self._interval_s)

    async def flush(self) -> None:
        """Write everything that waits; returns early when the disk fails."""
        # A cancelled caller must not leave a batch that is neither written nor waiting.
        await asyncio.shield(self._write_all())

    async def close(self) -> None:
        """Write the last rows; what cannot be written is counted as dropped and reported."""
        self._choose_tickers()
        await self.flush()
        self._drop(len(self._queue))
        self._queue.clear()
        if self._dropped:
            _log.error("storage_rows_lost", rows=self._dropped, cause=self.failure or "queue full")

    def _choose_tickers(self) -> None:
        tickers, self._tickers = self._tickers, {}
        for (exchange, symbol), ticker in tickers.items():
            self.put(_ticker_row(exchange, symbol, ticker))

    async def _write_all(self) -> None:
        async with self._writing:
            while self._queue:
                batch = list(islice(self._queue, self._batch))
                try:
                    await self._database.write(batch)
                except RowRefused:
                    await self._write_singly(batch)
                except StorageError as e:
                    self._fail(e)
                    return
                else:
                    self._forget(len(batch), written=len(batch))

    async def _write_singly(self, batch: list[Row]) -> None:
        """Write a batch of which at least one row is unfit, and give up only that one."""
        for row in batch:
            try:
                await self._database.write([row])
            except RowRefused as e:
                _log.error("storage_row_refused", table=row.table, cause=str(e))
                self._dropped += 1
                self._forget(1, written=0)
            except StorageError as e:
                self._fail(e)
                return
            else:
                self._forget(1, written=1)

    def _forget(self, rows: int, written: int) -> None:
        for _ in range(rows):
            self._queue.popleft()
        self._written += written
        if written and self.failure:
            _log.info("storage_works_again")
            self.failure = ""

    def _drop(self, rows: int) -> None:
        self._dropped += rows
        if rows and self.failure:
            self._lost += rows
            self._lost_to = self.failure

    def _fail(self, error: StorageError) -> None:
        if str(error) != self.failure:
            _log.error("storage_failed", cause=str(error))
        self.failure = str(error)


def _ticker_row(exchange: str, symbol: str, ticker: Ticker) -> TickerRow:
    return TickerRow(
        exchange=exchange,
        symbol=symbol,
        bid=ticker.bid,
        ask=ticker.ask,
        bid_size=ticker.bid_size,
        ask_size=ticker.ask_size,
        at_ns=ticker.recv_ns,
        event_ns=ticker.event_ns,
    )
