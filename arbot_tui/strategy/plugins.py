"""Strategies that users bring along: entry points of the group ``arbot_tui.strategies``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.text import sanitise
from arbot_tui.strategy.trading_strategy import Market, TradingStrategy

__all__ = ["GROUP", "ErrorSink", "GuardedStrategy", "find_strategies", "load_strategies"]

GROUP = "arbot_tui.strategies"

ErrorSink = Callable[[str, Exception], None]
"""Told the name of a strategy that failed, and its error."""


class GuardedStrategy(TradingStrategy):
    """Somebody else's code on the path to an order: while it fails, nothing is traded.

    Attributes:
        name: Name of its entry point.
    """

    def __init__(self, name: str, inner: TradingStrategy, on_error: ErrorSink) -> None:
        """Ask `inner`; tell `on_error` of each kind of failure once."""
        super().__init__(inner.market)
        self.name = name
        self._inner = inner
        self._on_error = on_error
        self._told: set[str] = set()
        self._failed = False

    def on_ticker(self, ticker: Ticker) -> None:
        """Pass it on; what could not take note of a quote has no say until it can again."""
        try:
            self._inner.on_ticker(ticker)
        except Exception as e:  # noqa: BLE001 (not our code; a feed must not end with it)
            self._fail(e)
        else:
            self._failed = False

    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        """Return its answer; a failure is a no."""
        try:
            answer = self._inner.should_execute_trade(signal)
        except Exception as e:  # noqa: BLE001 (not our code; a feed must not end with it)
            self._fail(e)
            return False
        return answer is True and not self._failed

    def _fail(self, error: Exception) -> None:
        self._failed = True
        kind = type(error).__name__
        if kind not in self._told:
            self._told.add(kind)
            self._on_error(self.name, error)


def find_strategies(names: Sequence[str]) -> list[EntryPoint]:
    """Return the entry points of those names, in their order; upper and lower case are one.

    Raises:
        ConfigError: There is none of that name.
    """
    known = {point.name.lower(): point for point in entry_points(group=GROUP)}
    return [_find(name, known) for name in names]


def load_strategies(
    names: Sequence[str], market: Market, on_error: ErrorSink
) -> list[TradingStrategy]:
    """Return the strategies of those names, in their order.

    Raises:
        ConfigError: There is none of that name, or it is no `TradingStrategy`.
    """
    return [_load(point, market, on_error) for point in find_strategies(names)]


def _find(name: str, known: dict[str, EntryPoint]) -> EntryPoint:
    point = known.get(name.lower())
    if point is None:
        near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.0)
        hint = f"the nearest one is {near[0]}" if near else "none is installed"
        shown = sanitise(name, 60)
        raise ConfigError(f"arbitrage.strategies: there is no strategy {shown}; {hint}")
    return point


def _load(point: EntryPoint, market: Market, on_error: ErrorSink) -> TradingStrategy:
    shown = sanitise(point.name, 60)
    try:
        found = point.load()
        if not (isinstance(found, type) and issubclass(found, TradingStrategy)):
            raise TypeError("it is no TradingStrategy")
        return GuardedStrategy(point.name, found(market), on_error)
    except Exception as e:  # importing and building it is not our code
        raise ConfigError(f"arbitrage.strategies: {shown}: {sanitise(str(e))}") from e
