"""The size of a pair is never beaten by any other lot multiple, under books, balances and limits.

The oracle walks both books in decimals for every multiple of the step, and keeps those that every
rule allows: lots and minimums of both venues, what the balances and the equity share pay for.
"""

from __future__ import annotations

import math
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.trading.core import gate
from tests.unit.trading.gate_state import tradeable_state
from tests.unit.trading.rig import LIMITS

_VENUES = ("ant", "bee")
_LOTS = st.sampled_from(["0.1", "0.2", "0.3", "0.5"])
_SIZES = st.integers(1, 30).map(lambda tenths: tenths / 10)
_AMOUNTS = st.decimals(min_value=0, max_value=1500, places=2)


@st.composite
def _books(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return asks from 100 and bids from 101.8 down, all within one percent of the best."""
    asks = [(100 + step / 100, draw(_SIZES)) for step in draw(_steps())]
    bids = [(101.8 - step / 100, draw(_SIZES)) for step in draw(_steps())]
    return asks, bids


def _steps() -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(1, 45), max_size=4, unique=True).map(lambda s: [0, *sorted(s)])


def _walk(levels: list[tuple[float, float]], qty: Decimal) -> Decimal:
    value = Decimal(0)
    for price, size in levels:
        part = min(Decimal(repr(size)), qty)
        value += Decimal(repr(price)) * part
        qty -= part
    assert qty <= 0
    return value


@given(
    _books(),
    st.tuples(_LOTS, _LOTS),
    st.tuples(_AMOUNTS, st.decimals(min_value=0, max_value=12, places=2)),
    st.decimals(min_value=10, max_value=1500, places=0),
    st.decimals(min_value=500, max_value=5000, places=0),
    st.sampled_from(["0.001", "0.0005"]),
)
def test_no_lot_multiple_beats_the_chosen_one(
    books: tuple[list[tuple[float, float]], list[tuple[float, float]]],
    lots: tuple[str, str],
    holdings: tuple[Decimal, Decimal],
    amount: Decimal,
    equity: Decimal,
    fee: str,
) -> None:
    asks, bids = books
    rules = [
        Instrument(
            venue, "BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal(lot), Decimal(lot),
            min_notional=Decimal(20),
        )
        for venue, lot in zip(_VENUES, lots, strict=True)
    ]  # fmt: skip
    rate = Decimal(fee)
    state = tradeable_state(
        rules,
        [TradingFees(rate, rate)] * 2,
        {("ant", "USDT"): holdings[0], ("bee", "BTC"): holdings[1]},
        LIMITS,
        slippage_pct=Decimal(1),
        trade_amount_quote=amount,
        max_order_equity_pct=Decimal(20),
        min_profit_pct=Decimal(0),
    )
    offered = min(sum(size for _, size in levels) for levels in books)
    quotes = [
        QuoteView(name, bid, 1.0, ask, 1.0, 1, tradeable=True, verdict="live")
        for name, bid, ask in (("ant", 99.0, asks[0][0]), ("bee", bids[0][0], 102.0))
    ]
    signal = ArbitrageSignal(
        1, "BTC/USDT", quotes[0], quotes[1], 0.9, offered, 1.0, 1, 0, tuple(asks), tuple(bids)
    )

    plan = gate.judge(state, signal, equity, 1)

    cap, floor = Decimal("100.5"), Decimal("101.30")
    step = Decimal(math.lcm(*(int(Decimal(lot) * 10) for lot in lots))) / 10
    wanted = min(amount, equity * Decimal("0.2"), LIMITS.max_order_quote)
    depth = min(
        sum((Decimal(repr(s)) for p, s in asks if Decimal(repr(p)) <= cap), Decimal(0)),
        sum((Decimal(repr(s)) for p, s in bids if Decimal(repr(p)) >= floor), Decimal(0)),
        Decimal(repr(offered)),
    )

    def allowed(qty: Decimal) -> bool:
        return (
            qty <= depth
            and qty >= max(Decimal(lot) for lot in lots)
            and qty * max(cap, floor) <= wanted
            and qty * cap * (1 + rate) <= holdings[0]
            and qty <= holdings[1]
            and qty * cap >= 20
            and qty * floor >= 20
        )

    profits = {
        qty: _walk(bids, qty) * (1 - rate) - _walk(asks, qty) * (1 + rate)
        for number in range(1, 200)
        if allowed(qty := step * number)
    }
    if not profits:
        assert isinstance(plan, gate.Denial)
        assert plan.reason in (Reason.DEPTH, Reason.BALANCE_RESERVED, Reason.INSTRUMENT_RULES)
        return
    assert isinstance(plan, gate.Plan), plan
    assert (plan.buy_price, plan.sell_price) == (cap, floor)
    assert plan.qty in profits
    assert plan.expected == profits[plan.qty] == max(profits.values())
