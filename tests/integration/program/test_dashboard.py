"""The real dashboard on real synthetic venues in a real terminal: every way in and out."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.program.program import CALM, children_of, is_alive, wait_until_gone
from tests.ui.terminal import Terminal

pytestmark = [pytest.mark.ui, pytest.mark.timing]

VENUES = ("binance", "bybit", "okx", "bitget")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The dashboard with prices, trading stopped."""
    started = Terminal(
        ["--simulate", "--seed", "7"],
        160,
        48,
        program=("-m", "arbot_tui"),
        **CALM,
        ARBOT_STORAGE__PATH=str(tmp_path / "data"),
        ARBOT_SIMULATOR__EDGES_PER_MIN="60",
        HOME=str(tmp_path),
    )
    try:
        started.wait_text("BTC/USDT")
        yield started
    finally:
        started.close()


def family(terminal: Terminal) -> list[int]:
    """The program and everything it has started."""
    return [terminal.pid, *children_of(terminal.pid)]


def test_prices_move_opportunities_appear_and_pairs_complete(terminal: Terminal) -> None:
    assert "SIM" in terminal.screen.display[0]
    assert "stopped" in terminal.screen.display[0]
    processes = family(terminal)
    assert len(processes) == 2
    for venue in VENUES:
        terminal.wait_text(f"{venue} ●")
    before = list(terminal.screen.display)
    terminal.wait_for(
        lambda: sum(a != b for a, b in zip(before, terminal.screen.display, strict=True)) > 10
    )
    terminal.send("s")
    terminal.wait_top("● active")
    terminal.wait_text("✓ closed")
    terminal.wait_text("traded")
    terminal.send("s")
    terminal.wait_top("stopped")
    terminal.send("\x18")
    terminal.wait_top("halted")
    terminal.send("q")
    # The run ended halted, and its exit code says so.
    assert terminal.wait_exit() == 4
    assert terminal.restored()
    wait_until_gone(*processes)


# How each key and signal ends the screen is shown in tests/ui/test_terminal.py.


def test_a_signal_ends_it_and_leaves_nothing(terminal: Terminal) -> None:
    processes = family(terminal)
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_exit() == 0
    assert terminal.restored()
    wait_until_gone(*processes)


def test_a_dropped_connection_ends_it_and_leaves_nothing(terminal: Terminal) -> None:
    processes = family(terminal)
    terminal.hang_up()
    assert terminal.wait_exit(reading=False) == 129
    wait_until_gone(*processes)


def test_kill_9_leaves_no_process(terminal: Terminal) -> None:
    processes = family(terminal)
    terminal.kill(signal.SIGKILL)
    wait_until_gone(*processes)
    assert not any(map(is_alive, processes))
