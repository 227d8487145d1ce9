"""The edge by size: what taking more and more from two books comes to, and what stops it. Pure.

Floats, for the screen: what is traded is sized in Decimal by the money core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arbot_tui.domain.quotes import Level
from arbot_tui.engine.answers import WalkView

__all__ = ["Cap", "walk"]

Cap = tuple[str, float]
"""(what it is, the base quantity that it allows)."""


def walk(
    buy: str,
    sell: str,
    asks: Sequence[Level],
    bids: Sequence[Level],
    buy_fee: float,
    sell_fee: float,
    caps: Sequence[Cap],
) -> WalkView:
    """Return the edge by size of buying from `asks` and selling to `bids`.

    Args:
        buy: Venue to buy on.
        sell: Venue to sell on.
        asks: Levels to buy from, best first.
        bids: Levels to sell to, best first.
        buy_fee: Taker fee of the buying leg, a fraction.
        sell_fee: Taker fee of the selling leg, a fraction.
        caps: Other limits of the quantity.
    """
    points: list[tuple[float, float]] = []
    qty = paid = received = 0.0
    best_qty = best_profit = 0.0
    stop = "the end of a book" if asks and bids else "no book"
    open_ended = True
    before = (0, 0)
    limit_name, limit = min(caps, key=lambda cap: cap[1], default=("", float("inf")))
    for part, ask, bid, level in _parts(asks, bids):
        gain = bid * (1.0 - sell_fee) - ask * (1.0 + buy_fee)
        if open_ended and gain <= 0.0:
            stop, open_ended = _where(level, before, buy, sell), False
        if open_ended:
            taken = min(part, limit - qty)
            best_qty += taken
            best_profit += taken * gain
            if taken < part:
                stop, open_ended = limit_name, False
        before = level
        qty += part
        paid += part * ask
        received += part * bid
        net = received * (1.0 - sell_fee) - paid * (1.0 + buy_fee)
        points.append((qty, 100.0 * net / paid))
    return WalkView(buy, sell, tuple(points), best_qty, best_profit, stop)


def _where(level: tuple[int, int], before: tuple[int, int], buy: str, sell: str) -> str:
    """Return which level does not pay any more: the one that was just reached."""
    if level[0] != before[0]:
        return f"{buy} level {level[0] + 1}"
    return f"{sell} level {level[1] + 1}" if level[1] else "fee"


def _parts(
    asks: Sequence[Level], bids: Sequence[Level]
) -> Iterator[tuple[float, float, float, tuple[int, int]]]:
    """Yield (base quantity, ask, bid, their level numbers) while both books offer something."""
    i = j = 0
    left_ask = asks[0][1] if asks else 0.0
    left_bid = bids[0][1] if bids else 0.0
    while i < len(asks) and j < len(bids):
        part = min(left_ask, left_bid)
        if part > 0.0:
            yield part, asks[i][0], bids[j][0], (i, j)
        left_ask -= part
        left_bid -= part
        if left_ask <= 0.0:
            i += 1
            left_ask = asks[i][1] if i < len(asks) else 0.0
        if left_bid <= 0.0:
            j += 1
            left_bid = bids[j][1] if j < len(bids) else 0.0
