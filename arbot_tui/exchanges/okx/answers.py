"""Answers of OKX's REST API (v5, 2026-07-03 to 2026-07-23): pure, bytes in, domain values out.

HTTP 200 and even ``code`` 0 do not mean that an order is in: each item has its own ``sCode``.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import MS, from_millis
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.fees import TradingFees, believable
from arbot_tui.domain.numbers import ZERO, exact, parse_decimal
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.domain.text import sanitise

__all__ = [
    "Answer",
    "FillPage",
    "FillRow",
    "Item",
    "OrderRow",
    "fill_of",
    "order_state",
    "parse_account_level",
    "parse_answer",
    "parse_balances",
    "parse_fees",
    "parse_fill_rows",
    "parse_fills",
    "parse_item",
    "parse_order",
    "parse_order_rows",
    "parse_orderbook",
    "parse_time_ms",
    "positive",
    "trade_id",
]

_VENUE = "okx"
_BROKEN = (ValueError, RecursionError, ArithmeticError, IndexError)
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


class FillPage(msgspec.Struct, frozen=True):
    """One page of executions.

    Attributes:
        fills: Those of the order asked for.
        venue_id: Its id at the venue; empty where the page holds none of its fills.
        rows: Executions on the page, of all orders.
        last_bill: Where the next, older page starts (``after``).
        oldest_ns: Time of the oldest execution on the page, UTC nanoseconds; 0 for an empty page.
    """

    fills: list[Fill]
    venue_id: str
    rows: int
    last_bill: str
    oldest_ns: int


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


class FillRow(msgspec.Struct, frozen=True):
    """One execution of ``trade/fills``.

    Attributes:
        ordId: The venue's order id.
        clOrdId: Our order id; may be empty.
        side: ``buy`` or ``sell``.
        fillPx: Price.
        fillSz: Base quantity.
        fee: Fee; negative is paid.
        feeCcy: Coin of the fee.
        tradeId: The venue's execution id.
        billId: Where the next, older page starts after it.
        ts: When it was booked, UTC milliseconds.
        fillTime: When it happened, UTC milliseconds; empty in older rows.
        instId: Wire symbol.
    """

    ordId: str
    clOrdId: str
    side: str
    fillPx: str
    fillSz: str
    fee: str
    feeCcy: str
    tradeId: str
    billId: str
    ts: str
    fillTime: str = ""
    instId: str = ""


class _Detail(msgspec.Struct):
    ccy: str
    availBal: str
    frozenBal: str = ""


class _Account(msgspec.Struct):
    details: list[_Detail]


class _FeeGroup(msgspec.Struct):
    groupId: str
    maker: str
    taker: str


class _Fees(msgspec.Struct):
    maker: str = ""
    taker: str = ""
    feeGroup: list[_FeeGroup] = []


class _Depth(msgspec.Struct):
    asks: list[tuple[float, float, msgspec.Raw, msgspec.Raw]]
    bids: list[tuple[float, float, msgspec.Raw, msgspec.Raw]]
    ts: int
    seqId: int = 0


class _Time(msgspec.Struct):
    ts: str


class _Config(msgspec.Struct):
    acctLv: str


_answer = msgspec.json.Decoder(Answer).decode
_items = msgspec.json.Decoder(list[Item]).decode
_orders = msgspec.json.Decoder(list[OrderRow]).decode
_fills = msgspec.json.Decoder(list[FillRow]).decode
_accounts = msgspec.json.Decoder(list[_Account]).decode
_fees = msgspec.json.Decoder(list[_Fees]).decode
_depths = msgspec.json.Decoder(list[_Depth], strict=False).decode
_times = msgspec.json.Decoder(list[_Time]).decode
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
    except _BROKEN as e:
        raise _malformed("answer", e) from e


def parse_item(data: msgspec.Raw) -> Item | None:
    """Return the one item of a placement or cancel; None where `data` holds none.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        items = _items(data) if data else []
    except _BROKEN as e:
        raise _malformed("item", e) from e
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
    except _BROKEN as e:
        raise _malformed("order", e) from e
    return None


def parse_order_rows(data: msgspec.Raw) -> list[OrderRow]:
    """Return a list of orders as the venue writes them, newest first.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return _orders(data)
    except _BROKEN as e:
        raise _malformed("orders", e) from e


def order_state(order: OrderRow, client_id: str, source: str) -> OrderState:
    """Return `order` in the words of the house.

    Args:
        order: The order.
        client_id: Our id of it; empty to take the row's.
        source: Where it was shown, for `OrderState.sources`.

    Raises:
        ValueError: A value in it cannot be.
    """
    filled = _amount(order.accFillSz)
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


def parse_fills(data: msgspec.Raw, client_id: str, venue_id: str, symbol: str) -> FillPage:
    """Return one page of executions, those of other orders left out.

    Args:
        data: The ``data`` member of ``trade/fills``, newest first.
        client_id: Our order id.
        venue_id: The venue's order id; empty where it is not known.
        symbol: Canonical symbol of the order.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    fills = []
    found = ""
    try:
        rows = _fills(data)
        for row in rows:
            # Never book what belongs to another order, should the filter be ignored.
            if row.ordId != venue_id if venue_id else row.clOrdId != client_id:
                continue
            found = sanitise(row.ordId, 64)
            fills.append(fill_of(row, client_id, symbol))
        oldest_ns = _time_ns(rows[-1]) if rows else 0
        last_bill = rows[-1].billId if rows else ""
        if last_bill and not last_bill.isalnum():
            raise ValueError(f"bill {last_bill!r}")
    except _BROKEN as e:
        raise _malformed("fills", e) from e
    return FillPage(fills, found, len(rows), last_bill, oldest_ns)


def parse_fill_rows(data: msgspec.Raw) -> list[FillRow]:
    """Return one page of executions as the venue writes them, newest first.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return _fills(data)
    except _BROKEN as e:
        raise _malformed("fills", e) from e


def fill_of(row: FillRow, client_id: str, symbol: str) -> Fill:
    """Return `row` as an execution of the order that we call `client_id`.

    Raises:
        ValueError: A value in it cannot be.
    """
    # Negative is paid on this venue, positive is paid in the domain.
    fee, coin = exact.minus(parse_decimal(row.fee)), sanitise(row.feeCcy, 20).upper()
    if fee and not coin:
        raise ValueError(f"a fee of {fee} of nothing")
    return Fill(
        _VENUE,
        client_id,
        symbol,
        trade_id(row.tradeId),
        OrderSide(row.side),
        positive(row.fillPx),
        positive(row.fillSz),
        fee,
        coin,
        _time_ns(row),
    )


def _time_ns(row: FillRow) -> int:
    return from_millis(row.fillTime or row.ts)


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
                free, locked = _amount(detail.availBal), _amount(detail.frozenBal)
                if free or locked:
                    balances.append(Balance(sanitise(detail.ccy, 20).upper(), free, locked))
    except _BROKEN as e:
        raise _malformed("balance", e) from e
    return balances


def parse_fees(data: msgspec.Raw, group: str) -> TradingFees:
    """Return the rates of one fee group, as costs: this venue sends commissions negative.

    Args:
        data: The ``data`` member of ``account/trade-fee``.
        group: ``groupId`` of the instrument. Where it is not listed the deprecated rates of the
            whole account stand.

    Raises:
        MalformedMessage: `data` breaks its schema or holds no rate.
    """
    try:
        fees = _fees(data)[0]
        maker, taker = fees.maker, fees.taker
        for listed in fees.feeGroup:
            if listed.groupId == group:
                maker, taker = listed.maker, listed.taker
        return TradingFees(
            maker=believable(exact.minus(parse_decimal(maker))),
            taker=believable(exact.minus(parse_decimal(taker))),
        )
    except _BROKEN as e:
        raise _malformed("fees", e) from e


def parse_account_level(data: msgspec.Raw) -> str:
    """Return ``acctLv``: 1 spot, 2 futures, 3 multi-currency margin, 4 portfolio margin.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return _configs(data)[0].acctLv
    except _BROKEN as e:
        raise _malformed("account", e) from e


def parse_time_ms(data: msgspec.Raw) -> int:
    """Return the venue's time, UTC milliseconds.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return from_millis(_times(data)[0].ts) // MS
    except _BROKEN as e:
        raise _malformed("time", e) from e


def parse_orderbook(data: msgspec.Raw, levels: int, recv_ns: int) -> DepthSnapshot:
    """Return the order book in `data`, at most `levels` levels a side.

    Raises:
        MalformedMessage: `data` breaks its schema or holds a level that cannot be.
    """
    try:
        depth = _depths(data)[0]
        at_ns = from_millis(depth.ts)
        for price, size, _, _ in (*depth.bids, *depth.asks):
            if not (0.0 < price < float("inf") and 0.0 < size < float("inf")):
                raise ValueError(f"level {price} {size}")
    except _BROKEN as e:
        raise _malformed("order book", e) from e
    return DepthSnapshot(
        depth.seqId,
        [(level[0], level[1]) for level in depth.bids[:levels]],
        [(level[0], level[1]) for level in depth.asks[:levels]],
        at_ns,
        recv_ns,
    )


def trade_id(text: str) -> str:
    """Return the id of an execution: without one it would count once with all others.

    Raises:
        ValueError: It is empty.
    """
    found = sanitise(text, 64)
    if not found:
        raise ValueError("an execution without an id")
    return found


def positive(text: str) -> Decimal:
    """Return a number above zero.

    Raises:
        ValueError: It is none.
    """
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
