"""Strategies of users, installed like any other package."""

from pathlib import Path

import pytest

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.plugins import GuardedStrategy, load_strategies
from arbot_tui.strategy.trading_strategy import Market, TradingStrategy

EXAMPLE = '''
from arbot_tui.strategy.trading_strategy import TradingStrategy


class OnlyBitcoin(TradingStrategy):
    """Trades nothing but bitcoin."""

    def should_execute_trade(self, signal):
        return signal.symbol.startswith("BTC/")


class Unfinished(TradingStrategy):
    """Lacks its only duty."""


def no_class(market):
    return OnlyBitcoin(market)
'''

POINTS = """
[arbot_tui.strategies]
only-bitcoin = example_of_a_user:OnlyBitcoin
unfinished = example_of_a_user:Unfinished
no-class = example_of_a_user:no_class
missing = example_of_a_user:Missing
"""


def _market() -> Market:
    return Market(QuoteBoard(("binance", "okx")), Universe())


def _signal(symbol: str) -> ArbitrageSignal:
    view = QuoteView("okx", 1.0, 1.0, 2.0, 1.0, 3, True, "live")
    return ArbitrageSignal(1, symbol, view, view, 0.1, 1.0, 0.5, 4, 5)


def _never(name: str, error: Exception) -> None:
    raise AssertionError(name) from error


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "example_of_a_user.py").write_text(EXAMPLE, encoding="utf-8")
    info = tmp_path / "example_of_a_user-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: example-of-a-user\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("installed")
def test_an_installed_strategy_is_asked() -> None:
    (strategy,) = load_strategies(["ONLY-BITCOIN"], _market(), _never)
    strategy.on_ticker(Ticker(0, 0, 1.0, 1.0, 2.0, 1.0, 0, 1))
    assert strategy.should_execute_trade(_signal("BTC/USDT"))
    assert not strategy.should_execute_trade(_signal("ETH/USDT"))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("only-bitcoins", "no strategy only-bitcoins; the nearest one is only-bitcoin"),
        ("unfinished", "unfinished: .*should_execute_trade"),
        ("no-class", "no-class: it is no TradingStrategy"),
        ("missing", "missing: .*Missing"),
    ],
)
def test_one_that_cannot_be_used_ends_the_start_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        load_strategies([name], _market(), _never)


def test_where_none_is_installed_that_is_said() -> None:
    with pytest.raises(ConfigError, match="no strategy mine; none is installed"):
        load_strategies(["mine"], _market(), _never)


class _Moody(TradingStrategy):
    """Fails when told to."""

    answer: object = True
    blind = False

    def on_ticker(self, ticker: Ticker) -> None:
        if self.blind:
            raise KeyError(ticker.row)

    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]


def test_a_failing_strategy_refuses_and_is_told_of_once() -> None:
    errors: list[str] = []
    inner = _Moody(_market())
    guarded = GuardedStrategy("moody", inner, lambda name, e: errors.append(f"{name}: {e!r}"))
    ticker, signal = Ticker(0, 7, 1.0, 1.0, 2.0, 1.0, 0, 1), _signal("BTC/USDT")
    assert guarded.should_execute_trade(signal)
    inner.answer = ValueError("no")
    assert not guarded.should_execute_trade(signal)
    assert not guarded.should_execute_trade(signal)
    inner.answer = 1
    guarded.on_ticker(ticker)
    assert not guarded.should_execute_trade(signal)
    inner.answer = True
    assert guarded.should_execute_trade(signal)
    inner.blind = True
    guarded.on_ticker(ticker)
    assert not guarded.should_execute_trade(signal)
    inner.blind = False
    guarded.on_ticker(ticker)
    assert guarded.should_execute_trade(signal)
    assert errors == ["moody: ValueError('no')", "moody: KeyError(7)"]
