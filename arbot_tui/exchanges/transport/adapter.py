"""What every adapter does alike: orders by instrument, requests under way, the venue's clock.

A venue's own class says where its clock, instruments and feed come from; what is here asks its
execution, knows which instrument a symbol is, and loses no request.
"""

from __future__ import annotations

import asyncio
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog

from arbot_tui.domain.account import AccountFill, FeeTerms, KeyPermissions, OpenOrder
from arbot_tui.domain.clock import MS, Clock
from arbot_tui.domain.errors import ExchangeError, RequestRefused
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import Balance, Fill, OrderEvent, OrderReject, OrderRequest, OrderState
from arbot_tui.exchanges.base import (
    FILLS_OVERLAP_NS,
    AccountSink,
    BaseExchange,
    Credentials,
    ExchangeConfig,
    OrderEventSink,
    QuotaUse,
)
from arbot_tui.exchanges.transport.account_stream import AccountStream
from arbot_tui.exchanges.transport.admission import admit, order_wait_ns
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.clock_offset import ClockSample, measure_offset, more_certain
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.order_entry import EntryDialect, OrderEntry
from arbot_tui.exchanges.transport.rows import Rows
from arbot_tui.exchanges.transport.signed_socket import SocketDialect
from arbot_tui.exchanges.transport.submissions import Submissions
from arbot_tui.exchanges.transport.traffic import Traffic
from arbot_tui.exchanges.transport.websocket import WebSocketOptions
from arbot_tui.exchanges.transport.wire import Dial

__all__ = ["Account", "Execution", "VenueAdapter"]

_log = structlog.get_logger(__name__)


class Execution(Protocol):
    """Signed requests of one account; `BaseExchange` says what each of them means."""

    async def place(self, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Place an order and return what is known of it afterwards."""
        ...

    def order_charges(self, instrument: Instrument) -> Sequence[Charge]:
        """Return what an order costs of which quota, over a socket and by REST."""
        ...

    async def cancel(self, instrument: Instrument, client_id: str, venue_id: str) -> None:
        """Ask for a cancel."""
        ...

    async def query(self, instrument: Instrument, client_id: str, venue_id: str) -> OrderState:
        """Return the order's state."""
        ...

    async def fills(self, instrument: Instrument, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first."""
        ...

    async def balances(self) -> list[Balance]:
        """Return the non-zero balances."""
        ...

    async def fees(self, symbols: Mapping[str, str]) -> dict[str, TradingFees]:
        """Return the account's rates by canonical symbol, given wire symbol to canonical one."""
        ...


class Account(Protocol):
    """Reads of one account that no single order needs; `BaseExchange` says what each means."""

    async def open_orders(
        self, instrument: Instrument | None, names: Mapping[str, str]
    ) -> Rows[OpenOrder]:
        """Return what rests; `names` are canonical symbols by wire symbol."""
        ...

    async def fills_since(self, instrument: Instrument, since_ns: int) -> list[AccountFill]:
        """Return executions since then, oldest first; `since_ns` is by our clock."""
        ...

    async def fee_terms(self, wire_symbol: str) -> FeeTerms | None:
        """Return tier and discount; some venues tell them per symbol."""
        ...

    async def permissions(self) -> KeyPermissions | None:
        """Return what the key may do."""
        ...


class VenueAdapter(BaseExchange):
    """The account's side of an adapter, and the venue's clock."""

    client_ids: re.Pattern[str]
    """What the venue takes as a client order id, all of it."""
    _execution: Execution
    _account: Account

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        """Keep `config`; nothing is opened before it is asked for."""
        super().__init__(config, clock)
        self._ban = BanClock()
        self._traffic = Traffic()
        self.unreadable_orders = 0
        """Open orders of other people that could not be read, of all listings."""
        self._clock_sample: ClockSample | None = None
        self._clock_ns = 0
        self._instruments: dict[str, Instrument] = {}
        self._wire: dict[str, Instrument] = {}
        self._submissions = Submissions(config.name)
        self._resyncing: asyncio.Task[None] | None = None
        self._stream: AccountStream | None = None
        self._entry: OrderEntry | None = None

    @abstractmethod
    def _private_stream(self, url: str, key: Credentials) -> tuple[SocketDialect, WebSocketOptions]:
        """Return the language of the private stream and how its connection is kept."""

    @abstractmethod
    def _private_dial(self) -> Dial:
        """Return what opens private connections, within what the venue allows."""

    @property
    def has_private_stream(self) -> bool:
        """Whether `connect_private` has anything to follow."""
        return self.config.credentials is not None and self.config.urls.ws_private is not None

    async def connect_private(self, sink: AccountSink) -> None:
        """Follow orders, executions and balances of the account until cancelled.

        The socket for orders is kept up as well, where the venue has one: `submit` writes to it
        while it is ready, and goes by REST otherwise.
        """
        url, key = self.config.urls.ws_private, self.config.credentials
        if url is None or key is None:
            return
        stream = AccountStream(
            self.name,
            lambda: self._private_stream(url, key),
            sink,
            clock=self.clock,
            ban=self._ban,
            dial=self._private_dial(),
        )
        self._stream = stream
        self._entry = self._order_entry(key)
        try:
            async with asyncio.TaskGroup() as sockets:
                sockets.create_task(stream.run())
                if self._entry is not None:
                    sockets.create_task(self._entry.run())
        finally:
            self._stream = self._entry = None

    def restart_private(self, cause: str) -> None:
        """Log in and subscribe anew, on new connections; orders under way become unknown."""
        for socket in (self._stream, self._entry):
            if socket is not None:
                socket.restart(cause)

    def _order_entry(self, key: Credentials) -> OrderEntry | None:
        """Return the socket for orders; None where the venue has none that bounds their time."""
        url = self.config.urls.ws_trade
        found = self._entry_dialect(url, key) if url is not None else None
        if found is None:
            return None
        dialect, options = found
        return OrderEntry(
            dialect, options, clock=self.clock, ban=self._ban, dial=self._private_dial()
        )

    def _entry_dialect(
        self, url: str, key: Credentials
    ) -> tuple[EntryDialect, WebSocketOptions] | None:
        """Return the language of the socket for orders and how its connection is kept."""
        del url, key
        return None

    @abstractmethod
    async def _ask_time(self) -> ClockSample:
        """Ask the venue for its time once."""

    @abstractmethod
    async def _close_requests(self) -> None:
        """Close every connection for requests."""

    def quota(self, now_ns: int) -> QuotaUse | None:
        """Return the request quota of which the greatest share is used; None before any request."""
        return self._traffic.busiest(now_ns)

    def banned_s(self, now_ns: int) -> float:
        """Return the seconds for which the venue wants no request of ours; 0.0 where it may be."""
        return self._ban.remaining_s(now_ns)

    def order_wait_ns(self, symbol: str, now_ns: int) -> int:
        """Return the time until an order may leave: a ban and our share of the quotas count."""
        instrument = self._instruments.get(symbol)
        charges = () if instrument is None else self._execution.order_charges(instrument)
        return order_wait_ns(self._ban, charges, now_ns)

    async def sync_clock(self) -> None:
        """Measure `offset_ns` and `rtt_ns` against the venue's server time.

        Raises:
            ExchangeError: The venue did not tell the time.
        """
        taken: list[int] = []

        async def ask() -> ClockSample:
            asked = await self._ask_time()
            taken.append(asked.rtt_ns)
            return asked

        sample = await measure_offset(ask)
        self.rtts_ns = tuple(taken[1:])
        now_ns = self.clock.now_ns()
        best = more_certain(self._clock_sample, now_ns - self._clock_ns, sample)
        if best is sample:
            self._clock_sample, self._clock_ns = sample, now_ns
        self.offset_ns, self.rtt_ns = best.offset_ns, sample.rtt_ns

    def submit(self, order: OrderRequest, sink: OrderEventSink) -> None:
        """Write the order to its socket, or start its request; the outcome comes as events.

        What it costs is taken before this returns, so that who asks next knows what is left.
        """
        told = self._noting(sink)
        instrument = self._admit(order)
        if not isinstance(instrument, Instrument):
            self._submissions.start(order, self.place_order, told)
            return
        if self._entry is not None and self._entry.submit(order, instrument, told):
            return
        charges = self._execution.order_charges(instrument)
        refusal = admit(order, self._ban, charges, self.clock.now_ns())
        if refusal is not None:
            asyncio.get_running_loop().call_soon(told, refusal)
            return
        self._submissions.start(order, self.place_order, told, admitted=True)

    def _noting(self, sink: OrderEventSink) -> OrderEventSink:
        """Return a sink that has the private stream know of what it takes."""

        def take(event: OrderEvent) -> None:
            if self._stream is not None:
                self._stream.note(event)
            sink(event)

        return take

    def _venue_ms(self) -> int:
        """Return the venue's time as we know it, UTC milliseconds."""
        return (self.clock.now_ns() + self.offset_ns) // MS

    def _by_wire(self, wire_symbol: str) -> Instrument | None:
        """Return the instrument of a wire symbol, where it is known."""
        return self._wire.get(wire_symbol)

    async def place_order(self, order: OrderRequest) -> list[OrderEvent]:
        """Place the order and return the events that `submit` would report, in order.

        What the venue would refuse for its form is refused here and never sent: an id outside
        its alphabet, a price off the tick, a quantity off the step, a value below its minimum.
        """
        admitted = self._admit(order)
        if isinstance(admitted, OrderReject):
            return [admitted]
        return await self._execution.place(order, admitted)

    def _admit(self, order: OrderRequest) -> Instrument | OrderReject:
        """Return the instrument of an order that may be sent, or why it may not."""
        instrument = self._instruments.get(order.symbol)
        if instrument is None:
            text = f"{order.symbol} is not listed"
            return OrderReject(self.name, order.client_id, "symbol", text)
        if self.client_ids.fullmatch(order.client_id) is None:
            text = f"an order id has to match {self.client_ids.pattern}"
            return OrderReject(self.name, order.client_id, "client_id", text)
        if breach := instrument.breach(order.price, order.qty):
            return OrderReject(self.name, order.client_id, "instrument_rules", breach)
        return instrument

    async def cancel_order(self, symbol: str, client_id: str) -> None:
        """Take the order back where it has not left, else ask the venue to cancel it."""
        if self._submissions.withdraw(client_id):
            return
        await self._execution.cancel(self._instrument(symbol), client_id, "")

    async def cancel_by_venue_id(self, symbol: str, venue_id: str) -> None:
        """Ask the venue to cancel an order of its own id."""
        await self._execution.cancel(self._instrument(symbol), "", venue_id)

    async def query_order(self, symbol: str, client_id: str) -> OrderState:
        """Return the order's state; see the venue's execution for what is asked."""
        return await self._execution.query(self._instrument(symbol), client_id, "")

    async def query_by_venue_id(self, symbol: str, venue_id: str) -> OrderState:
        """Return the state of an order of the venue's own id."""
        return await self._execution.query(self._instrument(symbol), "", venue_id)

    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first."""
        return await self._execution.fills(self._instrument(symbol), client_id, venue_id)

    async def get_balance(self) -> list[Balance]:
        """Return all non-zero balances of the account that trades."""
        return await self._execution.balances()

    async def get_trading_fees(self, symbols: Sequence[str]) -> dict[str, TradingFees]:
        """Return the account's own rates by canonical symbol."""
        wanted = {self._instrument(symbol).wire_symbol: symbol for symbol in symbols}
        return await self._execution.fees(wanted)

    async def get_open_orders(self, symbol: str | None = None) -> list[OpenOrder]:
        """Return what rests at the venue, whoever placed it."""
        instrument = None if symbol is None else self._instrument(symbol)
        names = {known.wire_symbol: name for name, known in self._instruments.items()}
        orders = await self._account.open_orders(instrument, names)
        if orders.unreadable:
            self.unreadable_orders += len(orders.unreadable)
            _log.warning(
                "foreign_orders_unreadable",
                venue=self.name,
                count=len(orders.unreadable),
                reason=orders.unreadable[0],
            )
        return orders.read

    async def get_account_fills(self, symbol: str, since_ns: int) -> list[AccountFill]:
        """Return the account's executions of one symbol, oldest first."""
        instrument = self._instrument(symbol)
        return await self._account.fills_since(instrument, since_ns - FILLS_OVERLAP_NS)

    async def get_fee_terms(self) -> FeeTerms | None:
        """Return fee tier and discount of the account.

        Raises:
            RequestRefused: No instrument is loaded to ask for.
        """
        for instrument in self._instruments.values():
            return await self._account.fee_terms(instrument.wire_symbol)
        raise RequestRefused(self.name, "symbol", "no instrument is loaded")

    async def get_key_permissions(self) -> KeyPermissions | None:
        """Return what the key may do; None where this environment does not tell."""
        return await self._account.permissions()

    async def close(self) -> None:
        """Give up what is under way (reported as unknown) and close every connection."""
        await self._submissions.close()
        if self._resyncing is not None:
            self._resyncing.cancel()
            await asyncio.gather(self._resyncing, return_exceptions=True)
        await self._close_requests()

    def _learn(self, instruments: Sequence[Instrument], dropped: Sequence[str] = ()) -> None:
        """Know these instruments from now on, and say which could not be read."""
        for reason in dropped:
            _log.warning("instrument_dropped", venue=self.name, reason=reason)
        self._instruments.update({found.symbol: found for found in instruments})
        self._wire.update({found.wire_symbol: found for found in instruments})

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self._instruments.get(symbol)
        if instrument is None:
            raise RequestRefused(self.name, "symbol", f"{symbol} is not listed")
        return instrument

    def _doubt_clock(self) -> None:
        """Measure the offset again in the background, once at a time."""
        if self._resyncing is None or self._resyncing.done():
            self._resyncing = asyncio.create_task(self._resync())

    async def _resync(self) -> None:
        try:
            await self.sync_clock()
        except ExchangeError as e:
            _log.warning("clock_not_synced", venue=self.name, error=str(e))
