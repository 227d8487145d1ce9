"""Which wire symbols a parser reads, and what it has seen of each.

A frame looks one thing up: the object in which its symbol's row and newest quote are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

__all__ = ["LEFT", "Followed", "LastSeen", "Seen"]

LEFT = -1
"""Stands for the row of a symbol that is no longer followed, while frames of it still come."""


class Seen(Protocol):
    """What was seen of one symbol's quotes.

    Attributes:
        row: Its row; `LEFT` for all that were left.
    """

    row: int

    def restart(self) -> None:
        """Take the next quote for news, whatever it says."""
        ...


class LastSeen:
    """Number and time of the newest quote.

    Attributes:
        row: Its row.
        seq: The venue's sequence number; -1 before the first.
        ts: Its time in the venue's milliseconds; 0 before the first.
    """

    __slots__ = ("row", "seq", "ts")

    def __init__(self, row: int) -> None:
        """Start with nothing seen."""
        self.row = row
        self.restart()

    def restart(self) -> None:
        """Let the next quote be news: its time is later than this."""
        self.seq = -1
        self.ts = 0


SeenT = TypeVar("SeenT", bound=Seen)


class Followed(Generic[SeenT]):
    """The symbols of one parser, by name and by row."""

    __slots__ = ("_by_row", "_gone", "_lines", "_make")

    def __init__(self, make: Callable[[int], SeenT], gone: SeenT, rows: Mapping[str, int]) -> None:
        """Start with nothing seen.

        Args:
            make: Makes what is kept of a symbol, from its row.
            gone: Stands for every symbol that was left.
            rows: Wire symbol to row.
        """
        self._make = make
        self._gone = gone
        self._lines: dict[str, SeenT] = {}
        self._by_row: dict[int, SeenT] = {}
        for symbol, row in rows.items():
            self.follow(symbol, row)

    def follow(self, symbol: str, row: int) -> None:
        """Read frames of a wire symbol, stamped with its row."""
        self._lines[symbol] = self._by_row.setdefault(row, self._make(row))

    def leave(self, symbol: str) -> None:
        """Pass over what still comes of a wire symbol."""
        self._by_row.pop(self._row(symbol), None)
        self._lines[symbol] = self._gone

    def forget(self, row: int) -> None:
        """Take the next quote of a row for news, whatever it says."""
        line = self._by_row.get(row)
        if line is not None:
            line.restart()

    def restart(self) -> None:
        """Take the next quote of every row for news: a new connection begins."""
        for line in self._by_row.values():
            line.restart()

    def _row(self, symbol: str) -> int:
        """Return the row of a wire symbol; `LEFT` where it is not followed."""
        return self._lines.get(symbol, self._gone).row
