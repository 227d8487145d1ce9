"""Answers of Bybit's REST API (v5, 2026-07-24): pure, bytes in, domain values out.

Business errors come with HTTP 200, so an `Answer` is not yet a success: its code decides.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import from_millis
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, amount, exact, parse_decimal, positive
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

__all__ = [
    "BROKEN",
    "Answer",
    "CoinRow",
    "ExecutionRow",
    "ExtraFee",
    "OrderRow",
    "balance_of",
    "fill_of",
    "is_trade",
    "malformed",
    "order_status",
    "parse_answer",
    "parse_balances",
    "parse_fills",
    "parse_order",
    "parse_order_id",
]

_VENUE = "bybit"
BROKEN = (ValueError, RecursionError, ArithmeticError)
"""What decoding and reading raise where an answer breaks its schema."""
# Older rows leave it out.
_TRADES = frozenset({"Trade", "BlockTrade", ""})


class Answer(msgspec.Struct, frozen=True):
    """The envelope of every answer.

    Attributes:
        retCode: 0 for success.
        retMsg: ``OK``, ``success``, an empty text, or what went wrong; not yet sanitised.
        result: What was asked for; an empty object with an error.
        time: The venue's clock, UTC milliseconds.
    """

    retCode: int
    retMsg: str = ""
    result: msgspec.Raw = msgspec.Raw(b"{}")
    time: int = 0


class _OrderIds(msgspec.Struct):
    orderId: str
    orderLinkId: str


class OrderRow(msgspec.Struct, frozen=True):
    """One order, of a list or the private stream.

    Attributes:
        orderId: The venue's order id.
        orderLinkId: Our order id.
        orderStatus: See `order_status`.
        cumExecQty: Cumulative base quantity executed.
        cancelType: Who cancelled.
        rejectReason: Why it ended; not always a rejection.
        symbol: Wire symbol.
        side: ``Buy`` or ``Sell``.
        price: Limit price.
        qty: Ordered base quantity.
    """

    orderId: str
    orderLinkId: str
    orderStatus: str
    cumExecQty: str
    cancelType: str = ""
    rejectReason: str = ""
    symbol: str = ""
    side: str = ""
    price: str = ""
    qty: str = ""


class _Orders(msgspec.Struct):
    rows: list[OrderRow] = msgspec.field(name="list")


class ExtraFee(msgspec.Struct, frozen=True):
    """What is taken beside the fee.

    Attributes:
        feeCoin: Its coin.
        fee: How much; positive is paid.
    """

    feeCoin: str
    fee: str


class ExecutionRow(msgspec.Struct, frozen=True):
    """One execution, of ``execution/list`` or the private stream.

    Attributes:
        orderId: The venue's order id.
        orderLinkId: Our order id; may be empty.
        side: ``Buy`` or ``Sell``.
        execId: The venue's execution id.
        execPrice: Price.
        execQty: Base quantity.
        execFee: Fee; positive is paid.
        execTime: When, UTC milliseconds.
        symbol: Wire symbol.
        feeCurrency: Coin of the fee; empty in older messages.
        execType: ``Trade``, or something that is no trade of ours.
        extraFees: Taxes of some countries, each in a coin of its own; an empty text for none.
    """

    orderId: str
    orderLinkId: str
    side: str
    execId: str
    execPrice: str
    execQty: str
    execFee: str
    execTime: str
    symbol: str
    feeCurrency: str = ""
    execType: str = "Trade"
    extraFees: list[ExtraFee] | str | None = ""


class _Executions(msgspec.Struct):
    rows: list[ExecutionRow] = msgspec.field(name="list")
    nextPageCursor: str = ""


class CoinRow(msgspec.Struct, frozen=True):
    """One coin of a wallet, of an answer or the private stream.

    Attributes:
        coin: Its name.
        walletBalance: All of it.
        locked: What open orders hold.
        spotBorrow: What is borrowed.
        bonus: What cannot be spent.
    """

    coin: str
    walletBalance: str
    locked: str = ""
    spotBorrow: str = ""
    bonus: str = ""


class _Account(msgspec.Struct):
    coin: list[CoinRow]


class _Wallet(msgspec.Struct):
    rows: list[_Account] = msgspec.field(name="list")


_answer = msgspec.json.Decoder(Answer).decode
_order_ids = msgspec.json.Decoder(_OrderIds).decode
_orders = msgspec.json.Decoder(_Orders).decode
_executions = msgspec.json.Decoder(_Executions).decode
_wallet = msgspec.json.Decoder(_Wallet).decode
_extra = msgspec.json.Decoder(list[ExtraFee]).decode

_STATUS = {
    "New": OrderStatus.NEW,
    "Untriggered": OrderStatus.NEW,
    "Triggered": OrderStatus.NEW,
    "PartiallyFilled": OrderStatus.PARTIALLY_FILLED,
    "Filled": OrderStatus.FILLED,
    "Deactivated": OrderStatus.CANCELED,
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


def parse_order_id(result: msgspec.Raw) -> str:
    """Return the venue's id from the answer to a placement.

    Raises:
        MalformedMessage: `result` breaks its schema.
    """
    try:
        return sanitise(_order_ids(result).orderId, 64)
    except BROKEN as e:
        raise malformed("order id", e) from e


def parse_order(
    result: msgspec.Raw, client_id: str, source: str, venue_id: str = ""
) -> OrderState | None:
    """Return the state of one order from ``order/realtime`` or ``order/history``.

    Args:
        result: The ``result`` member of the answer.
        client_id: The ``orderLinkId`` that was asked for; empty where it was the venue's id.
        source: Name of the place that was asked, for `OrderState.sources`.
        venue_id: The ``orderId`` that was asked for; it counts where both are given.

    Raises:
        MalformedMessage: `result` breaks its schema or holds an unknown status.
    """
    try:
        for order in _orders(result).rows:
            if order.orderId == venue_id if venue_id else order.orderLinkId == client_id:
                filled = amount(order.cumExecQty)
                status = order_status(order, filled)
                ours = client_id or sanitise(order.orderLinkId, 64)
                found = sanitise(order.orderId, 64)
                return OrderState(_VENUE, ours, status, filled, (source,), found)
    except BROKEN as e:
        raise malformed("order", e) from e
    return None


def order_status(order: OrderRow, filled: Decimal) -> OrderStatus:
    """Return what ``orderStatus`` means (facts page, section 7.3).

    Raises:
        ValueError: It is no status that is known.
    """
    status = order.orderStatus
    if status == "Rejected" or order.rejectReason == "EC_PostOnlyWillTakeLiquidity":
        # A rejected order may still have executed: then what it did counts, not the word.
        return OrderStatus.EXPIRED if filled else OrderStatus.REJECTED
    if status in ("Cancelled", "PartiallyFilledCanceled"):
        by_user = order.cancelType == "CancelByUser" or order.rejectReason == "EC_PerCancelRequest"
        return OrderStatus.CANCELED if by_user else OrderStatus.EXPIRED
    if status not in _STATUS:
        raise ValueError(f"status {status!r}")
    return _STATUS[status]


def parse_fills(
    result: msgspec.Raw, client_id: str, instrument: Instrument, venue_id: str = ""
) -> tuple[list[Fill], str, str]:
    """Return executions of one order, the venue's order id, and the cursor of the next page.

    Args:
        result: The ``result`` member of ``execution/list`` for that order.
        client_id: Our order id: a row has none of ours where the venue left it out.
        instrument: The instrument of the order; names the fee coin where the row does not.
        venue_id: The venue's order id where that was asked for, or empty.

    Raises:
        MalformedMessage: `result` breaks its schema.
    """
    fills = []
    found = ""
    try:
        page = _executions(result)
        for row in page.rows:
            # Never book what belongs to another order, should the filter be ignored.
            if row.orderLinkId not in ("", client_id) or venue_id not in ("", row.orderId):
                continue
            found = sanitise(row.orderId, 64)
            fills.append(fill_of(row, client_id, instrument))
    except BROKEN as e:
        raise malformed("executions", e) from e
    return fills, found, page.nextPageCursor


def is_trade(row: ExecutionRow) -> bool:
    """Tell whether base and quote changed hands: settlements and dividends are rows as well."""
    return row.execType in _TRADES


def fill_of(row: ExecutionRow, client_id: str, instrument: Instrument) -> Fill:
    """Return `row` as an execution of the order that we call `client_id`.

    Raises:
        ValueError: A value in it cannot be.
    """
    side = OrderSide(row.side.lower())
    trade_id = sanitise(row.execId, 64)
    if not trade_id:
        # It would count once with all others that have none.
        raise ValueError("an execution without an id")
    # Positive is paid, negative a rebate: the signs of the domain.
    first = parse_decimal(row.execFee)
    coin = sanitise(row.feeCurrency, 20).upper() or _unnamed_coin(side, first, instrument)
    fee, asset, more = split_fees([(coin, first), *_extra_fees(row.extraFees)])
    return Fill(
        _VENUE,
        client_id,
        instrument.symbol,
        trade_id,
        side,
        positive(row.execPrice),
        positive(row.execQty),
        fee,
        asset,
        from_millis(row.execTime),
        more,
    )


def _unnamed_coin(side: OrderSide, fee: Decimal, instrument: Instrument) -> str:
    """Return the coin of a fee where the row leaves it out.

    Fees are taken from what is received, base on a buy; a rebate is given in the other coin.
    """
    return instrument.base if (side is OrderSide.BUY) == (fee >= 0) else instrument.quote


def _extra_fees(fees: list[ExtraFee] | str | None) -> list[Fee]:
    # A list, or a list as text.
    rows = (_extra(fees) if fees else []) if isinstance(fees, str) else fees or []
    return [(sanitise(row.feeCoin, 20).upper(), parse_decimal(row.fee)) for row in rows]


def parse_balances(result: msgspec.Raw) -> list[Balance]:
    """Return the non-zero balances of the unified account.

    Raises:
        MalformedMessage: `result` breaks its schema.
    """
    balances = []
    try:
        accounts = _wallet(result).rows
        if not accounts:
            # An empty account has no coins; none at all is no answer.
            raise ValueError("no account")
        for account in accounts:
            for coin in account.coin:
                balance = balance_of(coin)
                if balance.free or balance.locked:
                    balances.append(balance)
    except BROKEN as e:
        raise malformed("wallet", e) from e
    return balances


def balance_of(coin: CoinRow) -> Balance:
    """Return what an account holds of a coin.

    ``free`` and ``availableToWithdraw`` are dead fields: free is what the wallet holds less
    open orders, loans and bonus, which cannot be spent without borrowing.

    Raises:
        ValueError: A value in it cannot be.
    """
    locked = amount(coin.locked)
    bound = exact.add(exact.add(amount(coin.spotBorrow), amount(coin.bonus)), locked)
    free = max(ZERO, exact.subtract(parse_decimal(coin.walletBalance or "0"), bound))
    return Balance(sanitise(coin.coin, 20).upper(), free, locked)


def malformed(what: str, cause: Exception) -> MalformedMessage:
    """Return the error for an answer about `what` that `cause` found broken."""
    return MalformedMessage(_VENUE, f"{what}: {sanitise(str(cause))}")
