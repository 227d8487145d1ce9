"""A raw OKX client, written from its documentation: requests built byte by byte."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, cast

from yarl import URL

from tests.integration.simulator.venue_client import Body, VenueClient

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ORDER = "/api/v5/trade/order"


class Client(VenueClient):
    """An OKX client of our own: builds requests byte by byte."""

    name: ClassVar[str] = "okx"

    async def public(self, path: str) -> Body:
        async with self.session.get(self.place["rest"] + path) as response:
            return cast(Body, await response.json())

    def headers(self, method: str, path: str, body: str, late_ms: int = 0) -> dict[str, str]:
        moment = EPOCH + timedelta(milliseconds=self.now_ms - late_ms)
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
        text = f"{stamp}{method}{path}{body}"
        digest = hmac.new(self.place["api_secret"].encode(), text.encode(), hashlib.sha256)
        return {
            "OK-ACCESS-KEY": self.place["api_key"],
            "OK-ACCESS-SIGN": base64.b64encode(digest.digest()).decode(),
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-PASSPHRASE": self.place["passphrase"] or "",
            "Content-Type": "application/json",
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

    async def get(self, path: str) -> Body:
        status, answer = await self.send("GET", path)
        assert status == 200
        return answer

    async def post(
        self, path: str, body: Body, instead: Mapping[str, str] = MappingProxyType({})
    ) -> Body:
        text = json.dumps(body, separators=(",", ":"))
        status, answer = await self.send("POST", path, text, instead=instead)
        assert status == 200
        return answer

    async def order(self, side: str, px: str, sz: str, /, **more: object) -> Body:
        self.orders_sent += 1
        body: dict[str, object] = {
            "instId": "BTC-USDT",
            "tdMode": "cash",
            "clOrdId": f"arb{self.orders_sent}",
            "side": side,
            "ordType": "ioc",
            "px": px,
            "sz": sz,
        }
        return await self.post(ORDER, {**body, **more})

    async def query(self, name: str) -> Body:
        (order,) = (await self.get(f"{ORDER}?instId=BTC-USDT&clOrdId={name}"))["data"]
        return cast(Body, order)

    async def best(self) -> tuple[Decimal, Decimal, Decimal]:
        """Return best bid, best ask and the quantity at the ask."""
        (book,) = (await self.public("/api/v5/market/books?instId=BTC-USDT"))["data"]
        ask = book["asks"][0]
        return Decimal(book["bids"][0][0]), Decimal(ask[0]), Decimal(ask[1])
