"""A running synthetic world, and clients that share nothing with the program's adapters."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from yarl import URL

from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.server import SyntheticVenues


class BinanceClient:
    """A raw client of the documented REST protocol."""

    def __init__(self, session: aiohttp.ClientSession, venues: SyntheticVenues) -> None:
        about = venues.description["venues"]["binance"]
        self.session = session
        self.rest, self.ws = about["rest"], about["ws_public"]
        self.key, self.secret = about["api_key"], about["api_secret"]
        self.headers: Mapping[str, str] = {}

    async def get(self, path: str) -> tuple[int, object]:
        """Send an unsigned GET; return status and body."""
        return await self.send("GET", path)

    async def send(
        self, method: str, path: str, body: str = "", key: str | None = None
    ) -> tuple[int, object]:
        """Send a request as it is; return status and body."""
        headers = {} if key is None else {"X-MBX-APIKEY": key}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        async with self.session.request(
            method,
            # As it stands: what is signed must not be quoted anew.
            URL(self.rest + path, encoded=True),
            data=body or None,
            headers=headers,
        ) as answer:
            self.headers = answer.headers
            return answer.status, await answer.json()

    def sign(self, payload: str) -> str:
        """Return the payload with its signature."""
        digest = hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        return f"{payload}&signature={digest}"

    def stamped(self, payload: str, shift_ms: int = 0) -> str:
        """Return the payload with a timestamp and its signature."""
        stamp = f"timestamp={int(time.time() * 1000) + shift_ms}"
        return self.sign(f"{payload}&{stamp}" if payload else stamp)

    async def signed(
        self, method: str, path: str, payload: str = "", shift_ms: int = 0
    ) -> tuple[int, object]:
        """Send a signed request with everything in the query string."""
        query = self.stamped(payload, shift_ms)
        return await self.send(method, f"{path}?{query}", key=self.key)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def venues() -> AsyncIterator[SyntheticVenues]:
    spec = WorldSpec(seed=7, symbols=4, rate_hz=200.0, edges_per_min=0.0)
    async with SyntheticVenues(spec) as running:
        yield running


@pytest.fixture
def binance(session: aiohttp.ClientSession, venues: SyntheticVenues) -> BinanceClient:
    return BinanceClient(session, venues)
