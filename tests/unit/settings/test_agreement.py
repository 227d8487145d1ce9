"""Settings that are each allowed and together are not are refused, in one line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from arbot_tui.domain.errors import ConfigError
from arbot_tui.settings.loading import changed, load


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ARBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


REFUSED = [
    pytest.param(
        "[risk]\ndaily_loss_reduce_pct = 3\ndaily_loss_halt_pct = 2.5\n",
        "3: risk.daily_loss_halt_pct = 2.5: allowed: daily_loss_reduce_pct up to"
        " daily_loss_halt_pct, which is 2.5",
        id="trading would halt before it reduces",
    ),
    pytest.param(
        "[arbitrage]\nmin_profit_pct = 3.5\n",
        "2: arbitrage.min_profit_pct = 3.5: allowed: min_profit_pct + slippage_pct up to"
        " max_profit_pct; 3.5 + 0.02 is above 3",
        id="no edge is large enough and small enough",
    ),
    pytest.param(
        "[arbitrage]\nmin_profit_pct = 0.1\nmax_profit_pct = 0.1\n",
        "3: arbitrage.max_profit_pct = 0.1: allowed: min_profit_pct + slippage_pct up to"
        " max_profit_pct; 0.1 + 0.02 is above 0.1",
        id="slippage takes the last of it",
    ),
    pytest.param(
        "[arbitrage]\nsymbols = ['BTC/USDT', 'ETH/USDT']\nmax_symbols = 1\n",
        '2: arbitrage.symbols = ["BTC/USDT", "ETH/USDT"]: allowed: as many symbols as'
        " max_symbols; 2 are more than 1",
        id="more symbols are named than are followed",
    ),
    pytest.param(
        "[arbitrage]\nsymbols = ['BTC/USDC']\n",
        '2: arbitrage.symbols = ["BTC/USDC"]: allowed: symbols quoted in'
        " enabled_quote_currencies (USDT); BTC/USDC is not",
        id="a symbol in a quote that is not followed",
    ),
    pytest.param(
        "[arbitrage]\nidentity_deny = ['ABC@OKEX']\n",
        '2: arbitrage.identity_deny = ["ABC@OKEX"]: allowed: COIN, or COIN@ and one of'
        " BINANCE, BYBIT, OKX, BITGET; not ABC@OKEX",
        id="a venue that does not exist is denied in vain",
    ),
    pytest.param(
        "[engine]\nmode = 'live'\n[exchanges.okx]\nenvironment = 'demo'\n",
        '4: exchanges.okx.environment = "demo": allowed: real money or play money, for all'
        " enabled venues alike; binance is prod, okx is demo",
        id="one leg in real money and one in play money",
    ),
    pytest.param(
        "[simulator]\nsymbols = 5\nusdc_symbols = 6\n",
        "3: simulator.usdc_symbols = 6: allowed: usdc_symbols up to symbols, which is 5",
        id="more second markets than symbols",
    ),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_contradicts_itself_is_refused_where_it_was_set_last(text: str, message: str) -> None:
    file = Path("arbot.toml").absolute()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load()
    assert str(raised.value) == f"{file}:{message}"


@pytest.mark.parametrize(
    "text",
    [
        "[arbitrage]\nmin_profit_pct = 2.98\n",
        "[arbitrage]\nsymbols = ['BTC/USDC']\n[quotes]\nenabled_quote_currencies = ['USDC']\n",
        "[arbitrage]\nidentity_allow = ['ABC@OKX', 'DEF']\n",
        "[exchanges.okx]\nenvironment = 'demo'\n",
        "[engine]\nmode = 'paper'\n"
        + "".join(f"[exchanges.{name}]\nenvironment = 'demo'\n" for name in ("binance", "okx"))
        + "".join(f"[exchanges.{name}]\nenabled = false\n" for name in ("bybit", "bitget")),
        "[simulator]\nsymbols = 5\nusdc_symbols = 5\n",
    ],
)
def test_what_goes_together_is_taken(text: str) -> None:
    Path("arbot.toml").write_text(text, encoding="utf-8")
    assert load().source.endswith("arbot.toml")


@pytest.mark.parametrize(
    ("variables", "options", "place"),
    [
        ({"ARBOT_ARBITRAGE__MAX_PROFIT_PCT": "0.1"}, {}, "ARBOT_ARBITRAGE__MAX_PROFIT_PCT: "),
        ({}, {"arbitrage.symbols": ("--symbols", "ETH/USDC")}, "--symbols: arbitrage.symbols"),
    ],
)
def test_it_is_refused_from_every_source(
    variables: Mapping[str, str],
    options: Mapping[str, tuple[str, object]],
    place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("arbot.toml").write_text("[arbitrage]\nmin_profit_pct = 0.2\n", encoding="utf-8")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as raised:
        load(options=options)
    assert str(raised.value).startswith(place)


def test_settings_that_are_changed_while_they_hold_are_looked_at_together() -> None:
    loaded = load()
    with pytest.raises(ConfigError, match="min_profit_pct = 9: allowed: min_profit_pct"):
        changed(loaded, {"arbitrage.min_profit_pct": 9}, "settings")
    both = {"arbitrage.min_profit_pct": 9, "arbitrage.max_profit_pct": 20}
    assert changed(loaded, both, "settings").value("arbitrage.max_profit_pct") == 20
