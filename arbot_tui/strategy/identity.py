"""The identity guard: one ticker on two venues may be two different coins.

The price tells: the same coin does not cost 3 % more elsewhere for a minute, nor does it change
its price a thousandfold while the other venues' stands still. What was doubted once stays so until
a person allows it; a brief dislocation is no doubt, but an edge that is too good.
"""

from __future__ import annotations

import math

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.reference import reference_mid
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.config import IdentityConfig

__all__ = ["Doubt", "IdentityGuard"]

_MEASURES = 2
_PERSISTS_NS = 60 * SECOND
_JUMP = 2.0
"""A book that at least doubled or halved between two looks was renamed or redenominated…"""
_STILL = 1.2
"""…if the other venues moved by less than a fifth meanwhile."""


class Doubt(msgspec.Struct, frozen=True):
    """A book that may be another coin's, and why."""

    symbol: str
    venue: str
    why: str


class IdentityGuard:
    """Keeps the books whose coin is in doubt; a book is vetted before its first signal.

    Attributes:
        config: Gate and lists; `apply` replaces it.
    """

    def __init__(self, board: QuoteBoard, universe: Universe, config: IdentityConfig) -> None:
        """Doubt nothing yet."""
        self.config = config
        self._board = board
        self._universe = universe
        self._doubts: dict[tuple[int, int], str] = {}
        self._vetted: set[tuple[int, int]] = set()
        self._off_ns: dict[tuple[int, int], int] = {}
        self._seen: dict[tuple[int, int], tuple[float, float]] = {}
        self._jumped: set[tuple[int, int]] = set()

    def apply(self, config: IdentityConfig) -> None:
        """Go by `config` from now on.

        Another gate measures every book anew; what jumped stays in doubt until a person allows
        it.
        """
        if config.identity_ratio_pct != self.config.identity_ratio_pct:
            self._doubts = {key: why for key, why in self._doubts.items() if key in self._jumped}
            self._vetted.clear()
            self._off_ns.clear()
        self.config = config

    def why(self, venue: int, row: int) -> str:
        """Return why a book is not trusted; empty where it is."""
        listed = self._listed(venue, row)
        if listed is not None:
            return listed
        key = (venue, row)
        if key not in self._vetted:
            off_pct = self._off_pct(venue, row)
            if off_pct is not None:
                self._vetted.add(key)
                if abs(off_pct) > self.config.identity_ratio_pct:
                    self._doubts.setdefault(key, _off(off_pct))
        return self._doubts.get(key, "")

    def _listed(self, venue: int, row: int) -> str | None:
        """Return what the lists say: a reason, an empty text, or None for nothing."""
        config = self.config
        if not (config.identity_deny or config.identity_allow):
            return None
        base = self._universe.base(row).upper()
        names = (base, f"{base}@{self._board.venues[venue].upper()}")
        for name in names:
            if name in config.identity_deny:
                return f"denied by {name}"
        return "" if any(name in config.identity_allow for name in names) else None

    def look(self, now_ns: int) -> list[tuple[int, int]]:
        """Compare every book with the others, and return those that are newly in doubt.

        Called by a timer about once a second.
        """
        board = self._board
        before = set(self._doubts)
        for row in range(min(board.rows, len(self._universe))):
            for venue in range(len(board.venues)):
                self._look(venue, row, now_ns)
        return sorted(self._doubts.keys() - before)

    def _look(self, venue: int, row: int, now_ns: int) -> None:
        key = (venue, row)
        off_pct = self._off_pct(venue, row)
        if off_pct is None:
            return
        others = reference_mid(self._board, row, without=venue) or math.nan
        self.why(venue, row)
        mid = self._mid(venue, row)
        was, others_were = self._seen.get(key, (mid, others))
        self._seen[key] = (mid, others)
        jump = mid / was
        moved = max(others / others_were, others_were / others)
        if max(jump, 1.0 / jump) >= _JUMP and moved < _STILL:
            self._jumped.add(key)
            self._doubts.setdefault(key, f"jumped to {jump:.4g} times its price")
        if abs(off_pct) <= self.config.identity_ratio_pct:
            self._off_ns.pop(key, None)
        elif now_ns - self._off_ns.setdefault(key, now_ns) >= _PERSISTS_NS:
            self._doubts.setdefault(key, _off(off_pct))

    def _mid(self, venue: int, row: int) -> float:
        quote = self._board.latest[row][venue]
        return (quote.bid + quote.ask) / 2.0

    def _off_pct(self, venue: int, row: int) -> float | None:
        """Return how far a tradeable book is off the median of all; None where nobody can tell."""
        board, count = self._board, len(self._board.venues)
        blocked = board.blocked[row * count : (row + 1) * count]
        usable = blocked.count(0)
        if blocked[venue] or usable < _MEASURES:
            return None
        # Of two, each is the other's only measure.
        middle = reference_mid(board, row, without=venue if usable == _MEASURES else -1)
        return 100.0 * (self._mid(venue, row) / (middle or math.nan) - 1.0)

    def doubted(self) -> list[Doubt]:
        """Return every book that is not trusted, by symbol and venue."""
        found = []
        for row in range(min(self._board.rows, len(self._universe))):
            for venue, name in enumerate(self._board.venues):
                if why := self.why(venue, row):
                    found.append(Doubt(self._universe.symbol(row), name, why))
        return sorted(found, key=lambda doubt: (doubt.symbol, doubt.venue))


def _off(off_pct: float) -> str:
    return f"{off_pct:+.2f} % off the other venues"
