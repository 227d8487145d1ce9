"""All order books that are followed in depth, and what their gaps mean for the board."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookUpdate, Level
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.book import Book, BookStatus

__all__ = ["BookSet"]

_MAX_LEVELS = {
    Continuity.RANGE: 1000,
    Continuity.PREVIOUS_ID: 400,
    Continuity.CONSECUTIVE: 50,
    Continuity.SNAPSHOT_ONLY: 400,
}
_USED_LEVELS = 50
"""More levels than this never decide a size."""
_CROSSED_NS = 500 * MS
_RETRY_NS = 5 * SECOND
_BEHIND_NS = 5 * SECOND


class BookSet:
    """Applies depth messages, and has one symbol resynced where its book is not to be trusted.

    A gap marks the board's book `gapped` before `apply` returns, so that no signal is judged on
    a symbol whose venue has lost a message; the mark goes when the book is synced again.
    """

    def __init__(
        self,
        board: QuoteBoard,
        continuity: Sequence[Continuity],
        resync: Callable[[int, int], None],
    ) -> None:
        """Start without books.

        Args:
            board: Where a gap or a crossed book is marked.
            continuity: Rule of each venue, in venue order.
            resync: Asks the adapter of a venue to start the book of a row afresh. It may be
                called again before a snapshot came: pacing is the adapter's business.
        """
        self._board = board
        self._continuity = tuple(continuity)
        self._resync = resync
        self._books: dict[tuple[int, int], Book] = {}
        self._asked_ns: dict[tuple[int, int], int] = {}
        self._crossed_ns: dict[tuple[int, int], int] = {}
        self._dropped: set[tuple[int, int]] = set()
        self.gaps = [0] * len(self._continuity)
        """Gaps found, by venue."""

    def apply(self, update: BookUpdate) -> BookStatus:
        """Take a depth message; a book is made with its first one."""
        key = (update.exchange, update.row)
        book = self._books.get(key)
        if book is None:
            if key in self._dropped:
                return BookStatus.IGNORED
            rule = self._continuity[update.exchange]
            book = self._books[key] = Book(rule, _MAX_LEVELS[rule])
        was_synced = book.synced
        status = book.apply(update)
        if status is BookStatus.APPLIED:
            self._judge(key, book, update.recv_ns)
        elif status is BookStatus.GAP:
            self.gaps[update.exchange] += 1
            self._crossed_ns.pop(key, None)
            # A book that never stood lost nothing: its best bid and ask are still good.
            if was_synced:
                self._board.set_book_state(*key, FeedState.GAPPED)
            self._ask(key, update.recv_ns)
        elif status is BookStatus.BUFFERED and key not in self._asked_ns:
            self._ask(key, update.recv_ns)
        return status

    def _judge(self, key: tuple[int, int], book: Book, now_ns: int) -> None:
        """Draw the consequences of a book that is synced."""
        self._asked_ns.pop(key, None)
        if book.crossed:
            self._board.set_book_state(*key, FeedState.CROSSED)
            self._crossed_ns.setdefault(key, now_ns)
            return
        self._crossed_ns.pop(key, None)
        self._board.set_book_state(*key, FeedState.LIVE)
        if book.exhausted:
            # Nothing is wrong with it, it only ends too early to size an order.
            book.restart()
            self._ask(key, now_ns)

    def _ask(self, key: tuple[int, int], now_ns: int) -> None:
        self._asked_ns[key] = now_ns
        self._resync(*key)

    def check(self, now_ns: int) -> None:
        """Ask once more where a snapshot does not come, or a book stays crossed or falls behind.

        Called by a timer a few times a second.
        """
        for key, since_ns in list(self._crossed_ns.items()):
            if now_ns - since_ns >= _CROSSED_NS:
                del self._crossed_ns[key]
                self._books[key].restart()
                self._board.set_book_state(*key, FeedState.GAPPED)
                self._ask(key, now_ns)
        for key, book in self._books.items():
            # Every change of the best prices is one of the book's: its channel has stopped.
            changed_ns = self._board.latest[key[1]][key[0]].recv_ns
            if book.synced and changed_ns - book.recv_ns >= _BEHIND_NS:
                book.restart()
                self._asked_ns.setdefault(key, now_ns - _RETRY_NS)
        for key, asked_ns in list(self._asked_ns.items()):
            if now_ns - asked_ns >= _RETRY_NS:
                self._ask(key, now_ns)

    def book(self, venue: int, row: int) -> Book | None:
        """Return the book, for display; None where no depth was ever received."""
        return self._books.get((venue, row))

    def depth(self, venue: int, row: int, side: OrderSide) -> Sequence[Level]:
        """Return levels, best first, that may decide a size: resting bids for `BUY`.

        Empty where the book is not synced, crossed, or older than the board's quote.
        """
        book = self._books.get((venue, row))
        if book is None or not book.synced or book.crossed:
            return ()
        if book.recv_ns < self._board.latest[row][venue].recv_ns:
            return ()
        return book.levels(side, _USED_LEVELS)

    def synced(self, venue: int) -> int:
        """Return how many books of a venue stand as the venue has them."""
        return sum(1 for key, book in self._books.items() if key[0] == venue and book.synced)

    def follow(self, venue: int, row: int) -> None:
        """Take depth of a symbol again after `drop`."""
        self._dropped.discard((venue, row))

    def drop(self, venue: int, row: int) -> None:
        """Forget a book that is no longer followed, and what still arrives of it."""
        self._dropped.add((venue, row))
        self._forget((venue, row))

    def clear_venue(self, venue: int, rows: Collection[int] | None = None) -> None:
        """Forget the books of a venue whose connection was lost; None names all its rows."""
        for key in list(self._books):
            if key[0] == venue and (rows is None or key[1] in rows):
                self._forget(key)

    def _forget(self, key: tuple[int, int]) -> None:
        if self._books.pop(key, None) is not None:
            self._asked_ns.pop(key, None)
            self._crossed_ns.pop(key, None)
            self._board.set_book_state(*key, FeedState.LIVE)
