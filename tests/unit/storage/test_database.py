from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import SECOND, VirtualClock
from arbot_tui.domain.errors import StorageError
from arbot_tui.storage import rows as row_types
from arbot_tui.storage.database import Database, RowRefused
from arbot_tui.storage.rows import (
    BalanceRow,
    FillRow,
    OpportunityRow,
    OrderRow,
    Row,
    SessionRow,
    TickerRow,
    TradeRow,
)

DAY = 86_400 * SECOND


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_every_kind_of_row_comes_back_as_it_was_written(
    database: Database, one_of_each: list[Row]
) -> None:
    await database.write(one_of_each)

    for row in one_of_each:
        assert await database.get_historical_data(type(row)) == [row]


async def test_named_methods_write_their_rows(database: Database, one_of_each: list[Row]) -> None:
    for row in one_of_each:
        match row:
            case TickerRow():
                await database.insert_ticker(row)
            case OpportunityRow():
                await database.insert_arbitrage_opportunity(row)
            case TradeRow():
                await database.insert_trade(row)
            case OrderRow():
                await database.upsert_order(row)
            case FillRow():
                await database.upsert_fill(row)
            case BalanceRow():
                await database.upsert_balance(row)
            case SessionRow():
                await database.upsert_session(row)

        assert await database.get_historical_data(type(row)) == [row]


async def test_writing_twice_replaces_all_but_tickers(
    database: Database, one_of_each: list[Row]
) -> None:
    await database.write(one_of_each)
    await database.write(one_of_each)

    for row in one_of_each:
        found = await database.get_historical_data(type(row))
        assert found == [row] * (2 if isinstance(row, TickerRow) else 1)


async def test_newer_state_of_a_trade_wins(database: Database, one_of_each: list[Row]) -> None:
    trade = next(row for row in one_of_each if isinstance(row, TradeRow))
    await database.insert_trade(msgspec.structs.replace(trade, outcome="", ended_ns=0))
    await database.insert_trade(trade)

    assert await database.get_historical_data(TradeRow) == [trade]


async def test_the_seeds_trade_columns_can_be_read_by_plain_sql(
    database: Database, one_of_each: list[Row]
) -> None:
    await database.write(one_of_each)
    await database.close()

    with sqlite3.connect(database.path) as plain:
        row = plain.execute(
            "SELECT symbol, buy_exchange, sell_exchange, buy_price, sell_price, quantity, profit,"
            " profit_percent, buy_order_id, sell_order_id, status, timestamp FROM trades"
        ).fetchone()
    plain.close()
    assert row == (
        *("BTC/USDT", "okx", "bybit", "100.00000001", "101.2", "0.500000000000000001"),
        *("-0.1", "-0.02", "c1", "c2", "closed", 1e-8),
    )


@given(
    amount=st.decimals(
        allow_nan=False, allow_infinity=False, min_value=Decimal("-1e20"), max_value=Decimal("1e20")
    )
)
async def test_money_keeps_every_digit(
    tmp_path_factory: pytest.TempPathFactory, amount: Decimal
) -> None:
    path = tmp_path_factory.mktemp("money") / "arbot.sqlite"
    row = BalanceRow(
        exchange="okx", asset="BTC", free=amount, locked=Decimal(0), total=amount, at_ns=1
    )
    async with Database(path, VirtualClock()) as database:
        await database.upsert_balance(row)
        (found,) = await database.get_historical_data(BalanceRow)
    assert found.free == amount


async def test_history_is_filtered_and_ordered(
    database: Database, ticker_row: Callable[..., TickerRow]
) -> None:
    await database.write(
        [
            ticker_row(3, "BTC/USDT", "okx"),
            ticker_row(1, "BTC/USDT", "bybit"),
            ticker_row(2, "ETH/USDT", "okx"),
        ]
    )

    async def times(**filters: object) -> list[int]:
        found = await database.get_historical_data(TickerRow, **filters)  # type: ignore[arg-type]
        return [row.at_ns for row in found]

    assert await times() == [1, 2, 3]
    assert await times(symbol="BTC/USDT") == [1, 3]
    assert await times(exchange="okx") == [2, 3]
    assert await times(from_ns=2, to_ns=3) == [2]
    assert await times(limit=2) == [2, 3]


async def test_either_side_of_a_trade_counts_as_its_exchange(
    database: Database, one_of_each: list[Row]
) -> None:
    await database.write(one_of_each)

    assert len(await database.get_historical_data(TradeRow, exchange="okx")) == 1
    assert len(await database.get_historical_data(TradeRow, exchange="bybit")) == 1
    assert await database.get_historical_data(TradeRow, exchange="bitget") == []


async def test_a_filter_that_the_table_does_not_have_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="balances cannot be filtered"):
        await database.get_historical_data(BalanceRow, symbol="BTC/USDT")


async def test_cleanup_deletes_what_is_old_and_never_money(
    database: Database,
    clock: VirtualClock,
    one_of_each: list[Row],
    ticker_row: Callable[..., TickerRow],
) -> None:
    fresh = ticker_row(clock.now_ns() - 13 * DAY)
    await database.write([*one_of_each, fresh, *(ticker_row(i) for i in range(5_100))])

    deleted = await database.cleanup_old_data(max_ticker_days=14, max_history_days=400)

    assert deleted == 5_101 + 2  # all old tickers, the opportunity and the session
    assert await database.get_historical_data(TickerRow) == [fresh]
    for kept in (TradeRow, OrderRow, FillRow, BalanceRow):
        assert len(await database.get_historical_data(kept)) == 1
    for gone in (OpportunityRow, SessionRow):
        assert await database.get_historical_data(gone) == []


async def test_a_batch_with_an_unfit_row_changes_nothing(
    database: Database, ticker_row: Callable[..., TickerRow]
) -> None:
    unfit = msgspec.structs.replace(ticker_row(), bid=float("nan"))

    with pytest.raises(RowRefused):
        await database.write([ticker_row(), unfit])

    assert await database.get_historical_data(TickerRow) == []
    await database.write([ticker_row()])
    assert len(await database.get_historical_data(TickerRow)) == 1


async def test_a_number_too_large_for_sqlite_is_an_unfit_row(
    database: Database, ticker_row: Callable[..., TickerRow]
) -> None:
    with pytest.raises(RowRefused):
        await database.write([ticker_row(1 << 64)])


async def test_files_and_folder_belong_to_the_owner_alone(
    database: Database, ticker_row: Callable[..., TickerRow]
) -> None:
    await database.insert_ticker(ticker_row())

    assert _mode(database.path.parent) == 0o700
    files = list(database.path.parent.iterdir())
    assert {file.name for file in files} >= {"arbot.sqlite", "arbot.sqlite-wal"}
    assert {_mode(file) for file in files} == {0o600}


async def test_pragmas_are_those_of_class_b(database: Database) -> None:
    async def pragma(name: str) -> object:
        async with database._open_connection().execute(f"PRAGMA {name}") as rows:
            found = await rows.fetchone()
        assert found is not None
        return found[0]

    assert await pragma("journal_mode") == "wal"
    assert await pragma("synchronous") == 1
    assert await pragma("foreign_keys") == 1
    assert await pragma("trusted_schema") == 0
    assert await pragma("busy_timeout") == 2000
    assert await pragma("wal_autocheckpoint") == 0
    assert await pragma("journal_size_limit") == 64 << 20


async def test_checkpoint_moves_rows_into_the_main_file(
    database: Database, ticker_row: Callable[..., TickerRow]
) -> None:
    await database.insert_ticker(ticker_row())
    before = database.path.stat().st_size
    await database.checkpoint()
    assert database.path.stat().st_size > before


async def test_checkpoint_truncates_a_large_log(
    database: Database, ticker_row: Callable[..., TickerRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbot_tui.storage.database._WAL_BYTES", 0)
    await database.insert_ticker(ticker_row())
    await database.checkpoint()
    assert database.path.with_name("arbot.sqlite-wal").stat().st_size == 0


async def test_a_failing_checkpoint_is_a_storage_error(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(sql: str) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(database._open_connection(), "execute_fetchall", fail)
    with pytest.raises(StorageError, match="disk I/O error"):
        await database.checkpoint()


async def test_a_large_file_is_opened_without_the_slow_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_of_each: list[Row]
) -> None:
    monkeypatch.setattr("arbot_tui.storage.database._CHECKED_BYTES", 0)
    path = tmp_path / "arbot.sqlite"
    for _ in range(2):
        async with Database(path, VirtualClock()) as database:
            await database.write(one_of_each)


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be one" * 40])
async def test_a_foreign_file_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "arbot.sqlite"
    path.write_bytes(content)

    with pytest.raises(StorageError, match=r"arbot\.sqlite"):
        async with Database(path, VirtualClock()):
            pass
    assert path.read_bytes() == content


async def test_a_damaged_database_is_refused(tmp_path: Path, one_of_each: list[Row]) -> None:
    path = tmp_path / "arbot.sqlite"
    async with Database(path, VirtualClock()) as database:
        await database.write(one_of_each * 200)
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    for damaged in (bytes(content), b"no database at all" * 300):
        path.write_bytes(damaged)
        with pytest.raises(StorageError, match=r"arbot\.sqlite.*; move it away, it is rebuilt"):
            async with Database(path, VirtualClock()):
                pass


async def test_a_file_in_place_of_the_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "accounts").write_text("")

    with pytest.raises(StorageError, match="accounts"):
        async with Database(tmp_path / "accounts" / "sim" / "arbot.sqlite", VirtualClock()):
            pass


async def test_a_folder_in_place_of_the_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "arbot.sqlite").mkdir()

    with pytest.raises(StorageError, match=r"arbot\.sqlite"):
        async with Database(tmp_path / "arbot.sqlite", VirtualClock()):
            pass


async def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "arbot.sqlite").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StorageError):
        async with Database(tmp_path / "arbot.sqlite", VirtualClock()):
            pass
    assert not (tmp_path / "elsewhere").exists()


async def test_a_closed_database_says_so(database: Database) -> None:
    await database.close()
    await database.close()

    with pytest.raises(StorageError, match="not open"):
        await database.get_historical_data(TickerRow)
    with pytest.raises(StorageError, match="not open"):
        await database.checkpoint()


async def test_failures_of_the_file_become_storage_errors(
    database: Database, ticker_row: Callable[..., TickerRow]
) -> None:
    await database._open_connection().execute("DROP TABLE tickers")

    with pytest.raises(StorageError) as wrote:
        await database.insert_ticker(ticker_row())
    assert not isinstance(wrote.value, RowRefused)
    with pytest.raises(StorageError):
        await database.get_historical_data(TickerRow)
    with pytest.raises(StorageError):
        await database.cleanup_old_data(14, 400)


async def test_a_full_disk_is_a_storage_error_and_heals(
    database: Database, ticker_row: Callable[..., TickerRow]
) -> None:
    connection = database._open_connection()
    async with connection.execute("PRAGMA page_count") as rows:
        (pages,) = await rows.fetchone() or (0,)
    await connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="full"):
        await database.write([ticker_row()] * 5_000)

    await connection.execute("PRAGMA max_page_count = 1000000")
    await database.write([ticker_row()])
    assert len(await database.get_historical_data(TickerRow)) == 1


def test_every_table_has_its_row_type() -> None:
    types = {getattr(row_types, name) for name in row_types.__all__} - {Row}
    assert {kind.table for kind in types} == {
        *("sessions", "tickers", "arbitrage_opportunities", "trades"),
        *("orders", "fills", "balances"),
    }


def test_a_value_without_a_column_type_is_refused() -> None:
    from arbot_tui.storage.database import _column

    with pytest.raises(TypeError, match="list fits no column"):
        _column([1])
