"""The diff depth stream: every level touched since the last event, at its latest quantity.

Binance numbers events with the range U…u of book update ids they cover, without gaps. Levels
that appeared and vanished between two events must be in it as zeros, or a REST snapshot taken
in between could not be joined with the stream.
"""

from __future__ import annotations

from typing import NamedTuple

from arbot_tui.simulator.core.book import Book, Level

__all__ = ["DepthEvent", "DepthTracker"]


class DepthEvent(NamedTuple):
    """Changes of one book between two moments.

    Attributes:
        first_id: First update id covered.
        last_id: Last update id covered.
        bids: Touched buy levels, absolute quantities; zero lots remove.
        asks: Touched sell levels, likewise.
    """

    first_id: int
    last_id: int
    bids: list[Level]
    asks: list[Level]


class DepthTracker:
    """Collects what happens to one book between events.

    Args:
        book: The book, whose state now is the start of the chain.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._told_id = self._seen_id = book.update_id
        self._bids = dict(book.bids)
        self._asks = dict(book.asks)
        self._touched_bids: set[int] = set()
        self._touched_asks: set[int] = set()

    def observe(self) -> None:
        """Note what the book's latest change touched; to be called after every change."""
        book = self._book
        if book.update_id == self._seen_id:
            return
        self._seen_id = book.update_id
        bids, asks = dict(book.bids), dict(book.asks)
        # Items in exactly one of two states: levels that came, went or changed size.
        self._touched_bids.update(ticks for ticks, _ in bids.items() ^ self._bids.items())
        self._touched_asks.update(ticks for ticks, _ in asks.items() ^ self._asks.items())
        self._bids, self._asks = bids, asks

    def take_event(self) -> DepthEvent | None:
        """Return everything since the last event, or None if nothing has changed."""
        if self._seen_id == self._told_id:
            return None
        event = DepthEvent(
            self._told_id + 1,
            self._seen_id,
            [Level(t, self._bids.get(t, 0)) for t in sorted(self._touched_bids, reverse=True)],
            [Level(t, self._asks.get(t, 0)) for t in sorted(self._touched_asks)],
        )
        self._told_id = self._seen_id
        self._touched_bids.clear()
        self._touched_asks.clear()
        return event
