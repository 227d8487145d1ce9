"""A process that is killed in the middle of a migration leaves the schema before or after it."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from arbot_tui.domain.clock import VirtualClock
from arbot_tui.storage.database import Database
from arbot_tui.storage.schema import Migration, load_migrations

# Creates its table, then stays in a query that never ends, with the transaction open.
_MIGRATE = """
import asyncio, pathlib, sys
from arbot_tui.domain.clock import SystemClock
from arbot_tui.storage.database import Database
from arbot_tui.storage.schema import Migration, load_migrations

sql = '''
CREATE TABLE notes (text TEXT) STRICT;
INSERT INTO notes SELECT hex(randomblob(20000)) FROM (SELECT 1 UNION ALL SELECT 2);
CREATE TEMP TABLE sink AS
WITH RECURSIVE forever(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM forever)
SELECT count(*) FROM forever;
'''

async def main():
    path = pathlib.Path(sys.argv[1])
    migrations = load_migrations()
    last = Migration(len(migrations) + 1, "notes", sql)
    print("migrating", flush=True)
    async with Database(path, SystemClock(), [*migrations, last]):
        pass

asyncio.run(main())
"""


def _tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    return {name for (name,) in found}


def _wait_for_lock(path: Path) -> None:
    """Return once somebody else is in the middle of a write transaction."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                return
    finally:
        connection.close()


def _migrate(path: Path, *further: Migration) -> None:
    async def run() -> None:
        async with Database(path, VirtualClock(), [*load_migrations(), *further]):
            pass

    asyncio.run(run())


def test_a_killed_migration_leaves_the_old_schema_and_can_be_done_again(tmp_path: Path) -> None:
    path = tmp_path / "arbot.sqlite"
    _migrate(path)
    child = subprocess.Popen(
        [sys.executable, "-c", _MIGRATE, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "migrating\n"
        # The copy is made before the transaction, so the lock is the migration's.
        while not path.with_name(f"arbot.sqlite.v{len(load_migrations())}.bak").exists():
            assert child.poll() is None
        _wait_for_lock(path)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        if child.stdout is not None:
            child.stdout.close()

    assert "notes" not in _tables(path)
    version = len(load_migrations()) + 1
    _migrate(path, Migration(version, "notes", "CREATE TABLE notes (text TEXT) STRICT;"))
    assert "notes" in _tables(path)
