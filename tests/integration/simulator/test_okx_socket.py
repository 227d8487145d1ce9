"""The synthetic OKX's public socket, spoken to by a raw client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from arbot_tui.domain.clock import SECOND
from tests.integration.simulator.okx_client import Client
from tests.integration.simulator.venue_client import hear, running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with running(Client) as one:
        yield one


async def test_every_argument_is_acknowledged_and_starts_with_the_state(client: Client) -> None:
    args = [{"channel": name, "instId": "BTC-USDT"} for name in ("bbo-tbt", "books5", "books")]
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps({"id": "1512", "op": "subscribe", "args": args}))
        acks = [await hear(socket) for _ in args]
        best, five, book = [await hear(socket) for _ in args]

    assert [(ack["id"], ack["event"], ack["arg"]) for ack in acks] == [
        ("1512", "subscribe", arg) for arg in args
    ]
    assert len({ack["connId"] for ack in acks}) == 1
    assert (best["arg"], "action" in best) == (args[0], False)
    assert [len(frame["data"][0]["bids"]) for frame in (best, five, book)] == [1, 5, 20]
    assert five["data"][0]["instId"] == "BTC-USDT"
    assert (book["action"], book["data"][0]["prevSeqId"]) == ("snapshot", -1)
    assert book["data"][0]["checksum"] == 0
    assert {frame["data"][0]["seqId"] for frame in (best, five, book)} == {
        client.venues.world.books("okx")["BTC/USDT"].update_id
    }


async def test_the_book_is_continued_by_updates_that_lead_to_the_truth(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send('{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}')
        _, snapshot = await hear(socket), await hear(socket)
        _, ask, size = await client.best()
        await client.order("buy", str(ask), str(size))
        update = await hear(socket)
        # A second listener joins the same chain.
        async with connect(client.place["ws_public"]) as late:
            await late.send('{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}')
            _, joined = await hear(late), await hear(late)

    (first,), (second,) = snapshot["data"], update["data"]
    assert (update["action"], second["prevSeqId"]) == ("update", first["seqId"])
    assert second["asks"] == [[str(ask), "0", "0", "0"]]
    assert second["bids"] == []
    assert joined["data"][0]["seqId"] == second["seqId"]
    assert joined["data"][0]["asks"] == first["asks"][1:]


async def test_best_bid_and_ask_are_told_as_they_change(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send('{"op":"subscribe","args":[{"channel":"bbo-tbt","instId":"BTC-USDT"}]}')
        _, first = await hear(socket), await hear(socket)
        _, ask, size = await client.best()
        await client.order("buy", str(ask), str(size))
        second = await hear(socket)

    assert Decimal(first["data"][0]["asks"][0][0]) == ask
    assert Decimal(second["data"][0]["asks"][0][0]) > ask
    assert second["data"][0]["ts"] == str(client.now_ms)
    assert second["data"][0]["seqId"] > first["data"][0]["seqId"]


async def test_text_ping_is_answered_with_text_pong(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send("ping")

        assert await socket.recv() == "pong"


async def test_a_quiet_book_proves_that_it_lives_after_a_minute(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send('{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}')
        _, snapshot = await hear(socket), await hear(socket)
        for _ in range(3):
            client.clock.advance(20 * SECOND)
            await socket.send("ping")
            assert await socket.recv() == "pong"
        alive = await hear(socket)

    (item,) = alive["data"]
    assert (item["asks"], item["bids"], alive["action"]) == ([], [], "update")
    assert item["prevSeqId"] == item["seqId"] == snapshot["data"][0]["seqId"]


async def test_an_idle_connection_is_closed_after_thirty_seconds(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send("ping")
        await socket.recv()
        client.clock.advance(30 * SECOND + 1_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4004


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", "60012"),
        ("[]", "60012"),
        ('{"op":"dance","args":[{}]}', "60012"),
        ('{"op":"subscribe"}', "60012"),
        ('{"op":"subscribe","args":["books"]}', "60012"),
        ('{"id":"a-b","op":"subscribe","args":[]}', "60012"),
        ('{"op":"subscribe","args":[{"channel":"books","instId":"NO-USDT"}]}', "60018"),
        ('{"op":"subscribe","args":[{"channel":"candle1m","instId":"BTC-USDT"}]}', "60018"),
        ('{"op":"subscribe","args":[{"channel":"books-l2-tbt","instId":"BTC-USDT"}]}', "64003"),
    ],
)
async def test_bad_frames_get_one_error_and_leave_the_connection_open(
    client: Client, text: str, code: str
) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(text)
        error = await hear(socket)
        await socket.send("ping")
        pong = await socket.recv()

    assert (error["event"], error["code"]) == ("error", code)
    assert error["connId"]
    assert pong == "pong"


async def test_one_bad_argument_subscribes_to_nothing(client: Client) -> None:
    good, bad = ({"channel": "bbo-tbt", "instId": f"{coin}-USDT"} for coin in ("BTC", "NO"))
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps({"id": "7", "op": "subscribe", "args": [good, bad]}))
        error = await hear(socket)
        _, ask, _ = await client.best()
        await client.order("buy", str(ask), "0.001")
        await socket.send("ping")
        heard = await socket.recv()

    assert (error["id"], error["event"], error["code"]) == ("7", "error", "60018")
    assert heard == "pong"


async def test_unsubscribing_is_acknowledged_and_ends_the_data(client: Client) -> None:
    arg = {"channel": "books", "instId": "BTC-USDT"}
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps({"op": "subscribe", "args": [arg]}))
        await hear(socket), await hear(socket)
        await socket.send(json.dumps({"id": "1513", "op": "unsubscribe", "args": [arg]}))
        ack = await hear(socket)
        _, ask, _ = await client.best()
        await client.order("buy", str(ask), "0.001")
        await socket.send("ping")
        heard = await socket.recv()

    assert (ack["event"], ack["arg"], ack["id"]) == ("unsubscribe", arg, "1513")
    assert heard == "pong"


async def test_a_connection_may_send_480_subscriptions_an_hour(client: Client) -> None:
    frame = '{"op":"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}'
    async with connect(client.place["ws_public"]) as socket:
        for _ in range(481):
            await socket.send(frame)
        events = [await hear(socket) for _ in range(481)]

    assert {event["event"] for event in events[:480]} == {"unsubscribe"}
    assert events[480]["code"] == "60014"


async def test_an_oversized_frame_closes_the_connection(client: Client) -> None:
    async with connect(client.place["ws_public"]) as socket:
        await socket.send("x" * 65_537)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_a_side_that_orders_took_whole_is_told_as_empty(client: Client) -> None:
    args = [{"channel": name, "instId": "BTC-USDT"} for name in ("bbo-tbt", "books5")]
    async with connect(client.place["ws_public"]) as socket:
        await socket.send(json.dumps({"op": "subscribe", "args": args}))
        for _ in range(4):
            await hear(socket)
        _, ask, _ = await client.best()
        await client.order("buy", str(ask * 2), "20")
        best, five = await hear(socket), await hear(socket)
    (ticker,) = (await client.public("/api/v5/market/ticker?instId=BTC-USDT"))["data"]

    assert best["data"][0]["asks"] == five["data"][0]["asks"] == []
    assert five["arg"] == args[1]
    assert ticker["askPx"] == ""


async def test_one_listener_leaving_leaves_the_others(client: Client) -> None:
    frame = '{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}'
    async with connect(client.place["ws_public"]) as stays:
        await stays.send(frame)
        _, first = await hear(stays), await hear(stays)
        async with connect(client.place["ws_public"]) as leaves:
            await leaves.send(frame)
            await hear(leaves), await hear(leaves)
        _, ask, _ = await client.best()
        await client.order("buy", str(ask), "0.001")
        told = await hear(stays)

    assert told["data"][0]["prevSeqId"] == first["data"][0]["seqId"]
