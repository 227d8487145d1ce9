"""Bitget's private sockets, v2 and v3, and the unified account, spoken by a raw client."""

from __future__ import annotations

import asyncio
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

from arbot_tui.simulator.wire.bitget import unified_private
from tests.integration.simulator.bitget_client import Client
from tests.integration.simulator.venue_client import Body, hear, running

BTC = "BTC/USDT"
ORDERS = {"instType": "SPOT", "channel": "orders", "instId": "default"}
FILLS = {"instType": "SPOT", "channel": "fill", "instId": "default"}
ACCOUNT = {"instType": "SPOT", "channel": "account", "coin": "default"}


@pytest.fixture(autouse=True)
def told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no balances told again amid what is looked at, however long that takes."""
    monkeypatch.setattr(unified_private, "_REPEAT_TURNS", 1_000_000)


@asynccontextmanager
async def connected(*, unified: bool = False) -> AsyncIterator[tuple[Client, ClientConnection]]:
    async with running(Client) as client:
        url = client.place["ws_private"]
        assert url is not None
        if unified:
            client.venues.world.unified.add("bitget")
            url = url.replace("/v2/", "/v3/")
        async with connect(url) as socket:
            yield client, socket


async def ask(socket: ClientConnection, **frame: object) -> Body:
    await socket.send(json.dumps(frame))
    return await hear(socket)


def login(client: Client, late_s: int = 0, **instead: str) -> Body:
    stamp = str(client.now_ms // 1000 - late_s)
    text = f"{stamp}GET/user/verify".encode()
    digest = hmac.new(client.place["api_secret"].encode(), text, hashlib.sha256).digest()
    return {
        "apiKey": client.place["api_key"],
        "passphrase": client.place["passphrase"],
        "timestamp": stamp,
        "sign": base64.b64encode(digest).decode(),
    } | instead


async def logged_in(client: Client, socket: ClientConnection, *args: Body) -> None:
    answer = await ask(socket, op="login", args=[login(client)])
    assert answer == {"event": "login", "code": "0", "msg": ""}
    if args:
        await socket.send(json.dumps({"op": "subscribe", "args": args}))
    for arg in args:
        assert await hear(socket) == {"event": "subscribe", "arg": arg}
        if "account" in arg.values():
            assert (await hear(socket))["action"] == "snapshot"


async def test_orders_fills_and_balances_are_told() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket, ORDERS, FILLS, ACCOUNT)
        _, best, _ = await client.best()
        await client.order("buy", str(best + 100), "0.001")

        live, filled, fill, balances = [await hear(socket) for _ in range(4)]
        assert (live["data"][0]["status"], live["data"][0]["baseVolume"]) == ("live", "0")
        (row,) = filled["data"]
        assert (row["status"], row["newSize"], row["accBaseVolume"]) == (
            "filled",
            "0.001",
            "0.001",
        )
        assert (row["fillFee"], row["fillFeeCoin"], row["tradeScope"]) == ("-0.000001", "BTC", "T")
        assert Decimal(row["size"]) == (best + 100) * Decimal("0.001")
        (row,) = fill["data"]
        assert row["feeDetail"][0]["totalFee"] == "0.000001"
        assert row["tradeId"] == filled["data"][0]["tradeId"]
        held = client.matcher.account.holdings
        assert {row["coin"]: Decimal(row["available"]) for row in balances["data"]} == {
            asset: held[asset].free for asset in ("USDT", "BTC")
        }


async def test_an_ioc_rest_is_cancelled() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket, {**ORDERS, "instId": "BTCUSDT"})
        bid, _, _ = await client.best()
        await client.order("buy", str(bid - 10), "0.001")
        states = [(await hear(socket))["data"][0]["status"] for _ in range(2)]
        assert states == ["live", "cancelled"]


def trade(ident: str, channel: str, **params: str) -> Body:
    arg = {"id": ident, "instType": "SPOT", "instId": "BTCUSDT", "channel": channel}
    return {"op": "trade", "args": [{**arg, "params": params}]}


async def test_orders_and_cancels_on_the_socket() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket)
        bid, _, _ = await client.best()
        order = {
            "orderType": "limit",
            "side": "buy",
            "size": "0.001",
            "price": str(bid - 500),
            "force": "gtc",
            "clientOid": "a-1",
        }
        placed = await ask(socket, **trade("r1", "place-order", **order))
        (found,) = client.matcher.orders
        assert (placed["event"], placed["code"], placed["msg"]) == ("trade", 0, "Success")
        assert placed["arg"][0]["id"] == "r1"
        assert placed["arg"][0]["params"] == {"orderId": str(found.order_id), "clientOid": "a-1"}
        twice = await ask(socket, **trade("r2", "place-order", **order))
        assert (twice["event"], twice["id"], twice["code"]) == ("error", "r2", 43118)
        late = {"requestTime": str(client.now_ms - 2000), "receiveWindow": "1000"}
        refused = await ask(
            socket, **trade("r3", "place-order", **{**order, "clientOid": "a-2"}, **late)
        )
        assert refused["code"] == 40078
        gone = await ask(socket, **trade("r4", "cancel-order", clientOid="a-1"))
        assert gone["event"] == "trade"
        assert not client.matcher.open_orders


@pytest.mark.parametrize(
    ("late_s", "instead", "code"),
    [
        (0, {"sign": "x"}, "30015"),
        (0, {"apiKey": "x"}, "30011"),
        (0, {"passphrase": "x"}, "30012"),
        (0, {"timestamp": "now"}, "30013"),
        (31, {}, "30014"),
    ],
)
async def test_a_failed_login_closes_the_socket(
    late_s: int, instead: dict[str, str], code: str
) -> None:
    async with connected() as (client, socket):
        answer = await ask(socket, op="login", args=[login(client, late_s, **instead)])
        assert (answer["event"], answer["code"]) == ("error", code)
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_a_time_in_milliseconds_counts_as_well() -> None:
    async with connected() as (client, socket):
        stamp = str(client.now_ms)
        secret = client.place["api_secret"].encode()
        digest = hmac.new(secret, f"{stamp}GET/user/verify".encode(), hashlib.sha256).digest()
        sign = base64.b64encode(digest).decode()
        answer = await ask(socket, op="login", args=[login(client, timestamp=stamp, sign=sign)])
        assert answer["event"] == "login"


async def test_what_is_refused() -> None:
    async with connected() as (client, socket):
        assert (await ask(socket, op="subscribe", args=[ORDERS]))["code"] == 30004
        await logged_in(client, socket)
        for arg in ({**ORDERS, "channel": "x"}, {**ORDERS, "instId": "NONE"}):
            assert (await ask(socket, op="subscribe", args=[arg]))["code"] == 30001
        assert (await ask(socket, op="dance", args=[ORDERS]))["code"] == 30003
        await socket.send("ping")
        assert await socket.recv() == "pong"


async def test_more_than_ten_frames_a_second_close_the_socket() -> None:
    async with connected() as (_, socket):
        for _ in range(10):
            await socket.send("ping")
            assert await socket.recv() == "pong"
        answer = await ask(socket, op="login", args=[{}])
        assert answer["code"] == 30007
        with pytest.raises(ConnectionClosed):
            await socket.recv()


# The unified account


async def test_each_kind_of_account_has_a_dialect_of_its_own() -> None:
    async with running(Client) as client:
        status, body = await client.send("GET", "/api/v3/account/settings")
        assert (status, body["code"]) == (400, "25245")
        client.venues.world.unified.add("bitget")
        status, body = await client.send("GET", "/api/v2/spot/account/info")
        assert (status, body["code"]) == (400, "40085")
        _, body = await client.send("GET", "/api/v3/account/settings")
        assert body["data"]["accountMode"] == "unified"


async def test_a_unified_account_trades_and_is_told() -> None:
    async with connected(unified=True) as (client, socket):
        args = [{"instType": "UTA", "topic": name} for name in ("order", "fill", "account")]
        await logged_in(client, socket, *args)
        _, best, _ = await client.best()
        order = {
            "category": "SPOT",
            "symbol": "BTCUSDT",
            "side": "buy",
            "orderType": "limit",
            "timeInForce": "ioc",
            "price": str(best + 100),
            "qty": "0.001",
            "clientOid": "u-1",
        }
        _, placed = await client.post("/api/v3/trade/place-order", order)
        assert placed["code"] == "00000"

        live, filled, fill, balances = [await hear(socket) for _ in range(4)]
        assert live["data"][0]["orderStatus"] == "live"
        (row,) = filled["data"]
        assert (row["orderStatus"], row["category"], row["cumExecQty"]) == (
            "filled",
            "spot",
            "0.001",
        )
        (row,) = fill["data"]
        assert row["feeDetail"] == [{"feeCoin": "BTC", "fee": "0.000001"}]
        assert row["execTime"]
        assert {row["coin"] for row in balances["data"][0]["coin"]} == {"USDT", "BTC"}
        _, found = await client.send("GET", "/api/v3/trade/order-info?clientOid=u-1")
        assert found["data"]["orderId"] == placed["data"]["orderId"]
        _, fills = await client.send("GET", "/api/v3/trade/fills?category=SPOT")
        assert [row["execQty"] for row in fills["data"]["list"]] == ["0.001"]
        _, rate = await client.send("GET", "/api/v3/account/fee-rate?category=SPOT&symbol=BTCUSDT")
        assert rate["data"] == {"makerFeeRate": "0.001", "takerFeeRate": "0.001"}
        _, held = await client.send("GET", "/api/v3/account/assets")
        coins = {row["coin"]: Decimal(row["available"]) for row in held["data"]["assets"]}
        assert coins["BTC"] == client.matcher.account.holdings["BTC"].free
        _, key = await client.send("GET", "/api/v3/account/info")
        assert "withdraw" not in key["data"]["permissions"]


async def test_a_unified_account_places_and_cancels_on_the_socket() -> None:
    async with connected(unified=True) as (client, socket):
        await logged_in(client, socket)
        bid, _, _ = await client.best()
        head = {"op": "trade", "category": "spot"}
        order = {
            "symbol": "BTCUSDT",
            "side": "buy",
            "orderType": "limit",
            "timeInForce": "gtc",
            "price": str(bid - 500),
            "qty": "0.001",
            "clientOid": "u-1",
        }
        placed = await ask(socket, **head, id="1", topic="place-order", args=[order])
        (found,) = client.matcher.orders
        assert (placed["event"], placed["id"], placed["code"]) == ("trade", "1", "0")
        assert placed["args"][0]["orderId"] == str(found.order_id)
        twice = await ask(socket, **head, id="2", topic="place-order", args=[order])
        assert (twice["event"], twice["id"], twice["code"]) == ("error", "2", "25212")
        _, listed = await client.send("GET", "/api/v3/trade/unfilled-orders?category=SPOT")
        assert [row["clientOid"] for row in listed["data"]["list"]] == ["u-1"]
        gone = await ask(socket, **head, id="3", topic="cancel-order", args=[{"clientOid": "u-1"}])
        assert gone["event"] == "trade"
        _, closed = await client.send("GET", "/api/v3/trade/history-orders?category=SPOT")
        assert [row["orderStatus"] for row in closed["data"]["list"]] == ["cancelled"]


async def test_the_other_dialect_is_silent() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket, ORDERS)
        client.venues.world.unified.add("bitget")
        bid, _, _ = await client.best()
        order = {
            "category": "SPOT",
            "symbol": "BTCUSDT",
            "side": "buy",
            "orderType": "limit",
            "price": str(bid - 500),
            "qty": "0.001",
        }
        assert (await client.post("/api/v3/trade/place-order", order))[0] == 200
        await socket.send("ping")
        assert await socket.recv() == "pong"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"category": "MARGIN"}, "40017"),
        ({"orderType": "market"}, "40017"),
        ({"timeInForce": "day"}, "40017"),
        ({"clientOid": "a b"}, "40305"),
        ({"symbol": "NOUSDT"}, "40034"),
        ({"qty": "90000"}, "25208"),
        ({"qty": "0.000001"}, "45110"),
        ({"price": "600000"}, "25205"),
        ({"price": "1.123456789"}, "40808"),
        ({"qty": "20"}, "25202"),
    ],
)
async def test_what_a_unified_account_is_refused(change: dict[str, str], code: str) -> None:
    async with running(Client) as client:
        client.venues.world.unified.add("bitget")
        usdt = client.matcher.account.holdings["USDT"]
        usdt.free = Decimal(100_000)
        order = {
            "category": "SPOT",
            "symbol": "BTCUSDT",
            "side": "buy",
            "orderType": "limit",
            "timeInForce": "gtc",
            "price": "60000",
            "qty": "0.001",
            "clientOid": "u-1",
        }
        _, body = await client.post("/api/v3/trade/place-order", order | change)
        assert body["code"] == code
        assert not client.matcher.orders


async def test_a_unified_account_asks_for_what_is_not_there() -> None:
    async with running(Client) as client:
        client.venues.world.unified.add("bitget")
        cancel = "/api/v3/trade/cancel-order"
        assert (await client.post(cancel, {"orderId": "7"}))[1]["code"] == "25204"
        assert (await client.post(cancel, {}))[1]["code"] == "40019"
        _, body = await client.send("GET", "/api/v3/trade/order-info?clientOid=none")
        assert body["code"] == "25204"
        _, body = await client.send("GET", "/api/v3/account/funding-assets")
        assert body["data"] == []
        _, body = await client.send("GET", "/api/v3/account/deduct-info")
        assert body["data"] == {"deduct": "off"}
        client.venues.inject("bitget", "fee", args={"coin": "discount"})
        _, body = await client.send("GET", "/api/v3/account/deduct-info")
        assert body["data"] == {"deduct": "on"}


async def test_a_unified_account_is_told_its_balances_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Every second instead of every fifth.
    monkeypatch.setattr(unified_private, "_REPEAT_TURNS", 1)
    async with connected(unified=True) as (client, socket):
        await logged_in(client, socket, {"instType": "UTA", "topic": "account"})
        async with asyncio.timeout(60):
            again = await hear(socket)
        assert again["arg"] == {"instType": "UTA", "topic": "account"}


async def test_a_unified_account_is_refused_what_its_socket_does_not_have() -> None:
    async with connected(unified=True) as (client, socket):
        await logged_in(client, socket)
        for arg in ({"instType": "UTA", "topic": "x"}, {"instType": "SPOT", "topic": "order"}):
            assert (await ask(socket, op="subscribe", args=[arg]))["code"] == "30001"
        order = {"op": "trade", "id": "1", "topic": "place-order", "args": [{}]}
        assert (await ask(socket, **order, category="margin"))["code"] == "30016"
        missing = await ask(socket, **order, category="spot")
        assert (missing["event"], missing["id"], missing["code"]) == ("error", "1", "40019")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 30002),
        ("[]", 30002),
        ('{"op":"subscribe"}', 30016),
        ('{"op":"subscribe","args":["x"]}', 30016),
        ('{"op":"subscribe","args":[{}],"x":"' + "x" * 4096 + '"}', 30016),
    ],
)
async def test_what_is_no_request(text: str, code: int) -> None:
    async with connected() as (_, socket):
        await socket.send(text)
        assert (await hear(socket))["code"] == code


async def test_who_sends_no_pings_is_closed() -> None:
    async with connected() as (client, socket):
        await logged_in(client, socket, ORDERS)
        left = await ask(socket, op="unsubscribe", args=[ORDERS])
        assert left == {"event": "unsubscribe", "arg": ORDERS}
        client.clock.advance(121_000_000_000)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
