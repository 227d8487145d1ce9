"""Accounts of ended worlds: the newest of each kind stay, and none that is in use goes."""

from __future__ import annotations

import os
from pathlib import Path

from arbot_tui.engine.retention import WORLDS_KEPT, forget_old_worlds
from arbot_tui.trading.account import AccountLocks


def make(accounts: Path, name: str, age_s: int) -> Path:
    folder = accounts / name
    folder.mkdir(parents=True)
    (folder / "journal.sqlite").write_bytes(b"")
    os.utime(folder, ns=(10**18 - age_s * 10**9,) * 2)
    return folder


def test_the_oldest_of_its_kind_go_and_nothing_else(tmp_path: Path) -> None:
    mine = make(tmp_path, "paper-mine", 10_000)
    others = [make(tmp_path, f"paper-w{age}", age) for age in range(WORLDS_KEPT + 3)]
    kept = [make(tmp_path, name, 20_000) for name in ("paper", "live", "sim-w1", "sim-w2")]
    (tmp_path / "paper-note").write_text("not an account")

    forget_old_worlds(mine)

    assert [other.exists() for other in others] == [True] * WORLDS_KEPT + [False] * 3
    assert mine.exists()
    assert all(folder.exists() for folder in kept)
    assert (tmp_path / "paper-note").exists()


def test_one_that_another_engine_holds_stays(tmp_path: Path) -> None:
    mine = make(tmp_path, "sim-mine", 0)
    others = [make(tmp_path, f"sim-w{age}", age) for age in range(WORLDS_KEPT + 2)]

    with AccountLocks(others[-1], []):
        forget_old_worlds(mine)

    assert others[-1].exists()
    assert not others[-2].exists()
