"""Frames of Bybit's public spot socket (v5 websocket/public/orderbook, 2026-07-24).

Pure: bytes and the time of receipt in, market data or our own error out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import BookKind, BookUpdate, Ticker
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import UnreadableQuote
from arbot_tui.exchanges.followed import LEFT, Followed

__all__ = ["Control", "StreamParser"]

_VENUE = "bybit"
_TOPIC = "orderbook.1."
_DEPTH_TOPIC = "orderbook.50."
# The update id with which a restarted service begins: overwrite everything.
_RESTARTED = 1
_NAME = re.compile(rb'"topic"\s*:\s*"([!-~]{1,64}?)"')
# The bounds are checked by the decoder, in C; NaN fails them all. Beyond 2100-01-01 a time is in
# the wrong unit.
_Price = Annotated[float, msgspec.Meta(gt=0.0, lt=1e18)]
_Size = Annotated[float, msgspec.Meta(ge=0.0, lt=1e18)]
_Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Millis = Annotated[int, msgspec.Meta(gt=0, lt=4_102_444_800_000)]


class _Level(msgspec.Struct, array_like=True, gc=False):
    """``[price, size]``; a further column would be ignored."""

    price: _Price
    size: _Size


# Stands for the best level of a side without orders.
_ABSENT = _Level(0.0, 0.0)


class _Book(msgspec.Struct, gc=False):
    b: list[_Level]
    a: list[_Level]
    u: _Sequence  # update id; 1 means the service restarted


class _Frame(msgspec.Struct, gc=False):
    """Every frame of the socket: data has `topic`, control has `op`."""

    topic: str = ""
    type: str = ""
    ts: _Millis = 0  # when the push system made the message
    cts: _Millis = 0  # matching-engine time of the book state
    data: _Book | None = None
    op: str = ""
    success: bool = True
    ret_msg: str = ""
    req_id: str = ""


# strict=False: the wire sends numbers as strings; the decoder makes floats in C.
_decode = msgspec.json.Decoder(_Frame, strict=False).decode


class Control(msgspec.Struct, frozen=True):
    """An answer to something we sent.

    Attributes:
        op: What is answered: ``subscribe``, ``unsubscribe``, ``ping``.
        success: Whether it was accepted.
        message: The venue's text, sanitised.
        request_id: The ``req_id`` we gave; empty where the venue left it out.
    """

    op: str
    success: bool
    message: str
    request_id: str


class _Line:
    """The quote of one symbol, its matching and push time in milliseconds.

    An object, so that a frame looks one thing up.
    """

    __slots__ = ("cts", "held", "row", "ts")

    def __init__(self, row: int) -> None:
        self.row = row
        self.restart()

    def restart(self) -> None:
        """Forget the quote."""
        self.held: _Book | None = None
        self.cts = self.ts = 0


_GONE = _Line(LEFT)


class StreamParser(Followed[_Line]):
    """Reads one line's frames, and knows which of them are news.

    ``orderbook.1`` has been snapshot-only since 2025-03-20; deltas occurred before and are
    documented at other depths, so both are read. A delta changes what came before it.
    """

    __slots__ = ("_depth_rows", "_exchange")

    def __init__(self, exchange: int, rows: Mapping[str, int]) -> None:
        """Start with nothing held.

        Args:
            exchange: Dense index of the venue, stamped on every ticker.
            rows: Wire symbol to row.
        """
        self._exchange = exchange
        self._depth_rows: dict[str, int] = {}
        super().__init__(_Line, _GONE, rows)

    def follow(self, symbol: str, row: int) -> None:
        """Read frames of a wire symbol, stamped with its row."""
        super().follow(_TOPIC + symbol, row)
        self._depth_rows[_DEPTH_TOPIC + symbol] = row

    def leave(self, symbol: str) -> None:
        """Pass over what still comes of a wire symbol."""
        super().leave(_TOPIC + symbol)
        self._depth_rows[_DEPTH_TOPIC + symbol] = LEFT

    def parse(self, raw: bytes, recv_ns: int) -> Ticker | BookUpdate | Control | None:
        """Return what `raw` says; None for a delta without a snapshot, and for no news.

        A side without orders has price and size zero, as `Ticker` defines it. A smaller or equal
        update id at no later a matching time is a duplicate or came late, but for the repeat of
        a quiet book every three seconds, and for the first word of a service that restarted. Those,
        and what a subscription begins with, may be of a book that changed long ago: for them the
        push system vouches.

        Raises:
            UnreadableQuote: A best bid and ask of a symbol of ours breaks the schema, or holds a
                price, size or time that cannot be.
            MalformedMessage: Another frame does, or one of a symbol that was not asked for.
        """
        try:
            frame = _decode(raw)
        except (ValueError, RecursionError) as e:
            raise self._complaint(raw, f"frame: {sanitise(str(e))}") from e
        line = self._lines.get(frame.topic)
        book = frame.data
        if line is None:
            return self._other(frame, book, recv_ns)
        if line is _GONE:
            return None
        row = line.row
        if book is None:
            raise UnreadableQuote(_VENUE, row, f"{frame.topic}: no book")
        event_ms = frame.cts
        was = line.held
        if was is None:
            event_ms = event_ms and max(event_ms, frame.ts)
        elif book.u <= was.u and frame.cts <= line.cts:
            if book.u == was.u:
                told = frame.ts > line.ts
            else:
                told = book.u == _RESTARTED and frame.ts >= line.ts
            if not told:
                return None
            event_ms = event_ms and frame.ts
        if frame.type != "snapshot" and book.u != _RESTARTED:
            if frame.type != "delta":
                raise UnreadableQuote(_VENUE, row, f"type {sanitise(frame.type)!r}")
            if was is None:
                return None
            book = _Book(_changed(was.b, book.b), _changed(was.a, book.a), book.u)
        bids, asks = book.b, book.a
        bid = bids[0] if bids else _ABSENT
        ask = asks[0] if asks else _ABSENT
        # A level without size, or a frame without time, is no news to act upon.
        if (bids and not bid.size) or (asks and not ask.size) or not event_ms:
            raise UnreadableQuote(_VENUE, row, f"{frame.topic}: a level or the time is empty")
        line.held = book
        line.cts = frame.cts
        line.ts = frame.ts
        return Ticker(
            self._exchange,
            row,
            bid.price,
            bid.size,
            ask.price,
            ask.size,
            event_ms * MS,
            recv_ns,
        )

    def _other(
        self, frame: _Frame, book: _Book | None, recv_ns: int
    ) -> BookUpdate | Control | None:
        row = self._depth_rows.get(frame.topic)
        if row is None or book is None:
            return _control(frame)
        if row == LEFT:
            return None
        if frame.type not in ("snapshot", "delta") or not (frame.cts or frame.ts):
            raise MalformedMessage(_VENUE, f"{frame.topic}: {sanitise(frame.type)!r} or no time")
        afresh = frame.type == "snapshot" or book.u == _RESTARTED
        return BookUpdate(
            self._exchange,
            row,
            BookKind.SNAPSHOT if afresh else BookKind.DELTA,
            book.u,
            book.u,
            -1,
            [(level.price, level.size) for level in book.b],
            [(level.price, level.size) for level in book.a],
            (frame.cts or frame.ts) * MS,
            recv_ns,
        )

    def _complaint(self, raw: bytes, text: str) -> MalformedMessage:
        """Return the error for a broken frame: whose quote it was to change, if that shows."""
        named = _NAME.search(raw)
        row = self._row(named[1].decode()) if named is not None else LEFT
        if row == LEFT:
            return MalformedMessage(_VENUE, text)
        return UnreadableQuote(_VENUE, row, text)


def _control(frame: _Frame) -> Control:
    if not frame.op:
        raise MalformedMessage(_VENUE, f"neither op nor a book: {sanitise(frame.topic)!r}")
    return Control(frame.op, frame.success, sanitise(frame.ret_msg), frame.req_id)


def _changed(held: list[_Level], changes: list[_Level]) -> list[_Level]:
    """Return one side, best level only, after the absolute sizes in `changes`; 0 removes."""
    gone = {level.price for level in changes if level.size == 0.0}
    return [level for level in changes if level.size > 0.0] or [
        level for level in held if level.price not in gone
    ]
