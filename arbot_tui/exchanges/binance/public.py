"""Public REST of Binance: time, instruments, best bids and asks, depth (docs 2026-07-21)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote

import msgspec

from arbot_tui.domain.quotes import DepthSnapshot, Ticker
from arbot_tui.domain.refusal import read_error
from arbot_tui.exchanges.binance import turnover
from arbot_tui.exchanges.binance.errors import refusal
from arbot_tui.exchanges.binance.instruments import ExchangeInfo, parse_exchange_info
from arbot_tui.exchanges.binance.parsing import (
    parse_depth,
    parse_seed_tickers,
    parse_server_time,
)
from arbot_tui.exchanges.binance.quotas import Quotas
from arbot_tui.exchanges.transport.clock_offset import ClockSample
from arbot_tui.exchanges.transport.rest import RestClient, RestResponse

__all__ = ["BinancePublic"]

_QUOTA_WAIT_S = 5.0
# All of exchangeInfo is several megabytes.
_LONG_TIMEOUT_S = 20.0
# Naming more symbols makes the address too long; without names every symbol comes.
_MOST_NAMES = 100
_DEEPEST = 5000
_DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50), (_DEEPEST, 250))


class BinancePublic:
    """Reads that need no key."""

    def __init__(self, rest: RestClient, quotas: Quotas) -> None:
        """Share `rest` and `quotas` with the signed requests."""
        self._rest = rest
        self._quotas = quotas

    async def time(self) -> ClockSample:
        """Ask the venue for its time once.

        Raises:
            ExchangeError: It did not tell.
        """
        response = await self._get("/api/v3/time", 1)
        server_ns = parse_server_time(response.body)
        return ClockSample.from_times(server_ns, response.sent_ns, response.recv_ns)

    async def exchange_info(self) -> ExchangeInfo:
        """Fetch every symbol with its rules, and take over the venue's limits.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        response = await self._get("/api/v3/exchangeInfo", 20, timeout_s=_LONG_TIMEOUT_S)
        info = parse_exchange_info(response.body)
        self._quotas.learn(info.quotas)
        return info

    async def tickers(self, rows: Mapping[str, int], exchange: int) -> list[Ticker]:
        """Fetch best bids and asks.

        Args:
            rows: Wire symbol to row of the symbols wanted.
            exchange: Dense index of the venue, stamped on every ticker.

        Raises:
            ExchangeError: They could not be fetched or read.
        """
        target = "/api/v3/ticker/bookTicker"
        if len(rows) <= _MOST_NAMES:
            names = msgspec.json.encode(tuple(rows)).decode()
            target += f"?symbols={quote(names, safe='')}"
        response = await self._get(target, 4)
        return parse_seed_tickers(response.body, rows, exchange, response.recv_ns)

    async def turnover(self) -> dict[str, Decimal]:
        """Fetch what was traded in the last 24 hours, by wire symbol, in quote currency.

        Raises:
            ExchangeError: It could not be fetched or read.
        """
        response = await self._get(turnover.TARGET, turnover.WEIGHT, timeout_s=_LONG_TIMEOUT_S)
        return turnover.parse_turnover(response.body)

    async def depth(self, symbol: str, levels: int) -> DepthSnapshot:
        """Fetch an order book, at most `levels` levels a side.

        Raises:
            ExchangeError: It could not be fetched or read.
        """
        levels = max(1, min(levels, _DEEPEST))
        weight = next(weight for most, weight in _DEPTH_WEIGHTS if levels <= most)
        target = f"/api/v3/depth?symbol={quote(symbol, safe='')}&limit={levels}"
        response = await self._get(target, weight)
        return parse_depth(response.body, response.recv_ns)

    async def _get(
        self, target: str, weight: int, *, timeout_s: float | None = None
    ) -> RestResponse:
        response = await self._rest.request(
            "GET",
            target,
            charges=self._quotas.weigh(weight),
            max_wait_s=_QUOTA_WAIT_S,
            timeout_s=timeout_s,
        )
        self._quotas.observe(response)
        refused = refusal(response)
        if refused is not None:
            raise read_error(refused)
        return response
