"""OKX spot as the rest of the house sees it: composes feed, execution and public reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from arbot_tui.domain.clock import MS, Clock
from arbot_tui.domain.feed import Continuity, DepthLimits
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.domain.refusal import Refusal, read_error
from arbot_tui.exchanges.base import Credentials, ExchangeConfig
from arbot_tui.exchanges.okx import turnover
from arbot_tui.exchanges.okx.account import OkxAccount
from arbot_tui.exchanges.okx.answers import Answer
from arbot_tui.exchanges.okx.entry import WsOrders
from arbot_tui.exchanges.okx.errors import judge
from arbot_tui.exchanges.okx.execution import OkxExecution
from arbot_tui.exchanges.okx.feed import OkxFeed
from arbot_tui.exchanges.okx.hosts import DEMO_HEADERS
from arbot_tui.exchanges.okx.instruments import parse_instruments
from arbot_tui.exchanges.okx.private import PrivateStream, socket_options
from arbot_tui.exchanges.okx.public import parse_orderbook, parse_time_ms
from arbot_tui.exchanges.okx.quotas import Quotas
from arbot_tui.exchanges.transport.clock_offset import ClockSample
from arbot_tui.exchanges.transport.feed_adapter import KeyedFeedAdapter
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.order_entry import EntryDialect
from arbot_tui.exchanges.transport.rest import RestClient, RestOptions, RestResponse, ban_on
from arbot_tui.exchanges.transport.signed_socket import SocketDialect
from arbot_tui.exchanges.transport.websocket import WebSocketOptions

__all__ = ["OKXExchange"]

_VENUE = "okx"
_QUOTA_WAIT_S = 5.0
_MOST_LEVELS = 400
_CDN_REFUSAL_S = 60.0
# The limits' window, and the least that is asked for after a breach.
_TOO_MANY_S = 2.0


class OKXExchange(KeyedFeedAdapter):
    """OKX spot over ``bbo-tbt``, ``books`` and REST; see `BaseExchange` for the contract."""

    continuity = Continuity.PREVIOUS_ID
    client_ids = re.compile("[A-Za-z0-9]{1,32}")
    _execution: OkxExecution
    _account: OkxAccount
    # Start and end are two of the 480 requests that a connection has in an hour.
    depth_limits = DepthLimits(rows=100, starts_per_hour=150)
    # Of one instrument, 48 in two seconds; of all of them there may be far more.
    orders_per_s = 24

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        """Keep `config`; nothing is opened before it is asked for."""
        super().__init__(config, clock)
        self._rest = RestClient(
            venue=_VENUE,
            base_url=config.urls.rest,
            clock=clock,
            ban=self._ban,
            ban_rule=ban_on({403: _CDN_REFUSAL_S}),
            # The answer itself has to be read: an order may be behind it.
            hold_rule=ban_on({429: _TOO_MANY_S}),
            traffic=self._traffic,
            options=RestOptions(headers=DEMO_HEADERS if config.environment == "demo" else {}),
        )
        self._quotas = Quotas()
        self._execution = OkxExecution(
            self._rest,
            clock,
            config.credentials,
            offset_ns=lambda: self.offset_ns,
            resync=self.sync_clock,
            doubt_clock=self._doubt_clock,
            quotas=self._quotas,
            fee_group=lambda symbol: self._fee_groups.get(symbol, ""),
        )
        self._account = OkxAccount(
            self._execution, clock, offset_ns=lambda: self.offset_ns, quotas=self._quotas
        )
        self._feed = OkxFeed(
            config.urls.ws_public,
            config.index,
            clock,
            self._ban,
            lambda row: self.get_orderbook(row, _MOST_LEVELS),
        )
        self._fee_groups: dict[str, str] = {}

    async def load_instruments(self) -> list[Instrument]:
        """Fetch every spot instrument with its rules, tradeable or not.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        target = "/api/v5/public/instruments?instType=SPOT"
        answer, _ = await self._public(target, self._quotas.instruments)
        found, dropped = parse_instruments(answer.data, self._venue_ms())
        self._fee_groups = {row.instrument.wire_symbol: row.fee_group for row in found}
        instruments = [row.instrument for row in found]
        self._learn(instruments, dropped)
        return instruments

    async def get_volumes(self) -> dict[str, Decimal]:
        """Fetch what was traded in the last 24 hours, by wire symbol, in quote currency.

        Raises:
            ExchangeError: The tickers could not be fetched or read.
        """
        answer, _ = await self._public(turnover.TARGET, self._quotas.tickers)
        return turnover.parse_turnover(answer.data)

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        """Fetch the order book of one row once, at most `levels` levels a side.

        Raises:
            ExchangeError: The book could not be fetched or read, or the row is not followed.
        """
        symbol = self._followed(row)
        size = max(1, min(levels, _MOST_LEVELS))
        target = f"/api/v5/market/books?instId={symbol}&sz={size}"
        answer, response = await self._public(target, self._quotas.book)
        return parse_orderbook(answer.data, levels, response.recv_ns)

    def _private_stream(self, url: str, key: Credentials) -> tuple[SocketDialect, WebSocketOptions]:
        return PrivateStream(key, self._venue_ms, self._by_wire), socket_options(url)

    def _entry_dialect(self, url: str, key: Credentials) -> tuple[EntryDialect, WebSocketOptions]:
        return WsOrders(key, self._execution, self._venue_ms), socket_options(url)

    async def _close_requests(self) -> None:
        await self._rest.close()

    async def _ask_time(self) -> ClockSample:
        answer, response = await self._public("/api/v5/public/time", self._quotas.time)
        server_ns = parse_time_ms(answer.data) * MS
        return ClockSample.from_times(server_ns, response.sent_ns, response.recv_ns)

    async def _public(self, target: str, charges: Sequence[Charge]) -> tuple[Answer, RestResponse]:
        response = await self._rest.request(
            "GET", target, charges=charges, max_wait_s=_QUOTA_WAIT_S
        )
        answer = judge(response)
        if isinstance(answer, Refusal):
            raise read_error(answer)
        return answer, response
