"""Answers of Bitget's v2 ("Classic") REST API: pure, bytes in, domain values out.

Pages of 2025-12-05; facts page sections 5 and 7. The unified account (v3) has other field names
and gets a module of its own: the two are never mixed.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.numbers import ZERO, exact, parse_decimal
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.quotes import DepthSnapshot, Level
from arbot_tui.domain.text import sanitise

__all__ = [
    "Answer",
    "OrderRow",
    "TradeRow",
    "fill_of",
    "order_state",
    "parse_answer",
    "parse_balances",
    "parse_fees",
    "parse_order_id",
    "parse_orderbook",
    "parse_orders",
    "parse_time_ms",
    "parse_trades",
]

_VENUE = "bitget"
_BROKEN = (ValueError, RecursionError, ArithmeticError, IndexError)
_SELF_ENDING = frozenset({"ioc", "fok", ""})


class Answer(msgspec.Struct, frozen=True):
    """The envelope of every answer.

    Attributes:
        code: ``00000`` for success; errors mostly come with HTTP 400.
        msg: What went wrong; not yet sanitised (some answers call it ``message``).
        data: What was asked for; null with an error.
    """

    code: str
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class OrderRow(msgspec.Struct, frozen=True):
    """One order of ``orderInfo``, ``unfilled-orders`` or ``history-orders``.

    Attributes:
        orderId: The venue's order id.
        clientOid: Our order id.
        status: Raw status; the spelling varies from page to page.
        baseVolume: Cumulative base quantity executed.
        force: Time in force; missing in the documented samples of ``orderInfo``.
        cTime: When it was made, UTC milliseconds.
        symbol: Wire symbol, at times in lower case.
        side: ``buy`` or ``sell``.
        priceAvg: Average price of what executed; of an open order its limit price.
        size: Ordered base quantity of a limit order.
    """

    orderId: str
    clientOid: str
    status: str
    baseVolume: str = ""
    force: str = ""
    cTime: str = ""
    symbol: str = ""
    side: str = ""
    priceAvg: str = ""
    size: str = ""


class _Fee(msgspec.Struct, frozen=True):
    feeCoin: str
    totalFee: str
    deduction: str = "no"
    totalDeductionFee: str = ""


class TradeRow(msgspec.Struct, frozen=True):
    """One execution of ``trade/fills``; names only the venue's order id.

    Attributes:
        orderId: The venue's order id.
        tradeId: The venue's execution id.
        side: ``buy`` or ``sell``.
        priceAvg: Price of this execution.
        size: Base quantity of this execution.
        feeDetail: Fee; an object here, text or a list elsewhere.
        cTime: When, UTC milliseconds.
    """

    orderId: str
    tradeId: str
    side: str
    priceAvg: str
    size: str
    feeDetail: _Fee | list[_Fee] | str
    cTime: str


class _OrderIds(msgspec.Struct):
    orderId: str | None = None  # null in rare answers


class _Asset(msgspec.Struct):
    coin: str
    available: str
    frozen: str = ""


class _Rate(msgspec.Struct):
    makerFeeRate: str
    takerFeeRate: str


class _Depth(msgspec.Struct):
    asks: list[Level]
    bids: list[Level]
    ts: int


class _Time(msgspec.Struct):
    serverTime: str


_answer = msgspec.json.Decoder(Answer).decode
_order_ids = msgspec.json.Decoder(_OrderIds).decode
_orders = msgspec.json.Decoder(list[OrderRow] | None).decode
_trades = msgspec.json.Decoder(list[TradeRow] | None).decode
_fee = msgspec.json.Decoder(_Fee | list[_Fee]).decode
_assets = msgspec.json.Decoder(list[_Asset]).decode
_rate = msgspec.json.Decoder(_Rate).decode
_depth = msgspec.json.Decoder(_Depth, strict=False).decode
_time = msgspec.json.Decoder(_Time).decode

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


def parse_answer(body: bytes) -> Answer:
    """Return the envelope in `body`.

    Raises:
        MalformedMessage: It is no JSON of that shape.
    """
    try:
        return _answer(body)
    except _BROKEN as e:
        raise _malformed("answer", e) from e


def parse_order_id(data: msgspec.Raw) -> str:
    """Return the venue's id from the answer to a placement; empty where it left it out.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return sanitise(_order_ids(data).orderId or "", 64)
    except _BROKEN as e:
        raise _malformed("order id", e) from e


def parse_orders(data: msgspec.Raw) -> list[OrderRow]:
    """Return the orders in `data`, newest first as the venue sends them.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return _orders(data) or []
    except _BROKEN as e:
        raise _malformed("orders", e) from e


def order_state(row: OrderRow, source: str) -> OrderState:
    """Return what `row` says (facts page, section 7).

    Args:
        row: An order of ours.
        source: Name of the place that was asked, for `OrderState.sources`.

    Raises:
        MalformedMessage: The status is unknown or the quantity cannot be.
    """
    try:
        filled = _amount(row.baseVolume)
        if row.status in _CANCELLED:
            # Without a time in force it is one of ours, and those are IOC.
            ended = row.force in _SELF_ENDING
            status = OrderStatus.EXPIRED if ended else OrderStatus.CANCELED
        elif row.status in _STATUS:
            status = _STATUS[row.status]
        else:
            raise ValueError(f"status {row.status!r}")
    except _BROKEN as e:
        raise _malformed("order", e) from e
    venue_id = sanitise(row.orderId, 64)
    return OrderState(_VENUE, row.clientOid, status, filled, (source,), venue_id)


def parse_trades(data: msgspec.Raw) -> list[TradeRow]:
    """Return the executions in `data`, newest first as the venue sends them.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return _trades(data) or []
    except _BROKEN as e:
        raise _malformed("fills", e) from e


def fill_of(row: TradeRow, client_id: str, symbol: str) -> Fill:
    """Return `row` as an execution of our order.

    Args:
        row: An execution of that order.
        client_id: Our order id.
        symbol: Canonical symbol of the order.

    Raises:
        MalformedMessage: A number in it cannot be, or the fee is missing.
    """
    try:
        fee, asset = _fee_of(row)
        return Fill(
            _VENUE,
            client_id,
            symbol,
            sanitise(row.tradeId, 64),
            OrderSide(row.side),
            _positive(row.priceAvg),
            _positive(row.size),
            fee,
            asset,
            int(row.cTime) * MS,
        )
    except _BROKEN as e:
        raise _malformed("fill", e) from e


def _fee_of(row: TradeRow) -> tuple[Decimal, str]:
    """Return the fee as a cost, and its coin; fees have three shapes and two signs."""
    detail = row.feeDetail
    if isinstance(detail, str):
        detail = _fee(detail)
    if isinstance(detail, list):
        detail = detail[0]
    amount = parse_decimal(detail.totalFee or detail.totalDeductionFee)
    # Deducted in BGB, a payment is positive (live rows of 2023-12 and 2024-03); otherwise it is
    # negative, and positive is a rebate.
    cost = exact.abs(amount) if detail.deduction == "yes" else exact.minus(amount)
    return cost, sanitise(detail.feeCoin, 20).upper()


def parse_balances(data: msgspec.Raw) -> list[Balance]:
    """Return the non-zero balances of the spot account.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    balances = []
    try:
        for asset in _assets(data):
            free, locked = _amount(asset.available), _amount(asset.frozen)
            if free or locked:
                # Coins arrive in lower case at times.
                balances.append(Balance(sanitise(asset.coin, 20).upper(), free, locked))
    except _BROKEN as e:
        raise _malformed("assets", e) from e
    return balances


def parse_fees(data: msgspec.Raw) -> TradingFees:
    """Return the account's rates; positive is a cost here as in the domain.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        rate = _rate(data)
        return TradingFees(
            maker=parse_decimal(rate.makerFeeRate), taker=parse_decimal(rate.takerFeeRate)
        )
    except _BROKEN as e:
        raise _malformed("fee rate", e) from e


def parse_time_ms(data: msgspec.Raw) -> int:
    """Return the venue's time, UTC milliseconds.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return int(_positive(_time(data).serverTime))
    except _BROKEN as e:
        raise _malformed("time", e) from e


def parse_orderbook(data: msgspec.Raw, levels: int, recv_ns: int) -> DepthSnapshot:
    """Return the order book in `data`, at most `levels` levels a side; it carries no id.

    Raises:
        MalformedMessage: `data` breaks its schema or holds a level that cannot be.
    """
    try:
        depth = _depth(data)
        for price, size in (*depth.bids, *depth.asks):
            if not (0.0 < price < float("inf") and 0.0 < size < float("inf")):
                raise ValueError(f"level {price} {size}")
    except _BROKEN as e:
        raise _malformed("order book", e) from e
    return DepthSnapshot(0, depth.bids[:levels], depth.asks[:levels], depth.ts * MS, recv_ns)


def _positive(text: str) -> Decimal:
    value = parse_decimal(text)
    if value <= 0:
        raise ValueError(f"not positive: {value}")
    return value


def _amount(text: str) -> Decimal:
    """Return a quantity where an empty text means none."""
    value = parse_decimal(text) if text else ZERO
    if value < 0:
        raise ValueError(f"negative: {value}")
    return value


def _malformed(what: str, cause: Exception) -> MalformedMessage:
    return MalformedMessage(_VENUE, f"{what}: {sanitise(str(cause))}")
