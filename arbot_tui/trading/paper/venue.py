"""The fill core: one venue that our paper orders meet, sans-I/O.

Time is passed in, and the book is asked for when an order meets it::

    due_ns = venue.submit(order, now_ns)     # later, and not before
    for event in venue.advance(due_ns):      # acks, rejects, fills, final states
        ...

An order takes a round trip: half of it to the venue, half back. What the venue's book was when
the order arrived is what we see when the answer is here, since quotes travel back as long as
answers do. So an order is matched with what is visible when its answer is due.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import msgspec

from arbot_tui.domain.account import AccountFill
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, exact, floor_to, from_float
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
)
from arbot_tui.domain.quotes import Level
from arbot_tui.trading.paper.account import PaperAccount
from arbot_tui.trading.paper.depth import BookSide
from arbot_tui.trading.paper.profile import Draws, OrderFate, RoundTrips

__all__ = ["REJECTED", "SOURCES", "PaperVenue", "Visible"]

REJECTED = "paper"
"""Code of every refusal; the text says why."""
SOURCES = ("order", "open", "history", "fills")
"""All that a query about a paper order looks through."""

Visible = Callable[[str, OrderSide], Sequence[Level]]
"""Levels that an order of that symbol and side meets, best first; empty where none is known."""

_KEPT = 5000
_VENUE_ID = "paper-"


class _Order(msgspec.Struct):
    """An order that arrived."""

    status: OrderStatus
    fills: list[Fill]

    @property
    def filled(self) -> Decimal:
        """Base quantity executed."""
        total = ZERO
        for fill in self.fills:
            total = exact.add(total, fill.qty)
        return total


class _Travelling(msgspec.Struct, order=True):
    """An order on its way, by when its answer is due, then by when it was sent."""

    due_ns: int
    number: int
    arrives_ns: int
    order: OrderRequest
    fate: OrderFate


class PaperVenue:
    """One venue's account, our orders there, and what they took of its books.

    Attributes:
        name: Name of the venue.
        account: What we hold there.
        draws: Where the fate of orders comes from.
        rtts: Measured round trips.
        fees: Rates that fills pay.
        offset_ns: The venue's clock minus ours; stamps fills.
    """

    def __init__(self, name: str, draws: Draws, fees: TradingFees, visible: Visible) -> None:
        """Open a venue without instruments and money.

        Args:
            name: Name of the venue.
            draws: Where the fate of orders comes from.
            fees: Rates that fills pay.
            visible: Tells what an order meets.
        """
        self.name = name
        self.account = PaperAccount({})
        self.draws = draws
        self.rtts = RoundTrips()
        self.fees = fees
        self.offset_ns = 0
        self._visible = visible
        self._instruments: dict[str, Instrument] = {}
        self._travelling: list[_Travelling] = []
        self._sent = 0
        self._orders: dict[str, _Order] = {}
        self._sides: dict[tuple[str, OrderSide], BookSide] = {}

    def set_instruments(self, instruments: Iterable[Instrument]) -> None:
        """Learn what is listed, and by which rules; nothing else is."""
        self._instruments = {instrument.symbol: instrument for instrument in instruments}

    def restore(self, client_id: str, fills: Iterable[Fill]) -> None:
        """Know an order of an earlier run: it ended with `fills`, what was left has expired."""
        self._orders[client_id] = _Order(OrderStatus.EXPIRED, list(fills))

    @property
    def next_ns(self) -> int | None:
        """When the next answer is due; None while no order is on its way."""
        return self._travelling[0].due_ns if self._travelling else None

    def submit(self, order: OrderRequest, now_ns: int) -> int:
        """Send an order, and return when its answer is due."""
        fate = self.draws.fate(order.client_id, self.rtts)
        due_ns, arrives_ns = now_ns + fate.latency_ns, now_ns + fate.latency_ns // 2
        self._sent += 1
        travelling = _Travelling(due_ns, self._sent, arrives_ns, order, fate)
        heapq.heappush(self._travelling, travelling)
        return due_ns

    def advance(self, now_ns: int) -> list[OrderEvent]:
        """Match every order whose answer is due, the earlier first, and return the answers."""
        events: list[OrderEvent] = []
        while self._travelling and self._travelling[0].due_ns <= now_ns:
            events += self._arrive(heapq.heappop(self._travelling))
        return events

    def observe(self, symbol: str) -> bool:
        """Look at a book that changed; tell whether it matters any more what it shows.

        It does while we may have taken something of what is shown.
        """
        matters = False
        for side in OrderSide:
            book = self._sides.get((symbol, side))
            if book is not None:
                book.show(self._visible(symbol, side))
                matters |= book.is_touched
                if not book.is_touched:
                    del self._sides[(symbol, side)]
        return matters

    def left(self, symbol: str, side: OrderSide, limit: float) -> float | None:
        """Return what our orders left for one of that side and limit; None: they took nothing."""
        book = self._sides.get((symbol, side))
        if book is None or not book.is_touched:
            return None
        within, total = from_float(limit), ZERO
        for price, size in book.show(self._visible(symbol, side)):
            if price > within if side is OrderSide.BUY else price < within:
                break
            total = exact.add(total, size)
        return float(total)

    def query(self, client_id: str) -> OrderState:
        """Return an order's state as the venue would tell it."""
        order = self._orders.get(client_id)
        if order is None:
            return OrderState(self.name, client_id, OrderStatus.NOT_FOUND, ZERO, SOURCES)
        return self._state(client_id, order, SOURCES[:1])

    def fills(self, client_id: str) -> list[Fill]:
        """Return all executions of an order, oldest first."""
        order = self._orders.get(client_id)
        return list(order.fills) if order is not None else []

    def fills_since(self, symbol: str, since_ns: int) -> list[AccountFill]:
        """Return the executions of a symbol since then, oldest first."""
        found = [
            AccountFill(self._venue_id(client_id), fill)
            for client_id, order in self._orders.items()
            for fill in order.fills
            if fill.symbol == symbol and fill.event_ns - self.offset_ns >= since_ns
        ]
        return sorted(found, key=lambda each: each.fill.event_ns)

    def client_id(self, venue_id: str) -> str:
        """Return the id that the order of the venue's id was sent with."""
        return venue_id.removeprefix(_VENUE_ID)

    def balances(self) -> list[Balance]:
        """Return what the account holds."""
        return self.account.balances()

    def _arrive(self, sent: _Travelling) -> list[OrderEvent]:
        order = sent.order
        instrument = self._instruments.get(order.symbol)
        refusal = self._refusal(sent, instrument)
        if instrument is None or refusal:
            return [OrderReject(self.name, order.client_id, REJECTED, refusal)]
        fills = self._match(sent, instrument)
        kept = self._orders[order.client_id] = _Order(OrderStatus.EXPIRED, fills)
        if kept.filled == order.qty:
            kept.status = OrderStatus.FILLED
        if len(self._orders) > _KEPT:
            del self._orders[next(iter(self._orders))]
        state = self._state(order.client_id, kept, SOURCES[:1])
        return [OrderAck(self.name, order.client_id, state.venue_id), *fills, state]

    def _refusal(self, sent: _Travelling, instrument: Instrument | None) -> str:
        """Return why the venue refuses an order, or an empty text."""
        order = sent.order
        if instrument is None:
            return f"{order.symbol} is not listed"
        if not instrument.tradeable:
            return f"{order.symbol} is not open for trading"
        if sent.arrives_ns > order.expires_ns:
            return f"arrived {sent.arrives_ns - order.expires_ns} ns after it expired"
        if order.client_id in self._orders:
            return "an order of this id was there before"
        return (
            instrument.breach(order.price, order.qty)
            or self.account.shortage(order, instrument)
            or ("refused at random, as so many are here" if sent.fate.refused else "")
        )

    def _match(self, sent: _Travelling, instrument: Instrument) -> list[Fill]:
        """Walk the visible levels within the limit, best first; what finds none expires."""
        order, step = sent.order, instrument.lot_step
        buying = order.side is OrderSide.BUY
        book = self._side(order.symbol, order.side)
        wanted = floor_to(exact.multiply(order.qty, sent.fate.share), step)
        fills: list[Fill] = []
        for price, size in book.show(self._visible(order.symbol, order.side)):
            if (price > order.price if buying else price < order.price) or wanted <= 0:
                break
            qty = min(wanted, floor_to(size, step))
            if qty <= 0:
                continue
            book.take(price, qty)
            wanted = exact.subtract(wanted, qty)
            fills.append(
                self.account.fill(
                    order,
                    instrument,
                    self.fees,
                    trade_id=f"{order.client_id}-{len(fills) + 1}",
                    price=price,
                    qty=qty,
                    event_ns=sent.arrives_ns + self.offset_ns,
                )
            )
        return fills

    def _side(self, symbol: str, side: OrderSide) -> BookSide:
        return self._sides.setdefault((symbol, side), BookSide(side))

    def _state(self, client_id: str, order: _Order, sources: tuple[str, ...]) -> OrderState:
        venue_id = self._venue_id(client_id)
        return OrderState(self.name, client_id, order.status, order.filled, sources, venue_id)

    @staticmethod
    def _venue_id(client_id: str) -> str:
        return _VENUE_ID + client_id
