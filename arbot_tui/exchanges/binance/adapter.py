"""Binance spot as the rest of the house sees it: composes feed, execution and public reads."""

from __future__ import annotations

import re
from decimal import Decimal

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.feed import Continuity, DepthLimits
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.exchanges.base import Credentials, ExchangeConfig
from arbot_tui.exchanges.binance.account import BinanceAccount
from arbot_tui.exchanges.binance.entry import WsOrders
from arbot_tui.exchanges.binance.errors import ban_rule
from arbot_tui.exchanges.binance.execution import BinanceExecution
from arbot_tui.exchanges.binance.feed import BinanceFeed
from arbot_tui.exchanges.binance.private import UserStream, socket_options
from arbot_tui.exchanges.binance.public import BinancePublic
from arbot_tui.exchanges.binance.quotas import Quotas
from arbot_tui.exchanges.transport.clock_offset import ClockSample
from arbot_tui.exchanges.transport.feed_adapter import KeyedFeedAdapter
from arbot_tui.exchanges.transport.order_entry import EntryDialect
from arbot_tui.exchanges.transport.rest import RestClient
from arbot_tui.exchanges.transport.signed_socket import SocketDialect
from arbot_tui.exchanges.transport.websocket import WebSocketOptions

__all__ = ["BinanceExchange"]

_VENUE = "binance"


class BinanceExchange(KeyedFeedAdapter):
    """Binance spot over combined streams and REST; see `BaseExchange` for the contract."""

    continuity = Continuity.RANGE
    client_ids = re.compile("[A-Za-z0-9_-]{1,36}")
    _execution: BinanceExecution
    _account: BinanceAccount
    # A start takes a snapshot of weight 50: 2,500 of 6,000 at once, 1,000 a minute at the most.
    depth_limits = DepthLimits(rows=50, starts_per_hour=1_200)
    # A hundred in ten seconds.
    orders_per_s = 10

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        """Keep `config`; nothing is opened before it is asked for."""
        super().__init__(config, clock)
        self._quotas = Quotas()
        self._rest = RestClient(
            venue=_VENUE,
            base_url=config.urls.rest,
            clock=clock,
            ban=self._ban,
            ban_rule=ban_rule,
            traffic=self._traffic,
        )
        self._public = BinancePublic(self._rest, self._quotas)
        self._execution = BinanceExecution(
            self._rest,
            clock,
            config.credentials,
            offset=lambda: (self.offset_ns, self.rtt_ns),
            resync=self.sync_clock,
            doubt_clock=self._doubt_clock,
            quotas=self._quotas,
        )
        self._account = BinanceAccount(
            self._execution,
            clock,
            offset_ns=lambda: self.offset_ns,
            has_permissions=config.environment in ("prod", "custom"),
        )
        self._feed = BinanceFeed(
            config.urls.ws_public, config.index, clock, self._ban, self._public, self._by_wire
        )

    async def load_instruments(self) -> list[Instrument]:
        """Fetch every spot instrument with its rules, tradeable or not.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        info = await self._public.exchange_info()
        self._learn(info.instruments, info.dropped)
        return info.instruments

    def banned_s(self, now_ns: int) -> float:
        """Return the seconds for which no order may follow: banned, or the day's are used up."""
        day_s = self._quotas.orders_day.wait_ns(1, now_ns) / SECOND
        return max(super().banned_s(now_ns), day_s)

    async def get_volumes(self) -> dict[str, Decimal]:
        """Fetch what was traded in the last 24 hours, by wire symbol, in quote currency.

        Raises:
            ExchangeError: The tickers could not be fetched or read.
        """
        return await self._public.turnover()

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        """Fetch the order book of one row once, at most `levels` levels a side.

        Raises:
            ExchangeError: The book could not be fetched or read, or the row is not followed.
        """
        return await self._public.depth(self._followed(row), levels)

    def _private_stream(self, url: str, key: Credentials) -> tuple[SocketDialect, WebSocketOptions]:
        return UserStream(key, self._venue_ms, self._by_wire), socket_options(url)

    def _entry_dialect(self, url: str, key: Credentials) -> tuple[EntryDialect, WebSocketOptions]:
        return WsOrders(key, self._execution, self.clock, self._ban), socket_options(url)

    async def _close_requests(self) -> None:
        await self._rest.close()

    async def _ask_time(self) -> ClockSample:
        return await self._public.time()
