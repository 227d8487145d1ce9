from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.errors import LedgerError
from arbot_tui.domain.ledger import EXTERNAL, FEES, OPENING, TRADING, Ledger, fill_postings
from arbot_tui.domain.orders import Fill, OrderSide

_amounts = st.decimals(min_value=0, max_value=Decimal("1e10"), places=18)


def _fill(
    side: OrderSide, price: Decimal, qty: Decimal, fee: Decimal, fee_asset: str = "USDT"
) -> Fill:
    return Fill("okx", "c1", "BTC/USDT", "t1", side, price, qty, fee, fee_asset, 1)


def test_a_purchase_moves_base_quote_and_fee() -> None:
    ledger = Ledger()
    ledger.post([("okx", "USDT", Decimal(1000)), (OPENING, "USDT", Decimal(-1000))])
    fill = _fill(OrderSide.BUY, Decimal(100), Decimal(2), Decimal("0.2"))
    ledger.post(fill_postings(fill, "BTC", "USDT"))
    assert ledger.book("okx") == {"USDT": Decimal("799.8"), "BTC": Decimal(2)}
    assert ledger.balance(TRADING, "BTC") == -2
    assert ledger.balance(FEES, "USDT") == Decimal("0.2")
    assert ledger.is_balanced()


def test_a_sale_moves_them_the_other_way_and_a_rebate_comes_in() -> None:
    ledger = Ledger()
    fill = _fill(OrderSide.SELL, Decimal(100), Decimal(2), Decimal("-0.02"))
    ledger.post(fill_postings(fill, "BTC", "USDT"))
    assert ledger.book("okx") == {"USDT": Decimal("200.02"), "BTC": Decimal(-2)}
    assert ledger.is_balanced()


def test_a_fee_in_the_base_asset_reduces_what_was_bought() -> None:
    ledger = Ledger()
    fill = _fill(OrderSide.BUY, Decimal(100), Decimal(2), Decimal("0.002"), "BTC")
    ledger.post(fill_postings(fill, "BTC", "USDT"))
    assert ledger.balance("okx", "BTC") == Decimal("1.998")


def test_a_transaction_that_does_not_sum_to_zero_books_nothing() -> None:
    ledger = Ledger()
    with pytest.raises(LedgerError, match="off by 1 BTC"):
        ledger.post(
            [
                ("okx", "USDT", Decimal(5)),
                (EXTERNAL, "USDT", Decimal(-5)),
                ("okx", "BTC", Decimal(1)),
            ]
        )
    assert ledger.snapshot() == []
    assert ledger.balance("okx", "USDT") == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(OrderSide),
            _amounts,
            _amounts,
            _amounts,
            st.sampled_from(["BTC", "USDT", "BNB"]),
        ),
        max_size=20,
    )
)
def test_any_fills_are_booked_to_the_last_digit(
    fills: list[tuple[OrderSide, Decimal, Decimal, Decimal, str]],
) -> None:
    ledger = Ledger()
    truth = dict.fromkeys(("BTC", "USDT", "BNB"), Fraction(0))
    for side, price, qty, fee, fee_asset in fills:
        ledger.post(fill_postings(_fill(side, price, qty, fee, fee_asset), "BTC", "USDT"))
        sign = 1 if side is OrderSide.BUY else -1
        truth["BTC"] += sign * Fraction(qty)
        truth["USDT"] -= sign * Fraction(price) * Fraction(qty)
        truth[fee_asset] -= Fraction(fee)
    assert ledger.is_balanced()
    for asset, amount in truth.items():
        assert Fraction(ledger.balance("okx", asset)) == amount
    written = {asset: Fraction(text) for book, asset, text in ledger.snapshot() if book == "okx"}
    assert written == {asset: amount for asset, amount in truth.items() if amount}


def test_equal_states_have_equal_snapshots_whatever_led_there() -> None:
    one, other = Ledger(), Ledger()
    one.post([("okx", "BTC", Decimal("1.50")), (OPENING, "BTC", Decimal("-1.5"))])
    for amount in (Decimal("0.5"), Decimal(1)):
        other.post([("okx", "BTC", amount), (OPENING, "BTC", -amount)])
    other.post([("bybit", "BTC", Decimal(0)), (OPENING, "BTC", Decimal(0))])
    assert one.snapshot() == other.snapshot()
    assert one.snapshot() == [(OPENING, "BTC", "-1.5"), ("okx", "BTC", "1.5")]


def test_a_ledger_that_was_tampered_with_is_not_balanced() -> None:
    ledger = Ledger()
    ledger._balances[("okx", "BTC")] = Decimal(1)
    assert not ledger.is_balanced()
