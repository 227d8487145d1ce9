"""The file `HALT` halts, and keeps halted, until a person takes it away (CONTRACT section 7)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.states import PairState, TradingState
from arbot_tui.engine.bot import ArBot
from arbot_tui.engine.client import CommandResult
from arbot_tui.engine.halt_file import HaltFile, halt_asked
from arbot_tui.engine.operating import operate
from tests.unit.trading.rig import Rig, Scripted
from tests.unit.trading.venue_model import Answer, Fate
from tests.virtual_loop import run_virtual

REFUSED = Fate(refused=True, answer=Answer.ACK, answer_ns=20 * MS)


class Engine:
    """The money core, and what of the engine looks at the file."""

    def __init__(self, folder: Path, *fates: Fate) -> None:
        self.rig = Rig(Scripted(*fates))
        self.rig.start()
        self.path = folder / "HALT"
        self.bot = SimpleNamespace(
            failed=asyncio.Event(),
            core=self.rig.state,
            executor=self.rig,
            options=SimpleNamespace(data_dir=folder),
            watch=SimpleNamespace(alarm="halted: test"),
            trading_word=lambda: (self.rig.state.trading, self.rig.state.trading_reason),
        )
        self.file = self.bot.halt_file = HaltFile(cast("ArBot", self.bot))

    def trading(self) -> TradingState:
        return self.rig.state.trading

    def ask(self, command: str) -> CommandResult:
        return operate(cast("ArBot", self.bot), command, {})


def test_it_halts_within_a_tenth_of_a_second_of_being_made(tmp_path: Path) -> None:
    engine = Engine(tmp_path)

    async def life() -> None:
        watching = asyncio.create_task(engine.file.run())
        await asyncio.sleep(0.33)
        assert engine.trading() is TradingState.ACTIVE
        engine.path.touch()
        await asyncio.sleep(0.09)
        assert engine.trading() is TradingState.HALTED
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    run_virtual(life())
    words = f"file HALT in {tmp_path}"
    assert engine.rig.state.trading_reason == words
    assert [alarm.message for alarm in engine.rig.alarms] == [words]


def test_it_is_heeded_once_and_left_where_it_is(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.path.touch()
    for _ in range(3):
        assert engine.file.look() == f"file HALT in {tmp_path}"
    assert len(engine.rig.alarms) == 1
    assert engine.path.exists()


def test_while_it_is_there_a_reset_is_refused_in_one_line(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.path.touch()
    engine.file.look()

    refused = CommandResult(
        False, f"trading stays halted by file HALT in {tmp_path}: remove it, then reset"
    )
    assert engine.ask("reset") == refused
    assert engine.trading() is TradingState.HALTED
    engine.path.unlink()
    assert engine.ask("reset").ok
    assert engine.ask("start") == CommandResult(True, "trading is active")


def test_a_reset_sees_the_file_sooner_than_the_next_look(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.ask("halt")
    engine.path.touch()
    assert not engine.ask("reset").ok
    assert engine.trading() is TradingState.HALTED


def test_taking_it_away_starts_nothing(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.path.touch()
    engine.file.look()
    engine.path.unlink()
    assert engine.file.look() == ""
    assert engine.trading() is TradingState.HALTED


def test_made_or_touched_anew_it_ends_a_flatten_that_was_asked_for_meanwhile(
    tmp_path: Path,
) -> None:
    engine = Engine(tmp_path, Fate(), REFUSED, *[Fate(parts=())] * 9)
    engine.rig.edge("ant", "bee")
    engine.rig.run_for(3 * SECOND)
    assert engine.rig.pair_state() is PairState.STUCK
    engine.path.touch()
    engine.file.look()
    assert engine.ask("flatten").ok
    assert engine.rig.pair.flatten
    engine.file.look()
    assert engine.rig.pair.flatten
    os.utime(engine.path, ns=(1, 1))
    engine.file.look()
    assert not engine.rig.pair.flatten
    sent = len(engine.rig.sent)
    engine.rig.run_for(5 * SECOND)
    assert len(engine.rig.sent) == sent


def test_a_link_that_leads_nowhere_halts_too(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.path.symlink_to(tmp_path / "gone")
    assert engine.file.look()
    assert engine.trading() is TradingState.HALTED


def test_without_a_folder_nobody_asks(tmp_path: Path) -> None:
    assert halt_asked(tmp_path / "gone" / "HALT") is None
    (tmp_path / "plain").touch()
    assert halt_asked(tmp_path / "plain" / "HALT") is None


def test_where_it_cannot_be_told_whether_it_is_there_trading_halts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(tmp_path)

    def refuse(path: Path) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "lstat", refuse)
    words = f"file HALT cannot be looked for in {tmp_path}: Permission denied"
    assert engine.file.look() == words
    assert engine.rig.state.trading_reason == words
