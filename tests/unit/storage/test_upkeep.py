from __future__ import annotations

import asyncio
from collections.abc import Callable

from structlog.testing import capture_logs

from arbot_tui.domain.errors import StorageError
from arbot_tui.storage.config import StorageConfig
from arbot_tui.storage.database import Database
from arbot_tui.storage.rows import TickerRow
from arbot_tui.storage.upkeep import keep_in_shape


async def _while_running(database: Database, condition: Callable[[], bool]) -> None:
    task = asyncio.create_task(
        keep_in_shape(database, StorageConfig(), checkpoint_s=0.001, cleanup_s=3600.0)
    )
    while not condition():  # noqa: ASYNC110 (the thing waited for has no event)
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_old_rows_go_and_the_file_is_checkpointed(
    database: Database, ticker_row: Callable[..., TickerRow]
) -> None:
    await database.insert_ticker(ticker_row(1))
    before = database.path.stat().st_size
    with capture_logs() as logs:
        await _while_running(database, lambda: bool(logs))
    assert logs[0]["event"] == "storage_cleaned"
    assert await database.get_historical_data(TickerRow) == []
    assert database.path.stat().st_size > before


async def test_nothing_is_said_where_there_was_nothing_to_do(database: Database) -> None:
    rounds = 0

    class Counting(Database):
        async def checkpoint(self) -> None:
            nonlocal rounds
            rounds += 1

    counting = Counting(database.path, database._clock)
    counting._connection = database._connection
    with capture_logs() as logs:
        await _while_running(counting, lambda: rounds >= 3)
    assert logs == []


async def test_a_failure_is_logged_and_tried_again(database: Database) -> None:
    class Failing(Database):
        attempts = 0

        async def checkpoint(self) -> None:
            self.attempts += 1
            raise StorageError("no space")

    failing = Failing(database.path, database._clock)
    with capture_logs() as logs:
        await _while_running(failing, lambda: failing.attempts >= 2)
    assert {entry["event"] for entry in logs} == {"storage_upkeep_failed"}
