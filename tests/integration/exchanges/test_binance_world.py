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
    books = [Book(Continuity.RANGE) for _ in world.rows]
    for row in world.rows.values():
        world.adapter.request_depth(row, True)
    task = asyncio.create_task(world.adapter.connect_ws(market))
    try:
        await until(lambda: {t.row for t in market.tickers} == {0, 1, 2, 3})
        await until(lambda: len([u for u in market.books if u.kind is BookKind.SNAPSHOT]) == 4)
        await until(lambda: len(market.books) > 40)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    for update in market.books:
        if update.kind is BookKind.DELTA:
            assert abs(update.recv_ns - update.event_ns) < SECOND
        assert books[update.row].apply(update) is not BookStatus.GAP
    assert all(book.synced and not book.crossed for book in books)
    for ticker in market.tickers:
        assert 0.0 < ticker.bid < ticker.ask
        assert min(ticker.bid_size, ticker.ask_size) > 0.0
    assert market.of(FeedEventKind.MALFORMED) == []


async def test_the_books_best_prices_are_those_of_the_ticker_stream(world: World) -> None:
    market = Market()
    book = Book(Continuity.RANGE)
    world.adapter.request_depth(0, True)
    task = asyncio.create_task(world.adapter.connect_ws(market))
    try:
        await until(lambda: len([u for u in market.books if u.row == 0]) > 20)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    shown = {(t.bid, t.bid_size, t.ask, t.ask_size) for t in market.tickers if t.row == 0}
    agreed = 0
    for update in (u for u in market.books if u.row == 0):
        if book.apply(update) is BookStatus.APPLIED:
            bid, ask = book.best()
            assert bid is not None
            assert ask is not None
            agreed += (*bid, *ask) in shown
    assert agreed > 5
