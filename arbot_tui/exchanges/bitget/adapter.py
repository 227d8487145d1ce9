"""Bitget spot as the rest of the house sees it: composes feed, execution and public reads."""

from __future__ import annotations

import contextlib
import re
from decimal import Decimal

import structlog

from arbot_tui.domain.clock import MS, Clock
from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.domain.refusal import Refusal, read_error
from arbot_tui.domain.transfers import Wallets
from arbot_tui.exchanges.base import AccountSink, Credentials, ExchangeConfig
from arbot_tui.exchanges.bitget import coins, turnover
from arbot_tui.exchanges.bitget.account import BitgetAccount
from arbot_tui.exchanges.bitget.answers import Answer, parse_orderbook, parse_time_ms
from arbot_tui.exchanges.bitget.calls import BitgetCalls
from arbot_tui.exchanges.bitget.errors import judge
from arbot_tui.exchanges.bitget.execution import BitgetExecution
from arbot_tui.exchanges.bitget.feed import BitgetFeed
from arbot_tui.exchanges.bitget.hosts import DEMO_HEADERS
from arbot_tui.exchanges.bitget.instruments import parse_instruments
from arbot_tui.exchanges.bitget.lists import BitgetLists
from arbot_tui.exchanges.bitget.private import socket_options
from arbot_tui.exchanges.bitget.quotas import Quotas
from arbot_tui.exchanges.transport.clock_offset import ClockSample
from arbot_tui.exchanges.transport.feed_adapter import FeedAdapter
from arbot_tui.exchanges.transport.rest import RestClient, RestOptions, RestResponse, ban_on
from arbot_tui.exchanges.transport.signed_socket import SocketDialect
from arbot_tui.exchanges.transport.traffic import RemainingHeader
from arbot_tui.exchanges.transport.websocket import WebSocketOptions

__all__ = ["BitgetExchange"]

_log = structlog.get_logger(__name__)

_VENUE = "bitget"
_QUOTA_WAIT_S = 5.0
_MOST_LEVELS = 150
# 429 is one endpoint's limit or the lock-out of the address (five minutes): asking again after
# each of these stays finds out which.
_STAYS_S = {429: 10.0, 403: 60.0}


class BitgetExchange(FeedAdapter):
    """Bitget spot over ``books1``, ``books15`` and REST v2; see `BaseExchange` for the contract."""

    continuity = Continuity.SNAPSHOT_ONLY
    client_ids = re.compile("[0-9A-Za-z_-]{1,32}")
    orders_per_s = 8
    _execution: BitgetExecution

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        """Keep `config`; nothing is opened before it is asked for."""
        super().__init__(config, clock)
        self._rest = RestClient(
            venue=_VENUE,
            base_url=config.urls.rest,
            clock=clock,
            ban=self._ban,
            ban_rule=ban_on(_STAYS_S),
            traffic=self._traffic,
            # Said to be sent (rate limits); the whole is not told.
            remaining=RemainingHeader("x-mbx-used-remain-limit"),
            options=RestOptions(headers=DEMO_HEADERS if config.environment == "demo" else {}),
        )
        self._quotas = Quotas()
        self._calls = BitgetCalls(
            self._rest,
            clock,
            config.credentials,
            offset_ns=lambda: self.offset_ns,
            resync=self.sync_clock,
            on_dialect=self._on_dialect,
        )
        lists = BitgetLists(self._calls, clock, self._quotas)
        self._execution = BitgetExecution(
            self._calls,
            lists,
            clock,
            offset_ns=lambda: self.offset_ns,
            doubt_clock=self._doubt_clock,
            quotas=self._quotas,
        )
        self._account = BitgetAccount(
            self._calls, lists, offset_ns=lambda: self.offset_ns, quotas=self._quotas
        )
        self._feed = BitgetFeed(config.urls.ws_public, config.index, clock, self._ban)

    async def load_instruments(self) -> list[Instrument]:
        """Fetch every spot instrument with its rules, tradeable or not.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        answer, _ = await self._public("/api/v2/spot/public/symbols")
        found, dropped = parse_instruments(answer.data, self._venue_ms())
        self._learn(found, dropped)
        return found

    async def get_volumes(self) -> dict[str, Decimal]:
        """Fetch what was traded in the last 24 hours, by wire symbol, in quote currency.

        Raises:
            ExchangeError: The tickers could not be fetched or read.
        """
        answer, _ = await self._public(turnover.TARGET)
        return turnover.parse_turnover(answer.data)

    async def get_wallets(self) -> Wallets:
        """Fetch on which networks coins move, at what fee.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        answer, _ = await self._public(coins.TARGET)
        return coins.parse_coins(answer.data)

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        """Fetch the order book of one row once, at most `levels` levels a side.

        Raises:
            ExchangeError: The book could not be fetched or read, or the row is not followed.
        """
        symbol = self._followed(row)
        limit = max(1, min(levels, _MOST_LEVELS))
        target = f"/api/v2/spot/market/orderbook?symbol={symbol}&type=step0&limit={limit}"
        answer, response = await self._public(target)
        return parse_orderbook(answer.data, levels, response.recv_ns)

    async def connect_private(self, sink: AccountSink) -> None:
        """Follow the account until cancelled, in the dialect that it turns out to speak.

        On the socket of the other dialect an account may log in, and is told nothing.
        """
        if self.has_private_stream:
            # The login tells what is wrong with the account as well.
            with contextlib.suppress(ExchangeError):
                await self._execution.settle()
        await super().connect_private(sink)

    def _private_stream(self, url: str, key: Credentials) -> tuple[SocketDialect, WebSocketOptions]:
        dialect = self._calls.dialect
        stream = dialect.stream(key, self._venue_ms, self._by_wire)
        return stream, socket_options(dialect.private_url(url))

    def _on_dialect(self, name: str) -> None:
        _log.warning("account_dialect", venue=_VENUE, dialect=name)
        if self._stream is not None:
            self._stream.restart(f"the account has become a {name} one")

    async def _close_requests(self) -> None:
        await self._rest.close()

    async def _ask_time(self) -> ClockSample:
        answer, response = await self._public("/api/v2/public/time")
        server_ns = parse_time_ms(answer.data) * MS
        return ClockSample.from_times(server_ns, response.sent_ns, response.recv_ns)

    async def _public(self, target: str) -> tuple[Answer, RestResponse]:
        response = await self._rest.request(
            "GET", target, charges=self._quotas.public, max_wait_s=_QUOTA_WAIT_S
        )
        answer = judge(response)
        if isinstance(answer, Refusal):
            raise read_error(answer)
        return answer, response
