"""OKX's private socket, spoken by a raw client."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from arbot_tui.simulator.wire.okx import private as okx_private
from tests.integration.simulator.okx_client import Client
from tests.integration.simulator.venue_client import Body, hear, running

BTC = "BTC/USDT"
ORDERS = {"channel": "orders", "instType": "SPOT"}
ACCOUNT = {"channel": "account", "extraParams": '{"updateInterval": "0"}'}


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Client, ClientConnection]]:
    async with running(Client) as client:
        url = client.place["ws_private"]
        assert url is not None
        async with connect(url) as socket:
            yield client, socket


async def ask(socket: ClientConnection, **frame: object) -> Body:
    await socket.send(json.dumps(frame))
    return await hear(socket)


def login(client: Client, late_s: int = 0, **instead: str) -> Body:
    stamp = str(client.now_ms // 1000 - late_s)
    text = f"{stamp}GET/users/self/verify".encode()
    digest = hmac.new(client.place["api_secret"].encode(), text, hashlib.sha256).digest()
    return {
        "apiKey": client.place["api_key"],
        "passphrase": client.place["passphrase"],
        "timestamp": stamp,
        "sign": base64.b64encode(digest).decode(),
    } | instead


async def logged_in(client: Client, socket: ClientConnection, *args: Body) -> list[Body]:
    """Log in and subscribe; return what comes after the acknowledgements."""
    answer = await ask(socket, op="login", args=[login(client)])
    assert (answer["event"], answer["code"]) == ("login", "0")
    if not args:
        return []
    await socket.send(json.dumps({"id": "7", "op": "subscribe", "args": args}))
    frames: list[Body] = []
    for arg in args:
        ack, counted = await hear(socket), await hear(socket)
        assert (ack["id"], ack["event"], ack["arg"]) == ("7", "subscribe", arg)
        assert (counted["event"], counted["channel"]) == ("channel-conn-count", arg["channel"])
        if arg["channel"] == "account":
            frames.append(await hear(socket))
    return frames


def order(client: Client, price: Decimal, **more: object) -> Body:
    instruments = client.venues.world.instruments("okx")
    code = next(1_000_000 + i.index for i in instruments if i.symbol == BTC)
    body: Body = {
        "instIdCode": code,
        "tdMode": "cash",
        "clOrdId": "arb1",
        "side": "buy",
        "ordType": "ioc",
        "px": str(price),
        "sz": "0.001",
    }
    return body | more


async def test_orders_with_their_fills_and_the_account_are_told() -> None:
    async with connected() as (client, socket):
        (snapshot,) = await logged_in(client, socket, ORDERS, ACCOUNT)
        assert (snapshot["eventType"], snapshot["lastPage"]) == ("snapshot", True)
        held = client.matcher.account.holdings
        rows = {row["ccy"]: row for row in snapshot["data"][0]["details"]}
        assert {ccy: Decimal(row["availBal"]) for ccy, row in rows.items()} == {
            asset: holding.free for asset, holding in held.items() if holding.total
        }
        _, best, _ = await client.best()
        await client.order("buy", str(best + 100), "0.001")

        live, filled, update = [await hear(socket) for _ in range(3)]
        assert live["arg"]["uid"]
        assert (live["data"][0]["state"], live["data"][0]["tradeId"]) == ("live", "")
        (row,) = filled["data"]
        assert (row["state"], row["fillSz"], row["accFillSz"]) == ("filled", "0.001", "0.001")
        assert (row["fillFee"], row["fillFeeCcy"], row["execType"]) == ("-0.000001", "BTC", "T")
        assert update["eventType"] == "event_update"
        changed = {row["ccy"] for row in update["data"][0]["details"]}
        assert changed == {"USDT", "BTC"}


async def test_an_ioc_rest_is_cancelled_by_its_source() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket, ORDERS)
        bid, _, _ = await client.best()
        await client.order("buy", str(bid - 10), "0.001")
        await hear(socket)
        (row,) = (await hear(socket))["data"]
        assert (row["state"], row["cancelSource"], row["avgPx"]) == ("canceled", "14", "0")


async def test_orders_and_cancels_on_the_socket() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket)
        bid, _, _ = await client.best()
        answer = await ask(
            socket, id="1", op="order", args=[order(client, bid - 500, ordType="limit")]
        )
        (found,) = client.matcher.orders
        (item,) = answer["data"]
        assert (answer["id"], answer["op"], answer["code"]) == ("1", "order", "0")
        assert (item["sCode"], item["ordId"]) == ("0", str(found.order_id))
        cancel = {"instIdCode": order(client, bid)["instIdCode"], "clOrdId": "arb1"}
        gone = await ask(socket, id="2", op="cancel-order", args=[cancel])
        assert (gone["code"], gone["data"][0]["sCode"]) == ("0", "0")
        again = await ask(socket, id="3", op="cancel-order", args=[cancel])
        assert (again["code"], again["data"][0]["sCode"]) == ("1", "51400")


@pytest.mark.parametrize(
    ("frame", "change", "code", "s_code"),
    [
        ({}, {"instIdCode": 7}, "1", "51001"),
        ({}, {"sz": "90000"}, "1", "51101"),
        ({}, {"clOrdId": "a-b"}, "1", "51000"),
        ({}, {"px": ""}, "50014", None),
        ({"expTime": "1"}, {}, "1", "50036"),
        ({"expTime": "soon"}, {}, "1", "51000"),
        ({"id": None}, {}, "60013", None),
    ],
)
async def test_what_is_refused(frame: Body, change: Body, code: str, s_code: str | None) -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket)
        bid, _, _ = await client.best()
        request = {"id": "1", "op": "order", "args": [order(client, bid - 500, **change)]}
        answer = await ask(socket, **{**request, **frame})
        assert (answer["op"], answer["code"]) == ("order", code)
        assert [item["sCode"] for item in answer["data"]] == ([s_code] if s_code else [])
        assert not client.matcher.orders


async def test_the_name_of_an_instrument_is_no_substitute_for_its_code() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket)
        named = order(client, Decimal(1), instId="BTC-USDT")
        del named["instIdCode"]
        answer = await ask(socket, id="1", op="order", args=[named])
        assert (answer["code"], answer["data"]) == ("50014", [])


@pytest.mark.parametrize(
    ("late_s", "instead", "code"),
    [
        (0, {"sign": "x"}, "60007"),
        (0, {"apiKey": "x"}, "60005"),
        (0, {"passphrase": "x"}, "60024"),
        (31, {}, "60006"),
        (0, {"timestamp": "now"}, "60004"),
    ],
)
async def test_a_failed_login_closes_the_connection(
    late_s: int, instead: dict[str, str], code: str
) -> None:
    async with connected() as (client, socket):
        answer = await ask(socket, op="login", args=[login(client, late_s, **instead)])
        assert (answer["event"], answer["code"]) == ("error", code)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001


async def test_one_has_to_log_in_once() -> None:
    async with connected() as (client, socket):
        assert (await ask(socket, op="subscribe", args=[ORDERS]))["code"] == "60011"
        early = await ask(socket, id="1", op="order", args=[order(client, Decimal(1))])
        assert early["code"] == "60011"
        await logged_in(client, socket)
        assert (await ask(socket, op="login", args=[login(client)]))["code"] == "60031"


@pytest.mark.parametrize(
    ("arg", "code"),
    [
        ({"channel": "fills", "instId": "BTC-USDT"}, "64003"),
        ({"channel": "orders"}, "60018"),
        ({"channel": "orders", "instType": "SPOT", "instId": "NO-SUCH"}, "60018"),
        ({"channel": "tickers", "instId": "BTC-USDT"}, "60018"),
    ],
)
async def test_channels_that_are_not_there(arg: Body, code: str) -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket)
        assert (await ask(socket, op="subscribe", args=[arg]))["code"] == code


async def test_pings_and_silence() -> None:
    async with connected() as (client, socket):
        await socket.send("ping")
        assert await socket.recv() == "pong"
        client.clock.advance(31_000_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4004


async def test_one_instrument_can_be_followed_and_left() -> None:
    async with connected() as (client, socket):
        arg = {**ORDERS, "instId": "ETH-USDT"}
        await logged_in(client, socket, arg)
        bid, _, _ = await client.best()
        await client.order("buy", str(bid - 10), "0.001")
        left = await ask(socket, op="unsubscribe", args=[arg])
        assert left["event"] == "unsubscribe"


async def test_an_account_is_told_again_unless_it_should_not_be() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket, {"channel": "account", "ccy": "BTC"})
        client.clock.advance(6_000_000_000)
        again = await hear(socket)
        assert again["eventType"] == "interval_update"
        assert [row["ccy"] for row in again["data"][0]["details"]] == ["BTC"]
        bid, _, _ = await client.best()
        # Locks USDT only, which is not followed here.
        await client.order("buy", str(bid - 500), "0.001", ordType="limit")
        await socket.send("ping")
        assert await socket.recv() == "pong"


async def test_too_many_connections_get_a_subscription_that_is_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(okx_private, "_MOST_CONNECTIONS", 1)
    async with connected() as (client, first):
        await logged_in(client, first, ORDERS)
        async with connect(str(client.place["ws_private"])) as second:
            await ask(second, op="login", args=[login(client)])
            ack = await ask(second, op="subscribe", args=[ORDERS])
            assert ack["event"] == "subscribe"
            assert (await hear(second))["event"] == "channel-conn-count-error"
            bid, _, _ = await client.best()
            await client.order("buy", str(bid - 10), "0.001")
            await second.send("ping")
            assert await second.recv() == "pong"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"op":"subscribe"}',
        '{"op":"dance","args":[{}]}',
        '{"id":"a-b","op":"login","args":[{}]}',
    ],
)
async def test_what_is_no_request(text: str) -> None:
    async with connected() as (_, socket):
        await socket.send(text)
        answer = await hear(socket)
        assert (answer["event"], answer["code"]) == ("error", "60012")


async def test_a_key_without_rights_and_too_many_orders_on_the_socket() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket)
        fault = client.venues.inject("okx", "perms", args={"trade": False})
        refused = await ask(socket, id="0", op="order", args=[order(client, Decimal(1))])
        assert (refused["code"], refused["data"]) == ("50120", [])
        client.venues.faults.lift(fault.number, client.clock.now_ns())
        client.venues.inject("okx", "ack_code", args={"code": 50026}, count=1)
        failed = await ask(socket, id="1", op="order", args=[order(client, Decimal(1))])
        assert (failed["code"], failed["data"]) == ("50026", [])
        codes = []
        # One was counted before it failed.
        for number in range(59):
            change = {"px": "x", "clOrdId": f"n{number}"}
            answer = await ask(
                socket, id=str(number), op="order", args=[order(client, Decimal(1), **change)]
            )
            codes.append(answer["code"])
        assert codes == ["1"] * 59
        one_more = await ask(socket, id="60", op="order", args=[order(client, Decimal(1))])
        assert one_more["code"] == "50011"
