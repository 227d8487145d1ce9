import math

import msgspec
import pytest

from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import (
    ABSENT_ASK,
    ABSENT_BID,
    ALL_ROWS,
    MOVED,
    ODD,
    RESIZED,
    UNCHANGED,
    QuoteBoard,
)

_NAN, _INF = math.nan, math.inf


def _board(venues: int = 2) -> QuoteBoard:
    board = QuoteBoard([f"v{i}" for i in range(venues)])
    board.grow(1)
    for venue in range(venues):
        board.set_fee(venue, 0, 0.001)
        board.set_venue_verdict(venue, FeedState.LIVE)
    board.take_dirty()
    return board


def _ticker(
    bid: float = 100.0,
    ask: float = 101.0,
    *,
    venue: int = 0,
    row: int = 0,
    bid_size: float = 1.0,
    ask_size: float = 2.0,
    recv_ns: int = 10,
) -> Ticker:
    return Ticker(venue, row, bid, bid_size, ask, ask_size, 5, recv_ns)


def _quote(board: QuoteBoard) -> tuple[float, float, float, float]:
    latest = board.latest[0][0]
    return latest.bid, latest.bid_size, latest.ask, latest.ask_size


def test_a_good_quote_enters_with_its_fees_folded_in() -> None:
    board = _board()
    assert board.update(_ticker())
    assert _quote(board) == (100, 1, 101, 2)
    assert board.buy_cost(0, 0) == 101.0 * 1.001
    assert board.sell_net(0, 0) == 100.0 * 0.999
    assert (board.latest[0][0].event_ns, board.recv_ns[0], board.latest[0][0].recv_ns) == (
        5,
        10,
        10,
    )
    assert board.is_tradeable(0, 0)
    assert board.take_dirty() == {0}
    assert board.take_dirty() == set()


def test_the_same_quote_again_is_no_change_but_confirms_it() -> None:
    board = _board()
    board.update(_ticker())
    board.take_dirty()
    assert not board.update(_ticker(recv_ns=20))
    assert (board.recv_ns[0], board.latest[0][0].recv_ns) == (20, 10)
    assert board.take_dirty() == set()


@pytest.mark.parametrize("change", [{"bid_size": 3.0}, {"ask_size": 3.0}, {"ask": 101.5}])
def test_a_size_or_a_price_alone_is_a_change(change: dict[str, float]) -> None:
    board = _board()
    board.update(_ticker())
    bid = _ticker(bid_size=change.get("bid_size", 1.0), ask_size=change.get("ask_size", 2.0))
    bid.ask = change.get("ask", 101.0)
    assert board.update(bid) == (MOVED if "ask" in change else RESIZED)
    assert _quote(board) == (bid.bid, bid.bid_size, bid.ask, bid.ask_size)
    assert (board.recv_ns[0], board.take_dirty()) == (10, {0})


def test_the_same_prices_after_a_doubt_are_news() -> None:
    board = _board()
    assert board.update(_ticker()) == MOVED
    board.set_book_state(0, 0, FeedState.STALE)
    assert board.update(_ticker(recv_ns=20)) == MOVED
    assert board.update(_ticker(recv_ns=30)) == UNCHANGED
    assert board.is_tradeable(0, 0)


@pytest.mark.parametrize("bad", [_NAN, _INF, 0.0, -1.0, 1e30])
def test_an_impossible_size_at_the_same_prices_makes_the_book_unusable(bad: float) -> None:
    board = _board()
    board.update(_ticker())
    assert board.update(_ticker(ask_size=bad)) == ODD
    assert not board.is_tradeable(0, 0)


@pytest.mark.parametrize("bad", [_NAN, _INF, -_INF, 0.0, -1.0, 1e-30, 1e30])
@pytest.mark.parametrize("field", ["bid", "ask", "bid_size", "ask_size"])
def test_impossible_numbers_never_enter_and_make_the_book_unusable(field: str, bad: float) -> None:
    board = _board()
    board.update(_ticker())
    before = _quote(board)
    broken = _ticker(99.0, 102.0, recv_ns=30)
    setattr(broken, field, bad)
    assert board.update(broken)
    assert _quote(board) == before
    assert board.rejected == 1
    assert not board.is_tradeable(0, 0)
    # What detection knows already is no news.
    assert not board.update(broken)
    assert board.rejected == 2
    # The same good quote as before proves the book again.
    assert board.update(_ticker(recv_ns=40))
    assert board.is_tradeable(0, 0)


def test_a_crossed_or_locked_book_is_marked_at_once() -> None:
    board = _board()
    board.update(_ticker())
    for bid in (101.0, 102.0):
        assert board.update(_ticker(bid, recv_ns=20))
        assert board.book_state(0, 0) is FeedState.CROSSED
        assert not board.is_tradeable(0, 0)
    assert not board.update(_ticker(102.0, recv_ns=25))
    assert board.update(_ticker(recv_ns=30))
    assert board.book_state(0, 0) is FeedState.LIVE


def test_a_book_with_one_side_is_untradeable_and_never_looks_like_an_edge() -> None:
    board = _board()
    assert board.update(_ticker(0.0, bid_size=0.0))
    assert (board.latest[0][0].bid, board.sell_net(0, 0)) == (ABSENT_BID, ABSENT_BID)
    assert not board.is_tradeable(0, 0)
    assert board.update(_ticker(100.0, 0.0, ask_size=0.0))
    assert (board.latest[0][0].ask, board.buy_cost(0, 0)) == (ABSENT_ASK, ABSENT_ASK)
    assert not board.update(_ticker(100.0, 0.0, ask_size=0.0))
    assert board.book_state(0, 0) is FeedState.CONNECTING
    assert board.rejected == 0


def test_a_book_without_a_known_fee_is_not_traded() -> None:
    board = QuoteBoard(["a", "b"])
    board.set_venue_verdict(0, FeedState.LIVE)
    board.update(_ticker())
    assert not board.is_tradeable(0, 0)
    board.set_fee(0, 0, -0.0001)
    assert board.is_tradeable(0, 0)
    assert board.buy_cost(0, 0) == 101.0 * (1 - 0.0001)


@pytest.mark.parametrize("fee", [0.1, -0.1, 1.0, _NAN])
def test_what_cannot_be_a_fee_is_refused(fee: float) -> None:
    with pytest.raises(ValueError, match="no taker fee"):
        _board().set_fee(0, 0, fee)


def test_rows_are_made_as_they_come_and_stay_in_place() -> None:
    board = _board()
    quotes = board.latest
    board.update(_ticker(venue=1, row=7))
    assert board.rows == 8
    assert board.latest is quotes
    assert board.latest[7][1].bid == 100.0
    # The venue's verdict holds for rows that came later; the fee has to be told.
    board.set_fee(1, 7, 0.001)
    assert board.is_tradeable(1, 7)
    assert not board.is_tradeable(1, 99)
    assert board.book_state(1, 99) is FeedState.CONNECTING
    board.grow(3)
    assert board.rows == 8


@pytest.mark.parametrize(
    "state", [FeedState.DELAYED, FeedState.STALE, FeedState.DOWN, FeedState.CONNECTING]
)
def test_only_a_live_venue_is_traded(state: FeedState) -> None:
    board = _board()
    board.update(_ticker())
    board.take_dirty()
    assert board.set_venue_verdict(0, state)
    assert not board.is_tradeable(0, 0)
    assert board.book_state(0, 0) is state
    assert board.take_dirty() == {0}
    assert not board.set_venue_verdict(0, state)
    assert board.set_venue_verdict(0, FeedState.DOWN) is (state is not FeedState.DOWN)
    assert board.set_venue_verdict(0, FeedState.LIVE)
    assert board.is_tradeable(0, 0)


@pytest.mark.parametrize("state", [FeedState.GAPPED, FeedState.CROSSED])
def test_what_depth_says_holds_until_depth_is_good(state: FeedState) -> None:
    board = _board()
    board.update(_ticker())
    board.set_book_state(0, 0, state)
    assert board.book_state(0, 0) is state
    board.update(_ticker(99.0))
    assert not board.is_tradeable(0, 0)
    board.set_book_state(0, 0, FeedState.LIVE)
    assert board.is_tradeable(0, 0)
    board.take_dirty()
    board.set_book_state(0, 0, FeedState.LIVE)
    assert board.take_dirty() == set()


def test_a_stale_book_is_good_again_with_its_next_ticker_even_unchanged() -> None:
    board = _board()
    board.update(_ticker())
    board.set_book_state(0, 0, FeedState.STALE)
    assert board.book_state(0, 0) is FeedState.STALE
    board.set_book_state(0, 0, FeedState.LIVE)
    assert not board.is_tradeable(0, 0)
    assert board.update(_ticker(recv_ns=20))
    assert board.is_tradeable(0, 0)


def test_a_gap_outlives_staleness() -> None:
    board = _board()
    board.update(_ticker())
    board.set_book_state(0, 0, FeedState.GAPPED)
    board.set_book_state(0, 0, FeedState.STALE)
    board.update(_ticker(recv_ns=20))
    assert board.book_state(0, 0) is FeedState.GAPPED


def test_a_book_cannot_be_down() -> None:
    with pytest.raises(ValueError, match="no state of a book"):
        _board().set_book_state(0, 0, FeedState.DOWN)


def test_after_a_lost_connection_no_quote_counts_until_a_fresh_one_comes() -> None:
    board = _board()
    board.update(_ticker())
    board.update(_ticker(venue=1))
    board.set_book_state(0, 0, FeedState.GAPPED)
    board.clear_venue(0)
    assert not board.is_tradeable(0, 0)
    assert board.is_tradeable(1, 0)
    assert board.latest[0][0].bid == 100.0
    # The very same prices again are a fresh quote.
    assert board.update(_ticker(recv_ns=50))
    assert board.is_tradeable(0, 0)


def test_a_lost_connection_takes_only_the_rows_it_carried() -> None:
    board = _board()
    for row in (0, 1):
        board.set_fee(0, row, 0.001)
        board.update(msgspec.structs.replace(_ticker(), row=row))
    board.take_dirty()
    board.clear_venue(0, frozenset({1, 99}))
    assert board.is_tradeable(0, 0)
    assert not board.is_tradeable(0, 1)
    assert board.take_dirty() == {1}


def test_views_say_what_a_judgement_rests_on() -> None:
    board = _board()
    board.update(_ticker())
    view = board.quote_view(0, 0)
    assert (view.venue, view.bid, view.ask, view.recv_ns) == ("v0", 100.0, 101.0, 10)
    assert (view.tradeable, view.verdict) == (True, "live")
    newer = board.quote_view(0, 0, FeedState.DELAYED)
    assert (newer.tradeable, newer.verdict) == (False, "delayed")
    board.set_book_state(0, 0, FeedState.GAPPED)
    gapped = board.quote_view(0, 0, FeedState.LIVE)
    assert (gapped.tradeable, gapped.verdict) == (False, "gapped")


def test_changes_that_no_ticker_made_are_told() -> None:
    board = _board()
    told: list[tuple[int, int]] = []
    board.add_usability_callback(lambda venue, row: told.append((venue, row)))
    board.update(_ticker())
    assert told == []
    board.set_fee(0, 0, 0.002)
    board.set_book_state(1, 0, FeedState.GAPPED)
    board.set_book_state(1, 0, FeedState.GAPPED)
    board.set_venue_verdict(0, FeedState.STALE)
    board.clear_venue(1)
    assert told == [(0, 0), (1, 0), (0, ALL_ROWS), (1, ALL_ROWS)]


def test_a_connection_s_verdict_holds_for_its_rows_alone() -> None:
    board = _board()
    told: list[tuple[int, int]] = []
    for row in range(3):
        board.set_fee(0, row, 0.001)
        board.update(_ticker(row=row))
    board.take_dirty()
    board.add_usability_callback(lambda venue, row: told.append((venue, row)))
    assert board.set_venue_verdict(0, FeedState.STALE, frozenset({1, 2}))
    assert not board.set_venue_verdict(0, FeedState.STALE, frozenset({2}))
    assert [board.book_state(0, row) for row in range(3)] == ["live", "stale", "stale"]
    assert [board.is_tradeable(0, row) for row in range(3)] == [True, False, False]
    assert board.take_dirty() == {1, 2}
    assert sorted(told) == [(0, 1), (0, 2)]
    # A row that is not there yet is made room for.
    assert board.set_venue_verdict(0, FeedState.DOWN, frozenset({5}))
    assert [board.book_state(0, row) for row in (5, 6)] == ["down", "connecting"]
    assert not board.set_venue_verdict(0, FeedState.DOWN, frozenset())
    assert board.set_venue_verdict(0, FeedState.LIVE, frozenset({1, 2}))
    assert board.is_tradeable(0, 1)
    told.clear()
    assert board.set_venue_verdict(0, FeedState.STALE, frozenset(range(100)))
    assert told == [(0, ALL_ROWS)]


def test_a_symbol_that_its_venue_closed_is_down_whatever_is_quoted() -> None:
    board = _board()
    board.update(_ticker())
    board.set_closed(0, 0, True)
    board.take_dirty()
    board.set_closed(0, 0, True)
    assert board.take_dirty() == set()
    board.update(_ticker(99.0))
    board.set_book_state(0, 0, FeedState.LIVE)
    board.clear_venue(0)
    board.update(_ticker(98.0))
    assert board.book_state(0, 0) is FeedState.DOWN
    assert not board.is_tradeable(0, 0)
    board.set_closed(0, 0, False)
    assert board.is_tradeable(0, 0)
