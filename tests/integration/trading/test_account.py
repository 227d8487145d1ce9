"""One account, one engine: private folders, locks between processes, recovery from the journal."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from arbot_tui.domain.errors import AccountLocked, StorageError
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.trading.account import (
    AccountLocks,
    lost_journal,
    make_private_dir,
    recover,
    unknown_orders,
)
from arbot_tui.trading.core.commands import Commit
from arbot_tui.trading.core.events import Event, Operator, OperatorAction, Started
from arbot_tui.trading.core.step import step
from tests.unit.trading.rig import LIMITS, picture

_ROOT = Path(__file__).parents[3]
_HOLDER = """
import sys
from pathlib import Path
from arbot_tui.trading.account import AccountLocks

with AccountLocks(Path(sys.argv[1]), [("ant", sys.argv[2])]):
    print("held", flush=True)
    sys.stdin.read()
"""


def account(tmp_path: Path, name: str = "paper") -> Path:
    folder = tmp_path / "data" / "accounts" / name
    make_private_dir(folder)
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_folder_that_is_made_is_for_the_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        folder = account(tmp_path)
    finally:
        os.umask(old)

    assert [mode(p) for p in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3


def test_a_folder_that_is_too_open_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    make_private_dir(tmp_path)

    assert mode(tmp_path) == 0o700


def test_a_file_in_place_of_a_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(StorageError, match="data"):
        make_private_dir(tmp_path / "data" / "accounts")
    with pytest.raises(StorageError, match="data"):
        make_private_dir(tmp_path / "data")


@pytest.mark.parametrize(
    ("name", "key", "what"),
    [("paper", "key2", "account paper"), ("other", "key1", "the key of ant")],
)
def test_two_engines_cannot_use_one_account_or_one_key(
    tmp_path: Path, name: str, key: str, what: str
) -> None:
    held, wanted = account(tmp_path), account(tmp_path, name)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(held), "key1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"

        with (
            pytest.raises(AccountLocked, match=rf"{what} is used .*\(process {child.pid}\)"),
            AccountLocks(wanted, [("ant", key)]),
        ):
            pass
        # What was locked before the refusal is free again.
        with AccountLocks(account(tmp_path, "third"), [("ant", "key3")]):
            pass
        child.kill()

    with AccountLocks(wanted, [("ant", key)]):
        pass


def test_an_account_and_a_key_nobody_else_uses_are_free(tmp_path: Path) -> None:
    with (
        AccountLocks(account(tmp_path), [("ant", "key1"), ("bee", "key1")]),
        AccountLocks(account(tmp_path, "other"), [("ant", "key2")]),
    ):
        locks = sorted((tmp_path / "data" / "locks").iterdir())

        assert all(mode(lock) == 0o600 for lock in locks)
        assert all("key" not in lock.name for lock in locks)


def test_a_lock_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    folder = account(tmp_path)
    (folder / "lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StorageError, match="lock"), AccountLocks(folder, []):
        pass


def test_a_new_account_has_an_instance_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    journal, state = recover(account(tmp_path))
    first = journal.instance
    journal.close()
    again, _ = recover(account(tmp_path))
    again.close()
    other, _ = recover(account(tmp_path, "other"))
    other.close()

    assert first == again.instance != other.instance
    assert state.commits == 0


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    journal, state = recover(account(tmp_path))
    events: list[Event] = [
        Started(journal.instance, ("ant",), LIMITS),
        Operator(OperatorAction.HALT, "enough"),
    ]
    for i, event in enumerate(events):
        commit = step(state, event, i)[0]
        assert isinstance(commit, Commit)
        journal.append(commit)
    journal.close()

    journal, recovered = recover(account(tmp_path))
    journal.close()

    assert picture(recovered) == picture(state)
    assert recovered.trading_reason == "enough"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE record SET at_ns = 5 WHERE number = 1",
        "UPDATE meta SET value = 'k3f9x0y'",
        "DELETE FROM record WHERE number = 1",
    ],
)
def test_a_journal_that_is_not_to_be_trusted_is_refused(tmp_path: Path, damage: str) -> None:
    folder = account(tmp_path)
    journal, state = recover(folder)
    for i in range(2):
        commit = step(state, Started(journal.instance, ("ant",), LIMITS), i)[0]
        assert isinstance(commit, Commit)
        journal.append(commit)
    journal.close()
    with sqlite3.connect(folder / "journal.sqlite") as connection:
        connection.execute(damage)
    connection.close()

    with pytest.raises(StorageError, match=r"journal\.sqlite"):
        recover(folder)


def test_records_that_do_not_follow_from_each_other_are_refused(tmp_path: Path) -> None:
    folder = account(tmp_path)
    journal, _ = recover(folder)
    journal.append(Commit(1, 0, Started(journal.instance, ("ant",), LIMITS)))
    # Nothing is halted: a reset changes nothing, so nobody would have written it down.
    journal.append(Commit(2, 0, Operator(OperatorAction.RESET)))
    journal.close()

    with pytest.raises(StorageError, match=r"record 2 \(Operator\) does not replay"):
        recover(folder)


def used(tmp_path: Path) -> Path:
    """Return the folder of an account that has been traded with, as it is between two runs."""
    folder = account(tmp_path)
    journal, _ = recover(folder)
    journal.append(Commit(1, 0, Started(journal.instance, ("ant",), LIMITS)))
    journal.close()
    (folder / "arbot.sqlite").write_bytes(b"SQLite format 3")
    return folder


@pytest.mark.parametrize("state", ["empty", "missing"])
def test_a_journal_that_was_lost_is_not_begun_anew(tmp_path: Path, state: str) -> None:
    folder = used(tmp_path)
    journal = folder / "journal.sqlite"
    assert lost_journal(folder) == ""
    recover(folder)[0].close()
    if state == "missing":
        journal.unlink()
    else:
        os.truncate(journal, 0)

    for _ in range(2):
        # Not even the second start takes what the first one left for a new journal.
        with pytest.raises(StorageError, match=rf"journal\.sqlite is {state}, arbot\.sqlite"):
            recover(folder)
    assert not journal.exists() or journal.stat().st_size == 0


def test_what_a_killed_run_left_in_the_side_file_is_not_thrown_away(tmp_path: Path) -> None:
    folder = account(tmp_path)
    journal, _ = recover(folder)
    os.truncate(folder / "journal.sqlite", 0)
    wal = (folder / "journal.sqlite-wal").read_bytes()
    assert wal

    # SQLite would delete it: to it an empty file needs no log.
    with pytest.raises(StorageError, match=r"is empty, journal\.sqlite-wal beside it is not"):
        recover(folder)
    assert (folder / "journal.sqlite-wal").read_bytes() == wal
    journal.close()


def test_a_journal_without_its_tables_is_lost_as_well(tmp_path: Path) -> None:
    folder = used(tmp_path)
    journal = folder / "journal.sqlite"
    journal.unlink()
    with sqlite3.connect(journal) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()

    with pytest.raises(StorageError, match="holds nothing any more"):
        recover(folder)


def test_an_order_that_left_and_is_not_in_the_journal_is_noticed() -> None:
    known = [client_order_id("k3f9x0z", pair, 0, 0) for pair in (1, 2)]
    newer = client_order_id("k3f9x0z", 3, 0, 0)
    of_another = client_order_id("abcdefg", 1, 0, 0)

    assert unknown_orders(known, "k3f9x0z", 2) == []
    assert unknown_orders([*known, newer, of_another], "k3f9x0z", 2) == [newer, of_another]
