"""The journal on a real disk: what was confirmed is there, and what is not right is noticed."""

from __future__ import annotations

import math
import os
import queue
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from arbot_tui.domain.errors import StorageError
from arbot_tui.domain.signal import QuoteView
from arbot_tui.trading.core.commands import Commit
from arbot_tui.trading.core.events import Committed, Event, Operator, OperatorAction, VenueLive
from arbot_tui.trading.journal import Journal

_ROOT = Path(__file__).parents[3]

_WRITER = """
import sys
from pathlib import Path
from arbot_tui.trading.core.commands import Commit
from arbot_tui.trading.core.events import Operator, OperatorAction
from arbot_tui.trading.journal import Journal

journal = Journal.open(Path(sys.argv[1]), "writer0")
number = sum(1 for _ in journal.records())
journal.start()

def confirmed(n):
    def done(error):
        assert error is None
        print(n, flush=True)
    return done

while True:
    number += 1
    event = Operator(OperatorAction.START, "x" * (number % 700))
    journal.append(Commit(number, number * 1000, event), confirmed(number))
    if number % 50 == 0:
        # Not faster than the disk, or the queue only grows.
        waiting = __import__("threading").Event()
        number += 1
        journal.append(Commit(number, 0, event), lambda error: waiting.set())
        waiting.wait()
"""


class Writer:
    """A journal that is written to, and told when each record is durable."""

    def __init__(self, path: Path, instance: str = "k3f9x0z") -> None:
        self.journal = Journal.open(path, instance)
        self.read = list(self.journal.records())
        self.journal.start()
        self._number = len(self.read)
        self._fates: queue.Queue[Exception | None] = queue.Queue()

    def write(self, event: Event, *, number: int | None = None) -> Exception | None:
        """Append an event, and return why it is not durable."""
        self._number += 1
        commit = Commit(self._number if number is None else number, self._number * 10, event)
        self.journal.append(commit, self._fates.put)
        return self._fates.get(timeout=30)

    def write_many(self, count: int) -> None:
        for i in range(count):
            assert self.write(VenueLive(f"venue{i}", i % 2 == 0)) is None


def read(path: Path) -> list[tuple[int, int, Event]]:
    journal = Journal.open(path, "another")
    try:
        return list(journal.records())
    finally:
        journal.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def closed(path: Path) -> Path:
    """A journal of forty records that was closed properly."""
    writer = Writer(path)
    writer.write_many(40)
    writer.journal.close()
    return path


def test_records_come_back_in_order_and_go_on_where_they_ended(path: Path) -> None:
    writer = Writer(path)
    writer.write_many(3)
    writer.journal.close()

    writer = Writer(path, "other00")
    assert [(number, at_ns) for number, at_ns, _ in writer.read] == [(1, 10), (2, 20), (3, 30)]
    assert writer.read[1][2] == VenueLive("venue1", False)
    assert writer.journal.instance == "k3f9x0z"
    writer.write_many(1)
    writer.journal.close()
    assert len(read(path)) == 4


def test_everything_queued_is_written_before_it_closes(path: Path) -> None:
    journal = Journal.open(path, "k3f9x0z")
    list(journal.records())
    journal.start()
    for number in range(1, 301):
        journal.append(Commit(number, 0, Operator(OperatorAction.DRAIN)))

    journal.close()

    assert len(read(path)) == 300


def test_its_files_are_for_the_owner_alone_whatever_the_umask(path: Path) -> None:
    path.touch(mode=0o644)
    old = os.umask(0)
    try:
        writer = Writer(path)
        writer.write_many(1)
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
        writer.journal.close()
    finally:
        os.umask(old)

    assert modes == dict.fromkeys(
        ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"), 0o600
    )


@pytest.mark.slow
def test_killed_at_any_moment_it_has_lost_nothing_that_was_confirmed(path: Path) -> None:
    draw = random.Random(7)
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    known = 0
    for _ in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as child:
            assert child.stdout is not None
            confirmed = 0
            for _ in range(draw.randrange(1, 400)):
                confirmed = int(child.stdout.readline())
            child.kill()
            # What it had said before it died counts, too.
            for line in child.stdout:
                if line.endswith("\n"):
                    confirmed = int(line)

        records = read(path)
        assert len(records) >= confirmed > known
        known = len(records)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE record SET body = CAST(REPLACE(CAST(body AS TEXT), 'true', 'false') AS BLOB)"
        " WHERE number = 21",
        "UPDATE record SET at_ns = at_ns + 1 WHERE number = 17",
        "UPDATE record SET chain = chain + 1 WHERE number = 40",
        "DELETE FROM record WHERE number = 1",
        "DELETE FROM record WHERE number = 20",
        "UPDATE record SET number = number + 1000 WHERE number = 39",
        "UPDATE record SET body = (SELECT body FROM record WHERE number = 5) WHERE number = 6",
        "UPDATE record SET body = x'7b7d' WHERE number = 12",
        "DROP TABLE record",
        "DELETE FROM meta",
        "PRAGMA user_version = 7",
        "PRAGMA user_version = 0",
    ],
)
def test_a_record_that_was_changed_moved_or_taken_away_is_noticed(
    closed: Path, damage: str
) -> None:
    with sqlite3.connect(closed) as connection:
        connection.execute(damage)
    connection.close()

    with pytest.raises(StorageError, match=r"journal\.sqlite"):
        read(closed)


@pytest.mark.parametrize("column", ["at_ns", "body", "chain"])
def test_a_damaged_page_may_hold_what_no_column_allows(closed: Path, column: str) -> None:
    with sqlite3.connect(closed) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = REPLACE(sql, ' NOT NULL', '')")
    connection.close()
    with sqlite3.connect(closed) as connection:
        sql = "UPDATE record SET column = NULL WHERE number = 9"
        connection.execute(sql.replace("column", column))
    connection.close()

    with pytest.raises(StorageError, match="damaged at record 9"):
        read(closed)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_byte_is_noticed_or_changes_nothing(closed: Path, seed: int) -> None:
    before = read(closed)
    draw = random.Random(seed)
    raw = bytearray(closed.read_bytes())
    raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
    closed.write_bytes(raw)

    try:
        after = read(closed)
    except StorageError:
        return
    assert after == before


def test_what_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match="not a database"):
        read(path)


def test_a_folder_or_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="folder"):
        read(tmp_path / "folder")
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(StorageError, match="link"):
        read(tmp_path / "link")
    with pytest.raises(StorageError, match="missing"):
        read(tmp_path / "missing" / "journal.sqlite")


def _fill_disk(journal: Journal) -> None:
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")


def _close_file(journal: Journal) -> None:
    journal._connection.close()


@pytest.mark.parametrize("trouble", [_fill_disk, _close_file])
def test_once_a_write_has_failed_nothing_is_confirmed_any_more(
    closed: Path, trouble: object
) -> None:
    writer = Writer(closed)
    assert callable(trouble)
    trouble(writer.journal)

    error = next(
        (e for _ in range(200) if (e := writer.write(Operator(OperatorAction.HALT, "y" * 900)))),
        None,
    )
    assert isinstance(error, sqlite3.Error)
    # Even where there would be room again.
    assert writer.write(Operator(OperatorAction.HALT)) is error
    confirmed = writer._number - 2
    writer.journal.close()

    assert len(read(closed)) == confirmed


def _delete_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def _delete_what_is_newest(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


def _put_another_in_its_place(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.touch()


@pytest.mark.parametrize("written", [0, 3])
@pytest.mark.parametrize(
    "remove", [_delete_folder, _delete_what_is_newest, _put_another_in_its_place]
)
def test_a_journal_that_was_moved_or_deleted_in_use_confirms_nothing(
    tmp_path: Path, remove: Callable[[Path], None], written: int
) -> None:
    path = tmp_path / "account" / "journal.sqlite"
    path.parent.mkdir()
    writer = Writer(path)
    writer.write_many(written)
    remove(path)

    error = writer.write(Operator(OperatorAction.START))

    assert isinstance(error, StorageError)
    assert str(path) in str(error)
    assert writer.write(Operator(OperatorAction.HALT)) is error
    writer.journal.close()


def test_another_writer_that_holds_the_file_fails_it_instead_of_waiting_for_ever(
    closed: Path,
) -> None:
    writer = Writer(closed)
    writer.journal._connection.execute("PRAGMA busy_timeout = 50")
    with sqlite3.connect(closed, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        error = writer.write(Operator(OperatorAction.HALT))
        other.execute("ROLLBACK")
    other.close()

    assert isinstance(error, sqlite3.OperationalError)
    assert "locked" in str(error)
    writer.journal.close()


def test_a_reader_does_not_hold_it_up(closed: Path) -> None:
    writer = Writer(closed)
    with sqlite3.connect(closed, isolation_level=None) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM record").fetchone()
        assert writer.write(Operator(OperatorAction.HALT)) is None
    other.close()
    writer.journal.close()


def test_what_could_not_be_read_back_is_not_written(closed: Path) -> None:
    writer = Writer(closed)
    quote = QuoteView("ant", math.nan, 1.0, math.inf, 1.0, 0, True, "live")

    error = writer.write(Committed(1, (quote,)))

    assert error is not None
    writer.journal.close()
    assert len(read(closed)) == 40


def test_what_cannot_be_written_down_at_all_fails_the_journal_and_not_its_thread(
    closed: Path,
) -> None:
    writer = Writer(closed)

    assert writer.write(Operator(OperatorAction.HALT, "\ud800")) is not None
    assert writer.write(Operator(OperatorAction.HALT)) is not None
    writer.journal.close()


def test_a_record_out_of_turn_fails_the_journal(closed: Path) -> None:
    writer = Writer(closed)

    error = writer.write(Operator(OperatorAction.HALT), number=77)

    assert isinstance(error, StorageError)
    assert "out of turn" in str(error)
    writer.journal.close()
