"""What the database holds: one frozen struct per table, one field per column.

A row is written whole; writing one whose key exists replaces it, so that projections can be
written again from the journal at any time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import msgspec

from arbot_tui.domain.orders import OrderSide

__all__ = [
    "BalanceRow",
    "FillRow",
    "OpportunityRow",
    "OrderRow",
    "Row",
    "SessionRow",
    "TickerRow",
    "TradeRow",
]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table.

    Attributes:
        table: Name of the table.
        key: Columns that identify a row; empty where each one is new.
        at_ns: When what it tells began, UTC nanoseconds; all queries are in its order.
    """

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]

    at_ns: int


class TickerRow(Row, frozen=True, kw_only=True):
    """The newest best bid and ask of one book in one interval."""

    table: ClassVar[str] = "tickers"
    key: ClassVar[tuple[str, ...]] = ()

    exchange: str
    symbol: str
    bid: float
    ask: float
    bid_size: float
    ask_size: float
    event_ns: int


class OpportunityRow(Row, frozen=True, kw_only=True):
    """One opportunity from first seen (`at_ns`) to closed; 0 in `closed_ns` while it is open.

    Attributes:
        reason: Why it was not traded, else why it closed; empty where it was traded.
        signalled: It was handed to the money core.
        capturable_0ms: Net edge that was left so long after first seen, percent; 0 where it had
            closed by then, None where that time had not come yet. The others likewise.
        path: ``[[ms since first seen, net edge in percent, base quantity], …]`` as JSON.
    """

    table: ClassVar[str] = "arbitrage_opportunities"
    key: ClassVar[tuple[str, ...]] = ("session_id", "opportunity_id")

    session_id: str
    opportunity_id: int
    symbol: str
    buy_exchange: str
    sell_exchange: str
    buy_price: float
    sell_price: float
    quantity: float
    profit: float
    profit_percent: float
    peak_profit: float
    peak_percent: float
    executed: bool
    pair_id: str
    reason: str
    last_ns: int
    closed_ns: int
    closed_reason: str
    signalled: bool
    capturable_0ms: float | None
    capturable_50ms: float | None
    capturable_100ms: float | None
    capturable_250ms: float | None
    capturable_500ms: float | None
    path: str


class TradeRow(Row, frozen=True, kw_only=True):
    """One pair from its commit (`at_ns`) to its end; 0 in `ended_ns` while it is working.

    Attributes:
        status: Pair state word.
        outcome: ``completed``, ``one_sided``, ``failed`` or ``stuck``; empty while working.
        profit: Realised after fees, quote currency.
        profit_percent: The same in percent of the money spent.
    """

    table: ClassVar[str] = "trades"
    key: ClassVar[tuple[str, ...]] = ("pair_id",)

    pair_id: str
    session_id: str
    opportunity_id: int
    symbol: str
    buy_exchange: str
    sell_exchange: str
    buy_price: Decimal
    sell_price: Decimal
    quantity: Decimal
    expected_profit: Decimal
    profit: Decimal
    profit_percent: Decimal
    fees: Decimal
    quote_currency: str
    buy_order_id: str
    sell_order_id: str
    status: str
    outcome: str
    ended_ns: int


class OrderRow(Row, frozen=True, kw_only=True):
    """One order of ours; `order_id` is the venue's, `average_price` 0 while nothing filled."""

    table: ClassVar[str] = "orders"
    key: ClassVar[tuple[str, ...]] = ("client_id",)

    client_id: str
    pair_id: str
    exchange: str
    order_id: str
    symbol: str
    side: OrderSide
    order_type: str
    price: Decimal
    quantity: Decimal
    filled_quantity: Decimal
    average_price: Decimal
    status: str
    message: str
    updated_ns: int


class FillRow(Row, frozen=True, kw_only=True):
    """One execution; `at_ns` is the venue's time.

    Attributes:
        fee: What was taken in `fee_asset`; negative is a rebate.
        more_fees: What was taken in other assets, a JSON object of texts by asset.
    """

    table: ClassVar[str] = "fills"
    key: ClassVar[tuple[str, ...]] = ("exchange", "symbol", "trade_id")

    exchange: str
    symbol: str
    trade_id: str
    client_id: str
    side: OrderSide
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    more_fees: str = "{}"


class BalanceRow(Row, frozen=True, kw_only=True):
    """What an account holds of one asset on one venue."""

    table: ClassVar[str] = "balances"
    key: ClassVar[tuple[str, ...]] = ("exchange", "asset")

    exchange: str
    asset: str
    free: Decimal
    locked: Decimal
    total: Decimal


class SessionRow(Row, frozen=True, kw_only=True):
    """One run of the engine; 0 in `ended_ns` and None in `exit_code` until it has ended.

    Attributes:
        symbols: Comma-separated symbols that were followed.
        exchanges: Comma-separated venues.
        summary: The summary object as JSON; empty until the end.
    """

    table: ClassVar[str] = "sessions"
    key: ClassVar[tuple[str, ...]] = ("session_id",)

    session_id: str
    mode: str
    seed: int | None
    world_id: str
    symbols: str
    exchanges: str
    ended_ns: int
    exit_code: int | None
    summary: str
