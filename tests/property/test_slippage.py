"""One meaning of slippage: what detection hands over, the money core does not refuse for it.

The oracle computes in fractions what is left when both legs trade at the worst prices that the
allowance grants, from the sentence in arbot.toml alone.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import from_float
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState, TradingState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from arbot_tui.trading.core import gate
from arbot_tui.trading.core.state import CoreState
from tests.unit.trading.gate_state import tradeable_state
from tests.unit.trading.rig import LIMITS

_VENUES = ("ant", "bee")
_FEES = st.sampled_from(["0.001", "0.0008", "0.00075", "0", "-0.0001"])
_TICKS = st.sampled_from(["0.01", "0.001", "0.05", "0.1"])


@st.composite
def _cases(draw: st.DrawFn) -> tuple[float, float, list[str], list[str], str, str]:
    ask = draw(st.decimals(min_value=50, max_value=500, places=3))
    gain_pct = draw(st.decimals(min_value="0.01", max_value="1.2", places=4))
    bid = (ask * (1 + gain_pct / 100)).quantize(Decimal("0.001"))
    return (
        float(ask),
        float(bid),
        [draw(_FEES), draw(_FEES)],
        [draw(_TICKS), draw(_TICKS)],
        draw(st.sampled_from(["0", "0.02", "0.1", "0.37", "1"])),
        draw(st.sampled_from(["0", "0.05", "0.1", "0.3"])),
    )


def _left_pct(ask: float, bid: float, fees: list[str], slippage: str) -> Fraction:
    """Return the edge when each leg loses half of the allowance."""
    half = Fraction(slippage) / 200
    cap, floor = Fraction(repr(ask)) * (1 + half), Fraction(repr(bid)) * (1 - half)
    paid, got = cap * (1 + Fraction(fees[0])), floor * (1 - Fraction(fees[1]))
    return 100 * (got - paid) / cap


def _detected(
    ask: float, bid: float, fees: list[str], slippage: str, least: str
) -> list[ArbitrageSignal]:
    board, universe = QuoteBoard(_VENUES), Universe()
    universe.add("BTC", "USDT")
    settings = DetectionSettings(float(least), float(slippage))
    strategy = ArbitrageStrategy(
        board, universe, _VENUES, settings, RejectFunnel(2), OpportunityBook()
    )
    signals: list[ArbitrageSignal] = []
    strategy.add_signal_callback(signals.append)
    for venue, fee in enumerate(fees):
        board.set_fee(venue, 0, float(fee))
        board.set_venue_verdict(venue, FeedState.LIVE)
    for venue, (low, high) in enumerate([(ask * 0.999, ask), (bid, bid * 1.001)]):
        ticker = Ticker(venue, 0, low, 2.0, high, 2.0, 0, venue + 1)
        board.update(ticker)
        strategy.on_ticker(ticker)
    return signals


@given(_cases())
def test_detection_and_money_core_agree_on_what_is_left_after_slippage(
    case: tuple[float, float, list[str], list[str], str, str],
) -> None:
    ask, bid, fees, ticks, slippage, least = case
    left_pct = _left_pct(ask, bid, fees, slippage)
    signals = _detected(ask, bid, fees, slippage, least)

    if abs(left_pct - Fraction(least)) > 1e-9 and abs(left_pct) > 1e-9:
        assert bool(signals) is (left_pct > 0 and left_pct >= Fraction(least))
    if not signals:
        return
    plan = gate.judge(_state(fees, ticks, slippage, least), signals[0], None, 2)

    if isinstance(plan, gate.Denial):
        # Coarse ticks may leave no depth within a limit, and an edge may be too good; the worst
        # case is what both were computed from.
        assert plan.reason is not Reason.WORST_CASE_EDGE or abs(left_pct - Fraction(least)) < 1e-9
        return
    half = Fraction(slippage) / 200
    assert Fraction(plan.buy_price) <= Fraction(from_float(ask)) * (1 + half)
    assert Fraction(plan.sell_price) >= Fraction(from_float(bid)) * (1 - half)
    cap, floor = Fraction(plan.buy_price), Fraction(plan.sell_price)
    kept = floor * (1 - Fraction(fees[1])) - cap * (1 + Fraction(fees[0]))
    # Rounding to ticks only ever adds to what was promised.
    assert 100 * kept / cap >= left_pct


def _state(fees: list[str], ticks: list[str], slippage: str, least: str) -> CoreState:
    rules = [
        Instrument(venue, "BTCUSDT", "BTC", "USDT", Decimal(tick), Decimal("0.001"))
        for venue, tick in zip(_VENUES, ticks, strict=True)
    ]
    state = tradeable_state(
        rules,
        [TradingFees(Decimal(fee), Decimal(fee)) for fee in fees],
        {(venue, asset): Decimal(10**6) for venue in _VENUES for asset in ("BTC", "USDT")},
        LIMITS,
        min_profit_pct=Decimal(least),
        slippage_pct=Decimal(slippage),
    )
    assert state.trading is TradingState.ACTIVE
    return state
