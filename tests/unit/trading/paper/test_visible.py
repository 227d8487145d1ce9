"""What an order meets: the newest top, and depth behind it where it is known."""

from __future__ import annotations

import pytest

from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookKind, BookUpdate, Level, Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.books import BookSet
from arbot_tui.trading.paper.visible import visible_levels

BUY, SELL = OrderSide.BUY, OrderSide.SELL


class World:
    """A board and books of two venues; venue 1 is looked at."""

    def __init__(self) -> None:
        self.board = QuoteBoard(("okx", "bybit"))
        rules = [Continuity.PREVIOUS_ID, Continuity.CONSECUTIVE]
        self.books = BookSet(self.board, rules, lambda venue, row: None)
        self.board.set_fee(1, 0, 0.001)
        self.board.set_venue_verdict(1, FeedState.LIVE)

    def quote(self, bid: Level, ask: Level, at_ns: int) -> None:
        self.board.update(Ticker(1, 0, *bid, *ask, at_ns, at_ns))

    def depth(self, bids: list[Level], asks: list[Level], at_ns: int) -> None:
        update = BookUpdate(1, 0, BookKind.SNAPSHOT, 0, at_ns, -1, bids, asks, at_ns, at_ns)
        self.books.apply(update)

    def meets(self, side: OrderSide) -> list[Level]:
        return list(visible_levels(self.board, self.books, 1, 0, side))


@pytest.fixture
def world() -> World:
    world = World()
    world.quote((99.0, 1.0), (100.0, 2.0), 10)
    return world


def test_without_depth_there_is_the_top(world: World) -> None:
    assert world.meets(BUY) == [(100.0, 2.0)]
    assert world.meets(SELL) == [(99.0, 1.0)]


def test_a_book_as_new_as_the_quote_is_all_there_is(world: World) -> None:
    world.depth([(99.0, 0.5), (98.0, 3.0)], [(100.0, 0.7), (101.0, 4.0)], 10)
    assert world.meets(BUY) == [(100.0, 0.7), (101.0, 4.0)]
    assert world.meets(SELL) == [(99.0, 0.5), (98.0, 3.0)]


def test_a_newer_quote_replaces_what_the_book_has_up_to_it(world: World) -> None:
    world.depth([(99.0, 0.5), (98.0, 3.0)], [(100.0, 0.7), (101.0, 4.0)], 10)
    world.quote((98.0, 9.0), (100.5, 8.0), 11)
    assert world.meets(BUY) == [(100.5, 8.0), (101.0, 4.0)]
    assert world.meets(SELL) == [(98.0, 9.0)]


@pytest.mark.parametrize("lost", ["gap", "crossed"])
def test_a_book_that_cannot_be_trusted_hides_the_market(world: World, lost: str) -> None:
    world.depth([(99.0, 0.5)], [(100.0, 0.7)], 10)
    if lost == "gap":
        world.books.apply(BookUpdate(1, 0, BookKind.DELTA, 0, 99, -1, [], [], 11, 11))
    else:
        world.depth([(99.0, 0.5)], [(98.0, 0.7)], 12)
    assert world.meets(BUY) == []


def test_a_book_that_waits_for_its_snapshot_hides_nothing(world: World) -> None:
    world.books.apply(BookUpdate(1, 0, BookKind.DELTA, 0, 99, -1, [], [], 11, 11))
    assert world.meets(BUY) == [(100.0, 2.0)]


@pytest.mark.parametrize(
    ("verdict", "seen"),
    [(FeedState.DELAYED, [(100.0, 2.0)]), (FeedState.STALE, []), (FeedState.DOWN, [])],
)
def test_what_a_silent_venue_shows_is_not_known(
    world: World, verdict: FeedState, seen: list[Level]
) -> None:
    world.board.set_venue_verdict(1, verdict)
    assert world.meets(BUY) == seen


def test_a_side_without_orders_is_empty(world: World) -> None:
    world.quote((0.0, 0.0), (100.0, 2.0), 11)
    assert world.meets(SELL) == []


def test_a_symbol_without_a_quote_has_nothing() -> None:
    world = World()
    assert world.meets(BUY) == []
    assert list(visible_levels(world.board, world.books, 1, 5, BUY)) == []
