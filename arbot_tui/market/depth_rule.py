"""Whose order books are followed in depth: symbols near an edge, and those on screen.

Best bid and ask of every symbol find an edge; depth tells how much of it can be had. Depth of
every symbol would cost more than it is worth, and venues allow only so many subscriptions. No
clock of its own: every time is passed in, `Clock.now_ns`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.feed import DepthLimits
from arbot_tui.market.board import QuoteBoard

__all__ = ["DepthChange", "DepthRule"]

STAY_NS = 30 * SECOND
"""A book is followed for so long after it was last near an edge or on screen, at the least."""
SLACK = 0.5
"""A followed book stays near an edge for so much of the distance beyond it."""

_ASKED_AGAIN_NS = 3 * SECOND
_SEEN_NS = 5 * SECOND
_HOUR_NS = 3_600 * SECOND
# Of a venue's starts in an hour: kept for what a person looks at.
_SCREEN_SHARE = 0.2

_Key = tuple[int, int]


class DepthChange(msgspec.Struct, frozen=True):
    """Begin or end to follow one book in depth."""

    venue: int
    row: int
    wanted: bool


class _Followed:
    """A book that is followed: since when, until when it was wanted, and its best pair's edge."""

    __slots__ = ("begun_ns", "score_pct", "wanted_ns")

    def __init__(self, score_pct: float, now_ns: int) -> None:
        self.begun_ns = self.wanted_ns = now_ns
        self.score_pct = score_pct


class DepthRule:
    """Chooses the books; told of the screen, asked a few times a second.

    A book is wanted when the best pair that it is part of lies within `near_pct` of what would be
    traded, and it stays wanted until half as much again is missing: then it is held for a while,
    so that an edge that comes and goes costs no subscriptions. Where more are wanted than a venue
    may have, the best edges win, but nothing is left before it was held for that while.
    """

    def __init__(
        self, board: QuoteBoard, limits: Sequence[DepthLimits], near_pct: float, most: int
    ) -> None:
        """Start with nothing followed.

        Args:
            board: The quotes.
            limits: What each venue allows, in venue order.
            near_pct: Distance from the edge that would be traded, percent.
            most: Most books of a venue, its own limit aside.
        """
        self._board = board
        self._limits = tuple(limits)
        self._near_pct = near_pct
        self._most = [min(most, limit.rows) for limit in limits]
        self._starts: list[deque[int]] = [deque() for _ in limits]
        self._followed: dict[_Key, _Followed] = {}
        self._asked_ns: dict[int, int] = {}
        self._seen_ns: dict[int, int] = {}

    def look_at(self, row: int, now_ns: int) -> None:
        """A person looks at `row`; told again for as long as that is so.

        Only a row that stays on screen is followed: scrolling past costs nothing.
        """
        if now_ns - self._asked_ns.get(row, -_ASKED_AGAIN_NS) < _ASKED_AGAIN_NS:
            self._seen_ns[row] = now_ns
        self._asked_ns[row] = now_ns

    def is_followed(self, venue: int, row: int) -> bool:
        """Tell whether depth of a book is followed."""
        return (venue, row) in self._followed

    def count(self, venue: int) -> int:
        """Return how many books of a venue are followed."""
        return sum(1 for followed in self._followed if followed[0] == venue)

    def choose(self, threshold_pct: float, now_ns: int) -> list[DepthChange]:
        """Return what is to be begun and ended, in the order to carry it out.

        Args:
            threshold_pct: Net edge from which on a pair would be traded, percent.
            now_ns: The time.
        """
        self._forget_screen(now_ns)
        scores = self._scores(threshold_pct - self._near_pct * (1.0 + SLACK))
        screen = {
            (venue, row)
            for row in self._seen_ns
            for venue in range(len(self._limits))
            if self._board.is_quoted(venue, row)
        }
        for key, followed in self._followed.items():
            followed.score_pct = scores.get(key, float("-inf"))
            if key in scores or key in screen:
                followed.wanted_ns = now_ns
        changes = [
            self._leave(key)
            for key, followed in tuple(self._followed.items())
            if now_ns - followed.wanted_ns >= STAY_NS
        ]
        near_pct = threshold_pct - self._near_pct
        new = [key for key, pct in scores.items() if pct >= near_pct and key not in self._followed]
        new.sort(key=lambda key: (-scores[key], key))
        for key in sorted(screen - self._followed.keys()):
            changes += self._begin(key, scores.get(key, float("-inf")), now_ns, screen)
        for key in new:
            if key not in self._followed:
                changes += self._begin(key, scores[key], now_ns, screen)
        return changes

    def _forget_screen(self, now_ns: int) -> None:
        for times in (self._asked_ns, self._seen_ns):
            for row in [row for row, at_ns in times.items() if now_ns - at_ns >= _SEEN_NS]:
                del times[row]

    def _scores(self, least_pct: float) -> dict[_Key, float]:
        """Return for every book the net edge of its best pair, percent, if at least `least_pct`."""
        board, count = self._board, len(self._limits)
        # A tenth stands for the fees and rebates that the edge is a share of the price without.
        least = board.least_ratio + min(least_pct / 90.0, least_pct / 110.0)
        scores: dict[_Key, float] = {}
        for row in range(board.rows):
            # Most rows are far from any edge; this tells without looking at pairs.
            if board.widest_ratio(row) < least:
                continue
            usable = [v for v in range(count) if board.is_quoted(v, row)]
            for buy in usable:
                for sell in usable:
                    if sell == buy:
                        continue
                    got, paid = board.sell_net(sell, row), board.buy_cost(buy, row)
                    pct = 100.0 * (got - paid) / board.latest[row][buy].ask
                    if pct >= least_pct:
                        for key in ((buy, row), (sell, row)):
                            scores[key] = max(scores.get(key, pct), pct)
        return scores

    def _begin(
        self, key: _Key, score_pct: float, now_ns: int, screen: set[_Key]
    ) -> list[DepthChange]:
        """Follow a book if its venue has room for it, in place of a lesser one if need be."""
        venue = key[0]
        if not self._may_start(venue, now_ns, on_screen=key in screen):
            return []
        changes = []
        if self.count(venue) >= self._most[venue]:
            lesser = self._lesser(key, score_pct, now_ns, screen)
            if lesser is None:
                return []
            changes.append(self._leave(lesser))
        self._followed[key] = _Followed(score_pct, now_ns)
        self._starts[venue].append(now_ns)
        return [*changes, DepthChange(venue, key[1], True)]

    def _may_start(self, venue: int, now_ns: int, *, on_screen: bool) -> bool:
        """Tell whether the venue's requests of the hour allow one more book."""
        starts = self._starts[venue]
        while starts and now_ns - starts[0] >= _HOUR_NS:
            starts.popleft()
        share = 1.0 if on_screen else 1.0 - _SCREEN_SHARE
        return len(starts) < int(self._limits[venue].starts_per_hour * share)

    def _lesser(self, key: _Key, score_pct: float, now_ns: int, screen: set[_Key]) -> _Key | None:
        """Return the book that a better one replaces: the least, if it was held for long enough."""
        held = [
            (followed.score_pct, other)
            for other, followed in self._followed.items()
            if other[0] == key[0]
            and other not in screen
            and now_ns - followed.begun_ns >= STAY_NS
            and (followed.score_pct < score_pct or key in screen)
        ]
        return min(held)[1] if held else None

    def _leave(self, key: _Key) -> DepthChange:
        del self._followed[key]
        return DepthChange(*key, False)
