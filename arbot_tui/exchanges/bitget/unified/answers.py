"""Answers of Bitget's v3 ("UTA") REST API about an account: pure, bytes in, rows out.

Pages of 2025-12-05 and changes to 2026-10-06; facts page section 7, v3. The private socket tells
rows of the same shape.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from arbot_tui.domain.account import KeyPermissions
from arbot_tui.domain.numbers import exact, parse_decimal
from arbot_tui.domain.orders import Balance, Fee
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.bitget.rows import (
    BROKEN,
    OrderRow,
    Page,
    TradeRow,
    balance_of,
    foreign_row,
    malformed,
)

__all__ = [
    "is_spot",
    "orders_in",
    "parse_balances",
    "parse_order",
    "parse_orders",
    "parse_permissions",
    "parse_trades",
    "trades_in",
]

_SPOT = "spot"
_MAKER = "maker"
_MAY_WRITE = "read-and-write"
_IN_TRANSIT = frozenset({"upgrading", "switching"})


class _Order(msgspec.Struct):
    """An order; ``category`` is in capitals over REST and in small letters on the socket."""

    orderId: str
    orderStatus: str
    category: str
    cumExecQty: str
    clientOid: str | None = None
    timeInForce: str = ""
    createdTime: str = ""
    symbol: str = ""
    side: str = ""
    price: str = ""
    qty: str = ""


class _Fee(msgspec.Struct):
    feeCoin: str
    fee: str


class _Trade(msgspec.Struct):
    """An execution; its time is ``createdTime`` over REST, ``execTime`` on the socket."""

    orderId: str
    execId: str
    category: str
    side: str
    execPrice: str
    execQty: str
    feeDetail: list[_Fee]
    symbol: str
    clientOid: str | None = None
    createdTime: str = ""
    execTime: str = ""
    tradeScope: str = ""


class _Orders(msgspec.Struct):
    list: Sequence[msgspec.Raw] | None = None
    cursor: str | None = None


class _Trades(msgspec.Struct):
    list: Sequence[_Trade] | None = None
    cursor: str | None = None


class _Asset(msgspec.Struct):
    coin: str
    available: str
    locked: str


class _Assets(msgspec.Struct):
    assets: list[_Asset]


class _Info(msgspec.Struct):
    permissions: list[str]
    permType: str = _MAY_WRITE
    ips: str | None = ""


class _Settings(msgspec.Struct):
    accountMode: str = ""


_order = msgspec.json.Decoder(_Order | None).decode
_orders = msgspec.json.Decoder(_Orders | None).decode
_listed = msgspec.json.Decoder(_Order).decode
_order_list = msgspec.json.Decoder(list[_Order]).decode
_trades = msgspec.json.Decoder(_Trades | None).decode
_trade_list = msgspec.json.Decoder(list[_Trade]).decode
_assets = msgspec.json.Decoder(_Assets).decode
_info = msgspec.json.Decoder(_Info).decode
_settings = msgspec.json.Decoder(_Settings).decode


def is_spot(category: str) -> bool:
    """Tell whether a row is about spot: one list and one topic are for all products."""
    return category.lower() == _SPOT


def parse_order(data: msgspec.Raw) -> Page[OrderRow]:
    """Return the order in `data`, a page of at most one.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        row = _order(data)
    except BROKEN as e:
        raise malformed("order", e) from e
    return Page([] if row is None else [_order_row(row)])


def parse_orders(data: msgspec.Raw) -> Page[OrderRow]:
    """Return the spot orders in `data`, newest first as the venue sends them.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        page = _orders(data) or _Orders()
        return Page(list(map(_listed_row, page.list or ())), page.cursor or "")
    except BROKEN as e:
        raise malformed("orders", e) from e


def _listed_row(raw: msgspec.Raw) -> OrderRow:
    try:
        return _order_row(_listed(raw))
    except BROKEN as e:
        return foreign_row(raw, e)


def orders_in(data: msgspec.Raw) -> list[OrderRow]:
    """Return the spot orders of a push.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return [_order_row(row) for row in _order_list(data) if is_spot(row.category)]
    except BROKEN as e:
        raise malformed("orders", e) from e


def parse_trades(data: msgspec.Raw) -> Page[TradeRow]:
    """Return the spot executions in `data`, newest first as the venue sends them.

    Raises:
        MalformedMessage: `data` breaks its schema, or a fee is missing.
    """
    try:
        page = _trades(data) or _Trades()
        return Page(list(map(_trade_row, page.list or ())), page.cursor or "")
    except BROKEN as e:
        raise malformed("fills", e) from e


def trades_in(data: msgspec.Raw) -> list[TradeRow]:
    """Return the spot executions of a push.

    Raises:
        MalformedMessage: `data` breaks its schema, or a fee is missing.
    """
    try:
        return [_trade_row(row) for row in _trade_list(data) if is_spot(row.category)]
    except BROKEN as e:
        raise malformed("fills", e) from e


def parse_balances(data: msgspec.Raw) -> list[Balance]:
    """Return the non-zero balances of the account that trades.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        held = [balance_of(row.coin, row.available, row.locked) for row in _assets(data).assets]
    except BROKEN as e:
        raise malformed("assets", e) from e
    return [balance for balance in held if balance.free or balance.locked]


def parse_permissions(info: msgspec.Raw, settings: msgspec.Raw) -> KeyPermissions:
    """Return what the key may do; nothing trades while the account is being changed.

    Args:
        info: Of ``account/info``.
        settings: Of ``account/settings``.

    Raises:
        MalformedMessage: One of them breaks its schema.
    """
    try:
        key, account = _info(info), _settings(settings)
    except BROKEN as e:
        raise malformed("account info", e) from e
    rights = {right.lower() for right in key.permissions}
    notes = []
    writes, moving = key.permType == _MAY_WRITE, account.accountMode in _IN_TRANSIT
    if not writes:
        notes.append("the key is read-only")
    if moving:
        notes.append("the venue is changing the kind of account; nothing can trade until it has")
    return KeyPermissions(
        trade="uta_trade" in rights and writes and not moving,
        withdraw="withdraw" in rights,
        transfer="transfer" in rights,
        ips=tuple(sanitise(ip.strip(), 64) for ip in (key.ips or "").split(",") if ip.strip()),
        notes=tuple(notes),
    )


def _order_row(row: _Order) -> OrderRow:
    return OrderRow(
        order_id=row.orderId,
        client_id=row.clientOid or "",
        status=row.orderStatus,
        filled=row.cumExecQty,
        force=row.timeInForce,
        created=row.createdTime,
        symbol=row.symbol,
        side=row.side,
        price=row.price,
        qty=row.qty,
    )


def _trade_row(row: _Trade) -> TradeRow:
    return TradeRow(
        symbol=row.symbol,
        order_id=row.orderId,
        trade_id=row.execId,
        client_id=row.clientOid or "",
        side=row.side,
        price=row.execPrice,
        qty=row.execQty,
        fees=_paid(row.feeDetail, maker=row.tradeScope == _MAKER),
        created=row.createdTime or row.execTime,
    )


def _paid(fees: Sequence[_Fee], *, maker: bool) -> list[Fee]:
    """Return the fees as costs.

    Every documented example is positive and a payment. What a rebate looks like is not documented:
    who takes is given none, so that only a maker's negative amount is one.
    """
    if not fees:
        raise ValueError("an execution without a fee")
    paid = ((fee.feeCoin, parse_decimal(fee.fee)) for fee in fees)
    return [(coin, fee if maker else exact.abs(fee)) for coin, fee in paid]
