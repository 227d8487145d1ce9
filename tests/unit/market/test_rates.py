"""What a stablecoin is worth follows from the venues' own markets, never from its name."""

from __future__ import annotations

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.rates import CrossRates, Rate
from arbot_tui.market.universe import Universe

_VENUES = ("binance", "bybit", "okx")
_AGE_NS = 5 * SECOND


class _Desk:
    def __init__(self, base: str = "USDC", quote: str = "USDT") -> None:
        self.universe, self.board = Universe(), QuoteBoard(_VENUES)
        self.universe.add("BTC", "USDT")
        self.row = self.universe.add(base, quote)
        for venue in range(3):
            self.board.set_fee(venue, self.row, 0.001)
            self.board.set_venue_verdict(venue, FeedState.LIVE)
        self.rates = CrossRates(self.board, self.universe, "USDT")

    def quote(self, venue: int, bid: float, ask: float, at_s: float = 100.0) -> None:
        at_ns = round(at_s * SECOND)
        self.board.update(Ticker(venue, self.row, bid, 1.0, ask, 1.0, 0, at_ns))

    def live(self, at_s: float = 100.0) -> Rate | None:
        return self.rates.live("USDC", round(at_s * SECOND), _AGE_NS)


def test_the_rate_is_the_median_of_the_venues_bids_and_of_their_asks() -> None:
    desk = _Desk()
    desk.quote(0, 0.9990, 0.9992)
    assert desk.live() == Rate(0.9990, 0.9992, 1)
    desk.quote(1, 0.9994, 0.9996)
    desk.quote(2, 0.9400, 0.9991)
    rate = desk.live()
    assert rate == Rate(0.9990, 0.9992, 3)
    assert rate.mid == pytest.approx(0.9991)
    assert rate.off_par_pct == pytest.approx(0.09)


def test_a_market_the_other_way_round_is_turned_over_to_the_worse_side() -> None:
    desk = _Desk("USDT", "USDC")
    desk.quote(0, 0.998, 1.002)
    assert desk.live() == Rate(1.0 / 1.002, 1.0 / 0.998, 1)


def test_books_that_are_old_or_not_traded_say_nothing() -> None:
    desk = _Desk()
    desk.quote(0, 0.99, 0.991, at_s=95.0)
    desk.quote(1, 0.97, 0.971, at_s=94.9)
    assert desk.live() == Rate(0.99, 0.991, 1)
    assert desk.live(at_s=100.1) is None
    desk.quote(0, 0.99, 0.991)
    desk.board.set_venue_verdict(0, FeedState.STALE)
    assert desk.live() is None


def test_what_was_last_known_still_values_a_balance_but_is_not_live() -> None:
    desk = _Desk()
    assert desk.rates.latest("USDC") is None
    desk.quote(0, 0.99, 0.992)
    assert desk.rates.latest("USDC") == Rate(0.99, 0.992, 1)
    desk.board.clear_venue(0)
    assert desk.live() is None
    assert desk.rates.latest("USDC") == Rate(0.99, 0.992, 1)


def test_the_account_currency_is_worth_itself_and_an_unlisted_asset_nothing_known() -> None:
    desk = _Desk()
    assert desk.rates.live("USDT", 0, 0) == Rate(1.0, 1.0, 0)
    assert desk.rates.live("DAI", 0, _AGE_NS) is None


def test_a_row_for_which_the_board_has_no_room_yet_says_nothing() -> None:
    desk = _Desk()
    desk.universe.add("DAI", "USDT")
    assert desk.rates.latest("DAI") is None
