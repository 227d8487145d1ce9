"""Bybit's private and trade sockets, spoken by a raw client."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.integration.simulator.bybit_client import Client
from tests.integration.simulator.venue_client import Body, hear, running

BTC = "BTC/USDT"


@asynccontextmanager
async def sockets() -> AsyncIterator[tuple[Client, ClientConnection, ClientConnection]]:
    """Yield a client, its private and its trade socket; nobody has logged in."""
    async with running(Client) as client:
        private, trade = client.place["ws_private"], client.place["ws_trade"]
        assert private is not None
        assert trade is not None
        async with connect(private) as user, connect(trade) as orders:
            yield client, user, orders


async def ask(socket: ClientConnection, **frame: object) -> Body:
    await socket.send(json.dumps(frame))
    return await hear(socket)


def login(client: Client, ahead_ms: int = 10_000, **instead: object) -> list[object]:
    expires = client.now_ms + ahead_ms
    secret = client.place["api_secret"].encode()
    sign = hmac.new(secret, f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
    parts = {"key": client.place["api_key"], "expires": expires, "sign": sign} | instead
    return list(parts.values())


async def logged_in(client: Client, user: ClientConnection, *topics: str) -> None:
    answer = await ask(user, req_id="a1", op="auth", args=login(client))
    assert answer["success"] is True
    answer = await ask(user, op="subscribe", args=list(topics))
    assert (answer["success"], answer["op"]) == (True, "subscribe")


def header(client: Client, late_ms: int = 0) -> Body:
    return {"X-BAPI-TIMESTAMP": str(client.now_ms - late_ms), "X-BAPI-RECV-WINDOW": "3000"}


def order(price: Decimal, /, **more: object) -> Body:
    body: Body = {
        "category": "spot",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.001",
        "price": str(price),
        "timeInForce": "IOC",
        "orderLinkId": "arb-1",
        "isLeverage": 0,
    }
    return body | more


async def test_executions_orders_and_the_wallet_are_told() -> None:
    async with sockets() as (client, user, _):
        await logged_in(client, user, "order.spot", "execution.spot", "wallet")
        _, best, _ = await client.best()
        answer = await client.order("Buy", str(best + 100), "0.001")

        execution, final, wallet = [await hear(user) for _ in range(3)]
        assert execution["topic"] == "execution.spot"
        (row,) = execution["data"]
        assert (row["orderId"], row["feeCurrency"]) == (answer["result"]["orderId"], "BTC")
        assert Decimal(row["execFee"]) == Decimal("0.000001")
        assert final["topic"] == "order.spot"
        (row,) = final["data"]
        assert (row["orderStatus"], row["cumFeeDetail"]) == ("Filled", {"BTC": "0.000001"})
        (account,) = wallet["data"]
        assert (wallet["topic"], account["accountType"]) == ("wallet", "UNIFIED")
        coins = {row["coin"]: Decimal(row["walletBalance"]) for row in account["coin"]}
        held = client.matcher.account.holdings
        assert coins == {asset: held[asset].total for asset in ("USDT", "BTC")}


async def test_a_resting_order_is_new_first_and_cancelled_by_its_user() -> None:
    async with sockets() as (client, user, _):
        await logged_in(client, user, "order", "execution.fast")
        bid, _, _ = await client.best()
        await client.order("Buy", str(bid - 500), "0.001", timeInForce="GTC", orderLinkId="r")
        assert (await hear(user))["data"][0]["orderStatus"] == "New"
        gone = {"category": "spot", "symbol": "BTCUSDT", "orderLinkId": "r"}
        await client.post("/v5/order/cancel", gone)
        (row,) = (await hear(user))["data"]
        assert (row["orderStatus"], row["cancelType"]) == ("Cancelled", "CancelByUser")

        await client.order("Buy", str(bid - 5), "0.001", timeInForce="GTC", orderLinkId="m")
        await hear(user)
        client.venues.world.set_price(BTC, "bybit", bid - 50, client.clock.now_ns())
        fast, final = await hear(user), await hear(user)
        (row,) = fast["data"]
        assert (fast["topic"], row["isMaker"], row["orderLinkId"]) == ("execution.fast", True, "")
        assert "execFee" not in row
        assert final["data"][0]["orderStatus"] == "Filled"


async def test_who_may_listen() -> None:
    async with sockets() as (client, user, _):
        refused = await ask(user, op="subscribe", args=["order.spot"])
        assert refused["success"] is False
        for args in (
            login(client, ahead_ms=-1),
            login(client, sign="0" * 64),
            login(client, key="x"),
            ["a"],
        ):
            answer = await ask(user, op="auth", args=args)
            assert (answer["success"], answer["op"]) == (False, "auth")
        assert (await ask(user, op="auth", args=login(client)))["success"] is True
        for args in (["order.spot", "execution"], ["tickers.BTCUSDT"], []):
            assert (await ask(user, op="subscribe", args=args))["success"] is False
        assert (await ask(user, op="dance"))["success"] is False
        pong = await ask(user, op="ping", req_id="test")
        assert (pong["op"], pong["args"], pong["req_id"]) == ("pong", [str(client.now_ms)], "test")


async def test_orders_and_cancels_on_the_trade_socket() -> None:
    async with sockets() as (client, _, trade):
        early = await ask(
            trade, reqId="0", header=header(client), op="order.create", args=[order(Decimal(1))]
        )
        assert early["retCode"] == 10005
        assert (await ask(trade, op="auth", args=login(client, sign="0" * 64)))["retCode"] == 10004
        assert (await ask(trade, op="auth", args=login(client)))["retCode"] == 0
        assert (await ask(trade, op="auth", args=login(client)))["retCode"] == 20001
        bid, _, _ = await client.best()
        placed = await ask(
            trade,
            reqId="1",
            header=header(client),
            op="order.create",
            args=[order(bid - 500, timeInForce="GTC")],
        )
        assert (placed["reqId"], placed["retCode"], placed["op"]) == ("1", 0, "order.create")
        assert placed["header"]["X-Bapi-Limit-Status"] == "19"
        (found,) = client.matcher.orders
        assert placed["data"] == {"orderId": str(found.order_id), "orderLinkId": "arb-1"}
        cancel = {"category": "spot", "symbol": "BTCUSDT", "orderLinkId": "arb-1"}
        gone = await ask(trade, reqId="2", header=header(client), op="order.cancel", args=[cancel])
        assert gone["retCode"] == 0
        assert not client.matcher.open_orders
        again = await ask(trade, reqId="3", header=header(client), op="order.cancel", args=[cancel])
        assert again["retCode"] == 170142


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"op": "order.dance"}, 10404),
        ({"args": []}, 10001),
        ({"header": {}}, 10001),
        ({"late_ms": 3001}, 10002),
        ({"late_ms": -1000}, 10002),
        ({"order": {"price": "x"}}, 170130),
        ({"order": {"qty": "50000"}}, 170124),
        ({"reqId": "x" * 37}, 10001),
    ],
)
async def test_what_the_trade_socket_refuses(frame: Body, code: int) -> None:
    async with sockets() as (client, _, trade):
        await ask(trade, op="auth", args=login(client))
        bid, _, _ = await client.best()
        request = {
            "reqId": "1",
            "header": header(client, frame.pop("late_ms", 0)),
            "op": "order.create",
            "args": [order(bid - 500, **frame.pop("order", {}))],
        }
        answer = await ask(trade, **{**request, **frame})
        assert (answer["retCode"], answer["data"]) == (code, {})
        assert not client.matcher.orders


async def test_request_ids_and_client_ids_count_once() -> None:
    async with sockets() as (client, _, trade):
        await ask(trade, op="auth", args=login(client))
        bid, _, _ = await client.best()
        request = {"op": "order.create", "args": [order(bid - 500)]}
        first = await ask(trade, reqId="1", header=header(client), **request)
        assert first["retCode"] == 0
        same = await ask(trade, reqId="1", header=header(client), **request)
        assert same["retCode"] == 20006
        duplicate = await ask(trade, reqId="2", header=header(client), **request)
        assert duplicate["retCode"] == 170141


async def test_twenty_orders_a_second_over_http_and_socket_together() -> None:
    async with sockets() as (client, _, trade):
        await ask(trade, op="auth", args=login(client))
        bid, _, _ = await client.best()
        for _ in range(10):
            await client.order("Buy", str(bid - 500), "0.001")
        codes = [
            (
                await ask(
                    trade,
                    reqId=str(number),
                    header=header(client),
                    op="order.create",
                    args=[order(bid - 500, orderLinkId=f"ws-{number}")],
                )
            )["retCode"]
            for number in range(11)
        ]
        assert codes == [0] * 10 + [10006]


async def test_silence_ends_a_connection_when_it_was_asked_to() -> None:
    async with running(Client) as client:
        url = client.place["ws_private"]
        async with connect(f"{url}?max_active_time=30s") as user:
            await ask(user, op="ping")
            client.clock.advance(31_000_000_000)
            with pytest.raises(ConnectionClosed):
                await user.recv()


async def test_a_restarted_service_has_forgotten_closed_orders_but_for_the_history() -> None:
    async with running(Client) as client:
        bid, ask, _ = await client.best()
        await client.order("Buy", str(ask + 100), "0.001", orderLinkId="old")
        await client.order("Buy", str(bid - 500), "0.001", orderLinkId="open", timeInForce="GTC")
        await client.pass_time(1)
        client.venues.inject("bybit", "seqreset")
        await client.order("Buy", str(ask + 100), "0.001", orderLinkId="new")

        async def found(path: str, ident: str) -> int:
            query = f"category=spot&orderLinkId={ident}"
            return len((await client.get(path, query))["result"]["list"])

        assert [await found("/v5/order/realtime", name) for name in ("old", "open", "new")] == [
            0,
            1,
            1,
        ]
        assert await found("/v5/order/history", "old") == 1
        recent = await client.get("/v5/order/realtime", "category=spot&openOnly=1")
        assert [row["orderLinkId"] for row in recent["result"]["list"]] == ["new"]


async def test_orders_that_never_traded_leave_the_history_after_a_day() -> None:
    async with running(Client) as client:
        bid, ask, _ = await client.best()
        await client.order("Buy", str(bid - 50), "0.001", orderLinkId="empty")
        await client.order("Buy", str(ask + 100), "0.001", orderLinkId="full")
        client.clock.advance(86_401_000_000_000)
        rows = (await client.get("/v5/order/history", "category=spot"))["result"]["list"]
        assert [row["orderLinkId"] for row in rows] == ["full"]


async def test_settings_and_what_can_be_spent() -> None:
    async with running(Client) as client:
        account = await client.get("/v5/account/info", "")
        assert account["result"]["unifiedMarginStatus"] == 6
        path = "/v5/account/user-setting-config"
        assert (await client.get(path, ""))["result"]["smsef"] is False
        client.venues.inject("bybit", "fee", args={"coin": "discount", "taker_pct": "0.05"})
        assert (await client.get(path, ""))["result"]["smsef"] is True
        (rate,) = (await client.get("/v5/account/fee-rate", "category=spot&symbol=BTCUSDT"))[
            "result"
        ]["list"]
        assert (rate["takerFeeRate"], rate["makerFeeRate"]) == ("0.0005", "0.001")

        check, held = "/v5/order/spot-borrow-check", client.matcher.account.holdings
        query = "category=spot&symbol=BTCUSDT&side="
        buy = (await client.get(check, query + "Buy"))["result"]
        assert Decimal(buy["spotMaxTradeAmount"]) == held["USDT"].free
        held["BTC"].free = Decimal("0.12345678")
        sell = (await client.get(check, query + "Sell"))["result"]
        # Four decimals, whatever the step is.
        assert sell["spotMaxTradeQty"] == "0.1234"
        assert (await client.get(check, query + "Both"))["retCode"] == 170117
        unknown = await client.get(check, "category=spot&symbol=NOUSDT&side=Buy")
        assert unknown["retCode"] == 170121


async def test_silence_and_other_pings_on_the_trade_socket() -> None:
    async with sockets() as (client, user, trade):
        pong = await ask(trade, op="ping")
        assert (pong["op"], pong["data"]) == ("pong", [str(client.now_ms)])
        await trade.send("{")
        assert (await hear(trade))["retCode"] == 10404
        assert (await ask(user, op="unsubscribe", args=["wallet"]))["success"] is False
        await logged_in(client, user, "wallet")
        assert (await ask(user, op="unsubscribe", args=["wallet"]))["success"] is True
        client.clock.advance(601_000_000_000)
        with pytest.raises(ConnectionClosed):
            await trade.recv()
