"""No pair's limit price is farther from where all venues are than the collar allows."""

from __future__ import annotations

import statistics
from decimal import Decimal

from hypothesis import assume, example, given
from hypothesis import strategies as st

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.strategy.offer import make_signal
from arbot_tui.trading.core import gate
from arbot_tui.trading.core.state import CoreState
from tests.unit.trading.gate_state import tradeable_state
from tests.unit.trading.rig import LIMITS


@given(
    low=st.floats(99.0, 101.0),
    edge_pct=st.floats(0.4, 1.8),
    # Where the other venues are, and how far from one another.
    apart_pct=st.floats(-6.0, 6.0),
    noises_pct=st.lists(st.floats(-2.0, 2.0), max_size=3),
    live=st.lists(st.booleans(), min_size=3, max_size=3),
)
@example(low=100.0, edge_pct=1.0, apart_pct=5.0, noises_pct=[0.0, 0.1, 0.2], live=[True] * 3)
@example(low=100.0, edge_pct=1.0, apart_pct=-5.0, noises_pct=[0.0, 0.1, 0.2], live=[False] * 3)
def test_the_median_of_all_live_books_bounds_both_limit_prices(
    low: float, edge_pct: float, apart_pct: float, noises_pct: list[float], live: list[bool]
) -> None:
    others = [low * (1 + (apart_pct + noise_pct) / 100) for noise_pct in noises_pct]
    names = ("ant", "bee", "cat", "dog", "eel")[: 2 + len(others)]
    board = QuoteBoard(names)
    mids = [low, low * (1 + edge_pct / 100), *others]
    for venue, mid in enumerate(mids):
        is_live = venue < 2 or live[venue - 2]
        board.set_fee(venue, 0, 0.0)
        board.set_venue_verdict(venue, FeedState.LIVE if is_live else FeedState.STALE)
        board.update(Ticker(venue, 0, mid * 0.9999, 9.0, mid * 1.0001, 9.0, 1, 1))
    bid, ask = board.latest[0][1].bid, board.latest[0][0].ask
    opportunity = Opportunity(
        1, "BTC/USDT", "ant", "bee", 1, 1, edge_pct, edge_pct, ask, bid, 1.0, 0.1, 0.1
    )
    signal = make_signal(board, None, 0.02, opportunity, (0, 0, 1), 1, 0)
    assert isinstance(signal, ArbitrageSignal)

    plan = gate.judge(_state(), signal, None, 1)

    counted = mids[:2] + [mid for mid, is_live in zip(others, live, strict=False) if is_live]
    # Two books alone are within the edge of each other, which has a bound of its own.
    median = statistics.median(counted)
    off_pct = max(abs(price / median - 1) * 100 for price in (ask, bid))
    assume(abs(off_pct - 3) > 0.02)
    if off_pct < 3:
        assert isinstance(plan, gate.Plan), plan
        for price in (plan.buy_price, plan.sell_price):
            assert abs(float(price) / median - 1) <= 0.03
    else:
        assert isinstance(plan, gate.Denial)
        assert plan.reason is Reason.PRICE_COLLAR
        assert plan.detail.endswith("% off the median")


def _state() -> CoreState:
    rules = [
        Instrument(venue, "BTCUSDT", "BTC", "USDT", Decimal("0.0001"), Decimal("0.001"))
        for venue in ("ant", "bee")
    ]
    free = TradingFees(Decimal(0), Decimal(0))
    held = {("ant", "USDT"): Decimal(10_000), ("bee", "BTC"): Decimal(100)}
    return tradeable_state(rules, [free, free], held, LIMITS)
