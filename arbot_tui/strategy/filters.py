"""The filters that come with the program; each is off until it is switched on."""

from __future__ import annotations

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.market.reference import reference_mid
from arbot_tui.market.rolling import HalvesMean, MedianWindow
from arbot_tui.strategy.config import FilterConfig, PremiumConfig, TrendConfig
from arbot_tui.strategy.trading_strategy import Market, TradingStrategy

__all__ = [
    "BuiltinFilters",
    "PremiumFilterStrategy",
    "SignalValidationStrategy",
    "TrendFilterStrategy",
    "VolumeFilterStrategy",
]


class TrendFilterStrategy(TradingStrategy):
    """Trades a symbol only while its price moves the wanted way.

    The trend is the mean of the window's newer half against that of its older half, taken from
    the median mid of all tradeable venues, so that one dislocated venue is no trend.
    """

    def __init__(self, market: Market, config: TrendConfig) -> None:
        """Start without memory."""
        super().__init__(market)
        self._config = config
        self._windows: dict[int, HalvesMean] = {}

    def apply(self, config: TrendConfig) -> None:
        """Go by `config` from now on; prices that were seen stay known."""
        if config.moving_average_s != self._config.moving_average_s:
            for window in self._windows.values():
                window.resize(round(config.moving_average_s * SECOND))
        self._config = config

    def on_ticker(self, ticker: Ticker) -> None:
        """Take the symbol's price."""
        mid = reference_mid(self.market.board, ticker.row)
        if mid is None:
            return
        window = self._windows.get(ticker.row)
        if window is None:
            window_ns = round(self._config.moving_average_s * SECOND)
            window = self._windows[ticker.row] = HalvesMean(window_ns)
        window.add(ticker.recv_ns, mid)

    def trend(self, row: int, now_ns: int) -> int:
        """Return 1 where the price rises, -1 where it falls, 0 where neither is confirmed."""
        window = self._windows.get(row)
        change_pct = None if window is None else window.change_pct(now_ns)
        if change_pct is None or abs(change_pct) < self._config.trend_confirmation_threshold_pct:
            return 0
        return 1 if change_pct > 0.0 else -1

    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        """Tell whether the trend is a wanted one."""
        trend = self.trend(self.market.universe.row(signal.symbol), signal.created_ns)
        return trend in _WANTED[self._config.trend_filter_mode]


_WANTED = {
    "uptrend_buy_low": (1,),
    "downtrend_sell_high": (-1,),
    "both": (1, -1),
    "disabled": (1, 0, -1),
}


class PremiumFilterStrategy(TradingStrategy):
    """Compares each leg's premium with what is usual for that book.

    The premium is the book's mid above the median mid of the other tradeable venues, percent. It
    is unusual where it lies more than `outlier_threshold` standard deviations off its median.
    """

    def __init__(self, market: Market, config: PremiumConfig) -> None:
        """Start without memory."""
        super().__init__(market)
        self._config = config
        self._needed = min(config.min_samples, config.lookback_periods)
        self._windows: dict[tuple[int, int], MedianWindow] = {}

    def apply(self, config: PremiumConfig) -> None:
        """Go by `config` from now on; premiums that were seen stay known."""
        if config.lookback_periods != self._config.lookback_periods:
            for window in self._windows.values():
                window.resize(config.lookback_periods)
        self._config = config
        self._needed = min(config.min_samples, config.lookback_periods)

    def on_ticker(self, ticker: Ticker) -> None:
        """Take the premium of the book that changed."""
        premium = self._premium(ticker.exchange, ticker.row)
        if premium is None:
            return
        key = (ticker.exchange, ticker.row)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = MedianWindow(self._config.lookback_periods)
        window.add(premium)

    def _premium(self, venue: int, row: int) -> float | None:
        board = self.market.board
        i = row * len(board.venues) + venue
        others = reference_mid(board, row, without=venue)
        if others is None or board.blocked[i]:
            return None
        quote = board.latest[row][venue]
        return 100.0 * ((quote.bid + quote.ask) / 2.0 / others - 1.0)

    def is_outlier(self, venue: int, row: int) -> bool | None:
        """Tell whether a book's premium is unusual now; None where too little is known."""
        window = self._windows.get((venue, row))
        premium = self._premium(venue, row)
        if premium is None or window is None or len(window) < self._needed:
            return None
        return abs(premium - window.median) > self._config.outlier_threshold * window.deviation

    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        """Tell whether both books are as usual, or, where so configured, one is not."""
        row = self.market.universe.row(signal.symbol)
        venues = self.market.board.venues
        found = [
            self.is_outlier(venues.index(quote.venue), row) for quote in (signal.buy, signal.sell)
        ]
        if None in found:
            return False
        return any(found) is (self._config.premium_filter_mode == "only_outliers")


class VolumeFilterStrategy(TradingStrategy):
    """Trades only where both best prices offer at least so much value.

    Attributes:
        min_value: That value in quote currency; may be replaced at any time.
    """

    def __init__(self, market: Market, min_value: float) -> None:
        """Ask for `min_value` in quote currency."""
        super().__init__(market)
        self.min_value = min_value

    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        """Tell whether there is enough on both sides."""
        buy, sell = signal.buy, signal.sell
        return min(buy.ask * buy.ask_size, sell.bid * sell.bid_size) >= self.min_value


class SignalValidationStrategy(TradingStrategy):
    """Doubts old quotes and prices far from what the other venues say.

    The bounds of the profit need no filter: they are the reasons ``fee`` and ``edge_too_good``.
    """

    def __init__(self, market: Market, config: FilterConfig) -> None:
        """Compare with the bounds of `config`, 0 for none."""
        super().__init__(market)
        self.apply(config)

    def apply(self, config: FilterConfig) -> None:
        """Go by `config` from now on."""
        self._max_age_ns = config.max_signal_age_ms * MS
        self._max_deviation = config.max_price_deviation_pct / 100.0

    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        """Tell whether both quotes are young enough and not far off."""
        middle = reference_mid(self.market.board, self.market.universe.row(signal.symbol))
        return all(self._is_sane(quote, middle, signal) for quote in (signal.buy, signal.sell))

    def _is_sane(self, quote: QuoteView, middle: float | None, signal: ArbitrageSignal) -> bool:
        if self._max_age_ns and signal.created_ns - quote.recv_ns > self._max_age_ns:
            return False
        if not self._max_deviation:
            return True
        mid = (quote.bid + quote.ask) / 2.0
        return middle is not None and abs(mid / middle - 1.0) <= self._max_deviation


class BuiltinFilters:
    """Which of the filters are switched on; switching one leaves the others' memory alone."""

    def __init__(
        self, market: Market, filters: FilterConfig, trend: TrendConfig, premium: PremiumConfig
    ) -> None:
        """Switch on what the configuration says."""
        self._market = market
        self._volume: VolumeFilterStrategy | None = None
        self._validation: SignalValidationStrategy | None = None
        self._trend: TrendFilterStrategy | None = None
        self._premium: PremiumFilterStrategy | None = None
        self.apply(filters, trend, premium)

    def apply(self, filters: FilterConfig, trend: TrendConfig, premium: PremiumConfig) -> None:
        """Go by this configuration from now on; `active` tells what is on.

        A filter that stays on keeps what it has seen; one that is switched on starts without.
        """
        market = self._market
        if not filters.min_top_volume_usd:
            self._volume = None
        else:
            self._volume = self._volume or VolumeFilterStrategy(market, 0.0)
            self._volume.min_value = float(filters.min_top_volume_usd)
        if not (filters.max_signal_age_ms or filters.max_price_deviation_pct):
            self._validation = None
        else:
            self._validation = self._validation or SignalValidationStrategy(market, filters)
            self._validation.apply(filters)
        if not trend.use_trend_filter:
            self._trend = None
        else:
            self._trend = self._trend or TrendFilterStrategy(market, trend)
            self._trend.apply(trend)
        if not premium.enabled:
            self._premium = None
        else:
            self._premium = self._premium or PremiumFilterStrategy(market, premium)
            self._premium.apply(premium)

    @property
    def active(self) -> tuple[TradingStrategy, ...]:
        """The filters that are switched on, cheapest first."""
        known = (self._volume, self._validation, self._trend, self._premium)
        return tuple(each for each in known if each is not None)
