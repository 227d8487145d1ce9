"""One order book, kept from snapshots and deltas under its venue's continuity rule.

The rule decides for every message whether it belongs next, is old, has to wait for a snapshot,
or proves that one before it is missing. A book that missed one holds nothing any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from enum import Enum

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookKind, BookUpdate, Level
from arbot_tui.market.ladder import Ladder

__all__ = ["Book", "BookStatus"]

_MAX_PENDING = 1000
# Two sockets that overlap in a rotation cut the same changes into different events, at most a
# second apart. Older ids under a clearly newer time mean that the venue numbers afresh.
_RENUMBERED_NS = SECOND
_LOWEST, _HIGHEST = 1e-18, 1e18


class BookStatus(Enum):
    """What became of a depth message."""

    APPLIED = "applied"
    IGNORED = "ignored"
    """Duplicate or late: its content is already in the book."""
    BUFFERED = "buffered"
    """Kept until the snapshot that it follows arrives."""
    GAP = "gap"
    """Something is missing: the book was emptied and needs a snapshot."""


class Book:
    """The price levels of one symbol on one venue.

    Attributes:
        continuity: The venue's rule.
        synced: The levels are the venue's as of `last_id`.
        last_id: Update id the book stands at.
        event_ns: Exchange time of the message it stands at; 0 where that carried none.
        recv_ns: When that message was received.
    """

    def __init__(self, continuity: Continuity, max_levels: int = 1000) -> None:
        """Start empty, waiting for a snapshot.

        Args:
            continuity: The venue's rule.
            max_levels: Levels kept a side. For `PREVIOUS_ID` and `CONSECUTIVE` the depth of the
                channel: the venue sends a level again when it comes back into that depth.
        """
        self.continuity = continuity
        self.synced = False
        self.last_id = 0
        self.event_ns = 0
        self.recv_ns = 0
        rolling = continuity is not Continuity.RANGE
        self._bids = Ladder(1.0, max_levels, rolling=rolling)
        self._asks = Ladder(-1.0, max_levels, rolling=rolling)
        self._pending: deque[BookUpdate] = deque()

    def apply(self, update: BookUpdate) -> BookStatus:
        """Take one depth message; after `GAP` the caller has to ask for a snapshot."""
        if not (_possible(update.bids) and _possible(update.asks)):
            return self._lose()
        if update.kind is BookKind.SNAPSHOT:
            return self._take_snapshot(update)
        if self.continuity is Continuity.SNAPSHOT_ONLY:
            return self._lose()  # nothing could prove what it changes
        if not self.synced:
            return self._keep(update)
        if self._is_old(update):
            return BookStatus.IGNORED
        if not self._follows(update):
            self._lose()
            self._pending.append(update)
            return BookStatus.GAP
        self._change(update)
        return BookStatus.APPLIED

    def restart(self) -> None:
        """Empty the book and wait for a snapshot; deltas are kept from now on."""
        self._lose()

    @property
    def crossed(self) -> bool:
        """Whether the best bid is not below the best ask."""
        bid, ask = self.best()
        return bid is not None and ask is not None and bid[0] >= ask[0]

    @property
    def exhausted(self) -> bool:
        """Whether the market moved so far that what is known on a side runs out."""
        return self.synced and (self._bids.exhausted or self._asks.exhausted)

    def best(self) -> tuple[Level | None, Level | None]:
        """Return the best bid and the best ask; None where that side is empty."""
        return self._bids.best(), self._asks.best()

    def levels(self, side: OrderSide, n: int) -> list[Level]:
        """Return up to `n` levels, best first: resting bids for `BUY`, asks for `SELL`."""
        return (self._bids if side is OrderSide.BUY else self._asks).top(n)

    def _take_snapshot(self, update: BookUpdate) -> BookStatus:
        if self.synced and self._is_old_snapshot(update):
            return BookStatus.IGNORED
        self._bids.load(update.bids)
        self._asks.load(update.asks)
        self._stand_at(update)
        self.synced = True
        return self._splice()

    def _splice(self) -> BookStatus:
        """Apply what was kept before the snapshot and is not in it."""
        first = True
        while self._pending:
            update = self._pending[0]
            if not self._is_covered(update):
                follows = self._joins(update) if first else self._follows(update)
                if not follows:
                    # What is still kept may follow the next snapshot.
                    kept = self._pending
                    self._lose()
                    self._pending = kept
                    return BookStatus.GAP
                self._change(update)
                first = False
            self._pending.popleft()
        return BookStatus.APPLIED

    def _keep(self, update: BookUpdate) -> BookStatus:
        if len(self._pending) >= _MAX_PENDING:
            # No snapshot came for very long: have it asked for again.
            self._lose()
            self._pending.append(update)
            return BookStatus.GAP
        self._pending.append(update)
        return BookStatus.BUFFERED

    def _is_covered(self, update: BookUpdate) -> bool:
        """Tell whether what a kept delta says is in the state held already."""
        times = self.event_ns and update.event_ns and update.event_ns - self.event_ns
        if self.continuity is not Continuity.RANGE and times:
            # Over a maintenance reset ids go back, time does not.
            return times < 0
        return update.last_id <= self.last_id

    def _joins(self, update: BookUpdate) -> bool:
        """Tell whether a kept delta, newer than the snapshot held, is the first one after it."""
        return self._follows(update) or (
            self.continuity is Continuity.PREVIOUS_ID and update.prev_id < self.last_id
        )

    def _follows(self, update: BookUpdate) -> bool:
        """Tell whether a delta comes directly after the state held."""
        if self.continuity is Continuity.RANGE:
            return update.first_id <= self.last_id + 1 <= update.last_id
        if self.continuity is Continuity.CONSECUTIVE:
            return update.last_id == self.last_id + 1
        # Heartbeats (id unchanged) and maintenance resets (id smaller) pass as well.
        return update.prev_id == self.last_id

    def _is_old(self, update: BookUpdate) -> bool:
        if update.last_id > self.last_id:
            return False
        if self.continuity is Continuity.RANGE:
            return not self.event_ns or update.event_ns <= self.event_ns + _RENUMBERED_NS
        if self.continuity is Continuity.CONSECUTIVE:
            # Later than what is held, and smaller: numbered afresh, and the snapshot was lost.
            return update.event_ns <= self.event_ns
        if update.prev_id == self.last_id:
            return False
        # Smaller ids alone prove nothing: after a lost maintenance reset all are smaller.
        return 0 < update.event_ns <= self.event_ns

    def _is_old_snapshot(self, update: BookUpdate) -> bool:
        if self.continuity is Continuity.RANGE:
            return update.last_id <= self.last_id
        if update.event_ns and self.event_ns and update.event_ns != self.event_ns:
            # A restarted service numbers afresh; its time goes on.
            return update.event_ns < self.event_ns
        if self.continuity is Continuity.CONSECUTIVE and update.last_id == 1:
            return False  # it restarted before the book changed again
        return update.last_id <= self.last_id

    def _change(self, update: BookUpdate) -> None:
        self._bids.change(update.bids)
        self._asks.change(update.asks)
        self._stand_at(update)

    def _stand_at(self, update: BookUpdate) -> None:
        self.last_id = update.last_id
        self.event_ns = update.event_ns
        self.recv_ns = update.recv_ns

    def _lose(self) -> BookStatus:
        self.synced = False
        self.last_id = 0
        self.event_ns = 0
        self._bids.clear()
        self._asks.clear()
        self._pending = deque()
        return BookStatus.GAP


def _possible(levels: Iterable[Level]) -> bool:
    """Tell whether all numbers are finite, prices above zero and sizes not below."""
    return all(_LOWEST < price < _HIGHEST and 0.0 <= size < _HIGHEST for price, size in levels)
