from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from arbot_tui.domain.clock import VirtualClock
from arbot_tui.domain.errors import StorageError
from arbot_tui.domain.quotes import Ticker
from arbot_tui.storage.config import StorageConfig
from arbot_tui.storage.database import Database, RowRefused
from arbot_tui.storage.recorder import Recorder
from arbot_tui.storage.rows import Row, TickerRow

CONFIG = StorageConfig()
MakeRow = Callable[..., TickerRow]


class FlakyDatabase(Database):
    """Keeps rows in memory; fails or refuses as told, and can be held up."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.batches: list[int] = []
        self.failing: Exception | None = None
        self.unfit: set[int] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, rows: Iterable[Row]) -> None:
        batch = list(rows)
        await self.gate.wait()
        if self.failing:
            raise self.failing
        if any(row.at_ns in self.unfit for row in batch):
            raise RowRefused("unfit")
        self.rows += batch
        self.batches.append(len(batch))


def ticker(bid: float = 1.0, recv_ns: int = 1) -> Ticker:
    return Ticker(0, 0, bid, 1.0, 2.0, 1.0, 0, recv_ns)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 (the thing waited for has no event)
        await asyncio.sleep(0)


async def test_rows_are_written_in_order_and_in_batches(ticker_row: MakeRow) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG, batch=4)
    for at_ns in range(10):
        recorder.put(ticker_row(at_ns))

    await recorder.flush()

    assert [row.at_ns for row in database.rows] == list(range(10))
    assert database.batches == [4, 4, 2]
    assert recorder.counts.written == 10


async def test_a_full_queue_drops_and_counts(ticker_row: MakeRow) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG, capacity=3)
    for at_ns in range(5):
        recorder.put(ticker_row(at_ns))

    counts = recorder.counts
    assert (counts.put, counts.dropped, counts.waiting) == (5, 2, 3)
    with capture_logs() as logs:
        await recorder.close()
    assert [row.at_ns for row in database.rows] == [0, 1, 2]
    assert logs[-1]["event"] == "storage_rows_lost"
    assert logs[-1]["rows"] == 2


async def test_running_writes_a_full_batch_without_waiting_for_time(ticker_row: MakeRow) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG, batch=2, interval_s=3600.0)
    task = asyncio.create_task(recorder.run())
    recorder.put(ticker_row())
    recorder.put(ticker_row())

    await until(lambda: len(database.rows) == 2)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_running_writes_a_single_row_after_the_interval(ticker_row: MakeRow) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG, interval_s=0.01)
    task = asyncio.create_task(recorder.run())
    recorder.put(ticker_row())
    recorder.put_ticker("okx", "BTC/USDT", ticker())

    await until(lambda: len(database.rows) == 2)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_of_each_book_the_newest_ticker_in_an_interval_is_one_row(
    ticker_row: MakeRow,
) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG)
    for bid in (1.0, 2.0, 3.0):
        recorder.put_ticker("okx", "BTC/USDT", ticker(bid, int(bid)))
    recorder.put_ticker("bybit", "BTC/USDT", ticker(9.0, 9))

    await recorder.close()

    rows = [row for row in database.rows if isinstance(row, TickerRow)]
    assert [(row.exchange, row.bid, row.at_ns) for row in rows] == [
        ("okx", 3.0, 3),
        ("bybit", 9.0, 9),
    ]


async def test_tickers_are_not_kept_when_switched_off() -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, StorageConfig(store_ticker_data=False))
    recorder.put_ticker("okx", "BTC/USDT", ticker())
    await recorder.close()
    assert database.rows == []


async def test_tickers_come_once_per_interval(ticker_row: MakeRow) -> None:
    database = FlakyDatabase()
    config = StorageConfig(ticker_storage_interval_s=3600.0)
    recorder = Recorder(database, config, interval_s=0.001)
    task = asyncio.create_task(recorder.run())
    recorder.put_ticker("okx", "BTC/USDT", ticker(1.0))
    await until(lambda: len(database.rows) == 1)

    recorder.put_ticker("okx", "BTC/USDT", ticker(2.0))
    recorder.put(ticker_row())
    await until(lambda: len(database.rows) == 2)
    recorder.put(ticker_row())
    await until(lambda: len(database.rows) == 3)

    assert [row.bid for row in database.rows if isinstance(row, TickerRow)] == [1.0, 99.5, 99.5]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_failing_disk_is_reported_once_keeps_the_rows_and_heals(
    ticker_row: MakeRow,
) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG)
    recorder.put(ticker_row())
    database.failing = StorageError("database or disk is full")
    with capture_logs() as logs:
        await recorder.flush()
        await recorder.flush()
        assert recorder.failure == "database or disk is full"
        assert recorder.counts.waiting == 1

        database.failing = None
        await recorder.flush()

    assert [entry["event"] for entry in logs] == ["storage_failed", "storage_works_again"]
    assert recorder.failure == ""
    assert recorder.counts.written == 1


async def test_running_survives_a_failing_disk(ticker_row: MakeRow) -> None:
    database = FlakyDatabase()
    database.failing = StorageError("no space")
    recorder = Recorder(database, CONFIG, batch=1, interval_s=0.001)
    task = asyncio.create_task(recorder.run())
    recorder.put(ticker_row())
    await until(lambda: bool(recorder.failure))

    database.failing = None
    await until(lambda: len(database.rows) == 1)

    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_rows_that_cannot_be_written_at_the_end_are_reported(ticker_row: MakeRow) -> None:
    database = FlakyDatabase()
    database.failing = StorageError("no space")
    recorder = Recorder(database, CONFIG)
    recorder.put(ticker_row())
    with capture_logs() as logs:
        await recorder.close()
    assert logs[-1] == {
        "event": "storage_rows_lost",
        "rows": 1,
        "cause": "no space",
        "log_level": "error",
    }
    counts = recorder.counts
    assert (counts.put, counts.written, counts.dropped, counts.waiting) == (1, 0, 1, 0)


async def test_one_unfit_row_costs_only_itself(ticker_row: MakeRow) -> None:
    database = FlakyDatabase()
    database.unfit = {2}
    recorder = Recorder(database, CONFIG)
    for at_ns in range(4):
        recorder.put(ticker_row(at_ns))
    with capture_logs() as logs:
        await recorder.flush()
    assert [row.at_ns for row in database.rows] == [0, 1, 3]
    assert recorder.counts.dropped == 1
    assert logs[0]["event"] == "storage_row_refused"


async def test_a_disk_that_fails_among_single_rows_keeps_the_rest(ticker_row: MakeRow) -> None:
    class FailsLater(FlakyDatabase):
        async def write(self, rows: Iterable[Row]) -> None:
            await super().write(rows)
            self.failing = StorageError("no space")

    database = FailsLater()
    database.unfit = {0}
    recorder = Recorder(database, CONFIG)
    for at_ns in range(3):
        recorder.put(ticker_row(at_ns))
    await recorder.flush()
    counts = recorder.counts
    assert (counts.written, counts.dropped, counts.waiting) == (1, 1, 1)


async def test_a_cancelled_run_leaves_no_batch_behind(ticker_row: MakeRow) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG, batch=2, interval_s=0.001)
    task = asyncio.create_task(recorder.run())
    database.gate.clear()
    for at_ns in range(4):
        recorder.put(ticker_row(at_ns))
    await until(recorder._writing.locked)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    closing = asyncio.create_task(recorder.close())
    database.gate.set()
    await closing

    assert [row.at_ns for row in database.rows] == list(range(4))
    counts = recorder.counts
    assert (counts.written, counts.waiting) == (4, 0)


STEPS = st.lists(
    st.one_of(
        st.integers(min_value=1, max_value=9).map(lambda n: ("put", n)),
        st.just(("flush", 0)),
        st.just(("fail", 0)),
        st.just(("heal", 0)),
        st.just(("unfit", 0)),
        st.just(("tickers", 0)),
    ),
    max_size=30,
)


@given(steps=STEPS, capacity=st.integers(1, 12), batch=st.integers(1, 6))
async def test_no_row_is_ever_lost_without_being_counted(
    steps: list[tuple[str, int]], capacity: int, batch: int
) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG, capacity=capacity, batch=batch)
    row = TickerRow(
        exchange="okx",
        symbol="BTC/USDT",
        bid=1.0,
        ask=2.0,
        bid_size=1.0,
        ask_size=1.0,
        at_ns=1,
        event_ns=0,
    )
    for step, number in steps:
        match step:
            case "put":
                for _ in range(number):
                    recorder.put(row)
            case "unfit":
                database.unfit = {-1}
                recorder.put(msgspec.structs.replace(row, at_ns=-1))
            case "tickers":
                recorder.put_ticker("okx", "BTC/USDT", ticker())
                recorder._choose_tickers()
            case "flush":
                await recorder.flush()
            case "fail":
                database.failing = StorageError("no space")
            case _:
                database.failing = None
        counts = recorder.counts
        assert counts.put == counts.written + counts.dropped + counts.waiting
        assert counts.waiting <= capacity

    await recorder.close()

    counts = recorder.counts
    assert counts.waiting == 0
    assert counts.put == counts.written + counts.dropped
    assert len(database.rows) == counts.written


async def test_rows_reach_the_file(database: Database, one_of_each: list[Row]) -> None:
    recorder = Recorder(database, CONFIG, interval_s=0.01)
    task = asyncio.create_task(recorder.run())
    for row in one_of_each:
        recorder.put(row)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await recorder.close()

    for row in one_of_each:
        assert await database.get_historical_data(type(row)) == [row]


async def test_a_real_disk_that_is_full_stops_nothing(
    tmp_path: Path, ticker_row: MakeRow, clock: VirtualClock
) -> None:
    async with Database(tmp_path / "arbot.sqlite", clock) as database:
        connection = database._open_connection()
        async with connection.execute("PRAGMA page_count") as rows:
            (pages,) = await rows.fetchone() or (0,)
        await connection.execute(f"PRAGMA max_page_count = {pages}")
        recorder = Recorder(database, CONFIG, capacity=5_000)
        for at_ns in range(5_000):
            recorder.put(ticker_row(at_ns))
        await recorder.flush()
        assert "full" in recorder.failure

        await connection.execute("PRAGMA max_page_count = 1000000")
        await recorder.close()
        assert recorder.counts.written == 5_000


@pytest.mark.parametrize("batch", [1, 500])
async def test_putting_never_waits(ticker_row: MakeRow, batch: int) -> None:
    database = FlakyDatabase()
    database.gate.clear()
    recorder = Recorder(database, CONFIG, batch=batch, capacity=10)
    writing = asyncio.create_task(recorder.flush())
    for at_ns in range(100):
        recorder.put(ticker_row(at_ns))
    await asyncio.sleep(0)
    assert recorder.counts.dropped == 90
    database.gate.set()
    await writing
    await recorder.flush()
    assert recorder.counts.written == 10


async def test_what_a_full_disk_has_cost_is_named_and_what_found_a_place_is_not(
    ticker_row: MakeRow,
) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG, capacity=2)
    database.failing = StorageError("database or disk is full")
    for at_ns in range(2):
        recorder.put(ticker_row(at_ns))
    await recorder.flush()
    assert recorder.loss == ""
    recorder.put(ticker_row(2))
    assert recorder.loss == "database or disk is full; 1 row could not be kept"

    database.failing = None
    await recorder.flush()
    recorder.put(ticker_row(3))
    await recorder.close()

    assert recorder.loss == "database or disk is full; 1 row could not be kept"
    assert [row.at_ns for row in database.rows] == [0, 1, 3]


async def test_rows_that_a_disk_does_not_take_before_the_end_are_a_loss(
    ticker_row: MakeRow,
) -> None:
    database = FlakyDatabase()
    recorder = Recorder(database, CONFIG, capacity=4)
    for at_ns in range(5):
        recorder.put(ticker_row(at_ns))
    assert recorder.loss == "", "a queue that is too short is no failing disk"
    database.failing = StorageError("database or disk is full")

    await recorder.close()

    assert recorder.loss == "database or disk is full; 4 rows could not be kept"
