"""What every venue has to do, over sockets against a synthetic world; the toy venue, too.

A fifth venue is one folder (`toy`) and one entry point (`plugin`): nothing of ours names it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.exchanges.binance import feed as binance_feed
from arbot_tui.exchanges.config import ExchangeSettings
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.exchanges.transport.backoff import FullJitterBackoff
from arbot_tui.market.book import BookStatus
from tests.contract.venue_world import PLUGIN, ContractWorld, Follower, contract_world
from tests.integration.exchanges.world import WorldContract
from tests.unit.exchanges.loopback import until

NAMES = (*ExchangeFactory().names, "toy")
CONNECTED, DISCONNECTED = FeedEventKind.CONNECTED, FeedEventKind.DISCONNECTED
MALFORMED = FeedEventKind.MALFORMED
DEPTH = 10


@pytest.fixture(params=NAMES)
async def world(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ContractWorld]:
    if request.param == "toy":
        monkeypatch.syspath_prepend(PLUGIN)
    # Nobody counts the snapshots here.
    monkeypatch.setattr(binance_feed, "_SNAPSHOT_EVERY_S", 0.2)
    async with contract_world(request.param) as running:
        yield running


@asynccontextmanager
async def _following(world: ContractWorld) -> AsyncIterator[Follower]:
    follower = Follower(world)
    task = asyncio.create_task(world.adapter.connect_ws(follower))
    try:
        await until(lambda: _quoted(follower) == set(world.rows.values()))
        yield follower
    finally:
        task.cancel()
        (end,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(end, asyncio.CancelledError), end


def _quoted(follower: Follower) -> set[int]:
    return {ticker.row for ticker in follower.tickers}


class TestEveryVenue(WorldContract):
    """The tests of orders, money and errors, and those of the streams below."""

    async def test_every_quote_is_one_that_the_venue_had(self, world: ContractWorld) -> None:
        async with _following(world) as follower:
            await until(lambda: len(follower.tickers) > 60)
            for ticker in follower.tickers:
                quote = ([(ticker.bid, ticker.bid_size)], [(ticker.ask, ticker.ask_size)])
                assert quote in world.quotes(ticker.row)
            assert follower.of(MALFORMED) == []

    async def test_volumes_are_told_by_wire_symbol(self, world: ContractWorld) -> None:
        volumes = await world.adapter.get_volumes()
        assert set(volumes) == {i.wire_symbol for i in world.instruments.values()}
        assert min(volumes.values()) > 0

    async def test_followed_depth_is_always_the_venue_s_book(self, world: ContractWorld) -> None:
        async with _following(world) as follower:
            follower.on_applied = lambda row: checked.append(
                follower.book(row, DEPTH) in world.states(row, DEPTH)
            )
            checked: list[bool] = []
            world.adapter.request_depth(0, True)
            world.adapter.request_depth(2, True)
            await until(lambda: len(checked) > 20)
            assert all(checked)
            assert set(follower.held) == {0, 2}
            assert all(book.synced for book in follower.held.values())
            world.adapter.request_depth(2, False)
            told = seen = -1
            # What was under way may still arrive; then nothing does, while the other goes on.
            while told != len(follower.statuses[2]):
                told, seen = len(follower.statuses[2]), len(checked)
                await until(lambda: len(checked) > seen + 8)  # noqa: B023
            assert all(checked)

    async def test_a_book_is_started_over_on_demand(self, world: ContractWorld) -> None:
        world.adapter.request_depth(0, True)
        world.adapter.request_depth(1, True)
        async with _following(world) as follower:
            await until(lambda: _synced(follower) == {0, 1})
            follower.held[0].restart()
            assert not follower.held[0].synced
            world.adapter.resync_book(0)
            await until(lambda: follower.held[0].synced)
            assert BookStatus.GAP not in follower.statuses[1]
            assert follower.book(0, DEPTH) in world.states(0, DEPTH)
            assert follower.of(DISCONNECTED) == []

    async def test_symbols_come_and_go_without_reconnecting(self, world: ContractWorld) -> None:
        async with _following(world) as follower:
            connects = len(follower.of(CONNECTED))
            world.universe({0, 1, 2})
            # What was under way may still arrive; then nothing does, while the others go on.
            while 3 in _quoted(follower):
                follower.tickers.clear()
                await until(lambda: len(follower.tickers) > 24)
            await until(lambda: _quoted(follower) == {0, 1, 2})
            world.universe({0, 1, 2, 3})
            await until(lambda: 3 in _quoted(follower))
            assert len(follower.of(CONNECTED)) <= connects + 1
            lost = [event for event in follower.of(DISCONNECTED) if event.rows != frozenset()]
            assert lost == []
            assert follower.of(MALFORMED) == []

    async def test_ten_lost_connections_are_made_again(
        self, world: ContractWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(FullJitterBackoff, "failed", lambda self, most_s: 0.01)
        world.adapter.request_depth(0, True)
        async with _following(world) as follower:
            await until(lambda: _synced(follower) == {0})
            tasks = len(asyncio.all_tasks())
            lines = len(follower.of(CONNECTED))
            for number in range(1, 11):
                follower.tickers.clear()
                world.cut_sockets()
                wanted = lines * (number + 1)
                await until(lambda: len(follower.of(CONNECTED)) == wanted)  # noqa: B023
                await until(lambda: _quoted(follower) == set(world.rows.values()))
            assert len(follower.of(DISCONNECTED)) == 10 * lines
            follower.held.clear()
            await until(lambda: _synced(follower) == {0})
            await until(lambda: len(asyncio.all_tasks()) <= tasks + 2)

    async def test_unreadable_frames_are_counted_and_passed_over(
        self, world: ContractWorld
    ) -> None:
        async with _following(world) as follower:
            world.damage_frames()
            await until(lambda: follower.of(MALFORMED))
            follower.tickers.clear()
            await until(lambda: _quoted(follower) == set(world.rows.values()))
            assert follower.of(DISCONNECTED) == []

    async def test_nothing_stays_open(self, world: ContractWorld) -> None:
        await world.adapter.close()
        tasks, files = len(asyncio.all_tasks()), _open_files()
        world.adapter = world.make(world.about["api_secret"])
        await world.load()
        await world.adapter.get_balance()
        for row in world.rows.values():
            world.adapter.request_depth(row, True)
        async with _following(world) as follower:
            await until(lambda: len(follower.held) == len(world.rows))
            assert len(asyncio.all_tasks()) > tasks
        await world.adapter.close()
        await until(lambda: len(asyncio.all_tasks()) <= tasks)
        await until(lambda: _open_files() <= files)


def _synced(follower: Follower) -> set[int]:
    return {row for row, book in follower.held.items() if book.synced}


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.is_dir() else 0


def test_toy_venue_is_found_by_its_entry_point_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "toy" not in ExchangeFactory().names
    monkeypatch.syspath_prepend(PLUGIN)
    factory = ExchangeFactory()
    assert factory.names == NAMES
    assert factory.urls("toy", ExchangeSettings()).rest == "https://toy.example"
