"""What a pair comes to, computed by hand."""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.domain.orders import Fill, OrderRequest, OrderSide
from arbot_tui.domain.states import PairState
from arbot_tui.trading.core.pair import Leg, Pair, pair_outcome, pair_profit
from arbot_tui.trading.core.plans import PlannedOrder

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def leg(side: OrderSide, *fills: tuple[str, str, str, str]) -> Leg:
    """Return a leg with fills of (qty, price, fee, fee asset)."""
    order = OrderRequest("x", "ant", "BTC/USDT", side, Decimal(100), Decimal(10), 0)
    result = Leg.planned(PlannedOrder(order, "USDT", Decimal(1)), unwinding=False)
    for i, (qty, price, fee, asset) in enumerate(fills):
        result.fills.append(
            Fill(
                "ant", "x", "BTC/USDT", str(i), side, Decimal(price), Decimal(qty), Decimal(fee),
                asset, 0,
            )
        )  # fmt: skip
    return result


def pair(*legs: Leg, state: PairState = PairState.CLOSED) -> Pair:
    return Pair("p1", 1, 1, "BTC/USDT", "BTC", "USDT", list(legs), Decimal(0), 0, state)


def test_profit_is_what_was_received_less_what_was_paid_less_fees() -> None:
    both = pair(
        leg(BUY, ("1", "100", "0.1", "USDT"), ("1", "101", "0.2", "USDT")),
        leg(SELL, ("2", "103", "0.3", "USDT")),
    )

    profit = pair_profit(both)

    assert profit.realised == Decimal("4.4")
    assert profit.fees == Decimal("0.6")
    assert profit.other_fees == {}
    assert pair_outcome(both) == "completed"


def test_a_fee_in_base_is_valued_at_the_price_of_its_fill() -> None:
    profit = pair_profit(
        pair(leg(BUY, ("2", "100", "0.002", "BTC")), leg(SELL, ("2", "101", "0", "USDT")))
    )

    assert profit.realised == Decimal("1.8")
    assert profit.fees == Decimal("0.2")


def test_a_fee_in_a_third_asset_is_listed_apart() -> None:
    profit = pair_profit(
        pair(
            leg(BUY, ("1", "100", "0.001", "BNB")),
            leg(SELL, ("1", "101", "0.002", "BNB"), ("0", "1", "0", "OKB")),
        )
    )

    assert profit.realised == Decimal(1)
    assert profit.fees == 0
    assert profit.other_fees == {"BNB": Decimal("0.003")}


def test_a_remainder_is_worth_what_it_cost_or_brought() -> None:
    bought = pair(leg(BUY, ("2", "100", "0", "USDT")), leg(SELL, ("1", "110", "0", "USDT")))
    sold = pair(leg(BUY, ("1", "100", "0", "USDT")), leg(SELL, ("2", "110", "0", "USDT")))

    assert pair_profit(bought).realised == Decimal(10)
    assert pair_profit(sold).realised == Decimal(10)
    assert pair_outcome(bought) == pair_outcome(sold) == "one_sided"


def test_nothing_filled_is_nothing() -> None:
    none = pair(leg(BUY), leg(SELL), state=PairState.FLAT)

    assert pair_profit(none).realised == 0
    assert pair_outcome(none) == "failed"
    assert none.remainder == none.net == 0


def test_stuck_is_stuck_whatever_filled() -> None:
    assert pair_outcome(pair(leg(BUY), leg(SELL), state=PairState.STUCK)) == "stuck"


def test_what_the_fee_took_cannot_be_brought_home() -> None:
    def remainder(bought: str, sold: str) -> Decimal:
        return pair(
            leg(BUY, (bought, "100", "0.01", "BTC")), leg(SELL, (sold, "100", "0", "USDT"))
        ).remainder

    assert remainder("1", "1") == 0
    assert remainder("1", "0.99") == 0
    assert remainder("1", "0.98") == Decimal("0.02")
    assert remainder("1", "1.01") == Decimal("-0.01")


def test_an_order_goes_out_as_it_was_planned() -> None:
    planned = leg(BUY)

    assert planned.reserved == Decimal(10)
    assert planned.request() == OrderRequest(
        "x", "ant", "BTC/USDT", BUY, Decimal(100), Decimal(10), 0
    )
