"""What an order would meet: the newest best price, and the depth behind it where it is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import Level
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.books import BookSet

__all__ = ["visible_levels"]

_LEVELS = 100
# A late quote is still the newest there is; of the others nobody knows what the venue shows.
_SHOWN = frozenset({FeedState.LIVE, FeedState.DELAYED})


def visible_levels(
    board: QuoteBoard, books: BookSet, venue: int, row: int, side: OrderSide
) -> Sequence[Level]:
    """Return the levels that an order meets, best first; empty where none can be trusted.

    The board is the newest, but knows one level. What a synced book holds beyond the board's
    best price is taken from there; without such a book there is only the top.

    Args:
        board: Best bids and asks.
        books: Depth.
        venue: Number of the venue.
        row: Row of the symbol.
        side: Of the order: a buy meets the asks.
    """
    if row >= board.rows or board.book_state(venue, row) not in _SHOWN:
        return ()
    buying = side is OrderSide.BUY
    quote = board.latest[row][venue]
    best, size = (quote.ask, quote.ask_size) if buying else (quote.bid, quote.bid_size)
    top = [(best, size)] if 0 < best < math.inf and size > 0 else []
    book = books.book(venue, row)
    if book is None or not book.synced or book.crossed:
        return top
    resting = OrderSide.SELL if buying else OrderSide.BUY
    levels = book.levels(resting, _LEVELS)
    if not top or book.recv_ns >= quote.recv_ns:
        return levels
    return top + [level for level in levels if (level[0] > best) is buying and level[0] != best]
