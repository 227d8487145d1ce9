"""Orders, trades and balances of an account: as they happen, as they were, and what they cost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Account
from arbot_tui.simulator.core.events import AccountEvent, BalanceEvent, EventKind, OrderEvent
from arbot_tui.simulator.core.fees import DISCOUNTS, FeeCoin, FeeTerms
from arbot_tui.simulator.core.hindsight import order_as_of
from arbot_tui.simulator.core.orders import (
    EndReason,
    NewOrder,
    Order,
    Refusal,
    Refused,
    TimeInForce,
)
from arbot_tui.simulator.core.treatment import AS_EVER, Treatment
from arbot_tui.simulator.core.truth import truth
from arbot_tui.simulator.core.world import World, WorldSpec

START = 1_790_000_000 * SECOND
BTC, BNB = "BTC/USDT", "BNB/USDT"
VENUES = ("binance", "bybit", "okx", "bitget")
MONEY = Decimal("0.00000001")


def a_world(symbols: int = 2) -> World:
    return World(WorldSpec(seed=5, symbols=symbols, rate_hz=0.01, edges_per_min=0.0), START, "w")


def price_of(world: World, venue: str, side: OrderSide, ticks: int = 0) -> Decimal:
    """Return the best price to deal at, a number of ticks better for the other side."""
    book = world.books(venue)[BTC]
    if side is OrderSide.BUY:
        return book.instrument.price(book.best_ask.ticks + ticks)
    return book.instrument.price(book.best_bid.ticks - ticks)


def send(
    world: World,
    venue: str = "okx",
    side: OrderSide = OrderSide.BUY,
    *,
    ticks: int = 100,
    qty: str = "0.01",
    tif: TimeInForce = TimeInForce.IOC,
    ident: str = "",
    treatment: Treatment = AS_EVER,
) -> Order:
    price = price_of(world, venue, side, ticks)
    new = NewOrder(BTC, side, price, Decimal(qty), tif, ident)
    return world.place(venue, new, world.now_ns, treatment)


def heard(world: World, venue: str = "okx") -> list[AccountEvent]:
    events: list[AccountEvent] = []
    world.matchers[venue].watch(events.append)
    return events


def kinds(events: list[AccountEvent]) -> list[str]:
    return [event.kind.value if isinstance(event, OrderEvent) else "balances" for event in events]


# Events


def test_what_happens_to_an_order_is_told_in_order_and_balances_last() -> None:
    world = a_world()
    events = heard(world)
    order = send(world)

    trades = len(order.trades)
    assert kinds(events) == ["new", *["trade"] * trades, "balances"]
    assert [event.number for event in events] == list(range(1, trades + 3))
    last = events[-1]
    assert isinstance(last, BalanceEvent)
    assert (set(last.assets), last.moved) == ({"USDT", "BTC"}, None)


def test_an_event_tells_the_order_as_it_is_then() -> None:
    world = a_world()
    states: list[tuple[EventKind, OrderStatus, Decimal]] = []

    def watch(event: AccountEvent) -> None:
        if isinstance(event, OrderEvent):
            states.append((event.kind, event.order.status, event.order.filled))

    world.matchers["okx"].watch(watch)
    order = send(world, treatment=Treatment(share=Decimal("0.5")))

    assert states[0] == (EventKind.NEW, OrderStatus.NEW, Decimal(0))
    assert states[1][:2] == (EventKind.TRADE, OrderStatus.PARTIALLY_FILLED)
    assert states[-1] == (EventKind.EXPIRED, OrderStatus.EXPIRED, order.filled)
    assert order.filled == order.qty / 2


def test_transfers_are_told_and_edits_are_not() -> None:
    world = a_world()
    events = heard(world)
    world.move("okx", "BTC", Decimal(2), world.now_ns, told=True)
    world.move("okx", "BTC", Decimal(-1), world.now_ns, told=False)
    send(world, ticks=-100)

    first, *rest = events
    assert isinstance(first, BalanceEvent)
    assert (first.assets, first.moved) == (("BTC",), Decimal(2))
    assert kinds(rest) == ["new", "expired", "balances"]
    last = rest[-1]
    assert isinstance(last, BalanceEvent)
    assert last.assets == ("USDT",)


def test_more_cannot_be_withdrawn_than_is_free() -> None:
    world = a_world()
    free = world.matchers["okx"].account.holdings["BTC"].free
    with pytest.raises(Refused) as refused:
        world.move("okx", "BTC", -free - 1, world.now_ns, told=True)
    assert refused.value.reason is Refusal.INSUFFICIENT_BALANCE
    assert world.matchers["okx"].account.holdings["BTC"].free == free
    assert truth(world)["venues"]["okx"]["moves"] == []


# Treatments


def test_an_accepted_order_is_rejected_in_its_time() -> None:
    world = a_world()
    usdt = world.matchers["okx"].account.holdings["USDT"]
    free, events = usdt.free, heard(world)
    order = send(world, treatment=Treatment(reject_after_ns=2 * SECOND))
    assert (order.status, order.trades) == (OrderStatus.NEW, [])
    assert usdt.locked == order.price * order.qty

    world.advance(START + 2 * SECOND - 1)
    assert order.is_open
    world.advance(START + 2 * SECOND)
    assert (order.status, order.end) == (OrderStatus.REJECTED, EndReason.REJECTED)
    assert order.updated_ns == START + 2 * SECOND
    assert (usdt.free, usdt.locked) == (free, Decimal(0))
    assert kinds(events) == ["new", "balances", "rejected", "balances"]


def test_a_cancelled_order_is_not_rejected_any_more() -> None:
    world = a_world()
    order = send(world, treatment=Treatment(reject_after_ns=SECOND), tif=TimeInForce.GTC)
    world.cancel("okx", order, world.now_ns)
    world.advance(START + 5 * SECOND)
    assert order.status is OrderStatus.CANCELED


def test_a_jump_rejects_what_was_due() -> None:
    world = a_world()
    order = send(world, treatment=Treatment(reject_after_ns=SECOND))
    world.skip_to(START + 50 * SECOND)
    assert order.status is OrderStatus.REJECTED


@pytest.mark.parametrize("side", list(OrderSide))
def test_nothing_trades_beyond_the_band(side: OrderSide) -> None:
    world = a_world()
    book = world.books("okx")[BTC]
    rules = book.instrument
    mid = (rules.price(book.best_bid.ticks) + rules.price(book.best_ask.ticks)) / 2
    wide = mid * Decimal("0.0002")
    order = send(
        world,
        side=side,
        ticks=100_000,
        qty="2",
        treatment=Treatment(band_pct=Decimal("0.02"), band_expires=True),
    )
    assert order.trades
    assert all(abs(trade.price - mid) <= wide for trade in order.trades)
    assert (order.status, order.end) == (OrderStatus.EXPIRED, EndReason.BAND)
    with pytest.raises(Refused) as refused:
        send(world, side=side, ticks=100_000, treatment=Treatment(band_pct=Decimal("0.02")))
    assert refused.value.reason is Refusal.PRICE_BAND


def test_all_or_nothing_is_nothing_when_only_a_part_can_trade() -> None:
    world = a_world()
    order = send(world, tif=TimeInForce.FOK, treatment=Treatment(share=Decimal("0.9")))
    assert (order.status, order.trades) == (OrderStatus.EXPIRED, [])
    assert send(world, tif=TimeInForce.FOK).status is OrderStatus.FILLED


def test_better_prices_trade_first_and_older_orders_before_younger_ones() -> None:
    world = a_world()
    qty = "0.01"
    low = send(world, ticks=-60, qty=qty, tif=TimeInForce.GTC, ident="low")
    high = send(world, ticks=-50, qty=qty, tif=TimeInForce.GTC, ident="high")
    young = send(world, ticks=-50, qty=qty, tif=TimeInForce.GTC, ident="young")
    world.set_price(BTC, "okx", low.price - 100, world.now_ns)

    ids = [trade.client_id for trade in world.matchers["okx"].trades]
    assert list(dict.fromkeys(ids)) == ["high", "young", "low"]
    assert {order.status for order in (low, high, young)} == {OrderStatus.FILLED}


# As it was


def test_an_order_as_it_was() -> None:
    world = a_world()
    order = send(world, ticks=-50, tif=TimeInForce.GTC, ident="x")
    world.advance(START + 10 * SECOND)
    world.cancel("okx", order, START + 10 * SECOND)

    assert order_as_of(order, START - 1) is None
    then = order_as_of(order, START + 9 * SECOND)
    assert then is not None
    assert (then.status, then.end, order.status) == (
        OrderStatus.NEW,
        EndReason.NONE,
        OrderStatus.CANCELED,
    )
    assert order_as_of(order, START + 10 * SECOND) is order


@given(
    st.lists(st.tuples(st.integers(0, 90), st.sampled_from("AB"), st.integers(-5, 9)), max_size=30),
    st.integers(0, 100),
)
def test_balances_as_they_were(moves: list[tuple[int, str, int]], at_s: int) -> None:
    account = Account({"A": Decimal(5)})
    expected = {"A": Decimal(5)}
    for second, asset, amount in sorted(moves, key=lambda move: move[0]):
        account.now_ns = second * SECOND
        try:
            account.move(asset, Decimal(amount), told=True)
        except Refused:
            continue
        if second <= at_s:
            expected[asset] = expected.get(asset, Decimal(0)) + amount
    then = {asset: holding.free for asset, holding in account.as_of(at_s * SECOND).items()}
    assert {a: v for a, v in then.items() if v} == {a: v for a, v in expected.items() if v}


# Fees


@pytest.mark.parametrize("venue", list(DISCOUNTS))
def test_fees_in_the_venues_own_coin(venue: str) -> None:
    world = a_world(symbols=6)
    matcher = world.matchers[venue]
    terms = FeeTerms(Decimal("0.002"), Decimal("0.001"), FeeCoin.DISCOUNT, Decimal(20))
    matcher.terms = {BTC: terms}
    coin = DISCOUNTS[venue]
    world.move(venue, coin.asset, Decimal(50), world.now_ns, told=True)
    held = matcher.account.holdings[coin.asset].free
    btc = matcher.account.holdings["BTC"].free
    order = send(world, venue)

    quoted = world.books(venue).get(f"{coin.asset}/USDT")
    price = coin.price if quoted is None else quoted.instrument.price(quoted.best_bid.ticks)
    for trade in order.trades:
        assert trade.fee_asset == coin.asset
        worth = trade.value * Decimal("0.002") * Decimal("0.8")
        assert trade.fee == (worth / price).quantize(MONEY)
        assert trade.rate == Decimal("0.002")
    paid = sum((trade.fee for trade in order.trades), Decimal(0))
    assert matcher.account.holdings[coin.asset].free == held - paid
    assert matcher.account.holdings["BTC"].free == btc + order.filled


def test_without_the_coin_the_whole_fee_comes_from_what_was_received() -> None:
    world = a_world()
    matcher = world.matchers["bybit"]
    matcher.terms = {BTC: FeeTerms(Decimal("0.001"), Decimal("0.001"), FeeCoin.DISCOUNT)}
    order = send(world, "bybit", OrderSide.SELL)
    assert {trade.fee_asset for trade in order.trades} == {"USDT"}
    assert all(t.fee == (t.value / 1000).quantize(MONEY, "ROUND_HALF_UP") for t in order.trades)


def test_a_buy_that_pays_in_quote_needs_the_fee_as_well() -> None:
    world = a_world()
    matcher = world.matchers["okx"]
    matcher.terms = {BTC: FeeTerms(Decimal("0.001"), Decimal("0.001"), FeeCoin.QUOTE)}
    usdt = matcher.account.holdings["USDT"]
    order = send(world, ticks=-50, tif=TimeInForce.GTC)
    assert usdt.locked == order.price * order.qty * Decimal("1.001")
    world.cancel("okx", order, world.now_ns)
    assert usdt.locked == 0
    world.move("okx", "USDT", order.price * order.qty - usdt.free, world.now_ns, told=False)
    with pytest.raises(Refused) as refused:
        send(world, ticks=-50, tif=TimeInForce.GTC)
    assert refused.value.reason is Refusal.INSUFFICIENT_BALANCE


attempts = st.lists(
    st.tuples(
        st.sampled_from(VENUES),
        st.sampled_from(OrderSide),
        st.integers(-40, 40),
        st.integers(1, 4_000),
        st.sampled_from(TimeInForce),
        st.sampled_from((None, Decimal(0), Decimal("0.3"), Decimal("0.77"))),
        st.sampled_from((None, 0, SECOND)),
        st.sampled_from(FeeCoin),
        st.integers(0, 2 * SECOND),
        st.booleans(),
    ),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(attempts)
def test_the_truth_adds_up_whatever_goes_wrong(plan: list[tuple]) -> None:  # type: ignore[type-arg]
    spec = WorldSpec(seed=9, symbols=2, rate_hz=40.0, edges_per_min=60.0)
    world, now = World(spec, START, "w"), START
    for venue in DISCOUNTS:
        world.move(venue, DISCOUNTS[venue].asset, Decimal("0.01"), now, told=True)
    for venue, side, ticks, lots, tif, share, doom, coin, pause, told in plan:
        now += pause
        world.advance(now)
        matcher = world.matchers[venue]
        matcher.terms = {BTC: FeeTerms(Decimal("0.0013"), Decimal("0.0007"), coin)}
        book = world.books(venue)[BTC]
        rules = book.instrument
        best = book.best_ask if side is OrderSide.BUY else book.best_bid
        new = NewOrder(BTC, side, rules.price(best.ticks + ticks), rules.qty(lots), tif, "")
        treatment = Treatment(share=share, reject_after_ns=doom)
        try:
            order = world.place(venue, new, now, treatment)
            if order.is_open and told:
                world.cancel(venue, order, now)
            world.move(venue, "USDT", Decimal(lots), now, told=told)
        except Refused:
            pass
    world.advance(now + 10 * SECOND)
    for row in truth(world)["venues"].values():
        expected = {asset: Decimal(amount) for asset, amount in row["opening"].items()}
        for move in row["moves"]:
            asset = move["asset"]
            expected[asset] = expected.get(asset, Decimal(0)) + Decimal(move["amount"])
        for fill in row["fills"]:
            base, quote = fill["symbol"].split("/")
            sign = 1 if fill["side"] == "buy" else -1
            expected[base] += sign * Decimal(fill["qty"])
            expected[quote] -= sign * Decimal(fill["qty"]) * Decimal(fill["price"])
            expected[fill["fee_asset"]] -= Decimal(fill["fee"])
            for asset, tax in fill["more_fees"].items():
                expected[asset] -= Decimal(tax)
        held = {
            asset: Decimal(amount["free"]) + Decimal(amount["locked"])
            for asset, amount in row["balances"].items()
        }
        assert held == expected
        assert all(Decimal(amount["free"]) >= 0 for amount in row["balances"].values())
        assert all(Decimal(amount["locked"]) >= 0 for amount in row["balances"].values())
        resting = {o["status"] for o in row["orders"]} & {"new", "partially_filled"}
        if not resting:
            assert all(not Decimal(amount["locked"]) for amount in row["balances"].values())


@pytest.mark.parametrize(
    ("venue", "side", "asset"),
    [
        ("bybit", OrderSide.BUY, "USDT"),
        ("okx", OrderSide.SELL, "BTC"),
        ("bitget", OrderSide.SELL, "USDT"),
        ("binance", OrderSide.BUY, "BTC"),
    ],
)
def test_makers_rebate_comes_in_the_coin_of_the_venues_custom(
    venue: str, side: OrderSide, asset: str
) -> None:
    world = a_world()
    matcher, held = world.matchers[venue], world.matchers[venue].account.holdings
    matcher.terms = {BTC: FeeTerms(Decimal("0.001"), Decimal("-0.01"))}
    before = {name: held[name].total for name in ("BTC", "USDT")}
    # It rests one tick away from the other side, which then comes to it.
    order = send(world, venue, side, ticks=-1, tif=TimeInForce.GTC)
    while order.is_open:
        world.advance(world.now_ns + SECOND)

    assert {trade.fee_asset for trade in order.trades} == {asset}
    assert all(trade.fee < 0 for trade in order.trades)
    sign = 1 if side is OrderSide.BUY else -1
    gained = -sum(trade.fee for trade in order.trades)
    moved = {"BTC": sign * order.filled, "USDT": -sign * order.value}
    moved[asset] += gained
    assert {name: held[name].total - before[name] for name in before} == moved


def test_taxes_are_taken_in_quote_beside_the_fee_and_never_more_than_there_is() -> None:
    world = a_world()
    matcher = world.matchers["bybit"]
    usdt, matcher.terms = matcher.account.holdings["USDT"], {}
    matcher.terms = {BTC: FeeTerms(Decimal("0.001"), Decimal("0.001"), tax=Decimal("0.01"))}
    before = usdt.total
    order = send(world, "bybit")
    taxes = sum(trade.tax for trade in order.trades)
    assert taxes == sum((t.value / 100).quantize(MONEY, "ROUND_DOWN") for t in order.trades)
    assert {trade.fee_asset for trade in order.trades} == {"BTC"}
    assert before - usdt.total == order.value + taxes
    rows = truth(world)["venues"]["bybit"]["fills"]
    assert sum(Decimal(row["more_fees"]["USDT"]) for row in rows) == taxes

    # What is free besides is less than the tax.
    usdt.free = order.price * order.qty + Decimal("0.5")
    order = send(world, "bybit")
    assert sum(trade.tax for trade in order.trades) >= Decimal("0.5")
    assert usdt.free >= 0
