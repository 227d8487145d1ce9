"""Frames of Bybit's public spot socket (v5 websocket/public/orderbook, 2026-07-24).

Pure: bytes and the time of receipt in, market data or our own error out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.text import sanitise

__all__ = ["Control", "StreamParser"]

_VENUE = "bybit"
_TOP = "orderbook.1."
# 2100-01-01 in milliseconds: beyond it a time is in the wrong unit.
_LATEST_MS = 4_102_444_800_000


class _Level(msgspec.Struct, array_like=True, gc=False):
    """``[price, size]``; a further column would be ignored."""

    price: float
    size: float


class _Book(msgspec.Struct, gc=False):
    s: str  # symbol
    b: list[_Level]
    a: list[_Level]
    u: int  # update id; 1 means the service restarted


class _Frame(msgspec.Struct, gc=False):
    """Every frame of the socket: data has `topic`, control has `op`."""

    topic: str = ""
    type: str = ""
    ts: int = 0  # ms, when the push system made the message
    cts: int = 0  # ms, matching-engine time of the book state
    data: _Book | None = None
    op: str = ""
    success: bool = True
    ret_msg: str = ""
    req_id: str = ""


_NOTHING = _Level(0.0, 0.0)

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
        self._rows = rows
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
        book = frame.data
        if book is None or not frame.topic.startswith(_TOP):
            return _control(frame)
        row = self._rows.get(book.s)
        if row is None:
            raise MalformedMessage(_VENUE, f"symbol {sanitise(book.s)!r} was not asked for")
        held = self._books.get(row)
        # The same update id again is the three-second repeat of a quiet book: its matching time
        # lies in the past, but the push system vouches for it at `ts`.
        repeated = held is not None and held.u == book.u
        event_ms = frame.ts if repeated else frame.cts
        if not 0 < event_ms < _LATEST_MS:
            raise MalformedMessage(_VENUE, f"time {event_ms} ms")
        if frame.type != "snapshot" and book.u != 1:
            if frame.type != "delta":
                raise MalformedMessage(_VENUE, f"type {sanitise(frame.type)!r}")
            if held is None or book.u < held.u:
                return None
            book = _Book(book.s, _changed(held.b, book.b), _changed(held.a, book.a), book.u)
        # An empty side is price and size zero (see `Ticker`).
        bid = book.b[0] if book.b else _NOTHING
        ask = book.a[0] if book.a else _NOTHING
        # NaN fails every comparison, so it fails these, too.
        if not (
            ((0.0 < bid.price < inf and 0.0 < bid.size < inf) or bid is _NOTHING)
            and ((0.0 < ask.price < inf and 0.0 < ask.size < inf) or ask is _NOTHING)
        ):
            raise MalformedMessage(_VENUE, f"levels {bid.price} {bid.size} {ask.price} {ask.size}")
        self._books[row] = book
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


def _control(frame: _Frame) -> Control:
    if not frame.op:
        raise MalformedMessage(_VENUE, f"neither op nor a book: {sanitise(frame.topic)!r}")
    return Control(frame.op, frame.success, sanitise(frame.ret_msg), frame.req_id)


def _changed(held: list[_Level], changes: list[_Level]) -> list[_Level]:
    """Return one side, best level only, after the absolute sizes in `changes`; 0 removes."""
    for level in changes:
        if not (0.0 < level.price < inf and 0.0 <= level.size < inf):
            raise MalformedMessage(_VENUE, f"level {level.price} {level.size}")
    gone = {level.price for level in changes if level.size == 0.0}
    return [level for level in changes if level.size > 0.0] or [
        level for level in held if level.price not in gone
    ]
