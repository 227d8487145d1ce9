"""Answers of Bitget's REST API that both dialects share, and public ones (v2): pure.

Pages of 2025-12-05; facts page sections 5 and 7. What differs is in `classic` and `unified`.
"""

from __future__ import annotations

import msgspec

from arbot_tui.domain.account import FeeTerms
from arbot_tui.domain.clock import MS, from_millis
from arbot_tui.domain.fees import TradingFees, believable
from arbot_tui.domain.numbers import parse_decimal
from arbot_tui.domain.quotes import DepthSnapshot, Level
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.bitget.rows import BROKEN, malformed

__all__ = [
    "Answer",
    "parse_answer",
    "parse_fee_terms",
    "parse_fees",
    "parse_order_id",
    "parse_orderbook",
    "parse_time_ms",
]

_DEDUCTION_COIN = "BGB"


class Answer(msgspec.Struct, frozen=True):
    """The envelope of every answer.

    Attributes:
        code: ``00000`` for success; errors mostly come with HTTP 400.
        msg: What went wrong; not yet sanitised (some answers call it ``message``).
        data: What was asked for; null with an error, and for some empty lists.
    """

    code: str
    msg: str = ""
    # Not null where it is missing: what is not told is not nothing.
    data: msgspec.Raw = msgspec.Raw(b"")


class _OrderIds(msgspec.Struct):
    orderId: str | None = None  # null in rare answers


class _Rate(msgspec.Struct):
    makerFeeRate: str
    takerFeeRate: str


class _Deduction(msgspec.Struct):
    deduct: str


class _Depth(msgspec.Struct):
    asks: list[Level]
    bids: list[Level]
    ts: int


class _Time(msgspec.Struct):
    serverTime: str


_answer = msgspec.json.Decoder(Answer).decode
_order_ids = msgspec.json.Decoder(_OrderIds).decode
_rate = msgspec.json.Decoder(_Rate).decode
_deduction = msgspec.json.Decoder(_Deduction).decode
_depth = msgspec.json.Decoder(_Depth, strict=False).decode
_time = msgspec.json.Decoder(_Time).decode


def parse_answer(body: bytes) -> Answer:
    """Return the envelope in `body`.

    Raises:
        MalformedMessage: It is no JSON of that shape.
    """
    try:
        return _answer(body)
    except BROKEN as e:
        raise malformed("answer", e) from e


def parse_order_id(data: msgspec.Raw) -> str:
    """Return the venue's id from the answer to a placement; empty where it left it out.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return sanitise(_order_ids(data).orderId or "", 64)
    except BROKEN as e:
        raise malformed("order id", e) from e


def parse_fees(data: msgspec.Raw) -> TradingFees:
    """Return the account's rates; positive is a cost here as in the domain.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        rate = _rate(data)
        return TradingFees(
            maker=believable(parse_decimal(rate.makerFeeRate)),
            taker=believable(parse_decimal(rate.takerFeeRate)),
        )
    except BROKEN as e:
        raise malformed("fee rate", e) from e


def parse_fee_terms(data: msgspec.Raw) -> FeeTerms:
    """Return whether fees are deducted in BGB, from ``deduct-info``.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        deducted = _deduction(data).deduct == "on"
    except BROKEN as e:
        raise malformed("deduction", e) from e
    return FeeTerms(discount_asset=_DEDUCTION_COIN if deducted else "")


def parse_time_ms(data: msgspec.Raw) -> int:
    """Return the venue's time, UTC milliseconds.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return from_millis(_time(data).serverTime) // MS
    except BROKEN as e:
        raise malformed("time", e) from e


def parse_orderbook(data: msgspec.Raw, levels: int, recv_ns: int) -> DepthSnapshot:
    """Return the order book in `data`, at most `levels` levels a side; it carries no id.

    Raises:
        MalformedMessage: `data` breaks its schema or holds a level that cannot be.
    """
    try:
        depth = _depth(data)
        at_ns = from_millis(depth.ts)
        for price, size in (*depth.bids, *depth.asks):
            if not (0.0 < price < float("inf") and 0.0 < size < float("inf")):
                raise ValueError(f"level {price} {size}")
    except BROKEN as e:
        raise malformed("order book", e) from e
    return DepthSnapshot(0, depth.bids[:levels], depth.asks[:levels], at_ns, recv_ns)
