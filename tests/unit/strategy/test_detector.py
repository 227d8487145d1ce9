import math

import pytest

from arbot_tui.domain.edge import net_edge_pct
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import Level, Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from arbot_tui.strategy.offer import DepthSource

_VENUES = ("binance", "bybit", "okx")
_BINANCE, _BYBIT, _OKX = 0, 1, 2
_FEE = 0.001


class _Desk:
    """A strategy over live venues with known fees, and what it handed over."""

    def __init__(
        self, *, min_profit_pct: float = 0.05, depth: DepthSource | None = None, symbols: int = 1
    ) -> None:
        self.universe = Universe()
        self.board = QuoteBoard(_VENUES)
        self.funnel = RejectFunnel(len(_VENUES))
        self.opportunities = OpportunityBook()
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            _VENUES,
            DetectionSettings(min_profit_pct=min_profit_pct, slippage_pct=0.02),
            self.funnel,
            self.opportunities,
            depth,
        )
        self.signals: list[ArbitrageSignal] = []
        self.strategy.add_signal_callback(self.signals.append)
        for number in range(symbols):
            row = self.universe.add(f"C{number}", "USDT")
            for venue in range(len(_VENUES)):
                self.board.set_fee(venue, row, _FEE)
        for venue in range(len(_VENUES)):
            self.board.set_venue_verdict(venue, FeedState.LIVE)
        self.now_ns = 1000

    def quote(self, venue: int, bid: float, ask: float, *, size: float = 1.0, row: int = 0) -> None:
        self.now_ns += 1
        ticker = Ticker(venue, row, bid, size, ask, size, 0, self.now_ns)
        if change := self.board.update(ticker):
            self.strategy.on_ticker(ticker, change)
        assert self.funnel.balanced

    def deny(self, reason: Reason) -> None:
        self.funnel.count(self.signals[-1].opportunity_id, reason)
        self.opportunities.mark_denied(self.signals[-1].opportunity_id, reason)

    def open_edge(self) -> None:
        """Make OKX dear: buy on Binance at 100.1, sell on OKX at 101."""
        self.quote(_BINANCE, 100.0, 100.1)
        self.quote(_OKX, 101.0, 101.1, size=0.5)


def test_an_edge_becomes_a_signal_with_both_quotes() -> None:
    desk = _Desk()
    desk.strategy.loop_lag_ns = 77
    desk.open_edge()
    (signal,) = desk.signals
    assert signal.symbol == "C0/USDT"
    assert (signal.buy.venue, signal.buy.ask) == ("binance", 100.1)
    assert (signal.sell.venue, signal.sell.bid) == ("okx", 101.0)
    assert signal.buy.tradeable
    assert signal.sell.tradeable
    assert signal.edge_pct == net_edge_pct(100.1, 101.0, _FEE, _FEE)
    assert signal.qty == 0.5
    assert signal.expected_quote == pytest.approx(0.5 * (101.0 * 0.999 - 100.1 * 1.001))
    assert (signal.created_ns, signal.loop_lag_ns) == (desk.now_ns, desk.strategy.loop_lag_ns)
    assert desk.strategy.loop_lag_ns == 77
    assert (desk.funnel.candidates, desk.funnel.pending) == (1, 1)


def test_the_other_direction_is_found_by_the_other_quote() -> None:
    desk = _Desk()
    desk.quote(_OKX, 101.0, 101.1)
    desk.quote(_BINANCE, 100.0, 100.1)
    assert [(s.buy.venue, s.sell.venue) for s in desk.signals] == [("binance", "okx")]


def test_a_spread_below_the_fees_is_a_candidate_that_ends_in_fee() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, 100.0, 100.1)
    desk.quote(_OKX, 100.2, 100.3)
    assert desk.signals == []
    assert desk.opportunities.opened_total == 0
    assert desk.funnel.counts() == {"fee": 1}


def test_books_that_do_not_overlap_are_no_candidate() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, 100.0, 100.1)
    desk.quote(_OKX, 100.05, 100.15)
    assert desk.funnel.candidates == 0


def test_an_edge_below_the_minimum_is_an_opportunity_but_no_signal() -> None:
    desk = _Desk(min_profit_pct=5.0)
    desk.open_edge()
    assert desk.signals == []
    (opportunity,) = desk.opportunities.opened()
    assert (opportunity.reason, opportunity.signalled) == ("fee", False)
    assert desk.funnel.counts() == {"fee": 1}
    # The threshold may change while it is open.
    desk.strategy.apply(DetectionSettings(0.05, 0.02))
    desk.quote(_BINANCE, 100.0, 100.09)
    assert len(desk.signals) == 1
    assert desk.opportunities.signalled_total == 1


def test_it_is_handed_over_again_at_every_change_until_it_is_traded() -> None:
    desk = _Desk()
    desk.open_edge()
    desk.deny(Reason.TRADING_STATE)
    desk.quote(_BINANCE, 100.0, 100.1)  # unchanged
    assert len(desk.signals) == 1
    desk.quote(_BYBIT, 100.2, 100.3)  # another pair
    assert [(s.buy.venue, s.sell.venue) for s in desk.signals[1:]] == [("bybit", "okx")]
    desk.deny(Reason.COOLDOWN)
    desk.quote(_BINANCE, 100.01, 100.1)
    assert desk.signals[-1].opportunity_id == desk.signals[0].opportunity_id
    desk.funnel.commit(desk.signals[-1].opportunity_id)
    desk.opportunities.mark_traded(desk.signals[-1].opportunity_id, "pair-1")
    desk.quote(_BINANCE, 100.02, 100.1)
    assert len(desk.signals) == 3
    # Binance against Bybit overlapped as well, below the fees, at each of its last two quotes
    # and at Bybit's.
    assert desk.funnel.counts() == {
        "fee": 3,
        "cooldown": 1,
        "duplicate_intent": 1,
        "trading_state": 1,
    }
    assert desk.opportunities.signalled_total == 2
    # Gone and back it is another opportunity.
    desk.quote(_OKX, 100.0, 100.1)
    desk.quote(_OKX, 101.0, 101.1)
    assert desk.signals[-1].opportunity_id > desk.signals[-2].opportunity_id


@pytest.mark.parametrize(("bid", "reason"), [(100.2, "fee"), (100.0, "vanished")])
def test_it_closes_when_the_prices_do(bid: float, reason: str) -> None:
    desk = _Desk()
    closed: list[str] = []
    desk.opportunities.add_closed_callback(lambda o: closed.append(o.closed_reason))
    desk.open_edge()
    desk.quote(_OKX, bid, bid + 0.1)
    assert closed == [reason]
    assert list(desk.opportunities.opened()) == []


def test_its_life_is_written_down() -> None:
    desk = _Desk()
    desk.open_edge()
    opened_ns = desk.now_ns
    desk.quote(_OKX, 102.0, 102.1, size=3.0)
    desk.quote(_OKX, 100.9, 101.0)
    (opportunity,) = desk.opportunities.opened()
    assert (opportunity.buy, opportunity.sell) == ("binance", "okx")
    assert (opportunity.opened_ns, opportunity.last_ns) == (opened_ns, desk.now_ns)
    assert opportunity.peak_pct == net_edge_pct(100.1, 102.0, _FEE, _FEE)
    assert opportunity.edge_pct == net_edge_pct(100.1, 100.9, _FEE, _FEE)
    assert opportunity.peak_profit_quote == pytest.approx(102.0 * 0.999 - 100.1 * 1.001)
    assert opportunity.qty == 1.0


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (FeedState.DELAYED, "delayed"),
        (FeedState.STALE, "stale"),
        (FeedState.DOWN, "down"),
        (FeedState.CONNECTING, "down"),
    ],
)
@pytest.mark.parametrize("venue", [_BINANCE, _OKX])
def test_a_venue_that_is_not_live_ends_its_opportunities_at_once(
    venue: int, verdict: FeedState, word: str
) -> None:
    desk = _Desk()
    desk.open_edge()
    desk.board.set_venue_verdict(venue, verdict)
    assert desk.opportunities.changed_since(0)[0].closed_reason == word
    desk.quote(_BINANCE, 100.0, 100.09)
    assert len(desk.signals) == 1
    assert desk.funnel.counts() == {"data_fresh": 2}
    # Live again: the edge that is still there needs no further tick.
    desk.board.set_venue_verdict(venue, FeedState.LIVE)
    assert len(desk.signals) == 2
    assert desk.opportunities.opened_total == 2
    assert desk.funnel.balanced


def test_a_lost_connection_ends_them_and_old_prices_are_not_traded() -> None:
    desk = _Desk()
    desk.open_edge()
    desk.board.clear_venue(_OKX)
    assert desk.opportunities.changed_since(0)[0].closed_reason == "down"
    desk.quote(_BINANCE, 99.0, 99.1)
    assert len(desk.signals) == 1
    desk.quote(_OKX, 101.0, 101.1)
    assert len(desk.signals) == 2


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (FeedState.GAPPED, "data_fresh"),
        (FeedState.STALE, "data_fresh"),
        (FeedState.CROSSED, "crossed"),
    ],
)
def test_a_gapped_stale_or_crossed_book_ends_them_in_the_same_call(
    state: FeedState, reason: str
) -> None:
    desk = _Desk()
    desk.open_edge()
    desk.board.set_book_state(_OKX, 0, state)
    assert desk.opportunities.changed_since(0)[0].closed_reason == state.value
    assert desk.funnel.counts() == {reason: 1}


def test_a_book_crossed_in_itself_is_excluded() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, 100.0, 100.1)
    desk.quote(_OKX, 101.2, 101.1)
    assert desk.signals == []
    assert desk.funnel.counts() == {"crossed": 1}


def test_one_sided_and_impossible_quotes_never_reach_a_signal() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, 100.0, 100.1)
    for bid in (math.nan, math.inf, -1.0, 1e30):
        desk.quote(_OKX, bid, 200.0)
    ticker = Ticker(_OKX, 0, 150.0, 1.0, 0.0, 0.0, 0, desk.now_ns)
    assert desk.board.update(ticker)
    desk.strategy.on_ticker(ticker)
    assert desk.signals == []
    assert desk.funnel.counts() == {"data_fresh": 1}


def test_other_sizes_at_the_same_prices_are_no_candidates_but_reach_an_open_edge() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, 100.0, 100.1)
    desk.quote(_OKX, 100.2, 100.3)
    assert desk.funnel.counts() == {"fee": 1}
    desk.quote(_OKX, 100.2, 100.3, size=7.0)
    assert desk.funnel.counts() == {"fee": 1}
    desk.quote(_OKX, 101.0, 101.1, size=7.0)
    desk.quote(_OKX, 101.0, 101.1, size=0.2)
    assert [signal.qty for signal in desk.signals] == [1.0, 0.2]


def test_an_absurd_price_is_shown_and_not_handed_over() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, 100.0, 100.1)
    desk.quote(_BYBIT, 100.0, 100.1)
    desk.quote(_OKX, 100.0, 100.1)
    assert desk.strategy.check_identity(desk.now_ns) == []
    desk.quote(_OKX, 100_000.0, 100_100.0)
    assert desk.signals == []
    assert desk.funnel.counts() == {"edge_too_good": 2}
    assert {o.reason for o in desk.opportunities.opened()} == {"edge_too_good"}


def test_absurd_depth_behind_a_good_quote_is_not_handed_over() -> None:
    bids: list[Level] = [(101_000.0, 5.0)]
    desk = _Desk(depth=lambda venue, row, side: bids if side is OrderSide.BUY else ())
    desk.open_edge()
    assert desk.signals == []
    assert desk.funnel.counts() == {"edge_too_good": 1}


def test_a_dearer_fee_ends_an_opportunity() -> None:
    desk = _Desk()
    desk.open_edge()
    desk.board.set_fee(_OKX, 0, 0.02)
    assert desk.opportunities.changed_since(0)[0].closed_reason == "fee"
    desk.board.set_fee(_OKX, 0, 0.02)
    assert desk.funnel.counts() == {"fee": 1}


def test_depth_at_or_better_than_the_limits_counts() -> None:
    ladders: dict[tuple[int, OrderSide], list[Level]] = {
        (_BINANCE, OrderSide.SELL): [(100.1, 1.0), (100.105, 2.0), (100.2, 9.0)],
        (_OKX, OrderSide.BUY): [(101.0, 0.5), (100.99, 1.5)],
    }
    desk = _Desk(depth=lambda venue, row, side: ladders[(venue, side)])
    desk.open_edge()
    (signal,) = desk.signals
    assert signal.qty == 2.0
    brings = (0.5 * 101.0 + 1.5 * 100.99) * 0.999
    costs = (1.0 * 100.1 + 1.0 * 100.105) * 1.001
    assert signal.expected_quote == pytest.approx(brings - costs)


def test_where_depth_is_unknown_the_top_of_book_counts() -> None:
    desk = _Desk(depth=lambda venue, row, side: ())
    desk.open_edge()
    assert desk.signals[0].qty == 0.5


def test_depth_that_no_longer_has_the_price_ends_the_candidate() -> None:
    asks: list[Level] = [(100.9, 5.0)]
    desk = _Desk(depth=lambda venue, row, side: asks if side is OrderSide.SELL else ())
    desk.open_edge()
    assert desk.signals == []
    assert desk.funnel.counts() == {"depth": 1}
    (opportunity,) = desk.opportunities.opened()
    assert opportunity.reason == "depth"


def test_the_best_edge_of_a_row_is_over_tradeable_books_and_may_be_negative() -> None:
    desk = _Desk(symbols=3)
    assert desk.strategy.ranking.best_edge(0) is None
    desk.quote(_BINANCE, 100.0, 100.1)
    assert desk.strategy.ranking.best_edge(0) is None
    desk.quote(_BYBIT, 100.0, 100.1)
    desk.quote(_OKX, 100.05, 100.2)
    best = desk.strategy.ranking.best_edge(0)
    assert best is not None
    assert best[:2] == (_BINANCE, _OKX)
    assert best[2] == pytest.approx(net_edge_pct(100.1, 100.05, _FEE, _FEE))
    desk.quote(_BINANCE, 100.0, 100.1, row=2)
    desk.quote(_OKX, 101.0, 101.1, row=2)
    assert [edge[0] for edge in desk.strategy.ranking.best_edges()] == [2, 0]
    desk.board.set_venue_verdict(_OKX, FeedState.DOWN)
    best = desk.strategy.ranking.best_edge(0)
    assert best is not None
    assert best[:2] == (_BINANCE, _BYBIT)


def test_every_callback_gets_the_signal() -> None:
    desk = _Desk()
    more: list[ArbitrageSignal] = []
    desk.strategy.add_signal_callback(more.append)
    desk.open_edge()
    assert more == desk.signals


def test_what_came_nearest_to_clearing_is_kept_with_the_fee_at_which_it_would_have() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, 100.0, 100.1)
    desk.quote(_BYBIT, 100.05, 100.2)
    assert desk.strategy.nearest is None
    desk.quote(_OKX, 100.2, 100.3)
    nearest = desk.strategy.nearest
    assert nearest is not None
    assert (nearest.symbol, nearest.buy, nearest.sell) == ("C0/USDT", "binance", "okx")
    assert nearest.net_pct == net_edge_pct(100.1, 100.2, _FEE, _FEE)
    assert nearest.fees_pct == pytest.approx(0.2)
    assert nearest.clears_at_pct == pytest.approx(100 * 0.1 / 200.3)
    desk.quote(_OKX, 100.15, 100.3)
    assert desk.strategy.nearest is nearest
    # The other way round: what changed is what would be bought.
    desk.quote(_BYBIT, 100.0, 100.01)
    nearest = desk.strategy.nearest
    assert (nearest.buy, nearest.sell) == ("bybit", "okx")


def test_books_that_are_not_traded_came_nearest_to_nothing() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, 100.0, 100.1)
    desk.board.set_venue_verdict(_OKX, FeedState.STALE)
    desk.quote(_OKX, 100.2, 100.3)
    assert desk.strategy.nearest is None


def test_beside_an_open_opportunity_the_nearest_is_still_kept() -> None:
    desk = _Desk()
    desk.quote(_BINANCE, 100.0, 100.1)
    desk.quote(_BYBIT, 100.2, 100.25)
    before = desk.strategy.nearest
    desk.quote(_OKX, 101.0, 101.1)
    desk.quote(_BYBIT, 100.22, 100.27)
    assert desk.opportunities.opened_total == 2
    assert desk.strategy.nearest is not before


def test_a_state_that_only_moves_what_stands_brings_the_life_up_to_date() -> None:
    desk = _Desk()
    desk.open_edge()
    desk.strategy.advance(desk.now_ns + 60_000_000)
    desk.board.set_fee(_OKX, 0, 0.002)
    (opportunity,) = desk.opportunities.opened()
    assert opportunity.capturable_pct == [opportunity.peak_pct] * 2
    assert opportunity.edge_pct == net_edge_pct(100.1, 101.0, _FEE, 0.002)
    assert opportunity.last_ns == desk.now_ns + 60_000_000
    assert len(desk.signals) == 1


def _patient() -> _Desk:
    """A desk of two symbols whose edges have to last 50 ns."""
    desk = _Desk(symbols=2)
    desk.strategy.apply(DetectionSettings(0.05, 0.02, min_life_ns=50))
    desk.quote(_BINANCE, 100.0, 100.1, row=1)
    return desk


def test_a_flash_of_a_level_is_never_handed_over() -> None:
    desk = _patient()
    for _ in range(20):
        desk.open_edge()
        desk.quote(_OKX, 100.0, 100.1)
        desk.now_ns += 100
        desk.quote(_BINANCE, 100.0, 100.1 + desk.now_ns % 7 * 1e-6, row=1)
    assert desk.signals == []
    assert desk.opportunities.opened_total == 20
    # One opportunity each: what it was refused for is told, and why it closed.
    assert desk.funnel.counts() == {"filter": 20}


def test_an_edge_that_ended_young_leaves_nothing_to_be_looked_at_later() -> None:
    desk = _patient()
    desk.open_edge()
    came_of_age_ns = desk.now_ns + 50
    desk.quote(_OKX, 100.0, 100.1)
    # The next one of the pair clears the fees, but is worth too little to be waited for.
    desk.quote(_OKX, 100.32, 100.4)
    desk.now_ns = came_of_age_ns
    desk.quote(_BINANCE, 100.0, 100.11, row=1)
    assert desk.funnel.counts() == {"fee": 1, "filter": 1}


def test_an_edge_that_lasts_is_handed_over_by_the_next_quote_of_any_symbol() -> None:
    desk = _patient()
    desk.open_edge()
    opened_ns = desk.now_ns
    desk.now_ns = opened_ns + 48
    desk.quote(_BINANCE, 100.0, 100.11, row=1)
    assert desk.signals == []
    desk.quote(_BINANCE, 100.0, 100.12, row=1)
    (signal,) = desk.signals
    assert (signal.symbol, signal.created_ns) == ("C0/USDT", opened_ns + 50)
    # It is examined once for its age, and from then on at its own quotes, as ever.
    desk.quote(_BINANCE, 100.0, 100.13, row=1)
    assert len(desk.signals) == 1
    desk.quote(_BINANCE, 100.0, 100.09)
    assert len(desk.signals) == 2


def test_an_edge_ages_by_its_own_quotes_as_well() -> None:
    desk = _patient()
    desk.open_edge()
    desk.now_ns += 60
    desk.quote(_OKX, 101.1, 101.2)
    assert [s.created_ns for s in desk.signals] == [desk.now_ns]


def test_a_halted_symbol_ends_its_opportunity_and_is_refused_as_such() -> None:
    desk = _Desk()
    ended: list[Opportunity] = []
    desk.opportunities.add_closed_callback(ended.append)
    desk.open_edge()
    desk.board.set_closed(_OKX, 0, True)
    assert [opportunity.closed_reason for opportunity in ended] == ["status_ok"]
    desk.quote(_BINANCE, 100.0, 100.09)
    assert desk.funnel.counts()["status_ok"] == 2
    desk.board.set_closed(_OKX, 0, False)
    assert desk.opportunities.rows
