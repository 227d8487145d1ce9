"""A venue as the money core cannot see it: its own truth, and what it lets others know of it.

What happens to an order is its `Fate`, decided before it is sent. The truth changes at once when
the order arrives; answers may be late, lost, doubled or out of order, and queries may not show
yet what is already true. It never executes an order after its expiry, and shows everything at
the latest `visibility_ns` after it happened: that is what the core may rely on.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec

from arbot_tui.domain.account import AccountFill, OpenOrder
from arbot_tui.domain.orders import (
    Balance,
    Fee,
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderUnknown,
    split_fees,
)

__all__ = ["Answer", "Fate", "ModelVenue", "Truth"]

_MONEY = Decimal("0.00000001")


class Answer(Enum):
    """How the venue answers an order that it did accept."""

    FULL = "ack, fills and final state"
    ACK = "the ack alone"
    FILLS_FIRST = "fills and state before the ack"
    STATE_FIRST = "the state, then fills, then the ack"
    OPEN_FIRST = "an open state, nothing else"
    UNKNOWN = "an error that says nothing"
    NONE = "nothing at all"


class Fate(msgspec.Struct, frozen=True):
    """What becomes of one order.

    Attributes:
        travel_ns: Until it reaches the venue; beyond its expiry it is refused there.
        lost: It never arrives.
        refused: The venue refuses it; with an `answer` of ack and full first acks it.
        parts: Executions, each per mille of what is ordered; together at most 1000.
        improved: Ticks by which the executions are better than the limit.
        answer: What is told to the sender.
        answer_ns: Until it is told.
        twice: Everything is told twice.
        order_lag_ns: Until queries show the order.
        fills_lag_ns: Until queries show the executions.
        balance_lag_ns: Until balances show them.
        stream_ns: Until a private stream tells it, where there is one.
        fee_asset: ``base`` (of a purchase), ``quote``, or the name of a third asset.
        more_fees: What each execution costs beside that, by the same names; negative is given.
    """

    travel_ns: int = 1_000_000
    lost: bool = False
    refused: bool = False
    parts: tuple[int, ...] = (1000,)
    improved: int = 0
    answer: Answer = Answer.FULL
    answer_ns: int = 5_000_000
    twice: bool = False
    order_lag_ns: int = 0
    fills_lag_ns: int = 0
    balance_lag_ns: int = 0
    fee_asset: str = "base"
    more_fees: tuple[Fee, ...] = ()
    stream_ns: int = 2_000_000


class Truth(msgspec.Struct):
    """An order as the venue has it.

    Attributes:
        request: As it arrived.
        fate: What became of it.
        arrived_ns: When it arrived.
        status: Final at once: every order is an IOC.
        fills: Its executions.
    """

    request: OrderRequest
    fate: Fate
    arrived_ns: int
    status: OrderStatus
    fills: list[Fill]

    @property
    def filled(self) -> Decimal:
        """Base quantity executed."""
        return sum((fill.qty for fill in self.fills), Decimal(0))


class ModelVenue:
    """One venue; `now_ns` is always given."""

    def __init__(self, name: str, opening: dict[str, Decimal], tick: Decimal, lot: Decimal) -> None:
        """Open an account with `opening`."""
        self.name = name
        self.tick = tick
        self.lot = lot
        self.fee = Decimal("0.001")
        self.up = True
        self.balances = dict(opening)
        self.orders: dict[str, Truth] = {}
        self.arrived: list[str] = []
        """Every client id that ever arrived, refused ones included."""
        self._moves: list[tuple[int, str, Decimal]] = []
        self._trades = 0
        self.resting: list[OpenOrder] = []
        """What rests there, whoever placed it; orders of pairs never do."""
        self.others: list[AccountFill] = []
        """Executions of orders that are not on record here."""
        self.names_client_ids = True

    def arrive(self, order: OrderRequest, fate: Fate, now_ns: int) -> list[OrderEvent]:
        """Take an order and return what is told of it, in the order of telling."""
        self.arrived.append(order.client_id)
        reject = OrderReject(self.name, order.client_id, "-2010", "refused")
        if now_ns > order.expires_ns:
            return self._told(fate, [OrderReject(self.name, order.client_id, "-1021", "late")])
        ack = OrderAck(self.name, order.client_id, f"{self.name}-{len(self.arrived)}")
        if fate.refused:
            # Some venues accept first and refuse a moment later.
            acked = fate.answer in (Answer.FULL, Answer.FILLS_FIRST)
            return self._told(fate, [ack, reject] if acked else [reject])
        fills = self._execute(order, fate, now_ns)
        filled = sum((fill.qty for fill in fills), Decimal(0))
        status = OrderStatus.FILLED if filled == order.qty else OrderStatus.EXPIRED
        self.orders[order.client_id] = Truth(order, fate, now_ns, status, fills)
        state = OrderState(self.name, order.client_id, status, filled, ("order",), ack.venue_id)
        return self._told(fate, _tell(fate.answer, ack, fills, state))

    def _told(self, fate: Fate, events: list[OrderEvent]) -> list[OrderEvent]:
        if fate.answer is Answer.NONE:
            return []
        if fate.answer is Answer.UNKNOWN:
            return [OrderUnknown(self.name, e.client_id, "HTTP 504") for e in events[:1]]
        return events * 2 if fate.twice else events

    def _execute(self, order: OrderRequest, fate: Fate, now_ns: int) -> list[Fill]:
        base, quote = order.symbol.split("/")
        buying = order.side is OrderSide.BUY
        better = self.tick * fate.improved
        price = order.price - better if buying else order.price + better
        fills = []
        for part in fate.parts:
            lots = int(order.qty / self.lot) * part // 1000
            # The last lot of a part that is all of it must not get lost in rounding.
            qty = order.qty if part == 1000 else lots * self.lot
            if qty <= 0:
                continue
            value = price * qty
            if fate.fee_asset == "base" and buying:
                first = base, (qty * self.fee).quantize(_MONEY)
            elif fate.fee_asset in ("base", "quote"):
                first = quote, (value * self.fee).quantize(_MONEY)
            else:
                first = fate.fee_asset, Decimal("0.00010000")
            names = {"base": base, "quote": quote}
            others = [(names.get(name, name), amount) for name, amount in fate.more_fees]
            fee, asset, more = split_fees([first, *others])
            self._trades += 1
            sign = 1 if buying else -1
            seen_ns = now_ns + fate.balance_lag_ns
            charged = [(name, -amount) for name, amount in [first, *others]]
            for name, amount in ((base, sign * qty), (quote, -sign * value), *charged):
                self._move(seen_ns, name, amount)
            fills.append(
                Fill(
                    self.name,
                    order.client_id,
                    order.symbol,
                    str(self._trades),
                    order.side,
                    price,
                    qty,
                    fee,
                    asset,
                    now_ns,
                    more,
                )
            )
        return fills

    def _move(self, seen_ns: int, asset: str, amount: Decimal) -> None:
        self.balances[asset] = self.balances.get(asset, Decimal(0)) + amount
        self._moves.append((seen_ns, asset, amount))

    def forget_lags(self) -> None:
        """Show all balances as they are."""
        self._moves.clear()

    def streamed(self, client_id: str) -> list[OrderEvent]:
        """Return what a private stream tells of an order; nothing of one that was refused."""
        truth = self.orders.get(client_id)
        if truth is None:
            return []
        status, filled = truth.status, truth.filled
        final = OrderState(self.name, client_id, status, filled, ("stream",), "v" + client_id)
        return [*truth.fills, final]

    def query(self, client_id: str, sources: tuple[str, ...], now_ns: int) -> OrderState:
        """Return what a query shows of an order now."""
        truth = self.orders.get(client_id)
        if truth is not None:
            if now_ns >= truth.arrived_ns + truth.fate.order_lag_ns:
                return OrderState(
                    self.name, client_id, truth.status, truth.filled, ("order",), "v" + client_id
                )
            if truth.fills and now_ns >= truth.arrived_ns + truth.fate.fills_lag_ns:
                status = OrderStatus.PARTIALLY_FILLED
                return OrderState(self.name, client_id, status, truth.filled, ("fills",))
        return OrderState(self.name, client_id, OrderStatus.NOT_FOUND, Decimal(0), sources)

    def fills(self, client_id: str, now_ns: int) -> list[Fill]:
        """Return the executions that a query shows now."""
        truth = self.orders.get(client_id)
        if truth is None or now_ns < truth.arrived_ns + truth.fate.fills_lag_ns:
            return []
        return list(truth.fills)

    def account_fills(self, symbol: str, since_ns: int, now_ns: int) -> list[AccountFill]:
        """Return the account's executions that a listing shows now."""
        found = list(self.others)
        for client_id, truth in self.orders.items():
            for fill in self.fills(client_id, now_ns):
                if fill.symbol == symbol and fill.event_ns >= since_ns:
                    named = client_id if self.names_client_ids else ""
                    seen = msgspec.structs.replace(fill, client_id=named)
                    found.append(AccountFill("v" + truth.request.client_id, seen))
        return found

    def holdings(self, now_ns: int) -> tuple[Balance, ...]:
        """Return the balances that a query shows now."""
        seen = dict(self.balances)
        for seen_ns, asset, amount in self._moves:
            if seen_ns > now_ns:
                seen[asset] -= amount
        return tuple(Balance(a, q, Decimal(0)) for a, q in sorted(seen.items()) if q)


def _tell(answer: Answer, ack: OrderAck, fills: list[Fill], state: OrderState) -> list[OrderEvent]:
    if answer is Answer.ACK:
        return [ack]
    if answer is Answer.FILLS_FIRST:
        return [*reversed(fills), state, ack]
    if answer is Answer.STATE_FIRST:
        return [state, *fills, ack]
    if answer is Answer.OPEN_FIRST:
        status = OrderStatus.PARTIALLY_FILLED if fills else OrderStatus.NEW
        return [msgspec.structs.replace(state, status=status)]
    return [ack, *fills, state]
