"""Bybit spot as the rest of the house sees it: composes feed, execution and public reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal

import structlog

from arbot_tui.domain.clock import MS, SECOND, Clock
from arbot_tui.domain.errors import ExchangeError, MalformedMessage, RequestRefused
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import Balance, Fill, OrderEvent, OrderReject, OrderRequest, OrderState
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.domain.refusal import read_error
from arbot_tui.exchanges.base import (
    BaseExchange,
    ExchangeConfig,
    MarketDataSink,
    OrderEventSink,
)
from arbot_tui.exchanges.bybit import turnover
from arbot_tui.exchanges.bybit.answers import Answer, parse_answer, parse_orderbook
from arbot_tui.exchanges.bybit.errors import IP_BAN_S, refusal, unreadable
from arbot_tui.exchanges.bybit.execution import BybitExecution
from arbot_tui.exchanges.bybit.feed import BybitFeed
from arbot_tui.exchanges.bybit.hosts import URLS
from arbot_tui.exchanges.bybit.instruments import parse_instruments
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.clock_offset import ClockSample, measure_offset
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.rest import RestClient, RestResponse, ban_on
from arbot_tui.exchanges.transport.submissions import Submissions

__all__ = ["BybitExchange"]

_VENUE = "bybit"
_QUOTA_WAIT_S = 5.0
# System-level protection names no time: back off and try again.
_PROTECTION_S = 5.0
_log = structlog.get_logger(__name__)


class BybitExchange(BaseExchange):
    """Bybit spot over ``orderbook.1`` and ``.50`` and REST; see `BaseExchange` for the contract."""

    continuity = Continuity.CONSECUTIVE

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        """Keep `config`; nothing is opened before it is asked for."""
        super().__init__(config, clock)
        self._ban = BanClock()
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
        self._submissions = Submissions(_VENUE)
        self._resyncing: asyncio.Task[None] | None = None
        self._feed = BybitFeed(config.urls.ws_public, config.index, clock, self._ban)
        self._instruments: dict[str, Instrument] = {}

    async def sync_clock(self) -> None:
        """Measure `offset_ns` and `rtt_ns` against ``/v5/market/time``.

        Raises:
            ExchangeError: The venue did not tell the time.
        """
        sample = await measure_offset(self._ask_time)
        self.offset_ns, self.rtt_ns = sample.offset_ns, sample.rtt_ns

    async def load_instruments(self) -> list[Instrument]:
        """Fetch every spot instrument with its rules, tradeable or not.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        answer, _ = await self._public("/v5/market/instruments-info?category=spot&limit=1000")
        found, dropped = parse_instruments(answer.result)
        for reason in dropped:
            _log.warning("instrument_dropped", venue=_VENUE, reason=reason)
        self._instruments.update({instrument.symbol: instrument for instrument in found})
        return found

    async def get_volumes(self) -> dict[str, Decimal]:
        """Fetch what was traded in the last 24 hours, by wire symbol, in quote currency.

        Raises:
            ExchangeError: The tickers could not be fetched or read.
        """
        answer, _ = await self._public(turnover.TARGET)
        return turnover.parse_turnover(answer.result)

    def set_universe(self, rows: Mapping[str, int], instruments: Sequence[Instrument]) -> None:
        """Learn which wire symbols to follow, and the board row of each."""
        self._feed.set_rows(rows)
        self._instruments.update({given.symbol: given for given in instruments})

    async def connect_ws(self, sink: MarketDataSink) -> None:
        """Follow best bid and ask of the universe, and depth where wanted, until cancelled."""
        await self._feed.run(sink)

    def request_depth(self, row: int, wanted: bool) -> None:
        """Start or stop following depth of one row; survives reconnects."""
        self._feed.request_depth(row, wanted)

    def resync_book(self, row: int) -> None:
        """Start quote and book of one row over by subscribing again, at most every 4 s.

        After three times in five minutes the symbol is left alone until they have passed.
        """
        self._feed.resync(row)

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        """Fetch the order book of one row once, at most `levels` levels a side.

        Raises:
            ExchangeError: The book could not be fetched or read, or the row is not followed.
        """
        symbol = self._feed.symbol_of(row)
        if symbol is None:
            raise RequestRefused(_VENUE, "row", f"row {row} is not followed")
        limit = max(1, min(levels, 1000))
        path = f"/v5/market/orderbook?category=spot&symbol={symbol}&limit={limit}"
        answer, response = await self._public(path)
        return parse_orderbook(answer.result, levels, response.recv_ns)

    def submit(self, order: OrderRequest, sink: OrderEventSink) -> None:
        """Start the request; its outcome comes to `sink` as events."""
        self._submissions.start(order, self.place_order, sink)

    async def place_order(self, order: OrderRequest) -> list[OrderEvent]:
        """Place the order and return the events that `submit` would report, in order."""
        instrument = self._instruments.get(order.symbol)
        if instrument is None:
            text = f"{order.symbol} is not listed"
            return [OrderReject(_VENUE, order.client_id, "symbol", text)]
        return await self._execution.place(order, instrument)

    async def cancel_order(self, symbol: str, client_id: str) -> None:
        """Ask the venue to cancel; see `BaseExchange.cancel_order`."""
        await self._execution.cancel(self._instrument(symbol), client_id)

    async def query_order(self, symbol: str, client_id: str) -> OrderState:
        """Return the order's state; see `BybitExecution.query`."""
        return await self._execution.query(self._instrument(symbol), client_id)

    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first."""
        return await self._execution.fills(self._instrument(symbol), client_id)

    async def get_balance(self) -> list[Balance]:
        """Return all non-zero balances of the unified account."""
        return await self._execution.balances()

    async def get_trading_fees(self, symbols: Sequence[str]) -> dict[str, TradingFees]:
        """Return the account's own rates; demo has none, there the fallback stands.

        Raises:
            ExchangeError: The rates could not be fetched.
        """
        if self.config.environment == "demo":
            return dict.fromkeys(symbols, self.config.fallback_fees)
        wanted = {self._instrument(symbol).wire_symbol: symbol for symbol in symbols}
        return await self._execution.fees(wanted)

    async def close(self) -> None:
        """Give up what is under way (reported as unknown) and close every connection."""
        await self._submissions.close()
        if self._resyncing is not None:
            self._resyncing.cancel()
            await asyncio.gather(self._resyncing, return_exceptions=True)
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
        )

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self._instruments.get(symbol)
        if instrument is None:
            raise RequestRefused(_VENUE, "symbol", f"{symbol} is not listed")
        return instrument

    async def _ask_time(self) -> ClockSample:
        answer, response = await self._public("/v5/market/time")
        if answer.time <= 0:
            raise MalformedMessage(_VENUE, f"time {answer.time}")
        return ClockSample.from_times(answer.time * MS, response.sent_ns, response.recv_ns)

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

    def _doubt_clock(self) -> None:
        """Measure the offset again in the background, once at a time."""
        if self._resyncing is None or self._resyncing.done():
            self._resyncing = asyncio.create_task(self._resync())

    async def _resync(self) -> None:
        try:
            await self.sync_clock()
        except ExchangeError as e:
            _log.warning("clock_not_synced", venue=_VENUE, error=str(e))
