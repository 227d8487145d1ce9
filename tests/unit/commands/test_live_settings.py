"""What forms, the API and a reload see and change."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.commands.live_settings import LiveSettings, as_text, from_text
from arbot_tui.commands.template import template
from arbot_tui.domain.errors import ConfigError
from arbot_tui.engine.answers import SettingChange, SettingView
from arbot_tui.settings.keys import keys
from arbot_tui.settings.loading import load


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ARBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def live(text: str | None = None, **options: tuple[str, object]) -> LiveSettings:
    if text is not None:
        Path("arbot.toml").write_text(text)
    given = {name.replace("__", "."): value for name, value in options.items()}
    return LiveSettings(load(None, given), lambda over: load(None, {**given, **over}))


def setting(settings: LiveSettings, name: str) -> SettingView:
    return next(entry for entry in settings.schema().settings if entry.name == name)


def test_every_key_is_there_with_what_a_form_needs() -> None:
    settings = live()
    assert [entry.name for entry in settings.schema().settings] == list(keys())
    found = setting(settings, "arbitrage.min_profit_pct")
    assert (found.value, found.default, found.unit, found.hot) == ("0.05", "0.05", "%", True)
    assert found.allowed == "a number 0…10 %"
    assert found.source == "default"
    assert setting(settings, "ui.mouse").choices == ("true", "false")


def test_a_file_that_was_saved_is_unread_until_it_is_read_sound_or_not() -> None:
    settings = live("[ui]\nfps = 3\n")
    assert settings.unread() == ""
    Path("arbot.toml").write_text("[ui]\nfps = 300\n")
    assert settings.unread() == "arbot.toml"
    with pytest.raises(ConfigError):
        settings.from_file()
    assert settings.unread() == ""
    Path("arbot.toml").write_text("[ui]\nfps = 30\n# and more\n")
    assert settings.unread() == "arbot.toml"
    Path("arbot.toml").unlink()
    assert settings.unread() == ""


def test_a_file_of_ones_own_making_is_read_and_one_that_comes_elsewhere_too() -> None:
    settings = live()
    settings.save({"ui.fps": "4"})
    assert settings.unread() == ""
    Path("arbot.toml").write_text("[ui]\nfps = 6\n")
    assert settings.from_file() == {"ui.fps": "6"}
    assert settings.unread() == ""
    Path("arbot.toml").write_text("[ui]\nfps = 7 # now this one\n")
    assert settings.unread() == "arbot.toml"


@pytest.mark.parametrize("name", list(keys()))
@pytest.mark.parametrize("profile", ["simulate", "live"])
def test_every_value_reads_back_as_itself(name: str, profile: str) -> None:
    settings = live(engine__mode=("test", profile))
    found = setting(settings, name)
    diff = settings.diff({name: found.value})
    assert (diff.error, diff.changes) == ("", ())


@given(st.decimals(min_value=0, max_value=10, places=4, allow_nan=False))
def test_numbers_are_written_as_they_are_read(number: Decimal) -> None:
    key = keys()["arbitrage.min_profit_pct"]
    assert from_text(key, as_text(number)) == float(number)


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("arbitrage.min_profit_pct", "99", "a number 0…10 %"),
        ("arbitrage.min_profit_pct", "0,15", "a number 0…10 %"),
        ("arbitrage.min_profit_pct", "nan", "a number 0…10 %"),
        ("arbitrage.min_profit_pct", "true", "a number 0…10 %"),
        ("arbitrage.min_profit_pct", "", "a number 0…10 %"),
        ("ui.fps", "1.5", "a whole number 1…20 1/s"),
        ("ui.mouse", "yes", "true or false"),
        ("ui.glyphs", "braille", '"auto", "unicode" or "ascii"'),
        ("ui.theme", "da\x1b[31mrk", "a text"),
        ("arbitrage.identity_deny", "abc", "COIN@VENUE in upper case"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(name: str, text: str, allowed: str) -> None:
    settings = live()
    error = settings.validate({name: text})
    assert name in error
    assert allowed in error
    assert error.isprintable()
    with pytest.raises(ConfigError):
        settings.apply({name: text})
    with pytest.raises(ConfigError):
        settings.save({name: text})
    assert not Path("config").exists()


def test_an_unknown_key_is_refused_with_the_nearest() -> None:
    assert "arbitrage.min_profit_pct" in live().validate({"arbitrage.min_profit": "1"})


def test_a_diff_says_from_what_to_what_when_and_whether_it_loosens() -> None:
    settings = live("[arbitrage]\nmin_profit_pct = 0.2\n")
    diff = settings.diff(
        {
            "arbitrage.min_profit_pct": "0.1",
            "arbitrage.cooldown_s": "5",
            "ui.mouse": "false",
            "ui.fps": "5",
        }
    )
    assert diff.changes == (
        SettingChange("arbitrage.min_profit_pct", "0.2", "0.1", "%", True, True),
        SettingChange("arbitrage.cooldown_s", "1", "5", "s", True, False),
        SettingChange("ui.mouse", "true", "false", "", False, False),
    )


@pytest.mark.parametrize(
    ("name", "tighter", "looser"),
    [
        ("risk.max_order_usd", "100", "9000"),
        ("arbitrage.min_profit_pct", "0.3", "0.01"),
        ("arbitrage.identity_deny", "BTC, ETH", ""),
        ("arbitrage.identity_allow", "", "BTC, ETH"),
    ],
)
def test_each_limit_knows_which_way_is_looser(name: str, tighter: str, looser: str) -> None:
    settings = live()
    settings.apply({"arbitrage.identity_deny": "BTC", "arbitrage.identity_allow": "BTC"})
    for text, expected in ((tighter, False), (looser, True)):
        (change,) = settings.diff({name: text}).changes
        assert change.loosens is expected, text


def test_every_risk_limit_that_is_hot_says_which_way_is_looser() -> None:
    silent = [key.name for key in keys().values() if key.name.startswith("risk.") and key.hot]
    assert [name for name in silent if not keys()[name].looser] == []


def test_only_hot_ones_hold_at_once() -> None:
    settings = live()
    hot = settings.apply({"arbitrage.min_profit_pct": "0.3", "ui.mouse": "false"})
    assert hot.arbitrage.min_profit_pct == Decimal("0.3")
    assert setting(settings, "arbitrage.min_profit_pct").source == "changed here"
    assert setting(settings, "arbitrage.min_profit_pct").next_start == "0.05"
    assert setting(settings, "ui.mouse").value == "true"


def test_saving_switches_the_key_on_in_the_shipped_file_and_keeps_the_rest() -> None:
    settings = live(template())
    path = settings.save({"arbitrage.min_profit_pct": "0.3", "ui.mouse": "false"})
    settings.apply({"arbitrage.min_profit_pct": "0.3", "ui.mouse": "false"})
    assert path == str(Path("arbot.toml").absolute())
    old, new = template().splitlines(), Path(path).read_text().splitlines()
    assert len(old) == len(new)
    assert [line for before, line in zip(old, new, strict=True) if before != line] == [
        "min_profit_pct = 0.3",
        "mouse = false",
    ]
    line = new.index("min_profit_pct = 0.3") + 1
    assert setting(settings, "arbitrage.min_profit_pct").source == f"{path}:{line}"
    mouse = setting(settings, "ui.mouse")
    assert (mouse.value, mouse.next_start) == ("true", "false")
    assert load().settings.ui.mouse is False


def test_without_a_file_one_is_made_where_the_platform_keeps_it(tmp_path: Path) -> None:
    settings = live()
    path = Path(settings.save({"ui.fps": "2"}))
    assert path == tmp_path / "config" / "arbot-tui" / "arbot.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert load().settings.ui.fps == 2
    assert settings.schema().file == str(path)


def test_what_wins_over_the_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARBOT_UI__FPS", "3")
    settings = live("")
    (change,) = settings.diff({"ui.fps": "2"}).changes
    assert change.note == "at the next start ARBOT_UI__FPS wins over the file"


def test_a_cold_value_can_be_saved_back() -> None:
    settings = live("")
    settings.save({"ui.mouse": "false"})
    (change,) = settings.diff({"ui.mouse": "true"}).changes
    assert (change.before, change.after) == ("false", "true")
    settings.save({"ui.mouse": "true"})
    assert setting(settings, "ui.mouse").next_start == ""


def test_a_reload_finds_what_the_file_says_now_and_keeps_this_runs_profile() -> None:
    settings = live("")
    Path("arbot.toml").write_text('[engine]\nmode = "live"\n[ui]\nfps = 2\n')
    assert settings.from_file() == {"engine.mode": "live", "ui.fps": "2"}
    Path("arbot.toml").write_text("[ui]\nfps = 99\n")
    with pytest.raises(ConfigError, match=r"arbot.toml:2: ui.fps = 99"):
        settings.from_file()
    assert setting(settings, "ui.fps").value == "5"
