"""The most profitable size against brute force over every lot multiple."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.strategy.optimum import DecimalLevel, best_multiple, walked_profit

_CENT = Decimal("0.01")


def _ladder(*, rising: bool) -> st.SearchStrategy[list[DecimalLevel]]:
    level = st.tuples(st.integers(9_900, 10_100), st.integers(1, 400))
    levels = st.lists(level, min_size=1, max_size=8, unique_by=lambda item: item[0])
    return levels.map(
        lambda found: [
            (price * _CENT, size * _CENT) for price, size in sorted(found, reverse=not rising)
        ]
    )


_fees = st.sampled_from([Decimal(0), Decimal("0.001"), Decimal("0.0045"), Decimal("-0.0002")])


def _oracle_profit(
    asks: list[DecimalLevel], bids: list[DecimalLevel], fees: tuple[Decimal, Decimal], qty: Decimal
) -> Decimal:
    """Buy and sell cent of a coin by cent of a coin."""
    units = int(qty / _CENT)
    prices = [
        [price for price, size in levels for _ in range(int(size / _CENT))][:units]
        for levels in (asks, bids)
    ]
    paid, received = (sum(found, Decimal(0)) * _CENT for found in prices)
    return received * (1 - fees[1]) - paid * (1 + fees[0])


@given(
    _ladder(rising=True),
    _ladder(rising=False),
    _fees,
    _fees,
    st.integers(1, 70),
    st.integers(1, 20),
    st.integers(1, 200),
)
def test_no_other_lot_multiple_earns_more(
    asks: list[DecimalLevel],
    bids: list[DecimalLevel],
    buy_fee: Decimal,
    sell_fee: Decimal,
    step_cents: int,
    least_steps: int,
    bound_steps: int,
) -> None:
    step = step_cents * _CENT
    offered = min(sum(size for _, size in levels) for levels in (asks, bids))
    most_steps = min(bound_steps, int(offered / step))
    if most_steps < least_steps:
        return
    least, most = least_steps * step, most_steps * step
    found = best_multiple(asks, bids, buy_fee, sell_fee, step, least, most)
    assert found % step == 0
    assert least <= found <= most
    fees = (buy_fee, sell_fee)
    profit = _oracle_profit(asks, bids, fees, found)
    assert profit == walked_profit(asks, bids, buy_fee, sell_fee, found)
    for steps in range(least_steps, most_steps + 1):
        assert profit >= _oracle_profit(asks, bids, fees, steps * step)
