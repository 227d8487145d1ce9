"""The synthetic Bitget's public socket, spoken to by a raw client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from arbot_tui.domain.clock import SECOND
from tests.integration.simulator.bitget_client import Client
from tests.integration.simulator.venue_client import Body, hear, running

SYMBOLS = "/api/v2/spot/public/symbols"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with running(Client) as one:
        yield one


def arg(channel: str, name: str = "BTCUSDT") -> dict[str, str]:
    return {"instType": "SPOT", "channel": channel, "instId": name}


async def test_every_argument_is_acknowledged_and_starts_with_a_snapshot(client: Client) -> None:
    args = [arg("books1"), arg("books5"), arg("books15")]
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps({"op": "subscribe", "args": args}))
        acks = [await hear(socket) for _ in args]
        frames = [await hear(socket) for _ in args]

    assert acks == [{"event": "subscribe", "arg": one} for one in args]
    assert [frame["arg"] for frame in frames] == args
    assert {frame["action"] for frame in frames} == {"snapshot"}
    assert [len(frame["data"][0]["bids"]) for frame in frames] == [1, 5, 15]
    assert {frame["data"][0]["seq"] for frame in frames} == {
        client.venues.world.books("bitget")["BTC/USDT"].update_id
    }
    assert all(frame["ts"] == client.now_ms for frame in frames)


async def test_changes_are_told_best_first_and_deeper_ones_after(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        args = [arg("books1"), arg("books5")]
        await socket.send(json.dumps({"op": "subscribe", "args": args}))
        *_, best, five = [await hear(socket) for _ in range(4)]
        _, ask, size = await client.best()
        await client.order("buy", str(ask), str(size))
        best_after, five_after = await hear(socket), await hear(socket)

    assert Decimal(best["data"][0]["asks"][0][0]) == ask
    assert best_after["arg"]["channel"] == "books1"
    assert five_after["arg"]["channel"] == "books5"
    assert best_after["data"][0]["asks"] == five["data"][0]["asks"][1:2]
    assert five_after["data"][0]["asks"][:4] == five["data"][0]["asks"][1:]
    assert best_after["data"][0]["seq"] > best["data"][0]["seq"]
    assert best_after["data"][0]["ts"] == str(client.now_ms)


async def test_a_bad_argument_gets_an_error_and_the_others_are_served(client: Client) -> None:
    args = [arg("candleX"), arg("books1", "NOUSDT"), arg("books1")]
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps({"op": "subscribe", "args": args}))
        first, second, ack, data = [await hear(socket) for _ in range(4)]

    assert first == {
        "event": "error",
        "arg": args[0],
        "code": 30001,
        "msg": "instType:SPOT,channel:candleX,instId:BTCUSDT doesn't exist",
    }
    assert (second["code"], second["arg"]) == (30001, args[1])
    assert ack["event"] == "subscribe"
    assert data["arg"] == args[2]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", 30002),
        ("[]", 30002),
        ('{"op":"dance","args":[{}]}', 30003),
        ('{"op":"subscribe"}', 30016),
        ('{"op":"subscribe","args":["books1"]}', 30016),
        ('{"op":"subscribe","args":[' + " " * 4096 + "]}", 30016),
    ],
)
async def test_bad_frames_get_an_error_and_leave_the_connection_open(
    client: Client, text: str, code: int
) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(text)
        error = await hear(socket)
        await socket.send("ping")
        pong = await socket.recv()

    assert (error["event"], error["code"]) == ("error", code)
    assert pong == "pong"


async def test_unsubscribing_is_acknowledged_and_ends_the_data(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps({"op": "subscribe", "args": [arg("books1")]}))
        await hear(socket), await hear(socket)
        await socket.send(json.dumps({"op": "unsubscribe", "args": [arg("books1")]}))
        ack = await hear(socket)
        _, ask, _ = await client.best()
        await client.order("buy", str(ask), "0.001")
        await socket.send("ping")
        heard = await socket.recv()

    assert ack == {"event": "unsubscribe", "arg": arg("books1")}
    assert heard == "pong"


async def test_without_a_ping_for_two_minutes_the_connection_is_closed(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send("ping")
        assert await socket.recv() == "pong"
        client.clock.advance(120 * SECOND)
        await socket.send("ping")
        assert await socket.recv() == "pong"
        client.clock.advance(120 * SECOND + 1_000_000)
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_more_than_ten_frames_a_second_close_the_connection(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        for _ in range(10):
            await socket.send("ping")
            assert await socket.recv() == "pong"
        await socket.send("ping")
        last = await hear(socket)
        with pytest.raises(ConnectionClosed):
            await socket.recv()

    assert last["code"] == 30007


async def test_a_connection_may_send_240_requests_an_hour(client: Client) -> None:
    frame = json.dumps({"op": "unsubscribe", "args": [arg("books1")]})
    async with connect(client.place["ws_public"]) as socket:
        for _ in range(24):
            for _ in range(10):
                await socket.send(frame)
                assert (await hear(socket))["event"] == "unsubscribe"
            client.clock.advance(SECOND)
        await socket.send(frame)
        refused = await hear(socket)

    assert refused["code"] == 30006


async def test_a_side_that_orders_took_whole_is_told_as_empty(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps({"op": "subscribe", "args": [arg("books1")]}))
        await hear(socket), await hear(socket)
        _, ask, _ = await client.best()
        await client.order("buy", str(ask * 2), "20")
        frame = await hear(socket)
    _, tickers = await client.public("/api/v2/spot/market/tickers?symbol=BTCUSDT")

    assert frame["data"][0]["asks"] == []
    assert frame["data"][0]["bids"]
    assert tickers["data"][0]["askPr"] == "0"


async def test_a_connection_carries_a_thousand_channels_at_most() -> None:
    # Four hundred symbols have twelve hundred channels.
    async with running(Client, symbols=400) as client:
        names = [row["symbol"] for row in (await client.public(SYMBOLS))[1]["data"]]
        args = [arg(channel, name) for name in names for channel in ("books1", "books5", "books15")]
        events: list[Body] = []
        async with connect(client.place["ws_public"], max_queue=None) as socket:
            for start in range(0, 1005, 15):
                client.clock.advance(SECOND // 5)
                part = args[start : start + 15]
                await socket.send(json.dumps({"op": "subscribe", "args": part}))
                while len(events) < start + 15:
                    frame = await hear(socket)
                    if "event" in frame:
                        events.append(frame)

    assert {event["event"] for event in events[:1000]} == {"subscribe"}
    assert [event["code"] for event in events[1000:]] == [30006] * 5


async def test_one_listener_leaving_leaves_the_others(client: Client) -> None:
    frame = json.dumps({"op": "subscribe", "args": [arg("books1")]})
    async with connect(client.place["ws_public"]) as stays:
        await stays.send(frame)
        await hear(stays), await hear(stays)
        async with connect(client.place["ws_public"]) as leaves:
            await leaves.send(frame)
            await hear(leaves), await hear(leaves)
            await leaves.send(frame.replace("subscribe", "unsubscribe"))
            await hear(leaves)
        _, ask, _ = await client.best()
        await client.order("buy", str(ask), "0.001")
        told = await hear(stays)

    assert told["arg"] == arg("books1")
