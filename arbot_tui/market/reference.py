"""The price that the venues agree on: the middle of their middles."""

from __future__ import annotations

from arbot_tui.market.board import QuoteBoard

__all__ = ["reference_mid"]


def reference_mid(
    board: QuoteBoard, row: int, without: int = -1, *, least: int = 1
) -> float | None:
    """Return the median of the tradeable books' mids; None where there are too few.

    Args:
        board: The quotes.
        row: Row of the symbol.
        without: Number of a venue that does not count.
        least: How many books it takes, one or more.
    """
    blocked, base = board.blocked, row * len(board.venues)
    mids = [
        (quote.bid + quote.ask) / 2.0
        for venue, quote in enumerate(board.latest[row])
        if venue != without and not blocked[base + venue]
    ]
    if len(mids) < least:
        return None
    mids.sort()
    middle = len(mids) // 2
    return mids[middle] if len(mids) % 2 else (mids[middle - 1] + mids[middle]) / 2.0
