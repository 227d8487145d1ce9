"""Depth channels of all venues in virtual time, with and without faults."""

from __future__ import annotations

from itertools import pairwise

import pytest

from arbot_tui.simulator.core.world import WorldSpec
from tests.unit.simulator.virtual import VirtualVenues
from tests.unit.simulator.wire.local_books import CLIENTS, Client

each_venue = pytest.mark.parametrize("kind", CLIENTS)


def a_client(kind: type[Client], seed: int = 3) -> Client:
    spec = WorldSpec(seed=seed, symbols=2, rate_hz=60.0, edges_per_min=60.0)
    client = kind(VirtualVenues(spec, remember=True))
    settle(client)
    return client


def settle(client: Client) -> None:
    """Let the venue catch up: the world stands still until every change has been told."""
    client.venues.run(0.3)
    client.read()
    for _ in range(40):
        if client.ident is not None and client.true:
            return
        client.venues.run(0.01)
        client.read()


@each_venue
def test_a_local_book_follows_the_venue_through_every_change(kind: type[Client]) -> None:
    client = a_client(kind)
    for _ in range(20):
        client.venues.run(1)
        client.read()
        settle(client)
        assert client.true

    assert client.gaps == 0
    assert len(client.bids) == len(client.asks) == 20
    assert client.seen > 50


@each_venue
def test_books_move_to_other_prices_and_back_off_the_old_ones(kind: type[Client]) -> None:
    client = a_client(kind)
    before = set(client.bids)
    client.venues.run(30)
    client.read()
    settle(client)

    assert client.true
    assert len(before - set(client.bids)) > 5


@each_venue
def test_one_lost_change_is_noticed_once_and_mended(kind: type[Client]) -> None:
    client = a_client(kind)
    client.venues.inject(client.venue, "gap", "BTC/USDT")
    client.venues.run(2)
    client.read()
    settle(client)

    assert client.gaps == 1
    assert client.true


@each_venue
def test_changes_that_come_twice_change_nothing(kind: type[Client]) -> None:
    client = a_client(kind)
    seen, old = client.seen, client.old
    client.venues.inject(client.venue, "dup", channel="depth")
    client.venues.run(3)
    client.read()
    client.venues.board.clear(client.venues.now_ns)
    settle(client)

    assert client.gaps == 0
    assert client.old - old >= (client.seen - seen) // 3
    assert client.true


@each_venue
def test_changes_in_the_wrong_order_are_noticed(kind: type[Client]) -> None:
    client = a_client(kind)
    client.venues.inject(client.venue, "reorder", "BTC/USDT", count=1, channel="depth")
    client.venues.run(3)
    client.read()
    settle(client)

    assert client.gaps == 1
    assert client.true


@each_venue
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_careful_client_is_never_wrong_without_knowing(kind: type[Client], seed: int) -> None:
    client = a_client(kind, seed)
    for fault, p in (("drop", 0.05), ("dup", 0.1), ("reorder", 0.05)):
        client.venues.inject(client.venue, fault, p=p)
    held = 0
    for _ in range(400):
        client.venues.run(0.1)
        client.read()
        assert client.honest
        held += client.ident is not None
    client.venues.board.clear(client.venues.now_ns)
    client.venues.run(2)
    client.read()
    settle(client)

    assert client.gaps > 3
    assert held > 200
    assert client.true


@each_venue
def test_a_restart_is_told_as_the_venue_tells_it(kind: type[Client]) -> None:
    client = a_client(kind)
    before = client.ident
    client.venues.inject(client.venue, "seqreset")
    client.venues.run(1)
    client.read()
    if client.venue == "binance":
        # New ids and no warning: all connections are gone.
        assert client.link.ended == "cut"
        client.link.leave()
        client.ident = None
        client.link = client.connect()
    settle(client)

    assert client.gaps == 0
    assert client.true
    assert before is not None
    assert client.ident is not None
    assert client.ident < before


def test_the_reset_of_okx_is_one_update_to_a_smaller_id() -> None:
    venues = VirtualVenues(WorldSpec(seed=3, symbols=1, rate_hz=0.01, edges_per_min=0.0))
    link = venues.connect("okx")
    link.say('{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}')
    _, snapshot = link.take()
    venues.inject("okx", "seqreset", "BTC/USDT")
    (reset,) = link.take()

    (item,) = reset["data"]
    assert reset["action"] == "update"
    assert item["prevSeqId"] == snapshot["data"][0]["seqId"]
    assert (item["seqId"], item["bids"], item["asks"]) == (1, [], [])


def test_the_restart_of_bybit_is_a_snapshot_with_the_first_id() -> None:
    venues = VirtualVenues(WorldSpec(seed=3, symbols=1, rate_hz=0.01, edges_per_min=0.0))
    link = venues.connect("bybit")
    link.say('{"op":"subscribe","args":["orderbook.1.BTCUSDT","orderbook.50.BTCUSDT"]}')
    _, best, book = link.take()
    venues.run(0)
    link.take()
    venues.inject("bybit", "seqreset")
    again = link.take()

    assert [(f["topic"], f["type"], f["data"]["u"]) for f in again] == [
        ("orderbook.1.BTCUSDT", "snapshot", 1),
        ("orderbook.50.BTCUSDT", "snapshot", 1),
    ]
    for before, after in zip((best, book), again, strict=True):
        assert after["data"]["b"] == before["data"]["b"]
        assert after["data"]["seq"] == before["data"]["seq"]


@pytest.mark.parametrize("depth", [50, 200, 1000])
def test_the_depths_of_bybit_count_for_themselves(depth: int) -> None:
    venues = VirtualVenues(WorldSpec(seed=3, symbols=1, rate_hz=50.0, edges_per_min=0.0))
    link = venues.connect("bybit")
    link.say(f'{{"op":"subscribe","args":["orderbook.{depth}.BTCUSDT"]}}')
    venues.run(5)
    _, snapshot, *deltas = link.take()

    assert (snapshot["type"], len(snapshot["data"]["b"])) == ("snapshot", 20)
    ids = [frame["data"]["u"] for frame in deltas]
    assert ids == list(range(snapshot["data"]["u"] + 1, snapshot["data"]["u"] + 1 + len(ids)))
    assert len(ids) > 10
    assert all(frame["type"] == "delta" and frame["cts"] <= frame["ts"] for frame in deltas)
    times = [frame["ts"] for frame in deltas]
    assert min(b - a for a, b in pairwise(times)) >= {50: 20, 200: 100}.get(depth, 200)


def test_a_topic_of_bybit_goes_on_counting_while_nobody_listens() -> None:
    venues = VirtualVenues(WorldSpec(seed=3, symbols=1, rate_hz=50.0, edges_per_min=0.0))
    link = venues.connect("bybit")
    request = '{"op":"subscribe","args":["orderbook.50.BTCUSDT"]}'
    link.say(request)
    venues.run(1)
    last = link.take()[-1]["data"]["u"]
    link.say(request.replace("subscribe", "unsubscribe"))
    link.say(request)

    _, _, snapshot = link.take()
    assert snapshot["data"]["u"] > last


def test_the_books_of_bitget_are_chained_and_print_gone_levels_as_zero() -> None:
    venues = VirtualVenues(WorldSpec(seed=3, symbols=1, rate_hz=50.0, edges_per_min=0.0))
    link = venues.connect("bitget")
    link.say('{"op":"subscribe","args":[{"instType":"SPOT","channel":"books","instId":"BTCUSDT"}]}')
    venues.run(5)
    ack, snapshot, *updates = link.take()

    assert ack["event"] == "subscribe"
    assert (snapshot["action"], snapshot["data"][0]["pseq"]) == ("snapshot", 0)
    before = snapshot["data"][0]["seq"]
    gone = 0
    for update in updates:
        (item,) = update["data"]
        assert (update["action"], item["pseq"]) == ("update", before)
        before = item["seq"]
        gone += sum(qty == "0" for _, qty in item["bids"] + item["asks"])
    assert len(updates) > 10
    assert gone > 10


@each_venue
def test_while_a_symbol_is_halted_its_book_stands_still(kind: type[Client]) -> None:
    client = a_client(kind)
    client.venues.inject(client.venue, "status", "BTC/USDT", for_s=5.0)
    client.venues.run(0.5)
    client.read()
    seen, ident = client.seen, client.ident
    client.venues.run(4)
    client.read()
    assert (client.seen, client.ident) == (seen, ident)

    late = type(client)(client.venues)
    client.venues.run(0.1)
    if client.venue != "binance":
        assert (late.bids, late.asks) == (client.bids, client.asks)
    client.venues.run(3)
    for one in (client, late):
        one.read()
        settle(one)
        assert one.true
        assert one.gaps == 0
