"""Orders, executions and balances of a Bitget account, whichever dialect named their fields.

The two dialects (`classic`, `unified`) call the same things differently; what they mean is the
same and stands here once. Pure; facts page section 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from arbot_tui.domain.account import OpenOrder
from arbot_tui.domain.clock import from_millis
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.numbers import amount, parse_decimal, positive
from arbot_tui.domain.order_ids import id_parts
from arbot_tui.domain.orders import (
    Balance,
    Fee,
    Fill,
    OrderSide,
    OrderState,
    OrderStatus,
    split_fees,
)
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.transport.rows import Rows

__all__ = [
    "BROKEN",
    "VENUE",
    "OrderRow",
    "Page",
    "TradeRow",
    "balance_of",
    "fill_of",
    "foreign_row",
    "malformed",
    "open_order",
    "open_orders",
    "order_state",
]

VENUE = "bitget"
BROKEN = (ValueError, RecursionError, ArithmeticError, IndexError)
"""What decoding and reading of an answer may raise."""

RowT = TypeVar("RowT")

_SELF_ENDING = frozenset({"ioc", "fok", ""})
_STATUS = {
    "live": OrderStatus.NEW,
    "new": OrderStatus.NEW,
    "init": OrderStatus.NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "partial_fill": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "full_fill": OrderStatus.FILLED,
}
_CANCELLED = frozenset({"cancelled", "canceled", "cancel"})


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One order, as the venue tells it.

    Attributes:
        order_id: The venue's order id.
        client_id: Our order id.
        status: Raw status; the spelling varies from page to page.
        filled: Cumulative base quantity executed.
        force: Time in force; missing in the documented samples of v2's ``orderInfo``.
        created: When it was made, UTC milliseconds.
        symbol: Wire symbol, at times in lower case.
        side: ``buy`` or ``sell``.
        price: Limit price, where this list tells it.
        qty: Ordered base quantity of a limit order.
        broken: Why the row cannot be read; of an order that is surely not ours.
    """

    order_id: str
    client_id: str
    status: str
    filled: str = ""
    force: str = ""
    created: str = ""
    symbol: str = ""
    side: str = ""
    price: str = ""
    qty: str = ""
    broken: str = ""


class _Named(msgspec.Struct):
    orderId: str | int
    clientOid: str | None = None


_named = msgspec.json.Decoder(_Named).decode


def foreign_row(raw: msgspec.Raw, cause: Exception) -> OrderRow:
    """Return what is left of a row that cannot be read, if no engine of this program made it.

    It keeps its place: where the next page begins depends on it.

    Raises:
        ValueError: It may be ours.
    """
    named = _named(raw)
    client_id = named.clientOid or ""
    if id_parts(client_id) is not None:
        raise cause
    broken = sanitise(str(cause))
    return OrderRow(order_id=str(named.orderId), client_id=client_id, status="", broken=broken)


class TradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One execution, as the venue tells it.

    Attributes:
        symbol: Wire symbol.
        order_id: The venue's order id.
        trade_id: The venue's execution id.
        client_id: Our order id; empty in v2, which does not name it.
        side: ``buy`` or ``sell``.
        price: Price of this execution.
        qty: Base quantity of this execution.
        fees: What it cost, by coin; negative is a rebate.
        created: When, UTC milliseconds.
    """

    symbol: str
    order_id: str
    trade_id: str
    client_id: str = ""
    side: str
    price: str
    qty: str
    fees: Sequence[Fee]
    created: str


class Page(msgspec.Struct, Generic[RowT], frozen=True):
    """A piece of a list, newest first.

    Attributes:
        rows: Its rows.
        older: Names where the next page begins; empty where there is none.
    """

    rows: list[RowT]
    older: str = ""


def order_state(row: OrderRow, source: str) -> OrderState:
    """Return what `row` says.

    Args:
        row: An order.
        source: Name of the place that was asked, for `OrderState.sources`.

    Raises:
        MalformedMessage: The status is unknown or the quantity cannot be.
    """
    try:
        filled = amount(row.filled)
        if row.status in _CANCELLED:
            # Without a time in force it is one of ours, and those are IOC.
            ended = row.force in _SELF_ENDING
            status = OrderStatus.EXPIRED if ended else OrderStatus.CANCELED
        elif row.status in _STATUS:
            status = _STATUS[row.status]
        else:
            raise ValueError(f"status {row.status!r}")
    except BROKEN as e:
        raise malformed("order", e) from e
    client_id, venue_id = sanitise(row.client_id, 64), sanitise(row.order_id, 64)
    return OrderState(VENUE, client_id, status, filled, (source,), venue_id)


def open_orders(rows: Iterable[OrderRow], names: Mapping[str, str]) -> Rows[OpenOrder]:
    """Return resting orders; those of other people that cannot be read are left out.

    Args:
        rows: Orders of the list of those.
        names: Canonical symbols by wire symbol.

    Raises:
        MalformedMessage: A number or word in one of ours cannot be.
    """
    found: Rows[OpenOrder] = Rows([])
    for row in rows:
        if row.broken:
            found.unreadable.append(row.broken)
            continue
        try:
            found.read.append(open_order(row, names))
        except MalformedMessage as e:
            if id_parts(row.client_id) is not None:
                raise
            found.unreadable.append(str(e))
    return found


def open_order(row: OrderRow, names: Mapping[str, str]) -> OpenOrder:
    """Return a resting order.

    Args:
        row: An order of the list of those.
        names: Canonical symbols by wire symbol.

    Raises:
        MalformedMessage: A number or word in it cannot be.
    """
    state = order_state(row, "open")
    # Symbols arrive in lower case here (sample of the page).
    symbol = row.symbol.upper()
    try:
        return OpenOrder(
            VENUE,
            state.venue_id,
            state.client_id,
            names.get(symbol, sanitise(symbol, 40)),
            OrderSide(row.side),
            amount(row.price),
            parse_decimal(row.qty),
            state.filled_qty,
            state.status,
        )
    except BROKEN as e:
        raise malformed("open orders", e) from e


def fill_of(row: TradeRow, client_id: str, symbol: str) -> Fill:
    """Return `row` as an execution.

    Args:
        row: An execution.
        client_id: Id of its order that its sender gave.
        symbol: Canonical symbol of the order.

    Raises:
        MalformedMessage: A number in it cannot be.
    """
    try:
        trade_id = sanitise(row.trade_id, 64)
        if not trade_id:
            # It would count once with all others that have none.
            raise ValueError("an execution without an id")
        fee, coin, more = split_fees(
            (sanitise(coin, 20).upper(), amount) for coin, amount in row.fees
        )
        return Fill(
            VENUE,
            client_id,
            symbol,
            trade_id,
            OrderSide(row.side),
            positive(row.price),
            positive(row.qty),
            fee,
            coin,
            from_millis(row.created),
            more,
        )
    except BROKEN as e:
        raise malformed("fill", e) from e


def balance_of(coin: str, free: str, locked: str) -> Balance:
    """Return what the account holds of a coin; its name arrives in lower case at times.

    Raises:
        ValueError: A quantity cannot be.
    """
    return Balance(sanitise(coin, 20).upper(), amount(free), amount(locked))


def malformed(what: str, cause: Exception) -> MalformedMessage:
    """Return the error for an answer that breaks its schema."""
    return MalformedMessage(VENUE, f"{what}: {sanitise(str(cause))}")
