"""Money is conserved and prices do not care, whatever orders arrive."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.orders import NewOrder, Refused, TimeInForce
from arbot_tui.simulator.core.truth import truth
from arbot_tui.simulator.core.world import World, WorldSpec

SECOND = 1_000_000_000
START = 1_760_000_000 * SECOND
SPEC = WorldSpec(seed=11, symbols=2, rate_hz=40.0, edges_per_min=60.0)
VENUES = ("binance", "bybit", "okx", "bitget")

Attempt = tuple[int, str, str, OrderSide, float, int, TimeInForce, int, bool]

attempts = st.lists(
    st.tuples(
        st.integers(0, 400_000_000),
        st.sampled_from(VENUES),
        st.sampled_from(("BTC/USDT", "ETH/USDT")),
        st.sampled_from(OrderSide),
        st.floats(-0.01, 0.01),
        st.integers(1, 3_000),
        st.sampled_from(TimeInForce),
        st.integers(0, 12),
        st.booleans(),
    ),
    max_size=40,
)


def play(subject: World, plan: list[Attempt]) -> int:
    """Send orders at and around the book, cancel some; return the last moment."""
    now = START
    for delay, venue, symbol, side, offset, thousandths, tif, client, cancel in plan:
        now += delay
        subject.advance(now)
        book = subject.books(venue)[symbol]
        rules = book.instrument
        best = book.best_ask if side is OrderSide.BUY else book.best_bid
        price = rules.price(max(1, int(best.ticks * (1 + offset))))
        usd = Decimal(thousandths) * 20
        qty = (usd / price).quantize(rules.lot) if price else Decimal(0)
        new = NewOrder(symbol, side, price, qty, tif, f"c{client}" if client else "")
        try:
            order = subject.place(venue, new, now)
            if cancel:
                subject.cancel(venue, order, now, "x")
        except Refused:
            pass
    return now


@settings(max_examples=60, deadline=None)
@given(attempts)
def test_opening_and_fills_less_fees_are_the_balances(plan: list[Attempt]) -> None:
    subject = World(SPEC, START, "w")
    play(subject, plan)
    for row in truth(subject)["venues"].values():
        expected = {asset: Decimal(amount) for asset, amount in row["opening"].items()}
        ids = [int(fill["trade_id"]) for fill in row["fills"]]
        assert ids == sorted(set(ids))
        for fill in row["fills"]:
            base, quote = fill["symbol"].split("/")
            sign = 1 if fill["side"] == "buy" else -1
            qty, price = Decimal(fill["qty"]), Decimal(fill["price"])
            expected[base] += sign * qty
            expected[quote] -= sign * qty * price
            expected[fill["fee_asset"]] -= Decimal(fill["fee"])
            for asset, tax in fill["more_fees"].items():
                expected[asset] -= Decimal(tax)
        held = {
            asset: Decimal(amount["free"]) + Decimal(amount["locked"])
            for asset, amount in row["balances"].items()
        }
        assert held == expected
        locked = dict.fromkeys(held, Decimal(0))
        for order in row["orders"]:
            filled, qty = Decimal(order["filled"]), Decimal(order["qty"])
            traded = [f for f in row["fills"] if f["client_id"] == order["client_id"]]
            assert 0 <= filled <= qty
            assert (order["status"] == "filled") == (filled == qty)
            if order["client_id"] and order["status"] == "filled":
                assert traded
            if order["status"] in ("new", "partially_filled"):
                base, quote = order["symbol"].split("/")
                if order["side"] == "buy":
                    locked[quote] += (qty - filled) * Decimal(order["price"])
                else:
                    locked[base] += qty - filled
        assert {a: Decimal(h["locked"]) for a, h in row["balances"].items()} == locked
        assert all(Decimal(amount["free"]) >= 0 for amount in row["balances"].values())


@settings(max_examples=40, deadline=None)
@given(attempts)
def test_mids_edges_and_the_next_quotes_do_not_depend_on_orders(plan: list[Attempt]) -> None:
    busy, quiet = World(SPEC, START, "w"), World(SPEC, START, "q")
    last = play(busy, plan)
    quiet.advance(last)
    assert busy.live_edges == quiet.live_edges
    for venue in VENUES:
        for symbol in busy.symbols:
            assert busy.mid(venue, symbol, last) == quiet.mid(venue, symbol, last)
    # Once everything has been quoted again, nothing of the orders is left in the books.
    round_ns = int(8 / SPEC.rate_hz * SECOND) + 1
    busy.advance(last)
    quiet.advance(last)
    for order in [o for m in busy.matchers.values() for o in m.open_orders]:
        busy.cancel(order.instrument.venue, order, last)
    busy.advance(last + round_ns)
    quiet.advance(last + round_ns)
    for venue in VENUES:
        for symbol in busy.symbols:
            one, two = busy.books(venue)[symbol], quiet.books(venue)[symbol]
            assert (one.bids, one.asks) == (two.bids, two.asks)
