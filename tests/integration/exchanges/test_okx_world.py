"""The OKX adapter against the synthetic OKX, over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookUpdate, Level
from arbot_tui.exchanges.okx.adapter import OKXExchange
from arbot_tui.market.book import Book, BookStatus
from tests.integration.exchanges.world import World, world_of
from tests.unit.exchanges.loopback import Market, until


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with world_of(OKXExchange, "okx") as running:
        yield running


async def test_depth_followed_by_its_ids_equals_the_order_book(world: World) -> None:
    """The incremental channel and REST agree on what stands at the same sequence id."""
    row = world.rows["BTC/USDT"]
    book = Book(world.adapter.continuity, max_levels=400)
    seen: dict[int, tuple[list[Level], list[Level]]] = {}
    statuses: list[BookStatus] = []

    class Depth(Market):
        def on_book(self, update: BookUpdate) -> None:
            statuses.append(book.apply(update))
            levels = (book.levels(OrderSide.BUY, 5), book.levels(OrderSide.SELL, 5))
            seen[update.last_id] = levels

    market = Depth()
    world.adapter.request_depth(row, True)
    task = asyncio.create_task(world.adapter.connect_ws(market))
    try:
        await until(lambda: len(statuses) > 20)
        world.adapter.resync_book(row)
        agreed = 0
        async with asyncio.timeout(60):
            while agreed < 3:
                fetched = await world.adapter.get_orderbook(row, 5)
                await asyncio.sleep(0.15)
                if fetched.last_id in seen:
                    assert seen[fetched.last_id] == (fetched.bids, fetched.asks)
                    agreed += 1
        assert set(statuses) == {BookStatus.APPLIED}
        assert market.of(FeedEventKind.MALFORMED) == []
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
