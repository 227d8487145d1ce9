"""Orders that rest on paper, and every way of paying fees, against a model in whole numbers.

The model keeps sizes in lots and prices in ticks, and works out anew, after each step, what the
venue has to say: which fills, what rests, what is free and what is locked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.orders import Balance, Fill, OrderEvent, OrderSide, OrderStatus, TimeInForce
from arbot_tui.trading.paper.fees import PaperFees
from arbot_tui.trading.paper.venue import PaperVenue
from tests.unit.trading.paper.parts import (
    RULES,
    START_NS,
    SYMBOL,
    Books,
    order,
    order_id,
    paper_venue,
)

TICK, LOT = Decimal("0.1"), Decimal("0.01")
ANY_SIZE = msgspec.structs.replace(RULES, lot_step=LOT, min_qty=Decimal(0), min_notional=Decimal(0))
MAKER, TAKER, COIN_TAKER = Decimal("0.0008"), Decimal("0.001"), Decimal("0.0008")
COIN, COIN_PRICE = "BGB", 2
RATES = TradingFees(MAKER, TAKER)
FEES = {
    "received": PaperFees(RATES),
    "quote": PaperFees(RATES, in_quote=True),
    "coin": PaperFees(TradingFees(MAKER, TAKER, COIN, COIN_TAKER)),
}
OPENED = {"BTC": Decimal(40), "USDT": Decimal(4000), COIN: Decimal("0.002")}
LATENCY_NS = 10 * MS


@dataclass
class _Order:
    number: int
    side: OrderSide
    tick: int
    lots: int
    rests: bool
    due_ns: int
    left: int = 0
    fills: list[tuple[int, int, bool]] = field(default_factory=list)  # tick, lots, maker


class _Model:
    """The venue, its books and the account."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.free = dict(OPENED)
        self.shown: dict[OrderSide, dict[int, int]] = {side: {} for side in OrderSide}
        self.ours: dict[OrderSide, dict[int, int]] = {side: {} for side in OrderSide}
        self.under_way: list[_Order] = []
        self.resting: list[_Order] = []
        self.fees: list[tuple[Decimal, str]] = []

    def ladder(self, side: OrderSide) -> list[int]:
        return sorted(self.shown[side], reverse=side is OrderSide.SELL)

    def show(self, side: OrderSide, tick: int, lots: int) -> None:
        self.shown[side].pop(tick, None)
        if lots:
            self.shown[side][tick] = lots
        self.forget(side)
        queue = [each for each in self.resting if each.side is side]
        queue.sort(key=lambda each: -each.tick if side is OrderSide.BUY else each.tick)
        for each in queue:
            self.eat(each, maker=True)
        self.resting = [each for each in self.resting if each.left]

    def forget(self, side: OrderSide) -> None:
        """What is not shown any more, where something is known, is nobody's."""
        ladder, ours = self.ladder(side), self.ours[side]
        for tick in list(ours):
            known = ladder and (tick <= ladder[-1] if side is OrderSide.BUY else tick >= ladder[-1])
            if known:
                ours[tick] = min(ours[tick], self.shown[side].get(tick, 0))

    def eat(self, each: _Order, *, maker: bool) -> None:
        ours = self.ours[each.side]
        for tick in self.ladder(each.side):
            if tick > each.tick if each.side is OrderSide.BUY else tick < each.tick:
                break
            took = min(each.left, self.shown[each.side][tick] - ours.get(tick, 0))
            if took > 0:
                ours[tick] = ours.get(tick, 0) + took
                each.left -= took
                self.pay(each, each.tick if maker else tick, took, maker=maker)

    def pay(self, each: _Order, tick: int, lots: int, *, maker: bool) -> None:
        each.fills.append((tick, lots, maker))
        value, qty = tick * TICK * lots * LOT, lots * LOT
        sign = 1 if each.side is OrderSide.BUY else -1
        self.free["BTC"] += sign * qty
        self.free["USDT"] -= sign * value
        rate = MAKER if maker else TAKER
        in_coin = value * rate * COIN_TAKER / TAKER / COIN_PRICE
        if self.how == "coin" and self.free[COIN] >= in_coin:
            fee, asset = in_coin, COIN
        elif sign > 0 and self.how != "quote":
            fee, asset = qty * rate, "BTC"
        else:
            fee, asset = value * rate, "USDT"
        self.free[asset] -= fee
        self.fees.append((fee, asset))

    def held(self, each: _Order) -> tuple[str, Decimal]:
        if each.side is OrderSide.SELL:
            return "BTC", each.left * LOT
        value = each.tick * TICK * each.left * LOT
        return "USDT", value * (1 + TAKER) if self.how == "quote" else value

    def locked(self) -> dict[str, Decimal]:
        found: dict[str, Decimal] = {}
        for each in self.resting:
            asset, amount = self.held(each)
            found[asset] = found.get(asset, Decimal(0)) + amount
        return found

    def advance(self, now_ns: int) -> None:
        for each in [each for each in self.under_way if each.due_ns <= now_ns]:
            self.under_way.remove(each)
            each.left = each.lots
            asset, need = self.held(each)
            if self.free[asset] - self.locked().get(asset, Decimal(0)) < need:
                each.left = each.lots = 0  # refused
                continue
            self.forget(each.side)
            self.eat(each, maker=False)
            if each.left and each.rests:
                self.resting.append(each)
            else:
                each.left = 0

    def balances(self) -> list[Balance]:
        locked = self.locked()
        return [
            Balance(asset, amount - locked.get(asset, Decimal(0)), locked.get(asset, Decimal(0)))
            for asset, amount in sorted(self.free.items())
            if amount
        ]


TICKS, LOTS = st.integers(998, 1002), st.integers(1, 30)
_SIDES = st.sampled_from(OrderSide)
_BOOK = st.tuples(st.just("book"), _SIDES, TICKS, st.integers(0, 30))
_GTC = st.tuples(st.just("gtc"), _SIDES, TICKS, LOTS)
_IOC = st.tuples(st.just("ioc"), _SIDES, TICKS, LOTS)
_CANCEL = st.tuples(st.just("cancel"), _SIDES, TICKS, st.integers(1, 8))
_WAIT = st.tuples(st.just("wait"), _SIDES, st.integers(1, 30), st.just(0))
_STEPS = st.lists(_BOOK | _GTC | _IOC | _CANCEL | _WAIT, min_size=8, max_size=40)


def _compare(venue: PaperVenue, model: _Model, orders: dict[int, _Order]) -> None:
    assert venue.balances() == model.balances()
    rests = [(o.client_id, o.qty, o.filled_qty) for o in venue.open_orders(SYMBOL)]
    assert rests == [
        (order_id(r.number, 0 if r.side is OrderSide.BUY else 1), r.lots * LOT, _filled(r))
        for r in model.resting
    ]
    for each in orders.values():
        client_id = order_id(each.number, 0 if each.side is OrderSide.BUY else 1)
        told = [(fill.price, fill.qty) for fill in venue.fills(client_id)]
        assert told == [(tick * TICK, lots * LOT) for tick, lots, _ in each.fills]
        assert len({fill.trade_id for fill in venue.fills(client_id)}) == len(told)


def _filled(each: _Order) -> Decimal:
    return sum((lots * LOT for _, lots, _ in each.fills), Decimal(0))


@pytest.mark.parametrize("how", FEES)
@given(steps=_STEPS)
def test_what_rests_fills_and_is_paid_is_what_whole_numbers_say(
    how: str, steps: list[tuple[str, OrderSide, int, int]]
) -> None:
    books = Books()
    books[(f"{COIN}/USDT", OrderSide.SELL)] = [(float(COIN_PRICE), 1.0)]
    holdings = {asset: str(amount) for asset, amount in OPENED.items()}
    venue = paper_venue(books, holdings=holdings, latencies_ns=(LATENCY_NS,), fees=FEES[how])
    venue.set_instruments([ANY_SIZE])
    model, orders, now_ns = _Model(how), dict[int, _Order](), START_NS
    told: list[OrderEvent] = []
    for what, side, tick, size in [*steps, ("wait", OrderSide.BUY, 30, 0)]:
        if what == "book":
            model.show(side, tick, size)
            books[(SYMBOL, side)] = [
                (float(t * TICK), float(model.shown[side][t] * LOT)) for t in model.ladder(side)
            ]
            told += venue.meet(SYMBOL, now_ns)
            assert venue.observe(SYMBOL) or not model.resting
        elif what in ("gtc", "ioc"):
            number, due_ns = len(orders) + 1, now_ns + LATENCY_NS
            request = msgspec.structs.replace(
                order(number, side, str(tick * TICK), str(size * LOT), expires_ns=due_ns + SECOND),
                time_in_force=TimeInForce(what),
            )
            orders[number] = _Order(number, side, tick, size, what == "gtc", due_ns)
            model.under_way.append(orders[number])
            venue.submit(request, now_ns)
        elif what == "cancel":
            each = orders.get(size)
            client_id = order_id(size, 0 if each is None or each.side is OrderSide.BUY else 1)
            state = venue.cancel(client_id)
            assert (state is not None) is (each in model.resting)
            if state is not None and each is not None:
                model.resting.remove(each)
                assert (state.status, state.filled_qty) == (OrderStatus.CANCELED, _filled(each))
                assert venue.query(client_id) == state
        else:
            now_ns += tick * MS
            told += venue.advance(now_ns)
            model.advance(now_ns)
        _compare(venue, model, orders)
    fees = [(event.fee, event.fee_asset) for event in told if isinstance(event, Fill)]
    assert fees == model.fees
