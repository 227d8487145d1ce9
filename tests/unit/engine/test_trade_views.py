"""Expected against realised: what the difference is made of, and how it is shown."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.numbers import ZERO, exact
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.orders import Fill, OrderRequest, OrderSide
from arbot_tui.domain.states import PairState
from arbot_tui.engine.attribution import effects
from arbot_tui.engine.trade_views import opportunity_view, signed, trade_view
from arbot_tui.trading.core.pair import Leg, Pair, pair_profit
from arbot_tui.trading.core.plans import PlannedOrder

RATES = {"ant": Decimal("0.001"), "bee": Decimal("0.001")}


def leg(side: OrderSide, venue: str, qty: str, *fills: tuple[str, str, str]) -> Leg:
    order = OrderRequest("x", venue, "A/USDT", side, Decimal("100.00"), Decimal(qty), 0)
    made = Leg.planned(PlannedOrder(order, "USDT", Decimal(1)), unwinding=False)
    made.fills = [
        Fill(venue, "x", "A/USDT", str(n), side, Decimal(p), Decimal(q), Decimal(f), "USDT", 0)
        for n, (q, p, f) in enumerate(fills)
    ]
    return made


def pair(expected: str, *legs: Leg, state: PairState = PairState.CLOSED) -> Pair:
    return Pair("p1", 1, 1, "A/USDT", "A", "USDT", list(legs), Decimal(expected), 7, state, 0)


def test_an_open_opportunity_says_why_it_is_not_traded() -> None:
    life = Opportunity(1, "A/USDC>USDT", "ant", "bee", 1, 1, 0.1, 0.1, 1.0, 1.1, 1.0, 0.1, 0.1)
    shown = opportunity_view(life)
    assert (shown.outcome, shown.reason) == ("open", "")
    life.reason = "quote_peg"
    shown = opportunity_view(life)
    assert (shown.outcome, shown.reason) == ("open", "quote_peg")


def test_what_was_filled_as_planned_has_no_effects() -> None:
    made = pair(
        "0.799",
        leg(OrderSide.BUY, "ant", "1", ("1", "100", "0.1")),
        leg(OrderSide.SELL, "bee", "1", ("1", "101", "0.101")),
    )
    found = effects(made, pair_profit(made), RATES)
    assert (found.size, found.price, found.fee) == (ZERO, ZERO, ZERO)


def test_half_the_size_costs_half_of_what_was_expected() -> None:
    made = pair(
        "1.598",
        leg(OrderSide.BUY, "ant", "2", ("1", "100", "0.1")),
        leg(OrderSide.SELL, "bee", "2", ("1", "101", "0.101")),
    )
    found = effects(made, pair_profit(made), RATES)
    assert (found.size, found.price, found.fee) == (Decimal("-0.799"), ZERO, ZERO)


def test_a_worse_price_and_a_dearer_fee_are_told_apart() -> None:
    made = pair(
        "0.799",
        leg(OrderSide.BUY, "ant", "1", ("1", "100", "0.2")),
        leg(OrderSide.SELL, "bee", "1", ("1", "100.5", "0.1005")),
    )
    found = effects(made, pair_profit(made), RATES)
    assert (found.size, found.fee) == (ZERO, Decimal("-0.1"))
    # Half a unit less was received, and less of it was taken as fee.
    assert found.price == Decimal("-0.4995")


def test_where_a_rate_is_not_known_its_fee_counts_as_price() -> None:
    made = pair(
        "0.799",
        leg(OrderSide.BUY, "ant", "1", ("1", "100", "0.2")),
        leg(OrderSide.SELL, "bee", "1", ("1", "101", "0.101")),
    )
    found = effects(made, pair_profit(made), {"ant": Decimal("0.001")})
    assert (found.fee, found.price) == (ZERO, Decimal("-0.1"))


_amounts = st.decimals("0.01", "9", places=2)


@given(
    st.decimals("-5", "5", places=4),
    st.lists(st.tuples(_amounts, _amounts, _amounts), max_size=3),
    st.lists(st.tuples(_amounts, _amounts, _amounts), max_size=3),
    _amounts,
)
def test_the_effects_are_the_whole_difference(
    expected: Decimal,
    bought: list[tuple[Decimal, Decimal, Decimal]],
    sold: list[tuple[Decimal, Decimal, Decimal]],
    planned: Decimal,
) -> None:
    made = pair(
        str(expected),
        leg(OrderSide.BUY, "ant", str(planned), *((str(a), str(b), str(c)) for a, b, c in bought)),
        leg(OrderSide.SELL, "bee", str(planned), *((str(a), str(b), str(c)) for a, b, c in sold)),
        state=PairState.FLAT,
    )
    profit = pair_profit(made)
    found = effects(made, profit, RATES)
    total = exact.add(exact.add(found.size, found.price), found.fee)
    # Sixty digits: a remainder's average price and a share of the size may be cut there.
    difference = exact.subtract(profit.realised, expected)
    assert exact.abs(exact.subtract(total, difference)) < Decimal("1e-50")


def test_a_pair_is_shown_with_its_orders() -> None:
    made = pair(
        "0.8",
        leg(OrderSide.BUY, "ant", "1", ("0.4", "99.98", "0.04"), ("0.6", "100", "0.06")),
        leg(OrderSide.SELL, "bee", "1"),
        state=PairState.WORKING,
    )
    made.legs[1].reject = "too late"
    view = trade_view(made, pair_profit(made), RATES)
    assert (view.expected, view.realised, view.price_effect) == ("+0.8", "", "")
    buy, sell = view.legs
    assert (buy.filled, buy.average, buy.fee) == ("1", "99.99", "0.1 USDT")
    assert (sell.filled, sell.average, sell.fee, sell.reject) == ("0", "", "", "too late")
    made.state, made.ended_ns, made.reason = PairState.FLAT, 9, "unwound"
    view = trade_view(made, pair_profit(made), RATES)
    assert (view.outcome, view.ended_ns, view.reason) == ("one_sided", 9, "unwound")
    assert view.size_effect == "-0.8"


def test_amounts_have_a_sign_and_no_idle_zeros() -> None:
    assert [signed(Decimal(text)) for text in ("1.005", "-0.001", "2", "0")] == [
        "+1",
        "+0",
        "+2",
        "+0",
    ]
