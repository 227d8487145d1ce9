"""Answers of Binance's private REST: orders, fills, balances (docs 2026-07-21, section 7).

Pure: bytes in, domain values or `MalformedMessage` out. Money is read from its text form.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import msgspec

from arbot_tui.domain.clock import from_millis
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.numbers import parse_decimal, positive
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderSide,
    OrderState,
    OrderStatus,
)
from arbot_tui.domain.text import sanitise

__all__ = [
    "OpenOrderRow",
    "OrderRow",
    "TradeRow",
    "asset",
    "fill_of",
    "not_negative",
    "order_state",
    "order_status",
    "parse_balances",
    "parse_client_id",
    "parse_open_order",
    "parse_open_rows",
    "parse_order",
    "parse_orders",
    "parse_trade_rows",
    "parse_trades",
    "read",
    "side_of",
    "side_word",
    "trade_order_ids",
]

_VENUE = "binance"

_STATUS = {
    "NEW": OrderStatus.NEW,
    "PENDING_NEW": OrderStatus.NEW,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "PENDING_CANCEL": OrderStatus.NEW,
    "REJECTED": OrderStatus.REJECTED,
    # An IOC's remainder ends here, whatever was filled before: never read it as "nothing".
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
}
_SIDE = {"BUY": OrderSide.BUY, "SELL": OrderSide.SELL}


class OrderRow(msgspec.Struct, frozen=True):
    """An order as every order endpoint shows it; only the fields we use.

    Attributes:
        symbol: Wire symbol.
        orderId: The venue's id.
        clientOrderId: Our id; after a cancel the cancel's own.
        status: See `_STATUS`.
        side: ``BUY`` or ``SELL``.
        executedQty: Cumulative base quantity filled.
    """

    symbol: str
    orderId: int
    clientOrderId: str
    status: str
    side: str
    executedQty: str


class OpenOrderRow(OrderRow, frozen=True):
    """A resting order.

    Attributes:
        price: Limit price.
        origQty: Ordered base quantity.
    """

    price: str
    origQty: str


class _Named(msgspec.Struct):
    clientOrderId: str | None = None


class TradeRow(msgspec.Struct, frozen=True):
    """A row of ``myTrades``; it has no client order id.

    Attributes:
        symbol: Wire symbol.
        id: The venue's execution id.
        orderId: The venue's order id.
        price: Price.
        qty: Base quantity.
        commission: Fee.
        commissionAsset: Its asset.
        time: When, UTC milliseconds.
        isBuyer: It was a purchase.
    """

    symbol: str
    id: int
    orderId: int
    price: str
    qty: str
    commission: str
    commissionAsset: str
    time: int  # ms
    isBuyer: bool


class _BalanceRow(msgspec.Struct):
    asset: str
    free: str
    locked: str


class _Account(msgspec.Struct):
    balances: list[_BalanceRow]


_T = TypeVar("_T")

_decode_order = msgspec.json.Decoder(OrderRow).decode
_decode_orders = msgspec.json.Decoder(list[OrderRow]).decode
_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_open = msgspec.json.Decoder(OpenOrderRow).decode
_decode_named = msgspec.json.Decoder(_Named).decode
_decode_trades = msgspec.json.Decoder(list[TradeRow]).decode
_decode_account = msgspec.json.Decoder(_Account).decode


def read(what: str, read: Callable[[], _T]) -> _T:
    """Return what `read` returns, its complaints in our own words.

    Raises:
        MalformedMessage: `read` found something that cannot be.
    """
    try:
        return read()
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"{what}: {sanitise(str(e))}") from e


def parse_order(body: bytes) -> OrderRow:
    """Return the order in an answer of ``GET /api/v3/order``.

    Raises:
        MalformedMessage: It breaks its schema.
    """
    return read("order", lambda: _decode_order(body))


def parse_orders(body: bytes) -> list[OrderRow]:
    """Return the orders in an answer of ``allOrders`` or ``openOrders``.

    Raises:
        MalformedMessage: It breaks its schema.
    """
    return read("orders", lambda: _decode_orders(body))


def parse_open_rows(body: bytes) -> list[msgspec.Raw]:
    """Return an answer of ``openOrders``, row by row.

    Raises:
        MalformedMessage: It is no list.
    """
    return read("open orders", lambda: _decode_rows(body))


def parse_open_order(raw: msgspec.Raw) -> OpenOrderRow:
    """Return one of its orders, with price and quantity.

    Raises:
        MalformedMessage: It breaks its schema.
    """
    return read("open orders", lambda: _decode_open(raw))


def parse_client_id(raw: msgspec.Raw) -> str | None:
    """Return what the sender of an order called it, whatever else is in its row.

    Raises:
        MalformedMessage: That is no text.
    """
    return read("open orders", lambda: _decode_named(raw)).clientOrderId


def side_of(row: OrderRow) -> OrderSide:
    """Return the side of an order.

    Raises:
        MalformedMessage: It is none.
    """
    return side_word(row.side)


def side_word(text: str) -> OrderSide:
    """Return what ``BUY`` or ``SELL`` says.

    Raises:
        MalformedMessage: It is neither.
    """
    side = _SIDE.get(text)
    if side is None:
        raise MalformedMessage(_VENUE, f"order side {sanitise(text)!r}")
    return side


def order_status(text: str) -> OrderStatus:
    """Return what a status means (facts page, section 7.3).

    Raises:
        MalformedMessage: It is none that is known.
    """
    status = _STATUS.get(text)
    if status is None:
        raise MalformedMessage(_VENUE, f"order status {sanitise(text)!r}")
    return status


def order_state(row: OrderRow, client_id: str, source: str) -> OrderState:
    """Return `row` in the words of the house.

    Args:
        row: The order.
        client_id: Our id of it; `row` shows another one after a cancel.
        source: Which place was asked.

    Raises:
        MalformedMessage: Its status or quantity cannot be.
    """
    status = order_status(row.status)
    filled = read("executedQty", lambda: not_negative(row.executedQty))
    return OrderState(_VENUE, client_id, status, filled, (source,), str(row.orderId))


def parse_trades(body: bytes, client_id: str, symbol: str, venue_id: str) -> list[Fill]:
    """Return the executions of one order in an answer of ``myTrades``, oldest first.

    Args:
        body: The answer.
        client_id: Our id of the order: trade rows do not carry it.
        symbol: Canonical symbol.
        venue_id: The venue's id of the order; rows of others are left out.

    Raises:
        MalformedMessage: It breaks its schema, or holds a value that cannot be.
    """
    return read("myTrades", lambda: _trades(_decode_trades(body), client_id, symbol, venue_id))


def _trades(rows: list[TradeRow], client_id: str, symbol: str, venue_id: str) -> list[Fill]:
    return [
        _fill_of(row, client_id, symbol)
        for row in sorted(rows, key=lambda row: row.id)
        if str(row.orderId) == venue_id
    ]


def fill_of(row: TradeRow, client_id: str, symbol: str) -> Fill:
    """Return `row` as an execution of the order that we call `client_id`.

    Raises:
        MalformedMessage: It holds a value that cannot be.
    """
    return read("myTrades", lambda: _fill_of(row, client_id, symbol))


def _fill_of(row: TradeRow, client_id: str, symbol: str) -> Fill:
    return Fill(
        venue=_VENUE,
        client_id=client_id,
        symbol=symbol,
        trade_id=str(row.id),
        side=OrderSide.BUY if row.isBuyer else OrderSide.SELL,
        price=positive(row.price),
        qty=positive(row.qty),
        fee=parse_decimal(row.commission),
        fee_asset=asset(row.commissionAsset),
        event_ns=from_millis(row.time),
    )


def parse_trade_rows(body: bytes) -> list[TradeRow]:
    """Return the rows of an answer of ``myTrades``.

    Raises:
        MalformedMessage: It breaks its schema.
    """
    return read("myTrades", lambda: _decode_trades(body))


def trade_order_ids(body: bytes) -> set[int]:
    """Return the order ids in an answer of ``myTrades``.

    Raises:
        MalformedMessage: It breaks its schema.
    """
    return {row.orderId for row in read("myTrades", lambda: _decode_trades(body))}


def parse_balances(body: bytes) -> list[Balance]:
    """Return the non-zero balances in an answer of ``account``.

    Raises:
        MalformedMessage: It breaks its schema, or holds a value that cannot be.
    """
    return read("account", lambda: _balances(_decode_account(body).balances))


def _balances(rows: list[_BalanceRow]) -> list[Balance]:
    balances = (
        Balance(asset(row.asset), not_negative(row.free), not_negative(row.locked)) for row in rows
    )
    return [balance for balance in balances if balance.free or balance.locked]


def not_negative(text: str) -> Decimal:
    """Return a number of zero or more.

    Raises:
        ValueError: It is none.
    """
    value = parse_decimal(text)
    if value < 0:
        raise ValueError(f"{value} is negative")
    return value


def asset(text: str) -> str:
    """Return the name of an asset, upper case.

    Raises:
        ValueError: It is none.
    """
    if not text or sanitise(text, 40) != text:
        raise ValueError(f"asset {sanitise(text, 40)!r}")
    return text.upper()
