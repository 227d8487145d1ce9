"""Paper, end to end: a synthetic world's public side, no key, and an account that lasts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.program.program import (
    CALM,
    Document,
    environment,
    get_json,
    patience,
    run,
    running,
    world,
)
from tests.ui.terminal import Terminal

pytestmark = pytest.mark.timing

# Edges come twenty times as often as by default, and no route rests after a trade.
BUSY = {"ARBOT_SIMULATOR__EDGES_PER_MIN": "240", "ARBOT_ARBITRAGE__COOLDOWN_S": "1"}


@pytest.fixture(scope="module")
def venues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Document]:
    """Serve one world for all tests; what paper does in it has to leave no trace."""
    folder = tmp_path_factory.mktemp("world")
    with world("--seed", "4", env=environment(folder, **BUSY), cwd=folder) as served:
        yield served


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "data", **BUSY)


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    (account,) = (data / "accounts").glob("paper*")
    with sqlite3.connect(f"file:{account / 'arbot.sqlite'}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


def orders_and_fills(venues: Document) -> list[tuple[object, object]]:
    """Return all that anybody ever did at the venues of the world."""
    truth = get_json(f"{venues['control']}/truth")["venues"]
    return [(venue["orders"], venue["fills"]) for venue in truth.values()]


def wait_for_fills(data: Path) -> None:
    for _ in patience():
        if list((data / "accounts").glob("paper-*/arbot.sqlite")):
            try:
                if rows(data, "SELECT 1 FROM fills LIMIT 1"):
                    return
            except sqlite3.OperationalError:
                pass  # the schema is not there yet
    raise AssertionError("no fill appeared")


def assert_sound(summary: Document, venues: Document) -> None:
    assert summary["mode"] == "paper"
    assert (summary["world_id"], summary["seed"]) == (venues["world_id"], venues["seed"])
    assert summary["ledger"] == {"balanced": True, "venue_mismatches": 0}
    assert summary["trades"]["stuck"] == 0


def test_paper_trades_on_a_world_that_never_hears_of_it_and_goes_on_after_a_kill(
    env: dict[str, str], venues: Document, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    before = orders_and_fills(venues)
    args = ("--paper", "--control", venues["control"], "--headless", "--start", "--json")
    with running(*args, env=env, cwd=tmp_path) as process:
        wait_for_fills(data)
        process.kill()
    done = run(*args, "--duration", "2", env=env, cwd=tmp_path)
    assert done.code == 0, done.stderr
    assert_sound(done.summary, venues)

    # Nothing of it reached a venue.
    assert orders_and_fills(venues) == before
    assert {path.name for path in (data / "accounts").iterdir()} == {f"paper-{venues['world_id']}"}
    fills = rows(data, "SELECT exchange, symbol, side, price, quantity, fee, fee_asset FROM fills")
    assert fills
    # What is held now is what was given plus what every fill of both runs moved.
    moved: dict[tuple[str, str], Decimal] = {}
    for exchange, symbol, side, *numbers, fee_asset in fills:
        price, qty, fee = (Decimal(str(number)) for number in numbers)
        base, quote = str(symbol).split("/")
        sign = 1 if side == "buy" else -1
        for asset, amount in ((base, sign * qty), (quote, -sign * qty * price), (fee_asset, -fee)):
            key = (str(exchange), str(asset))
            moved[key] = moved.get(key, Decimal(0)) + amount
    held = {
        (str(exchange), str(asset)): Decimal(str(total))
        for exchange, asset, total in rows(data, "SELECT exchange, asset, total FROM balances")
    }
    for name in venues["venues"]:
        assert held[(name, "USDT")] == 10_000 + moved.get((name, "USDT"), 0)


def test_without_its_venues_paper_says_so_and_ends(tmp_path: Path) -> None:
    nowhere: dict[str, str] = {}
    for venue in ("BINANCE", "BYBIT", "OKX", "BITGET"):
        nowhere[f"ARBOT_EXCHANGES__{venue}__ENVIRONMENT"] = "custom"
        nowhere[f"ARBOT_EXCHANGES__{venue}__REST_URL"] = "http://127.0.0.1:1"
        nowhere[f"ARBOT_EXCHANGES__{venue}__WS_PUBLIC_URL"] = "ws://127.0.0.1:1"
    env = environment(tmp_path / "data", **nowhere)
    done = run("--paper", "--headless", "--duration", "5", "--json", env=env, cwd=tmp_path)
    assert (done.code, done.stdout) == (1, "")
    complaints = [line for line in done.stderr.splitlines() if line.startswith("arbot-tui: ")]
    assert len(complaints) == 1
    assert "fewer than two venues answer" in complaints[0]
    assert "Traceback" not in done.stderr


@pytest.mark.ui
def test_the_simulation_leads_to_paper(venues: Document, tmp_path: Path) -> None:
    data = tmp_path / "data"
    terminal = Terminal(
        ["--simulate", "--control", venues["control"], "--start"],
        160,
        48,
        program=("-m", "arbot_tui"),
        **CALM,
        ARBOT_STORAGE__PATH=str(data),
        HOME=str(tmp_path),
    )
    try:
        terminal.wait_text("p leads to paper")
        assert "SIM" in terminal.screen.display[0]
        terminal.wait_text(" completed")
        # The first run's card lets the key through.
        terminal.wait_text("Welcome")
        terminal.send("p")
        terminal.wait_text("Go to paper?")
        terminal.send("\t\r")
        terminal.wait_top("PAPER")
        terminal.wait_text("real prices, simulated fills")
        terminal.wait_top("stopped")
        terminal.wait_text("BTC/USDT")
        terminal.send("s")
        terminal.wait_top("● active")
        wait_for_fills(data)
        terminal.send("p")
        terminal.wait_text("this key leads from")
        # With pairs open it would ask whether to drain first.
        terminal.send("s")
        terminal.wait_top("stopped")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    finally:
        terminal.close()
