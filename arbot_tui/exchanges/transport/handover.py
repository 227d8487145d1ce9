"""Moving the order books of a connection to the one that replaces it, without a hole.

Both connections tell the same book, cut into different messages. The new one's is built here,
unseen, until it is newer than all that the old one has told; then it is handed on as a snapshot,
and what follows comes from the new connection alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.quotes import BookKind, BookUpdate, Level

__all__ = ["BookHandover"]

# Changes kept of a book whose old connection lags; ten a second is the most there are.
_MOST_AHEAD = 100


class _Draft:
    """A book in the making: levels by price, and where it stands."""

    __slots__ = ("asks", "bids", "newest")

    def __init__(self, snapshot: BookUpdate) -> None:
        self.bids = dict(snapshot.bids)
        self.asks = dict(snapshot.asks)
        self.newest = snapshot

    def change(self, update: BookUpdate) -> None:
        for held, levels in ((self.bids, update.bids), (self.asks, update.asks)):
            for price, size in levels:
                if size:
                    held[price] = size
                else:
                    held.pop(price, None)
        self.newest = update

    def snapshot(self) -> BookUpdate:
        newest = self.newest
        return BookUpdate(
            newest.exchange,
            newest.row,
            BookKind.SNAPSHOT,
            0,
            newest.last_id,
            -1,
            _sorted(self.bids, falling=True),
            _sorted(self.asks, falling=False),
            newest.event_ns,
            newest.recv_ns,
        )


class BookHandover:
    """The books of one connection that is being replaced."""

    def __init__(self, continuity: Continuity, told: Mapping[int, BookUpdate]) -> None:
        """Start with every book still told by the old connection.

        Args:
            continuity: Which message follows which.
            told: The newest message handed on, by row; kept by the caller.
        """
        self._continuity = continuity
        self._told = told
        self._drafts: dict[int, _Draft] = {}
        self._ahead: dict[int, deque[BookUpdate]] = {}
        self._moved: set[int] = set()

    def has_moved(self, row: int) -> bool:
        """Tell whether a book is told by the new connection already."""
        return row in self._moved

    def from_new(self, update: BookUpdate) -> BookUpdate | None:
        """Take a message of the new connection; return what is to be handed on, if anything."""
        row = update.row
        if row in self._moved:
            return update
        if self._continuity is Continuity.RANGE:
            return self._join(update)
        draft = self._drafts.get(row)
        if update.kind is BookKind.SNAPSHOT:
            draft = self._drafts[row] = _Draft(update)
        elif draft is not None and self._follows(draft.newest, update):
            draft.change(update)
        else:
            # Without a beginning, or with a hole: it waits for the next snapshot.
            self._drafts.pop(row, None)
            return None
        told = self._told.get(row)
        if told is not None and draft.newest.event_ns <= told.event_ns:
            return None
        return self._move(row, draft)

    def _join(self, update: BookUpdate) -> BookUpdate | None:
        """Go on where the last change told ends: ids are the same on all connections.

        Where the old connection is late the new one's changes wait until it has caught up.
        """
        row, told = update.row, self._told.get(update.row)
        ahead = self._ahead.setdefault(row, deque(maxlen=_MOST_AHEAD))
        if ahead and update.first_id != ahead[-1].last_id + 1:
            ahead.clear()
        ahead.append(update)
        if told is None:
            return None
        while ahead and ahead[0].last_id <= told.last_id:
            ahead.popleft()
        if not ahead or ahead[0].first_id > told.last_id + 1:
            return None
        self._moved.add(row)
        return _merged(self._ahead.pop(row))

    def rest(self) -> list[BookUpdate]:
        """Return the books that have not moved, as the new connection has them."""
        return [self._move(row, draft) for row, draft in tuple(self._drafts.items())]

    def _move(self, row: int, draft: _Draft) -> BookUpdate:
        self._moved.add(row)
        self._drafts.pop(row, None)
        return draft.snapshot()

    def _follows(self, held: BookUpdate, update: BookUpdate) -> bool:
        if self._continuity is Continuity.PREVIOUS_ID:
            return update.prev_id == held.last_id
        return self._continuity is Continuity.CONSECUTIVE and update.last_id == held.last_id + 1


def _merged(changes: Sequence[BookUpdate]) -> BookUpdate:
    """Return changes that follow each other as one."""
    newest = changes[-1]
    bids = dict(level for change in changes for level in change.bids)
    asks = dict(level for change in changes for level in change.asks)
    first_id = changes[0].first_id
    return replace(newest, first_id=first_id, bids=[*bids.items()], asks=[*asks.items()])


def _sorted(side: dict[float, float], *, falling: bool) -> list[Level]:
    return sorted(side.items(), reverse=falling)
