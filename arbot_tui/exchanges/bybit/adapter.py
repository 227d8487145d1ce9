"""Bybit spot as the rest of the house sees it: composes feed, execution and public reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from arbot_tui.domain.clock import SECOND, Clock, from_millis
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.feed import Continuity, DepthLimits
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.domain.refusal import read_error
from arbot_tui.exchanges.base import Credentials, ExchangeConfig
from arbot_tui.exchanges.bybit import turnover
from arbot_tui.exchanges.bybit.account import BybitAccount
from arbot_tui.exchanges.bybit.answers import Answer, parse_answer
from arbot_tui.exchanges.bybit.entry import WsOrders
from arbot_tui.exchanges.bybit.errors import IP_BAN_S, refusal, unreadable
from arbot_tui.exchanges.bybit.execution import BybitExecution
from arbot_tui.exchanges.bybit.feed import BybitFeed
from arbot_tui.exchanges.bybit.hosts import URLS
from arbot_tui.exchanges.bybit.instruments import parse_instruments
from arbot_tui.exchanges.bybit.private import PrivateStream, socket_options
from arbot_tui.exchanges.bybit.public import parse_orderbook
from arbot_tui.exchanges.transport.clock_offset import ClockSample
from arbot_tui.exchanges.transport.feed_adapter import KeyedFeedAdapter
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.order_entry import EntryDialect
from arbot_tui.exchanges.transport.rest import RestClient, RestResponse, ban_on
from arbot_tui.exchanges.transport.signed_socket import SocketDialect
from arbot_tui.exchanges.transport.traffic import RemainingHeader
from arbot_tui.exchanges.transport.websocket import WebSocketOptions

__all__ = ["BybitExchange"]

_VENUE = "bybit"
_QUOTA_WAIT_S = 5.0
# System-level protection names no time: back off and try again.
_PROTECTION_S = 5.0


class BybitExchange(KeyedFeedAdapter):
    """Bybit spot over ``orderbook.1`` and ``.50`` and REST; see `BaseExchange` for the contract."""

    continuity = Continuity.CONSECUTIVE
    client_ids = re.compile("[A-Za-z0-9_-]{1,36}")
    _execution: BybitExecution
    _account: BybitAccount
    # No limit is documented but the 21,000 characters of a connection; a topic takes 25.
    depth_limits = DepthLimits(rows=100, starts_per_hour=400)
    orders_per_s = 18

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        """Keep `config`; nothing is opened before it is asked for."""
        super().__init__(config, clock)
        self._account_rest = self._client(config.urls.rest)
        # Demo has no market data of its own: prices and instruments are production's.
        self._public_rest = (
            self._client(URLS["prod"].rest) if config.environment == "demo" else self._account_rest
        )
        # 600 requests in 5 s per address over all hosts (rate limits, 2026-07-24), less a margin.
        self._ip_quota = RateLimiter(480, 5 * SECOND)
        self._execution = BybitExecution(
            self._account_rest,
            clock,
            config.credentials,
            offset_ns=lambda: self.offset_ns,
            resync=self.sync_clock,
            doubt_clock=self._doubt_clock,
            ip_quota=self._ip_quota,
        )
        self._account = BybitAccount(
            self._execution,
            clock,
            offset_ns=lambda: self.offset_ns,
            # Ten a second (rate limits, 2026-07-24), less a margin.
            key_quota=((RateLimiter(8, SECOND), 1), (self._ip_quota, 1)),
            coins_quota=((RateLimiter(4, SECOND), 1), (self._ip_quota, 1)),
            demo=config.environment == "demo",
        )
        self._feed = BybitFeed(config.urls.ws_public, config.index, clock, self._ban)

    async def load_instruments(self) -> list[Instrument]:
        """Fetch every spot instrument with its rules, tradeable or not.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        answer, _ = await self._public("/v5/market/instruments-info?category=spot&limit=1000")
        found, dropped = parse_instruments(answer.result)
        self._learn(found, dropped)
        return found

    async def get_volumes(self) -> dict[str, Decimal]:
        """Fetch what was traded in the last 24 hours, by wire symbol, in quote currency.

        Raises:
            ExchangeError: The tickers could not be fetched or read.
        """
        answer, _ = await self._public(turnover.TARGET)
        return turnover.parse_turnover(answer.result)

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        """Fetch the order book of one row once, at most `levels` levels a side.

        Raises:
            ExchangeError: The book could not be fetched or read, or the row is not followed.
        """
        symbol = self._followed(row)
        limit = max(1, min(levels, 1000))
        path = f"/v5/market/orderbook?category=spot&symbol={symbol}&limit={limit}"
        answer, response = await self._public(path)
        return parse_orderbook(answer.result, levels, response.recv_ns)

    async def get_trading_fees(self, symbols: Sequence[str]) -> dict[str, TradingFees]:
        """Return the account's own rates; demo has none, there the fallback stands.

        Raises:
            ExchangeError: The rates could not be fetched.
        """
        if self.config.environment == "demo":
            return dict.fromkeys(symbols, self.config.fallback_fees)
        return await super().get_trading_fees(symbols)

    def _private_stream(self, url: str, key: Credentials) -> tuple[SocketDialect, WebSocketOptions]:
        return PrivateStream(key, self._venue_ms, self._by_wire), socket_options(url)

    def _entry_dialect(self, url: str, key: Credentials) -> tuple[EntryDialect, WebSocketOptions]:
        return WsOrders(key, self._execution, self._venue_ms), socket_options(url)

    async def _close_requests(self) -> None:
        await self._account_rest.close()
        await self._public_rest.close()

    def _client(self, base_url: str) -> RestClient:
        return RestClient(
            venue=_VENUE,
            base_url=base_url,
            clock=self.clock,
            ban=self._ban,
            ban_rule=ban_on({403: IP_BAN_S}),
            # The answer itself has to be read: an order may be behind it.
            hold_rule=ban_on({429: _PROTECTION_S}),
            traffic=self._traffic,
            remaining=RemainingHeader("x-bapi-limit-status", "x-bapi-limit"),
        )

    async def _ask_time(self) -> ClockSample:
        answer, response = await self._public("/v5/market/time")
        try:
            server_ns = from_millis(answer.time)
        except ValueError as e:
            raise MalformedMessage(_VENUE, f"time: {e}") from e
        return ClockSample.from_times(server_ns, response.sent_ns, response.recv_ns)

    async def _public(self, target: str) -> tuple[Answer, RestResponse]:
        response = await self._public_rest.request(
            "GET", target, charges=((self._ip_quota, 1),), max_wait_s=_QUOTA_WAIT_S
        )
        try:
            answer = parse_answer(response.body)
        except MalformedMessage:
            raise read_error(unreadable(response.status, response.excerpt())) from None
        refused = refusal(response.status, answer.retCode, answer.retMsg)
        if refused is not None:
            raise read_error(refused)
        return answer, response
