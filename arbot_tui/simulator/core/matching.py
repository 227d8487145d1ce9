"""One venue's order entry: matching against the quoted book, and what becomes of orders."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from decimal import Decimal

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Account
from arbot_tui.simulator.core.book import Book
from arbot_tui.simulator.core.checks import checked, limit_within
from arbot_tui.simulator.core.events import BalanceEvent, EventKind, OrderEvent, Watcher
from arbot_tui.simulator.core.fees import FeeTerms
from arbot_tui.simulator.core.instruments import ClientIdRule, Instrument, VenueProfile
from arbot_tui.simulator.core.listing import ListingStatus
from arbot_tui.simulator.core.orders import (
    EndReason,
    NewOrder,
    Order,
    Refusal,
    Refused,
    TimeInForce,
    Trade,
)
from arbot_tui.simulator.core.settlement import Settlement, given, to_hold
from arbot_tui.simulator.core.treatment import AS_EVER, Treatment

__all__ = ["Matcher"]

_ENDINGS = {
    OrderStatus.CANCELED: EventKind.CANCELED,
    OrderStatus.EXPIRED: EventKind.EXPIRED,
    OrderStatus.REJECTED: EventKind.REJECTED,
}


class Matcher:
    """Orders, trades and the account of one venue.

    The account's own resting orders are kept beside the quoted book, which belongs to the
    other participants: they trade when the quotes reach them, and never with each other.

    Args:
        profile: How this venue trades.
        books: Its quoted books by canonical symbol.
        account: The one account that trades here.
        first_order_id: Id of the first order.
        first_trade_id: Id of the first trade.

    Attributes:
        profile: As given.
        account: As given.
        skew_ns: By how much the venue's clock, which stamps everything, is ahead.
        terms: What trades cost, by canonical symbol, where it is not as in the profile.
    """

    def __init__(
        self,
        profile: VenueProfile,
        books: Mapping[str, Book],
        account: Account,
        first_order_id: int,
        first_trade_id: int,
    ) -> None:
        self.profile = profile
        self.account = account
        self.skew_ns = 0
        self.terms: Mapping[str, FeeTerms] = {}
        self._standard = FeeTerms(profile.taker_fee, profile.maker_fee)
        self._books = books
        self._settlement = Settlement(profile.name, account, books)
        self._next_order_id = first_order_id
        self._next_trade_id = first_trade_id
        self._orders: dict[int, Order] = {}
        self._by_client: dict[str, Order] = {}
        self._open: dict[int, Order] = {}
        self._resting: dict[int, list[Order]] = {}
        self._trades: list[Trade] = []
        self._watchers: list[Watcher] = []
        self._events = 0
        # Accepted orders that will be rejected, by when.
        self._doomed: list[tuple[int, int]] = []

    # Looking

    @property
    def orders(self) -> Sequence[Order]:
        """Every order ever accepted, oldest first."""
        return tuple(self._orders.values())

    @property
    def trades(self) -> Sequence[Trade]:
        """Every trade, oldest first; not to be modified."""
        return self._trades

    @property
    def open_orders(self) -> Sequence[Order]:
        """Orders that can still trade, oldest first."""
        return tuple(self._open.values())

    def find(self, order_id: int) -> Order | None:
        """Return the order with the venue's id, or None."""
        return self._orders.get(order_id)

    def find_client(self, client_id: str) -> Order | None:
        """Return the newest order that was sent with this client id, or None."""
        return self._by_client.get(client_id)

    def fees(self, symbol: str) -> FeeTerms:
        """Return what trades of a symbol cost now."""
        return self.terms.get(symbol, self._standard)

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with everything that happens to the account from now on."""
        self._watchers.append(watcher)

    @property
    def next_ns(self) -> int | None:
        """When the next order is rejected that was accepted; None if none is."""
        return self._doomed[0][0] if self._doomed else None

    # Requests

    def place(self, new: NewOrder, now_ns: int, treatment: Treatment = AS_EVER) -> Order:
        """Accept and match an order.

        Raises:
            Refused: It breaks a rule of the instrument, repeats a client id or is not covered;
                nothing has changed.
        """
        book = self._book_for(new.symbol)
        ticks, lots = checked(new, book, treatment)
        self._check_client_id(new.client_id)
        order = self._accepted(new, book.instrument, now_ns)
        if treatment.reject_after_ns is not None:
            doom = (now_ns + treatment.reject_after_ns, order.order_id)
            heapq.heappush(self._doomed, doom)
            self._tell_balances(now_ns)
            return order
        within = limit_within(new.side, ticks, book, treatment)
        if treatment.share is not None:
            lots = int(lots * treatment.share)
        buying, stamp_ns = new.side is OrderSide.BUY, now_ns + self.skew_ns
        if new.tif is not TimeInForce.FOK or self._fills_whole(order, book, within, lots):
            for level in book.take(buying, within, lots, stamp_ns) if lots else ():
                rules = book.instrument
                price, qty = rules.price(level.ticks), rules.qty(level.lots)
                self._execute(order, price, qty, False, stamp_ns)
        if order.is_open:
            if within != ticks:
                self._end(order, OrderStatus.EXPIRED, stamp_ns, EndReason.BAND)
            elif new.tif is TimeInForce.GTC:
                self._resting.setdefault(book.instrument.index, []).append(order)
            else:
                self._end(order, OrderStatus.EXPIRED, stamp_ns, EndReason.REMAINDER)
        self._tell_balances(now_ns)
        return order

    def cancel(self, order: Order, now_ns: int, cancel_id: str = "") -> None:
        """End an open order.

        Raises:
            Refused: It has already ended.
        """
        if not order.is_open:
            raise Refused(Refusal.UNKNOWN_ORDER)
        order.cancel_id = cancel_id
        self.account.now_ns = now_ns
        self._end(order, OrderStatus.CANCELED, now_ns + self.skew_ns, EndReason.OWNER)
        self._tell_balances(now_ns)

    def cancel_all(self, symbol: str, now_ns: int) -> None:
        """End every open order on a symbol, as a venue does that delists it."""
        self.account.now_ns = now_ns
        for order in self.open_orders:
            if order.symbol == symbol:
                stamp_ns = now_ns + self.skew_ns
                self._end(order, OrderStatus.CANCELED, stamp_ns, EndReason.DELISTED)
        self._tell_balances(now_ns)

    # What happens by itself

    def match_resting(self, book: Book, now_ns: int) -> bool:
        """Trade the resting orders that the quoted book has reached; return whether any did."""
        waiting = self._resting.get(book.instrument.index)
        if not waiting or book.listing.silent:
            return False
        traded = False
        rules, stamp_ns = book.instrument, now_ns + self.skew_ns
        self.account.now_ns = now_ns
        # The better price first, then who came first.
        for order in sorted(waiting, key=_priority):
            ticks = int(order.price.scaleb(rules.price_decimals))
            lots = int(order.remaining.scaleb(rules.qty_decimals))
            for level in book.take(order.side is OrderSide.BUY, ticks, lots, stamp_ns):
                # The price was set by the order that came first: this one.
                self._execute(order, order.price, rules.qty(level.lots), True, stamp_ns)
                traded = True
        self._tell_balances(now_ns)
        return traded

    def turn(self, now_ns: int) -> None:
        """Reject the accepted orders whose time has come."""
        while self._doomed and self._doomed[0][0] <= now_ns:
            order = self._orders[heapq.heappop(self._doomed)[1]]
            if order.is_open:
                self.account.now_ns = now_ns
                stamp_ns = now_ns + self.skew_ns
                self._end(order, OrderStatus.REJECTED, stamp_ns, EndReason.REJECTED)
                self._tell_balances(now_ns)

    def move(self, asset: str, amount: Decimal, now_ns: int, *, told: bool) -> None:
        """Let a deposit arrive or, negative, a withdrawal go; untold, a balance is edited.

        Raises:
            Refused: Less than that is free; nothing has changed.
        """
        self.account.now_ns = now_ns
        self.account.move(asset, amount, told=told)
        if told:
            self._tell_balances(now_ns, amount)
        else:
            self.account.touched.clear()

    # Inside

    def _book_for(self, symbol: str) -> Book:
        book = self._books.get(symbol)
        if book is None:
            raise Refused(Refusal.UNKNOWN_SYMBOL)
        if book.listing.status is ListingStatus.DELISTED:
            raise Refused(Refusal.DELISTED)
        if book.listing.status is not ListingStatus.TRADING:
            raise Refused(Refusal.HALTED)
        return book

    def _check_client_id(self, client_id: str) -> None:
        if not client_id:
            return
        earlier = self._by_client.get(client_id)
        if earlier is not None and (
            earlier.is_open or self.profile.client_ids is ClientIdRule.FOR_EVER
        ):
            raise Refused(Refusal.DUPLICATE_CLIENT_ID)

    def _accepted(self, new: NewOrder, rules: Instrument, now_ns: int) -> Order:
        """Lock what an order needs and return it, open.

        Raises:
            Refused: It is not covered; nothing has changed.
        """
        self.account.now_ns, stamp_ns = now_ns, now_ns + self.skew_ns
        held = to_hold(new.side, new.price, new.qty, self.fees(new.symbol))
        self.account.lock(given(new.side, rules), held)
        order = Order(
            order_id=self._next_order_id,
            client_id=new.client_id,
            instrument=rules,
            side=new.side,
            price=new.price,
            qty=new.qty,
            tif=new.tif,
            created_ns=stamp_ns,
            updated_ns=stamp_ns,
            held=held,
        )
        # As on the real venues ids only grow, and not by one: others trade too.
        self._next_order_id += 1 + order.order_id % 7
        self._orders[order.order_id] = order
        self._open[order.order_id] = order
        if new.client_id:
            self._by_client[new.client_id] = order
        self._tell(EventKind.NEW, order, None, stamp_ns)
        return order

    @staticmethod
    def _fills_whole(order: Order, book: Book, within: int, lots: int) -> bool:
        whole = int(order.qty.scaleb(order.instrument.qty_decimals))
        return lots >= whole and book.available(order.side is OrderSide.BUY, within) >= whole

    def _execute(self, order: Order, price: Decimal, qty: Decimal, maker: bool, ts: int) -> None:
        rules, value, fees = order.instrument, price * qty, self.fees(order.symbol)
        fee, fee_asset = self._settlement.settle(order, qty, value, fees, maker=maker)
        tax = self._settlement.tax(rules.quote, value, fees)
        trade = Trade(
            trade_id=self._next_trade_id,
            order_id=order.order_id,
            client_id=order.client_id,
            symbol=rules.symbol,
            side=order.side,
            price=price,
            qty=qty,
            fee=fee,
            fee_asset=fee_asset,
            maker=maker,
            ts_ns=ts,
            skew_ns=self.skew_ns,
            rate=fees.rate(maker=maker),
            tax=tax,
        )
        self._next_trade_id += 1
        self._trades.append(trade)
        order.trades.append(trade)
        order.filled += qty
        order.value += value
        order.updated_ns = ts
        # Locked at the limit, paid less: the difference is free again at once.
        keep = min(order.held, to_hold(order.side, order.price, order.remaining, fees))
        self.account.release(given(order.side, rules), order.held - keep)
        order.held = keep
        if order.filled == order.qty:
            self._end(order, OrderStatus.FILLED, ts)
        else:
            order.status = OrderStatus.PARTIALLY_FILLED
        self._tell(EventKind.TRADE, order, trade, ts)

    def _end(
        self,
        order: Order,
        status: OrderStatus,
        now_ns: int,
        reason: EndReason = EndReason.NONE,
    ) -> None:
        order.status, order.end = status, reason
        order.updated_ns = now_ns
        self.account.release(given(order.side, order.instrument), order.held)
        order.held = Decimal(0)
        del self._open[order.order_id]
        waiting = self._resting.get(order.instrument.index)
        if waiting and order in waiting:
            waiting.remove(order)
        kind = _ENDINGS.get(status)
        if kind is not None:
            self._tell(kind, order, None, now_ns)

    # Telling

    def _tell(self, kind: EventKind, order: Order, trade: Trade | None, ts_ns: int) -> None:
        self._events += 1
        event = OrderEvent(self._events, kind, order, trade, ts_ns)
        for watcher in self._watchers:
            watcher(event)

    def _tell_balances(self, now_ns: int, moved: Decimal | None = None) -> None:
        touched = tuple(self.account.touched)
        if not touched:
            return
        self.account.touched.clear()
        self._events += 1
        event = BalanceEvent(self._events, touched, moved, now_ns + self.skew_ns)
        for watcher in self._watchers:
            watcher(event)


def _priority(order: Order) -> Decimal:
    """Return what grows the worse a resting order's price is for the others."""
    return -order.price if order.side is OrderSide.BUY else order.price
