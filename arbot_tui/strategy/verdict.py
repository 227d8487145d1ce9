"""The honest verdict: when nothing clears the fees, say so, and at which fees it would."""

from __future__ import annotations

import msgspec

__all__ = ["Edge", "clears_at_pct", "no_edge_words", "run_words"]


class Edge(msgspec.Struct, frozen=True):
    """The best pair of books, whether or not it clears the fees.

    Attributes:
        symbol: Canonical symbol.
        buy: Venue to buy on.
        sell: Venue to sell on.
        net_pct: Net edge after both taker fees, percent of the money spent.
        fees_pct: Both taker fees together, percent.
        clears_at_pct: Taker fee on either leg below which the edge would be positive, percent;
            zero or less where the books do not even overlap.
    """

    symbol: str
    buy: str
    sell: str
    net_pct: float
    fees_pct: float
    clears_at_pct: float


def clears_at_pct(ask_buy: float, bid_sell: float) -> float:
    """Return the taker fee in percent, the same on both legs, at which a pair breaks even.

    ``bid (1 - f) = ask (1 + f)`` solved for f; not positive where the books do not overlap.
    """
    return 100.0 * (bid_sell - ask_buy) / (bid_sell + ask_buy)


def no_edge_words(edge: Edge | None) -> str:
    """Return the verdict over what the books offer, empty while something clears the fees."""
    if edge is None:
        return "no two books to compare"
    if edge.net_pct > 0.0:
        return ""
    return f"nothing clears the fees: best {_described(edge)}"


def run_words(best: Edge | None, opportunities: int) -> str:
    """Return the verdict over a whole run.

    Args:
        best: The pair that overlapped most; None where no two books ever overlapped.
        opportunities: How many cleared the fees.
    """
    if opportunities:
        return f"{opportunities} opportunities cleared the fees"
    if best is None:
        return "nothing cleared the fees: no two books overlapped, not even without fees"
    return f"nothing cleared the fees: best {_described(best)}"


def _described(edge: Edge) -> str:
    pair = f"{edge.symbol} {edge.buy} → {edge.sell} {edge.net_pct:+.4f} %"
    if edge.clears_at_pct <= 0.0:
        return f"{pair}, not even without fees"
    return (
        f"{pair} at {edge.fees_pct:.3f} % of fees; it would at a taker fee"
        f" below {edge.clears_at_pct:.4f} % per leg"
    )
