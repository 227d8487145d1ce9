"""Frames of Bybit's public spot socket (v5 websocket/public/orderbook, 2026-07-24).

Pure: bytes and the time of receipt in, market data or our own error out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.text import sanitise

__all__ = ["Control", "StreamParser"]

_VENUE = "bybit"
_TOPIC = "orderbook.1."
# The bounds are checked by the decoder, in C; NaN fails them all. Beyond 2100-01-01 a time is in
# the wrong unit.
_Price = Annotated[float, msgspec.Meta(gt=0.0, lt=1e18)]
_Size = Annotated[float, msgspec.Meta(ge=0.0, lt=1e18)]
_Millis = Annotated[int, msgspec.Meta(gt=0, lt=4_102_444_800_000)]


class _Level(msgspec.Struct, array_like=True, gc=False):
    """``[price, size]``; a further column would be ignored."""

    price: _Price
    size: _Size


class _Book(msgspec.Struct, gc=False):
    b: list[_Level]
    a: list[_Level]
    u: int  # update id; 1 means the service restarted


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


class StreamParser:
    """Reads one connection's frames in order.

    ``orderbook.1`` has been snapshot-only since 2025-03-20; deltas occurred before and are
    documented at other depths, so both are read. A delta changes what came before it, hence
    the state, which lives as long as the connection.
    """

    __slots__ = ("_books", "_exchange", "_rows")

    def __init__(self, exchange: int, rows: Mapping[str, int]) -> None:
        """Start with nothing held.

        Args:
            exchange: Dense index of the venue, stamped on every ticker.
            rows: Wire symbol to row.
        """
        self._exchange = exchange
        self._rows = {_TOPIC + symbol: row for symbol, row in rows.items()}
        self._books: dict[int, _Book] = {}

    def parse(self, raw: bytes, recv_ns: int) -> Ticker | Control | None:
        """Return what `raw` says; None for a delta of a book that was never snapshot.

        A side without orders has price and size zero, as `Ticker` defines it.

        Raises:
            MalformedMessage: The frame breaks its schema, names a symbol that was not asked
                for, or holds a price, size or time that cannot be.
        """
        try:
            frame = _decode(raw)
        except (ValueError, RecursionError) as e:
            raise MalformedMessage(_VENUE, f"frame: {sanitise(str(e))}") from e
        row = self._rows.get(frame.topic)
        book = frame.data
        if row is None or book is None:
            return _control(frame)
        held = self._books.get(row)
        # The same update id again is the three-second repeat of a quiet book: its matching time
        # lies in the past, but the push system vouches for it at `ts`.
        event_ms = frame.cts if held is None or held.u != book.u else frame.ts
        if frame.type != "snapshot" and book.u != 1:
            if frame.type != "delta":
                raise MalformedMessage(_VENUE, f"type {sanitise(frame.type)!r}")
            if held is None or book.u < held.u:
                return None
            book = _Book(_changed(held.b, book.b), _changed(held.a, book.a), book.u)
        bid_price = bid_size = ask_price = ask_size = 0.0
        if book.b:
            bid = book.b[0]
            bid_price, bid_size = bid.price, bid.size
        if book.a:
            ask = book.a[0]
            ask_price, ask_size = ask.price, ask.size
        # A level without size, or a frame without time, is no news to act upon.
        if (book.b and not bid_size) or (book.a and not ask_size) or not event_ms:
            raise MalformedMessage(_VENUE, f"{frame.topic}: a level or the time is empty")
        self._books[row] = book
        return Ticker(
            self._exchange,
            row,
            bid_price,
            bid_size,
            ask_price,
            ask_size,
            event_ms * MS,
            recv_ns,
        )


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
