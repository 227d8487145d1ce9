"""The age rule: an old quote is held against a book only if the market moved on without it.

A quiet symbol may keep its quote for minutes and be right. It is wrong when the other venues
have moved meanwhile: then this one symbol has silently stopped (RELIABILITY b1, MISSION F11).
"""

from __future__ import annotations

from arbot_tui.domain.clock import MS
from arbot_tui.market.board import QuoteBoard

__all__ = ["BookAges"]

_MOVED = 0.001
"""10 bps."""
_OVERLAP_NS = 100 * MS
"""A frame is stamped a little before it is seen here."""


class BookAges:
    """Compares each book's silence with what the other venues' mids did meanwhile.

    Looked at a few times a second instead of at every quote, which keeps it off the hot path.
    The others' middle venue counts, so that one dislocated venue accuses nobody.
    """

    def __init__(self) -> None:
        """Start without memory."""
        self._looked_ns = 0
        self._members: list[tuple[int, ...]] = []
        self._seen_ns: list[int] = []
        self._own: list[float] = []
        self._others: list[float] = []
        self._reference: list[float] = []

    def stale(self, board: QuoteBoard, now_ns: int) -> list[tuple[int, int]]:
        """Return (venue, row) of tradeable books that the market has left behind."""
        found: list[tuple[int, int]] = []
        count = len(board.venues)
        self._grow(board.rows, count)
        recv_ns = board.recv_ns
        since_ns, self._looked_ns = self._looked_ns - _OVERLAP_NS, now_ns
        for row in range(board.rows):
            base = row * count
            # Where nothing arrived since the last look, nobody moved.
            if max(recv_ns[base : base + count]) >= since_ns:
                self._look(board, row, count, found)
        return found

    def _grow(self, rows: int, count: int) -> None:
        fresh = rows - len(self._members)
        self._members.extend([()] * fresh)
        self._seen_ns.extend([0] * fresh * count)
        for values in (self._own, self._others, self._reference):
            values.extend([0.0] * fresh * count)

    def _look(self, board: QuoteBoard, row: int, count: int, found: list[tuple[int, int]]) -> None:
        base = row * count
        members = tuple(v for v in range(count) if board.blocked[base + v] == 0)
        regrouped = members != self._members[row]
        self._members[row] = members
        if len(members) < 2:
            return
        quotes = {v: board.latest[row][v] for v in members}
        mids = {v: (quote.bid + quote.ask) / 2 for v, quote in quotes.items()}
        for venue in members:
            i = base + venue
            others = sorted(mid for v, mid in mids.items() if v != venue)
            middle = (others[(len(others) - 1) // 2], others[len(others) // 2])
            now = (middle[0] + middle[1]) / 2
            if regrouped:
                self._reference[i] = now
            elif board.recv_ns[i] != self._seen_ns[i]:
                self._reference[i] = self._unanswered(i, mids[venue], now)
            elif min(abs(mid / self._reference[i] - 1.0) for mid in middle) >= _MOVED:
                found.append((venue, row))
            self._seen_ns[i] = board.recv_ns[i]
            self._own[i] = mids[venue]
            self._others[i] = now

    def _unanswered(self, i: int, own: float, others: float) -> float:
        """Return the reference of a book that was heard since the last look.

        It is not known who came first in between, so the others' move counts from the last look
        on, less what this book moved in the same direction.
        """
        moved = others / self._others[i] - 1.0
        answered = own / self._own[i] - 1.0
        answered = min(max(answered, min(moved, 0.0)), max(moved, 0.0))
        return others / (1.0 + moved - answered)
