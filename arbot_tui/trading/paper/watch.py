"""Market data on its way through, and a look at the rows that matter to paper orders."""

from __future__ import annotations

from collections.abc import Callable

from arbot_tui.domain.feed import FeedEvent
from arbot_tui.domain.quotes import BookUpdate, Ticker
from arbot_tui.exchanges.base import MarketDataSink

__all__ = ["Watch"]


class Watch:
    """Passes market data on, and looks at the rows that matter to paper orders."""

    def __init__(
        self,
        sink: MarketDataSink,
        watched: set[int],
        look: Callable[[int, Ticker | None], None],
    ) -> None:
        """Pass everything on to `sink`.

        Args:
            sink: Who the market data is for.
            watched: Rows that are looked at; may change at any time.
            look: Is told of a watched row and, where it was one, of the best bid and ask.
        """
        self._on_ticker = sink.on_ticker
        self._on_book = sink.on_book
        self._on_feed = sink.on_feed
        self._watched = watched
        self._look = look

    def on_ticker(self, ticker: Ticker) -> None:
        """Take a new best bid and ask."""
        self._on_ticker(ticker)
        if ticker.row in self._watched:
            self._look(ticker.row, ticker)

    def on_book(self, update: BookUpdate) -> None:
        """Take a depth message."""
        self._on_book(update)
        if update.row in self._watched:
            self._look(update.row, None)

    def on_feed(self, event: FeedEvent) -> None:
        """Take a change in the life of the feed."""
        self._on_feed(event)
