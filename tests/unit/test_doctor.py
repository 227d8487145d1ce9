"""What the doctor says of terminals, folders and disks that this machine does not have."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from pathlib import Path

import pytest

from arbot_tui.commands import doctor as command
from arbot_tui.credentials.finding import KeySources
from arbot_tui.engine import doctor
from arbot_tui.engine.doctor import Finding


class Screen:
    """Poses as a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.encoding = encoding

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sys, "__stdin__", Screen())
    monkeypatch.setattr(sys, "__stderr__", Screen())
    for name, value in (("TERM", "xterm-256color"), ("COLUMNS", "160"), ("LINES", "48")):
        monkeypatch.setenv(name, value)
    for name in ("COLORTERM", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def found() -> dict[str, Finding]:
    return {finding.check: finding for finding in command._terminal()}


def test_a_good_terminal_is_described(screen: pytest.MonkeyPatch) -> None:
    assert [(f.state, f.message) for f in found().values()] == [
        ("ok", "xterm-256color, 256 colours"),
        ("ok", "160×48"),
        ("ok", "UTF-8"),
    ]
    screen.setenv("COLORTERM", "truecolor")
    assert found()["terminal"].message == "xterm-256color, 24-bit colours"


@pytest.mark.parametrize("kind", ["dumb", ""])
def test_a_dumb_terminal_fails_with_the_fix(screen: pytest.MonkeyPatch, kind: str) -> None:
    screen.setenv("TERM", kind)
    assert found()["terminal"].state == "fail"
    assert found()["terminal"].fix == "export TERM=xterm-256color"


def test_a_small_one_and_an_ascii_one_are_warned_of(screen: pytest.MonkeyPatch) -> None:
    screen.setenv("COLUMNS", "79")
    screen.setattr(sys, "__stderr__", Screen("ascii"))
    assert (found()["size"].state, found()["encoding"].state) == ("warn", "warn")
    assert "needs 80×24" in found()["size"].message


@pytest.mark.parametrize(
    ("answer", "state"), [("echo on", "ok"), ("echo external", "warn"), ("exit 1", "warn")]
)
def test_tmux_is_asked_whether_it_passes_copies_on(
    screen: pytest.MonkeyPatch, tmp_path: Path, answer: str, state: str
) -> None:
    (tmp_path / "tmux").write_text(f"#!/bin/sh\n{answer}\n")
    (tmp_path / "tmux").chmod(0o700)
    screen.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    screen.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    assert found()["tmux"].state == state


def test_without_tmux_its_silence_is_a_warning(screen: pytest.MonkeyPatch, tmp_path: Path) -> None:
    screen.setenv("PATH", str(tmp_path))
    screen.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    assert "does not answer" in found()["tmux"].message


@pytest.mark.parametrize(("free", "state"), [(2 << 30, "ok"), (1 << 29, "warn"), (1, "fail")])
def test_room_on_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, state: str
) -> None:
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert doctor.check_folder(tmp_path / "new" / "folder")[1].state == state


def test_a_file_in_the_data_folder_s_place_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (finding,) = doctor.check_folder(tmp_path / "file")
    assert (finding.state, finding.fix) == ("fail", "set [storage] path to a folder of yours")


def test_an_old_python_and_a_slow_loop_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10))
    monkeypatch.setattr(doctor, "_installed", lambda name: "")
    states = {finding.check: finding.state for finding in doctor.check_machine()}
    assert states == {"python": "fail", "event loop": "warn", "libraries": "ok", "sqlite": "ok"}


def test_a_locked_place_is_a_finding_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(os, "access", lambda *_: False)
    [finding] = doctor.check_folder(tmp_path / "locked" / "data")
    assert (finding.state, "cannot be written" in finding.message) == ("fail", True)


def test_commands_can_be_typed_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my data"
    folder.mkdir()
    folder.chmod(0o755)
    fixes = {f.check: f.fix for f in doctor.check_folder(folder)}
    assert fixes["data folder"] == f"chmod 700 '{folder}'"

    monkeypatch.setattr(doctor, "_installed", lambda name: "")
    monkeypatch.setattr(sys, "executable", "/opt/my venv/bin/python")
    fixes = {f.check: f.fix for f in doctor.check_machine()}
    assert fixes["event loop"] == "'/opt/my venv/bin/python' -m pip install uvloop"


def configuration(config: Path | None = None) -> list[tuple[str, str]]:
    """Return message and fix of what is wrong with the configuration."""
    return [
        (finding.message, finding.fix)
        for finding in itertools.islice(command._findings(config), 8)
        if finding.check == "configuration" and finding.state == "fail"
    ]


def test_what_check_looks_up_the_doctor_does_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "my.toml"
    file.write_text('[arbitrage]\nstrategies = ["luck"]\n')
    monkeypatch.setenv("ARBOT_LOG", "loud")
    again = "fix that, then arbot-tui config check"
    assert [(text.partition(": ")[0], fix) for text, fix in configuration(file)] == [
        ('ARBOT_LOG = "loud"', again),
        (f"{file}:2", again),
    ]
    file.write_text('[storage]\npath = "~nobody-here/x"\n')
    assert [fix for _, fix in configuration(file)] == [again]
    assert [fix for _, fix in configuration(tmp_path / "no file")] == [
        f"arbot-tui config init --config '{tmp_path}/no file'"
    ]


@pytest.mark.parametrize(("needed", "state"), [(True, "fail"), (False, "warn")])
def test_half_a_key_fails_only_where_keys_are_needed(
    tmp_path: Path, needed: bool, state: str
) -> None:
    sources = KeySources(folder=tmp_path, environ={"OKX_API_KEY": "abcdefgh"})
    [finding] = doctor.check_keys({"okx": "prod"}, "env", sources, needed=needed)
    assert (finding.check, finding.state) == ("keys", state)
    assert "OKX_API_SECRET" in finding.message


def test_an_account_that_lost_its_journal_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "accounts" / "live"
    folder.mkdir(parents=True)
    assert doctor.check_journals(tmp_path) == []
    (folder / "arbot.sqlite").write_bytes(b"SQLite format 3")
    [finding] = doctor.check_journals(tmp_path)
    assert (finding.check, finding.state) == ("journal", "fail")
    assert f"{folder}/journal.sqlite is missing" in finding.message


def test_a_file_that_keeps_trading_halted_is_named_with_what_to_do(tmp_path: Path) -> None:
    assert doctor.check_halt(tmp_path) == []
    (tmp_path / "HALT").touch()
    [finding] = doctor.check_halt(tmp_path)
    assert (finding.check, finding.state) == ("halt", "warn")
    assert finding.message == f"trading stays halted by file HALT in {tmp_path}"
    assert finding.fix == f"rm {tmp_path}/HALT, then reset"
