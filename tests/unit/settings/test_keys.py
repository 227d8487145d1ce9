"""Rules that hold for every key there is."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from pathlib import Path

import pytest

import arbot_tui
from arbot_tui.commands.template import template, toml_value
from arbot_tui.settings.keys import keys
from arbot_tui.settings.loading import load
from arbot_tui.settings.model import Settings

PACKAGE = Path(arbot_tui.__file__).parent
SHIPPED = PACKAGE.parent / "arbot.toml"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ARBOT_")]:
        monkeypatch.delenv(name)


def test_every_key_is_read_by_some_code() -> None:
    declared = {*PACKAGE.glob("settings/*.py"), *PACKAGE.glob("*/config.py")}
    read = {
        node.attr
        for file in PACKAGE.rglob("*.py")
        if file not in declared
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    # Read through a property of their own model, and by `settings.places.data_folder`.
    through = {"maker_fee_pct": "maker_fee", "taker_fee_pct": "taker_fee", "path": "path"}
    names = {name.rpartition(".")[2] for name in keys()}
    assert {name for name in names if through.get(name, name) not in read} == set()


def test_every_key_says_what_it_does_in_one_line() -> None:
    for key in keys().values():
        assert key.meaning, key.name
        assert "\n" not in key.meaning
        assert len(key.meaning) <= 95, key.name


def test_every_number_is_bounded() -> None:
    for key in keys().values():
        if key.kind in ("int", "number"):
            assert key.low is not None, key.name
            assert key.high is not None, key.name


@pytest.mark.parametrize("suffix", ["pct", "usd", "s"])
def test_a_unit_in_the_name_is_the_unit_of_the_value(suffix: str) -> None:
    units = {"pct": "%", "usd": "USD", "s": "s"}
    for key in keys().values():
        if key.name.endswith(f"_{suffix}") and not key.name.endswith("per_s"):
            assert key.unit == units[suffix], key.name


def test_both_profiles_of_defaults_are_valid() -> None:
    for mode in ("simulate", "live"):
        loaded = load(options={"engine.mode": ("test", mode)})
        for name, key in keys().items():
            if name == "engine.mode":
                continue
            found, wanted = loaded.value(name), key.default(loaded.profile)
            if isinstance(wanted, list):
                wanted = tuple(wanted)
            assert str(found) == str(wanted) or float(str(found)) == float(str(wanted)), name


def test_the_models_own_defaults_are_those_of_live() -> None:
    live = load(options={"engine.mode": ("test", "live")}).settings
    plain = Settings()
    for section in Settings.model_fields:
        if section != "engine":
            assert getattr(plain, section) == getattr(live, section)


def test_the_shipped_file_is_the_generated_one() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == template()


def test_the_shipped_file_changes_nothing() -> None:
    for mode in ("simulate", "live"):
        options: dict[str, tuple[str, object]] = {"engine.mode": ("test", mode)}
        with_file, without = load(SHIPPED, options), load(None, options)
        assert with_file.settings == without.settings
        assert with_file.profile == mode
        assert set(with_file.origins.values()) == {"default", "test"}


def test_the_shipped_file_has_every_key_commented_out() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert all(value == {} or set(value) <= set(NESTED) for value in tomllib.loads(text).values())
    switched_on = re.sub(r"^# (\w+ = .*)$", r"\1", text, flags=re.MULTILINE)
    document = tomllib.loads(switched_on)
    for name, key in keys().items():
        found: object = document
        for part in name.split("."):
            assert isinstance(found, dict)
            found = found[part]
        assert toml_value(found) == toml_value(key.live) or float(str(found)) == float(
            str(key.live)
        ), name


NESTED = ("binance", "bybit", "okx", "bitget")


def test_the_shipped_file_switched_on_is_the_live_profile(tmp_path: Path) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    switched_on = re.sub(r"^# (\w+ = (?!\"\"$).*)$", r"\1", text, flags=re.MULTILINE)
    path = tmp_path / "arbot.toml"
    path.write_text(switched_on, encoding="utf-8")
    options: dict[str, tuple[str, object]] = {"engine.mode": ("test", "live")}
    assert load(path, options).settings == load(None, options).settings


def test_the_shipped_file_has_lines_that_fit_a_terminal() -> None:
    assert max(map(len, SHIPPED.read_text(encoding="utf-8").splitlines())) <= 100
