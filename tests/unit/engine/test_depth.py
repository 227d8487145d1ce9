"""Depth is followed where it decides something, and what is followed is used and shown."""

from __future__ import annotations

import asyncio

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.engine.answers import DepthView
from tests.unit.engine.rig import Rig

_SYMBOLS = ("BTC/USDT", "ETH/USDT")


def _running() -> Rig:
    rig = Rig({"binance": _SYMBOLS, "okx": _SYMBOLS})
    asyncio.run(rig.bot.listings.load())
    for venue in range(2):
        rig.event(venue, FeedEventKind.CONNECTED)
        for row in range(2):
            rig.bot.board.set_fee(venue, row, 0.001)
            rig.quote(venue, row, 100.0)
        rig.bot.judge.judge(venue)
    return rig


def _depth(rig: Rig) -> list[set[int]]:
    return [venue.depth for venue in rig.venues.values()]


def test_symbols_near_an_edge_are_followed_and_left_when_they_are_far() -> None:
    rig = _running()
    rig.bot.depth.choose()
    assert _depth(rig) == [set(), set()]
    rig.quote(1, 1, 100.2)
    rig.bot.depth.choose()
    assert _depth(rig) == [{1}, {1}]
    for venue in range(2):
        rig.book(venue, 1, [(99.0, 1.0)], [(101.0, 1.0)])
    assert [rig.bot.depth.synced(venue) for venue in range(2)] == [1, 1]
    rig.quote(1, 1, 100.0)
    rig.clock.advance(31 * SECOND)
    rig.bot.depth.choose()
    assert _depth(rig) == [set(), set()]
    # What still arrives of a book that was left makes no new one.
    rig.book(0, 1, [(99.0, 1.0)], [(101.0, 1.0)])
    assert rig.bot.depth.synced(0) == 0
    rig.quote(1, 1, 100.2)
    rig.bot.depth.choose()
    rig.book(0, 1, [(99.0, 1.0)], [(101.0, 1.0)])
    assert rig.bot.depth.synced(0) == 1


def test_a_signal_is_sized_by_both_books_where_they_are_as_new_as_the_quotes() -> None:
    rig = _running()
    signals: list[ArbitrageSignal] = []
    rig.bot.strategy.add_signal_callback(signals.append)
    rig.quote(1, 0, 100.15)
    rig.bot.depth.choose()
    rig.clock.advance(SECOND)
    rig.book(0, 0, [(99.0, 5.0)], [(100.01, 1.0), (100.015, 3.0)])
    rig.quote(1, 0, 101.0)
    bid = rig.bot.board.latest[0][1].bid
    assert signals[-1].asks == ((100.01, 1.0), (100.015, 3.0))
    assert signals[-1].bids == ((bid, 1.0),)
    # Its own book has not followed yet, so one best price decided; now it has.
    rig.book(1, 0, [(bid, 1.0), (bid * 0.99999, 2.0)], [(102.0, 1.0)])
    rig.quote(1, 0, 101.0, size=1.5)
    rig.book(1, 0, [(bid, 1.5), (bid * 0.99999, 2.0)], [(102.0, 1.0)])
    rig.quote(0, 0, 100.0, size=1.5)
    rig.book(0, 0, [(99.0, 5.0)], [(100.01, 1.5), (100.015, 3.0)])
    rig.quote(1, 0, 101.0, size=1.5)
    assert len(signals[-1].bids) == len(signals[-1].asks) == 2
    # A book that is older than a quote is not believed.
    rig.clock.advance(1)
    rig.quote(1, 0, 101.01)
    assert len(signals[-1].bids) == 1


def test_ladders_on_screen_come_from_the_books_and_by_rest_only_until_then() -> None:
    rig = _running()

    def ask() -> DepthView:
        view = asyncio.run(rig.bot.client.query("depth", {"symbol": "ETH/USDT"}))
        assert isinstance(view, DepthView)
        rig.bot.depth.choose()
        rig.clock.advance(SECOND)
        return view

    assert ask().ladders[0].bids == ((1.0, 1.0),)
    assert _depth(rig) == [set(), set()]
    ask()
    assert _depth(rig) == [{1}, {1}]
    assert [venue.orderbooks for venue in rig.venues.values()] == [2, 2]
    rig.book(0, 1, [(99.0, 1.0), (98.0, 2.0)], [(101.0, 1.0)])
    seen = ask()
    assert seen.ladders[0].bids == ((99.0, 1.0), (98.0, 2.0))
    assert seen.ladders[0].asks == ((101.0, 1.0),)
    assert seen.ladders[1].bids == ((1.0, 1.0),)
    assert [venue.orderbooks for venue in rig.venues.values()] == [2, 3]


def test_a_gapped_or_crossed_book_is_shown_as_such_and_not_traded() -> None:
    rig = _running()
    rig.quote(1, 0, 100.2)
    rig.bot.depth.choose()
    rig.book(0, 0, [(101.0, 1.0)], [(100.0, 1.0)])
    (view, *_) = rig.bot.client.frame(0).rows
    assert [cell.state for cell in view.cells if cell] == ["crossed", "live"]
    assert not rig.bot.board.is_tradeable(0, 0)
    assert rig.bot.books.depth(0, 0, OrderSide.BUY) == ()
    rig.clock.advance(SECOND)
    rig.bot.books.check(rig.clock.now_ns())
    (view, *_) = rig.bot.client.frame(0).rows
    assert [cell.state for cell in view.cells if cell] == ["gapped", "live"]
    assert rig.venues["binance"].resynced == [0]
    rig.book(0, 0, [(99.0, 1.0)], [(100.0, 1.0)])
    assert rig.bot.board.book_state(0, 0) is FeedState.LIVE


def test_a_book_that_stopped_while_quotes_go_on_is_started_over() -> None:
    rig = _running()
    rig.quote(1, 0, 100.2)
    rig.bot.depth.choose()
    rig.book(0, 0, [(99.0, 1.0)], [(101.0, 1.0)])
    rig.clock.advance(4 * SECOND)
    rig.quote(0, 0, 100.1)
    rig.bot.books.check(rig.clock.now_ns())
    assert rig.venues["binance"].resynced == []
    rig.clock.advance(SECOND)
    rig.quote(0, 0, 100.2)
    rig.bot.books.check(rig.clock.now_ns())
    rig.bot.books.check(rig.clock.now_ns())
    assert rig.venues["binance"].resynced == [0]
    # Its quotes are as good as ever, only its depth is unknown.
    assert rig.bot.board.is_tradeable(0, 0)
    assert rig.bot.depth.synced(0) == 0
