"""Executions in answers of OKX's REST API (v5, 2026-07-03): pure, bytes in, domain values out."""

from __future__ import annotations

import msgspec

from arbot_tui.domain.clock import from_millis
from arbot_tui.domain.numbers import exact, parse_decimal, positive
from arbot_tui.domain.orders import Fee, Fill, OrderSide, split_fees
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.okx.answers import BROKEN, malformed

__all__ = ["FillPage", "FillRow", "fee_of", "fill_of", "parse_fill_rows", "parse_fills", "trade_id"]

_VENUE = "okx"


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
        rebate: What a maker is given beside it; no page names it here, orders have it.
        rebateCcy: Its coin.
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
    rebate: str = ""
    rebateCcy: str = ""


_fills = msgspec.json.Decoder(list[FillRow]).decode


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
    except BROKEN as e:
        raise malformed("fills", e) from e
    return FillPage(fills, found, len(rows), last_bill, oldest_ns)


def parse_fill_rows(data: msgspec.Raw) -> list[FillRow]:
    """Return one page of executions as the venue writes them, newest first.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return _fills(data)
    except BROKEN as e:
        raise malformed("fills", e) from e


def fill_of(row: FillRow, client_id: str, symbol: str) -> Fill:
    """Return `row` as an execution of the order that we call `client_id`.

    Raises:
        ValueError: A value in it cannot be.
    """
    fees = [fee_of(row.fee, row.feeCcy)]
    if row.rebate and fees[0][1] >= 0:
        # Where the fee itself is a rebate, it is this one.
        fees.append(fee_of(row.rebate, row.rebateCcy))
    fee, coin, more = split_fees(fees)
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
        more,
    )


def fee_of(amount: str, currency: str) -> Fee:
    """Return a fee or rebate: negative is paid on this venue, positive is paid in the domain.

    Raises:
        ValueError: It is no number.
    """
    return sanitise(currency, 20).upper(), exact.minus(parse_decimal(amount))


def _time_ns(row: FillRow) -> int:
    return from_millis(row.fillTime or row.ts)


def trade_id(text: str) -> str:
    """Return the id of an execution: without one it would count once with all others.

    Raises:
        ValueError: It is empty.
    """
    found = sanitise(text, 64)
    if not found:
        raise ValueError("an execution without an id")
    return found
