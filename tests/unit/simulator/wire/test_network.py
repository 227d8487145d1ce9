"""Faults of the line and of single frames, on the streams of every venue, in virtual time."""

from __future__ import annotations

import json

import pytest

from arbot_tui.simulator.core.world import WorldSpec
from tests.unit.simulator.virtual import Frame, VirtualLink, VirtualVenues

VENUES = ("binance", "bybit", "okx", "bitget")
each_venue = pytest.mark.parametrize("venue", VENUES)


def make(rate_hz: float = 80.0) -> VirtualVenues:
    return VirtualVenues(WorldSpec(seed=4, symbols=2, rate_hz=rate_hz, edges_per_min=0.0))


def subscribed(venues: VirtualVenues, venue: str) -> VirtualLink:
    """Connect to best prices and a deeper book of BTC and ETH."""
    if venue == "binance":
        names = [f"{c}usdt@{s}" for c in ("btc", "eth") for s in ("bookTicker", "depth5@100ms")]
        return venues.connect(venue, "/stream", {"streams": "/".join(names)})
    link = venues.connect(venue)
    link.say(subscription(venue))
    link.take()
    return link


def subscription(venue: str) -> str:
    if venue == "bybit":
        args: list[object] = [f"orderbook.{d}.{c}USDT" for c in ("BTC", "ETH") for d in (1, 50)]
    elif venue == "okx":
        args = [
            {"channel": name, "instId": f"{coin}-USDT"}
            for coin in ("BTC", "ETH")
            for name in ("bbo-tbt", "books5")
        ]
    else:
        args = [
            {"instType": "SPOT", "channel": name, "instId": f"{coin}USDT"}
            for coin in ("BTC", "ETH")
            for name in ("books1", "books5")
        ]
    return json.dumps({"op": "subscribe", "args": args})


def ping(link: VirtualLink, venue: str) -> list[str | bytes]:
    """Ping as the venue wants it, and return what came back."""
    link.items.clear()
    link.say(
        {
            "binance": '{"method":"LIST_SUBSCRIPTIONS","id":1}',
            "bybit": '{"op":"ping"}',
        }.get(venue, "ping")
    )
    items = list(link.items)
    link.items.clear()
    return items


def about(frame: Frame) -> tuple[str, str]:
    """Return coin and channel of a frame with data."""
    if "stream" in frame:
        symbol, _, channel = frame["stream"].partition("@")
        return symbol[:3].upper(), channel
    if "topic" in frame:
        channel, _, symbol = frame["topic"].rpartition(".")
        return symbol[:3], channel
    return frame["arg"]["instId"][:3], frame["arg"]["channel"]


@each_venue
def test_a_frozen_venue_still_answers(venue: str) -> None:
    venues = make()
    link = subscribed(venues, venue)
    venues.inject(venue, "freeze", for_s=5.0)
    link.items.clear()
    venues.run(4.9)
    assert link.items == []
    assert len(ping(link, venue)) == 1

    venues.run(2)
    assert len(link.items) > 10
    assert link.ended is None


@each_venue
def test_one_symbol_or_one_channel_can_be_frozen(venue: str) -> None:
    venues = make()
    link = subscribed(venues, venue)
    venues.run(1)
    link.take()
    venues.inject(venue, "freeze", "BTC/USDT", channel="ticker")
    venues.run(2)
    heard = {about(frame) for frame in link.take()}
    channels = {channel for coin, channel in heard if coin == "ETH"}
    assert len(channels) == 2
    assert {channel for coin, channel in heard if coin == "BTC"} < channels

    (best,) = channels - {channel for coin, channel in heard if coin == "BTC"}
    venues.board.clear(venues.now_ns)
    venues.inject(venue, "freeze", channel=best)
    venues.run(2)
    assert {channel for _, channel in map(about, link.take())} == channels - {best}


@each_venue
@pytest.mark.parametrize("fault", ["freeze", "blackhole"])
def test_open_sockets_can_be_hit_and_new_ones_spared(venue: str, fault: str) -> None:
    venues = make()
    old = subscribed(venues, venue)
    venues.run(1)
    old.items.clear()
    venues.inject(venue, fault, sockets="open")
    new = subscribed(venues, venue)
    venues.run(2)

    assert old.items == []
    assert len(new.items) > 10


@each_venue
def test_in_a_black_hole_nothing_is_answered_and_nothing_ends(venue: str) -> None:
    venues = make()
    link = subscribed(venues, venue)
    fault = venues.inject(venue, "blackhole", for_s=300.0)
    link.items.clear()
    venues.run(65)
    assert ping(link, venue) == []
    assert link.items == []
    assert link.ended is None

    late = subscribed(venues, venue)
    venues.run(1)
    assert late.items == []
    venues.board.lift(fault.number, venues.now_ns)
    venues.run(1)
    fresh = subscribed(venues, venue)
    venues.run(1)
    assert len(fresh.items) > 5


@each_venue
def test_a_reset_ends_every_socket_and_lets_new_ones_in(venue: str) -> None:
    venues = make()
    links = [subscribed(venues, venue) for _ in range(2)]
    fault = venues.inject(venue, "rst")

    assert [link.ended for link in links] == ["reset", "reset"]
    assert venues.board.on(venue) == ()
    assert fault.hits == 1
    for link in links:
        link.leave()
    fresh = subscribed(venues, venue)
    venues.run(1)
    assert fresh.ended is None


def test_resets_can_come_again_and_again() -> None:
    venues = make()
    venues.inject("okx", "rst", every_s=10.0, for_s=35.0)
    ended = 0
    link = subscribed(venues, "okx")
    for _ in range(60):
        venues.run(1)
        if link.ended is not None:
            ended += 1
            link.leave()
            link = subscribed(venues, "okx")

    assert ended == 3


@each_venue
def test_a_slow_line_delivers_everything_late_and_in_order(venue: str) -> None:
    venues = make(rate_hz=0.01)
    link = subscribed(venues, venue)
    venues.run(0.3)
    link.items.clear()
    venues.inject(venue, "delay", ms=250)
    assert ping(link, venue) == []
    venues.run(0.2)
    assert link.items == []
    venues.run(0.1)
    assert len(link.items) == 1


@each_venue
def test_a_slow_channel_is_late_alone(venue: str) -> None:
    venues = make()
    link = subscribed(venues, venue)
    venues.run(1)
    link.take()
    venues.inject(venue, "delay", "BTC/USDT", ms=1500, channel="ticker")
    venues.run(1)
    early = {about(frame) for frame in link.take()}
    venues.run(1)
    late = {about(frame) for frame in link.take()}

    assert {coin for coin, _ in early} == {"BTC", "ETH"}
    assert len(late - early) == 1
    assert len(ping(link, venue)) == 1


def test_after_a_slow_time_nothing_overtakes_what_is_under_way() -> None:
    venues = make()
    link = subscribed(venues, "bybit")
    venues.inject("bybit", "delay", ms=900, for_s=1.0)
    venues.inject("bybit", "delay", "BTC/USDT", ms=400, channel="ticker", for_s=1.5)
    venues.run(5)

    sequences: dict[str, list[int]] = {}
    for frame in link.take():
        sequences.setdefault(frame["topic"], []).append(frame["data"]["seq"])
    assert all(found == sorted(found) for found in sequences.values())
    assert len(sequences["orderbook.1.BTCUSDT"]) > 20


@each_venue
def test_a_flood_repeats_what_is_subscribed(venue: str) -> None:
    venues = make(rate_hz=0.01)
    link = subscribed(venues, venue)
    venues.run(0.5)
    link.items.clear()
    fault = venues.inject(venue, "flood", per_s=1000, for_s=2.0)
    venues.run(3)
    frames = link.take()

    assert abs(len(frames) - 2000) < 300
    # Bybit repeats quiet best prices by itself.
    assert fault.hits <= len(frames) <= fault.hits + 2
    assert len({about(frame) for frame in frames}) == 4


def test_a_flood_of_diff_depth_repeats_the_last_changes() -> None:
    venues = make()
    link = venues.connect("binance", "/ws/btcusdt@depth@100ms")
    venues.inject("binance", "flood", per_s=100)
    assert link.take() == []
    venues.run(2)
    ids = [frame["u"] for frame in link.take()]

    assert len(ids) > 150
    assert ids == sorted(ids)


@each_venue
def test_a_huge_frame_reaches_every_socket_once(venue: str) -> None:
    venues = make(rate_hz=0.01)
    links = [subscribed(venues, venue) for _ in range(2)]
    venues.run(0.5)
    for link in links:
        link.items.clear()
    venues.inject(venue, "flood", bytes=5 << 20)

    for link in links:
        (item,) = link.items
        assert len(item) == 5 << 20
        assert json.loads(item)
    assert venues.board.on() == ()


@each_venue
def test_corrupted_frames_come_between_good_ones(venue: str) -> None:
    venues = make()
    link = subscribed(venues, venue)
    venues.run(1)
    link.items.clear()
    venues.inject(venue, "corrupt", count=3, kinds=["cut", "utf8"])
    venues.run(2)

    bad = 0
    for item in link.items:
        try:
            json.loads(item if isinstance(item, str) else item.decode())
        except ValueError:
            bad += 1
    assert bad == 3
    assert len(link.items) > 20


@pytest.mark.parametrize("path", ["/ws/btcusdt@bookTicker", "/stream"])
def test_binance_announces_a_shutdown_and_closes(path: str) -> None:
    venues = make(rate_hz=0.01)
    link = venues.connect("binance", path, {"streams": "btcusdt@bookTicker"})
    venues.run(0)
    link.take()
    venues.inject("binance", "notice", close_after_s=3)
    (notice,) = link.take()
    event = notice["data"] if path == "/stream" else notice
    assert event == {"e": "serverShutdown", "E": venues.now_ns // 10**6}
    assert notice.get("stream", "!serverShutdown") == "!serverShutdown"

    venues.run(2.9)
    assert link.ended is None
    fresh = venues.connect("binance", path, {"streams": "btcusdt@bookTicker"})
    venues.run(0.3)
    assert link.ended == 1001
    assert fresh.ended is None


def test_okx_announces_an_upgrade_a_minute_ahead() -> None:
    venues = make()
    link = subscribed(venues, "okx")
    venues.inject("okx", "notice")
    notice = link.take()[-1]
    venues.run(59.9)
    assert (notice["event"], notice["code"]) == ("notice", "64008")
    assert link.ended is None

    venues.run(0.3)
    assert link.ended == 1001


@pytest.mark.parametrize("venue", ["bybit", "bitget"])
def test_others_close_without_a_word(venue: str) -> None:
    venues = make(rate_hz=0.01)
    link = subscribed(venues, venue)
    venues.run(0.5)
    link.items.clear()
    venues.inject(venue, "notice", for_s=2.0)
    assert link.items == []
    venues.run(2.2)

    assert link.ended == 1001


def test_a_notice_that_is_lifted_closes_nothing() -> None:
    venues = make()
    link = subscribed(venues, "okx")
    fault = venues.inject("okx", "notice", close_after_s=5, announce=False)
    assert not any("event" in frame for frame in link.take())
    venues.board.lift(fault.number, venues.now_ns)
    venues.run(10)

    assert link.ended is None


@each_venue
def test_sockets_can_be_cut_at_an_age(venue: str) -> None:
    venues = make()
    old = subscribed(venues, venue)
    venues.run(5)
    venues.inject(venue, "notice", lifetime_s=10.0)
    young = subscribed(venues, venue)
    venues.run(5.3)
    assert (old.ended, young.ended) == (1001, None)

    venues.run(5)
    assert young.ended == 1001


@pytest.mark.parametrize(("venue", "cut"), [("binance", True), ("bitget", True), ("okx", False)])
def test_who_cuts_sockets_after_a_day(venue: str, cut: bool) -> None:
    venues = make(rate_hz=0.0001)
    link = subscribed(venues, venue)
    network = venues.networks[venue]
    venues.clock.advance(24 * 3600 * 10**9 - 1)
    network.turn()
    assert link.ended is None
    venues.clock.advance(1)
    network.turn()
    link.collect()

    assert (link.ended == 1001) is cut


@each_venue
def test_a_rest_order_book_can_stick_in_its_cache(venue: str) -> None:
    venues = make()
    market = venues.markets[venue]
    venues.run(1)
    fault = venues.inject(venue, "freeze", "BTC/USDT", channel="snapshot")
    btc, eth = market.instruments
    stuck = market.cached_book_of(btc)
    before = (stuck.update_id, stuck.bids, stuck.asks, stuck.best_bid, stuck.best_ask)
    venues.run(5)

    again = market.cached_book_of(btc)
    assert (again.update_id, again.bids, again.asks, again.best_bid, again.best_ask) == before
    assert market.book_of(btc).update_id > before[0]
    assert market.cached_book_of(eth) is market.book_of(eth)
    venues.board.lift(fault.number, venues.now_ns)
    assert market.cached_book_of(btc) is market.book_of(btc)


def test_times_on_the_wire_follow_the_venues_clock() -> None:
    venues = make()
    link = subscribed(venues, "bybit")
    venues.inject("bybit", "clock_skew", ms=-3_600_000)
    venues.run(1)
    frame = link.take()[-1]

    assert abs(frame["ts"] - (venues.now_ns // 10**6 - 3_600_000)) < 1000
    assert abs(frame["cts"] - (venues.now_ns // 10**6 - 3_600_000)) < 1000
    assert ping(link, "bybit")


@pytest.mark.parametrize(
    ("venue", "refusal"),
    [("bybit", "handler not found"), ("okx", "60018"), ("bitget", "30001")],
)
def test_a_delisted_symbol_cannot_be_subscribed(venue: str, refusal: str) -> None:
    venues = make()
    link = subscribed(venues, venue)
    venues.inject(venue, "status", "BTC/USDT", status="delisted")
    venues.run(1)
    link.take()
    link.say(subscription(venue))
    words = [json.dumps(frame) for frame in link.take()]
    link.say(subscription(venue).replace("subscribe", "unsubscribe"))

    assert any(refusal in frame for frame in words)
    assert not any(refusal in json.dumps(frame) for frame in link.take())


def test_a_venue_with_a_slow_reader_is_not_held_up() -> None:
    venues = make()
    link = subscribed(venues, "okx")
    link.drop()
    venues.run(1)

    assert link.ended == "cut"
    assert len(link.outbox) == 0
