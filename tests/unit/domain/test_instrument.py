from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.instrument import Instrument

_SPOT = Instrument(
    venue="okx",
    wire_symbol="BTC-USDT",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.1"),
    lot_step=Decimal("0.001"),
    min_qty=Decimal("0.002"),
    max_qty=Decimal("10.0005"),
    min_notional=Decimal(5),
)


def test_the_canonical_name_comes_from_the_fields() -> None:
    assert _SPOT.symbol == "BTC/USDT"


def test_prices_are_rounded_to_our_side() -> None:
    assert _SPOT.buy_price(Decimal("100.19")) == Decimal("100.1")
    assert _SPOT.sell_price(Decimal("100.11")) == Decimal("100.2")
    assert _SPOT.buy_price(Decimal("100.1")) == _SPOT.sell_price(Decimal("100.1"))


def test_a_band_bounds_the_side_that_could_be_dear() -> None:
    banded = msgspec.structs.replace(_SPOT, buy_band=Decimal("0.01"), sell_band=Decimal("0.02"))
    assert banded.highest_buy(Decimal(200)) == Decimal(202)
    assert banded.lowest_sell(Decimal(200)) == Decimal(196)
    assert _SPOT.highest_buy(Decimal(200)) is _SPOT.lowest_sell(Decimal(200)) is None


@pytest.mark.parametrize(
    ("wanted", "valid"), [("1.23456", "1.234"), ("0.0009", "0"), ("10.0005", "10"), ("99", "10")]
)
def test_quantities_are_floored_to_step_and_maximum(wanted: str, valid: str) -> None:
    assert _SPOT.quantity(Decimal(wanted)) == Decimal(valid)


def test_the_value_of_an_order_has_a_maximum_as_well() -> None:
    capped = msgspec.structs.replace(_SPOT, max_notional=Decimal("0.3"))
    # Three steps are worth 0.3003.
    assert capped.affords(Decimal("100.1")) == Decimal("0.002")
    assert capped.affords(Decimal(100)) == Decimal("0.003")
    assert capped.quantity(Decimal(1), Decimal(100)) == Decimal("0.003")
    assert capped.quantity(Decimal(1)) == Decimal(1)
    assert capped.quantity(Decimal("0.002"), Decimal(100)) == Decimal("0.002")
    rich = msgspec.structs.replace(_SPOT, max_notional=Decimal(100))
    assert rich.breach(Decimal(5000), Decimal("0.02")) == ""
    assert "value 105.000 above the maximum 100" in rich.breach(Decimal(5000), Decimal("0.021"))


@given(
    st.decimals(min_value="0.000001", max_value=10**6, places=6),
    st.decimals(min_value="0.01", max_value=10**5, places=2),
    st.sampled_from([Decimal("0.001"), Decimal(1), Decimal("0.03")]),
)
def test_what_a_maximum_value_affords_is_all_of_it_and_no_more(
    most: Decimal, price: Decimal, step: Decimal
) -> None:
    capped = msgspec.structs.replace(_SPOT, max_notional=most, lot_step=step)
    qty = capped.affords(price)
    assert qty >= 0
    assert qty % step == 0
    assert qty * price <= most < (qty + step) * price


def test_without_a_maximum_any_quantity_goes() -> None:
    free = Instrument("okx", "X-USDT", "X", "USDT", Decimal("0.1"), Decimal(1))
    assert free.quantity(Decimal("1e9")) == Decimal("1e9")
    assert free.breach(Decimal("0.1"), Decimal("1e9")) == ""


@pytest.mark.parametrize(
    ("price", "qty", "rule"),
    [
        ("5000", "0", "below the minimum"),
        ("5000", "0.001", "below the minimum"),
        ("5000", "10.001", "above the maximum"),
        ("5000", "0.0021", "no multiple of 0.001"),
        ("0", "0.002", "no multiple of 0.1"),
        ("5000.05", "0.002", "no multiple of 0.1"),
        ("2499.9", "0.002", "value 4.9998 below the minimum 5"),
    ],
)
def test_each_broken_rule_is_named(price: str, qty: str, rule: str) -> None:
    assert rule in _SPOT.breach(Decimal(price), Decimal(qty))


def test_a_valid_order_breaks_no_rule() -> None:
    assert _SPOT.breach(Decimal(2500), Decimal("0.002")) == ""
