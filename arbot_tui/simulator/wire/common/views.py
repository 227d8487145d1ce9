"""The books of a venue as its clients may see them: standing still while a symbol is halted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from arbot_tui.simulator.core.book import Book, BookChange, Level
from arbot_tui.simulator.core.fault_args import FreezeArgs
from arbot_tui.simulator.core.faults import Fault, FaultBoard, FaultKind
from arbot_tui.simulator.core.instruments import Instrument

__all__ = ["BookView", "BookViews"]


class BookView(Protocol):
    """What can be seen of a book."""

    @property
    def update_id(self) -> int:
        """Identity of the state."""

    @property
    def ts_ns(self) -> int:
        """Matching-engine time of the state."""

    @property
    def bids(self) -> list[Level]:
        """Buy levels, best first."""

    @property
    def asks(self) -> list[Level]:
        """Sell levels, best first."""

    @property
    def best_bid(self) -> Level:
        """Highest buy level; (0, 0) if there is none."""

    @property
    def best_ask(self) -> Level:
        """Lowest sell level; (0, 0) if there is none."""

    def change(self) -> BookChange:
        """Return the top as a change to publish."""


@dataclass(frozen=True, slots=True)
class _Still:
    """A book as it was."""

    update_id: int
    ts_ns: int
    bids: list[Level]
    asks: list[Level]
    top: BookChange

    @property
    def best_bid(self) -> Level:
        return self.top.bid

    @property
    def best_ask(self) -> Level:
        return self.top.ask

    def change(self) -> BookChange:
        return self.top


def _still(book: Book) -> _Still:
    return _Still(book.update_id, book.ts_ns, list(book.bids), list(book.asks), book.change())


class BookViews:
    """What clients of one venue see.

    Args:
        venue: Name of the venue.
        books: Its books by canonical symbol.
        board: The faults; those of this venue that stop a book are followed.
    """

    def __init__(self, venue: str, books: Mapping[str, Book], board: FaultBoard) -> None:
        self._venue = venue
        self._books = books
        self._board = board
        self._halted: dict[str, _Still] = {}
        self._stuck: dict[Fault, dict[str, _Still]] = {}
        board.watch(self._changed)

    def live(self, instrument: Instrument) -> BookView:
        """Return a book as it is told now."""
        return self._halted.get(instrument.symbol) or self._books[instrument.symbol]

    def cached(self, instrument: Instrument) -> BookView:
        """Return a book as the REST order book shows it."""
        for stills in self._stuck.values():
            if instrument.symbol in stills:
                return stills[instrument.symbol]
        return self.live(instrument)

    def _changed(self, fault: Fault, started: bool) -> None:
        if fault.venue != self._venue:
            return
        symbols = list(self._books) if fault.symbol is None else [fault.symbol]
        if fault.kind is FaultKind.STATUS:
            for symbol in symbols:
                if not self._books[symbol].listing.silent:
                    self._halted.pop(symbol, None)
                elif symbol not in self._halted:
                    self._halted[symbol] = _still(self._books[symbol])
        elif isinstance(fault.args, FreezeArgs) and fault.args.channel == "snapshot":
            if started:
                self._stuck[fault] = {symbol: _still(self._books[symbol]) for symbol in symbols}
            else:
                self._stuck.pop(fault, None)
