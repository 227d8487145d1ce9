"""Answers of OKX's REST API (v5, 2026-07-03 to 2026-07-23): pure, bytes in, domain values out.

HTTP 200 and even ``code`` 0 do not mean that an order is in: each item has its own ``sCode``.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.numbers import amount
from arbot_tui.domain.orders import Balance, OrderState, OrderStatus
from arbot_tui.domain.text import sanitise

__all__ = [
    "BROKEN",
    "Answer",
    "Item",
    "OrderIds",
    "OrderRow",
    "malformed",
    "order_state",
    "parse_account_level",
    "parse_answer",
    "parse_balances",
    "parse_item",
    "parse_order",
    "parse_order_ids",
    "parse_order_row",
    "parse_rows",
]

_VENUE = "okx"
BROKEN = (ValueError, RecursionError, ArithmeticError, IndexError)
"""What decoding and reading raise where an answer breaks its schema."""
# Orders of these types never rest: what ends them unasked is their own time in force.
_SELF_ENDING = frozenset({"ioc", "fok", "market"})
_BY_USER = "1"
_POST_ONLY_WOULD_TAKE = "31"


class Answer(msgspec.Struct, frozen=True):
    """The envelope of every answer.

    Attributes:
        code: ``0`` for success, ``1`` and ``2`` where (some) items failed, or an error code.
        msg: What went wrong; not yet sanitised.
        data: The items.
    """

    code: str
    msg: str = ""
    # Not `[]` where it is missing: errors may leave it out, and what is not told is not nothing.
    data: msgspec.Raw = msgspec.Raw(b"")


class Item(msgspec.Struct, frozen=True):
    """What became of one order of a placement or cancel.

    Attributes:
        ordId: The venue's order id; empty where refused.
        sCode: ``0`` where accepted.
        sMsg: What went wrong; not yet sanitised.
    """

    ordId: str
    sCode: str
    sMsg: str = ""


class OrderRow(msgspec.Struct, frozen=True):
    """One order, of an answer or the private stream.

    Attributes:
        ordId: The venue's order id.
        clOrdId: Our order id.
        state: Raw state.
        ordType: ``limit``, ``ioc`` and others.
        accFillSz: Cumulative base quantity executed.
        cancelSource: Who or what cancelled it.
        instId: Wire symbol.
        side: ``buy`` or ``sell``.
        px: Limit price.
        sz: Ordered quantity, base for limit orders.
    """

    ordId: str
    clOrdId: str
    state: str
    ordType: str
    accFillSz: str
    cancelSource: str = ""
    instId: str = ""
    side: str = ""
    px: str = ""
    sz: str = ""


class OrderIds(msgspec.Struct, frozen=True):
    """What an order is called.

    Attributes:
        ordId: The venue's order id.
        clOrdId: The id that its sender gave it; None or empty for none.
    """

    ordId: str
    clOrdId: str | None = None


class _Detail(msgspec.Struct):
    ccy: str
    availBal: str
    frozenBal: str = ""


class _Account(msgspec.Struct):
    details: list[_Detail]


class _Config(msgspec.Struct):
    acctLv: str


_answer = msgspec.json.Decoder(Answer).decode
_items = msgspec.json.Decoder(list[Item]).decode
_orders = msgspec.json.Decoder(list[OrderRow]).decode
_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_order = msgspec.json.Decoder(OrderRow).decode
_order_ids = msgspec.json.Decoder(OrderIds).decode
_accounts = msgspec.json.Decoder(list[_Account]).decode
_configs = msgspec.json.Decoder(list[_Config]).decode

_STATUS = {
    "live": OrderStatus.NEW,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "mmp_canceled": OrderStatus.CANCELED,
}


def parse_answer(body: bytes) -> Answer:
    """Return the envelope in `body`.

    Raises:
        MalformedMessage: It is no JSON of that shape (the CDN answers in HTML).
    """
    try:
        return _answer(body)
    except BROKEN as e:
        raise malformed("answer", e) from e


def parse_item(data: msgspec.Raw) -> Item | None:
    """Return the one item of a placement or cancel; None where `data` holds none.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        items = _items(data) if data else []
    except BROKEN as e:
        raise malformed("item", e) from e
    return items[0] if items else None


def parse_order(data: msgspec.Raw, client_id: str, venue_id: str = "") -> OrderState | None:
    """Return the state of one order from ``trade/order``.

    Args:
        data: The ``data`` member of the answer.
        client_id: The ``clOrdId`` that was asked for; empty where it was the venue's id.
        venue_id: The ``ordId`` that was asked for; it counts where both are given.

    Raises:
        MalformedMessage: `data` breaks its schema or holds an unknown state.
    """
    try:
        for order in _orders(data):
            if order.ordId == venue_id if venue_id else order.clOrdId == client_id:
                return order_state(order, client_id, "order")
    except BROKEN as e:
        raise malformed("order", e) from e
    return None


def parse_rows(data: msgspec.Raw) -> list[msgspec.Raw]:
    """Return a list as the venue writes it, row by row.

    Raises:
        MalformedMessage: It is no list.
    """
    try:
        return _rows(data)
    except BROKEN as e:
        raise malformed("orders", e) from e


def parse_order_row(raw: msgspec.Raw) -> OrderRow:
    """Return one order of a list.

    Raises:
        MalformedMessage: It breaks its schema.
    """
    try:
        return _order(raw)
    except BROKEN as e:
        raise malformed("order", e) from e


def parse_order_ids(raw: msgspec.Raw) -> OrderIds:
    """Return what an order of a list is called, whatever else is in it.

    Raises:
        MalformedMessage: It does not say.
    """
    try:
        return _order_ids(raw)
    except BROKEN as e:
        raise malformed("order", e) from e


def order_state(order: OrderRow, client_id: str, source: str) -> OrderState:
    """Return `order` in the words of the house.

    Args:
        order: The order.
        client_id: Our id of it; empty to take the row's.
        source: Where it was shown, for `OrderState.sources`.

    Raises:
        ValueError: A value in it cannot be.
    """
    filled = amount(order.accFillSz)
    ours = client_id or sanitise(order.clOrdId, 64)
    found = sanitise(order.ordId, 64)
    return OrderState(_VENUE, ours, _status(order, filled), filled, (source,), found)


def _status(order: OrderRow, filled: Decimal) -> OrderStatus:
    """Map ``state`` (facts page, section 7)."""
    if order.state != "canceled":
        if order.state not in _STATUS:
            raise ValueError(f"state {order.state!r}")
        return _STATUS[order.state]
    if order.ordType in _SELF_ENDING and order.cancelSource != _BY_USER:
        return OrderStatus.EXPIRED
    if order.ordType == "post_only" and order.cancelSource == _POST_ONLY_WOULD_TAKE and not filled:
        return OrderStatus.REJECTED
    return OrderStatus.CANCELED


def parse_balances(data: msgspec.Raw) -> list[Balance]:
    """Return the non-zero balances of the trading account (the funding account cannot trade).

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    balances = []
    try:
        accounts = _accounts(data)
        if not accounts:
            # An empty account has no details; none at all is no answer.
            raise ValueError("no account")
        for account in accounts:
            for detail in account.details:
                free, locked = amount(detail.availBal), amount(detail.frozenBal)
                if free or locked:
                    balances.append(Balance(sanitise(detail.ccy, 20).upper(), free, locked))
    except BROKEN as e:
        raise malformed("balance", e) from e
    return balances


def parse_account_level(data: msgspec.Raw) -> str:
    """Return ``acctLv``: 1 spot, 2 futures, 3 multi-currency margin, 4 portfolio margin.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return _configs(data)[0].acctLv
    except BROKEN as e:
        raise malformed("account", e) from e


def malformed(what: str, cause: Exception) -> MalformedMessage:
    """Return the error for an answer about `what` that `cause` found broken."""
    return MalformedMessage(_VENUE, f"{what}: {sanitise(str(cause))}")
