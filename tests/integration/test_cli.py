"""The real command line in processes of its own: what it imports, starts and leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from arbot_tui.domain.errors import ExchangeUnavailable, MalformedMessage
from arbot_tui.engine.world import WorldProcess, connect
from arbot_tui.simulator.config import SimulatorConfig
from tests.integration.program.program import called_here

LIMIT_S = 60
HEAVY = ("aiohttp", "aiosqlite", "keyring", "numpy", "pydantic", "rich", "structlog", "textual")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ARBOT_")}
    return clean | {
        "ARBOT_STORAGE__PATH": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "HOME": str(tmp_path),
    }


def arbot(
    *arguments: str, env: dict[str, str], cwd: Path, stdin: int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "arbot_tui", *arguments],
        env=env,
        cwd=cwd,
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def imported_by(*calls: list[str], env: dict[str, str], cwd: Path) -> list[set[str]]:
    """Run the calls in one process; return after each what is imported, packages and modules."""
    script = (
        "import sys\nfrom arbot_tui import cli\n"
        f"for call in {list(calls)!r}:\n"
        "    cli.run(call)\n"
        "    print('\\0', *sys.modules, sep='\\n', file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=env | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    # What a call says itself stands before the mark of its list.
    lists = [part.split() for part in done.stderr.split("\0")[1:]]
    return [{*names, *(name.partition(".")[0] for name in names)} for names in lists]


class TestImports:
    def test_help_and_version_import_nothing_heavy(
        self, env: dict[str, str], tmp_path: Path
    ) -> None:
        calls = [["--help"], ["-h"], ["--version"], ["--nonsense"]]
        for call, found in zip(calls, imported_by(*calls, env=env, cwd=tmp_path), strict=True):
            assert "arbot_tui.cli" in found
            assert found & {*HEAVY, "asyncio", "msgspec", "websockets"} == set(), call

    def test_reading_the_configuration_opens_no_screen_and_no_socket(
        self, env: dict[str, str], tmp_path: Path
    ) -> None:
        (found,) = imported_by(["config", "check"], env=env, cwd=tmp_path)
        assert found & {"aiohttp", "aiosqlite", "keyring", "numpy", "structlog", "textual"} == set()

    def test_the_screens_library_comes_after_the_venues_were_started(
        self, env: dict[str, str], tmp_path: Path
    ) -> None:
        (found,) = imported_by(["--simulate"], env=env, cwd=tmp_path)
        assert "textual" not in found


class TestWorldProcess:
    CONFIG = SimulatorConfig(seed=11, symbols=3)

    def test_two_worlds_of_one_seed_are_two_that_serve_and_leave_nothing(self) -> None:
        with WorldProcess(self.CONFIG) as one, WorldProcess(self.CONFIG) as other:
            first, second = one.info(), other.info()
            pids = [one.pid, other.pid]
            for pid in pids:
                assert pid is not None
                assert os.getsid(pid) == pid
            assert first.seed == second.seed == 11
            assert connect(first.control, LIMIT_S) == first
        one.stop()
        for pid in pids:
            assert pid is not None
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        assert first.world_id != second.world_id
        assert first.venues.keys() == second.venues.keys()
        for name, venue in first.venues.items():
            assert venue.credentials != second.venues[name].credentials

    def test_it_reads_neither_configuration_nor_the_current_folders_modules(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "arbot.toml").write_text("broken")
        (tmp_path / "typing.py").write_text("raise SystemExit('shadowed')")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("ARBOT_NONSENSE", "1")
        monkeypatch.setattr(sys, "path", ["", *sys.path])
        with WorldProcess(self.CONFIG) as world:
            assert world.info().seed == 11

    def test_one_that_cannot_start_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world = WorldProcess(self.CONFIG)
        monkeypatch.setattr(
            world, "_command", [sys.executable, "-c", "import sys; sys.exit('no port left')"]
        )
        with world, pytest.raises(ExchangeUnavailable, match=r"not started: no port left$"):
            world.info()

    def test_one_that_ends_silently_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world = WorldProcess(self.CONFIG)
        monkeypatch.setattr(world, "_command", [sys.executable, "-c", ""])
        with world, pytest.raises(ExchangeUnavailable, match=r"not started: ended at once$"):
            world.info()

    def test_one_that_says_nothing_is_given_up_and_ended(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("arbot_tui.engine.world._STDIN_GRACE_S", 0.01)
        monkeypatch.setattr("arbot_tui.engine.world._TERM_GRACE_S", 0.01)
        world = WorldProcess(self.CONFIG)
        deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
        monkeypatch.setattr(world, "_command", [sys.executable, "-c", deaf])
        with world:
            pid = world.pid
            assert pid is not None
            with pytest.raises(ExchangeUnavailable, match=r"said nothing in 0\.05 s"):
                world.info(0.05)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    def test_one_that_says_something_else_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world = WorldProcess(self.CONFIG)
        monkeypatch.setattr(world, "_command", [sys.executable, "-c", "print('hello')"])
        with world, pytest.raises(MalformedMessage, match="unreadable description"):
            world.info()

    def test_it_has_to_be_started_first(self) -> None:
        world = WorldProcess(self.CONFIG)
        assert world.pid is None
        world.stop()
        with pytest.raises(RuntimeError, match="not started"):
            world.info()


def test_the_venues_command_serves_from_a_background_job_until_a_signal(
    env: dict[str, str], tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "arbot_tui", "venues", "--json", "--seed", "5"],
        env=env | {"ARBOT_SIMULATOR__SYMBOLS": "3"},
        cwd=tmp_path,
        # As a shell has it: at its end from the start.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            document = json.loads(process.stdout.readline())
            assert list(document) == ["world_id", "seed", "control", "venues"]
            assert document["seed"] == 5
            assert connect(document["control"], LIMIT_S).world_id == document["world_id"]
            process.send_signal(signal.SIGHUP)
            assert process.wait(LIMIT_S) == 0
        finally:
            process.kill()


class TestRuns:
    def test_an_unknown_symbol_is_one_line_and_exit_2(
        self, env: dict[str, str], tmp_path: Path
    ) -> None:
        done = arbot("--headless", "--symbols", "NOPE/USDT", "--json", env=env, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stdout == ""
        last = done.stderr.splitlines()[-1]
        assert last.startswith("arbot-tui: ")
        assert "NOPE/USDT" in last
        assert "Traceback" not in done.stderr

    def test_a_world_that_is_not_there_is_one_line_and_exit_1(
        self, env: dict[str, str], tmp_path: Path
    ) -> None:
        done = arbot("--headless", "--control", "http://127.0.0.1:1", env=env, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert "does not answer" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_a_crash_is_one_line_a_log_and_exit_1(
        self, env: dict[str, str], tmp_path: Path
    ) -> None:
        script = (
            "import arbot_tui.engine.run as r, sys\n"
            "async def broken(options, duration_s, show):\n"
            "    hidden = 'local-' + 'content'\n"
            "    raise ValueError(len(hidden))\n"
            "r.run_headless = broken\n"
            "from arbot_tui.cli import run\n"
            "sys.exit(run(['--headless', '--json']))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=env | {"PYTHONPATH": str(Path(__file__).parents[2])},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        log = tmp_path / "data" / "logs" / "arbot-tui.log"
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-1] == f"arbot-tui: crashed (ValueError); details: {log}"
        assert "local-content" not in done.stderr + log.read_text()
        crash = json.loads(log.read_text().splitlines()[-1])
        assert (crash["event"], crash["error"]) == ("crashed", "ValueError: 13")


def test_themes_are_listed_and_checked(
    env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with called_here(env, tmp_path, monkeypatch, capsys) as call:
        listed = call("themes", "list", "--json")
        sound = call("themes", "check")
    assert listed.code == 0, listed.stderr
    found = json.loads(listed.stdout)
    names = [theme["name"] for theme in found["themes"]]
    assert len(names) >= 8
    assert {"dark", "light", "ansi", "high-contrast", "deuteranopia", "tritanopia"} <= set(names)
    assert all(Path(theme["file"]).is_file() for theme in found["themes"])
    assert (sound.code, sound.stdout) == (0, f"ok: {len(names)} themes\n")
    folder = Path(found["folders"][-1])
    assert folder.is_relative_to(tmp_path)
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text('name = "broken"\ndark = 3\n', encoding="utf-8")
    broken = arbot("themes", "check", "--json", env=env, cwd=tmp_path)
    assert broken.returncode == 2
    answer = json.loads(broken.stdout)
    assert not answer["ok"]
    assert answer["problems"]
    assert all(problem.startswith("broken.toml: ") for problem in answer["problems"])
    assert broken.stderr.count("\n") == len(answer["problems"])


class TestStreams:
    """Closed and full ones: nothing is written where something else is expected."""

    @staticmethod
    def shell(line: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
        program = f'"{sys.executable}" -m arbot_tui'
        return subprocess.run(
            ["/bin/sh", "-c", line.replace("arbot-tui", program)],
            env=env | {"PYTHONPATH": str(Path(__file__).parents[2])},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    def test_what_is_meant_for_a_closed_stderr_does_not_come_on_stdout(
        self, env: dict[str, str], tmp_path: Path
    ) -> None:
        done = self.shell("arbot-tui attach 2>&-", env, tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", "")

    def test_a_closed_stdout_is_nobody_who_asks(self, env: dict[str, str], tmp_path: Path) -> None:
        done = self.shell("arbot-tui --version <&- >&-", env, tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
    @pytest.mark.parametrize("command", ["--version", "--help", "config path"])
    def test_a_full_stdout_is_one_line_and_exit_1(
        self, env: dict[str, str], tmp_path: Path, command: str
    ) -> None:
        done = self.shell(f"arbot-tui {command} >/dev/full", env, tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "arbot-tui: stdout: No space left on device\n"
