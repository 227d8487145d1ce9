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

__all__ = ["Control", "StreamParser"]

_VENUE = "okx"
_PONG = b"pong"
_TOP, _DEPTH = "bbo-tbt", "books"
# Stands for the row of a symbol that is no longer followed, while frames of it still come.
_LEFT = -1
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


class StreamParser:
    """Reads one line's frames, and knows which quotes are news."""

    __slots__ = ("_exchange", "_held", "_rows")

    def __init__(self, exchange: int, rows: Mapping[str, int]) -> None:
        """Prepare.

        Args:
            exchange: Dense index of the venue, stamped on what is read.
            rows: Wire symbol to row.
        """
        self._exchange = exchange
        self._rows = dict(rows)
        self._held: dict[int, _Book] = {}

    def follow(self, symbol: str, row: int) -> None:
        """Read frames of a wire symbol, stamped with its row."""
        self._rows[symbol] = row

    def leave(self, symbol: str) -> None:
        """Pass over what still comes of a wire symbol."""
        self._held.pop(self._rows.get(symbol, _LEFT), None)
        self._rows[symbol] = _LEFT

    def forget(self, row: int) -> None:
        """Take the next quote of a row for news, whatever it says."""
        self._held.pop(row, None)

    def restart(self) -> None:
        """Take the next quote of every row for news: a new connection begins."""
        self._held.clear()

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
        row = self._rows.get(arg.instId)
        if row == _LEFT:
            return None
        # Both channels send one book per frame.
        if row is None or len(data) != 1:
            raise self._complaint(raw, f"{len(data)} books of {sanitise(arg.instId)!r}")
        book = data[0]
        if arg.channel != _TOP:
            return self._update(frame, arg.channel, book, row, recv_ns)
        if frame.action and frame.action != "snapshot":
            # A change must not pass for the whole; none are sent on this channel.
            raise UnreadableQuote(_VENUE, row, f"{arg.instId}: {sanitise(frame.action)!r}")
        held = self._held.get(row)
        if (
            held is not None
            and book.seqId <= held.seqId
            and book.ts <= held.ts
            # Without ids nothing tells two states of one millisecond apart.
            and (book.seqId >= 0 or book.ts < held.ts)
        ):
            return None
        bid_price = bid_size = ask_price = ask_size = 0.0
        if book.bids:
            bid = book.bids[0]
            bid_price, bid_size = bid.price, bid.size
        if book.asks:
            ask = book.asks[0]
            ask_price, ask_size = ask.price, ask.size
        if (book.bids and not bid_size) or (book.asks and not ask_size):
            raise UnreadableQuote(_VENUE, row, f"{arg.instId}: a best level without size")
        self._held[row] = book
        return Ticker(
            self._exchange,
            row,
            bid_price,
            bid_size,
            ask_price,
            ask_size,
            book.ts * MS if held is not None else 0,
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
        row = self._rows.get(named[1].decode(), _LEFT) if named is not None else _LEFT
        if row == _LEFT:
            return MalformedMessage(_VENUE, text)
        return UnreadableQuote(_VENUE, row, text)


_KINDS = {"snapshot": BookKind.SNAPSHOT, "update": BookKind.DELTA}


def _control(frame: _Frame) -> Control:
    if not frame.event:
        raise MalformedMessage(_VENUE, "neither event nor data")
    arg = frame.arg or _Arg()
    return Control(frame.event, arg.channel, arg.instId, frame.code, sanitise(frame.msg), frame.id)
