"""The main job, headless: four synthetic venues, opportunities, pairs, a balanced ledger."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.program.program import (
    Document,
    children_of,
    drained,
    environment,
    get_json,
    patience,
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
    assert trades["attempted"] == sum(
        trades[end] for end in ("completed", "one_sided", "failed", "stuck")
    )
    assert trades["stuck"] == 0
    assert summary["opportunities"] >= summary["signals"] >= trades["attempted"]
    assert summary["quotes"] == sum(v["quotes"] for v in summary["exchanges"].values())


def test_two_runs_in_one_data_folder_trade_balance_and_drain_at_a_signal(
    env: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    args = ("--simulate", "--headless", "--start", "--seed", "7", "--json")
    # The world as it is by default.
    world_env = env | {"ARBOT_SIMULATOR__SYMBOLS": "20", "ARBOT_SIMULATOR__RATE_HZ": "400"}
    summaries = []
    for signum in (signal.SIGTERM, signal.SIGINT):
        with running(*args, env=world_env, cwd=tmp_path) as process:
            (venues,) = wait_for_children(process.pid)
            summary = drained(process, data, signum).summary
            wait_until_gone(venues)
        assert_sound(summary)
        assert summary["seed"] == 7
        assert summary["symbols"] == 20
        # Each book has been quoted at least once.
        assert summary["quotes"] >= 4 * 20
        summaries.append(summary)
    worlds = {summary["world_id"] for summary in summaries}
    assert len(worlds) == 2
    accounts = {path.name for path in (data / "accounts").iterdir()}
    assert accounts == {f"sim-{world_id}" for world_id in worlds}


def test_two_runs_on_one_world_share_its_account_and_refuse_another_engine(
    env: dict[str, str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with world("--seed", "3", env=env, cwd=tmp_path) as venues:
        args = ("--simulate", "--control", venues["control"], "--headless", "--json")
        realised = Decimal(0)
        for number in range(2):
            with running(*args, "--start", env=env, cwd=tmp_path) as process:
                if number == 0:
                    wait_for_journal(data)
                    refused = run(*args, env=env, cwd=tmp_path)
                    assert (refused.code, refused.stdout) == (5, "")
                    assert refused.stderr.count("\n") == 1
                    assert "another engine" in refused.stderr
                summary = drained(process, data).summary
            assert_sound(summary)
            assert summary["world_id"] == venues["world_id"]
            realised += Decimal(summary["pnl"]["realised"])
        truth = get_json(f"{venues['control']}/truth")
        assert truth["world_id"] == venues["world_id"]
        # Nothing of ours computes this figure: the venues' own fills do.
        assert realised == realised_by_truth(truth)
        assert_database_agrees(data / "accounts" / f"sim-{venues['world_id']}", truth)


def assert_database_agrees(account: Path, truth: Document) -> None:
    """Every fill and order at the venues is in the database, and nothing else."""
    with closing(sqlite3.connect(f"file:{account / 'arbot.sqlite'}?mode=ro", uri=True)) as database:
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
    assert [code for (code,) in sessions] == [0, 0]
    for file in (account / "journal.sqlite", account / "arbot.sqlite"):
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_killed_engine_is_taken_up_again_without_a_difference(
    env: dict[str, str], tmp_path: Path
) -> None:
    with world("--seed", "5", env=env, cwd=tmp_path) as venues:
        control = ("--simulate", "--control", venues["control"], "--headless", "--start")
        for _ in range(2):
            with running(*control, env=env, cwd=tmp_path) as process:
                seen = len(wait_for_fills(venues["control"], more_than=-1))
                wait_for_fills(venues["control"], more_than=seen)
                process.kill()
        done = run(*control, "--duration", "2", "--json", env=env, cwd=tmp_path)
        assert done.code == 0, done.stderr
        assert_sound(done.summary)
        truth = get_json(f"{venues['control']}/truth")
        account = tmp_path / "data" / "accounts" / f"sim-{venues['world_id']}"
        with closing(sqlite3.connect(f"file:{account / 'arbot.sqlite'}?mode=ro", uri=True)) as db:
            (kept,) = db.execute("SELECT count(*) FROM fills").fetchone()
        assert kept == sum(len(venue["fills"]) for venue in truth["venues"].values()) > 0


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
