"""One contiguous time in which a (symbol, buy, sell) clears the fees."""

from __future__ import annotations

import msgspec

__all__ = ["Opportunity"]


class Opportunity(msgspec.Struct):
    """Life of one opportunity from first seen to closed.

    Attributes:
        id: Identity within this run.
        symbol: Canonical symbol.
        buy: Venue to buy on.
        sell: Venue to sell on.
        opened_ns: First tick that cleared the fees.
        last_ns: Latest tick on which it still did.
        closed_ns: Tick that ended it; 0 while open.
        edge_pct: Net edge now (or last), percent.
        peak_pct: Highest net edge seen, percent.
        buy_price: Ask at the latest tick.
        sell_price: Bid at the latest tick.
        qty: Base quantity both tops offered at the latest tick.
        profit_quote: Net profit of `qty` in quote currency at the latest tick.
        peak_profit_quote: Highest such profit seen.
        signalled: It was handed to the money core.
        pair_id: The pair committed for it; empty while none.
        reason: Why it was not traded (latest deny), else why it closed.
        closed_reason: Why it closed; empty while open.
    """

    id: int
    symbol: str
    buy: str
    sell: str
    opened_ns: int
    last_ns: int
    edge_pct: float
    peak_pct: float
    buy_price: float
    sell_price: float
    qty: float
    profit_quote: float
    peak_profit_quote: float
    closed_ns: int = 0
    signalled: bool = False
    pair_id: str = ""
    reason: str = ""
    closed_reason: str = ""
