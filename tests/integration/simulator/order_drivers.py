"""The four venues' REST order entry behind one face, for tests that ask the same of each.

Each driver is written from its venue's documentation and shares nothing with the adapters.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from tests.integration.simulator import bitget_client, bybit_client, okx_client
from tests.integration.simulator.venue_client import Body, VenueClient, running

__all__ = ["DRIVERS", "Driver", "Known", "driving"]

BTC = "BTC/USDT"


class Known(NamedTuple):
    """What a query tells about an order."""

    status: str
    filled: Decimal


class Binance(VenueClient):
    """Binance's REST, signed in the query string."""

    name: ClassVar[str] = "binance"

    async def send(self, method: str, path: str, **params: object) -> tuple[int, Body]:
        text = "&".join(f"{k}={v}" for k, v in {**params, "timestamp": self.now_ms}.items())
        secret = self.place["api_secret"].encode()
        sign = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
        url = f"{self.place['rest']}{path}?{text}&signature={sign}"
        headers = {"X-MBX-APIKEY": self.place["api_key"]}
        async with self.session.request(method, url, headers=headers) as answer:
            body = await answer.json(content_type=None) if answer.content_length else {}
            return answer.status, body


class Driver(ABC):
    """Order entry of one venue."""

    def __init__(self, client: VenueClient) -> None:
        self.client = client

    @property
    def name(self) -> str:
        return self.client.name

    def best(self) -> tuple[Decimal, Decimal]:
        """Return best bid and ask of BTC."""
        book = self.client.venues.world.books(self.name)[BTC]
        rules = book.instrument
        return rules.price(book.best_bid.ticks), rules.price(book.best_ask.ticks)

    async def take(self, ident: str, qty: str = "0.001") -> tuple[int, Body]:
        """Send an IOC that finds its quantity."""
        return await self.place(ident, self.best()[1] + 20, qty, "ioc")

    @abstractmethod
    async def place(
        self, ident: str, price: Decimal, qty: str = "0.001", tif: str = "gtc"
    ) -> tuple[int, Body]:
        """Send a limit order to buy; return HTTP status and body."""

    @abstractmethod
    async def cancel(self, ident: str) -> tuple[int, Body]:
        """Cancel an order by its client id."""

    @abstractmethod
    def code(self, body: Body) -> str:
        """Return the venue's code of an answer; "0" for a good one."""

    @abstractmethod
    async def known(self, ident: str) -> Known | None:
        """Return what the order query knows."""

    @abstractmethod
    async def fees(self) -> list[tuple[Decimal, str]]:
        """Return what the fills cost, positive for what was paid."""

    @abstractmethod
    async def free(self, asset: str) -> Decimal:
        """Return the free balance."""


class BinanceDriver(Driver):
    client: Binance

    async def place(
        self, ident: str, price: Decimal, qty: str = "0.001", tif: str = "gtc"
    ) -> tuple[int, Body]:
        return await self.client.send(
            "POST",
            "/api/v3/order",
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            timeInForce=tif.upper(),
            quantity=qty,
            price=price,
            newClientOrderId=ident,
        )

    async def cancel(self, ident: str) -> tuple[int, Body]:
        return await self.client.send(
            "DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId=ident
        )

    def code(self, body: Body) -> str:
        return str(body.get("code", 0))

    async def known(self, ident: str) -> Known | None:
        _, body = await self.client.send(
            "GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId=ident
        )
        if self.code(body) == "-2013":
            return None
        return Known(body["status"], Decimal(body["executedQty"]))

    async def fees(self) -> list[tuple[Decimal, str]]:
        _, rows = await self.client.send("GET", "/api/v3/myTrades", symbol="BTCUSDT")
        return [(Decimal(row["commission"]), row["commissionAsset"]) for row in rows]  # type: ignore[index]

    async def free(self, asset: str) -> Decimal:
        _, body = await self.client.send("GET", "/api/v3/account")
        return next(Decimal(r["free"]) for r in body["balances"] if r["asset"] == asset)


class BybitDriver(Driver):
    client: bybit_client.Client

    async def place(
        self, ident: str, price: Decimal, qty: str = "0.001", tif: str = "gtc"
    ) -> tuple[int, Body]:
        body = await self.client.order(
            "Buy", str(price), qty, timeInForce=tif.upper(), orderLinkId=ident
        )
        return 200, body

    async def cancel(self, ident: str) -> tuple[int, Body]:
        body = {"category": "spot", "symbol": "BTCUSDT", "orderLinkId": ident}
        return 200, await self.client.post("/v5/order/cancel", body)

    def code(self, body: Body) -> str:
        return str(body["retCode"])

    async def known(self, ident: str) -> Known | None:
        answer = await self.client.get("/v5/order/realtime", f"category=spot&orderLinkId={ident}")
        rows = answer["result"]["list"]
        return Known(rows[0]["orderStatus"], Decimal(rows[0]["cumExecQty"])) if rows else None

    async def fees(self) -> list[tuple[Decimal, str]]:
        rows = (await self.client.get("/v5/execution/list", "category=spot"))["result"]["list"]
        return [(Decimal(row["execFee"]), row["feeCurrency"]) for row in rows]

    async def free(self, asset: str) -> Decimal:
        path = "/v5/account/wallet-balance"
        answer = await self.client.get(path, f"accountType=UNIFIED&coin={asset}")
        (row,) = answer["result"]["list"][0]["coin"]
        return Decimal(row["walletBalance"]) - Decimal(row["locked"])


class OkxDriver(Driver):
    client: okx_client.Client

    async def place(
        self, ident: str, price: Decimal, qty: str = "0.001", tif: str = "gtc"
    ) -> tuple[int, Body]:
        kind = "limit" if tif == "gtc" else tif
        body = {
            "instId": "BTC-USDT",
            "tdMode": "cash",
            "clOrdId": ident,
            "side": "buy",
            "ordType": kind,
            "px": str(price),
            "sz": qty,
        }
        text = json.dumps(body)
        headers = {"expTime": str(self.client.now_ms + 3000)}
        return await self.client.send("POST", okx_client.ORDER, text, instead=headers)

    async def cancel(self, ident: str) -> tuple[int, Body]:
        text = json.dumps({"instId": "BTC-USDT", "clOrdId": ident})
        return await self.client.send("POST", "/api/v5/trade/cancel-order", text)

    def code(self, body: Body) -> str:
        return str(body["data"][0]["sCode"] if body["data"] else body["code"])

    async def known(self, ident: str) -> Known | None:
        path = f"{okx_client.ORDER}?instId=BTC-USDT&clOrdId={ident}"
        _, answer = await self.client.send("GET", path)
        rows = answer["data"]
        return Known(rows[0]["state"], Decimal(rows[0]["accFillSz"])) if rows else None

    async def fees(self) -> list[tuple[Decimal, str]]:
        rows = (await self.client.get("/api/v5/trade/fills?instType=SPOT"))["data"]
        return [(-Decimal(row["fee"]), row["feeCcy"]) for row in rows]

    async def free(self, asset: str) -> Decimal:
        (row,) = (await self.client.get(f"/api/v5/account/balance?ccy={asset}"))["data"]
        return Decimal(row["details"][0]["availBal"])


class BitgetDriver(Driver):
    client: bitget_client.Client

    async def place(
        self, ident: str, price: Decimal, qty: str = "0.001", tif: str = "gtc"
    ) -> tuple[int, Body]:
        late = {"requestTime": str(self.client.now_ms), "receiveWindow": "3000"}
        return await self.client.order("buy", str(price), qty, force=tif, clientOid=ident, **late)

    async def cancel(self, ident: str) -> tuple[int, Body]:
        body = {"symbol": "BTCUSDT", "clientOid": ident}
        return await self.client.post(f"{bitget_client.TRADE}/cancel-order", body)

    def code(self, body: Body) -> str:
        return "0" if body["code"] == "00000" else str(body["code"])

    async def known(self, ident: str) -> Known | None:
        rows = await self.client.get(f"{bitget_client.TRADE}/orderInfo?clientOid={ident}")
        return Known(rows[0]["status"], Decimal(rows[0]["baseVolume"])) if rows else None

    async def fees(self) -> list[tuple[Decimal, str]]:
        rows = await self.client.get(f"{bitget_client.TRADE}/fills")
        details = [row["feeDetail"] for row in rows]
        return [(abs(Decimal(fee["totalFee"])), fee["feeCoin"]) for fee in details]

    async def free(self, asset: str) -> Decimal:
        (row,) = await self.client.get(f"{bitget_client.ACCOUNT}/assets?coin={asset}")
        return Decimal(row["available"])


DRIVERS: dict[str, tuple[type[VenueClient], Callable[[Any], Driver]]] = {
    "binance": (Binance, BinanceDriver),
    "bybit": (bybit_client.Client, BybitDriver),
    "okx": (okx_client.Client, OkxDriver),
    "bitget": (bitget_client.Client, BitgetDriver),
}


@asynccontextmanager
async def driving(venue: str) -> AsyncIterator[Driver]:
    """Run a world and drive one of its venues."""
    kind, driver = DRIVERS[venue]
    async with running(kind) as client:
        yield driver(client)
