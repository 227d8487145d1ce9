"""Bring a database to the newest schema, one numbered migration at a time.

Each migration and the note that it happened are one transaction: whenever the process is killed,
the file holds the schema before it or the one after it, never something between.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import aiosqlite
import msgspec

from arbot_tui.domain.errors import StorageError

__all__ = ["Migration", "load_migrations", "migrate"]

_NAME = re.compile(r"(\d{4})_(\w+)\.sql")
_VERSIONS = """
CREATE TABLE IF NOT EXISTS schema_version (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) STRICT;
"""


class Migration(msgspec.Struct, frozen=True):
    """One change of the schema: its number, what it does, and its SQL."""

    version: int
    name: str
    sql: str


def load_migrations() -> list[Migration]:
    """Return all migrations of this version of the program, in order."""
    found = []
    for entry in files("arbot_tui.storage.migrations").iterdir():
        if named := _NAME.fullmatch(entry.name):
            sql = entry.read_text(encoding="utf-8")
            found.append(Migration(int(named.group(1)), named.group(2), sql))
    return sorted(found, key=lambda migration: migration.version)


async def migrate(
    connection: aiosqlite.Connection, path: Path, migrations: Sequence[Migration], now_ns: int
) -> int:
    """Apply every migration that the file does not have yet, and return its version.

    A file that holds data is copied to ``<name>.v<version>.bak`` first.

    Raises:
        StorageError: The file was made by a newer version, or a migration failed; then the file
            is as it was before that migration.
    """
    await connection.executescript(_VERSIONS)
    async with connection.execute("SELECT coalesce(max(version), 0) FROM schema_version") as rows:
        (current,) = await rows.fetchone() or (0,)
    newest = max((migration.version for migration in migrations), default=0)
    if current > newest:
        raise StorageError(
            f"{path}: made by a newer version (schema {current}, this one knows {newest})"
        )
    pending = [migration for migration in migrations if migration.version > current]
    if pending and current:
        await _back_up(connection, path, current)
    for migration in pending:
        note = (
            f"INSERT INTO schema_version VALUES ({migration.version}, '{migration.name}', {now_ns})"  # noqa: S608 (our own numbers and file name)
        )
        try:
            await connection.executescript(f"BEGIN IMMEDIATE;\n{migration.sql}\n;{note};\nCOMMIT;")
        except sqlite3.Error as e:
            await connection.rollback()
            raise StorageError(f"{path}: migration {migration.version} failed: {e}") from e
    return newest


async def _back_up(connection: aiosqlite.Connection, path: Path, version: int) -> None:
    """Copy the database as of now; the copy has its name only once it is complete."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        # An empty file of ours first, since SQLite would make one that everybody may read.
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        await connection.execute("VACUUM INTO ?", (str(unfinished),))
        unfinished.replace(path.with_name(f"{path.name}.v{version}.bak"))
    except (sqlite3.Error, OSError) as e:
        raise StorageError(f"{path}: cannot be backed up before its migration: {e}") from e
