"""Edges and sizes over random books of several levels, against walks written here in decimals.

`compare_edge` judges what detection shows and hands over, `compare_size` what the money core makes
of a signal. Both draw one case, compare it, and raise where anything differs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from random import Random

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import Level, Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from arbot_tui.trading.core import gate
from tests.unit.trading.gate_state import tradeable_state
from tests.unit.trading.rig import LIMITS

__all__ = ["EdgeDesk", "SizeCase", "compare_edge", "compare_size", "draw_size_case"]

_VENUES = ("ant", "bee")
_SLIPPAGE_PCT = 0.4
_FEES = ("0.001", "0.0008", "0.00075", "0", "-0.0001", "0.0045")
_HUNDRED = Decimal(100)


def _exact(number: float) -> Decimal:
    """Return the decimal that a venue wrote for a float."""
    return Decimal(repr(number))


def _walk(levels: Sequence[Level], qty: Decimal) -> Decimal:
    """Return the quote value of taking `qty`, best level first; fails where there is less."""
    value = Decimal(0)
    for price, size in levels:
        part = min(_exact(size), qty)
        value += _exact(price) * part
        qty -= part
    assert qty <= 0
    return value


class EdgeDesk:
    """Detection between two venues, with depth that the test sets."""

    def __init__(self) -> None:
        self.board, universe = QuoteBoard(_VENUES), Universe()
        universe.add("AAA", "USDT")
        self.lives = OpportunityBook()
        self.depth: dict[tuple[int, OrderSide], list[Level]] = {}
        self.strategy = ArbitrageStrategy(
            self.board,
            universe,
            _VENUES,
            DetectionSettings(0.0, _SLIPPAGE_PCT),
            RejectFunnel(2),
            self.lives,
            lambda venue, row, side: self.depth[venue, side],
        )
        self.signals: list[ArbitrageSignal] = []
        self.strategy.add_signal_callback(self.signals.append)
        for venue in (0, 1):
            self.board.set_venue_verdict(venue, FeedState.LIVE)


def _ladder(draw: Random, best: float, digits: int, *, rising: bool) -> list[Level]:
    """Return up to six levels from `best` on, prices of so many significant digits."""
    sign = 1.0 if rising else -1.0
    levels = [(best, _size(draw))]
    for _ in range(draw.randrange(6)):
        price = float(f"{levels[-1][0] * (1.0 + sign * draw.uniform(0.0, 0.001)):.{digits}g}")
        if price != levels[-1][0]:
            levels.append((price, _size(draw)))
    return levels


def _size(draw: Random) -> float:
    return float(f"{10 ** draw.uniform(-4.0, 3.0):.6g}")


def compare_edge(desk: EdgeDesk, draw: Random) -> bool:
    """Quote two random books, compare what is shown and handed over; tell whether an edge stood."""
    board, digits = desk.board, draw.randrange(6, 13)
    mid = 10 ** draw.uniform(-3.0, 5.0)
    fees = [draw.choice(_FEES) for _ in _VENUES]
    ladders: list[dict[OrderSide, list[Level]]] = []
    board.clear_venue(0)
    board.clear_venue(1)
    desk.signals.clear()
    for venue, fee in enumerate(fees):
        bid = float(f"{mid * draw.uniform(0.99, 1.01):.{digits}g}")
        ask = float(f"{bid * draw.uniform(1.0002, 1.001):.{digits}g}")
        ladders.append(
            {
                OrderSide.SELL: _ladder(draw, ask, digits, rising=True),
                OrderSide.BUY: _ladder(draw, bid, digits, rising=False),
            }
        )
        board.set_fee(venue, 0, float(fee))
        for side, levels in ladders[venue].items():
            desk.depth[venue, side] = levels
    for venue, ladder in enumerate(ladders):
        (ask, ask_size), (bid, bid_size) = ladder[OrderSide.SELL][0], ladder[OrderSide.BUY][0]
        ticker = Ticker(venue, 0, bid, bid_size, ask, ask_size, 0, 1)
        if change := board.update(ticker):
            desk.strategy.on_ticker(ticker, change)
    with localcontext(prec=60):
        return _judge_edge(desk, ladders, [Decimal(fee) for fee in fees])


def _judge_edge(
    desk: EdgeDesk, ladders: list[dict[OrderSide, list[Level]]], fees: list[Decimal]
) -> bool:
    edges = {}
    for buy, sell in ((0, 1), (1, 0)):
        ask = _exact(ladders[buy][OrderSide.SELL][0][0])
        bid = _exact(ladders[sell][OrderSide.BUY][0][0])
        edges[buy, sell] = _HUNDRED * (bid * (1 - fees[sell]) - ask * (1 + fees[buy])) / ask
        opportunity = desk.lives.find((0, buy, sell))
        # A rebate on both sides may clear without an overlap, which is no opportunity.
        if abs(edges[buy, sell]) > Decimal("1e-9") and abs(bid - ask) > Decimal("1e-9") * ask:
            assert (opportunity is not None) is (edges[buy, sell] > 0 and bid > ask)
        if opportunity is not None:
            assert abs(_exact(opportunity.edge_pct) - edges[buy, sell]) <= Decimal("1e-9")
            assert (opportunity.buy_price, opportunity.sell_price) == (float(ask), float(bid))
    best = desk.strategy.ranking.best_edge(0)
    assert best is not None
    assert abs(_exact(best[2]) - max(edges.values())) <= Decimal("1e-9")
    for signal in desk.signals:
        buy, sell = _VENUES.index(signal.buy.venue), _VENUES.index(signal.sell.venue)
        _judge_signal(
            signal,
            ladders[buy][OrderSide.SELL],
            ladders[sell][OrderSide.BUY],
            (fees[buy], fees[sell]),
        )
    return any(edge > 0 for edge in edges.values())


def _judge_signal(
    signal: ArbitrageSignal, asks: list[Level], bids: list[Level], fees: tuple[Decimal, Decimal]
) -> None:
    """Compare quantity and profit with a walk through what lies within the limits."""
    half = Decimal(repr(_SLIPPAGE_PCT)) / 200
    cap, floor = _exact(asks[0][0]) * (1 + half), _exact(bids[0][0]) * (1 - half)
    near = Decimal("1e-12")
    if any(
        abs(_exact(p) - limit) <= near * limit for p, _ in asks + bids for limit in (cap, floor)
    ):
        return  # a level that lies on its limit to the last bit of a float
    within = (
        [level for level in asks if _exact(level[0]) <= cap],
        [level for level in bids if _exact(level[0]) >= floor],
    )
    assert (list(signal.asks), list(signal.bids)) == within
    qty = min(sum((_exact(size) for _, size in levels), Decimal(0)) for levels in within)
    assert abs(_exact(signal.qty) / qty - 1) <= Decimal("1e-9")
    paid, got = _walk(within[0], qty) * (1 + fees[0]), _walk(within[1], qty) * (1 - fees[1])
    # The difference of two large sums: relative to what is spent, as a percentage is.
    assert abs(_exact(signal.expected_quote) - (got - paid)) <= Decimal("1e-11") * paid


class SizeCase:
    """Two books, the venues' rules, and what the account may spend.

    Attributes:
        asks: Levels of ``ant``, best first, from 100 on.
        bids: Levels of ``bee``, best first, from 101.8 down.
        lots: Lot steps of both venues.
        holdings: USDT on ``ant`` and BTC on ``bee``.
        amount: Trade amount in USDT.
        equity: Value of the account in USDT.
        fee: Taker fee of both venues, a fraction.
    """

    def __init__(
        self,
        asks: list[Level],
        bids: list[Level],
        lots: tuple[str, str],
        holdings: tuple[Decimal, Decimal],
        amount: Decimal,
        equity: Decimal,
        fee: str,
    ) -> None:
        self.asks, self.bids, self.lots, self.holdings = asks, bids, lots, holdings
        self.amount, self.equity, self.fee = amount, equity, fee


def draw_size_case(draw: Random) -> SizeCase:
    """Return a random case."""

    def side(best: float, sign: int) -> list[Level]:
        steps = [0, *sorted(draw.sample(range(1, 46), draw.randrange(8)))]
        return [(round(best + sign * step / 100, 2), draw.randrange(1, 31) / 10) for step in steps]

    lot = ("0.1", "0.2", "0.3", "0.5")
    return SizeCase(
        side(100.0, 1),
        side(101.8, -1),
        (draw.choice(lot), draw.choice(lot)),
        (Decimal(draw.randrange(150_001)) / 100, Decimal(draw.randrange(1_201)) / 100),
        Decimal(draw.randrange(10, 1_501)),
        Decimal(draw.randrange(500, 5_001)),
        draw.choice(["0.001", "0.0005", "0.004"]),
    )


def compare_size(case: SizeCase) -> bool:
    """Compare the money core's quantity with every lot multiple; tell whether there was one."""
    asks, bids = case.asks, case.bids
    rules = [
        Instrument(
            venue, "BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal(lot), Decimal(lot),
            min_notional=Decimal(20),
        )
        for venue, lot in zip(_VENUES, case.lots, strict=True)
    ]  # fmt: skip
    rate = Decimal(case.fee)
    state = tradeable_state(
        rules,
        [TradingFees(rate, rate)] * 2,
        {("ant", "USDT"): case.holdings[0], ("bee", "BTC"): case.holdings[1]},
        LIMITS,
        slippage_pct=Decimal(1),
        # As wide as these books are.
        collar_pct=Decimal(100),
        trade_amount_quote=case.amount,
        max_order_equity_pct=Decimal(20),
        min_profit_pct=Decimal(0),
    )
    offered = min(sum(size for _, size in levels) for levels in (asks, bids))
    quotes = [
        QuoteView(name, bid, 1.0, ask, 1.0, 1, tradeable=True, verdict="live")
        for name, bid, ask in (("ant", 99.0, asks[0][0]), ("bee", bids[0][0], 102.0))
    ]
    signal = ArbitrageSignal(
        1, "BTC/USDT", quotes[0], quotes[1], 0.9, offered, 1.0, 1, 0, tuple(asks), tuple(bids)
    )
    plan = gate.judge(state, signal, case.equity, 1)
    cap, floor = Decimal("100.5"), Decimal("101.30")
    worst = floor * (1 - rate) - cap * (1 + rate)
    profits = _profits(case, cap, floor)
    if not profits or worst <= 0:
        assert isinstance(plan, gate.Denial)
        assert worst > 0 or plan.reason is Reason.WORST_CASE_EDGE
        assert worst <= 0 or plan.reason in (
            Reason.DEPTH,
            Reason.BALANCE_RESERVED,
            Reason.INSTRUMENT_RULES,
        )
        return False
    assert isinstance(plan, gate.Plan), plan
    assert (plan.buy_price, plan.sell_price) == (cap, floor)
    assert plan.qty in profits
    assert plan.expected == profits[plan.qty] == max(profits.values())
    return True


def _profits(case: SizeCase, cap: Decimal, floor: Decimal) -> Mapping[Decimal, Decimal]:
    """Return the profit of every lot multiple that all rules and amounts allow."""
    asks, bids, rate = case.asks, case.bids, Decimal(case.fee)
    lots = [Decimal(lot) for lot in case.lots]
    step = Decimal(math.lcm(*(int(lot * 10) for lot in lots))) / 10
    wanted = min(case.amount, case.equity * Decimal("0.2"), LIMITS.max_order_quote)
    depth = min(
        sum((_exact(s) for p, s in asks if _exact(p) <= cap), Decimal(0)),
        sum((_exact(s) for p, s in bids if _exact(p) >= floor), Decimal(0)),
    )

    def allowed(qty: Decimal) -> bool:
        return (
            qty <= depth
            and qty >= max(lots)
            and qty * max(cap, floor) <= wanted
            and qty * cap * (1 + rate) <= case.holdings[0]
            and qty <= case.holdings[1]
            and qty * cap >= 20
            and qty * floor >= 20
        )

    return {
        qty: _walk(bids, qty) * (1 - rate) - _walk(asks, qty) * (1 + rate)
        for number in range(1, 300)
        if allowed(qty := step * number)
    }
