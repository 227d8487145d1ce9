"""Frames of Bitget's public v2 socket (depth channel, 2025-12-05; facts page section 3).

Pure: bytes and the time of receipt in, market data or our own error out. The checksum field was
removed from depth channels in May 2026 and is not read.
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
from arbot_tui.exchanges.followed import LEFT, Followed, LastSeen

__all__ = ["Control", "StreamParser"]

_VENUE = "bitget"
_PONG = b"pong"
_SPOT = "SPOT"
_TOP, _DEPTH = "books1", "books15"
_NAME = re.compile(rb'"instId"\s*:\s*"([!-~]{1,64}?)"')
# The bounds are checked by the decoder, in C; NaN fails them all. Beyond 2100-01-01 a time is in
# the wrong unit.
_Positive = Annotated[float, msgspec.Meta(gt=0.0, lt=1e18)]
_Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Millis = Annotated[int, msgspec.Meta(gt=0, lt=4_102_444_800_000)]
_Time = Annotated[int, msgspec.Meta(ge=0, lt=4_102_444_800_000)]


class _Level(msgspec.Struct, array_like=True, gc=False):
    """``[price, size]``; a further column would be ignored. Snapshots never remove levels."""

    price: _Positive
    size: _Positive


# Stands for the best level of a side without orders.
_ABSENT = _Level(0.0, 0.0)


class _Book(msgspec.Struct, gc=False):
    asks: list[_Level]
    bids: list[_Level]
    ts: _Millis  # matching-engine time
    seq: _Sequence = 0  # only grows, but for maintenance


class _Arg(msgspec.Struct, gc=False):
    instType: str = ""
    channel: str = ""
    instId: str = ""


class _Frame(msgspec.Struct, gc=False):
    """Every JSON frame of the socket: pushes have `data`, answers have `event`."""

    arg: _Arg | None = None
    data: list[_Book] | None = None
    ts: _Time = 0  # when it was pushed
    action: str = ""
    event: str = ""
    code: int | str = 0  # the wire sends both kinds
    msg: str = ""


# strict=False: the wire sends numbers as strings; the decoder makes floats in C.
_decode = msgspec.json.Decoder(_Frame, strict=False).decode


class Control(msgspec.Struct, frozen=True):
    """An answer to something we sent.

    Attributes:
        event: ``subscribe``, ``unsubscribe``, ``error``, ``login`` or ``pong``.
        channel: Channel it is about; empty where it names none.
        symbol: Wire symbol it is about; empty where it names none.
        code: The venue's code; ``0`` for success.
        message: Its text, sanitised.
    """

    event: str
    channel: str = ""
    symbol: str = ""
    code: str = "0"
    message: str = ""


_GONE = LastSeen(LEFT)


class StreamParser(Followed[LastSeen]):
    """Reads one line's frames, and knows which quotes are news."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: int, rows: Mapping[str, int]) -> None:
        """Start with nothing seen.

        Args:
            exchange: Dense index of the venue, stamped on what is read.
            rows: Wire symbol to row.
        """
        super().__init__(LastSeen, _GONE, rows)
        self._exchange = exchange

    def parse(self, raw: bytes, recv_ns: int) -> Ticker | BookUpdate | Control | None:
        """Return what `raw` says; None for a quote that is no news, or of a symbol left.

        A side without orders has price and size zero, as `Ticker` defines it. A smaller or
        equal sequence number at no later a time is a duplicate or came late. What a subscription
        begins with may be of a book that changed long ago: it is dated when it was pushed.

        Raises:
            UnreadableQuote: A best bid and ask of a symbol of ours breaks the schema, or holds a
                price, size or time that cannot be.
            MalformedMessage: Another frame does, or one of a symbol that was not asked for.
        """
        try:
            frame = _decode(raw)
        except (ValueError, RecursionError) as e:
            if raw == _PONG:
                return Control("pong")
            raise self._complaint(raw, f"frame: {sanitise(str(e))}") from e
        arg, data = frame.arg, frame.data
        if data is None or arg is None:
            return _control(frame)
        line = self._lines.get(arg.instId)
        if line is _GONE:
            return None
        # A futures symbol may have the same name.
        if line is None or arg.instType != _SPOT or not data:
            text = f"{sanitise(arg.instType)} {sanitise(arg.channel)} {sanitise(arg.instId)}"
            raise self._complaint(raw, f"not asked for: {len(data)} books, {text}")
        if frame.action != "snapshot":
            # A change of a book (v3 sends some since October 2026) must not pass for all of it.
            raise self._complaint(raw, f"{sanitise(arg.channel)}: {sanitise(frame.action)!r}")
        # Every message replaces the book: of several only the newest counts.
        book = data[-1]
        if arg.channel != _TOP:
            return self._update(arg.channel, book, line.row, recv_ns)
        if (
            book.seq <= line.seq
            and book.ts <= line.ts
            # Without numbers nothing tells two states of one millisecond apart.
            and (book.seq or book.ts < line.ts)
        ):
            return None
        bids, asks = book.bids, book.asks
        bid = bids[0] if bids else _ABSENT
        ask = asks[0] if asks else _ABSENT
        event_ms = book.ts if line.ts else frame.ts
        line.seq = book.seq
        line.ts = book.ts
        return Ticker(
            self._exchange,
            line.row,
            bid.price,
            bid.size,
            ask.price,
            ask.size,
            event_ms * MS,
            recv_ns,
        )

    def _update(self, channel: str, book: _Book, row: int, recv_ns: int) -> BookUpdate:
        if channel != _DEPTH:
            raise MalformedMessage(_VENUE, f"channel {sanitise(channel)!r} was not asked for")
        return BookUpdate(
            self._exchange,
            row,
            BookKind.SNAPSHOT,
            0,
            book.seq,
            -1,
            [(level.price, level.size) for level in book.bids],
            [(level.price, level.size) for level in book.asks],
            book.ts * MS,
            recv_ns,
        )

    def _complaint(self, raw: bytes, text: str) -> MalformedMessage:
        """Return the error for a broken frame: whose quote it was to change, if that shows."""
        ours = f'"{_TOP}"'.encode() in raw and f'"{_SPOT}"'.encode() in raw
        named = _NAME.search(raw) if ours else None
        row = self._row(named[1].decode()) if named is not None else LEFT
        if row == LEFT:
            return MalformedMessage(_VENUE, text)
        return UnreadableQuote(_VENUE, row, text)


def _control(frame: _Frame) -> Control:
    if not frame.event:
        raise MalformedMessage(_VENUE, "neither event nor data")
    arg = frame.arg or _Arg()
    code = sanitise(str(frame.code), 32)
    return Control(frame.event, arg.channel, arg.instId, code, sanitise(frame.msg))
