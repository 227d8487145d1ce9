"""Answers of Bitget's v2 ("Classic") REST API about an account: pure, bytes in, rows out.

Pages of 2025-12-05; facts page section 7, v2.
"""

from __future__ import annotations

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

__all__ = ["parse_balances", "parse_orders", "parse_permissions", "parse_trades"]

# Codes of the authority table, and the words that older keys show.
_MAY_TRADE = frozenset({"stow", "trade"})
_MAY_WITHDRAW = frozenset({"wwow", "withdraw"})
_MAY_TRANSFER = frozenset({"wtow", "transfer"})


class _Order(msgspec.Struct):
    """An order of ``orderInfo``, ``unfilled-orders`` or ``history-orders``.

    ``priceAvg`` is the average price of what executed, but of an open order its limit price.
    """

    orderId: str
    status: str
    baseVolume: str
    clientOid: str | None = None
    force: str = ""
    cTime: str = ""
    symbol: str = ""
    side: str = ""
    priceAvg: str = ""
    size: str = ""


class _Fee(msgspec.Struct):
    feeCoin: str
    totalFee: str
    deduction: str = "no"
    totalDeductionFee: str = ""


class _Trade(msgspec.Struct):
    """An execution of ``trade/fills``; its fee is an object here, text or a list elsewhere."""

    symbol: str
    orderId: str
    tradeId: str
    side: str
    priceAvg: str
    size: str
    feeDetail: _Fee | list[_Fee] | str
    cTime: str


class _Asset(msgspec.Struct):
    coin: str
    available: str
    frozen: str


class _Info(msgspec.Struct):
    authorities: list[str]
    ips: str | None = ""


_rows = msgspec.json.Decoder(list[msgspec.Raw] | None).decode
_order = msgspec.json.Decoder(_Order).decode
_trades = msgspec.json.Decoder(list[_Trade] | None).decode
_fee = msgspec.json.Decoder(_Fee | list[_Fee]).decode
_assets = msgspec.json.Decoder(list[_Asset]).decode
_info = msgspec.json.Decoder(_Info).decode


def parse_orders(data: msgspec.Raw) -> Page[OrderRow]:
    """Return the orders in `data`, newest first as the venue sends them.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        rows = list(map(_order_row, _rows(data) or ()))
    except BROKEN as e:
        raise malformed("orders", e) from e
    return Page(rows, rows[-1].order_id if rows else "")


def _order_row(raw: msgspec.Raw) -> OrderRow:
    try:
        row = _order(raw)
    except BROKEN as e:
        return foreign_row(raw, e)
    return OrderRow(
        order_id=row.orderId,
        client_id=row.clientOid or "",
        status=row.status,
        filled=row.baseVolume,
        force=row.force,
        created=row.cTime,
        symbol=row.symbol,
        side=row.side,
        price=row.priceAvg,
        qty=row.size,
    )


def parse_trades(data: msgspec.Raw) -> Page[TradeRow]:
    """Return the executions in `data`, newest first as the venue sends them.

    Raises:
        MalformedMessage: `data` breaks its schema, or a fee is missing.
    """
    try:
        rows = [_trade_row(row) for row in _trades(data) or ()]
    except BROKEN as e:
        raise malformed("fills", e) from e
    return Page(rows, rows[-1].trade_id if rows else "")


def _trade_row(row: _Trade) -> TradeRow:
    return TradeRow(
        symbol=row.symbol,
        order_id=row.orderId,
        trade_id=row.tradeId,
        side=row.side,
        price=row.priceAvg,
        qty=row.size,
        fees=_paid(row.feeDetail),
        created=row.cTime,
    )


def _paid(detail: _Fee | list[_Fee] | str) -> list[Fee]:
    """Return the fees as costs; they have three shapes and two signs."""
    parsed = _fee(detail) if isinstance(detail, str) else detail
    fees = [_cost(fee) for fee in (parsed if isinstance(parsed, list) else [parsed])]
    if not fees:
        raise ValueError("an execution without a fee")
    return fees


def _cost(paid: _Fee) -> Fee:
    value = parse_decimal(paid.totalFee or paid.totalDeductionFee)
    # Deducted in BGB, a payment is positive (live rows of 2023-12 and 2024-03); otherwise it is
    # negative, and positive is a rebate.
    cost = exact.abs(value) if paid.deduction == "yes" else exact.minus(value)
    return paid.feeCoin, cost


def parse_balances(data: msgspec.Raw) -> list[Balance]:
    """Return the non-zero balances of the spot account.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        held = [balance_of(row.coin, row.available, row.frozen) for row in _assets(data)]
    except BROKEN as e:
        raise malformed("assets", e) from e
    return [balance for balance in held if balance.free or balance.locked]


def parse_permissions(data: msgspec.Raw) -> KeyPermissions:
    """Return what the key may do, from ``spot/account/info``.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        info = _info(data)
    except BROKEN as e:
        raise malformed("account info", e) from e
    rights = {right.lower() for right in info.authorities}
    return KeyPermissions(
        trade=bool(rights & _MAY_TRADE),
        withdraw=bool(rights & _MAY_WITHDRAW),
        transfer=bool(rights & _MAY_TRANSFER),
        ips=tuple(sanitise(ip.strip(), 64) for ip in (info.ips or "").split(",") if ip.strip()),
    )
