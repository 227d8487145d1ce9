"""Binance spot as the rest of the house sees it: composes feed, execution and public reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal

import structlog

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.errors import ExchangeError, RequestRefused
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import Balance, Fill, OrderEvent, OrderReject, OrderRequest, OrderState
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.exchanges.base import (
    BaseExchange,
    ExchangeConfig,
    MarketDataSink,
    OrderEventSink,
)
from arbot_tui.exchanges.binance.errors import ban_rule
from arbot_tui.exchanges.binance.execution import BinanceExecution
from arbot_tui.exchanges.binance.feed import BinanceFeed
from arbot_tui.exchanges.binance.public import BinancePublic
from arbot_tui.exchanges.binance.quotas import Quotas
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.clock_offset import measure_offset
from arbot_tui.exchanges.transport.rest import RestClient
from arbot_tui.exchanges.transport.submissions import Submissions

__all__ = ["BinanceExchange"]

_VENUE = "binance"
_log = structlog.get_logger(__name__)


class BinanceExchange(BaseExchange):
    """Binance spot over combined streams and REST; see `BaseExchange` for the contract."""

    continuity = Continuity.RANGE

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        """Keep `config`; nothing is opened before it is asked for."""
        super().__init__(config, clock)
        self._ban = BanClock()
        self._quotas = Quotas()
        self._rest = RestClient(
            venue=_VENUE,
            base_url=config.urls.rest,
            clock=clock,
            ban=self._ban,
            ban_rule=ban_rule,
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
        self._submissions = Submissions(_VENUE)
        self._resyncing: asyncio.Task[None] | None = None
        self._rows: dict[str, int] = {}
        self._wire_symbols: dict[int, str] = {}
        self._instruments: dict[str, Instrument] = {}
        self._feed: BinanceFeed | None = None
        self._depth_rows: set[int] = set()

    async def sync_clock(self) -> None:
        """Measure `offset_ns` and `rtt_ns` against ``GET /api/v3/time``.

        Raises:
            ExchangeError: The venue did not tell the time.
        """
        sample = await measure_offset(self._public.time)
        self.offset_ns, self.rtt_ns = sample.offset_ns, sample.rtt_ns

    async def load_instruments(self) -> list[Instrument]:
        """Fetch every spot instrument with its rules, tradeable or not.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        info = await self._public.exchange_info()
        for reason in info.dropped:
            _log.warning("instrument_dropped", venue=_VENUE, reason=reason)
        self._instruments.update({found.symbol: found for found in info.instruments})
        return info.instruments

    async def get_volumes(self) -> dict[str, Decimal]:
        """Fetch what was traded in the last 24 hours, by wire symbol, in quote currency.

        Raises:
            ExchangeError: The tickers could not be fetched or read.
        """
        return await self._public.turnover()

    def set_universe(self, rows: Mapping[str, int], instruments: Sequence[Instrument]) -> None:
        """Learn which wire symbols to follow; takes effect at the next `connect_ws`."""
        self._rows = dict(rows)
        self._wire_symbols = {row: symbol for symbol, row in rows.items()}
        self._instruments.update({given.symbol: given for given in instruments})

    async def connect_ws(self, sink: MarketDataSink) -> None:
        """Follow best bid and ask of the universe until cancelled."""
        feed = self._feed = BinanceFeed(
            url=self.config.urls.ws_public,
            exchange=self.config.index,
            rows=self._rows,
            instruments=tuple(self._instruments.values()),
            clock=self.clock,
            public=self._public,
            ban=self._ban,
        )
        for row in self._depth_rows:
            feed.request_depth(row, True)
        await feed.run(sink)

    def request_depth(self, row: int, wanted: bool) -> None:
        """Start or stop following incremental depth of one row; survives reconnects."""
        if wanted:
            self._depth_rows.add(row)
        else:
            self._depth_rows.discard(row)
        if self._feed is not None:
            self._feed.request_depth(row, wanted)

    def resync_book(self, row: int) -> None:
        """Fetch a new snapshot of one followed row; it arrives as a `BookKind.SNAPSHOT`."""
        if self._feed is not None:
            self._feed.resync_book(row)

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        """Fetch the order book of one row once, at most `levels` levels a side.

        Raises:
            ExchangeError: The book could not be fetched or read, or the row is not followed.
        """
        symbol = self._wire_symbols.get(row)
        if symbol is None:
            raise RequestRefused(_VENUE, "row", f"row {row} is not followed")
        return await self._public.depth(symbol, levels)

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
        """Return the order's state; see `BinanceExecution.query`."""
        return await self._execution.query(self._instrument(symbol), client_id)

    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first."""
        return await self._execution.fills(self._instrument(symbol), client_id, venue_id)

    async def get_balance(self) -> list[Balance]:
        """Return all non-zero balances of the spot account."""
        return await self._execution.balances()

    async def get_trading_fees(self, symbols: Sequence[str]) -> dict[str, TradingFees]:
        """Return the account's own rates; see `BinanceExecution.fees`."""
        wanted = {self._instrument(symbol).wire_symbol: symbol for symbol in symbols}
        return await self._execution.fees(wanted)

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

    def _doubt_clock(self) -> None:
        """Measure the offset again in the background, once at a time."""
        if self._resyncing is None or self._resyncing.done():
            self._resyncing = asyncio.create_task(self._resync())

    async def _resync(self) -> None:
        try:
            await self.sync_clock()
        except ExchangeError as e:
            _log.warning("clock_not_synced", venue=_VENUE, error=str(e))
