"""A raw Bybit client, written from its documentation: requests built byte by byte."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, cast
from urllib.parse import urlencode

from yarl import URL

from tests.integration.simulator.venue_client import Body, VenueClient


class Client(VenueClient):
    """A Bybit client of our own: builds requests byte by byte."""

    name: ClassVar[str] = "bybit"
    headers: Mapping[str, str] = MappingProxyType({})

    async def public(self, path: str, **params: str) -> Body:
        url = f"{self.place['rest']}{path}?{urlencode(params)}"
        async with self.session.get(url) as response:
            assert response.status == 200
            return cast(Body, await response.json())

    async def send(
        self,
        method: str,
        path: str,
        payload: str,
        *,
        timestamp: int | None = None,
        window: str = "5000",
        key: str | None = None,
        spoil: bool = False,
    ) -> tuple[int, str]:
        stamp = str(self.now_ms if timestamp is None else timestamp)
        key = key or self.place["api_key"]
        text = f"{stamp}{key}{window}{payload}"
        sign = hmac.new(
            self.place["api_secret"].encode(), text.encode(), hashlib.sha256
        ).hexdigest()
        if spoil:
            sign = ("0" if sign[0] != "0" else "1") + sign[1:]
        headers = {
            "X-BAPI-API-KEY": key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": window,
            "X-BAPI-SIGN": sign,
        }
        url = self.place["rest"] + path
        if method == "GET":
            url += "?" + payload
            request = self.session.get(URL(url, encoded=True), headers=headers)
        else:
            headers["Content-Type"] = "application/json"
            request = self.session.post(url, data=payload, headers=headers)
        async with request as response:
            self.headers = dict(response.headers)
            return response.status, await response.text()

    async def get(self, path: str, query: str, **how: object) -> Body:
        status, text = await self.send("GET", path, query, **how)  # type: ignore[arg-type]
        assert status == 200
        return cast(Body, json.loads(text))

    async def post(self, path: str, body: Body, **how: object) -> Body:
        payload = json.dumps(body, separators=(",", ":"))
        status, text = await self.send("POST", path, payload, **how)  # type: ignore[arg-type]
        assert status == 200
        return cast(Body, json.loads(text))

    async def order(self, side: str, price: str, qty: str, /, **more: object) -> Body:
        self.orders_sent += 1
        body: dict[str, object] = {
            "category": "spot",
            "symbol": "BTCUSDT",
            "side": side,
            "orderType": "Limit",
            "qty": qty,
            "price": price,
            "timeInForce": "IOC",
            "orderLinkId": f"arb-{self.orders_sent}",
            "isLeverage": 0,
            "orderFilter": "Order",
        }
        return await self.post("/v5/order/create", {**body, **more})

    async def best(self) -> tuple[Decimal, Decimal, Decimal]:
        """Return best bid, best ask and the quantity at the ask."""
        book = await self.public("/v5/market/orderbook", category="spot", symbol="BTCUSDT")
        bid, ask = book["result"]["b"][0], book["result"]["a"][0]
        return Decimal(bid[0]), Decimal(ask[0]), Decimal(ask[1])
