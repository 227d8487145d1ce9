"""A headless run takes over what its file says now, on SIGHUP."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.program.program import LIMIT_S, environment, patience, running

pytestmark = pytest.mark.timing


def lines_of(folder: Path) -> list[dict[str, Any]]:
    # Without what has been written of the next line.
    return [
        json.loads(line)
        for file in sorted((folder / "logs").glob("*"))
        if file.is_file()
        for line in file.read_text().rpartition("\n")[0].splitlines()
    ]


def wait_for(
    folder: Path,
    wanted: Callable[[dict[str, Any]], bool],
    again: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    for _ in patience():
        for line in lines_of(folder):
            if wanted(line):
                return line
        again()
    raise AssertionError(lines_of(folder)[-20:])


def test_sighup_reloads_and_a_bad_file_changes_nothing(tmp_path: Path) -> None:
    data, config = tmp_path / "data", tmp_path / "arbot.toml"
    config.write_text("[arbitrage]\nmin_profit_pct = 0.2\n")
    args = ("--simulate", "--headless", "--json")
    with running(*args, env=environment(data), cwd=tmp_path) as process:
        wait_for(data, lambda line: line.get("state") == "live")
        config.write_text(
            "[arbitrage]\nmin_profit_pct = 0.1\ncooldown_s = 3\n[simulator]\nedges_per_min = 30\n"
        )
        # Until the engine has started it is passed over, and no line tells that it has.
        looser = wait_for(
            data,
            lambda line: line.get("key") == "arbitrage.min_profit_pct",
            lambda: process.send_signal(signal.SIGHUP),
        )
        assert (looser["before"], looser["after"], looser["level"]) == ("0.2", "0.1", "warning")
        cold = wait_for(data, lambda line: line.get("key") == "simulator.edges_per_min")
        assert cold["event"] == "setting_needs_restart"
        config.write_text("[arbitrage]\nmin_profit_pct = 77\n")
        process.send_signal(signal.SIGHUP)
        kept = wait_for(data, lambda line: line.get("event") == "settings_kept")
        assert f"{config}:2: arbitrage.min_profit_pct = 77" in kept["error"]
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, stderr
        assert '"ledger"' in stdout
    changed = [line["key"] for line in lines_of(data) if line.get("event") == "setting_changed"]
    assert changed == ["arbitrage.min_profit_pct", "arbitrage.cooldown_s"]
