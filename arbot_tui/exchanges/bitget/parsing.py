"""Frames of Bitget's public v2 socket (depth channel, 2025-12-05; facts page section 3).

Pure: bytes and the time of receipt in, market data or our own error out. The checksum field was
removed from depth channels in May 2026 and is not read.
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

_VENUE = "bitget"
_PONG = b"pong"
_TOP = "books1"
# The bounds are checked by the decoder, in C; NaN fails them all. Beyond 2100-01-01 a time is in
# the wrong unit.
_Positive = Annotated[float, msgspec.Meta(gt=0.0, lt=1e18)]
_Millis = Annotated[int, msgspec.Meta(gt=0, lt=4_102_444_800_000)]


class _Level(msgspec.Struct, array_like=True, gc=False):
    """``[price, size]``; a further column would be ignored. `books1` never removes levels."""

    price: _Positive
    size: _Positive


class _Book(msgspec.Struct, gc=False):
    asks: list[_Level]
    bids: list[_Level]
    ts: _Millis  # matching-engine time


class _Arg(msgspec.Struct, gc=False):
    instType: str = ""
    channel: str = ""
    instId: str = ""


class _Frame(msgspec.Struct, gc=False):
    """Every JSON frame of the socket: pushes have `data`, answers have `event`."""

    arg: _Arg | None = None
    data: list[_Book] | None = None
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


class StreamParser:
    """Reads the frames of one connection; holds no state between them."""

    __slots__ = ("_exchange", "_rows")

    def __init__(self, exchange: int, rows: Mapping[str, int]) -> None:
        """Prepare.

        Args:
            exchange: Dense index of the venue, stamped on what is read.
            rows: Wire symbol to row.
        """
        self._exchange = exchange
        self._rows = rows

    def parse(self, raw: bytes, recv_ns: int) -> Ticker | Control:
        """Return what `raw` says.

        A side without orders has price and size zero, as `Ticker` defines it.

        Raises:
            MalformedMessage: The frame breaks its schema, names a symbol that was not asked
                for, or holds a price, size or time that cannot be.
        """
        try:
            frame = _decode(raw)
        except (ValueError, RecursionError) as e:
            if raw == _PONG:
                return Control("pong")
            raise MalformedMessage(_VENUE, f"frame: {sanitise(str(e))}") from e
        arg, data = frame.arg, frame.data
        if data is None or arg is None:
            return _control(frame)
        row = self._rows.get(arg.instId)
        # A futures symbol may have the same name.
        asked = row is not None and arg.channel == _TOP and arg.instType == "SPOT"
        if row is None or not asked or not data:
            text = f"{sanitise(arg.instType)} {sanitise(arg.channel)} {sanitise(arg.instId)}"
            raise MalformedMessage(_VENUE, f"not asked for: {len(data)} books, {text}")
        # Every message replaces the book: of several only the newest counts.
        book = data[-1]
        bid_price = bid_size = ask_price = ask_size = 0.0
        if book.bids:
            bid = book.bids[0]
            bid_price, bid_size = bid.price, bid.size
        if book.asks:
            ask = book.asks[0]
            ask_price, ask_size = ask.price, ask.size
        return Ticker(
            self._exchange,
            row,
            bid_price,
            bid_size,
            ask_price,
            ask_size,
            book.ts * MS,
            recv_ns,
        )


def _control(frame: _Frame) -> Control:
    if not frame.event:
        raise MalformedMessage(_VENUE, "neither event nor data")
    arg = frame.arg or _Arg()
    code = sanitise(str(frame.code), 32)
    return Control(frame.event, arg.channel, arg.instId, code, sanitise(frame.msg))
