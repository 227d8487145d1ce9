"""Frames of Binance's public streams and answers of its public REST (docs 2026-07-21).

Pure: bytes and the time of receipt in, market data or our own error out.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import BookKind, BookUpdate, DepthSnapshot, Level, Ticker
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import UnreadableQuote

__all__ = [
    "Control",
    "StreamParser",
    "parse_depth",
    "parse_seed_tickers",
    "parse_server_time",
]

_VENUE = "binance"

_TICKER = "@bookTicker"
_DEPTH = "@depth@100ms"
# The two streams' frames end on `"}}` and `]}}`. The byte before the braces tells the likely kind,
# at a fraction of the price of finding the stream's name; what then does not decode goes the long
# way, by its name.
_TICKER_MARK, _DEPTH_MARK = b'"]'

# The decoder checks these bounds, in C; NaN fails them all. Outside them no price or size of any
# asset makes sense and edge arithmetic may overflow; beyond 2100-01-01 a time is in the wrong unit.
_Price = Annotated[float, msgspec.Meta(gt=1e-18, lt=1e18)]
_Number = Annotated[float, msgspec.Meta(ge=0.0, lt=1e18)]
_Millis = Annotated[int, msgspec.Meta(gt=0, lt=4_102_444_800_000)]
_Id = Annotated[int, msgspec.Meta(gt=0, lt=1 << 62)]


class _BookTicker(msgspec.Struct, gc=False):
    """``<symbol>@bookTicker``: real time, without any time of the venue."""

    u: _Id  # order-book update id, grows per symbol
    s: str  # symbol, "BTCUSDT"
    b: _Number  # best bid price
    B: _Number  # best bid quantity, base units
    a: _Number  # best ask price
    A: _Number  # best ask quantity, base units


class _TickerFrame(msgspec.Struct, gc=False):
    data: _BookTicker


class _DepthDiff(msgspec.Struct, gc=False):
    """``<symbol>@depth@100ms``: absolute quantities, 0 removes the level."""

    E: _Millis  # event time
    s: str  # symbol
    U: _Id  # first update id in the event
    u: _Id  # last update id in the event
    b: list[tuple[_Price, _Number]]
    a: list[tuple[_Price, _Number]]


class _DepthFrame(msgspec.Struct, gc=False):
    data: _DepthDiff


class _Named(msgspec.Struct):
    """What can still be read of a broken book ticker."""

    s: str


class _NamedFrame(msgspec.Struct):
    stream: str
    data: _Named


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
_decode_named_frame = msgspec.json.Decoder(_NamedFrame).decode
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


class _Line:
    """What was seen of one symbol; an object, so that a frame looks one thing up."""

    __slots__ = ("awaited", "held", "last_id", "row")

    def __init__(self, row: int) -> None:
        self.row = row
        self.restart()

    def restart(self) -> None:
        """Forget what was seen."""
        self.last_id = 0
        self.held: Ticker | None = None
        # Whether the quote is to be confirmed by REST, unless the stream is faster.
        self.awaited = False


class StreamParser:
    """Reads one connection's frames in order.

    Keeps the last update id of each symbol: a frame that is not newer is dropped, whether the
    venue repeats itself or two connections overlap.
    """

    __slots__ = ("_by_row", "_exchange", "_left", "_lines")

    def __init__(self, exchange: int, rows: Mapping[str, int]) -> None:
        """Start with nothing seen.

        Args:
            exchange: Dense index of the venue, stamped on everything.
            rows: Wire symbol to row.
        """
        self._exchange = exchange
        self._left: set[str] = set()
        self._lines: dict[str, _Line] = {}
        self._by_row: dict[int, _Line] = {}
        for symbol, row in rows.items():
            self.follow(symbol, row)

    def follow(self, symbol: str, row: int) -> None:
        """Read frames of a wire symbol, stamped with its row."""
        self._lines[symbol] = self._by_row.setdefault(row, _Line(row))
        self._left.discard(symbol)

    def leave(self, symbol: str) -> None:
        """Pass over what still comes of a wire symbol."""
        line = self._lines.pop(symbol, None)
        self._left.add(symbol)
        if line is not None:
            self._by_row.pop(line.row, None)

    def forget(self, row: int) -> None:
        """Take the next quote of a row for news, also the one that REST tells.

        Whatever its id: a venue that numbers afresh would otherwise be late for ever.
        """
        line = self._by_row.get(row)
        if line is not None:
            line.awaited = True
            line.last_id = 0

    def restart(self) -> None:
        """Forget the update ids: a new connection begins."""
        for line in self._by_row.values():
            line.restart()

    def take_seed(self, seed: Ticker) -> Literal["new", "same", "late"]:
        """Take a quote that REST told, and tell what it is to what the stream told.

        ``late``: the stream has told that row, and what REST says is older, or the row was left
        meanwhile. ``same`` confirms, and ``new`` replaces what is held.
        """
        line = self._by_row.get(seed.row)
        if line is None:
            return "late"
        held = line.held
        if held is not None and not line.awaited:
            return "late"
        line.awaited = False
        line.held = seed
        if held is None:
            return "new"
        before = (held.bid, held.bid_size, held.ask, held.ask_size)
        same = before == (seed.bid, seed.bid_size, seed.ask, seed.ask_size)
        return "same" if same else "new"

    def parse(self, raw: bytes, recv_ns: int) -> Ticker | BookUpdate | Control | None:
        """Return what `raw` says; None for a repeated update or a stream that is not ours.

        A side without any order has price and size 0.0 (see `Ticker`).

        Raises:
            UnreadableQuote: A best bid and ask of a symbol of ours that cannot be read, or with
                a price, quantity or id that cannot be.
            MalformedMessage: The frame breaks its schema, names a symbol that was not asked
                for, or holds a level, id or time that cannot be.
        """
        try:
            mark = raw[-3]
            if mark == _TICKER_MARK:
                return self._ticker(_decode_ticker_frame(raw).data, recv_ns)
            if mark == _DEPTH_MARK:
                return self._depth(_decode_depth_frame(raw).data, recv_ns)
        except (LookupError, ValueError, RecursionError):
            # Broken, or of a kind that only ends alike: its name tells.
            pass
        try:
            return self._by_name(raw, recv_ns)
        except KeyError as e:
            if e.args[0] in self._left:
                return None
            name = sanitise(str(e.args[0]))
            raise MalformedMessage(_VENUE, f"symbol {name!r} was not asked for") from e
        except (ValueError, RecursionError) as e:
            raise self._complaint(raw, f"frame: {sanitise(str(e))}") from e

    def _ticker(self, msg: _BookTicker, recv_ns: int) -> Ticker | None:
        line = self._lines[msg.s]
        u, bid, bid_size, ask, ask_size = msg.u, msg.b, msg.B, msg.a, msg.A
        if u <= line.last_id:
            return None
        if not (bid and bid_size and ask and ask_size) and (
            (bid == 0.0) != (bid_size == 0.0) or (ask == 0.0) != (ask_size == 0.0)
        ):
            raise ValueError(f"quote {bid} {bid_size} {ask} {ask_size}")
        line.last_id = u
        line.awaited = False
        ticker = Ticker(self._exchange, line.row, bid, bid_size, ask, ask_size, 0, recv_ns)
        line.held = ticker
        return ticker

    def _depth(self, msg: _DepthDiff, recv_ns: int) -> BookUpdate:
        row = self._lines[msg.s].row
        if msg.u < msg.U:
            raise ValueError(f"depth U={msg.U} u={msg.u}")
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

    def _complaint(self, raw: bytes, text: str) -> MalformedMessage:
        """Return the error for a broken frame: whose quote it was to change, if that shows."""
        try:
            frame = _decode_named_frame(raw)
        except (ValueError, RecursionError):
            return MalformedMessage(_VENUE, text)
        line = self._lines.get(frame.data.s) if frame.stream.endswith(_TICKER) else None
        if line is None:
            return MalformedMessage(_VENUE, text)
        return UnreadableQuote(_VENUE, line.row, text)

    def _by_name(self, raw: bytes, recv_ns: int) -> Ticker | BookUpdate | Control | None:
        """Read a frame of any kind, by the stream it names or the fields it has."""
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


class _SeedRow(msgspec.Struct):
    """A row of REST ``ticker/bookTicker``; it has no update id."""

    symbol: str
    bidPrice: _Price
    bidQty: _Price
    askPrice: _Price
    askQty: _Price


class _Depth(msgspec.Struct, gc=False):
    lastUpdateId: _Id
    bids: list[tuple[_Price, _Price]]
    asks: list[tuple[_Price, _Price]]


class _ServerTime(msgspec.Struct):
    serverTime: _Millis


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
        if row is not None:
            bid, ask = (seed.bidPrice, seed.bidQty), (seed.askPrice, seed.askQty)
            tickers.append(Ticker(exchange, row, *bid, *ask, 0, recv_ns))
    return tickers


def parse_depth(body: bytes, recv_ns: int) -> DepthSnapshot:
    """Return the order book in an answer of ``depth``, best level first.

    Raises:
        MalformedMessage: It breaks its schema, or holds a value or an order that cannot be.
    """
    try:
        depth = _decode_depth(body)
        if not (_falls(depth.bids) and _falls(depth.asks[::-1])):
            raise ValueError("levels out of order")
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"depth: {sanitise(str(e))}") from e
    return DepthSnapshot(depth.lastUpdateId, depth.bids, depth.asks, 0, recv_ns)


def _falls(levels: list[Level]) -> bool:
    return all(upper[0] > lower[0] for upper, lower in pairwise(levels))


def parse_server_time(body: bytes) -> int:
    """Return the venue's time in an answer of ``time``, UTC nanoseconds.

    Raises:
        MalformedMessage: It breaks its schema, or the time is in the wrong unit.
    """
    try:
        return _decode_server_time(body).serverTime * MS
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"time: {sanitise(str(e))}") from e
