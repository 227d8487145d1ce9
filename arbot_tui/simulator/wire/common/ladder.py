"""Books told as a snapshot and then by what changed since."""

from __future__ import annotations

from typing import NamedTuple

from arbot_tui.simulator.core.book import Book, Level

__all__ = ["Ladder", "LadderState", "LadderUpdate"]


class LadderState(NamedTuple):
    """A whole book as it was last told.

    Attributes:
        update_id: Identity of this state.
        ts_ns: Matching-engine time, UTC nanoseconds.
        bids: Buy levels, best first.
        asks: Sell levels, best first.
    """

    update_id: int
    ts_ns: int
    bids: list[Level]
    asks: list[Level]


class LadderUpdate(NamedTuple):
    """What leads from one told state to the next.

    Attributes:
        prev_id: Identity of the state it starts from.
        update_id: Identity of the state it leads to.
        ts_ns: Matching-engine time, UTC nanoseconds.
        bids: Buy levels that differ, absolute quantities; zero lots remove.
        asks: Sell levels likewise.
    """

    prev_id: int
    update_id: int
    ts_ns: int
    bids: list[Level]
    asks: list[Level]


class Ladder:
    """Remembers what listeners have been told about one book.

    All listeners share one chain: a new one gets `state`, the last told state, so that the
    next `update` continues it.

    Args:
        book: The book, whose state now is the start of the chain.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self.state = _state(book)

    def update(self) -> LadderUpdate | None:
        """Return the change since the last told state, or None; it counts as told."""
        if self._book.update_id == self.state.update_id:
            return None
        before, self.state = self.state, _state(self._book)
        return LadderUpdate(
            prev_id=before.update_id,
            update_id=self.state.update_id,
            ts_ns=self.state.ts_ns,
            bids=sorted(_differing(before.bids, self.state.bids), reverse=True),
            asks=sorted(_differing(before.asks, self.state.asks)),
        )


def _state(book: Book) -> LadderState:
    return LadderState(book.update_id, book.ts_ns, list(book.bids), list(book.asks))


def _differing(before: list[Level], after: list[Level]) -> list[Level]:
    old, new = dict(before), dict(after)
    changed = [Level(ticks, 0) for ticks in old.keys() - new.keys()]
    changed += [Level(ticks, lots) for ticks, lots in new.items() if old.get(ticks) != lots]
    return changed
