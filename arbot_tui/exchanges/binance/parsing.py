"""Frames of Binance's public streams and answers of its public REST (docs 2026-07-21).

Pure: bytes and the time of receipt in, market data or our own error out.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import BookKind, BookUpdate, DepthSnapshot, Level, Ticker
from arbot_tui.domain.text import sanitise

__all__ = [
    "Control",
    "ImpossibleQuote",
    "StreamParser",
    "parse_depth",
    "parse_seed_tickers",
    "parse_server_time",
]

_VENUE = "binance"

# The stream's name stands in front: looking for it there spares the generic envelope.
_HEAD_BYTES = 96
_TICKER = "@bookTicker"
_DEPTH = "@depth@100ms"
_TICKER_MARK = b'@bookTicker"'
_DEPTH_MARK = b'@depth@100ms"'

# Outside these no price or size of any asset makes sense, and edge arithmetic may overflow.
_LEAST = 1e-18
_MOST = 1e18
# 2100-01-01 in milliseconds: beyond it a time is in the wrong unit.
_LATEST_MS = 4_102_444_800_000
_LAST_ID = 1 << 63


class _BookTicker(msgspec.Struct, gc=False):
    """``<symbol>@bookTicker``: real time, without any time of the venue."""

    u: int  # order-book update id, grows per symbol
    s: str  # symbol, "BTCUSDT"
    b: float  # best bid price
    B: float  # best bid quantity, base units
    a: float  # best ask price
    A: float  # best ask quantity, base units


class _TickerFrame(msgspec.Struct, gc=False):
    data: _BookTicker


class _DepthDiff(msgspec.Struct, gc=False):
    """``<symbol>@depth@100ms``: absolute quantities, 0 removes the level."""

    E: int  # event time, ms
    s: str  # symbol
    U: int  # first update id in the event
    u: int  # last update id in the event
    b: list[Level]
    a: list[Level]


class _DepthFrame(msgspec.Struct, gc=False):
    data: _DepthDiff


class _Error(msgspec.Struct):
    code: int = 0
    msg: str = ""


class _Envelope(msgspec.Struct):
    """Any frame: data has `stream`, control has `result`, `error` or `code`, notices `e`."""

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None
    code: int | None = None
    msg: str = ""
    e: str = ""
    u: int | None = None


# strict=False: the wire sends numbers as strings; the decoder makes floats in C.
_decode_ticker_frame = msgspec.json.Decoder(_TickerFrame, strict=False).decode
_decode_depth_frame = msgspec.json.Decoder(_DepthFrame, strict=False).decode
_decode_ticker = msgspec.json.Decoder(_BookTicker, strict=False).decode
_decode_depth_diff = msgspec.json.Decoder(_DepthDiff, strict=False).decode
_decode_envelope = msgspec.json.Decoder(_Envelope).decode


class Control(msgspec.Struct, frozen=True):
    """A frame that is no data.

    Attributes:
        kind: ``ack`` and ``error`` answer something we sent; ``shutdown`` announces the end of
            the connection, with no lead time promised.
        request_id: The id that we gave; None where the venue sent none.
        message: The venue's text, sanitised.
    """

    kind: Literal["ack", "error", "shutdown"]
    request_id: int | str | None = None
    message: str = ""


class ImpossibleQuote(MalformedMessage):
    """A best bid and ask that cannot be; what was held of that symbol is void, too.

    Attributes:
        row: Row of the symbol.
    """

    def __init__(self, row: int, message: str) -> None:
        """Carry the row, so that its former quote can be withdrawn."""
        super().__init__(_VENUE, message)
        self.row = row


class StreamParser:
    """Reads one connection's frames in order.

    Keeps the last update id of each symbol: a frame that is not newer is dropped, whether the
    venue repeats itself or two connections overlap.
    """

    __slots__ = ("_exchange", "_last_ids", "_rows")

    def __init__(self, exchange: int, rows: Mapping[str, int]) -> None:
        """Start with nothing seen.

        Args:
            exchange: Dense index of the venue, stamped on everything.
            rows: Wire symbol to row.
        """
        self._exchange = exchange
        self._rows = rows
        self._last_ids: dict[int, int] = {}

    def restart(self) -> None:
        """Forget the update ids: a new connection begins."""
        self._last_ids.clear()

    def has_ticker(self, row: int) -> bool:
        """Tell whether this connection has brought a best bid and ask of `row`."""
        return row in self._last_ids

    def parse(self, raw: bytes, recv_ns: int) -> Ticker | BookUpdate | Control | None:
        """Return what `raw` says; None for a repeated update or a stream that is not ours.

        A side without any order has price and size 0.0 (see `Ticker`).

        Raises:
            ImpossibleQuote: A best bid and ask with a price, quantity or id that cannot be.
            MalformedMessage: The frame breaks its schema, names a symbol that was not asked
                for, or holds a level, id or time that cannot be.
        """
        try:
            if raw.find(_TICKER_MARK, 0, _HEAD_BYTES) > 0:
                return self._ticker(_decode_ticker_frame(raw).data, recv_ns)
            if raw.find(_DEPTH_MARK, 0, _HEAD_BYTES) > 0:
                return self._depth(_decode_depth_frame(raw).data, recv_ns)
            return self._rare(raw, recv_ns)
        except KeyError as e:
            name = sanitise(str(e.args[0]))
            raise MalformedMessage(_VENUE, f"symbol {name!r} was not asked for") from e
        except (ValueError, RecursionError) as e:
            raise MalformedMessage(_VENUE, f"frame: {sanitise(str(e))}") from e

    def _ticker(self, msg: _BookTicker, recv_ns: int) -> Ticker | None:
        row = self._rows[msg.s]
        u, bid, bid_size, ask, ask_size = msg.u, msg.b, msg.B, msg.a, msg.A
        if u <= self._last_ids.get(row, 0):
            if u < 1:
                raise ValueError(f"update id {u}")
            return None
        # NaN fails every comparison, so it fails these, too.
        if not (
            _LEAST < bid < _MOST
            and _LEAST < bid_size < _MOST
            and _LEAST < ask < _MOST
            and _LEAST < ask_size < _MOST
            and u < _LAST_ID
        ) and (u >= _LAST_ID or not (_side(bid, bid_size) and _side(ask, ask_size))):
            raise ImpossibleQuote(row, f"quote {u=} {bid} {bid_size} {ask} {ask_size}")
        self._last_ids[row] = u
        return Ticker(self._exchange, row, bid, bid_size, ask, ask_size, 0, recv_ns)

    def _depth(self, msg: _DepthDiff, recv_ns: int) -> BookUpdate:
        row = self._rows[msg.s]
        if not (0 < msg.U <= msg.u < _LAST_ID and 0 < msg.E < _LATEST_MS):
            raise ValueError(f"depth U={msg.U} u={msg.u} E={msg.E}")
        _check_levels(msg.b)
        _check_levels(msg.a)
        return BookUpdate(
            self._exchange,
            row,
            BookKind.DELTA,
            msg.U,
            msg.u,
            -1,
            msg.b,
            msg.a,
            msg.E * MS,
            recv_ns,
        )

    def _rare(self, raw: bytes, recv_ns: int) -> Ticker | BookUpdate | Control | None:
        """Read everything that is not a combined frame with its stream in front."""
        frame = _decode_envelope(raw)
        if frame.stream:
            if frame.stream.endswith(_TICKER):
                return self._ticker(_decode_ticker(frame.data), recv_ns)
            if frame.stream.endswith(_DEPTH):
                return self._depth(_decode_depth_diff(frame.data), recv_ns)
            return Control("shutdown") if frame.stream == "!serverShutdown" else None
        if frame.error is not None:
            return Control("error", frame.id, sanitise(frame.error.msg))
        if frame.code is not None:
            return Control("error", frame.id, sanitise(frame.msg))
        # Not wrapped: what a connection to /ws instead of /stream sends.
        match frame.e:
            case "serverShutdown":
                return Control("shutdown")
            case "depthUpdate":
                return self._depth(_decode_depth_diff(raw), recv_ns)
            case "" if frame.u is not None:
                return self._ticker(_decode_ticker(raw), recv_ns)
            case "" if bytes(frame.result):
                return Control("ack", frame.id)
            case "":
                raise ValueError("neither data nor an answer")
            case _:
                return None


def _side(price: float, size: float) -> bool:
    """Tell whether one side of a quote is sound, or empty (both zero: no orders there)."""
    return (_LEAST < price < _MOST and _LEAST < size < _MOST) or price == size == 0.0


def _check_levels(levels: list[Level]) -> None:
    """Raise `ValueError` where a level cannot be; size 0 removes one."""
    for price, size in levels:
        if not (_LEAST < price < _MOST and (size == 0.0 or _LEAST < size < _MOST)):
            raise ValueError(f"level {price} {size}")


class _SeedRow(msgspec.Struct):
    """A row of REST ``ticker/bookTicker``; it has no update id."""

    symbol: str
    bidPrice: float
    bidQty: float
    askPrice: float
    askQty: float


class _Depth(msgspec.Struct, gc=False):
    lastUpdateId: int
    bids: list[Level]
    asks: list[Level]


class _ServerTime(msgspec.Struct):
    serverTime: int  # ms


_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_seed_row = msgspec.json.Decoder(_SeedRow, strict=False).decode
_decode_depth = msgspec.json.Decoder(_Depth, strict=False).decode
_decode_server_time = msgspec.json.Decoder(_ServerTime).decode


def parse_seed_tickers(
    body: bytes, rows: Mapping[str, int], exchange: int, recv_ns: int
) -> list[Ticker]:
    """Return the two-sided quotes in an answer of ``ticker/bookTicker`` for several symbols.

    Rows of other symbols, without orders on a side (halted) or with values that cannot be are
    left out: the stream will say what is true.

    Raises:
        MalformedMessage: The answer is no list.
    """
    try:
        raws = _decode_rows(body)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"bookTicker: {sanitise(str(e))}") from e
    tickers: list[Ticker] = []
    for raw in raws:
        try:
            seed = _decode_seed_row(raw)
        except (ValueError, RecursionError):
            continue
        row = rows.get(seed.symbol)
        numbers = (seed.bidPrice, seed.bidQty, seed.askPrice, seed.askQty)
        if row is not None and all(_LEAST < number < _MOST for number in numbers):
            tickers.append(Ticker(exchange, row, *numbers, 0, recv_ns))
    return tickers


def parse_depth(body: bytes, recv_ns: int) -> DepthSnapshot:
    """Return the order book in an answer of ``depth``, best level first.

    Raises:
        MalformedMessage: It breaks its schema, or holds a value or an order that cannot be.
    """
    try:
        depth = _decode_depth(body)
        bids, asks = depth.bids, depth.asks
        if not 0 < depth.lastUpdateId < _LAST_ID:
            raise ValueError(f"lastUpdateId {depth.lastUpdateId}")
        _check_levels(bids)
        _check_levels(asks)
        if not (_descends(bids) and _descends(asks[::-1])):
            raise ValueError("levels out of order")
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"depth: {sanitise(str(e))}") from e
    return DepthSnapshot(depth.lastUpdateId, bids, asks, 0, recv_ns)


def _descends(levels: list[Level]) -> bool:
    """Tell whether prices fall strictly and every level has a size."""
    return all(size > 0.0 for _, size in levels) and all(
        upper[0] > lower[0] for upper, lower in pairwise(levels)
    )


def parse_server_time(body: bytes) -> int:
    """Return the venue's time in an answer of ``time``, UTC nanoseconds.

    Raises:
        MalformedMessage: It breaks its schema, or the time is in the wrong unit.
    """
    try:
        server_ms = _decode_server_time(body).serverTime
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"time: {sanitise(str(e))}") from e
    if not 0 < server_ms < _LATEST_MS:
        raise MalformedMessage(_VENUE, f"time {server_ms} ms")
    return server_ms * MS
