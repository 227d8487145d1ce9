"""What happens to streams in virtual time: freezes, bans, losses, damage; rows 1 to 33."""

from __future__ import annotations

import asyncio
import re
import tracemalloc

import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.exchanges.transport import line_books
from arbot_tui.market.book import BookStatus
from tests.contract.virtual_world import DEPTH, VirtualVenue, every_venue, now_s, play

CONNECTED, DISCONNECTED = FeedEventKind.CONNECTED, FeedEventKind.DISCONNECTED
MALFORMED = FeedEventKind.MALFORMED
# As faults name them.
DEPTH_CHANNEL = {"bybit": "orderbook.50", "okx": "books"}


@every_venue
def test_a_frozen_channel_is_subscribed_again_and_then_reconnected(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        venue.feed.request_depth(0, True)
        await asyncio.sleep(20)
        since_s = now_s()
        venue.inject("freeze", args={"channel": "ticker", "sockets": "open"})
        await asyncio.sleep(3.2)
        assert [operation for operation, _ in venue.requests(since_s)] == [
            "unsubscribe",
            "subscribe",
        ]
        await asyncio.sleep(7)
        assert len(venue.wires) == 2
        assert "in spite of a new subscription" in venue.listener.details(DISCONNECTED)[0]
        venue.check_quotes()
        venue.check_book(0)

    play(name, scenario)


@every_venue
def test_a_quiet_market_is_asked_after_ever_less_often(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        # The last quotes of a symbol that was halted.
        for instrument in venue.instruments:
            venue.inject("status", instrument.symbol, args={"status": "halted"})
        since_s = now_s()
        await asyncio.sleep(400)
        assert len(venue.requests(since_s)) < 40
        assert venue.dials <= 3
        assert venue.ended == {}
        # What comes when asked is of minutes ago, and was not minutes under way.
        assert venue.listener.latest_ns < SECOND

    play(name, scenario, rate_hz=20.0, step_s=0.1)


def test_a_halted_symbol_does_not_make_a_quiet_market_look_dead() -> None:
    """Binance's REST tells no quote of it, which is no quote that the stream should have told."""

    async def scenario(venue: VirtualVenue) -> None:
        for instrument in venue.instruments:
            venue.inject("status", instrument.symbol, args={"status": "halted"})
        venue.closed.add(1)
        await asyncio.sleep(200)
        assert venue.listener.count(DISCONNECTED) == 0

    play("binance", scenario, rate_hz=20.0, step_s=0.1)


@every_venue
def test_a_half_open_connection_is_dead_within_ten_seconds(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        await asyncio.sleep(10)
        venue.inject("blackhole", args={"sockets": "open"})
        await asyncio.sleep(10.6)
        assert venue.listener.count(DISCONNECTED) == 1
        await asyncio.sleep(5)
        venue.check_quotes()

    play(name, scenario)


@every_venue
@pytest.mark.parametrize("code", [403, 429])
def test_a_ban_stops_every_attempt_until_it_is_over(name: str, code: int) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        await asyncio.sleep(1)
        venue.inject("ban", args={"code": code})
        venue.wires[0].link.reset()
        await asyncio.sleep(5)
        assert venue.refused == {code: 1}
        stay_s = 60 if code == 429 else 600 if name == "bybit" else 300
        await asyncio.sleep(stay_s - 10)
        assert venue.dials == 2
        venue.heal()
        await asyncio.sleep(30)
        assert venue.dials == 3
        venue.check_quotes()

    play(name, scenario, rate_hz=20.0, step_s=0.1)


@every_venue
def test_a_venue_that_is_down_and_flaps_is_not_stormed(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        venue.refuse_dials = True
        venue.wires[0].link.reset()
        await asyncio.sleep(60)
        venue.refuse_dials = False
        venue.inject("rst", args={"every_s": 1.0}, for_s=300.0)
        before = venue.dials
        await asyncio.sleep(300)
        assert venue.dials - before <= 30
        assert venue.refused == {}
        await asyncio.sleep(90)
        venue.check_quotes()

    play(name, scenario, rate_hz=20.0, step_s=0.1)


@every_venue
def test_after_minutes_offline_every_symbol_is_quoted_within_fifteen_seconds(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        lines = len(venue.open_wires)
        venue.offline = True
        for wire in venue.open_wires:
            wire.link.reset()
        await asyncio.sleep(200)
        assert venue.open_wires == []
        venue.offline = False
        await asyncio.sleep(15)
        assert len(venue.open_wires) == lines
        venue.check_quotes()
        assert venue.refused == {}

    # Three connections of OKX and Bitget each, which wait for one another.
    play(name, scenario, symbols=60, rate_hz=40.0, step_s=0.5)


@every_venue
def test_lost_repeated_and_exchanged_frames_never_make_a_wrong_book(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A symbol has three turns in a minute instead of five; that it has no more is shown below.
    monkeypatch.setattr(line_books, "_RESYNC_PERIOD_NS", 60 * SECOND)

    async def scenario(venue: VirtualVenue) -> None:
        for row in venue.rows.values():
            venue.feed.request_depth(row, True)
        await asyncio.sleep(5)
        checked = 0

        def check(row: int, _: object) -> None:
            nonlocal checked
            if venue.listener.books[row].synced:
                venue.check_book(row, states=60)
                checked += 1

        venue.listener.on_applied = check
        for fault in ("drop", "dup", "reorder"):
            venue.inject(fault, args={"p": 0.03})
        await asyncio.sleep(150)
        assert checked > 100
        assert venue.listener.backwards == 0
        venue.heal()
        # At the latest when a symbol that was left alone has its turn again.
        await asyncio.sleep(70)
        for row in venue.rows.values():
            if not venue.listener.books[row].synced:
                venue.feed.resync(row)
        await asyncio.sleep(3)
        for row in venue.rows.values():
            venue.check_book(row)
        venue.check_quotes()
        assert venue.ended == {}

    play(name, scenario, rate_hz=40.0, step_s=0.05)


@every_venue
def test_damaged_frames_are_counted_and_withdraw_the_quote_they_were_about(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        kinds = ["cut", "utf8", "type", "missing", "empty", "nan", "inf", "zero", "negative"]
        venue.inject("corrupt", args={"p": 0.04, "channel": "ticker", "kinds": kinds})
        await asyncio.sleep(120)
        venue.heal()
        await asyncio.sleep(60)
        assert venue.listener.voided > 0
        assert venue.listener.count(MALFORMED) >= venue.listener.voided
        venue.check_quotes()
        assert venue.refused == {}

    play(name, scenario, rate_hz=40.0, step_s=0.05)


@every_venue
def test_harmless_oddities_do_no_harm(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        for row in venue.rows.values():
            venue.feed.request_depth(row, True)
        kinds = ["extra", "exponent", "digits", "checksum"]
        venue.inject("corrupt", args={"kinds": kinds})
        await asyncio.sleep(60)
        assert venue.listener.count(MALFORMED) == 0
        assert set(venue.listener.statuses) == {BookStatus.APPLIED}
        venue.check_quotes()
        for row in venue.rows.values():
            venue.check_book(row)

    play(name, scenario, rate_hz=40.0, step_s=0.05)


@every_venue
def test_a_service_that_numbers_afresh_is_no_gap(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        for row in venue.rows.values():
            venue.feed.request_depth(row, True)
        await asyncio.sleep(5)
        venue.inject("seqreset")
        await asyncio.sleep(5)
        assert BookStatus.GAP not in venue.listener.statuses
        venue.check_quotes()
        for row in venue.rows.values():
            venue.check_book(row)

    play(name, scenario)


def test_quotes_of_binance_that_are_numbered_far_lower_are_read_again() -> None:
    def lower(raw: bytes) -> bytes:
        if b"@bookTicker" not in raw:
            return raw
        return re.sub(rb'"u":(\d+)', lambda u: b'"u":%d' % (int(u[1]) % 10**6 + 1), raw)

    async def scenario(venue: VirtualVenue) -> None:
        await asyncio.sleep(5)
        venue.arrives = lower
        await asyncio.sleep(8)
        venue.check_quotes()
        assert venue.listener.count(DISCONNECTED) == 0

    play("binance", scenario)


def test_a_stream_that_begins_with_changes_is_spliced_to_a_rest_snapshot() -> None:
    async def scenario(venue: VirtualVenue) -> None:
        venue.arrives = lambda raw: None if b'"action":"snapshot"' in raw else raw
        since_s = now_s()
        for row in venue.rows.values():
            venue.feed.request_depth(row, True)
        await asyncio.sleep(3)
        for row in venue.rows.values():
            venue.check_book(row)
        assert BookStatus.GAP not in venue.listener.statuses
        # A lost change costs another snapshot, not a subscription.
        venue.inject("gap", venue.instruments[0].symbol, args={"channel": "books"}, count=1)
        await asyncio.sleep(3)
        assert venue.listener.statuses[BookStatus.GAP] == 1
        for row in venue.rows.values():
            venue.check_book(row)
        depth = [names for _, names in venue.requests(since_s) if "books." in " ".join(names)]
        assert len(depth) == 1

    play("okx", scenario)


@pytest.mark.parametrize("name", ["bybit", "okx"])
def test_a_symbol_that_never_agrees_is_left_alone_and_the_others_are_untouched(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        for row in venue.rows.values():
            venue.feed.request_depth(row, True)
        await asyncio.sleep(5)
        since_s, symbol = now_s(), venue.instruments[1].symbol
        venue.inject("drop", symbol, args={"p": 0.5, "channel": DEPTH_CHANNEL[name]})
        await asyncio.sleep(295)
        topic = f"{DEPTH[name]}.{venue.wire_symbol(venue.instruments[1])}"
        renewed = [names for operation, names in venue.requests(since_s) if "un" not in operation]
        assert 1 <= sum(topic in names for names in renewed) <= 3
        wire_symbol = topic.rpartition(".")[2]
        assert all(name.endswith(wire_symbol) for names in renewed for name in names)
        assert not venue.listener.books[1].synced
        venue.check_quotes()
        for row in (0, 2, 3):
            venue.check_book(row)
        assert venue.listener.count(DISCONNECTED) == 0
        venue.heal()
        await asyncio.sleep(320)
        venue.feed.resync(1)
        await asyncio.sleep(3)
        venue.check_book(1)

    play(name, scenario, rate_hz=20.0, step_s=0.1)


def test_fifty_thousand_frames_at_once_are_taken_and_not_kept() -> None:
    async def scenario(venue: VirtualVenue) -> None:
        await asyncio.sleep(1)
        (wire,) = venue.open_wires
        raw = (
            b'{"topic":"orderbook.1.BTCUSDT","ts":%d,"type":"snapshot","data":{"s":"BTCUSDT",'
            b'"b":[["61000.1","1"]],"a":[["61000.2","1"]],"u":%d,"seq":%d},"cts":%d}'
        )
        now_ms = (venue.venues.now_ns + SECOND) // MS
        frames = [raw % (now_ms + n, 10**9 + n, 10**9 + n, now_ms + n) for n in range(50_000)]
        before = venue.listener.quotes
        tracemalloc.start()
        try:
            for frame in frames:
                wire.arrived(frame)
            await asyncio.sleep(0)
            kept, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert venue.listener.quotes - before == 50_000
        assert venue.listener.tickers[0].event_ns == (now_ms + 49_999) * MS
        assert most < 64 << 20
        assert kept < 4 << 20
        assert venue.listener.count(MALFORMED) == 0
        assert venue.listener.count(DISCONNECTED) == 0

    play("bybit", scenario)
