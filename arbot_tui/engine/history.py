"""What charts need and nothing else keeps: edges and equity over time.

One sample a second, kept in arrays of floats; a viewer gets them thinned out to the points it
can show.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from decimal import Decimal

from arbot_tui.engine.answers import EdgesView, PairEdges, PerformancePoint
from arbot_tui.market.board import QuoteBoard

__all__ = ["EdgeHistory", "EquityHistory", "thinned"]

KEPT_S = 900
MAX_ROWS = 64
"""Symbols whose edges are kept; beyond, those that somebody looks at take the others' places."""
_EQUITY_POINTS = 1024
_UNPRICED_SAMPLES = 30
"""So many samples an account waits for the first price of each of its coins."""


class EdgeHistory:
    """Net edges of every direction, once a second, for the newest `KEPT_S` seconds."""

    def __init__(self, board: QuoteBoard, venues: Sequence[str]) -> None:
        """Read from `board`."""
        self._board = board
        self._venues = tuple(venues)
        self._pairs = [
            (buy, sell) for buy in range(len(venues)) for sell in range(len(venues)) if buy != sell
        ]
        # By row, least recently looked at first: one ring for each pair, in their order.
        self._rings: dict[int, list[array[float]]] = {}
        # By row: how many samples there had been when it was first kept.
        self._since: dict[int, int] = {}
        self._samples = 0

    def sample(self, rows: int) -> None:
        """Take one sample of every row that is kept; `rows` is the size of the universe."""
        for row in range(min(rows, MAX_ROWS)):
            if len(self._rings) >= MAX_ROWS:
                break
            if row not in self._rings:
                self._rings[row] = self._empty()
                self._since[row] = self._samples
        at = self._samples % KEPT_S
        self._samples += 1
        for row, rings in self._rings.items():
            for ring, (buy, sell) in zip(rings, self._pairs, strict=True):
                ring[at] = self._edge(row, buy, sell)

    def edges(self, row: int, symbol: str, span_s: int, points: int) -> EdgesView:
        """Return what is known of a row, and keep it from now on.

        The view's span is no longer than the row has been kept.

        Args:
            row: The row.
            symbol: Its name.
            span_s: How far back.
            points: At most so many points per direction.
        """
        rings = self._rings.pop(row, None) or self._empty()
        if len(self._rings) >= MAX_ROWS:
            unseen = next(iter(self._rings))
            del self._rings[unseen], self._since[unseen]
        self._rings[row] = rings
        since = self._since.setdefault(row, self._samples)
        span_s = min(span_s, KEPT_S, self._samples - since)
        pairs = [
            PairEdges(
                self._venues[buy], self._venues[sell], thinned(self._tail(ring, span_s), points)
            )
            for ring, (buy, sell) in zip(rings, self._pairs, strict=True)
        ]
        pairs.sort(key=_newest, reverse=True)
        shown = len(pairs[0].points) if pairs else 0
        return EdgesView(symbol, span_s, span_s / shown if shown else 1.0, tuple(pairs))

    def _tail(self, ring: array[float], many: int) -> list[float]:
        end = self._samples % KEPT_S
        ordered = ring[end:] + ring[:end]
        return list(ordered[KEPT_S - many :])

    @staticmethod
    def _empty_ring() -> array[float]:
        return array("f", [math.nan]) * KEPT_S

    def _empty(self) -> list[array[float]]:
        return [self._empty_ring() for _ in self._pairs]

    def _edge(self, row: int, buy: int, sell: int) -> float:
        board = self._board
        if not (board.is_tradeable(buy, row) and board.is_tradeable(sell, row)):
            return math.nan
        costs = board.buy_cost(buy, row)
        return 100.0 * (board.sell_net(sell, row) - costs) / board.latest[row][buy].ask


class EquityHistory:
    """Equity and profit over the whole run: finer at first, thinned out as it grows."""

    def __init__(self) -> None:
        """Start empty."""
        self._points: list[PerformancePoint] = []
        self._step = 1
        self._samples = 0
        self._settled = False

    def sample(
        self, at_ns: int, equity: Decimal | None, realised: Decimal, *, whole: bool = True
    ) -> None:
        """Take a point, unless the run is so long that fewer will do.

        Args:
            at_ns: When.
            equity: Value of all holdings; None before it is known.
            realised: Profit so far.
            whole: Every holding has a price. While the first ones come in, part of the account
                is no value of it, and would dwarf all that follows; a coin that nobody prices is
                not waited for.
        """
        number = self._samples
        self._samples += 1
        self._settled = self._settled or whole or number >= _UNPRICED_SAMPLES
        if number % self._step:
            return
        worth = float(equity) if equity is not None and self._settled else None
        self._points.append(PerformancePoint(at_ns, worth, float(realised)))
        if len(self._points) >= _EQUITY_POINTS:
            self._points = self._points[::2]
            self._step *= 2

    def points(self) -> tuple[PerformancePoint, ...]:
        """Return all points, oldest first."""
        return tuple(self._points)


def thinned(values: Sequence[float], points: int) -> tuple[float | None, ...]:
    """Return at most `points` of `values`: of each stretch the highest; None where unknown."""
    if not values or points < 1:
        return ()
    stretch = math.ceil(len(values) / points)
    found: list[float | None] = []
    # From the newest back, so that the newest stretch is a whole one.
    for end in range(len(values), 0, -stretch):
        known = [value for value in values[max(0, end - stretch) : end] if math.isfinite(value)]
        found.append(round(max(known), 5) if known else None)
    return tuple(reversed(found))


def _newest(pair: PairEdges) -> float:
    newest = pair.points[-1] if pair.points else None
    return -math.inf if newest is None else newest
