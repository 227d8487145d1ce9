from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import cast
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.commands.template import toml_value
from arbot_tui.domain.errors import ConfigError
from arbot_tui.settings.keys import Key, keys
from arbot_tui.settings.loading import load
from arbot_tui.settings.places import data_folder, find_file, user_file
from arbot_tui.settings.variables import log_level


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration but the test's own."""
    for name in [name for name in os.environ if name.startswith("ARBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)


def write(text: str, name: str = "arbot.toml") -> Path:
    path = Path(name).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def complaint(text: str) -> str:
    """Return the error that this file causes, without the folder."""
    path = write(text)
    with pytest.raises(ConfigError) as raised:
        load()
    message = str(raised.value)
    assert "\n" not in message
    return message.replace(f"{path.parent}/", "")


class TestLayers:
    def test_without_any_source_the_simulate_profile_counts(self) -> None:
        loaded = load()
        assert loaded.profile == "simulate"
        assert loaded.source == "defaults"
        assert loaded.settings.arbitrage.min_profit_pct == Decimal("0.05")
        assert set(loaded.origins.values()) == {"default"}

    @pytest.mark.parametrize("mode", ["live", "paper"])
    def test_paper_and_live_have_defaults_of_their_own(self, mode: str) -> None:
        loaded = load(options={"engine.mode": (f"--{mode}", mode)})
        assert loaded.profile == "live"
        settings = loaded.settings
        assert settings.arbitrage.min_profit_pct == Decimal("0.10")
        assert settings.arbitrage.trade_amount_usd == 100
        assert settings.arbitrage.cooldown_s == 60
        assert settings.risk.max_order_usd == 250
        assert settings.risk.max_concurrent_pairs == 3

    def test_the_file_may_choose_the_mode(self) -> None:
        write('[engine]\nmode = "live"\n')
        assert load().profile == "live"
        assert load(options={"engine.mode": ("--simulate", "simulate")}).profile == "simulate"

    def test_each_source_wins_over_the_one_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write("[simulator]\nseed = 2\nsymbols = 3\n[ui]\nfps = 7\n")
        monkeypatch.setenv("ARBOT_SIMULATOR__SEED", "4")
        monkeypatch.setenv("ARBOT_UI__FPS", "8")

        loaded = load(options={"ui.fps": ("--fps", 9)})

        assert loaded.settings.simulator.seed == 4
        assert loaded.settings.simulator.symbols == 3
        assert loaded.settings.ui.fps == 9
        assert loaded.origins["simulator.seed"] == "ARBOT_SIMULATOR__SEED"
        assert loaded.origins["simulator.symbols"] == f"{path}:3"
        assert loaded.origins["ui.fps"] == "--fps"
        assert loaded.origins["ui.theme"] == "default"
        assert loaded.value("ui.fps") == 9

    def test_lists_are_comma_separated_outside_the_file(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ARBOT_ARBITRAGE__SYMBOLS", "btc/usdt, ETH/USDT")
        assert load().settings.arbitrage.symbols == ("BTC/USDT", "ETH/USDT")
        told = load(options={"arbitrage.symbols": ("--symbols", "SOL/USDT,SOL/USDT")})
        assert told.settings.arbitrage.symbols == ("SOL/USDT",)

    def test_a_table_replaced_by_one_variable_keeps_its_other_keys(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("exchanges = { okx = { taker_fee_pct = 0.05 } }\n")
        monkeypatch.setenv("ARBOT_EXCHANGES__OKX__MAKER_FEE_PCT", "-0.01")
        okx = load().settings.exchanges.okx
        assert okx.taker_fee == Decimal("0.0005")
        assert okx.maker_fee == Decimal("-0.0001")

    def test_settings_are_frozen(self) -> None:
        with pytest.raises(ValueError, match="frozen"):
            load().settings.risk.max_concurrent_pairs = 1


def values(key: Key) -> st.SearchStrategy[object]:
    """Return values that the key allows."""
    if key.kind == "bool":
        return st.booleans()
    if key.kind == "choice":
        return st.sampled_from(key.choices)
    low, high = cast("int", key.low), cast("int", key.high)
    if key.kind == "int":
        return st.integers(low, high)
    if key.kind == "list":
        members = ["ABC", "ABC@OKX"] if "identity" in key.name else ["only-bitcoin", "No_More"]
        if key.name == "ui.keys":
            members = ["theme=T", "halt=f12 ctrl+x", "sort="]
        return st.lists(st.sampled_from(members), unique=True).map(tuple)
    return st.decimals(
        Decimal(str(low)).quantize(Decimal("0.01")),
        Decimal(str(high)).quantize(Decimal("0.01")),
        places=2,
    )


# Keys of which every value goes with every value of the others.
FREE = {
    name: key
    for name, key in keys().items()
    if key.kind != "text"
    and not name.startswith("risk.daily_loss_")
    and not name.endswith((".enabled", ".environment", "symbols", "_profit_pct", "_currencies"))
}


@st.composite
def layer(draw: st.DrawFn) -> dict[str, object]:
    names = draw(st.sets(st.sampled_from(sorted(FREE)), max_size=6))
    return {name: draw(values(FREE[name])) for name in sorted(names)}


def as_toml(layer: dict[str, object]) -> str:
    return "".join(f"{name} = {toml_value(value)}\n" for name, value in layer.items())


def as_variable(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else toml_value(value).strip('"')


@given(in_file=layer(), in_environment=layer(), in_options=layer())
def test_merging_takes_the_last_source_of_each_key(
    in_file: dict[str, object],
    in_environment: dict[str, object],
    in_options: dict[str, object],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("merge") / "some.toml"
    path.write_text(as_toml(in_file))
    variables = {
        f"ARBOT_{name.upper().replace('.', '__')}": as_variable(value)
        for name, value in in_environment.items()
    }
    options = {name: (f"--{name}", value) for name, value in in_options.items()}
    with mock.patch.dict(os.environ, variables):
        loaded = load(path, options)

    for name, key in keys().items():
        found = loaded.value(name)
        if name in in_options:
            wanted, origin = in_options[name], f"--{name}"
        elif name in in_environment:
            wanted, origin = in_environment[name], f"ARBOT_{name.upper().replace('.', '__')}"
        elif name in in_file:
            wanted, origin = in_file[name], f"{path}:{list(in_file).index(name) + 1}"
        else:
            wanted, origin = key.default(loaded.profile), "default"
        assert loaded.origins[name] == origin
        if isinstance(wanted, str | bool | None):
            assert found == wanted
        elif isinstance(wanted, list | tuple):
            assert tuple(wanted) == found
        else:
            assert Decimal(str(found)) == Decimal(str(wanted))


class TestFiles:
    def test_the_first_found_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert find_file() is None
        user = write("[ui]\nfps = 1\n", str(user_file()))
        assert find_file() == user
        here = write("[ui]\nfps = 2\n")
        assert find_file() == here
        named = write("[ui]\nfps = 3\n", "other/named.toml")
        monkeypatch.setenv("ARBOT_CONFIG", str(named))
        assert find_file() == named
        told = write("[ui]\nfps = 4\n", "other/told.toml")
        assert find_file(told) == told
        assert load(told).settings.ui.fps == 4
        assert load(told).source == str(told)

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("missing.toml", r": no such file"),
            ("a\0b", r": no such file"),
            ("ordinary/x.toml", r": Not a directory"),
            (".", r" is a folder; allowed: a TOML file"),
            ("/dev/null", r" is no ordinary file; allowed: a TOML file"),
            ("~nobody-here/x", r": allowed: a path; nobody's home is known there"),
        ],
    )
    def test_a_named_file_has_to_be_one(
        self, name: str, why: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("", "ordinary")
        with pytest.raises(ConfigError, match=rf"^--config: \S*{why}$"):
            load(Path(name))
        if "\0" not in name:
            monkeypatch.setenv("ARBOT_CONFIG", name)
            with pytest.raises(ConfigError, match=rf"^ARBOT_CONFIG: \S*{why}$"):
                load()

    def test_what_stands_in_the_files_place_is_not_passed_over(self) -> None:
        write("[ui]\nfps = 1\n", str(user_file()))
        here = Path("arbot.toml")
        here.mkdir()
        with pytest.raises(ConfigError, match=r"/arbot\.toml is a folder; allowed: a TOML file$"):
            find_file()
        here.rmdir()
        here.symlink_to("nowhere")
        with pytest.raises(ConfigError, match=r"/arbot\.toml: no such file$"):
            find_file()

    def test_a_place_that_may_not_be_looked_at_is_not_passed_over(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: Path) -> os.stat_result:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "lstat", refuse)
        monkeypatch.setattr(Path, "stat", refuse)
        with pytest.raises(ConfigError, match=r"/arbot\.toml: Permission denied$"):
            find_file()

    def test_a_folder_that_was_removed_holds_no_file(self) -> None:
        Path.cwd().rmdir()
        assert find_file() is None

    def test_a_file_of_megabytes_is_something_else(self) -> None:
        with write("").open("w") as file:
            file.truncate(1_000_001)
        with pytest.raises(ConfigError, match=r" has 1000001 bytes; allowed: 1000000$"):
            load()

    def test_data_goes_to_the_platforms_folder_or_where_it_is_told(self, tmp_path: Path) -> None:
        assert data_folder(load().settings) == tmp_path / "data" / "arbot-tui"
        write('[storage]\npath = "~/somewhere"\n')
        assert data_folder(load().settings) == Path("~/somewhere").expanduser()


class TestComplaints:
    """Every mistake is one line: place, key, value, what is allowed."""

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"\xef\xbb\xbf[ui]\n", "arbot.toml:1: begins with a byte order mark; save it as"),
            (b"[ui]\n# caf\xe9\n", "arbot.toml:2: is no UTF-8 text; save it as UTF-8"),
            (b"x = " + b"[" * 3000, "arbot.toml: broken TOML: it is nested too deeply"),
            (b"arbitrage = 3\n", "arbot.toml:1: arbitrage = 3: allowed: a section [arbitrage]"),
            (b"[exchanges]\nokx = 3\n", "arbot.toml:2: exchanges.okx = 3: allowed: a section"),
            (b"[[risk]]\nx = 1\n", "arbot.toml:1: risk = [{'x': 1}]: allowed: a section [risk]"),
            ("# \u2028\n[ui]\nfps = 99\n".encode(), "arbot.toml:3: ui.fps = 99: allowed: "),
        ],
    )
    def test_a_file_that_no_editor_of_ours_wrote(self, content: bytes, message: str) -> None:
        Path("arbot.toml").write_bytes(content)
        with pytest.raises(ConfigError) as raised:
            load()
        assert str(raised.value).replace(f"{Path.cwd()}/", "").startswith(message)

    @pytest.mark.parametrize("text", ["1", "yes", "True", ""])
    def test_a_number_or_a_word_is_no_bool_in_the_environment_either(
        self, text: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ARBOT_EXCHANGES__OKX__ENABLED", text)
        with pytest.raises(ConfigError) as raised:
            load()
        assert str(raised.value) == (
            "ARBOT_EXCHANGES__OKX__ENABLED: exchanges.okx.enabled ="
            f' "{text}": allowed: true or false'
        )

    def test_a_variable_in_lower_case_is_not_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("arbot_ui__fps", "1")
        assert load().settings.ui.fps == 5

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "[arbitrage]\n\nmin_profit_pct = 20\n",
                "arbot.toml:3: arbitrage.min_profit_pct = 20: allowed: a number 0…10 %",
            ),
            (
                "arbitrage.min_profit_pct = -0.5\n",
                "arbot.toml:1: arbitrage.min_profit_pct = -0.5: allowed: a number 0…10 %",
            ),
            (
                "[arbitrage]\nmin_profit_pct = true\n",
                "arbot.toml:2: arbitrage.min_profit_pct = true: allowed: a number 0…10 %",
            ),
            (
                '[arbitrage]\nmin_profit_pct = "0.1"\n',
                'arbot.toml:2: arbitrage.min_profit_pct = "0.1": allowed: a number 0…10 %',
            ),
            (
                "[arbitrage]\nmin_profit_pct = nan\n",
                "arbot.toml:2: arbitrage.min_profit_pct = nan: allowed: a number 0…10 %",
            ),
            (
                "[arbitrage]\ncooldown_s = inf\n",
                "arbot.toml:2: arbitrage.cooldown_s = inf: allowed: a number 0…3600 s",
            ),
            (
                "[risk]\nmax_concurrent_pairs = 2.0\n",
                "arbot.toml:2: risk.max_concurrent_pairs = 2.0:"
                " allowed: a whole number 1…100 pairs",
            ),
            (
                "[storage]\nstore_ticker_data = 1\n",
                "arbot.toml:2: storage.store_ticker_data = 1: allowed: true or false",
            ),
            (
                '[engine]\nmode = "replay"\n',
                'arbot.toml:2: engine.mode = "replay": allowed: "simulate", "paper" or "live"',
            ),
            (
                "[storage]\npath = 5\n",
                "arbot.toml:2: storage.path = 5: allowed: a text",
            ),
            (
                '[arbitrage]\nsymbols = "BTC/USDT"\n',
                'arbot.toml:2: arbitrage.symbols = "BTC/USDT": allowed: a list of texts BASE/QUOTE',
            ),
            (
                '[arbitrage]\nsymbols = ["BTCUSDT"]\n',
                'arbot.toml:2: arbitrage.symbols = ["BTCUSDT"]: allowed: a list of BASE/QUOTE in'
                " upper case, such as BTC/USDT",
            ),
            (
                '[quotes]\nenabled_quote_currencies = ["EUR"]\n',
                'arbot.toml:2: quotes.enabled_quote_currencies = ["EUR"]: allowed: a list of one or'
                " more of USDT, USDC, FDUSD, TUSD, DAI, BUSD",
            ),
            (
                "[ui]\nfps = 0\n[risk]\n",
                "arbot.toml:2: ui.fps = 0: allowed: a whole number 1…20 1/s",
            ),
            (
                '[ui]\nkeys = ["halt=f12", "teme=T"]\n',
                'arbot.toml:2: ui.keys = ["halt=f12", "teme=T"]: allowed: an action, not "teme";'
                " the nearest is theme",
            ),
            (
                '[ui]\nkeys = ["theme=s"]\n',
                'arbot.toml:2: ui.keys = ["theme=s"]: allowed: one action for each key, not s for'
                " start and drain and theme",
            ),
            (
                "[arbitrage]\nmin_profit = 0.1\n",
                "arbot.toml:2: unknown key arbitrage.min_profit;"
                " the nearest valid one is arbitrage.min_profit_pct",
            ),
            (
                "[arbitrag]\nmin_profit_pct = 0.1\n",
                "arbot.toml:2: unknown key arbitrag.min_profit_pct;"
                " the nearest valid one is arbitrage.min_profit_pct",
            ),
            (
                "ui = 3\n",
                "arbot.toml:1: ui = 3: allowed: a section [ui]",
            ),
            (
                "[[ui]]\nfps = 3\n",
                "arbot.toml:1: ui = [{'fps': 3}]: allowed: a section [ui]",
            ),
            (
                "[ui]\nfps = { high = 3 }\n",
                "arbot.toml:2: ui.fps = {'high': 3}: allowed: a whole number 1…20 1/s",
            ),
            (
                "[risk]\n# later\nmax_drawdown_pct = 2\n",
                "arbot.toml:3: unknown key risk.max_drawdown_pct;"
                " the nearest valid one is risk.max_trades_per_hour",
            ),
        ],
    )
    def test_wrong_keys_and_values(self, text: str, message: str) -> None:
        assert complaint(text) == message

    def test_broken_toml_names_its_line(self) -> None:
        assert complaint("[ui]\nfps = = 3\n").startswith("arbot.toml:2: broken TOML: ")
        assert complaint("[ui]\nfps = '3").startswith("arbot.toml:2: broken TOML: ")

    def test_a_file_of_bytes_is_refused(self) -> None:
        Path("arbot.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(ConfigError, match="is no UTF-8 text"):
            load()

    def test_a_file_that_cannot_be_read_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        write("")

        def refuse(*_: object, **__: object) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(ConfigError, match=r"arbot\.toml: Permission denied"):
            load()

    @pytest.mark.parametrize("name", ["api_key", "api_secret", "passphrase"])
    def test_a_secret_in_the_file_is_refused_without_being_shown(self, name: str) -> None:
        found = complaint(f'[exchanges.okx]\n{name} = "S3cr3tValue"\n')
        assert found.startswith(f"arbot.toml:2: exchanges.okx.{name}: no secret may be set here")
        assert "S3cr3tValue" not in found

    def test_hostile_text_stays_on_one_line(self) -> None:
        found = complaint('[ui]\ntheme = "' + "\\u001b[2J\\n" * 40 + '"\n')
        assert "\x1b" not in found
        assert len(found) < 200

    def test_rules_over_several_keys_point_at_what_was_set(self) -> None:
        found = complaint(
            "[exchanges.okx]\nenabled = false\n[exchanges.bybit]\nenabled = false\n"
            "[exchanges.bitget]\nenabled = false\n"
        )
        assert found.startswith("arbot.toml:")
        assert "at least two venues have to be enabled" in found
        custom = complaint('[exchanges.okx]\nenvironment = "custom"\n')
        assert custom.startswith("arbot.toml:2: exchanges.okx: ")
        assert "needs rest_url" in custom

    def test_a_venues_own_rule_is_quoted(self) -> None:
        assert "this venue has no testnet" in complaint(
            '[exchanges.okx]\nenvironment = "testnet"\n'
        )

    def test_variables_are_checked_alike(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ARBOT_ARBITRAGE__MIN_PROFIT_PCT", "20")
        with pytest.raises(ConfigError) as raised:
            load()
        assert str(raised.value) == (
            'ARBOT_ARBITRAGE__MIN_PROFIT_PCT: arbitrage.min_profit_pct = "20":'
            " allowed: a number 0…10 %"
        )

    @pytest.mark.parametrize(
        ("name", "nearest"),
        [
            ("ARBOT_ARBITRAGE__MIN_PROFIT", "ARBOT_ARBITRAGE__MIN_PROFIT_PCT"),
            ("ARBOT_LOGS", "ARBOT_LOG"),
            ("ARBOT_UI", "ARBOT_UI__FPS"),
        ],
    )
    def test_unknown_variables_are_refused(
        self, name: str, nearest: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, "1")
        with pytest.raises(ConfigError) as raised:
            load()
        assert str(raised.value) == (
            f"environment: unknown key {name}; the nearest valid one is {nearest}"
        )

    def test_the_documented_variables_are_no_settings(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ARBOT_LOG", "debug")
        monkeypatch.setenv("ARBOT_CONFIG", str(write("")))
        load()

    def test_options_are_checked_alike(self) -> None:
        with pytest.raises(ConfigError, match=r"^--seed: simulator\.seed = -1: allowed: "):
            load(options={"simulator.seed": ("--seed", -1)})


class TestLogLevel:
    def test_it_is_info_unless_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert log_level() == "info"
        monkeypatch.setenv("ARBOT_LOG", "DEBUG")
        assert log_level() == "debug"

    def test_other_words_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ARBOT_LOG", "loud")
        with pytest.raises(ConfigError, match="allowed: debug, info, warning or error"):
            log_level()


def test_lists_of_a_variable_are_symbols_unless_case_matters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARBOT_ARBITRAGE__SYMBOLS", "btc/usdt, eth/usdt")
    monkeypatch.setenv("ARBOT_ARBITRAGE__STRATEGIES", "only-bitcoin")
    monkeypatch.setenv("ARBOT_UI__KEYS", "theme=T, halt=f12 ctrl+x,")
    settings = load().settings
    assert settings.arbitrage.symbols == ("BTC/USDT", "ETH/USDT")
    assert settings.arbitrage.strategies == ("only-bitcoin",)
    assert settings.ui.keys == ("theme=T", "halt=f12 ctrl+x")
