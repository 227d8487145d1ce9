"""Markets of one coin in two stablecoins, compared at the live rate and never at par."""

from __future__ import annotations

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.config import QuotesConfig
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.config import IdentityConfig
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook

_VENUES = ("binance", "okx")
_BINANCE, _OKX = 0, 1
_CONFIG = QuotesConfig(enabled_quote_currencies=("USDT", "USDC"))


class _Desk:
    def __init__(self, config: QuotesConfig = _CONFIG) -> None:
        self.universe, self.board = Universe(), QuoteBoard(_VENUES)
        self.funnel, self.lives = RejectFunnel(2), OpportunityBook()
        self.ended: list[Opportunity] = []
        self.lives.add_closed_callback(self.ended.append)
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            _VENUES,
            DetectionSettings(0.05, 0.02),
            self.funnel,
            self.lives,
        )
        self.strategy.follow_quotes(CrossRates(self.board, self.universe, "USDT"), config)
        self.signals: list[ArbitrageSignal] = []
        self.strategy.add_signal_callback(self.signals.append)
        self.now_ns = 10**18
        for venue in (0, 1):
            self.board.set_venue_verdict(venue, FeedState.LIVE)

    def quote(self, venue: int, symbol: str, bid: float, ask: float) -> None:
        self.now_ns += 1
        known = len(self.universe)
        row = self.universe.add(*symbol.split("/"))
        if len(self.universe) > known:
            for each in (0, 1):
                self.board.set_fee(each, row, 0.001)
        ticker = Ticker(venue, row, bid, 2.0, ask, 1.0, 0, self.now_ns)
        if self.board.update(ticker):
            self.strategy.on_ticker(ticker)
        assert self.funnel.balanced

    def wait(self, seconds: float) -> None:
        self.now_ns += round(seconds * SECOND)
        self.strategy.advance(self.now_ns)

    def opened(self) -> list[tuple[str, str, str]]:
        return [(o.symbol, o.buy, o.sell) for o in self.lives.opened()]

    def peg(self, rate: float) -> None:
        self.quote(_BINANCE, "USDC/USDT", rate * 0.9999, rate * 1.0001)


def test_the_edge_is_that_at_the_worse_side_of_the_rate() -> None:
    desk = _Desk()
    desk.peg(1.001)
    desk.quote(_BINANCE, "BTC/USDC", 99.9, 100.0)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    assert desk.opened() == [("BTC/USDC>USDT", "binance", "okx")]
    (edge,) = desk.lives.opened()
    cost = 100.0 * 1.001 * 1.0001
    assert edge.edge_pct == pytest.approx(100 * (101.0 * 0.999 - cost * 1.001) / cost)
    assert (edge.buy_price, edge.sell_price, edge.qty) == (100.0, 101.0, 1.0)
    assert edge.profit_quote == pytest.approx(101.0 * 0.999 - cost * 1.001)
    # Shown with its reason, counted, and not handed to a money core that trades one symbol.
    assert edge.reason == "quote_peg"
    assert desk.signals == []
    assert desk.funnel.counts() == {"quote_peg": 1}


def test_a_depeg_of_one_percent_is_no_edge() -> None:
    desk = _Desk()
    desk.peg(0.99)
    # What BTC costs in a coin worth 0.99: at par this would look like one percent.
    desk.quote(_OKX, "BTC/USDC", 101.0, 101.05)
    desk.quote(_BINANCE, "BTC/USDT", 99.95, 100.0)
    assert desk.opened() == []
    assert desk.funnel.candidates == 0
    # A real dislocation on top of it is an overlap, and blocked all the same.
    desk.quote(_OKX, "BTC/USDC", 103.0, 103.1)
    assert desk.opened() == []
    assert desk.funnel.counts() == {"quote_peg": 1}


def test_without_a_rate_candidates_are_counted_and_refused() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, "BTC/USDC", 99.9, 100.0)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    assert desk.opened() == []
    assert desk.funnel.counts() == {"quote_peg": 1}


def test_a_rate_that_nobody_confirms_any_more_ends_what_rests_on_it() -> None:
    desk = _Desk()
    desk.peg(1.0)
    desk.quote(_BINANCE, "BTC/USDC", 99.9, 100.0)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    desk.wait(4.0)
    assert desk.opened()
    desk.wait(1.1)
    assert [edge.closed_reason for edge in desk.ended] == ["quote_peg"]


def test_a_peg_that_is_lost_ends_it_without_a_quote_of_its_books() -> None:
    desk = _Desk()
    desk.peg(1.0)
    desk.quote(_BINANCE, "BTC/USDC", 99.9, 100.0)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    desk.peg(0.996)
    desk.wait(0.1)
    assert [edge.closed_reason for edge in desk.ended] == ["quote_peg"]


def test_prices_that_meet_again_end_it_and_so_do_fees_and_feeds() -> None:
    desk = _Desk()
    desk.peg(1.0)
    desk.quote(_BINANCE, "BTC/USDC", 99.9, 100.0)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    desk.quote(_OKX, "BTC/USDT", 99.9, 100.0)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    desk.quote(_OKX, "BTC/USDT", 100.1, 100.2)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    desk.board.set_venue_verdict(_OKX, FeedState.STALE)
    desk.quote(_BINANCE, "BTC/USDC", 99.8, 100.0)
    assert [edge.closed_reason for edge in desk.ended] == ["vanished", "fee", "stale"]
    assert desk.funnel.counts()["data_fresh"] == 2


def test_a_coin_in_doubt_is_no_edge_across_quotes_either() -> None:
    desk = _Desk()
    desk.strategy.apply_identity(IdentityConfig(identity_deny=("BTC@OKX",)))
    desk.peg(1.0)
    desk.quote(_BINANCE, "BTC/USDC", 99.9, 100.0)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    assert desk.opened() == []
    assert desk.funnel.counts() == {"identity_ok": 1}


def test_it_is_switched_off_and_on_while_running() -> None:
    desk = _Desk()
    desk.peg(1.0)
    desk.quote(_BINANCE, "BTC/USDC", 99.9, 100.0)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    off = QuotesConfig(enabled_quote_currencies=("USDT", "USDC"), cross_quote=False)
    desk.strategy.apply_quotes(off)
    assert [edge.closed_reason for edge in desk.ended] == ["vanished"]
    desk.quote(_OKX, "BTC/USDT", 101.1, 101.2)
    assert desk.opened() == []
    desk.strategy.apply_quotes(_CONFIG)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    assert desk.opened()
    # A tighter guard takes effect on what is open at once.
    tight = QuotesConfig(enabled_quote_currencies=("USDT", "USDC"), max_depeg_pct=0.01)
    desk.peg(1.0005)
    desk.strategy.apply_quotes(tight)
    assert desk.opened() == []


def test_where_one_quote_is_followed_nothing_is_compared_across() -> None:
    board, universe = QuoteBoard(_VENUES), Universe()
    strategy = ArbitrageStrategy(
        board, universe, _VENUES, DetectionSettings(0.0, 0.0), RejectFunnel(2), OpportunityBook()
    )
    strategy.apply_quotes(_CONFIG)
    strategy.advance(1)


def test_a_quote_that_is_not_enabled_is_linked_to_nothing() -> None:
    desk = _Desk()
    desk.peg(1.0)
    desk.quote(_BINANCE, "BTC/DAI", 99.9, 100.0)
    desk.quote(_OKX, "BTC/USDT", 101.0, 101.1)
    assert desk.funnel.candidates == 0
