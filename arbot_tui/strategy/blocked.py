"""Why two books of which one may not be traded are no opportunity."""

from __future__ import annotations

from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard

__all__ = ["why_blocked"]


def why_blocked(
    board: QuoteBoard, buy: tuple[int, int], sell: tuple[int, int]
) -> tuple[Reason, str]:
    """Return why a candidate is refused, and the word that ends its opportunity.

    Args:
        board: The quotes.
        buy: (row, venue) of the book to buy from.
        sell: (row, venue) of the book to sell to.
    """
    books = (buy, sell)
    if any(board.is_closed(venue, row) for row, venue in books):
        return Reason.STATUS_OK, Reason.STATUS_OK.value
    states = [board.book_state(venue, row) for row, venue in books]
    state = states[0] if states[0] is not FeedState.LIVE else states[1]
    # No usable quote where there was one: the connection, or the quote itself, was lost.
    failed = FeedState.DOWN if state is FeedState.CONNECTING else state
    crossed = FeedState.CROSSED in states
    return (Reason.CROSSED if crossed else Reason.DATA_FRESH), failed.value
