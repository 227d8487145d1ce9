"""The one interface between a venue and the rest of the house.

An adapter decodes frames into `Ticker` and `BookUpdate`, hands them to a market-data sink by
plain function call on the receiving task (no await, no queue), performs orders, and reports
what happened to them as order events. It knows nothing of boards, strategies or journals.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from arbot_tui.domain.account import AccountFill, FeeTerms, KeyPermissions, OpenOrder
from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import MalformedMessage, RequestRefused
from arbot_tui.domain.feed import Continuity, DepthLimits, FeedEvent, FeedEventKind
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import Balance, Fill, OrderEvent, OrderRequest, OrderState
from arbot_tui.domain.quotes import BookUpdate, DepthSnapshot, Ticker
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.transfers import Wallets

__all__ = [
    "FILLS_OVERLAP_NS",
    "AccountSink",
    "BaseExchange",
    "Continuity",
    "Credentials",
    "DepthLimits",
    "ExchangeConfig",
    "FeedEvent",
    "FeedEventKind",
    "MarketDataSink",
    "OrderEventSink",
    "QuotaUse",
    "UnreadableQuote",
    "VenueUrls",
]


FILLS_OVERLAP_NS = 600 * SECOND
"""How much further back than asked for an account's executions are fetched: clocks differ, and
venues show some late. Whoever takes them counts each once anyway."""


class VenueUrls(msgspec.Struct, frozen=True):
    """Where a venue is reached; from the environment, the config or a synthetic world.

    Attributes:
        rest: Scheme, host and port of the REST API, no path, no trailing slash.
        ws_public: Base URL of the public WebSocket (Binance: root; others: full path).
        ws_private: URL of the private WebSocket, or None where it does not exist (yet).
        ws_trade: URL of WebSocket order entry, or None where it does not exist (yet).
    """

    rest: str
    ws_public: str
    ws_private: str | None = None
    ws_trade: str | None = None


class Credentials(msgspec.Struct, frozen=True):
    """An API key; `passphrase` is None for venues without one."""

    api_key: str
    api_secret: Secret
    passphrase: Secret | None = None


class ExchangeConfig(msgspec.Struct, frozen=True):
    """What an adapter needs to know, all of it given at start.

    Attributes:
        name: Venue name, lower case, such as ``okx``.
        index: Dense index of the venue; stamped on every ticker and book update.
        urls: Where to reach it.
        environment: ``prod``, ``demo``, ``testnet`` or ``custom``; some venues send a demo header.
        fallback_fees: Used until the account's own rates are known.
        credentials: None for market data only.
    """

    name: str
    index: int
    urls: VenueUrls
    environment: str
    fallback_fees: TradingFees
    credentials: Credentials | None = None


class QuotaUse(msgspec.Struct, frozen=True):
    """How much of one request quota is used.

    Attributes:
        used: Units in the period that ends now.
        limit: Units that we allow ourselves in a period.
        period_s: Length of the period, seconds.
    """

    used: int
    limit: int
    period_s: float


class UnreadableQuote(MalformedMessage):
    """A frame that was to change a best bid and ask cannot be read: what was held is void.

    Attributes:
        row: Row of the symbol.
    """

    def __init__(self, venue: str, row: int, message: str) -> None:
        """Carry the row, so that its former quote can be withdrawn."""
        super().__init__(venue, message)
        self.row = row


class MarketDataSink(Protocol):
    """Where an adapter puts market data; plain functions that return at once."""

    def on_ticker(self, ticker: Ticker) -> None:
        """Take a new best bid and ask."""
        ...

    def on_book(self, update: BookUpdate) -> None:
        """Take a depth message."""
        ...

    def on_feed(self, event: FeedEvent) -> None:
        """Take a change in the life of the feed."""
        ...


class OrderEventSink(Protocol):
    """Where an adapter reports what became of orders; a plain function."""

    def __call__(self, event: OrderEvent, /) -> None:
        """Take one order event."""
        ...


class AccountSink(Protocol):
    """Where an adapter puts what the private stream tells; plain functions that return at once."""

    def on_order_event(self, event: OrderEvent, /) -> None:
        """Take an execution or the state of an order, ours or somebody else's."""
        ...

    def on_balances(self, balances: Sequence[Balance], /) -> None:
        """Take what the account holds of some assets, zeros included; others are unchanged."""
        ...

    def on_stream(self, up: bool, detail: str, /) -> None:
        """Take that the stream is up, or is not and why; while it is not, things go untold."""
        ...


class BaseExchange(ABC):
    """One spot venue.

    Life: `load_instruments`, `set_universe`, `connect_ws`, …, `close`. Every awaiting method
    raises only errors of the `ExchangeError` tree. All times given are `Clock.now_ns`.

    Attributes:
        continuity: The rule by which its depth messages prove that none is missing.
        depth_limits: How many books may be followed in depth.
        orders_per_s: How many orders it takes in a second; beyond that they are refused, here or
            there. 0 where that is not known.
    """

    continuity: Continuity
    orders_per_s = 0
    depth_limits = DepthLimits(rows=50, starts_per_hour=80)

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        """Keep `config`; nothing is opened before it is asked for."""
        self.config = config
        self.clock = clock
        self.offset_ns = 0
        """Venue clock minus ours, nanoseconds; measured by `sync_clock`."""
        self.rtt_ns = 0
        """Round trip of the latest REST call that measured it, nanoseconds."""
        self.rtts_ns: tuple[int, ...] = ()
        """Round trips of the latest measurement but the first, which may have had to connect."""

    @property
    def name(self) -> str:
        """Name of the venue, lower case."""
        return self.config.name

    def quota(self, now_ns: int) -> QuotaUse | None:
        """Return the request quota of which the greatest share is used; None where none is."""
        return None

    def banned_s(self, now_ns: int) -> float:
        """Return the seconds for which the venue wants no request of ours; 0.0 where it may be."""
        return 0.0

    def order_wait_ns(self, symbol: str, now_ns: int) -> int:
        """Return the time until an order in the symbol may leave, nanoseconds; 0 where it may.

        Asked between what decides on an order and what sends it, with nothing in between: while it
        is not 0, `submit` would refuse, and the other leg of a pair stand alone.
        """
        del symbol
        return round(self.banned_s(now_ns) * SECOND)

    @abstractmethod
    async def sync_clock(self) -> None:
        """Measure `offset_ns` and `rtt_ns` against the venue's server time."""

    @abstractmethod
    async def load_instruments(self) -> list[Instrument]:
        """Fetch every spot instrument with its rules, tradeable or not."""

    @abstractmethod
    async def get_volumes(self) -> dict[str, Decimal]:
        """Fetch what was traded in the last 24 hours, by wire symbol, in quote currency.

        A symbol whose value cannot be read is left out.
        """

    async def get_wallets(self) -> Wallets | None:
        """Return on which networks coins move, at what fee; None where the venue does not tell.

        Raises:
            ExchangeError: It could not be asked.
        """
        return None

    @abstractmethod
    def set_universe(self, rows: Mapping[str, int], instruments: Sequence[Instrument]) -> None:
        """Learn which wire symbols to follow, and the board row of each.

        While connected the difference is carried out without reconnecting: new symbols are
        subscribed at the venue's pace, those gone are unsubscribed and nothing of them is told
        any more. A symbol keeps its row as long as it is followed.

        Args:
            rows: Wire symbol to row.
            instruments: The instruments of those rows, by any order.
        """

    @abstractmethod
    async def connect_ws(self, sink: MarketDataSink) -> None:
        """Follow best bid and ask of the universe until cancelled.

        Reconnects by itself with full-jitter back-off; every connection and its end is told to
        `sink.on_feed`. Returns only by cancellation.
        """

    @abstractmethod
    def request_depth(self, row: int, wanted: bool) -> None:
        """Start or stop following incremental depth of one row (a no-op where none is sent)."""

    @abstractmethod
    def resync_book(self, row: int) -> None:
        """Start the book of one row afresh: new snapshot, or subscribe again."""

    @abstractmethod
    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        """Fetch the order book of one row once, at most `levels` levels a side."""

    @abstractmethod
    def submit(self, order: OrderRequest, sink: OrderEventSink) -> None:
        """Write the order or start its request before returning; outcome comes as events.

        Exactly one of `OrderAck`, `OrderReject`, `OrderUnknown` follows, and `Fill` and
        `OrderState` events where the answer already carries them (ack first, then fills, then
        the final state).
        """

    @abstractmethod
    async def place_order(self, order: OrderRequest) -> list[OrderEvent]:
        """Place the order and return the events that `submit` would report, in order."""

    @abstractmethod
    async def cancel_order(self, symbol: str, client_id: str) -> None:
        """Ask the venue to cancel; acceptance is not the end state, query for that.

        An order that has not left yet never leaves then, and is reported as refused.

        Raises:
            OrderNotFound: Filled, cancelled or never existed: query.
            OutcomeUnknown: The request may have taken effect.
        """

    @abstractmethod
    async def query_order(self, symbol: str, client_id: str) -> OrderState:
        """Return the order's state; `NOT_FOUND` names every source that was asked."""

    @abstractmethod
    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first."""

    @abstractmethod
    async def get_balance(self) -> list[Balance]:
        """Return all non-zero balances of the trading account."""

    @abstractmethod
    async def get_trading_fees(self, symbols: Sequence[str]) -> dict[str, TradingFees]:
        """Return the account's own rates by canonical symbol."""

    @property
    def has_account(self) -> bool:
        """Whether there is an account to ask about: a key's, or one kept on paper."""
        return self.config.credentials is not None

    @property
    def has_private_stream(self) -> bool:
        """Whether `connect_private` has anything to follow."""
        return False

    async def connect_private(self, sink: AccountSink) -> None:
        """Follow orders, executions and balances of the account until cancelled.

        Reconnects and logs in again by itself; nothing that happened meanwhile is told, so it
        has to be asked for. Returns at once where there is no private stream.
        """
        del sink

    def restart_private(self, cause: str) -> None:
        """Log in and subscribe anew, on new connections: those there are cannot be trusted.

        The private stream is told as lost, and orders that wait for their answer on a socket as
        unknown, before this returns. Does nothing where there is no private connection.
        """
        del cause

    async def cancel_by_venue_id(self, symbol: str, venue_id: str) -> None:
        """Do what `cancel_order` does for an order of the venue's id, whoever placed it."""
        del symbol, venue_id
        raise RequestRefused(self.name, "not_offered", "it cancels by our id only")

    async def query_by_venue_id(self, symbol: str, venue_id: str) -> OrderState:
        """Return what `query_order` does for an order of the venue's id, whoever placed it."""
        del symbol, venue_id
        raise RequestRefused(self.name, "not_offered", "it finds orders by our id only")

    async def get_open_orders(self, symbol: str | None = None) -> list[OpenOrder]:
        """Return what rests at the venue, of one canonical symbol or of all, whoever placed it."""
        del symbol
        raise RequestRefused(self.name, "not_offered", "it lists no open orders")

    async def get_account_fills(self, symbol: str, since_ns: int) -> list[AccountFill]:
        """Return the account's executions of one symbol, oldest first, whoever placed the orders.

        Args:
            symbol: Canonical symbol.
            since_ns: `Clock.now_ns` from which on none may be missing; what `FILLS_OVERLAP_NS`
                before holds comes with it.
        """
        del symbol, since_ns
        raise RequestRefused(self.name, "not_offered", "it lists no executions")

    async def get_fee_terms(self) -> FeeTerms | None:
        """Return fee tier and discount of the account; None where the venue does not tell."""
        return None

    async def get_key_permissions(self) -> KeyPermissions | None:
        """Return what the key may do; None where the venue (or environment) does not tell."""
        return None

    @abstractmethod
    async def close(self) -> None:
        """Close every connection; the adapter is not used afterwards."""
