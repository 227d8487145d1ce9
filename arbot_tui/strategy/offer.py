"""From an opportunity to the signal that asks for it: what both books offer within the limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arbot_tui.domain.edge import limit_prices
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import Level
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.reference import reference_mid
from arbot_tui.strategy.liquidity import offered, taken_value

__all__ = ["ABSURD_RATIO", "DepthSource", "make_signal"]

DepthSource = Callable[[int, int, OrderSide], Sequence[Level]]
"""(venue, row, resting side) to levels, best first; empty where depth is not to be trusted."""

# So many books have a median that says more than the two that are compared.
_TELLING = 3

ABSURD_RATIO = 2.0
"""A bid at so many times an ask is no market but a broken quote, or another coin: whatever the
limits of the money core, it is not handed over."""


def make_signal(
    board: QuoteBoard,
    depth: DepthSource | None,
    slippage_pct: float,
    opportunity: Opportunity,
    pair: tuple[int, int, int],
    now_ns: int,
    loop_lag_ns: int,
) -> ArbitrageSignal | Reason:
    """Return what to hand over, or why it cannot be.

    Args:
        board: The quotes.
        depth: Levels beyond the top of book, where they are known.
        slippage_pct: What both legs together may lose against their quotes, percent.
        opportunity: As it stands now.
        pair: Its (row, venue to buy on, venue to sell on).
        now_ns: The tick.
        loop_lag_ns: Lag of the event loop.
    """
    row, buy, sell = pair
    b, s = row * len(board.venues) + buy, row * len(board.venues) + sell
    asks: Sequence[Level] = ()
    bids: Sequence[Level] = ()
    if depth is not None:
        asks, bids = depth(buy, row, OrderSide.SELL), depth(sell, row, OrderSide.BUY)
    top_ask, top_bid = board.latest[row][buy], board.latest[row][sell]
    cap, floor = limit_prices(opportunity.buy_price, opportunity.sell_price, slippage_pct)
    asks = offered(asks or ((top_ask.ask, top_ask.ask_size),), cap, buying=True)
    bids = offered(bids or ((top_bid.bid, top_bid.bid_size),), floor, buying=False)
    qty = min(sum(size for _, size in levels) for levels in (asks, bids))
    if qty <= 0.0:
        return Reason.DEPTH
    if bids[0][0] > asks[0][0] * ABSURD_RATIO:
        return Reason.EDGE_TOO_GOOD
    brings = taken_value(bids, qty) * (1.0 - board.fee[s])
    costs = taken_value(asks, qty) * (1.0 + board.fee[b])
    return ArbitrageSignal(
        opportunity_id=opportunity.id,
        symbol=opportunity.symbol,
        buy=board.quote_view(buy, row),
        sell=board.quote_view(sell, row),
        edge_pct=opportunity.edge_pct,
        qty=qty,
        expected_quote=brings - costs,
        created_ns=now_ns,
        loop_lag_ns=loop_lag_ns,
        asks=asks,
        bids=bids,
        median=reference_mid(board, row, least=_TELLING) or 0.0,
    )
