"""The journal: what decides who owns what, durable before anything is sent.

An append-only SQLite file of its own with one connection on one thread and
``synchronous=FULL``: a committed record survives a killed process and a power cut. Records are
chained by CRC-32, so that a changed, lost or reordered one is noticed at the next start, and
each is read back before it is written, so that none is there that the next start cannot read. A
failed write is final: nothing is retried, nothing more is accepted, and recovery starts from
what is on disk. A file that was moved or deleted meanwhile still takes writes, which no start would
find: each commit looks whether it is in its place.
"""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from arbot_tui.domain.errors import StorageError
from arbot_tui.trading.core.commands import Commit
from arbot_tui.trading.core.events import Event

__all__ = ["Journal", "newest_records"]

_SCHEMA_VERSION: Final = 1
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    at_ns INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    chain INTEGER NOT NULL
) STRICT;
"""
_decode = msgspec.json.Decoder(Event).decode

Done = Callable[[Exception | None], None]
"""Called on the journal's thread once a record is durable, or with why it is not."""

_Work = tuple[Commit, Done | None]


class Journal:
    """The journal of one account. Made by `open`; `append` may be called from one thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path, instance: str) -> None:
        """Take over an opened connection; use `open`."""
        self._connection = connection
        self._path = path
        self.instance = instance
        """Name that goes into this account's client order ids."""
        self._chain = 0
        self._next = 1
        self._files = _file_numbers(path)
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None

    @classmethod
    def open(cls, path: Path, new_instance: str, *, begun: bool = False) -> Journal:
        """Open the journal at `path`, or begin one whose instance is `new_instance`.

        Args:
            path: The file.
            new_instance: Instance of a new one.
            begun: There has been one here before: a file without contents is a lost journal.

        Raises:
            StorageError: The file cannot be opened, is of another version, is damaged or lost.
        """
        try:
            _make_private_file(path)
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except OSError as e:
            raise StorageError(f"journal {path}: {e.strerror or e}") from e
        except sqlite3.Error as e:
            raise StorageError(f"journal {path}: {e}") from e
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA fullfsync=ON")
            connection.execute("PRAGMA trusted_schema=OFF")
            instance = _prepare(connection, new_instance, begun)
        except (sqlite3.Error, StorageError) as e:
            connection.close()
            raise StorageError(f"journal {path}: {e}") from e
        return cls(connection, path, instance)

    def records(self) -> Iterator[tuple[int, int, Event]]:
        """Yield every record as (number, time, event), checking the chain; before `start`.

        Raises:
            StorageError: A record is missing, changed or unreadable.
        """
        try:
            rows = self._connection.execute(
                "SELECT number, at_ns, body, chain FROM record ORDER BY number"
            )
            for number, at_ns, body, chain in rows:
                # A damaged page may hold anything, whatever the columns are declared to be.
                whole = isinstance(at_ns, int) and isinstance(body, bytes)
                if (
                    number != self._next
                    or not whole
                    or chain != _link(self._chain, number, at_ns, body)
                ):
                    raise StorageError(f"journal {self._path}: damaged at record {number}")
                self._chain, self._next = chain, number + 1
                yield number, at_ns, _decode(body)
        except (sqlite3.Error, msgspec.DecodeError) as e:
            raise StorageError(f"journal {self._path}: record {self._next}: {e}") from e

    def start(self) -> None:
        """Begin to take records, after all of `records` was read."""
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def append(self, commit: Commit, done: Done | None = None) -> None:
        """Queue a record; `done` is called on the journal's thread when its fate is known."""
        self._work.put((commit, done))

    def close(self) -> None:
        """Write what is queued, and close the file."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None
        self._connection.close()

    def _run(self) -> None:
        closing = False
        while not closing:
            batch: list[_Work] = []
            item = self._work.get()
            while True:
                if item is None:
                    closing = True
                    break
                batch.append(item)
                try:
                    item = self._work.get_nowait()
                except queue.Empty:
                    break
            if batch:
                self._write(batch)

    def _write(self, batch: list[_Work]) -> None:
        """Write a batch in one transaction; one fsync serves all that waited together."""
        if self._failure is None:
            try:
                self._insert([commit for commit, _ in batch])
            except Exception as e:  # noqa: BLE001 (a thread that died in silence confirms nothing)
                # After a failed fsync nobody knows what is on disk: never try again.
                self._failure = e
        for _, done in batch:
            if done is not None:
                done(self._failure)

    def _insert(self, commits: list[Commit]) -> None:
        chain, number = self._chain, self._next
        rows = []
        for commit in commits:
            if commit.commit_id != number:
                raise StorageError(f"journal {self._path}: record {commit.commit_id} out of turn")
            body = msgspec.json.encode(commit.event)
            if _decode(body) != commit.event:
                raise StorageError(f"journal {self._path}: record {number} does not read back")
            chain = _link(chain, number, commit.at_ns, body)
            kind = type(commit.event).__name__
            rows.append((number, commit.at_ns, kind, body, chain))
            number += 1
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        if _file_numbers(self._path) != self._files:
            raise StorageError(f"journal {self._path}: was moved or deleted in use")
        self._chain, self._next = chain, number


def newest_records(
    path: Path, count: int, kind: type[Event] | None = None
) -> list[tuple[int, int, Event]]:
    """Return the newest `count` records of a journal that may be in use, oldest first.

    For looking at it: the chain is not checked, nothing is written. A file that is not there, or
    cannot be read, has none.

    Args:
        path: The journal.
        count: How many at the most.
        kind: Of this kind of event alone; None for all.
    """
    if not path.is_file():
        return []
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            rows = connection.execute(
                "SELECT number, at_ns, body FROM record WHERE ?1 IS NULL OR kind = ?1 "
                "ORDER BY number DESC LIMIT ?2",
                (kind and kind.__name__, count),
            ).fetchall()
        return [(number, at_ns, _decode(body)) for number, at_ns, body in reversed(rows)]
    except (sqlite3.Error, msgspec.DecodeError):
        return []


def _make_private_file(path: Path) -> None:
    """Make the file for the owner alone before there is anything in it; follow no link."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    handle = os.open(path, flags, 0o600)
    try:
        os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _file_numbers(path: Path) -> list[tuple[int, int] | None]:
    """Return device and file number of an open journal's two files; None where one is gone."""
    found: list[tuple[int, int] | None] = []
    for file in (path, path.with_name(path.name + "-wal")):
        try:
            at = os.lstat(file)
        except OSError:
            found.append(None)
        else:
            found.append((at.st_dev, at.st_ino))
    return found


def _link(chain: int, number: int, at_ns: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(b"%d %d %d" % (chain, number, at_ns)))


def _prepare(connection: sqlite3.Connection, new_instance: str, begun: bool) -> str:
    """Make the schema in a new file, and return the account's instance name."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0 and begun:
        raise StorageError("holds nothing any more")
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('instance', ?)", (new_instance,))
        connection.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")
        connection.execute("COMMIT")
    elif version != _SCHEMA_VERSION:
        raise StorageError(f"made by another version (schema {version}, not {_SCHEMA_VERSION})")
    row = connection.execute("SELECT value FROM meta WHERE key = 'instance'").fetchone()
    if row is None:
        raise StorageError("has no instance name")
    return str(row[0])
