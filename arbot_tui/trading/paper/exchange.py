"""PaperExchange: a venue's real market data, and orders that never leave this process.

It stands where the adapter stands: market data passes through from the adapter, which needs no
key, and the private half is answered by the fill core after a round trip. The adapter itself is
never given an order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import structlog

from arbot_tui.domain.account import AccountFill, FeeTerms, OpenOrder
from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import ExchangeError, OrderNotFound
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import from_float, plain
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderEvent,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderUnknown,
)
from arbot_tui.domain.quotes import DepthSnapshot, Level, Ticker
from arbot_tui.domain.transfers import Wallets
from arbot_tui.exchanges.base import BaseExchange, MarketDataSink, OrderEventSink, QuotaUse
from arbot_tui.trading.core.events import Deposited
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.paper.account import PaperAccount
from arbot_tui.trading.paper.depth_wanted import DepthWanted
from arbot_tui.trading.paper.fees import PaperFees
from arbot_tui.trading.paper.funding import Funding
from arbot_tui.trading.paper.profile import Draws, quantile
from arbot_tui.trading.paper.terms import PaperTerms
from arbot_tui.trading.paper.venue import PaperVenue
from arbot_tui.trading.paper.watch import Watch

__all__ = ["PaperExchange", "VisibleRow"]

VisibleRow = Callable[[int, OrderSide], Sequence[Level]]
"""Levels that an order of that side meets in the book of a row, best first."""

_PROBE_S = 10.0
# A distribution of two values is none: at first they are taken faster.
_FIRST_PROBE_S = 2.0
_FEW = 100

_log = structlog.get_logger("paper")


class PaperExchange(BaseExchange):
    """One venue of paper trading."""

    def __init__(
        self,
        public: BaseExchange,
        clock: Clock,
        *,
        seed: int,
        terms: PaperTerms,
        visible: VisibleRow,
    ) -> None:
        """Stand in for the private half of `public`; nothing is opened yet.

        Args:
            public: The venue's adapter, for market data alone.
            clock: Stamps what happens.
            seed: What the fate of orders is drawn from.
            terms: What the account starts with and how it is treated.
            visible: What an order meets.
        """
        super().__init__(public.config, clock)
        self.continuity = public.continuity
        self.depth_limits = public.depth_limits
        self.orders_per_s = public.orders_per_s
        self._public = public
        self._terms = terms
        self._row_of: dict[str, int] = {}
        self._symbol_of: dict[int, str] = {}
        self._visible = visible
        draws = Draws(seed, terms.profile)
        fees = terms.fees or PaperFees(public.config.fallback_fees)
        self._venue = PaperVenue(self.name, draws, fees, self._meets)
        self._funding = Funding(terms, self._venue.account)
        self._deposit: Callable[[Deposited], None] = _forget
        self._opened = False
        self._sinks: dict[str, OrderEventSink] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._depth = DepthWanted(public.request_depth)
        self._watched: set[int] = set()

    def open_account(self, state: CoreState, deposit: Callable[[Deposited], None]) -> None:
        """Take up the account where the journal left it; before `set_universe`.

        What was on its way when the last run ended has expired with what was written down of it,
        and what rested is gone: nobody saw the market that it would have waited for.

        Args:
            state: As the journal tells it.
            deposit: Is told what the account is given from now on.
        """
        self._deposit = deposit
        venue = state.venues.get(self.name)
        self._opened = venue is not None and venue.opened
        self._venue.account = PaperAccount(state.ledger.book(self.name))
        self._funding = Funding(self._terms, self._venue.account)
        for pair in state.working():
            for leg in pair.legs:
                if leg.venue == self.name:
                    self._venue.restore(leg.client_id, leg.fills)

    # Market data

    def quota(self, now_ns: int) -> QuotaUse | None:
        """Return how much of the real quota the market data uses."""
        return self._public.quota(now_ns)

    def banned_s(self, now_ns: int) -> float:
        """Return how long the real venue wants no request of ours."""
        return self._public.banned_s(now_ns)

    async def sync_clock(self) -> None:
        """Measure the venue's clock; the round trips join those that latencies are drawn from."""
        await self._public.sync_clock()
        self.offset_ns, self.rtt_ns = self._public.offset_ns, self._public.rtt_ns
        self._venue.offset_ns = self.offset_ns
        self.rtts_ns = self._public.rtts_ns
        # The offset wants the shortest round trip, orders meet all of them.
        for rtt_ns in self.rtts_ns or (self.rtt_ns,):
            self._venue.rtts.add(rtt_ns)

    async def load_instruments(self) -> list[Instrument]:
        """Fetch the real rules; paper orders are held to the newest ones."""
        instruments = await self._public.load_instruments()
        self._venue.set_instruments(instruments)
        return instruments

    async def get_volumes(self) -> dict[str, Decimal]:
        """Fetch what was really traded."""
        return await self._public.get_volumes()

    async def get_wallets(self) -> Wallets | None:
        """Ask on which networks coins really move."""
        return await self._public.get_wallets()

    def set_universe(self, rows: Mapping[str, int], instruments: Sequence[Instrument]) -> None:
        """Follow these symbols, and give the account what it is to have of their assets."""
        self._public.set_universe(rows, instruments)
        self._row_of = {i.symbol: rows[i.wire_symbol] for i in instruments}
        self._symbol_of = {row: symbol for symbol, row in self._row_of.items()}
        for asset, amount in self._funding.follow(instruments):
            self._give(asset, amount)
        self._watched.update(r for s, r in self._row_of.items() if self._funding.wants(s))

    async def connect_ws(self, sink: MarketDataSink) -> None:
        """Follow the market until cancelled, and measure round trips all the while."""
        async with asyncio.TaskGroup() as group:
            probing = group.create_task(self._probe(), name=f"round trips {self.name}")
            try:
                await self._public.connect_ws(Watch(sink, self._watched, self._look))
            finally:
                probing.cancel()

    def request_depth(self, row: int, wanted: bool) -> None:
        """Follow depth of a row for the engine, for as long as no order of ours needs it too."""
        self._depth.by_engine(row, wanted)

    def resync_book(self, row: int) -> None:
        """Start the book of one row afresh."""
        self._public.resync_book(row)

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        """Fetch the real book."""
        return await self._public.get_orderbook(row, levels)

    # Orders

    @property
    def has_account(self) -> bool:
        """There is one, kept here."""
        return True

    def submit(self, order: OrderRequest, sink: OrderEventSink) -> None:
        """Send the order on its way; what comes of it is told after a round trip."""
        now_ns = self.clock.now_ns()
        row = self._row_of.get(order.symbol)
        if row is not None:
            self._depth.by_order(row, now_ns)
        self._sinks[order.client_id] = sink
        self._venue.submit(order, now_ns)
        self._set_timer(now_ns)

    async def place_order(self, order: OrderRequest) -> list[OrderEvent]:
        """Place the order and return the events that `submit` would report, in order."""
        answered = asyncio.Event()
        events: list[OrderEvent] = []

        def take(event: OrderEvent) -> None:
            events.append(event)
            answered.set()

        self.submit(order, take)
        # All events of an answer are told at once, before whoever waits runs again. What happens
        # later to an order that rests is to be asked for.
        await answered.wait()
        return list(events)

    async def cancel_order(self, symbol: str, client_id: str) -> None:
        """Cancel an order that rests; whoever submitted it is told its end."""
        await self._round_trip()
        state = self._venue.cancel(client_id)
        if state is None:
            raise OrderNotFound(self.name, f"no open order {client_id} of {symbol}")
        self._tell([state])

    async def query_order(self, symbol: str, client_id: str) -> OrderState:
        """Return the order's state."""
        await self._round_trip()
        return self._venue.query(client_id)

    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first."""
        await self._round_trip()
        return self._venue.fills(client_id)

    async def query_by_venue_id(self, symbol: str, venue_id: str) -> OrderState:
        """Return the state of the order that has the paper venue's id."""
        return await self.query_order(symbol, self._venue.client_id(venue_id))

    async def cancel_by_venue_id(self, symbol: str, venue_id: str) -> None:
        """Do what `cancel_order` does for the order that has the paper venue's id."""
        await self.cancel_order(symbol, self._venue.client_id(venue_id))

    async def get_open_orders(self, symbol: str | None = None) -> list[OpenOrder]:
        """Return what rests."""
        await self._round_trip()
        return self._venue.open_orders(symbol)

    async def get_account_fills(self, symbol: str, since_ns: int) -> list[AccountFill]:
        """Return this run's executions of a symbol since then, oldest first."""
        await self._round_trip()
        return self._venue.fills_since(symbol, since_ns)

    async def get_balance(self) -> list[Balance]:
        """Return what the paper account holds."""
        await self._round_trip()
        # From here to the ledger nothing waits: what is given later is told as a deposit.
        self._opened = True
        return self._venue.balances()

    async def get_trading_fees(self, symbols: Sequence[str]) -> dict[str, TradingFees]:
        """Return the rates that paper orders pay: the live account's where known, as configured."""
        return {symbol: self._venue.fees.of(symbol) for symbol in symbols}

    async def get_fee_terms(self) -> FeeTerms:
        """Return how paper orders pay; a fee coin and its rate are with the rates themselves."""
        return FeeTerms(tier="paper", always_quote=self._venue.fees.in_quote)

    async def close(self) -> None:
        """Give up what is on its way (reported as unknown) and close the adapter.

        What rests ends with the run, and nobody is told of it.
        """
        if self._timer is not None:
            self._timer.cancel()
        sinks, self._sinks = self._sinks, {}
        for client_id, sink in sinks.items():
            if self._venue.is_open(client_id):
                continue
            sink(OrderUnknown(self.name, client_id, "given up while under way"))
        await self._public.close()

    def left(self, symbol: str, side: OrderSide, limit: float) -> float | None:
        """Return the base quantity that earlier orders left within a limit price.

        None where they took nothing of what is shown: then all of it is there.
        """
        return self._venue.left(symbol, side, limit)

    def _meets(self, symbol: str, side: OrderSide) -> Sequence[Level]:
        row = self._row_of.get(symbol)
        return () if row is None else self._visible(row, side)

    def _set_timer(self, now_ns: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_ns = self._venue.next_ns
        if due_ns is not None:
            delay_s = max(0, due_ns - now_ns) / SECOND
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._answer)

    def _answer(self) -> None:
        """Tell what is due; telling may send more orders."""
        self._timer = None
        now_ns = self.clock.now_ns()
        events = self._venue.advance(now_ns)
        self._set_timer(now_ns)
        self._tell(events)

    def _tell(self, events: Sequence[OrderEvent]) -> None:
        """Tell events to whoever sent their orders; an order that rests may have more to tell."""
        asked = {event.client_id for event in events}
        sinks = {client_id: self._sinks.pop(client_id, _unheard) for client_id in asked}
        for client_id, sink in sinks.items():
            if self._venue.is_open(client_id):
                self._sinks[client_id] = sink
        for event in events:
            if isinstance(event, Fill):
                self._watch(event.symbol)
            sinks[event.client_id](event)
        for symbol in self._venue.waiting_symbols():
            self._watch(symbol)

    def _watch(self, symbol: str) -> None:
        """Look at what the book of a symbol shows from now on."""
        if symbol in self._row_of:
            self._watched.add(self._row_of[symbol])

    async def _round_trip(self) -> None:
        """Take the time that a request takes."""
        await asyncio.sleep(quantile(self._venue.rtts.ranked, 0.5) / SECOND)

    async def _probe(self) -> None:
        """Measure round trips, often until there are enough for a distribution."""
        while True:
            few = len(self._venue.rtts.ranked) < _FEW
            await asyncio.sleep(_FIRST_PROBE_S if few else _PROBE_S)
            try:
                await self.sync_clock()
            except ExchangeError as e:
                _log.warning("round_trip_not_measured", venue=self.name, message=str(e))
            self._depth.drop(self.clock.now_ns())

    # The account

    def _look(self, row: int, ticker: Ticker | None) -> None:
        """See what a watched row shows now: a first price, or levels that we took from."""
        symbol = self._symbol_of.get(row)
        if symbol is None:
            self._watched.discard(row)
            return
        if ticker is not None and ticker.bid > 0 and self._funding.wants(symbol):
            grant = self._funding.price(symbol, from_float(ticker.bid))
            if grant is not None:
                self._give(*grant)
        if events := self._venue.meet(symbol, self.clock.now_ns()):
            self._tell(events)
        if not self._venue.observe(symbol) and not self._funding.wants(symbol):
            self._watched.discard(row)

    def _give(self, asset: str, amount: Decimal) -> None:
        self._venue.account.credit(asset, amount)
        _log.debug("paper_account_given", venue=self.name, asset=asset, amount=plain(amount))
        if self._opened:
            self._deposit(Deposited(self.name, asset, amount))


def _unheard(event: OrderEvent) -> None:
    """The id was sent twice, and its first answer has been told."""


def _forget(event: Deposited) -> None:
    """Nobody keeps an account yet."""
