"""How a run is put together, and how it ends where something goes wrong."""

from __future__ import annotations

import builtins
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import structlog

from arbot_tui.commands import run as composition
from arbot_tui.commands.outcome import Crashed, ExitCode, UsageRefused
from arbot_tui.commands.run import RunRequest
from arbot_tui.domain.clock import VirtualClock
from arbot_tui.domain.errors import AccountLocked, ConfigError, StorageError
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.states import Mode
from arbot_tui.engine.world import WorldInfo, WorldVenue
from arbot_tui.exchanges.base import Credentials, VenueUrls
from arbot_tui.log import Logs
from arbot_tui.settings.loading import load


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path / "logs", VirtualClock(1))


def venue(secret: str, passphrase: str | None = None) -> WorldVenue:
    return WorldVenue(
        VenueUrls("http://127.0.0.1:1", "ws://127.0.0.1:1"),
        Credentials("key-id", Secret(secret), None if passphrase is None else Secret(passphrase)),
    )


def world(venues: Mapping[str, WorldVenue]) -> WorldInfo:
    return WorldInfo("w1", 7, "http://127.0.0.1:2", dict(venues))


class TestOptions:
    def test_the_engine_gets_each_packages_model(self, tmp_path: Path, logs: Logs) -> None:
        path = tmp_path / "arbot.toml"
        path.write_text("[exchanges.okx]\ntaker_fee_pct = 0.05\n")
        loaded = load(path, composition._options(RunRequest(exchanges="OKX, bybit")))
        request = RunRequest(start=True)
        venues = {"okx": venue("okx-secret", "okx-phrase"), "bybit": venue("bybit-secret")}

        options = composition._engine_options(request, loaded, tmp_path, logs, world(venues))

        assert (options.mode, options.profile, options.account) == (
            Mode.SIMULATE,
            "simulate",
            "sim-w1",
        )
        assert options.account_dir == tmp_path / "accounts" / "sim-w1"
        assert options.config_source == str(path)
        assert options.seed == 7
        assert options.start is True
        assert options.log is logs.ring
        assert [(config.name, config.index) for config in options.venues] == [
            ("bybit", 0),
            ("okx", 1),
        ]
        assert str(options.venues[1].fallback_fees.taker) == "0.0005"
        assert options.venues[1].environment == "custom"
        assert options.risk is loaded.settings.risk
        for secret in ("okx-secret", "okx-phrase", "bybit-secret"):
            assert logs.redactor.text(f"got {secret}") == "got ***"

    def test_a_world_without_a_wanted_venue_is_refused(self, tmp_path: Path, logs: Logs) -> None:
        with pytest.raises(ConfigError, match="this synthetic world has no bybit"):
            composition._engine_options(
                RunRequest(), load(), tmp_path, logs, world({"binance": venue("s")})
            )

    def test_paper_knows_the_real_venues_public_hosts_and_no_key(
        self, tmp_path: Path, logs: Logs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BINANCE_API_KEY", "a-real-key")
        request = RunRequest(mode="paper", seed=9)
        loaded = load(options=composition._options(request))

        options = composition._engine_options(request, loaded, tmp_path, logs, None)

        assert (options.mode, options.profile, options.account) == (Mode.PAPER, "live", "paper")
        assert (options.world, options.seed) == (None, 9)
        assert [config.credentials for config in options.venues] == [None] * 4
        assert {c.name: (c.urls.rest, c.urls.ws_public) for c in options.venues} == {
            "binance": ("https://api.binance.com", "wss://stream.binance.com:9443"),
            "bybit": ("https://api.bybit.com", "wss://stream.bybit.com/v5/public/spot"),
            "okx": ("https://openapi.okx.com", "wss://ws.okx.com:8443/ws/v5/public"),
            "bitget": ("https://api.bitget.com", "wss://ws.bitget.com/v2/ws/public"),
        }

    def test_paper_on_a_world_takes_its_public_side_and_none_of_its_keys(
        self, tmp_path: Path, logs: Logs
    ) -> None:
        path = tmp_path / "arbot.toml"
        path.write_text("[exchanges.okx]\npaper_cash_usd = 5\npaper_reject_pct = 2\n")
        request = RunRequest(
            mode="paper", control="http://127.0.0.1:2", exchanges="okx,bybit", config=path
        )
        loaded = load(path, composition._options(request))
        there = world({"okx": venue("okx-secret"), "bybit": venue("bybit-secret")})

        options = composition._engine_options(request, loaded, tmp_path, logs, there)

        assert (options.account, options.seed) == (f"paper-{there.world_id}", 7)
        assert [config.credentials for config in options.venues] == [None, None]
        assert options.venues[0].urls == there.venues["bybit"].urls
        assert options.paper is not None
        assert {name: int(terms.cash) for name, terms in options.paper.items()} == {
            "okx": 5,
            "bybit": 10_000,
        }
        assert options.paper["okx"].profile.reject_share == 0.02

    def test_simulate_has_no_paper_terms(self, tmp_path: Path, logs: Logs) -> None:
        names = ("binance", "bybit", "okx", "bitget")
        there = world({name: venue("s") for name in names})
        options = composition._engine_options(RunRequest(), load(), tmp_path, logs, there)
        assert options.paper is None

    @pytest.mark.parametrize(("own", "mode"), [(True, 0o700), (False, 0o755)])
    def test_the_platforms_folder_is_closed_to_others_and_a_named_one_left_alone(
        self, tmp_path: Path, own: bool, mode: int
    ) -> None:
        tmp_path.chmod(0o755)
        composition._make_folder(tmp_path, own=own)
        assert tmp_path.stat().st_mode & 0o777 == mode

    def test_a_control_url_means_simulate(self) -> None:
        options = composition._options(RunRequest(control="http://127.0.0.1:1"))
        assert options["engine.mode"] == ("--control", "simulate")
        both = composition._options(RunRequest(mode="paper", control="http://127.0.0.1:1"))
        assert both["engine.mode"] == ("--paper", "paper")

    def test_everything_said_becomes_a_setting(self) -> None:
        options = composition._options(
            RunRequest(mode="simulate", seed=3, symbols="btc/usdt", theme="dark", no_mouse=True)
        )
        loaded = load(options=options)
        assert loaded.settings.simulator.seed == 3
        assert loaded.settings.arbitrage.symbols == ("BTC/USDT",)
        assert loaded.settings.ui.mouse is False
        assert loaded.origins["ui.mouse"] == "--no-mouse"


class TestCrashes:
    def test_a_mistake_is_logged_without_variables_and_named(self, logs: Logs) -> None:
        with logs, pytest.raises(Crashed) as raised, composition._crashes_logged(logs):
            raise ZeroDivisionError("in the middle")
        assert str(raised.value) == f"crashed (ZeroDivisionError); details: {logs.path}"
        assert json.loads(logs.path.read_text())["error"] == "ZeroDivisionError: in the middle"

    @pytest.mark.parametrize("error", [StorageError("full"), UsageRefused("no")])
    def test_our_own_errors_pass(self, logs: Logs, error: Exception) -> None:
        with logs, pytest.raises(type(error)), composition._crashes_logged(logs):
            raise error
        assert logs.path.read_text() == ""

    def test_our_own_error_in_a_group_is_taken_out_of_it(self, logs: Logs) -> None:
        group = ExceptionGroup("tasks", [ExceptionGroup("more", [AccountLocked("held")])])
        with logs, pytest.raises(AccountLocked, match="held"), composition._crashes_logged(logs):
            raise group

    def test_a_group_with_a_mistake_in_it_is_a_crash(self, logs: Logs) -> None:
        group = ExceptionGroup("tasks", [AccountLocked("held"), ValueError("x")])
        with logs, pytest.raises(Crashed), composition._crashes_logged(logs):
            raise group

    @pytest.mark.parametrize("end", [SystemExit(3), KeyboardInterrupt()])
    def test_asked_for_ends_are_no_crashes(self, logs: Logs, end: BaseException) -> None:
        with logs, pytest.raises(type(end)), composition._crashes_logged(logs):
            raise end

    def test_afterwards_nothing_is_configured(self, logs: Logs) -> None:
        assert not structlog.is_configured()


class TestSignals:
    @pytest.mark.parametrize(
        ("headless", "number", "code"),
        [
            (False, signal.SIGTERM, ExitCode.DONE),
            (False, signal.SIGHUP, ExitCode.HUNG_UP),
            (True, signal.SIGTERM, ExitCode.DONE),
            (True, signal.SIGINT, ExitCode.DONE),
            (True, signal.SIGHUP, 55),
        ],
    )
    def test_before_the_loop_they_end_in_good_order(
        self, headless: bool, number: int, code: int
    ) -> None:
        script = (
            "import os, sys\n"
            "from arbot_tui.commands.run import _catch_early_signals\n"
            f"_catch_early_signals({headless})\n"
            f"os.kill(os.getpid(), {int(number)})\n"
            "sys.exit(55)\n"
        )
        root = Path(__file__).parents[2]
        done = subprocess.run([sys.executable, "-c", script], cwd=root, check=False, timeout=60)
        assert done.returncode == code


class TestTerminal:
    class Tty:
        def isatty(self) -> bool:
            return True

    def test_a_terminal_is_enough_unless_it_says_that_it_can_show_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("__stdin__", "__stderr__"):
            monkeypatch.setattr(sys, name, self.Tty())
        monkeypatch.setenv("TERM", "xterm")
        composition._require_terminal()
        monkeypatch.setenv("TERM", "dumb")
        with pytest.raises(UsageRefused, match="TERM=dumb cannot show a dashboard; use --headless"):
            composition._require_terminal()

    @pytest.mark.parametrize("name", ["__stdin__", "__stderr__"])
    def test_both_ends_have_to_be_one(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        for each in ("__stdin__", "__stderr__"):
            monkeypatch.setattr(sys, each, None if each == name else self.Tty())
        with pytest.raises(UsageRefused, match="use --headless"):
            composition._require_terminal()


class TestLoop:
    @staticmethod
    async def where() -> int:
        import asyncio

        return 7 if type(asyncio.get_running_loop()).__module__.startswith("uvloop") else 8

    def test_the_fast_loop_is_used_where_it_exists(self) -> None:
        assert composition._in_loop(self.where()) == 7

    def test_without_it_the_standard_one_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = builtins.__import__

        def without(name: str, *rest: Any) -> Any:
            if name == "uvloop":
                raise ImportError(name)
            return real(name, *rest)

        monkeypatch.setattr(builtins, "__import__", without)
        assert composition._in_loop(self.where()) == 8
