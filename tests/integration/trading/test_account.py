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
from arbot_tui.trading.account import AccountLocks, make_private_dir, recover
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
