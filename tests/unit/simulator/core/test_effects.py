"""Halts, other rules and wrong clocks: what faults really change."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.faults import BadFault, FaultRequest
from arbot_tui.simulator.core.listing import ListingStatus, coarser
from arbot_tui.simulator.core.orders import NewOrder, Refusal, Refused, TimeInForce
from arbot_tui.simulator.core.truth import truth
from arbot_tui.simulator.core.world import WorldSpec
from tests.unit.simulator.virtual import VirtualVenues

BTC = "BTC/USDT"


def a_world() -> VirtualVenues:
    return VirtualVenues(WorldSpec(seed=5, symbols=3, rate_hz=60.0, edges_per_min=0.0))


def buy(venues: VirtualVenues, price: Decimal, qty: str = "0.001", tif: str = "ioc") -> NewOrder:
    return NewOrder(BTC, OrderSide.BUY, price, Decimal(qty), TimeInForce(tif))


def ask(venues: VirtualVenues, venue: str) -> Decimal:
    book = venues.world.books(venue)[BTC]
    return book.instrument.price(book.best_ask.ticks)


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        ("halted", Refusal.HALTED),
        ("cancel_only", Refusal.HALTED),
        ("delisted", Refusal.DELISTED),
    ],
)
def test_orders_are_refused_on_that_symbol_and_venue_alone(status: str, refusal: Refusal) -> None:
    venues = a_world()
    fault = venues.inject("okx", "status", BTC, status=status)
    order = buy(venues, ask(venues, "okx"))

    with pytest.raises(Refused) as refused:
        venues.world.place("okx", order, venues.now_ns)
    assert refused.value.reason is refusal
    assert venues.world.place("bybit", buy(venues, ask(venues, "bybit")), venues.now_ns).filled

    venues.board.lift(fault.number, venues.now_ns)
    assert venues.world.place("okx", order, venues.now_ns).filled


def test_a_halt_keeps_resting_orders_and_does_not_trade_them() -> None:
    venues = a_world()
    resting = venues.world.place(
        "okx", buy(venues, ask(venues, "okx") - 5, tif="gtc"), venues.now_ns
    )
    venues.inject("okx", "status", BTC, for_s=5.0)
    venues.world.set_price(BTC, "okx", Decimal(20_000), venues.now_ns)
    venues.run(4)
    assert resting.is_open
    assert not resting.filled

    venues.run(3)
    assert resting.status is OrderStatus.FILLED


def test_delisting_ends_open_orders() -> None:
    venues = a_world()
    resting = venues.world.place(
        "okx", buy(venues, ask(venues, "okx") - 5, tif="gtc"), venues.now_ns
    )

    venues.inject("okx", "status", BTC, status="delisted")

    assert resting.status is OrderStatus.CANCELED
    assert venues.world.matchers["okx"].account.holdings["USDT"].locked == 0


@pytest.mark.parametrize("venue", ["binance", "bybit", "okx", "bitget"])
def test_without_arguments_steps_become_ten_times_as_large(venue: str) -> None:
    venues = a_world()
    fault = venues.inject(venue, "filters")
    venues.run(1)

    for book in venues.world.books(venue).values():
        own, rules = book.instrument, book.listing.rules
        assert rules.tick == own.tick * 10
        assert rules.lot == (own.lot * 10 if own.qty_decimals else own.lot)
        assert rules.min_qty >= own.min_qty
        assert rules.min_qty % rules.lot == 0
        for side in (book.bids, book.asks):
            for ticks, lots in side:
                assert own.price(ticks) % rules.tick == 0
                assert own.qty(lots) % rules.lot == 0
            assert len({ticks for ticks, _ in side}) == len(side) == 20
        assert book.best_bid.ticks < book.best_ask.ticks

    venues.board.lift(fault.number, venues.now_ns)
    assert all(book.listing.rules == book.instrument for book in venues.world.books(venue).values())


def test_orders_have_to_keep_the_new_rules() -> None:
    venues = a_world()
    book = venues.world.books("okx")[BTC]
    price, rules = ask(venues, "okx") + 10, book.instrument
    venues.inject(
        "okx",
        "filters",
        BTC,
        tick=str(rules.tick * 10),
        step=str(rules.lot * 10),
        min_qty=str(rules.lot * 50),
        min_notional="7",
    )

    def refusal(price: Decimal, qty: Decimal) -> Refusal | None:
        try:
            venues.world.place("okx", buy(venues, price, str(qty)), venues.now_ns)
        except Refused as refused:
            return refused.reason
        return None

    on_tick = price // (rules.tick * 10) * (rules.tick * 10)
    assert refusal(on_tick + rules.tick, rules.lot * 100) is Refusal.PRICE_STEP
    assert refusal(on_tick, rules.lot * 101) is Refusal.LOT_STEP
    assert refusal(on_tick, rules.lot * 40) is Refusal.MIN_QTY
    assert refusal(on_tick, rules.lot * 1000) is None
    assert book.listing.rules.min_notional == 7
    venues.board.clear(venues.now_ns)
    assert refusal(on_tick + rules.tick, rules.lot * 101) is None


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"tick": "0.3"}, "BTC/USDT: tick must be 0.01 times 1, 10, 100"),
        ({"tick": "0.001"}, "tick must be"),
        ({"tick": "0"}, "tick must be"),
        ({"tick": "10"}, "and at most 1: got 10"),
        ({"step": "NaN"}, "step must be"),
        ({"min_qty": "0"}, "min_qty must be a multiple of the step"),
        ({"min_qty": "0.0000001"}, "min_qty must be a multiple of the step"),
        ({"min_notional": "-1"}, "min_notional must be at least 0"),
        ({"max_qty": "0"}, "max_qty must be at least"),
        ({"max_qty": "NaN"}, "max_qty must be at least"),
        ({"max_notional": "0"}, "max_notional must be above zero"),
        ({"max_notional": "5", "min_notional": "6"}, "and at least min_notional"),
    ],
)
def test_impossible_rules_are_refused_and_change_nothing(rules: dict[str, str], words: str) -> None:
    venues = a_world()

    with pytest.raises(BadFault, match=words):
        venues.board.post(FaultRequest("okx", "filters", BTC, dict(rules)), venues.now_ns)

    book = venues.world.books("okx")[BTC]
    assert book.listing.rules == book.instrument
    assert venues.board.on() == ()


def test_the_later_of_two_faults_holds_and_the_earlier_comes_back() -> None:
    venues = a_world()
    book = venues.world.books("okx")[BTC]
    venues.inject("okx", "status", BTC, status="cancel_only")
    venues.inject("okx", "status", status="halted", for_s=2.0)
    statuses = [book.listing.status]
    for _ in range(2):
        venues.run(1.5)
        statuses.append(book.listing.status)

    assert statuses == [
        ListingStatus.HALTED,
        ListingStatus.HALTED,
        ListingStatus.CANCEL_ONLY,
    ]


def test_a_wrong_clock_stamps_books_and_orders_but_not_the_truth() -> None:
    venues = a_world()
    venues.inject("okx", "clock_skew", ms=-2500.0)
    venues.inject("okx", "clock_skew", ms=500.0, for_s=10.0)
    venues.run(1)
    book = venues.world.books("okx")[BTC]
    order = venues.world.place("okx", buy(venues, ask(venues, "okx")), venues.now_ns)

    assert venues.markets["okx"].now_ns() == venues.now_ns - 2 * SECOND
    assert order.created_ns == order.trades[0].ts_ns == venues.now_ns - 2 * SECOND
    assert book.ts_ns == venues.now_ns - 2 * SECOND
    (fill,) = truth(venues.world)["venues"]["okx"]["fills"]
    assert fill["ts_ns"] == venues.now_ns
    assert venues.markets["bybit"].now_ns() == venues.now_ns

    venues.run(10)
    assert venues.markets["okx"].now_ns() == venues.now_ns - 2500 * 10**6


def test_a_world_goes_on_as_if_nothing_had_happened() -> None:
    plain, hurt = a_world(), a_world()
    for venue in ("okx", "bybit"):
        hurt.inject(venue, "status", BTC, for_s=1.0)
        hurt.inject(venue, "filters", for_s=1.5)
        hurt.inject(venue, "clock_skew", ms=60_000.0, for_s=2.0)
    for venues in (plain, hurt):
        venues.run(4)

    for name in ("okx", "bybit"):
        for symbol, book in plain.world.books(name).items():
            other = hurt.world.books(name)[symbol]
            assert (other.bids, other.asks, other.ts_ns) == (book.bids, book.asks, book.ts_ns)


def test_rules_can_only_become_coarser_within_a_unit() -> None:
    instrument = a_world().world.books("okx")[BTC].instrument

    assert coarser(instrument, Decimal("0.1"), None, None, None).price_decimals == 1
    assert coarser(instrument, instrument.tick, instrument.lot, None, None) == instrument


def test_taxes_are_taken_where_the_venue_can_tell_of_them() -> None:
    venues = a_world()
    with pytest.raises(BadFault, match="okx tells of no taxes"):
        venues.board.post(FaultRequest("okx", "fee", args={"tax_pct": "1"}), venues.now_ns)
    venues.board.post(FaultRequest("bybit", "fee", args={"tax_pct": "1"}), venues.now_ns)
    assert venues.world.matchers["bybit"].fees(BTC).tax == Decimal("0.01")


def test_orders_beyond_the_maxima_are_refused() -> None:
    venues = a_world()
    book = venues.world.books("okx")[BTC]
    venues.inject("okx", "filters", BTC, max_qty="0.5", max_notional="1000")
    rules = book.listing.rules
    price = rules.price(book.best_bid.ticks // book.tick_multiple)
    over = (1000 / price).quantize(rules.lot) + rules.lot

    def refused(price: Decimal, qty: Decimal) -> Refusal | None:
        order = NewOrder(BTC, OrderSide.BUY, price, qty, TimeInForce.GTC, "")
        try:
            venues.world.place("okx", order, venues.now_ns)
        except Refused as error:
            return error.reason
        return None

    assert refused(price, Decimal("0.5") + rules.lot) is Refusal.MAX_QTY
    assert refused(price, over) is Refusal.MAX_NOTIONAL
    assert refused(price, over - 2 * rules.lot) is None
