"""OKX spot as the rest of the house sees it: composes feed, execution and public reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal

import structlog

from arbot_tui.domain.clock import MS, Clock
from arbot_tui.domain.errors import ExchangeError, RequestRefused
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderState,
)
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.domain.refusal import Refusal, read_error
from arbot_tui.exchanges.base import (
    BaseExchange,
    ExchangeConfig,
    MarketDataSink,
    OrderEventSink,
)
from arbot_tui.exchanges.okx import turnover
from arbot_tui.exchanges.okx.answers import Answer, parse_orderbook, parse_time_ms
from arbot_tui.exchanges.okx.errors import judge
from arbot_tui.exchanges.okx.execution import OkxExecution
from arbot_tui.exchanges.okx.feed import OkxFeed
from arbot_tui.exchanges.okx.hosts import DEMO_HEADERS
from arbot_tui.exchanges.okx.instruments import parse_instruments
from arbot_tui.exchanges.okx.quotas import Quotas
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.clock_offset import ClockSample, measure_offset
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.rest import RestClient, RestOptions, RestResponse, ban_on
from arbot_tui.exchanges.transport.submissions import Submissions

__all__ = ["OKXExchange"]

_VENUE = "okx"
_QUOTA_WAIT_S = 5.0
_MOST_LEVELS = 400
_CDN_REFUSAL_S = 60.0
# The limits' window, and the least that is asked for after a breach.
_TOO_MANY_S = 2.0
_log = structlog.get_logger(__name__)


class OKXExchange(BaseExchange):
    """OKX spot over ``bbo-tbt``, ``books`` and REST; see `BaseExchange` for the contract."""

    continuity = Continuity.PREVIOUS_ID

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        """Keep `config`; nothing is opened before it is asked for."""
        super().__init__(config, clock)
        self._ban = BanClock()
        self._rest = RestClient(
            venue=_VENUE,
            base_url=config.urls.rest,
            clock=clock,
            ban=self._ban,
            ban_rule=ban_on({403: _CDN_REFUSAL_S}),
            # The answer itself has to be read: an order may be behind it.
            hold_rule=ban_on({429: _TOO_MANY_S}),
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
        )
        self._submissions = Submissions(_VENUE)
        self._resyncing: asyncio.Task[None] | None = None
        self._feed = OkxFeed(
            config.urls.ws_public,
            config.index,
            clock,
            self._ban,
            lambda row: self.get_orderbook(row, _MOST_LEVELS),
        )
        self._instruments: dict[str, Instrument] = {}
        self._fee_groups: dict[str, str] = {}

    async def sync_clock(self) -> None:
        """Measure `offset_ns` and `rtt_ns` against ``/api/v5/public/time``.

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
        target = "/api/v5/public/instruments?instType=SPOT"
        answer, _ = await self._public(target, self._quotas.instruments)
        found, dropped = parse_instruments(answer.data)
        for reason in dropped:
            _log.warning("instrument_dropped", venue=_VENUE, reason=reason)
        self._fee_groups = {row.instrument.wire_symbol: row.fee_group for row in found}
        instruments = [row.instrument for row in found]
        self._instruments.update({given.symbol: given for given in instruments})
        return instruments

    async def get_volumes(self) -> dict[str, Decimal]:
        """Fetch what was traded in the last 24 hours, by wire symbol, in quote currency.

        Raises:
            ExchangeError: The tickers could not be fetched or read.
        """
        answer, _ = await self._public(turnover.TARGET, self._quotas.tickers)
        return turnover.parse_turnover(answer.data)

    def set_universe(self, rows: Mapping[str, int], instruments: Sequence[Instrument]) -> None:
        """Learn which wire symbols to follow."""
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
        size = max(1, min(levels, _MOST_LEVELS))
        target = f"/api/v5/market/books?instId={symbol}&sz={size}"
        answer, response = await self._public(target, self._quotas.book)
        return parse_orderbook(answer.data, levels, response.recv_ns)

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
        """Return the order's state; see `OkxExecution.query`."""
        return await self._execution.query(self._instrument(symbol), client_id)

    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first."""
        return await self._execution.fills(self._instrument(symbol), client_id, venue_id)

    async def get_balance(self) -> list[Balance]:
        """Return all non-zero balances of the trading account."""
        return await self._execution.balances()

    async def get_trading_fees(self, symbols: Sequence[str]) -> dict[str, TradingFees]:
        """Return the account's own rates by canonical symbol."""
        wanted = {self._instrument(symbol).wire_symbol: symbol for symbol in symbols}
        return await self._execution.fees(wanted, self._fee_groups)

    async def close(self) -> None:
        """Give up what is under way (reported as unknown) and close every connection."""
        await self._submissions.close()
        if self._resyncing is not None:
            self._resyncing.cancel()
            await asyncio.gather(self._resyncing, return_exceptions=True)
        await self._rest.close()

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self._instruments.get(symbol)
        if instrument is None:
            raise RequestRefused(_VENUE, "symbol", f"{symbol} is not listed")
        return instrument

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

    def _doubt_clock(self) -> None:
        """Measure the offset again in the background, once at a time."""
        if self._resyncing is None or self._resyncing.done():
            self._resyncing = asyncio.create_task(self._resync())

    async def _resync(self) -> None:
        try:
            await self.sync_clock()
        except ExchangeError as e:
            _log.warning("clock_not_synced", venue=_VENUE, error=str(e))
