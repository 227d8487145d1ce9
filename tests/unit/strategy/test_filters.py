from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.config import FilterConfig, PremiumConfig, TrendConfig
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.filters import (
    BuiltinFilters,
    PremiumFilterStrategy,
    SignalValidationStrategy,
    TrendFilterStrategy,
    VolumeFilterStrategy,
)
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from arbot_tui.strategy.trading_strategy import Market, TradingStrategy

_VENUES = ("binance", "bybit", "okx")


class _Desk:
    """Live books of one symbol that a test moves, and the signals that come of it."""

    def __init__(self) -> None:
        self.universe = Universe()
        self.universe.add("AAA", "USDT")
        self.board = QuoteBoard(_VENUES)
        self.market = Market(self.board, self.universe)
        self.funnel = RejectFunnel(3)
        self.lives = OpportunityBook()
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            _VENUES,
            DetectionSettings(0.0, 0.0),
            self.funnel,
            self.lives,
        )
        self.signals: list[ArbitrageSignal] = []
        self.strategy.add_signal_callback(self.signals.append)
        self.now_ns = 10**18
        for venue in range(3):
            self.board.set_fee(venue, 0, 0.0)
            self.board.set_venue_verdict(venue, FeedState.LIVE)

    def quote(self, venue: int, mid: float, *, size: float = 1.0, after_s: float = 1.0) -> None:
        self.now_ns += round(after_s * SECOND)
        ticker = Ticker(venue, 0, mid * 0.9999, size, mid * 1.0001, size, 0, self.now_ns)
        if self.board.update(ticker):
            self.strategy.on_ticker(ticker)

    def use(self, *filters: TradingStrategy) -> None:
        self.strategy.filters = filters

    def edge(self) -> bool:
        """Make OKX dear and tell whether that became a signal."""
        before = len(self.signals)
        self.quote(2, self.board.latest[0][0].bid * 1.01, after_s=0.001)
        return len(self.signals) > before


def _all(desk: _Desk, mid: float) -> None:
    for venue in range(3):
        desk.quote(venue, mid)


@pytest.mark.parametrize(
    ("mode", "rising", "falling", "flat"),
    [
        ("uptrend_buy_low", True, False, False),
        ("downtrend_sell_high", False, True, False),
        ("both", True, True, False),
        ("disabled", True, True, True),
    ],
)
def test_the_trend_filter_lets_the_wanted_trend_through(
    mode: str, rising: bool, falling: bool, flat: bool
) -> None:
    for step, wanted in ((0.001, rising), (-0.001, falling), (0.0, flat)):
        desk = _Desk()
        config = TrendConfig.model_validate({"trend_filter_mode": mode})
        desk.use(TrendFilterStrategy(desk.market, config))
        for number in range(20):
            _all(desk, 100.0 * (1.0 + step * number))
        refused = desk.funnel.counts().get(Reason.FILTER.value, 0)
        assert desk.edge() is wanted
        assert (desk.funnel.counts().get(Reason.FILTER.value, 0) > refused) is not wanted


def test_without_history_there_is_no_trend() -> None:
    desk = _Desk()
    trend = TrendFilterStrategy(desk.market, TrendConfig())
    assert trend.trend(0, desk.now_ns) == 0
    # Nothing tradeable is nothing to remember.
    trend.on_ticker(Ticker(0, 0, 1.0, 1.0, 2.0, 1.0, 0, 1))
    assert trend.trend(0, desk.now_ns) == 0
    desk.use(trend)
    _all(desk, 100.0)
    # One half of the window is still empty.
    assert not desk.edge()
    assert desk.funnel.counts()["filter"] == 2
    assert {o.reason for o in desk.lives.opened()} == {"filter"}


@pytest.mark.parametrize(("mode", "usual"), [("skip_outliers", True), ("only_outliers", False)])
def test_the_premium_filter_knows_what_is_usual(mode: str, usual: bool) -> None:
    desk = _Desk()
    config = PremiumConfig.model_validate({"premium_filter_mode": mode, "min_samples": 10})
    desk.use(PremiumFilterStrategy(desk.market, config))
    for number in range(20):
        desk.quote(0, 100.0 + number % 2 * 0.01)
        desk.quote(1, 100.0 - number % 3 * 0.01)
        desk.quote(2, 101.0 + number % 5 * 0.01)
    before = len(desk.signals)
    desk.quote(2, 101.02)
    assert (len(desk.signals) > before) is usual
    before = len(desk.signals)
    desk.quote(2, 104.0)
    assert (len(desk.signals) > before) is not usual


def test_too_few_quotes_tell_nothing() -> None:
    desk = _Desk()
    premium = PremiumFilterStrategy(desk.market, PremiumConfig())
    assert premium.is_outlier(0, 0) is None
    # A book alone has no premium.
    desk.quote(0, 100.0)
    premium.on_ticker(Ticker(0, 0, 1.0, 1.0, 2.0, 1.0, 0, 1))
    assert premium.is_outlier(0, 0) is None
    desk.use(premium)
    _all(desk, 100.0)
    assert not desk.edge()


def test_a_book_that_is_not_traded_has_no_premium() -> None:
    desk = _Desk()
    premium = PremiumFilterStrategy(desk.market, PremiumConfig(min_samples=2))
    desk.use(premium)
    for number in range(5):
        _all(desk, 100.0 + number)
    assert premium.is_outlier(2, 0) is not None
    desk.board.set_book_state(2, 0, FeedState.GAPPED)
    assert premium.is_outlier(2, 0) is None


@pytest.mark.parametrize(("size", "passes"), [(0.99, False), (1.01, True)])
def test_the_volume_filter_wants_enough_on_both_sides(size: float, passes: bool) -> None:
    desk = _Desk()
    desk.use(VolumeFilterStrategy(desk.market, 100.0))
    desk.quote(0, 100.0, size=5.0)
    desk.quote(2, 101.0, size=size)
    assert bool(desk.signals) is passes


def test_validation_doubts_an_old_quote() -> None:
    desk = _Desk()
    desk.use(SignalValidationStrategy(desk.market, FilterConfig(max_signal_age_ms=500)))
    desk.quote(0, 100.0)
    desk.quote(2, 101.0, after_s=0.6)
    assert desk.signals == []
    desk.quote(0, 100.01, after_s=0.4)
    assert len(desk.signals) == 1


def test_validation_doubts_a_price_far_off_the_others() -> None:
    desk = _Desk()
    desk.use(SignalValidationStrategy(desk.market, FilterConfig(max_price_deviation_pct=0.5)))
    _all(desk, 100.0)
    desk.quote(2, 100.4)
    assert len(desk.signals) == 2
    desk.quote(2, 100.6)
    assert len(desk.signals) == 2
    assert desk.funnel.counts()["filter"] == 2


def test_without_a_middle_no_price_is_sane() -> None:
    desk = _Desk()
    _all(desk, 100.0)
    desk.quote(2, 101.0)
    validation = SignalValidationStrategy(desk.market, FilterConfig(max_price_deviation_pct=5.0))
    assert validation.should_execute_trade(desk.signals[0])
    for venue in range(3):
        desk.board.set_venue_verdict(venue, FeedState.DOWN)
    assert not validation.should_execute_trade(msgspec.structs.replace(desk.signals[0]))


def test_every_filter_is_off_until_it_is_switched_on_and_may_be_while_running() -> None:
    desk = _Desk()
    filters = BuiltinFilters(desk.market, FilterConfig(), TrendConfig(), PremiumConfig())
    desk.use(*filters.active)
    assert list(desk.strategy.filters) == []
    _all(desk, 100.0)
    assert desk.edge()
    filters.apply(
        FilterConfig(min_top_volume_usd=Decimal(1), max_signal_age_ms=1),
        TrendConfig(use_trend_filter=True),
        PremiumConfig(enabled=True),
    )
    desk.use(*filters.active)
    switched_on: list[object] = [type(each) for each in desk.strategy.filters]
    assert switched_on == [
        VolumeFilterStrategy,
        SignalValidationStrategy,
        TrendFilterStrategy,
        PremiumFilterStrategy,
    ]
    desk.quote(2, 102.0)
    assert len(desk.signals) == 2  # those of before
    filters.apply(FilterConfig(), TrendConfig(), PremiumConfig())
    desk.use(*filters.active)
    desk.quote(2, 102.1)
    assert len(desk.signals) == 4


def test_what_was_seen_survives_a_change_of_the_configuration() -> None:
    desk = _Desk()
    volume = FilterConfig(min_top_volume_usd=Decimal(1), max_price_deviation_pct=50.0)
    filters = BuiltinFilters(
        desk.market, volume, TrendConfig(use_trend_filter=True), PremiumConfig(enabled=True)
    )
    desk.use(*filters.active)
    for number in range(60):
        _all(desk, 100.0 + number / 10)
    trend, premium = filters.active[2:]
    assert isinstance(trend, TrendFilterStrategy)
    assert isinstance(premium, PremiumFilterStrategy)
    assert trend.trend(0, desk.now_ns) == 1

    filters.apply(
        FilterConfig(min_top_volume_usd=Decimal(10_000), max_price_deviation_pct=0.001),
        TrendConfig(use_trend_filter=True, trend_confirmation_threshold_pct=10.0),
        PremiumConfig(enabled=True, min_samples=1000, lookback_periods=1000),
    )

    assert filters.active[2:] == (trend, premium)
    assert trend.trend(0, desk.now_ns) == 0
    # Sixty of the thousand quotes asked for now are known; they are not forgotten.
    assert premium.is_outlier(0, 0) is None
    filters.apply(
        volume,
        TrendConfig(use_trend_filter=True, moving_average_s=10.0),
        PremiumConfig(enabled=True, lookback_periods=20, min_samples=20),
    )
    assert premium.is_outlier(0, 0) is not None
    assert trend.trend(0, desk.now_ns) == 1


def test_no_more_quotes_are_asked_for_than_are_kept() -> None:
    desk = _Desk()
    config = PremiumConfig(lookback_periods=10, min_samples=1000)
    premium = PremiumFilterStrategy(desk.market, config)
    desk.use(premium)
    for number in range(12):
        _all(desk, 100.0 + number)
    assert premium.is_outlier(0, 0) is not None
