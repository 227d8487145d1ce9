"""The toy venue's language: pure, bytes in, domain values or our own error out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, TypeVar

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import parse_decimal
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.quotes import BookKind, BookUpdate, DepthSnapshot, Level, Ticker
from arbot_tui.domain.text import sanitise

__all__ = ["VENUE", "Control", "StreamParser", "ToyAnswers"]

VENUE = "toy"
T = TypeVar("T")
_Number = Annotated[float, msgspec.Meta(gt=0.0, lt=1e18)]
_Level = tuple[_Number, _Number]


class _Frame(msgspec.Struct):
    top: str = ""
    book: str = ""
    id: int = 0
    ms: int = 0
    b: list[_Level] = []
    a: list[_Level] = []
    done: str = ""
    no: str = ""
    bye: str = ""


class Control(msgspec.Struct, frozen=True):
    """An answer or a notice: which request was done or refused, or why we are sent away."""

    done: str
    no: str
    bye: str


class _Market(msgspec.Struct):
    name: str
    base: str
    quote: str
    tick: str
    step: str
    least: str


class _Volume(msgspec.Struct):
    name: str
    value: str


class _Book(msgspec.Struct):
    id: int
    ms: int
    b: list[_Level]
    a: list[_Level]


class _Order(msgspec.Struct):
    order: str
    state: str
    filled: str


class _Fill(msgspec.Struct):
    trade: str
    side: str
    price: str
    qty: str
    fee: str
    coin: str
    ms: int


class _Holding(msgspec.Struct):
    coin: str
    free: str
    locked: str


class _Fees(msgspec.Struct):
    maker: str
    taker: str


_decode = msgspec.json.Decoder(_Frame).decode


class StreamParser:
    """Reads the frames of one line."""

    def __init__(self, exchange: int) -> None:
        self._exchange = exchange
        self._rows: dict[str, int] = {}
        self._left: set[str] = set()
        self._ids: dict[int, int] = {}

    def follow(self, symbol: str, row: int) -> None:
        self._rows[symbol] = row
        self._left.discard(symbol)

    def leave(self, symbol: str) -> None:
        self._ids.pop(self._rows.pop(symbol), None)
        self._left.add(symbol)

    def forget(self, row: int) -> None:
        self._ids.pop(row, None)

    def restart(self) -> None:
        self._ids.clear()

    def parse(self, raw: bytes, recv_ns: int) -> Ticker | BookUpdate | Control | None:
        try:
            frame = _decode(raw)
        except (ValueError, RecursionError) as e:
            raise MalformedMessage(VENUE, f"frame: {sanitise(str(e))}") from e
        name = frame.top or frame.book
        if not name:
            return Control(frame.done, frame.no, frame.bye)
        row = self._rows.get(name)
        if row is None:
            if name in self._left:
                return None
            raise MalformedMessage(VENUE, f"symbol {sanitise(name)!r}")
        event_ns = frame.ms * MS
        if frame.book:
            kind, asks = BookKind.SNAPSHOT, list[Level](frame.a)
            bids = list[Level](frame.b)
            exchange, ident = self._exchange, frame.id
            return BookUpdate(exchange, row, kind, 0, ident, -1, bids, asks, event_ns, recv_ns)
        if frame.id <= self._ids.get(row, -1):
            return None
        self._ids[row] = frame.id
        bid, ask = (side[0] if side else (0.0, 0.0) for side in (frame.b, frame.a))
        return Ticker(self._exchange, row, *bid, *ask, event_ns, recv_ns)


class ToyAnswers:
    """Readers of REST answers."""

    @staticmethod
    def instruments(body: bytes) -> list[Instrument]:
        return [
            Instrument(
                VENUE,
                row.name,
                row.base,
                row.quote,
                parse_decimal(row.tick),
                parse_decimal(row.step),
                parse_decimal(row.least),
            )
            for row in read(body, list[_Market])
        ]

    @staticmethod
    def volumes(body: bytes) -> dict[str, Decimal]:
        return {row.name: parse_decimal(row.value) for row in read(body, list[_Volume])}

    @staticmethod
    def book(body: bytes, levels: int, recv_ns: int) -> DepthSnapshot:
        book = read(body, _Book)
        bids, asks = list[Level](book.b[:levels]), list[Level](book.a[:levels])
        return DepthSnapshot(book.id, bids, asks, book.ms * MS, recv_ns)

    @staticmethod
    def time_ms(body: bytes) -> int:
        return read(body, dict[str, int])["ms"]

    @staticmethod
    def order_id(body: bytes) -> str:
        return read(body, dict[str, str])["order"]

    @staticmethod
    def error(body: bytes) -> str:
        return read(body, dict[str, str]).get("error", "")

    @staticmethod
    def state(body: bytes, client_id: str) -> OrderState:
        row = read(body, _Order)
        status, filled = OrderStatus(row.state), parse_decimal(row.filled)
        return OrderState(VENUE, client_id, status, filled, ("order",), row.order)

    @staticmethod
    def fills(body: bytes, client_id: str, symbol: str) -> list[Fill]:
        return [
            Fill(
                VENUE,
                client_id,
                symbol,
                row.trade,
                OrderSide(row.side),
                parse_decimal(row.price),
                parse_decimal(row.qty),
                parse_decimal(row.fee),
                row.coin,
                row.ms * MS,
            )
            for row in read(body, list[_Fill])
        ]

    @staticmethod
    def balances(body: bytes) -> list[Balance]:
        rows = read(body, list[_Holding])
        return [Balance(r.coin, parse_decimal(r.free), parse_decimal(r.locked)) for r in rows]

    @staticmethod
    def fees(body: bytes, wanted: Mapping[str, str]) -> dict[str, TradingFees]:
        rows = read(body, dict[str, _Fees])
        return {
            symbol: TradingFees(parse_decimal(rows[name].maker), parse_decimal(rows[name].taker))
            for name, symbol in wanted.items()
        }


def read(body: bytes, kind: type[T]) -> T:
    """Return what an answer says.

    Raises:
        MalformedMessage: It is of another shape.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(VENUE, f"answer: {sanitise(str(e))}") from e
