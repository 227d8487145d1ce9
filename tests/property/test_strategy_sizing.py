"""Sizing against brute force over every quantity of the finer grid, by the venues' own rules."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.instrument import Instrument
from arbot_tui.strategy.sizing import SizePlan, SizeRefusal, common_step, plan_size

_UNIT = Decimal("0.05")
_GRID = [_UNIT * n for n in range(1, 401)]


def _units(low: int, high: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(lambda n: _UNIT * n)


def _instruments(venue: str) -> st.SearchStrategy[Instrument]:
    return st.builds(
        Instrument,
        venue=st.just(venue),
        wire_symbol=st.just("XU"),
        base=st.just("X"),
        quote=st.just("U"),
        tick_size=st.just(Decimal("0.01")),
        lot_step=_units(1, 8),
        min_qty=_units(0, 40),
        max_qty=st.one_of(st.just(Decimal(0)), _units(1, 300)),
        min_notional=st.decimals(min_value=0, max_value=60, places=2),
        max_notional=st.just(Decimal(0)) | st.decimals(min_value=1, max_value=200, places=2),
        max_holding=st.just(Decimal(0)) | _units(1, 300),
    )


_prices = st.decimals(min_value=Decimal("0.5"), max_value=Decimal(20), places=2)
_amounts = st.decimals(min_value=-1, max_value=200, places=3)
_qtys = st.decimals(min_value=0, max_value=19, places=3)
_fees = st.sampled_from([Decimal("0.001"), Decimal(0), Decimal("0.013"), Decimal("-0.0005")])


@given(
    *(_instruments("a"), _instruments("b"), _prices, _prices),
    *(_amounts, _qtys, _amounts, _qtys, _fees, _qtys),
)
def test_the_size_is_the_largest_that_breaks_no_rule_and_no_bound(
    buy: Instrument,
    sell: Instrument,
    buy_price: Decimal,
    sell_price: Decimal,
    wanted: Decimal,
    offered: Decimal,
    quote_free: Decimal,
    base_free: Decimal,
    fee: Decimal,
    held: Decimal,
) -> None:
    def fits(qty: Decimal) -> bool:
        return (
            not buy.breach(buy_price, qty)
            and not sell.breach(sell_price, qty)
            and qty * buy_price <= wanted
            and qty * sell_price <= wanted
            and qty <= offered
            and qty * buy_price * (1 + max(fee, Decimal(0))) <= quote_free
            and qty <= base_free
            and (not buy.max_holding or held + qty <= buy.max_holding)
        )

    best = max((qty for qty in _GRID if fits(qty)), default=None)
    plan = plan_size(
        buy, sell, buy_price, sell_price, wanted, offered, quote_free, base_free, fee, held
    )
    if best is None:
        assert isinstance(plan, SizeRefusal)
    else:
        assert isinstance(plan, SizePlan)
        assert plan.qty == best


@given(
    st.decimals(min_value=Decimal("1e-10"), max_value=1000, places=10),
    st.decimals(min_value=Decimal("1e-10"), max_value=1000, places=10),
)
def test_a_common_step_is_a_multiple_of_both_and_no_smaller_one_is(
    one: Decimal, other: Decimal
) -> None:
    step = common_step(one, other)
    assert step % one == 0
    assert step % other == 0
    # Whatever is a multiple of both is one of the step; their product is, in units of 1e-10.
    product = int(one * 10**10) * int(other * 10**10)
    assert product % int(step * 10**10) == 0
