"""The order books of a line: which are wanted, how each began, and which socket tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.quotes import BookKind, BookUpdate
from arbot_tui.exchanges.transport.handover import BookHandover
from arbot_tui.exchanges.transport.limiter import RateLimiter, acquire

__all__ = ["LineBooks", "ResyncLimits"]

_RESYNC_EVERY_NS = 4 * SECOND
_RESYNCS, _RESYNC_PERIOD_NS = 3, 300 * SECOND


class LineBooks:
    """What is told of the books that are followed in depth."""

    def __init__(
        self,
        continuity: Continuity,
        tell: Callable[[BookUpdate], None],
        fetch_snapshot: Callable[[int], None] | None,
    ) -> None:
        """Start without books.

        Args:
            continuity: Which message follows which.
            tell: Hands a message on.
            fetch_snapshot: Fetches a book where the stream began without one; None where a
                subscription always begins with a snapshot.
        """
        self._continuity = continuity
        self._tell = tell
        self._fetch = fetch_snapshot
        self._symbols: dict[int, str] = {}
        self._told: dict[int, BookUpdate] = {}
        self._begins: set[int] = set()
        self._without_snapshot: set[int] = set()
        self._handover: BookHandover | None = None

    def __contains__(self, row: int) -> bool:
        """Tell whether depth of `row` is wanted."""
        return row in self._symbols

    @property
    def symbols(self) -> tuple[str, ...]:
        """Wire symbols whose depth is wanted."""
        return tuple(self._symbols.values())

    def follow(self, row: int, symbol: str) -> None:
        """Want depth of a row."""
        self._symbols[row] = symbol

    def leave(self, row: int) -> None:
        """Want depth of a row no longer; what still comes of it is dropped."""
        self._symbols.pop(row, None)
        self._told.pop(row, None)
        self._begins.discard(row)
        self._without_snapshot.discard(row)

    def restart(self) -> None:
        """Forget what a connection told that has ended."""
        self._told.clear()
        self._begins.clear()
        self._without_snapshot.clear()
        self._handover = None

    def subscribed(self, row: int) -> None:
        """Note that the venue accepted a subscription: its first message comes next."""
        if self._fetch is None or row not in self._symbols:
            return
        if self._continuity is Continuity.RANGE:
            # Its streams never begin with a snapshot, and a quiet one with nothing at all.
            self._without_snapshot.add(row)
            self._fetch(row)
        else:
            self._begins.add(row)
            self._without_snapshot.discard(row)

    def fetch(self, row: int) -> bool:
        """Fetch a snapshot of a book whose stream has none; False where the stream has."""
        if self._fetch is None or row not in self._without_snapshot:
            return False
        self._fetch(row)
        return True

    def begin_handover(self) -> None:
        """Expect each book from a second socket, too."""
        self._handover = BookHandover(self._continuity, self._told)

    def end_handover(self) -> None:
        """Take everything from the second socket from now on."""
        handover, self._handover = self._handover, None
        for update in handover.rest() if handover is not None else ():
            if update.row in self._symbols:
                self._hand_on(update)

    def has_moved(self, row: int) -> bool:
        """Tell whether a book is told by the second socket already."""
        return self._handover is not None and self._handover.has_moved(row)

    @property
    def all_moved(self) -> bool:
        """Whether every book is told by the second socket already."""
        return all(map(self.has_moved, self._symbols))

    def take(self, update: BookUpdate, socket: Literal["first", "second"]) -> None:
        """Hand on a message, unless the other socket tells that book."""
        if update.row not in self._symbols:
            return
        handover = self._handover
        if handover is not None:
            if socket == "second":
                moved = handover.from_new(update)
                if moved is None:
                    return
                update = moved
            elif handover.has_moved(update.row):
                return
        self._hand_on(update)

    def _hand_on(self, update: BookUpdate) -> None:
        row = update.row
        if row in self._begins:
            self._begins.discard(row)
            if update.kind is BookKind.DELTA and self._fetch is not None:
                self._without_snapshot.add(row)
                self._fetch(row)
        self._told[row] = update
        self._tell(update)


class ResyncLimits:
    """How often one symbol may be started over.

    A venue that keeps breaking one symbol costs requests that the others need: after three
    attempts in five minutes it is left alone until they have passed.
    """

    def __init__(self) -> None:
        """Start with nothing tried."""
        self._limits: dict[int, tuple[RateLimiter, RateLimiter]] = {}

    def take(self, row: int, now_ns: int) -> bool:
        """Count an attempt for `row` and return True, or return False where it has to wait."""
        limits = self._limits.get(row)
        if limits is None:
            limits = self._limits[row] = (
                RateLimiter(1, _RESYNC_EVERY_NS, reserve=0.0),
                RateLimiter(_RESYNCS, _RESYNC_PERIOD_NS, reserve=0.0),
            )
        return acquire([(limit, 1) for limit in limits], now_ns) == 0

    def forget(self, row: int) -> None:
        """Forget a row that is no longer followed."""
        self._limits.pop(row, None)
