import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookUpdate, Level, Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.book import BookStatus
from arbot_tui.market.books import BookSet
from tests.unit.market.books import delta, snapshot

_BINANCE, _OKX = 0, 1


class _Market:
    """A board with one live symbol on two venues, its books, and what was asked."""

    def __init__(self) -> None:
        self.board = QuoteBoard(["binance", "okx"])
        self.asked: list[tuple[int, int]] = []
        self.books = BookSet(
            self.board,
            [Continuity.RANGE, Continuity.PREVIOUS_ID],
            lambda venue, row: self.asked.append((venue, row)),
        )
        for venue in (_BINANCE, _OKX):
            self.board.set_fee(venue, 0, 0.001)
            self.board.set_venue_verdict(venue, FeedState.LIVE)
            self.board.update(Ticker(venue, 0, 100.0, 1.0, 101.0, 1.0, 1, 1))

    def apply(self, *updates: BookUpdate) -> BookStatus:
        for update in updates:
            status = self.books.apply(update)
        return status

    def state(self, venue: int = _BINANCE) -> FeedState:
        return self.board.book_state(venue, 0)


@pytest.fixture
def market() -> _Market:
    return _Market()


def test_the_first_delta_asks_for_a_snapshot_once(market: _Market) -> None:
    market.apply(delta(1, 1), delta(2, 2))
    assert market.asked == [(_BINANCE, 0)]
    # Nothing was lost yet: the best bid and ask stay tradeable without depth.
    assert market.board.is_tradeable(_BINANCE, 0)
    assert market.apply(snapshot(1)) is BookStatus.APPLIED


def test_a_gap_blocks_that_one_symbol_at_once_and_asks_for_a_resync(market: _Market) -> None:
    market.apply(snapshot(1), snapshot(1, venue=_OKX))
    assert market.apply(delta(5, 5)) is BookStatus.GAP
    assert market.state() is FeedState.GAPPED
    assert not market.board.is_tradeable(_BINANCE, 0)
    assert market.board.is_tradeable(_OKX, 0)
    assert market.asked == [(_BINANCE, 0)]
    assert market.books.gaps == [1, 0]
    assert market.apply(snapshot(5)) is BookStatus.APPLIED
    assert market.board.is_tradeable(_BINANCE, 0)


def test_a_snapshot_that_came_too_early_asks_again(market: _Market) -> None:
    market.apply(snapshot(1), delta(5, 5), snapshot(2))
    assert market.state() is FeedState.GAPPED
    assert market.asked == [(_BINANCE, 0)] * 2


def test_a_snapshot_that_does_not_come_is_asked_for_again(market: _Market) -> None:
    market.apply(snapshot(1), delta(5, 5, at=SECOND))
    market.books.check(5 * SECOND)
    assert len(market.asked) == 1
    market.books.check(6 * SECOND)
    assert len(market.asked) == 2
    market.apply(snapshot(5))
    market.books.check(60 * SECOND)
    assert len(market.asked) == 2


def test_a_crossed_book_is_blocked_at_once_and_resynced_after_half_a_second(
    market: _Market,
) -> None:
    market.apply(snapshot(1), delta(2, 2, [(101.5, 1.0)], at=SECOND))
    assert market.state() is FeedState.CROSSED
    market.apply(delta(3, 3, [(101.4, 1.0)], at=SECOND + 400 * MS))
    market.books.check(SECOND + 499 * MS)
    assert market.asked == []
    market.books.check(SECOND + 500 * MS)
    assert market.asked == [(_BINANCE, 0)]
    assert market.state() is FeedState.GAPPED
    market.apply(snapshot(4))
    assert market.state() is FeedState.LIVE


def test_a_book_that_uncrosses_itself_is_good_again(market: _Market) -> None:
    market.apply(snapshot(1), delta(2, 2, [(101.5, 1.0)]), delta(3, 3, [(101.5, 0.0)], at=9))
    assert market.state() is FeedState.LIVE
    market.books.check(SECOND)
    assert market.asked == []


def test_a_book_that_runs_out_is_fetched_again_without_blocking(market: _Market) -> None:
    full: list[Level] = [(100.0 - i * 0.01, 1.0) for i in range(1000)]
    market.apply(snapshot(1, full))
    market.apply(delta(2, 2, [(price, 0.0) for price, _ in full[:995]]))
    assert market.asked == [(_BINANCE, 0)]
    assert market.board.is_tradeable(_BINANCE, 0)
    assert market.books.depth(_BINANCE, 0, OrderSide.BUY) == ()


def test_depth_decides_only_while_it_is_synced_uncrossed_and_as_new_as_the_quote(
    market: _Market,
) -> None:
    depth = market.books.depth
    assert depth(_BINANCE, 0, OrderSide.BUY) == ()
    market.apply(snapshot(1, at=5))
    assert depth(_BINANCE, 0, OrderSide.BUY) == [(100.0, 1.0)]
    assert depth(_BINANCE, 0, OrderSide.SELL) == [(101.0, 1.0)]
    market.board.update(Ticker(_BINANCE, 0, 100.5, 1.0, 101.0, 1.0, 6, 6))
    assert depth(_BINANCE, 0, OrderSide.BUY) == ()
    market.apply(delta(2, 2, [(100.5, 1.0)], at=7))
    assert depth(_BINANCE, 0, OrderSide.BUY) == [(100.5, 1.0), (100.0, 1.0)]
    market.apply(delta(3, 3, [(101.0, 1.0)], at=8))
    assert depth(_BINANCE, 0, OrderSide.BUY) == ()
    market.apply(delta(9, 9, at=9))
    assert depth(_BINANCE, 0, OrderSide.BUY) == ()


def test_what_still_arrives_of_a_dropped_book_is_ignored_until_it_is_followed(
    market: _Market,
) -> None:
    market.apply(snapshot(1), delta(5, 5))
    market.books.drop(_BINANCE, 0)
    assert market.board.is_tradeable(_BINANCE, 0)
    assert market.apply(delta(6, 6)) is BookStatus.IGNORED
    assert market.books.book(_BINANCE, 0) is None
    market.books.follow(_BINANCE, 0)
    assert market.apply(delta(7, 7)) is BookStatus.BUFFERED
    assert market.books.book(_BINANCE, 0) is not None


def test_a_lost_connection_takes_only_its_own_books(market: _Market) -> None:
    market.apply(snapshot(1), delta(5, 5), snapshot(1, venue=_OKX))
    market.books.clear_venue(_BINANCE, frozenset({1}))
    assert market.books.book(_BINANCE, 0) is not None
    market.books.clear_venue(_BINANCE)
    assert market.books.book(_BINANCE, 0) is None
    assert market.books.book(_OKX, 0) is not None
    market.books.drop(_BINANCE, 0)
    market.books.check(60 * SECOND)
    assert len(market.asked) == 1
