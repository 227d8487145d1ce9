"""Frames of OKX's public socket (order book channel, 2026-07-03; facts page section 3).

Pure: bytes and the time of receipt in, market data or our own error out. The checksum field has
been constant 0 since 2026-06-23 and is not read: `seqId` and `prevSeqId` prove continuity.
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

_VENUE = "okx"
_PONG = b"pong"
_TOP, _DEPTH = "bbo-tbt", "books"
_NAME = re.compile(rb'"instId"\s*:\s*"([!-~]{1,64}?)"')
# The bounds are checked by the decoder, in C; NaN fails them all. Beyond 2100-01-01 a time is in
# the wrong unit.
_Price = Annotated[float, msgspec.Meta(gt=0.0, lt=1e18)]
_Size = Annotated[float, msgspec.Meta(ge=0.0, lt=1e18)]
_Millis = Annotated[int, msgspec.Meta(gt=0, lt=4_102_444_800_000)]
_Sequence = Annotated[int, msgspec.Meta(ge=-1, le=2**63 - 1)]


class _Level(msgspec.Struct, array_like=True, gc=False):
    """``[price, size, "0", orders]``: the third column is dead, the fourth not needed."""

    price: _Price
    size: _Size


# Stands for the best level of a side without orders.
_ABSENT = _Level(0.0, 0.0)


class _Book(msgspec.Struct, gc=False):
    asks: list[_Level]
    bids: list[_Level]
    ts: _Millis  # bbo-tbt: matching-engine time; books: when the book was generated
    seqId: _Sequence = -1
    prevSeqId: _Sequence = -1


class _Arg(msgspec.Struct, gc=False):
    channel: str = ""
    instId: str = ""


class _Frame(msgspec.Struct, gc=False):
    """Every JSON frame of the socket: pushes have `data`, answers and notices have `event`."""

    arg: _Arg | None = None
    data: list[_Book] | None = None
    action: str = ""
    event: str = ""
    code: str = ""
    msg: str = ""
    id: str = ""


# strict=False: the wire sends numbers as strings; the decoder makes floats in C.
_decode = msgspec.json.Decoder(_Frame, strict=False).decode


class Control(msgspec.Struct, frozen=True):
    """An answer to something we sent, or a notice.

    Attributes:
        event: ``subscribe``, ``unsubscribe``, ``error``, ``notice``, ``pong`` and the like.
        channel: Channel it is about; empty where it names none.
        symbol: Wire symbol it is about; empty where it names none.
        code: The venue's code; empty for success.
        message: Its text, sanitised.
        request_id: The id we gave; empty where the venue left it out.
    """

    event: str
    channel: str = ""
    symbol: str = ""
    code: str = ""
    message: str = ""
    request_id: str = ""


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

        A side without orders has price and size zero in a ticker, as `Ticker` defines it. A
        smaller or equal id at no later a time is a duplicate or came late. What a subscription
        begins with is dated when the book last changed, perhaps minutes ago: it tells no time.

        Raises:
            UnreadableQuote: A best bid and ask of a symbol of ours breaks the schema, or holds a
                price, size, time or id that cannot be.
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
        # Both channels send one book per frame.
        if line is None or len(data) != 1:
            raise self._complaint(raw, f"{len(data)} books of {sanitise(arg.instId)!r}")
        book = data[0]
        if arg.channel != _TOP:
            return self._update(frame, arg.channel, book, line.row, recv_ns)
        if frame.action and frame.action != "snapshot":
            # A change must not pass for the whole; none are sent on this channel.
            raise UnreadableQuote(_VENUE, line.row, f"{arg.instId}: {sanitise(frame.action)!r}")
        if (
            book.seqId <= line.seq
            and book.ts <= line.ts
            # Without ids nothing tells two states of one millisecond apart.
            and (book.seqId >= 0 or book.ts < line.ts)
        ):
            return None
        bids, asks = book.bids, book.asks
        bid = bids[0] if bids else _ABSENT
        ask = asks[0] if asks else _ABSENT
        if (bids and not bid.size) or (asks and not ask.size):
            raise UnreadableQuote(_VENUE, line.row, f"{arg.instId}: a best level without size")
        event_ns = book.ts * MS if line.ts else 0
        line.seq = book.seqId
        line.ts = book.ts
        return Ticker(
            self._exchange,
            line.row,
            bid.price,
            bid.size,
            ask.price,
            ask.size,
            event_ns,
            recv_ns,
        )

    def _update(
        self, frame: _Frame, channel: str, book: _Book, row: int, recv_ns: int
    ) -> BookUpdate:
        kind = _KINDS.get(frame.action)
        if channel != _DEPTH or kind is None or book.seqId < 0:
            text = f"{sanitise(channel)!r} {sanitise(frame.action)!r} {book.seqId}"
            raise MalformedMessage(_VENUE, f"no book: {text}")
        return BookUpdate(
            self._exchange,
            row,
            kind,
            0,
            book.seqId,
            book.prevSeqId,
            [(level.price, level.size) for level in book.bids],
            [(level.price, level.size) for level in book.asks],
            book.ts * MS,
            recv_ns,
        )

    def _complaint(self, raw: bytes, text: str) -> MalformedMessage:
        """Return the error for a broken frame: whose quote it was to change, if that shows."""
        named = _NAME.search(raw) if _TOP.encode() in raw else None
        row = self._row(named[1].decode()) if named is not None else LEFT
        if row == LEFT:
            return MalformedMessage(_VENUE, text)
        return UnreadableQuote(_VENUE, row, text)


_KINDS = {"snapshot": BookKind.SNAPSHOT, "update": BookKind.DELTA}


def _control(frame: _Frame) -> Control:
    if not frame.event:
        raise MalformedMessage(_VENUE, "neither event nor data")
    arg = frame.arg or _Arg()
    return Control(frame.event, arg.channel, arg.instId, frame.code, sanitise(frame.msg), frame.id)
