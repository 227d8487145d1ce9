from __future__ import annotations

import sqlite3
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from arbot_tui.domain.clock import VirtualClock
from arbot_tui.domain.errors import StorageError
from arbot_tui.storage.database import Database
from arbot_tui.storage.rows import FillRow, OpportunityRow
from arbot_tui.storage.schema import Migration, load_migrations

OWN = load_migrations()
NEXT = Migration(len(OWN) + 1, "notes", "CREATE TABLE notes (text TEXT) STRICT;")


def _versions(path: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT version, name FROM schema_version").fetchall()
    connection.close()
    return found


def _tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    return {name for (name,) in found}


async def _open(path: Path, *migrations: Migration) -> None:
    async with Database(path, VirtualClock(), migrations or None):
        pass


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [migration.version for migration in OWN] == list(range(1, len(OWN) + 1))


async def test_a_new_file_gets_every_migration_once(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    await _open(path)
    await _open(path)

    assert _versions(path) == [(migration.version, migration.name) for migration in OWN]
    assert not (tmp_path / "arbot.sqlite.v1.bak").exists()


async def test_a_file_with_data_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    await _open(path)
    await _open(path, *OWN, NEXT)

    assert "notes" in _tables(path)
    backup = tmp_path / f"arbot.sqlite.v{len(OWN)}.bak"
    assert "notes" not in _tables(backup)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


async def test_a_failing_migration_leaves_the_schema_before_it(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    await _open(path)
    broken = Migration(
        NEXT.version, "broken", "CREATE TABLE notes (text TEXT); CREATE TABLE notes (text TEXT);"
    )

    with pytest.raises(StorageError, match=rf"migration {NEXT.version} failed"):
        await _open(path, *OWN, broken)

    assert "notes" not in _tables(path)
    assert len(_versions(path)) == len(OWN)
    await _open(path)


async def test_a_statement_that_is_no_sql_leaves_the_schema_before_it(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    with pytest.raises(StorageError, match="failed"):
        await _open(path, Migration(1, "nonsense", "CREATE NONSENSE;"))
    await _open(path)
    assert len(_versions(path)) == len(OWN)


async def test_a_newer_file_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    await _open(path, *OWN, NEXT)

    with pytest.raises(StorageError, match="newer version"):
        await _open(path)
    assert "notes" in _tables(path)


async def test_without_a_backup_there_is_no_migration(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    await _open(path)
    (tmp_path / f"arbot.sqlite.v{len(OWN)}.bak").mkdir()

    with pytest.raises(StorageError, match="backed up"):
        await _open(path, *OWN, NEXT)
    assert "notes" not in _tables(path)


async def test_an_unfinished_copy_of_an_earlier_try_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    await _open(path)
    (tmp_path / "arbot.sqlite.unfinished").write_text("half")
    await _open(path, *OWN, NEXT)
    assert "notes" in _tables(path)
    assert not (tmp_path / "arbot.sqlite.unfinished").exists()


async def test_fills_of_the_second_version_stay_readable(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    await _open(path, *OWN[:2])
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO fills VALUES ('x', 'A/B', 't', 'c', 'buy', '1', '2', '0.1', 'B', 5)"
        )
    connection.close()
    async with Database(path, VirtualClock()) as database:
        (row,) = await database.get_historical_data(FillRow)
    assert (row.trade_id, row.fee, row.fee_asset, row.more_fees) == ("t", Decimal("0.1"), "B", "{}")


async def test_opportunities_of_the_first_version_stay_readable(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    await _open(path, OWN[0])
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO arbitrage_opportunities VALUES"
            " (1, 's', 3, 'A/B', 'x', 'y', 1.0, 2.0, 1.0, 0.5, 0.4, 0.5, 0.4, 0,"
            " '', 'fee', 5, 6, 7)"
        )
    connection.close()
    async with Database(path, VirtualClock()) as database:
        (row,) = await database.get_historical_data(OpportunityRow)
    assert (row.opportunity_id, row.reason, row.closed_ns) == (3, "fee", 7)
    assert (row.closed_reason, row.capturable_0ms, row.path) == ("", None, "[]")
