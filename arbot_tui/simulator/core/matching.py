"""One venue's order entry: checks, matching against the quoted book, fees and balances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Account
from arbot_tui.simulator.core.book import Book
from arbot_tui.simulator.core.instruments import ClientIdRule, VenueProfile
from arbot_tui.simulator.core.listing import ListingStatus
from arbot_tui.simulator.core.orders import NewOrder, Order, Refusal, Refused, TimeInForce, Trade

__all__ = ["Matcher"]

# Venues book money in eight decimals; a fee is rounded once, and what was rounded is what is
# taken and reported, so balances stay exact.
_MONEY = Decimal("0.00000001")
# A limit this many times off the book is a typing error on every venue.
_BAND = 5


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
        self._books = books
        self._next_order_id = first_order_id
        self._next_trade_id = first_trade_id
        self._orders: dict[int, Order] = {}
        self._by_client: dict[str, Order] = {}
        self._open: dict[int, Order] = {}
        self._resting: dict[int, list[Order]] = {}
        self._trades: list[Trade] = []

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

    def place(self, new: NewOrder, now_ns: int) -> Order:
        """Accept and match an order.

        Raises:
            Refused: It breaks a rule of the instrument, repeats a client id or is not covered;
                nothing has changed.
        """
        book = self._books.get(new.symbol)
        if book is None:
            raise Refused(Refusal.UNKNOWN_SYMBOL)
        if book.listing.status is ListingStatus.DELISTED:
            raise Refused(Refusal.DELISTED)
        if book.listing.status is not ListingStatus.TRADING:
            raise Refused(Refusal.HALTED)
        ticks, lots = _checked(new, book)
        stamp_ns = now_ns + self.skew_ns
        self._check_client_id(new.client_id)
        rules = book.instrument
        buying = new.side is OrderSide.BUY
        if buying:
            self.account.lock(rules.quote, new.price * new.qty)
        else:
            self.account.lock(rules.base, new.qty)
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
        )
        # As on the real venues ids only grow, and not by one: others trade too.
        self._next_order_id += 1 + order.order_id % 7
        self._orders[order.order_id] = order
        self._open[order.order_id] = order
        if new.client_id:
            self._by_client[new.client_id] = order
        if new.tif is not TimeInForce.FOK or book.available(buying, ticks) >= lots:
            for level in book.take(buying, ticks, lots, stamp_ns):
                price, qty = rules.price(level.ticks), rules.qty(level.lots)
                self._execute(order, price, qty, False, stamp_ns)
        if order.is_open:
            if new.tif is TimeInForce.GTC:
                self._resting.setdefault(rules.index, []).append(order)
            else:
                self._end(order, OrderStatus.EXPIRED, stamp_ns)
        return order

    def cancel(self, order: Order, now_ns: int, cancel_id: str = "") -> None:
        """End an open order.

        Raises:
            Refused: It has already ended.
        """
        if not order.is_open:
            raise Refused(Refusal.UNKNOWN_ORDER)
        order.cancel_id = cancel_id
        self._end(order, OrderStatus.CANCELED, now_ns + self.skew_ns)

    def cancel_all(self, symbol: str, now_ns: int) -> None:
        """End every open order on a symbol, as a venue does that delists it."""
        for order in self.open_orders:
            if order.symbol == symbol:
                self.cancel(order, now_ns)

    def match_resting(self, book: Book, now_ns: int) -> bool:
        """Trade the resting orders that the quoted book has reached; return whether any did."""
        waiting = self._resting.get(book.instrument.index)
        if not waiting or book.listing.silent:
            return False
        traded = False
        rules, stamp_ns = book.instrument, now_ns + self.skew_ns
        for order in tuple(waiting):
            ticks = int(order.price.scaleb(rules.price_decimals))
            lots = int(order.remaining.scaleb(rules.qty_decimals))
            for level in book.take(order.side is OrderSide.BUY, ticks, lots, stamp_ns):
                # The price was set by the order that came first: this one.
                self._execute(order, order.price, rules.qty(level.lots), True, stamp_ns)
                traded = True
        return traded

    def _check_client_id(self, client_id: str) -> None:
        if not client_id:
            return
        earlier = self._by_client.get(client_id)
        if earlier is not None and (
            earlier.is_open or self.profile.client_ids is ClientIdRule.FOR_EVER
        ):
            raise Refused(Refusal.DUPLICATE_CLIENT_ID)

    def _execute(self, order: Order, price: Decimal, qty: Decimal, maker: bool, ts: int) -> None:
        rules, value = order.instrument, price * qty
        rate = self.profile.maker_fee if maker else self.profile.taker_fee
        if order.side is OrderSide.BUY:
            fee_asset, gross = rules.base, qty
            fee = (gross * rate).quantize(_MONEY, ROUND_HALF_UP)
            self.account.exchange(rules.quote, value, rules.base, qty - fee)
            # Locked at the limit, paid less: the difference is free again at once.
            self.account.release(rules.quote, (order.price - price) * qty)
        else:
            fee_asset, gross = rules.quote, value
            fee = (gross * rate).quantize(_MONEY, ROUND_HALF_UP)
            self.account.exchange(rules.base, qty, rules.quote, value - fee)
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
        )
        self._next_trade_id += 1
        self._trades.append(trade)
        order.trades.append(trade)
        order.filled += qty
        order.value += value
        order.updated_ns = ts
        if order.filled == order.qty:
            self._end(order, OrderStatus.FILLED, ts)
        else:
            order.status = OrderStatus.PARTIALLY_FILLED

    def _end(self, order: Order, status: OrderStatus, now_ns: int) -> None:
        order.status = status
        order.updated_ns = now_ns
        if order.side is OrderSide.BUY:
            self.account.release(order.instrument.quote, order.price * order.remaining)
        else:
            self.account.release(order.instrument.base, order.remaining)
        del self._open[order.order_id]
        waiting = self._resting.get(order.instrument.index)
        if waiting and order in waiting:
            waiting.remove(order)


def _checked(new: NewOrder, book: Book) -> tuple[int, int]:
    """Return price in ticks and quantity in lots of an order that keeps the present rules."""
    rules = book.listing.rules
    ticks = _steps(new.price, rules.price_decimals, Refusal.PRICE_STEP) * book.tick_multiple
    _check_band(new.side, ticks, book)
    lots = _steps(new.qty, rules.qty_decimals, Refusal.LOT_STEP)
    if lots < rules.min_lots:
        raise Refused(Refusal.MIN_QTY)
    if lots > rules.max_lots:
        raise Refused(Refusal.MAX_QTY)
    if new.price * new.qty < rules.min_notional:
        raise Refused(Refusal.MIN_NOTIONAL)
    return ticks, lots * book.lot_multiple


def _steps(amount: Decimal, decimals: int, refusal: Refusal) -> int:
    steps = amount.scaleb(decimals)
    if not amount.is_finite() or steps != steps.to_integral_value() or steps <= 0:
        # Zero lots is a quantity below the smallest one rather than off the grid.
        raise Refused(Refusal.MIN_QTY if refusal is Refusal.LOT_STEP and not amount else refusal)
    return int(steps)


def _check_band(side: OrderSide, ticks: int, book: Book) -> None:
    bid, ask = book.best_bid.ticks, book.best_ask.ticks
    if (side is OrderSide.BUY and ask and ticks > ask * _BAND) or (
        side is OrderSide.SELL and bid and ticks * _BAND < bid
    ):
        raise Refused(Refusal.PRICE_BAND)
