"""The fill core: one venue that our paper orders meet, sans-I/O.

Time is passed in, and the book is asked for when an order meets it::

    due_ns = venue.submit(order, now_ns)     # later, and not before
    for event in venue.advance(due_ns):      # acks, rejects, fills, final states
        ...

An order takes a round trip: half of it to the venue, half back. What the venue's book was when
the order arrived is what we see when the answer is here, since quotes travel back as long as
answers do. So an order is matched with what is visible when its answer is due. One that rests then
meets every book that is shown after that (`meet`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import msgspec

from arbot_tui.domain.account import AccountFill, OpenOrder
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
    TimeInForce,
)
from arbot_tui.domain.quotes import Level
from arbot_tui.trading.paper.account import PaperAccount
from arbot_tui.trading.paper.depth import BookSide
from arbot_tui.trading.paper.fees import Execution, PaperFees
from arbot_tui.trading.paper.profile import Draws, OrderFate, RoundTrips
from arbot_tui.trading.paper.resting import RestingOrders, take_up_to

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
        fees: What fills pay.
        offset_ns: The venue's clock minus ours; stamps fills.
    """

    def __init__(self, name: str, draws: Draws, fees: PaperFees, visible: Visible) -> None:
        """Open a venue without instruments and money.

        Args:
            name: Name of the venue.
            draws: Where the fate of orders comes from.
            fees: What fills pay.
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
        self._resting = RestingOrders()
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

        It does while we may have taken something of what is shown, or an order of ours rests there.
        """
        matters = bool(self._resting.all(symbol))
        for side in OrderSide:
            book = self._sides.get((symbol, side))
            if book is not None:
                book.show(self._visible(symbol, side))
                matters |= book.is_touched
                if not book.is_touched:
                    del self._sides[(symbol, side)]
        return matters

    def meet(self, symbol: str, now_ns: int) -> list[OrderEvent]:
        """Let the market that is shown now come to the orders that rest; return what traded."""
        events: list[OrderEvent] = []
        for side in OrderSide:
            for resting in self._resting.queue(symbol, side):
                order, instrument = resting.order, resting.instrument
                book = self._side(symbol, side)
                shown = book.show(self._visible(symbol, side))
                taken = take_up_to(book, shown, order, resting.left, instrument.lot_step)
                if not taken:
                    break  # a worse price meets no more than a better one
                for _, qty in taken:
                    self.account.unlock(order, instrument, self.fees, qty)
                    done = Execution(side, order.price, qty, maker=True)
                    events.append(self._trade(order, instrument, done, now_ns + self.offset_ns))
                    resting.left = exact.subtract(resting.left, qty)
                kept = self._orders[order.client_id]
                kept.status = OrderStatus.PARTIALLY_FILLED
                if resting.left <= 0:
                    kept.status = OrderStatus.FILLED
                    self._resting.remove(order.client_id)
                events.append(self._state(order.client_id, kept, SOURCES[:1]))
        return events

    def is_open(self, client_id: str) -> bool:
        """Tell whether an order rests."""
        return client_id in self._resting

    def waiting_symbols(self) -> set[str]:
        """Return the symbols on which orders rest."""
        return {resting.order.symbol for resting in self._resting.all()}

    def cancel(self, client_id: str) -> OrderState | None:
        """Cancel an order that rests, and return what became of it; None where none does."""
        resting = self._resting.remove(client_id)
        if resting is None:
            return None
        order, kept = resting.order, self._orders[client_id]
        self.account.unlock(order, resting.instrument, self.fees, resting.left)
        kept.status = OrderStatus.CANCELED
        return self._state(client_id, kept, SOURCES[:1])

    def open_orders(self, symbol: str | None = None) -> list[OpenOrder]:
        """Return what rests, of one symbol or of all, the oldest first."""
        found = []
        for resting in self._resting.all(symbol):
            order, kept = resting.order, self._orders[resting.order.client_id]
            found.append(
                OpenOrder(
                    self.name,
                    self._venue_id(order.client_id),
                    order.client_id,
                    order.symbol,
                    order.side,
                    order.price,
                    order.qty,
                    kept.filled,
                    kept.status,
                )
            )
        return found

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
        kept = self._orders[order.client_id] = _Order(OrderStatus.EXPIRED, [])
        events: list[OrderEvent] = [
            OrderAck(self.name, order.client_id, self._venue_id(order.client_id))
        ]
        events += self._match(sent, instrument)
        left = exact.subtract(order.qty, kept.filled)
        if left <= 0:
            kept.status = OrderStatus.FILLED
        elif order.time_in_force is TimeInForce.GTC:
            kept.status = OrderStatus.PARTIALLY_FILLED if kept.fills else OrderStatus.NEW
            self.account.lock(order, instrument, self.fees, left)
            self._resting.add(order, instrument, left)
        self._forget_oldest()
        return [*events, self._state(order.client_id, kept, SOURCES[:1])]

    def _forget_oldest(self) -> None:
        if len(self._orders) > _KEPT:
            ended = (client_id for client_id in self._orders if client_id not in self._resting)
            if (oldest := next(ended, None)) is not None:
                del self._orders[oldest]

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
            or self.account.shortage(order, instrument, self.fees)
            or ("refused at random, as so many are here" if sent.fate.refused else "")
        )

    def _match(self, sent: _Travelling, instrument: Instrument) -> list[Fill]:
        """Walk the visible levels within the limit, best first; what finds none is left."""
        order, step = sent.order, instrument.lot_step
        # One that goes on waiting would have what a cut leaves it a moment later.
        share = Decimal(1) if order.time_in_force is TimeInForce.GTC else sent.fate.share
        wanted = floor_to(exact.multiply(order.qty, share), step)
        book = self._side(order.symbol, order.side)
        shown = book.show(self._visible(order.symbol, order.side))
        at_ns = sent.arrives_ns + self.offset_ns
        return [
            self._trade(order, instrument, Execution(order.side, price, qty), at_ns)
            for price, qty in take_up_to(book, shown, order, wanted, step)
        ]

    def _trade(
        self, order: OrderRequest, instrument: Instrument, done: Execution, at_ns: int
    ) -> Fill:
        """Book an execution of an order that arrived."""
        coin = self.fees.of(order.symbol).coin
        price = self._worth(coin, instrument.quote) if coin else None
        fee, fee_asset = self.account.execute(done, instrument, self.fees, price)
        fills = self._orders[order.client_id].fills
        fill = Fill(
            venue=order.venue,
            client_id=order.client_id,
            symbol=order.symbol,
            trade_id=f"{order.client_id}-{len(fills) + 1}",
            side=order.side,
            price=done.price,
            qty=done.qty,
            fee=fee,
            fee_asset=fee_asset,
            event_ns=at_ns,
        )
        fills.append(fill)
        return fill

    def _worth(self, coin: str, quote: str) -> Decimal | None:
        """Return what the fee coin is bid at in a quote currency; None where it is not shown."""
        if coin == quote:
            return Decimal(1)
        shown = self._visible(f"{coin}/{quote}", OrderSide.SELL)
        return from_float(shown[0][0]) if shown else None

    def _side(self, symbol: str, side: OrderSide) -> BookSide:
        return self._sides.setdefault((symbol, side), BookSide(side))

    def _state(self, client_id: str, order: _Order, sources: tuple[str, ...]) -> OrderState:
        venue_id = self._venue_id(client_id)
        return OrderState(self.name, client_id, order.status, order.filled, sources, venue_id)

    @staticmethod
    def _venue_id(client_id: str) -> str:
        return _VENUE_ID + client_id
