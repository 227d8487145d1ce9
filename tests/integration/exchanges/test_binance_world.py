"""The Binance adapter against the synthetic Binance, over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.feed import Continuity, FeedEventKind
from arbot_tui.domain.quotes import BookKind
from arbot_tui.exchanges.binance.adapter import BinanceExchange
from arbot_tui.market.book import Book, BookStatus
from tests.integration.exchanges.world import World, world_of
from tests.unit.exchanges.loopback import Market, until


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with world_of(BinanceExchange, "binance") as running:
        yield running


async def test_every_book_is_followed_without_a_gap(world: World) -> None:
    """The ticker stream has no time; that of the depth stream beside it stands for both."""
    market = Market()
    for row in world.rows.values():
        world.adapter.request_depth(row, True)
    task = asyncio.create_task(world.adapter.connect_ws(market))
    try:
        await until(lambda: {t.row for t in market.tickers} == {0, 1, 2, 3})
        await until(lambda: len([u for u in market.books if u.kind is BookKind.SNAPSHOT]) == 4)
        await until(lambda: len(market.books) > 40 and _all_synced(market))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    books = [Book(Continuity.RANGE) for _ in world.rows]
    for update in market.books:
        if update.kind is BookKind.DELTA:
            assert abs(update.recv_ns - update.event_ns) < 60 * SECOND
        assert books[update.row].apply(update) is not BookStatus.GAP
    assert all(book.synced and not book.crossed for book in books)
    for ticker in market.tickers:
        assert 0.0 < ticker.bid < ticker.ask
        assert min(ticker.bid_size, ticker.ask_size) > 0.0
    assert market.of(FeedEventKind.MALFORMED) == []


def _all_synced(market: Market) -> bool:
    """Tell whether every book's snapshot is there and the changes that join it."""
    books = [Book(Continuity.RANGE) for _ in range(4)]
    for update in market.books:
        books[update.row].apply(update)
    return all(book.synced for book in books)


async def test_the_books_best_prices_are_those_of_the_ticker_stream(world: World) -> None:
    market = Market()
    world.adapter.request_depth(0, True)
    task = asyncio.create_task(world.adapter.connect_ws(market))
    try:
        # Some changes are told between two quotes: it takes as many as it takes.
        await until(lambda: _agreements(market) > 5)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _agreements(market: Market) -> int:
    """Return how often the first book's best prices were those of a quote."""
    book = Book(Continuity.RANGE)
    shown = {(t.bid, t.bid_size, t.ask, t.ask_size) for t in market.tickers if t.row == 0}
    agreed = 0
    for update in (u for u in market.books if u.row == 0):
        if book.apply(update) is BookStatus.APPLIED:
            bid, ask = book.best()
            assert bid is not None
            assert ask is not None
            agreed += (*bid, *ask) in shown
    return agreed
