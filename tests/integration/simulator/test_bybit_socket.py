"""The synthetic Bybit's public socket, spoken to by a raw client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from websockets.asyncio.client import connect

from tests.integration.simulator.bybit_client import Client
from tests.integration.simulator.venue_client import Body, hear, running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with running(Client) as one:
        yield one


async def test_subscribing_is_acknowledged_and_starts_with_a_snapshot(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send('{"req_id":"1","op":"subscribe","args":["orderbook.1.BTCUSDT"]}')
        ack, first = await hear(socket), await hear(socket)
        _, ask, size = await client.best()
        await client.order("Buy", str(ask), str(size))
        second = await hear(socket)

    assert (ack["success"], ack["ret_msg"], ack["req_id"]) == (True, "subscribe", "1")
    assert first["topic"] == "orderbook.1.BTCUSDT"
    assert first["type"] == "snapshot"
    assert [Decimal(text) for text in first["data"]["a"][0]] == [ask, size]
    assert second["data"]["u"] > first["data"]["u"]
    assert second["data"]["seq"] > first["data"]["seq"]
    assert Decimal(second["data"]["a"][0][0]) > ask
    assert second["cts"] == client.now_ms


async def test_a_quiet_book_is_told_again_with_the_same_update_id(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send('{"op":"subscribe","args":["orderbook.1.BTCUSDT"]}')
        _, first = await hear(socket), await hear(socket)
        await client.pass_time(3.5)
        again = await hear(socket)

    assert again["data"] == first["data"]
    assert again["cts"] == first["cts"]
    assert again["ts"] - first["ts"] >= 3000


async def test_pings_are_json_and_keep_their_operation(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send('{"op":"ping"}')
        bare = await hear(socket)
        await socket.send('{"req_id":"77","op":"ping"}')
        named = await hear(socket)

    assert bare == {
        "success": True,
        "ret_msg": "pong",
        "conn_id": bare["conn_id"],
        "op": "ping",
    }
    assert named["req_id"] == "77"


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            {"op": "subscribe", "args": ["orderbook.1.BTCUSDT", "publicTrade.NOTASYMBOL"]},
            "error:handler not found,topic:publicTrade.NOTASYMBOL",
        ),
        ({"op": "subscribe", "args": ["orderbook.1.BTCUSDT"] * 11}, "args size >10"),
        ({"op": "subscribe"}, "error:args is empty"),
        ({"op": "dance"}, "error:invalid op"),
        ({}, "error:invalid op"),
    ],
)
async def test_a_bad_frame_fails_as_a_whole_and_leaves_the_connection_open(
    client: Client, frame: Body, message: str
) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps(frame))
        refused = await hear(socket)
        _, ask, _ = await client.best()
        await client.order("Buy", str(ask), "0.001")
        await socket.send('{"op":"ping"}')
        # Nothing was subscribed: the next thing heard is the pong.
        pong = await hear(socket)

    assert (refused["success"], refused["ret_msg"]) == (False, message)
    assert pong["ret_msg"] == "pong"


async def test_after_unsubscribing_nothing_more_is_told(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send('{"op":"subscribe","args":["orderbook.1.BTCUSDT"]}')
        await hear(socket), await hear(socket)
        await socket.send('{"req_id":"u1","op":"unsubscribe","args":["orderbook.1.BTCUSDT"]}')
        ack = await hear(socket)
        _, ask, _ = await client.best()
        await client.order("Buy", str(ask), "0.001")
        await socket.send("not json")
        error = await hear(socket)

    assert (ack["success"], ack["op"], ack["req_id"]) == (True, "unsubscribe", "u1")
    assert error["ret_msg"] == "error:invalid op"


async def test_a_side_that_orders_took_whole_is_told_as_empty(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send('{"op":"subscribe","args":["orderbook.1.BTCUSDT"]}')
        await hear(socket), await hear(socket)
        _, ask, _ = await client.best()
        await client.order("Buy", str(ask * 2), "20")
        frame = await hear(socket)
    tickers = await client.public("/v5/market/tickers", category="spot", symbol="BTCUSDT")

    assert frame["data"]["a"] == []
    assert frame["data"]["b"]
    assert tickers["result"]["list"][0]["ask1Price"] == ""


async def test_topics_of_a_connection_have_a_total_length(client: Client) -> None:
    long = "orderbook.1." + "A" * 21_000
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps({"op": "subscribe", "args": [long]}))
        refused = await hear(socket)

    assert refused["success"] is False


async def test_one_listener_leaving_leaves_the_others(client: Client) -> None:
    frame = '{"op":"subscribe","args":["orderbook.1.BTCUSDT"]}'
    async with connect(client.place["ws_public"]) as stays:
        await stays.send(frame)
        await hear(stays), await hear(stays)
        async with connect(client.place["ws_public"]) as leaves:
            await leaves.send(frame)
            await hear(leaves), await hear(leaves)
            await leaves.send(frame.replace("subscribe", "unsubscribe"))
            await hear(leaves)
        _, ask, _ = await client.best()
        await client.order("Buy", str(ask), "0.001")
        told = await hear(stays)

    assert told["topic"] == "orderbook.1.BTCUSDT"
