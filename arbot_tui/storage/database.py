"""One account's ``arbot.sqlite``: projections of the journal, opportunities, sessions, tickers.

It can be lost without losing money (DESIGN section 6). One connection, on aiosqlite's thread;
everybody else asks its owner.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import aiosqlite
import msgspec

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import StorageError
from arbot_tui.domain.numbers import plain
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
from arbot_tui.storage.schema import Migration, load_migrations, migrate

__all__ = ["Database", "RowRefused"]

R = TypeVar("R", bound=Row)

_DAY_NS = 86_400 * SECOND
_NEWEST_NS = (1 << 63) - 1
_CHUNK = 5_000
_REBUILT = "; move it away, it is rebuilt"
# A damaged file is noticed at once; beyond this size the check would delay every start.
_CHECKED_BYTES = 256 << 20
_WAL_BYTES = 32 << 20
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    # Checkpoints are made by `checkpoint`, when nothing waits for a commit.
    "wal_autocheckpoint = 0",
    "journal_size_limit = 67108864",
    "busy_timeout = 2000",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "mmap_size = 0",
)


class RowRefused(StorageError):
    """The database is well, but a row does not fit its table."""


class Database:
    """The database of one account; use as an async context manager.

    Every write is one transaction, and a cancelled caller does not cut one in two.
    """

    def __init__(
        self, path: Path, clock: Clock, migrations: Sequence[Migration] | None = None
    ) -> None:
        """Name the file; nothing is opened yet. `migrations` are the program's own by default."""
        self.path = path
        self._clock = clock
        self._migrations = load_migrations() if migrations is None else migrations
        self._connection: aiosqlite.Connection | None = None
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Database:
        """Open the file, making it where it is missing, and bring its schema up to date.

        Raises:
            StorageError: It cannot be opened, is damaged, or is of a newer version.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its side files the mode of the main one.
            flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
            os.close(os.open(self.path, flags, 0o600))
        except OSError as e:
            raise StorageError(f"database {self.path}: {e.strerror or e}") from e
        self._connection = await aiosqlite.connect(self.path, isolation_level=None)
        try:
            await self._prepare(self._connection)
        except BaseException as e:
            await self.close()
            if isinstance(e, sqlite3.Error):
                raise StorageError(f"database {self.path}: {e}{_advice(e)}") from e
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        await self.close()

    async def close(self) -> None:
        """Wait for what is being written, and close the file; more than once does no harm."""
        async with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()

    async def _prepare(self, connection: aiosqlite.Connection) -> None:
        connection.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            await connection.execute(f"PRAGMA {pragma}")
        if self.path.stat().st_size <= _CHECKED_BYTES:
            async with connection.execute("PRAGMA quick_check(1)") as rows:
                verdict = await rows.fetchone()
            if verdict is None or verdict[0] != "ok":
                raise StorageError(f"database {self.path} is damaged{_REBUILT}")
        await migrate(connection, self.path, self._migrations, self._clock.now_ns())

    async def insert_ticker(self, row: TickerRow) -> None:
        """Add a best bid and ask."""
        await self.write([row])

    async def insert_arbitrage_opportunity(self, row: OpportunityRow) -> None:
        """Add an opportunity, or replace what is known of it."""
        await self.write([row])

    async def insert_trade(self, row: TradeRow) -> None:
        """Add a pair, or replace what is known of it."""
        await self.write([row])

    async def upsert_order(self, row: OrderRow) -> None:
        """Add an order, or replace what is known of it."""
        await self.write([row])

    async def upsert_fill(self, row: FillRow) -> None:
        """Add an execution; the same one again changes nothing."""
        await self.write([row])

    async def upsert_balance(self, row: BalanceRow) -> None:
        """Set the balance of one asset on one venue."""
        await self.write([row])

    async def upsert_session(self, row: SessionRow) -> None:
        """Add a run, or replace what is known of it."""
        await self.write([row])

    async def write(self, rows: Iterable[Row]) -> None:
        """Write rows of any tables in one transaction, all or none, in the given order.

        Raises:
            RowRefused: A row does not fit its table.
            StorageError: The file cannot be written.
        """
        await asyncio.shield(self._write(list(rows)))

    async def get_historical_data(
        self,
        kind: type[R],
        *,
        symbol: str = "",
        exchange: str = "",
        from_ns: int = 0,
        to_ns: int = _NEWEST_NS,
        limit: int = 1000,
    ) -> list[R]:
        """Return rows of a table, oldest first; of more than `limit` the newest.

        Args:
            kind: Which rows, such as `TradeRow`.
            symbol: Only of this symbol; empty for all.
            exchange: Only of this venue, on either side; empty for all.
            from_ns: From this time on.
            to_ns: Before this time.
            limit: At most so many.

        Raises:
            ValueError: The table has no such column.
            StorageError: The file cannot be read.
        """
        columns = kind.__struct_fields__
        where = ["at_ns >= ?", "at_ns < ?"]
        values: list[str | int] = [from_ns, to_ns]
        for wanted, sides in (
            (symbol, [name for name in columns if name == "symbol"]),
            (exchange, [name for name in columns if name.endswith("exchange")]),
        ):
            if wanted and not sides:
                raise ValueError(f"{kind.table} cannot be filtered by {wanted}")
            if wanted:
                where.append("(" + " OR ".join(f"{side} = ?" for side in sides) + ")")
                values += [wanted] * len(sides)
        sql = (
            f"SELECT {', '.join(columns)} FROM {kind.table} WHERE {' AND '.join(where)}"  # noqa: S608 (names of our own)
            " ORDER BY at_ns DESC LIMIT ?"
        )
        async with self._lock:
            try:
                found = await self._open_connection().execute_fetchall(sql, (*values, limit))
            except sqlite3.Error as e:
                raise StorageError(f"database {self.path}: {e}") from e
        rows = [msgspec.convert(dict(row), kind, strict=False) for row in found]
        return rows[::-1]

    async def cleanup_old_data(self, max_ticker_days: int, max_history_days: int) -> int:
        """Delete old tickers, opportunities and sessions, and return how many rows that were.

        Trades, orders and fills are never deleted: the tax office asks for them for years.

        Raises:
            StorageError: The file cannot be written.
        """
        now_ns = self._clock.now_ns()
        deleted = 0
        for kind, days in (
            (TickerRow, max_ticker_days),
            (OpportunityRow, max_history_days),
            (SessionRow, max_history_days),
        ):
            before_ns = now_ns - days * _DAY_NS
            # In steps, so that rows to be written never wait for long.
            while step := await asyncio.shield(self._delete(kind.table, before_ns)):
                deleted += step
        return deleted

    async def checkpoint(self) -> None:
        """Move what was written into the main file.

        Raises:
            StorageError: The file cannot be written.
        """
        wal = self.path.with_name(f"{self.path.name}-wal")
        try:
            mode = "TRUNCATE" if wal.stat().st_size > _WAL_BYTES else "PASSIVE"
        except OSError:
            mode = "PASSIVE"
        async with self._lock:
            try:
                await self._open_connection().execute_fetchall(f"PRAGMA wal_checkpoint({mode})")
            except sqlite3.Error as e:
                raise StorageError(f"database {self.path}: {e}") from e

    def _open_connection(self) -> aiosqlite.Connection:
        if self._connection is None:
            raise StorageError(f"database {self.path} is not open")
        return self._connection

    async def _write(self, rows: Sequence[Row]) -> None:
        async with self._lock:
            connection = self._open_connection()
            try:
                await connection.execute("BEGIN IMMEDIATE")
                for kind, group in groupby(rows, key=type):
                    await connection.executemany(_upsert(kind), list(map(_values, group)))
                await connection.execute("COMMIT")
            except (sqlite3.IntegrityError, sqlite3.ProgrammingError, OverflowError) as e:
                await connection.rollback()
                raise RowRefused(f"database {self.path}: {e}") from e
            except sqlite3.Error as e:
                await connection.rollback()
                raise StorageError(f"database {self.path}: {e}") from e

    async def _delete(self, table: str, before_ns: int) -> int:
        async with self._lock:
            sql = (
                f"DELETE FROM {table} WHERE rowid IN"  # noqa: S608 (a name of our own)
                f" (SELECT rowid FROM {table} WHERE at_ns < ? LIMIT ?)"
            )
            try:
                cursor = await self._open_connection().execute(sql, (before_ns, _CHUNK))
            except sqlite3.Error as e:
                raise StorageError(f"database {self.path}: {e}") from e
            return cursor.rowcount


def _advice(error: sqlite3.Error) -> str:
    """Return what to do about a file that SQLite cannot make sense of; empty for other errors."""
    code = getattr(error, "sqlite_errorcode", 0)
    return _REBUILT if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else ""


@cache
def _upsert(kind: type[Row]) -> str:
    """Return the statement that writes a row of that kind."""
    columns = kind.__struct_fields__
    sql = (
        f"INSERT INTO {kind.table} ({', '.join(columns)})"  # noqa: S608 (names of our own)
        f" VALUES ({', '.join('?' * len(columns))})"
    )
    if kind.key:
        others = [f"{name} = excluded.{name}" for name in columns if name not in kind.key]
        sql += f" ON CONFLICT ({', '.join(kind.key)}) DO UPDATE SET {', '.join(others)}"
    return sql


def _values(row: Row) -> tuple[str | float | int | None, ...]:
    return tuple(_column(getattr(row, name)) for name in row.__struct_fields__)


def _column(value: object) -> str | float | int | None:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, str | float | int):
        return value
    raise TypeError(f"{type(value).__name__} fits no column")
