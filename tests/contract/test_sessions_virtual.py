"""Sessions of every venue in virtual time, against the synthetic venues and their limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise

import pytest
from msgspec.structs import replace

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.exchanges.transport.dialect import LineRules
from arbot_tui.market.book import BookStatus
from tests.contract.virtual_world import (
    DEPTH,
    FEEDS,
    TICKER,
    VirtualVenue,
    every_venue,
    now_s,
    play,
)

CONNECTED, DISCONNECTED = FeedEventKind.CONNECTED, FeedEventKind.DISCONNECTED
MALFORMED = FeedEventKind.MALFORMED


@pytest.fixture
def short_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have connections replaced after a minute or so instead of 23 hours."""
    for name in FEEDS:
        module = import_module(f"arbot_tui.exchanges.{name}.feed")
        rules: Callable[[str], LineRules] = module._rules

        def shortened(url: str, rules: Callable[[str], LineRules] = rules) -> LineRules:
            return replace(rules(url), lifetime_s=1_450.0)

        monkeypatch.setattr(module, "_rules", shortened)


@every_venue
def test_quotes_and_depth_are_the_venue_s(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        venue.feed.request_depth(0, True)
        venue.feed.request_depth(3, True)
        await asyncio.sleep(30)
        venue.check_quotes()
        venue.check_book(0)
        venue.check_book(3)
        assert set(venue.listener.statuses) == {BookStatus.APPLIED}
        assert set(venue.listener.books) == {0, 3}
        venue.feed.request_depth(3, False)
        await asyncio.sleep(1)
        standing = venue.listener.books[3].last_id
        await asyncio.sleep(5)
        assert venue.listener.books[3].last_id == standing
        venue.check_book(0)
        assert venue.listener.count(MALFORMED) == 0
        assert venue.ended == {}

    play(name, scenario)


@pytest.mark.parametrize("name", ["bybit", "okx"])
def test_a_lost_change_has_that_symbol_alone_subscribed_again(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        for row in venue.rows.values():
            venue.feed.request_depth(row, True)
        await asyncio.sleep(3)
        since_s = now_s()
        venue.inject("gap", venue.instruments[1].symbol, count=1)
        await venue.until(lambda: venue.listener.statuses[BookStatus.GAP])
        assert not venue.listener.books[1].synced
        await asyncio.sleep(2)
        venue.check_book(1)
        assert venue.listener.statuses[BookStatus.GAP] == 1
        symbol = venue.wire_symbol(venue.instruments[1])
        renewed = sorted([f"{DEPTH[name]}.{symbol}", f"{TICKER[name]}.{symbol}"])
        assert venue.requests(since_s) == [("unsubscribe", renewed), ("subscribe", renewed)]
        for row in venue.rows.values():
            venue.check_book(row)
        assert venue.listener.count(DISCONNECTED) == 0

    play(name, scenario)


def test_a_lost_change_of_binance_costs_one_snapshot_of_that_symbol_alone() -> None:
    async def scenario(venue: VirtualVenue) -> None:
        for row in venue.rows.values():
            venue.feed.request_depth(row, True)
        await asyncio.sleep(10)
        since_s, before = now_s(), venue.snapshots.copy()
        venue.inject("gap", venue.instruments[1].symbol, args={"channel": "depth"}, count=1)
        await venue.until(lambda: venue.listener.statuses[BookStatus.GAP])
        assert not venue.listener.books[1].synced
        await asyncio.sleep(2)
        venue.check_book(1)
        assert venue.listener.statuses[BookStatus.GAP] == 1
        assert venue.snapshots - before == {1: 1}
        # Its quote is asked for anew as well, depth goes on as it was.
        topics = [topic for _, names in venue.requests(since_s) for topic in names]
        assert topics == [f"bookTicker.{venue.wire_symbol(venue.instruments[1])}"] * 2
        for row in venue.rows.values():
            venue.check_book(row)
        assert venue.listener.count(DISCONNECTED) == 0

    play("binance", scenario)


@every_venue
def test_resync_on_demand_starts_one_symbol_over(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        venue.feed.request_depth(2, True)
        await asyncio.sleep(3)
        since_s, before = now_s(), venue.listener.quotes
        for _ in range(50):
            venue.feed.resync(2)
            venue.feed.resync(1)
            venue.feed.resync(99)
            await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        assert len(venue.requests(since_s)) == 2
        assert venue.listener.quotes > before
        venue.check_quotes()
        venue.check_book(2)
        assert BookStatus.GAP not in venue.listener.statuses

    play(name, scenario)


@every_venue
def test_the_universe_changes_without_reconnecting(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        everything = dict(venue.rows)
        gone = dict(list(everything.items())[2:4])
        kept = {symbol: row for symbol, row in everything.items() if symbol not in gone}
        venue.feed.request_depth(2, True)
        await asyncio.sleep(2)
        since_s = now_s()
        venue.feed.set_rows(kept)
        await asyncio.sleep(1)
        told = {row: venue.listener.tickers[row].recv_ns for row in gone.values()}
        await asyncio.sleep(4)
        assert told == {row: venue.listener.tickers[row].recv_ns for row in gone.values()}
        left = [f"{TICKER[name]}.{symbol}" for symbol in gone]
        left.append(f"{DEPTH[name]}.{next(iter(gone))}")
        assert venue.requests(since_s) == [("unsubscribe", sorted(left))]
        venue.feed.set_rows(everything)
        await asyncio.sleep(3)
        venue.check_quotes()
        # Depth was wanted all the time.
        venue.check_book(2)
        assert venue.dials == 1
        assert venue.listener.count(MALFORMED) == 0
        venue.feed.set_rows({})
        await asyncio.sleep(1)
        assert venue.open_wires == []
        (last,) = [event for event in venue.listener.events if event.kind is DISCONNECTED]
        assert last.rows == frozenset()
        venue.feed.set_rows(kept)
        await asyncio.sleep(3)
        assert len(venue.open_wires) == 1
        venue.rows = kept
        venue.check_quotes()

    play(name, scenario)


@every_venue
def test_symbols_are_spread_over_connections_within_the_venue_s_limits(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        most = {"binance": 500, "bybit": 200, "okx": 29, "bitget": 24}[name]
        assert len(venue.open_wires) == -(-70 // most)
        for row in venue.rows.values():
            venue.feed.request_depth(row, True)
        await asyncio.sleep(15)
        venue.check_quotes()
        for row in venue.rows.values():
            venue.check_book(row)
        assert venue.ended == {}
        assert venue.listener.count(MALFORMED) == 0

    play(name, scenario, symbols=70, rate_hz=400.0)


@pytest.mark.parametrize("name", ["binance", "okx"])
def test_a_notice_of_the_end_is_obeyed_before_it_comes(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        venue.feed.request_depth(0, True)
        await asyncio.sleep(5)
        venue.inject("notice", args={"close_after_s": 60})
        await asyncio.sleep(10)
        assert len(venue.wires) == 2
        assert venue.wires[1:] == venue.open_wires
        await asyncio.sleep(60)
        assert venue.listener.count(DISCONNECTED) == 0
        assert venue.listener.count(CONNECTED) == 1
        assert set(venue.listener.statuses) <= {BookStatus.APPLIED, BookStatus.IGNORED}
        assert max(venue.listener.longest_pause_ns.values()) < 2 * SECOND
        venue.check_quotes()
        venue.check_book(0)

    play(name, scenario)


@every_venue
@pytest.mark.usefixtures("short_lives")
def test_a_connection_of_age_is_replaced_without_a_pause(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        for row in venue.rows.values():
            venue.feed.request_depth(row, True)
        held: list[bool] = []
        venue.listener.on_applied = lambda row, book: held.append(book.synced)
        await asyncio.sleep(300)
        assert len(venue.wires) >= 4
        assert len(venue.open_wires) in (1, 2)
        assert venue.listener.count(DISCONNECTED) == 0
        assert venue.listener.count(CONNECTED) == 1
        assert set(venue.listener.statuses) <= {BookStatus.APPLIED, BookStatus.IGNORED}
        assert all(held)
        assert venue.listener.backwards == 0
        assert max(venue.listener.longest_pause_ns.values()) < 30 * SECOND
        venue.check_quotes()
        for row in venue.rows.values():
            venue.check_book(row)

    play(name, scenario, rate_hz=20.0, step_s=0.1)


@every_venue
@pytest.mark.usefixtures("short_lives")
def test_old_connection_may_end_while_it_is_being_replaced(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        venue.feed.request_depth(0, True)
        await venue.until(lambda: len(venue.wires) == 2, 300.0)
        venue.wires[0].link.reset()
        await asyncio.sleep(5)
        assert venue.listener.count(DISCONNECTED) == 1
        assert venue.listener.count(CONNECTED) == 2
        venue.check_quotes()
        venue.check_book(0)
        assert venue.open_wires == venue.wires[1:]

    play(name, scenario, rate_hz=40.0, step_s=0.05)


@every_venue
@pytest.mark.usefixtures("short_lives")
def test_new_connection_may_fail_while_the_old_one_serves(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        venue.feed.request_depth(0, True)
        venue.refuse_dials = True
        await asyncio.sleep(150)
        assert venue.dials > 1
        assert venue.listener.count(DISCONNECTED) == 0
        venue.check_quotes()
        venue.refuse_dials = False
        await asyncio.sleep(120)
        assert len(venue.wires) >= 2
        assert venue.listener.count(DISCONNECTED) == 0
        venue.check_book(0)

    play(name, scenario, rate_hz=20.0, step_s=0.1)


@every_venue
def test_every_row_of_a_lost_connection_is_named(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        lost = venue.open_wires[-1]
        carried = frozenset(venue.rows[symbol] for symbol in lost.symbols)
        lost.link.reset()
        await asyncio.sleep(10)
        (event,) = [event for event in venue.listener.events if event.kind is DISCONNECTED]
        numbers = {event.connection for event in venue.listener.events}
        assert event.rows == carried
        assert len(carried) in (40, 29, 24, 40 - 29, 40 - 24)
        assert numbers == set(range(len(venue.open_wires)))
        venue.check_quotes()

    play(name, scenario, symbols=40)


@every_venue
def test_pings_are_sent_in_time_and_frames_at_the_pace_allowed(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        await asyncio.sleep(150)
        (wire,) = venue.open_wires
        pings_s = [at_s for at_s, raw in wire.sent if b"ping" in raw]
        gaps_s = [later - earlier for earlier, later in pairwise([0.0, *pings_s, now_s()])]
        if name in ("bybit", "bitget"):  # OKX counts any traffic; Binance itself pings
            assert max(gaps_s) <= {"bybit": 20.5, "bitget": 30.5}[name]
        sent_s = [at_s for at_s, _ in wire.sent]
        most = 5 if name == "binance" else 20
        for second in range(150):
            assert sum(second <= at_s < second + 1 for at_s in sent_s) <= most
        assert venue.ended == {}

    play(name, scenario, rate_hz=20.0, step_s=0.1)
