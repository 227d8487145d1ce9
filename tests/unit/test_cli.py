"""The command line in this process: what it refuses, what it prints, what it exits with."""

from __future__ import annotations

import io
import json
import os
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import arbot_tui
from arbot_tui import cli
from arbot_tui.commands import outcome
from arbot_tui.commands.outcome import Crashed, ExitCode, UsageRefused, exit_code_of
from arbot_tui.commands.template import template
from arbot_tui.domain.errors import (
    AccountLocked,
    ArbotError,
    ConfigError,
    CredentialError,
    ExchangeUnavailable,
    StorageError,
)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ARBOT_")]:
        monkeypatch.delenv(name)
    for venue in ("BINANCE", "BYBIT", "OKX", "BITGET"):
        for part in ("API_KEY", "API_SECRET", "PASSPHRASE"):
            monkeypatch.delenv(f"{venue}_{part}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    # The keyring of whoever runs the tests is nobody's business.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr(os, "umask", lambda mask: 0o022)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(arguments)
        out, err = capfd.readouterr()
        return code, out, err

    return call


def one_line(err: str) -> str:
    assert err.startswith("arbot-tui: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err.removeprefix("arbot-tui: ").rstrip("\n")


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["--engine", "process"], "No such option: --engine"),
            (["--read-only"], "No such option: --read-only"),
            (["--nonsense"], "No such option: --nonsense"),
            (["attach"], "No such command 'attach'."),
            (["record", "--out", "x"], "No such command 'record'."),
            (["backtest", "x"], "No such command 'backtest'."),
            (["replay", "x"], "No such command 'replay'."),
            (["export", "trades"], "No such command 'export'."),
            (["status"], "No such command 'status'."),
            (["api-token"], "No such command 'api-token'."),
            (["config", "edit"], "No such command 'edit'."),
            (["--seed", "x"], "--seed x: allowed: a whole number"),
            (["venues", "--seed", "1.5"], "--seed 1.5: allowed: a whole number"),
            (["--headless", "--duration", "1s"], "--duration 1s: allowed: a number of seconds"),
            (["config"], "Missing command. Allowed: init, check, show, path"),
            (["halt"], "No such command 'halt'. Allowed: venues, doctor, config, "),
            (["--headless", "--symbols", " ,"], '--symbols " ,": allowed: BASE/QUOTE'),
            (["--headless", "--theme", "mauve"], '--theme: ui.theme = "mauve": allowed: auto, '),
            (["--config", "~nobody-here/x", "--headless"], "--config: ~nobody-here/x: allowed: "),
            (["--seed"], "Option '--seed' requires an argument"),
            (["--simulate", "--live"], "--simulate and --live exclude each other"),
            (["--paper", "--live"], "--paper and --live exclude each other"),
            (["--simulate", "--paper"], "--simulate and --paper exclude each other"),
            (["--json"], "--json needs --headless"),
            (["--duration", "5"], "--duration needs --headless"),
            (["--headless", "--duration", "0"], "--duration 0: allowed: a number of seconds"),
            (["--headless", "--duration", "nan"], "--duration nan: allowed: "),
            (["--live", "--control", "http://127.0.0.1:1"], "--control goes with --simulate"),
            (["--control", "http://127.0.0.1:1", "--seed", "1"], "--seed does not go with"),
            (["--headless", "--seed", "-1"], "--seed: simulator.seed = -1: allowed: "),
            (["--headless", "--exchanges", "kraken"], '--exchanges: "kraken": allowed: binance'),
            (["--headless", "--exchanges", "okx"], "--exchanges: exchanges: at least two"),
            (["--headless", "--symbols", "BTC"], '--symbols: arbitrage.symbols = ["BTC"]'),
            (["--headless", "--config", "no.toml"], "--config: no.toml: no such file"),
            (["--headless", "--control", "ftp://x"], "--control ftp://x: allowed: an http://"),
            (["--simulate", "venues"], "--simulate does not go with venues"),
            (["--seed", "2", "config", "show"], "--seed does not go with config"),
            (["venues", "--symbols", "3"], "No such option: --symbols"),
            (["venues", "--edges-per-min", "3"], "No such option: --edges-per-min"),
            (["venues", "--seed", "-1"], "--seed: simulator.seed = -1: allowed: "),
            (["config", "show", "--config", "no.toml"], "--config: no.toml: no such file"),
        ],
        ids=" ".join,
    )
    def test_one_clear_line_and_exit_2(
        self, run: Run, arguments: list[str], complaint: str
    ) -> None:
        code, out, err = run(*arguments)
        assert code == ExitCode.USAGE
        assert out == ""
        assert one_line(err).startswith(complaint)

    def test_without_a_terminal_the_dashboard_says_what_to_do(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.__stdin__", None)
        code, _, err = run("--simulate")
        assert (code, one_line(err)) == (2, "no terminal to draw on; use --headless")

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("[ui]\nfps = 99\n", "arbot.toml:2: ui.fps = 99: allowed: "),
            ("[ui]\nfsp = 9\n", "arbot.toml:2: unknown key ui.fsp; the nearest valid one is"),
            ("[ui\n", "arbot.toml:1: broken TOML: "),
        ],
    )
    def test_a_bad_file_is_refused_by_every_command_that_reads_it(
        self, run: Run, text: str, place: str
    ) -> None:
        Path("arbot.toml").write_text(text)
        for arguments in (["--headless"], ["venues"], ["config", "show"], ["config", "check"]):
            code, out, err = run(*arguments)
            assert (code, out) == (2, "")
            assert place in one_line(err)

    def test_a_file_in_place_of_the_data_folder_is_a_failure(self, run: Run) -> None:
        Path("data").write_text("mine")
        Path("arbot.toml").write_text('[storage]\npath = "data"\n')
        code, _, err = run("--headless")
        assert code == ExitCode.FAILED
        assert one_line(err).startswith("data folder ")
        assert Path("data").read_text() == "mine"

    @pytest.mark.parametrize(
        ("text", "variables", "place"),
        [
            ('[ui]\ntheme = "mauve"\n', {}, 'arbot.toml:2: ui.theme = "mauve": allowed: auto, '),
            (
                '[arbitrage]\nstrategies = ["luck"]\n',
                {},
                "arbot.toml:2: arbitrage.strategies: there is no strategy luck; ",
            ),
            ('[storage]\npath = "~nobody-here/x"\n', {}, "storage.path: ~nobody-here/x: "),
            ('[storage]\npath = "a\\u0000b"\n', {}, "storage.path: ab: allowed: a path; "),
            ("", {"ARBOT_LOG": "loud"}, 'ARBOT_LOG = "loud": allowed: debug, '),
            ("", {"ARBOT_UI__THEME": "x\x1b[m"}, 'ARBOT_UI__THEME: ui.theme = "x[m": allowed: '),
        ],
    )
    def test_check_looks_up_what_a_run_would_only_find_out(
        self,
        run: Run,
        monkeypatch: pytest.MonkeyPatch,
        text: str,
        variables: dict[str, str],
        place: str,
    ) -> None:
        Path("arbot.toml").write_text(text)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        code, out, err = run("config", "check")
        assert (code, out) == (ExitCode.USAGE, "")
        assert place in one_line(err)

    def test_the_version_is_all_that_it_prints_even_beside_a_command(self, run: Run) -> None:
        for arguments in (["--version", "venues"], ["--version", "--simulate"]):
            code, out, err = run(*arguments)
            assert (code, out, err) == (0, f"arbot-tui {arbot_tui.__version__}\n", "")

    def test_a_bad_log_level_is_refused(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ARBOT_LOG", "loud")
        code, _, err = run("--headless")
        assert (code, one_line(err).partition(":")[0]) == (2, 'ARBOT_LOG = "loud"')


KEYS = {
    f"{venue}_{part}": "x" * 20
    for venue in ("BINANCE", "BYBIT", "OKX", "BITGET")
    for part in ("API_KEY", "API_SECRET", "PASSPHRASE")
}


class TestLive:
    def test_without_keys_it_ends_with_3(self, run: Run) -> None:
        code, out, err = run("--live")
        assert (code, out) == (ExitCode.CREDENTIALS, "")
        assert one_line(err).startswith("no API key for binance, bybit, okx, bitget in systemd")

    def test_with_keys_it_is_not_released(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in KEYS.items():
            monkeypatch.setenv(name, value)
        assert run("--live")[0] == ExitCode.USAGE
        code, out, err = run("--live", "--headless")
        assert (code, out) == (2, "")
        assert one_line(err) == "live is not released"

    def test_only_enabled_venues_need_keys(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in KEYS.items():
            if name.startswith(("BINANCE", "OKX")):
                monkeypatch.setenv(name, value)
        assert run("--live", "--exchanges", "binance,okx")[0] == ExitCode.USAGE
        assert run("--live", "--exchanges", "binance,bybit")[0] == ExitCode.CREDENTIALS

    def test_the_file_may_ask_for_it(self, run: Run) -> None:
        Path("arbot.toml").write_text('[engine]\nmode = "live"\n[credentials]\nbackend = "env"\n')
        code, _, err = run()
        assert (code, "in env; set" in one_line(err)) == (3, True)


class TestHelp:
    @pytest.mark.parametrize("group", [[], ["config"], ["themes"], ["keys"]], ids=" ".join)
    def test_no_line_about_a_command_is_cut_short(self, run: Run, group: list[str]) -> None:
        code, out, _ = run(*group, "--help")
        assert (code, "..." in out.partition("Commands:")[2]) == (0, False)

    def test_the_version_as_json(self, run: Run) -> None:
        code, out, _ = run("--version", "--json")
        assert (code, json.loads(out)) == (0, {"version": arbot_tui.__version__})

    @pytest.mark.parametrize("arguments", [["--version"], ["--live", "--version"]], ids=" ".join)
    def test_version(self, run: Run, arguments: list[str]) -> None:
        assert run(*arguments) == (0, f"arbot-tui {arbot_tui.__version__}\n", "")

    @pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["venues", "--help"]], ids=" ".join)
    def test_help_is_printed_to_stdout(self, run: Run, arguments: list[str]) -> None:
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        assert "Usage: arbot-tui" in out

    def test_internal_options_are_not_shown(self, run: Run) -> None:
        assert "--with-parent" not in run("venues", "--help")[1]
        assert "--rate-hz" not in run("venues", "--help")[1]

    def test_config_alone_lists_its_commands(self, run: Run) -> None:
        code, out, err = run("config")
        assert all(word in out + err for word in ("init", "check", "show", "path"))
        assert code in (0, 2)


class TestKeysCommands:
    @pytest.mark.parametrize("command", ["set", "test", "remove"])
    def test_a_secret_typed_as_an_argument_is_not_said_again(self, run: Run, command: str) -> None:
        code, out, err = run("keys", command, "okx", "hush-hush", "secret")
        assert (code, out) == (2, "")
        assert one_line(err) == (
            f"keys {command} takes EXCHANGE alone; secrets are asked for or from stdin"
        )


class TestConfigCommands:
    def test_init_writes_the_shipped_file_and_keeps_an_existing_one(self, run: Run) -> None:
        code, out, _ = run("config", "init")
        path = Path(out.strip())
        assert code == 0
        assert path.read_text(encoding="utf-8") == template()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.write_text("[ui]\n")
        code, _, err = run("config", "init")
        assert (code, "exists; nothing was written" in one_line(err)) == (2, True)
        assert path.read_text() == "[ui]\n"

    def test_init_writes_where_it_is_told(self, run: Run) -> None:
        code, out, _ = run("config", "init", "--config", "new/own.toml", "--json")
        assert (code, json.loads(out)) == (0, {"path": str(Path("new/own.toml").absolute())})
        assert Path("new/own.toml").exists()

    def test_init_into_a_file_as_folder_fails_with_one_line(self, run: Run) -> None:
        Path("new").write_text("")
        code, _, err = run("config", "init", "--config", "new/own.toml")
        assert (code, "own.toml" in one_line(err)) == (1, True)

    def test_check_says_which_file_is_sound(self, run: Run) -> None:
        assert run("config", "check") == (0, "ok: defaults\n", "")
        Path("arbot.toml").write_text("[ui]\nfps = 3\n")
        code, out, _ = run("config", "check", "--json")
        assert (code, json.loads(out)) == (
            0,
            {"ok": True, "source": str(Path("arbot.toml").absolute()), "profile": "simulate"},
        )

    def test_check_tells_the_error_as_json_as_well(self, run: Run) -> None:
        Path("arbot.toml").write_text("[ui]\nfps = 33\n")
        code, out, err = run("config", "check", "--json")
        assert code == 2
        document = json.loads(out)
        assert document["ok"] is False
        assert document["error"] == one_line(err)

    def test_show_names_the_source_of_each_value(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = Path("arbot.toml").absolute()
        path.write_text('[ui]\nfps = 3\n[arbitrage]\nsymbols = ["BTC/USDT"]\n')
        monkeypatch.setenv("ARBOT_RISK__MAX_ORDER_USD", "12.50")
        code, out, _ = run("config", "show")
        assert code == 0
        assert f"# {path}, profile simulate\n" in out
        assert f"ui.fps = 3  # {path}:2\n" in out
        assert f'arbitrage.symbols = ["BTC/USDT"]  # {path}:4\n' in out
        assert "risk.max_order_usd = 12.5  # ARBOT_RISK__MAX_ORDER_USD\n" in out
        assert "ui.mouse = true  # default\n" in out

        code, out, _ = run("config", "show", "--json")
        document = json.loads(out)
        assert document["values"]["risk.max_order_usd"] == {
            "value": 12.5,
            "source": "ARBOT_RISK__MAX_ORDER_USD",
        }
        assert document["values"]["arbitrage.symbols"]["value"] == ["BTC/USDT"]
        assert document["values"]["exchanges.okx.rest_url"]["value"] is None

    def test_shown_values_are_toml(self, run: Run) -> None:
        _, out, _ = run("config", "show")
        tomllib.loads(out)

    def test_path_is_the_file_in_use_or_the_users_own(self, run: Run, tmp_path: Path) -> None:
        own = tmp_path / "config" / "arbot-tui" / "arbot.toml"
        assert run("config", "path") == (0, f"{own}\n", "")
        Path("arbot.toml").write_text("")
        _, out, _ = run("config", "path", "--json")
        assert json.loads(out) == {"path": str(Path("arbot.toml").absolute()), "exists": True}

    def test_the_file_may_be_named_before_the_command(self, run: Run) -> None:
        Path("own.toml").write_text("[ui]\nfps = 3\n")
        assert "own.toml" in run("--config", "own.toml", "config", "check")[1]


class TestVenues:
    @pytest.fixture
    def served(self, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []

        def main(**told: Any) -> int:
            calls.append(told)
            return 0

        monkeypatch.setattr("arbot_tui.simulator.process.main", main)
        monkeypatch.setattr("arbot_tui.commands.venues.main", main, raising=False)
        return calls

    def test_they_follow_the_configuration(self, run: Run, served: list[dict[str, Any]]) -> None:
        Path("arbot.toml").write_text("[simulator]\nsymbols = 5\nseed = 3\n")
        assert run("venues", "--json", "--seed", "9")[0] == 0
        assert served == [
            {"seed": 9, "symbols": 5, "rate_hz": 400.0, "edges_per_min": 12.0, "usdc_symbols": 0}
        ]

    def test_with_a_parent_they_read_no_configuration(
        self, run: Run, served: list[dict[str, Any]]
    ) -> None:
        Path("arbot.toml").write_text("broken")
        assert run("venues", "--with-parent", "--symbols", "3", "--rate-hz", "10")[0] == 0
        assert served == [
            {
                "seed": 1,
                "symbols": 3,
                "rate_hz": 10.0,
                "edges_per_min": 12.0,
                "usdc_symbols": 0,
                "with_parent": True,
            }
        ]


class TestOutcome:
    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (ConfigError("x"), 2),
            (UsageRefused("x"), 2),
            (CredentialError("x"), 3),
            (AccountLocked("x"), 5),
            (StorageError("x"), 1),
            (ExchangeUnavailable("okx", "x"), 1),
            (ArbotError("x"), 1),
            (Crashed("ValueError", Path("/log")), 1),
        ],
    )
    def test_each_error_has_its_exit_code(self, error: ArbotError, code: int) -> None:
        assert exit_code_of(error) == code

    @pytest.mark.parametrize(
        ("error", "code", "line"),
        [
            (AccountLocked("account sim is used"), 5, "account sim is used"),
            (StorageError("two\nlines\x1b[2J"), 1, "two lines[2J"),
            (KeyboardInterrupt(), 130, None),
            (RuntimeError("oops"), 1, "crashed (RuntimeError: oops)"),
        ],
    )
    def test_errors_end_as_one_line(
        self,
        run: Run,
        monkeypatch: pytest.MonkeyPatch,
        error: BaseException,
        code: int,
        line: str | None,
    ) -> None:
        def fail(*_: object) -> int:
            raise error

        monkeypatch.setattr("arbot_tui.commands.run.run", fail)
        found, out, err = run("--headless")
        assert (found, out) == (code, "")
        assert (one_line(err) if line else None) == line

    def test_a_closed_stderr_changes_no_exit_code(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Gone:
            def write(self, text: str) -> int:
                raise BrokenPipeError

        monkeypatch.setattr("sys.stderr", Gone())
        outcome.complain("nobody reads this")

    def test_a_sign_that_the_terminal_lacks_is_no_reason_to_fail(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        raw = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="iso-8859-1"))
        outcome.complete_streams()
        outcome.say("4711… → é")
        outcome.print_json({"path": "→ é"})
        said, document = raw.getvalue().split(b"\n", 1)
        assert said == b"4711? ? \xe9"
        assert json.loads(document) == {"path": "→ é"}

    def test_main_exits_with_the_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.argv", ["arbot-tui", "--nonsense"])
        with pytest.raises(SystemExit) as exited:
            cli.main()
        assert exited.value.code == 2
