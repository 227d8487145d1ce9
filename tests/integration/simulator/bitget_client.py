"""A raw Bitget client, written from its documentation: requests built byte by byte."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, cast

from yarl import URL

from tests.integration.simulator.venue_client import Body, VenueClient

TRADE = "/api/v2/spot/trade"
ACCOUNT = "/api/v2/spot/account"


class Client(VenueClient):
    """A Bitget client of our own: builds requests byte by byte."""

    name: ClassVar[str] = "bitget"

    async def public(self, path: str) -> tuple[int, Body]:
        async with self.session.get(self.place["rest"] + path) as response:
            return response.status, cast(Body, await response.json())

    def headers(self, method: str, path: str, body: str, late_ms: int = 0) -> dict[str, str]:
        stamp = str(self.now_ms - late_ms)
        digest = hmac.new(
            self.place["api_secret"].encode(),
            f"{stamp}{method}{path}{body}".encode(),
            hashlib.sha256,
        )
        return {
            "ACCESS-KEY": self.place["api_key"],
            "ACCESS-SIGN": base64.b64encode(digest.digest()).decode(),
            "ACCESS-TIMESTAMP": stamp,
            "ACCESS-PASSPHRASE": self.place["passphrase"] or "",
            "Content-Type": "application/json",
            "locale": "en-US",
        }

    async def send(
        self,
        method: str,
        path: str,
        body: str = "",
        late_ms: int = 0,
        instead: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, Body]:
        """Send a signed request; `instead` overrides headers, an empty one is left out."""
        headers = self.headers(method, path, body, late_ms)
        headers |= instead
        headers = {name: value for name, value in headers.items() if value}
        url = URL(self.place["rest"] + path, encoded=True)
        async with self.session.request(
            method, url, data=body or None, headers=headers
        ) as response:
            return response.status, cast(Body, await response.json())

    async def get(self, path: str) -> list[Body]:
        status, answer = await self.send("GET", path)
        assert (status, answer["code"]) == (200, "00000")
        return cast(list[Body], answer["data"])

    async def post(self, path: str, body: Body) -> tuple[int, Body]:
        return await self.send("POST", path, json.dumps(body, separators=(",", ":")))

    async def order(self, side: str, price: str, size: str, /, **more: object) -> tuple[int, Body]:
        self.orders_sent += 1
        body: dict[str, object] = {
            "symbol": "BTCUSDT",
            "side": side,
            "orderType": "limit",
            "force": "ioc",
            "price": price,
            "size": size,
            "clientOid": f"arb-{self.orders_sent}",
        }
        return await self.post(f"{TRADE}/place-order", {**body, **more})

    async def query(self, name: str) -> Body:
        (order,) = await self.get(f"{TRADE}/orderInfo?clientOid={name}")
        return order

    async def best(self) -> tuple[Decimal, Decimal, Decimal]:
        """Return best bid, best ask and the quantity at the ask."""
        _, answer = await self.public("/api/v2/spot/market/orderbook?symbol=BTCUSDT&limit=1")
        (bid,), (ask,) = answer["data"]["bids"], answer["data"]["asks"]
        return Decimal(bid[0]), Decimal(ask[0]), Decimal(ask[1])
