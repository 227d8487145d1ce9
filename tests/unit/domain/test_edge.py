from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.edge import net_edge_pct, net_edge_pct_exact, net_profit_exact

_prices = st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(100_000), places=4)
_ratios = st.decimals(min_value=Decimal("0.95"), max_value=Decimal("1.05"), places=6)
_fees = st.decimals(min_value=Decimal("-0.0005"), max_value=Decimal("0.01"), places=6)


def test_a_hand_worked_example() -> None:
    # Buy 100, pay 0.1; sell 101, pay 0.101: 0.799 of 100 stay.
    assert net_edge_pct(100.0, 101.0, 0.001, 0.001) == pytest.approx(0.799)
    fee = Decimal("0.001")
    assert net_edge_pct_exact(Decimal(100), Decimal(101), fee, fee) == Decimal("0.799")
    assert net_profit_exact(Decimal(100), Decimal(101), fee, fee, Decimal(3)) == Decimal("2.397")


@given(_prices, _ratios, _fees, _fees)
def test_float_and_decimal_agree_within_1e_9(
    ask: Decimal, ratio: Decimal, fee_buy: Decimal, fee_sell: Decimal
) -> None:
    bid = ask * ratio
    found = net_edge_pct(float(ask), float(bid), float(fee_buy), float(fee_sell))
    decided = net_edge_pct_exact(ask, bid, fee_buy, fee_sell)
    assert abs(found - float(decided)) <= 1e-9


@given(_prices, _ratios, _fees, _fees, st.decimals(min_value=0, max_value=10**6, places=8))
def test_the_profit_is_what_a_ledger_of_fractions_says(
    ask: Decimal, ratio: Decimal, fee_buy: Decimal, fee_sell: Decimal, qty: Decimal
) -> None:
    bid = ask * ratio
    bought, sold = Fraction(ask) * Fraction(qty), Fraction(bid) * Fraction(qty)
    kept = sold - sold * Fraction(fee_sell) - bought - bought * Fraction(fee_buy)
    assert Fraction(net_profit_exact(ask, bid, fee_buy, fee_sell, qty)) == kept
