"""The main job, headless: four synthetic venues, opportunities, pairs, a balanced ledger."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.program.program import (
    Document,
    children_of,
    environment,
    get_json,
    realised_by_truth,
    run,
    running,
    wait_until_gone,
    world,
)

VENUES = {"binance", "bybit", "okx", "bitget"}
# Edges come ten times as often as by default, so that a short run sees enough of them.
BUSY = {"ARBOT_SIMULATOR__EDGES_PER_MIN": "120"}

pytestmark = pytest.mark.timing


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "data", **BUSY)


def assert_sound(summary: Document) -> None:
    """What every undisturbed run has to show."""
    assert set(summary["exchanges"]) == VENUES
    funnel = summary["funnel"]
    ended = sum(summary["reject_funnel"].values()) + funnel["committed"] + funnel["pending"]
    assert funnel["candidates"] == ended
    assert "cleared the fees" in summary["verdict"]["words"]
    # On a machine that is busy with other tests, frames may truly arrive late.
    assert {venue["state"] for venue in summary["exchanges"].values()} <= {"live", "delayed"}
    assert summary["ledger"] == {"balanced": True, "venue_mismatches": 0}
    trades = summary["trades"]
    assert trades["completed"] >= 1
    assert trades["attempted"] == sum(
        trades[end] for end in ("completed", "one_sided", "failed", "stuck")
    )
    assert trades["stuck"] == 0
    assert summary["opportunities"] >= summary["signals"] >= trades["attempted"]
    assert summary["quotes"] == sum(v["quotes"] for v in summary["exchanges"].values())


def test_two_runs_in_one_data_folder_trade_and_balance(env: dict[str, str], tmp_path: Path) -> None:
    args = ("--simulate", "--headless", "--start", "--seed", "7", "--duration", "5", "--json")
    # The world as it is by default.
    world_env = env | {"ARBOT_SIMULATOR__SYMBOLS": "20", "ARBOT_SIMULATOR__RATE_HZ": "400"}
    first = run(*args, env=world_env, cwd=tmp_path)
    second = run(*args, env=world_env, cwd=tmp_path)
    for done in (first, second):
        assert done.code == 0, done.stderr
        assert_sound(done.summary)
        assert done.summary["seed"] == 7
        assert done.summary["quotes"] >= 1000
        assert done.summary["symbols"] == 20
    assert first.summary["world_id"] != second.summary["world_id"]
    accounts = {path.name for path in (tmp_path / "data" / "accounts").iterdir()}
    assert accounts == {f"sim-{done.summary['world_id']}" for done in (first, second)}


def test_three_runs_on_one_world_share_its_account(env: dict[str, str], tmp_path: Path) -> None:
    with world("--seed", "3", env=env, cwd=tmp_path) as venues:
        realised = Decimal(0)
        for _ in range(3):
            done = run(
                *("--simulate", "--control", venues["control"], "--headless", "--start"),
                *("--duration", "4", "--json"),
                env=env,
                cwd=tmp_path,
            )
            assert done.code == 0, done.stderr
            assert_sound(done.summary)
            assert done.summary["world_id"] == venues["world_id"]
            realised += Decimal(done.summary["pnl"]["realised"])
        truth = get_json(f"{venues['control']}/truth")
        assert truth["world_id"] == venues["world_id"]
        # Nothing of ours computes this figure: the venues' own fills do.
        assert realised == realised_by_truth(truth)
        assert_database_agrees(tmp_path / "data" / "accounts" / f"sim-{venues['world_id']}", truth)


def assert_database_agrees(account: Path, truth: Document) -> None:
    """Every fill and order at the venues is in the database, and nothing else."""
    with sqlite3.connect(f"file:{account / 'arbot.sqlite'}?mode=ro", uri=True) as database:
        fills = set(database.execute("SELECT exchange, trade_id, price, quantity, fee FROM fills"))
        orders = {row[0] for row in database.execute("SELECT client_id FROM orders")}
        sessions = database.execute("SELECT exit_code FROM sessions").fetchall()
    theirs = {
        (name, fill["trade_id"], *(Decimal(fill[key]) for key in ("price", "qty", "fee")))
        for name, venue in truth["venues"].items()
        for fill in venue["fills"]
    }
    assert {(v, t, *map(Decimal, numbers)) for v, t, *numbers in fills} == theirs
    sent = {o["client_id"] for venue in truth["venues"].values() for o in venue["orders"]}
    assert sent <= orders
    assert [code for (code,) in sessions] == [0, 0, 0]
    for file in (account / "journal.sqlite", account / "arbot.sqlite"):
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_still_prints_the_summary(
    env: dict[str, str], tmp_path: Path, signum: signal.Signals
) -> None:
    args = ("--simulate", "--headless", "--start", "--json")
    with running(*args, env=env, cwd=tmp_path) as process:
        (venues,) = wait_for_children(process.pid)
        wait_for_journal(tmp_path / "data")
        process.send_signal(signum)
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr
        assert stdout.count("\n{") == 0
        assert '"ledger"' in stdout
        wait_until_gone(venues)


def test_kill_9_leaves_no_venues_behind(env: dict[str, str], tmp_path: Path) -> None:
    with running("--simulate", "--headless", env=env, cwd=tmp_path) as process:
        (venues,) = wait_for_children(process.pid)
        wait_for_journal(tmp_path / "data")
        process.kill()
        process.wait(timeout=60)
        wait_until_gone(venues)


def test_a_killed_engine_is_taken_up_again_without_a_difference(
    env: dict[str, str], tmp_path: Path
) -> None:
    with world("--seed", "5", env=env, cwd=tmp_path) as venues:
        control = ("--simulate", "--control", venues["control"], "--headless", "--start")
        for _ in range(3):
            with running(*control, env=env, cwd=tmp_path) as process:
                seen = len(wait_for_fills(venues["control"], more_than=-1))
                wait_for_fills(venues["control"], more_than=seen)
                process.kill()
        done = run(*control, "--duration", "4", "--json", env=env, cwd=tmp_path)
        assert done.code == 0, done.stderr
        assert_sound(done.summary)
        truth = get_json(f"{venues['control']}/truth")
        account = tmp_path / "data" / "accounts" / f"sim-{venues['world_id']}"
        with sqlite3.connect(f"file:{account / 'arbot.sqlite'}?mode=ro", uri=True) as database:
            (profit,) = database.execute("SELECT count(*) FROM fills").fetchone()
        assert profit == sum(len(venue["fills"]) for venue in truth["venues"].values())


def test_a_second_engine_on_the_account_is_refused(env: dict[str, str], tmp_path: Path) -> None:
    with world(env=env, cwd=tmp_path) as venues:
        args = ("--simulate", "--control", venues["control"], "--headless")
        with running(*args, env=env, cwd=tmp_path):
            wait_for_journal(tmp_path / "data")
            done = run(*args, "--duration", "1", env=env, cwd=tmp_path)
        assert done.code == 5
        assert done.stderr.count("\n") == 1
        assert "another engine" in done.stderr


def wait_for_children(pid: int) -> list[int]:
    for _ in patience():
        if found := children_of(pid):
            return found
    raise AssertionError("the program started no child")


def wait_for_journal(data_dir: Path) -> None:
    for _ in patience():
        if list(data_dir.glob("accounts/*/journal.sqlite")):
            return
    raise AssertionError("no journal appeared")


def wait_for_fills(control: str, more_than: int) -> list[Document]:
    for _ in patience():
        venues = get_json(f"{control}/truth")["venues"].values()
        fills = [fill for venue in venues for fill in venue["fills"]]
        if len(fills) > more_than:
            return fills
    raise AssertionError("no further fill")


def patience() -> Iterator[None]:
    """Look again for as long as anybody would wait."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        yield
        time.sleep(0.05)
