"""Binance's WebSocket API and user data stream, spoken by a raw client."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.integration.simulator.venue_client import Body, VenueClient, running

BTC = "BTC/USDT"


class Client(VenueClient):
    """Signs as the WebSocket API wants it: everything sorted, nothing percent-encoded."""

    name: ClassVar[str] = "binance"
    socket: ClientConnection
    numbers = count(1)
    events: list[Body]

    def signed(self, **params: object) -> Body:
        params = {"apiKey": self.place["api_key"], "timestamp": self.now_ms} | params
        text = "&".join(f"{name}={params[name]}" for name in sorted(params))
        secret = self.place["api_secret"].encode()
        sign = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
        return {**params, "signature": sign}

    async def call(self, method: str, params: Body | None = None) -> Body:
        """Return the answer to a call; events that come before it are kept."""
        ident = f"call-{next(self.numbers)}"
        await self.socket.send(json.dumps({"id": ident, "method": method, "params": params or {}}))
        while True:
            frame: Body = json.loads(await self.socket.recv())
            if "event" in frame:
                self.events.append(frame)
                continue
            assert frame["id"] == ident
            return frame

    async def order(self, side: str, price: Decimal, qty: str, **more: object) -> Body:
        params: dict[str, object] = {
            "symbol": "BTCUSDT",
            "side": side,
            "type": "LIMIT",
            "timeInForce": "IOC",
            "quantity": qty,
            "price": str(price),
        }
        return await self.call("order.place", self.signed(**params | more))

    def best(self) -> tuple[Decimal, Decimal]:
        book = self.venues.world.books("binance")[BTC]
        rules = book.instrument
        return rules.price(book.best_bid.ticks), rules.price(book.best_ask.ticks)


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    async with running(Client) as client:
        url = client.place["ws_private"]
        assert url is not None
        async with connect(url) as socket:
            client.socket, client.events = socket, []
            yield client


async def subscribed(client: Client) -> None:
    answer = await client.call("userDataStream.subscribe.signature", client.signed())
    assert answer["result"] == {"subscriptionId": 0}


def error_of(answer: Body) -> tuple[int, int]:
    return answer["status"], answer["error"]["code"]


async def test_an_order_is_told_before_it_is_answered_and_in_full() -> None:
    async with connected() as client:
        await subscribed(client)
        _, ask = client.best()
        answer = await client.order("BUY", ask + 100, "0.001", newClientOrderId="a-1")

        assert answer["status"] == 200
        assert answer["result"]["status"] == "FILLED"
        assert answer["result"]["executedQty"] == "0.00100000"
        limits = [row["rateLimitType"] for row in answer["rateLimits"]]
        assert limits == ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]
        new, trade, balances = [frame["event"] for frame in client.events]
        assert all(frame["subscriptionId"] == 0 for frame in client.events)
        assert (new["e"], new["x"], new["X"], new["t"]) == ("executionReport", "NEW", "NEW", -1)
        assert (trade["x"], trade["X"], trade["c"], trade["C"]) == ("TRADE", "FILLED", "a-1", "")
        (fill,) = answer["result"]["fills"]
        assert (trade["t"], trade["n"], trade["N"]) == (
            fill["tradeId"],
            fill["commission"],
            fill["commissionAsset"],
        )
        assert Decimal(trade["Z"]) == Decimal(fill["price"]) * Decimal("0.001")
        assert balances["e"] == "outboundAccountPosition"
        held = client.matcher.account.holdings
        assert {row["a"]: Decimal(row["f"]) for row in balances["B"]} == {
            asset: held[asset].free for asset in ("USDT", "BTC")
        }


async def test_what_an_ioc_leaves_expires_with_its_reason() -> None:
    async with connected() as client:
        await subscribed(client)
        bid, _ = client.best()
        answer = await client.order("BUY", bid - 10, "0.001")

        assert (answer["result"]["status"], answer["result"]["fills"]) == ("EXPIRED", [])
        kinds = [frame["event"].get("x") for frame in client.events]
        assert kinds == ["NEW", "EXPIRED", None]
        assert client.events[1]["event"]["eR"] == "UNFILLED_IOC_QUANTITY_EXPIRED"


async def test_a_cancel_changes_the_client_id() -> None:
    async with connected() as client:
        await subscribed(client)
        bid, _ = client.best()
        price = bid - 1000
        await client.order("BUY", price, "0.001", timeInForce="GTC", newClientOrderId="mine")
        found = await client.call(
            "order.status", client.signed(symbol="BTCUSDT", origClientOrderId="mine")
        )
        assert found["result"]["status"] == "NEW"
        listed = await client.call("openOrders.status", client.signed(symbol="BTCUSDT"))
        assert [row["clientOrderId"] for row in listed["result"]] == ["mine"]
        client.events.clear()
        gone = await client.call(
            "order.cancel",
            client.signed(symbol="BTCUSDT", origClientOrderId="mine", newClientOrderId="bye"),
        )

        assert gone["result"]["status"] == "CANCELED"
        report = client.events[0]["event"]
        assert (report["x"], report["X"], report["c"], report["C"]) == (
            "CANCELED",
            "CANCELED",
            "bye",
            "mine",
        )
        again = await client.call(
            "order.cancel", client.signed(symbol="BTCUSDT", origClientOrderId="mine")
        )
        assert error_of(again) == (400, -2011)


async def test_a_resting_order_is_told_when_others_reach_it() -> None:
    async with connected() as client:
        await subscribed(client)
        bid, _ = client.best()
        await client.order("BUY", bid - 5, "0.001", timeInForce="GTC", newClientOrderId="rest")
        client.events.clear()
        client.venues.world.set_price(BTC, "binance", bid - 50, client.clock.now_ns())
        await client.call("time")

        trade, balances = [frame["event"] for frame in client.events]
        assert (trade["x"], trade["X"], trade["c"], trade["m"]) == ("TRADE", "FILLED", "rest", True)
        assert Decimal(trade["L"]) == bid - 5
        assert balances["e"] == "outboundAccountPosition"


async def test_signatures_times_and_keys_are_checked() -> None:
    async with connected() as client:
        good = client.signed()
        for params, expected in (
            ({**good, "signature": "0" * 64}, (400, -1022)),
            ({**good, "apiKey": "x" * 64}, (401, -2015)),
            ({"timestamp": 1}, (401, -2014)),
            (client.signed(timestamp=client.now_ms - 5001), (400, -1021)),
            (client.signed(timestamp=client.now_ms + 1000), (400, -1021)),
            (client.signed(recvWindow=60_001), (400, -1131)),
        ):
            answer = await client.call("userDataStream.subscribe.signature", params)
            assert error_of(answer) == expected
        unsigned = {name: value for name, value in good.items() if name != "signature"}
        assert error_of(await client.call("order.place", unsigned)) == (400, -1102)
        assert not client.matcher.orders


@pytest.mark.parametrize("method", ["userDataStream.start", "userDataStream.ping"])
async def test_listen_keys_are_gone(method: str) -> None:
    async with connected() as client:
        assert (await client.call(method))["status"] == 410


async def test_one_subscription_per_connection() -> None:
    async with connected() as client:
        await subscribed(client)
        second = await client.call("userDataStream.subscribe.signature", client.signed())
        assert error_of(second) == (400, -2035)
        listed = await client.call("session.subscriptions")
        assert listed["result"] == [{"subscriptionId": 0}]
        assert (await client.call("userDataStream.unsubscribe"))["status"] == 200
        assert error_of(await client.call("userDataStream.unsubscribe")) == (400, -2036)
        answer = await client.call("userDataStream.subscribe.signature", client.signed())
        assert answer["result"] == {"subscriptionId": 1}


async def test_hmac_keys_cannot_log_on() -> None:
    async with connected() as client:
        assert error_of(await client.call("session.logon", client.signed())) == (400, -4056)
        assert (await client.call("session.status"))["result"]["apiKey"] is None


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"id":{},"method":"time"}', '{"id":1.5,"method":"time"}']
)
async def test_what_is_no_request_is_refused(text: str) -> None:
    async with connected() as client:
        await client.socket.send(text)
        answer: Any = json.loads(await client.socket.recv())
        assert (answer["id"], answer["status"]) == (None, 400)


async def test_public_calls_and_counters_can_be_left_out() -> None:
    async with connected() as client:
        assert (await client.call("ping"))["result"] == {}
        book = await client.call("depth", {"symbol": "BTCUSDT", "limit": 5})
        assert len(book["result"]["bids"]) == 5
        best = await client.call("ticker.book", {"symbol": "BTCUSDT", "returnRateLimits": False})
        assert "rateLimits" not in best
        assert Decimal(best["result"]["bidPrice"]) == client.best()[0]
        info = await client.call("exchangeInfo", {"symbol": "BTCUSDT"})
        assert info["result"]["symbols"][0]["symbol"] == "BTCUSDT"
        assert error_of(await client.call("no.such"))[0] == 400


async def test_a_deposit_is_told_as_delta_and_as_balance() -> None:
    async with connected() as client:
        await subscribed(client)
        before = client.matcher.account.holdings["BTC"].free
        client.venues.world.move("binance", "BTC", Decimal(3), client.clock.now_ns(), told=True)
        await client.call("time")

        delta, position = [frame["event"] for frame in client.events]
        assert (delta["e"], delta["a"], delta["d"]) == ("balanceUpdate", "BTC", "3.00000000")
        assert Decimal(position["B"][0]["f"]) == before + 3
