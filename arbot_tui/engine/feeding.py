"""The hot path of the engine: what an adapter decoded goes to board, verdicts and detection.

Plain functions on the receiving task, in one order: verdicts first, since they judge the
connection; then the board; then detection, which judges on both.
"""

from __future__ import annotations

from collections.abc import Callable

from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.domain.quotes import BookKind, BookUpdate, Ticker
from arbot_tui.market.board import UNCHANGED, QuoteBoard
from arbot_tui.market.books import BookSet
from arbot_tui.market.feeds import FeedMonitor
from arbot_tui.strategy.detector import ArbitrageStrategy

__all__ = ["MarketFeed"]


class MarketFeed:
    """The market-data sink of every adapter.

    Attributes:
        newest: By venue and row, the newest ticker since `take_newest`, for the recorder.
    """

    def __init__(
        self,
        board: QuoteBoard,
        books: BookSet,
        monitor: FeedMonitor,
        strategy: ArbitrageStrategy,
        judge: Callable[[int], None],
    ) -> None:
        """Connect the parts; `judge` takes a venue's verdict at once, outside its timer."""
        self._board = board
        self._books = books
        self._monitor = monitor
        self._by_row = monitor.by_row
        self._check = strategy.on_ticker
        self._judge = judge
        self.newest: list[dict[int, Ticker]] = [{} for _ in board.venues]
        self._news: list[FeedEvent] = []

    @property
    def quotes(self) -> int:
        """Best bid/ask updates received."""
        return sum(map(self._monitor.quotes, range(len(self._board.venues))))

    def on_ticker(self, ticker: Ticker) -> None:
        """Take a best bid and ask."""
        changed = self._board.update(ticker)
        venue, row = ticker.exchange, ticker.row
        try:
            connection = self._by_row[venue][row]
        except IndexError:
            connection = self._monitor.connection(venue, row)
        if connection.on_frame(ticker.event_ns, ticker.recv_ns, changed > UNCHANGED):
            self._judge(venue)
        if changed:
            self.newest[venue][row] = ticker
            self._check(ticker, changed)

    def on_book(self, update: BookUpdate) -> None:
        """Take a depth message; a whole book may be one that changed last long ago."""
        event_ns = update.event_ns if update.kind is BookKind.DELTA else 0
        if self._monitor.on_depth(update.exchange, update.row, event_ns, update.recv_ns):
            self._judge(update.exchange)
        self._books.apply(update)

    def on_feed(self, event: FeedEvent) -> None:
        """Take a change in the life of a connection."""
        self._monitor.on_feed(event)
        if event.kind in (FeedEventKind.CONNECTED, FeedEventKind.ASSIGNED):
            self._judge(event.exchange)
        if event.kind is FeedEventKind.DISCONNECTED:
            self._board.clear_venue(event.exchange, event.rows)
            self._books.clear_venue(event.exchange, event.rows)
            self._judge(event.exchange)
        if event.kind not in (FeedEventKind.ALIVE, FeedEventKind.ASSIGNED):
            self._news.append(event)

    def take_newest(self) -> list[dict[int, Ticker]]:
        """Return the newest tickers since the last call, by venue and row."""
        taken, self.newest = self.newest, [{} for _ in self.newest]
        return taken

    def take_news(self) -> list[FeedEvent]:
        """Return what connections went through since the last call, for the log."""
        taken, self._news = self._news, []
        return taken
