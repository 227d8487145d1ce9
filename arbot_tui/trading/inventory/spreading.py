"""How much goes on each of some chosen ways, so that what lies where is as wanted as can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from arbot_tui.domain.numbers import ZERO

__all__ = ["Distance", "Holding", "Way", "distance", "least_outside", "spread"]

Distance = tuple[Decimal, Decimal]
"""How much lies outside the bands, and how far all of it is from what is wanted."""

_NOTHING: Distance = (ZERO, ZERO)


class Holding(msgspec.Struct, frozen=True):
    """What one venue holds of an asset, and what it should hold.

    Attributes:
        venue: The venue.
        total: What it holds.
        free: What of it may leave.
        wanted: What it would hold if all were as wished.
        low: It should hold so much at least.
        high: It should hold so much at most.
    """

    venue: str
    total: Decimal
    free: Decimal
    wanted: Decimal
    low: Decimal
    high: Decimal


class Way(msgspec.Struct, frozen=True):
    """A way that is used.

    Attributes:
        source: Index of the holding that it leaves.
        target: Index of the holding at which it arrives.
        fee: What the source loses besides.
        least: Lots that go at least.
    """

    source: int
    target: int
    fee: Decimal
    least: int


def distance(holdings: Sequence[Holding]) -> Distance:
    """Return how far everything is from what is wanted where nothing is moved."""
    return _Flow(holdings, (), Decimal(1)).distance()


def least_outside(
    holdings: Sequence[Holding], pairs: Iterable[tuple[int, int]], lot: Decimal
) -> Decimal:
    """Return what lies outside the bands where all ways are used, in any amount, free of charge.

    No plan can leave less.

    Args:
        holdings: One per venue.
        pairs: Indices of source and target of each way.
        lot: What amounts are counted in.
    """
    flow = _Flow(holdings, [Way(source, target, ZERO, 0) for source, target in pairs], lot)
    while flow.improve():
        pass
    return flow.distance()[0]


def spread(
    holdings: Sequence[Holding], ways: Sequence[Way], lot: Decimal
) -> tuple[Distance, tuple[int, ...]] | None:
    """Return the least distance and the lots on each way; None where a source has too little.

    A minimum-cost flow whose only costs are those of the holdings, convex in what each holds:
    lots are moved along paths of the residual network as long as that brings something, which
    ends at the minimum. Fees count where they would leave too little, and never as a means of
    getting rid of too much.

    Args:
        holdings: One per venue.
        ways: All of them carry their least amount at any rate.
        lot: What amounts are counted in.
    """
    flow = _Flow(holdings, ways, lot)
    if not flow.possible:
        return None
    while flow.improve():
        pass
    return flow.distance(), tuple(flow.lots)


class _Flow:
    """Amounts on ways while they are being improved."""

    def __init__(self, holdings: Sequence[Holding], ways: Sequence[Way], lot: Decimal) -> None:
        self._holdings = holdings
        self._ways = ways
        self._lot = lot
        self.lots = [way.least for way in ways]
        self._has = [holding.total for holding in holdings]
        self._fees = [ZERO] * len(holdings)
        for way in ways:
            self._has[way.source] -= way.least * lot
            self._has[way.target] += way.least * lot
            self._fees[way.source] += way.fee
        # What is locked stays; a venue that sends nothing keeps everything.
        self._floor = [
            holding.total - holding.free + fee
            for holding, fee in zip(holdings, self._fees, strict=True)
        ]

    @property
    def possible(self) -> bool:
        """Whether every source can send the least amounts."""
        sources = {way.source for way in self._ways}
        return all(self._has[at] >= self._floor[at] for at in sources)

    def distance(self) -> Distance:
        """Return how far it is from what is wanted now."""
        each = [self._cost(at, has) for at, has in enumerate(self._has)]
        return sum((a for a, _ in each), ZERO), sum((b for _, b in each), ZERO)

    def improve(self) -> bool:
        """Move lots along the path that brings most; False where none brings anything."""
        best: Distance = _NOTHING
        chosen: tuple[int, int, list[tuple[int, int]]] | None = None
        for source in range(len(self._has)):
            if self._has[source] - self._lot < self._floor[source]:
                continue
            less = self._gain(source, -self._lot)
            for target, path in self._paths(source).items():
                more = self._gain(target, self._lot)
                gain = (less[0] + more[0], less[1] + more[1])
                if gain < best:
                    best, chosen = gain, (source, target, path)
        if chosen is None:
            return False
        self._move(*chosen)
        return True

    def _move(self, source: int, target: int, path: list[tuple[int, int]]) -> None:
        """Move as many lots as bring as much as the first one."""
        count = min(self._steady(source, down=True), self._steady(target, down=False))
        for way, direction in path:
            if direction < 0:
                count = min(count, self.lots[way] - self._ways[way].least)
        for way, direction in path:
            self.lots[way] += direction * count
        self._has[source] -= count * self._lot
        self._has[target] += count * self._lot

    def _steady(self, at: int, *, down: bool) -> int:
        """Return the lots within which the next one brings as much as the first."""
        holding, has = self._holdings[at], self._has[at]
        kinks = [holding.high, holding.wanted, holding.low + self._fees[at]]
        if down:
            kinks.append(self._floor[at])
        ahead = [has - kink if down else kink - has for kink in kinks]
        nearest = min((gap for gap in ahead if gap > 0), default=None)
        # Beyond the last kink all lots cost, none brings anything; the other end decides.
        return 1 if nearest is None else max(1, int(nearest / self._lot))

    def _gain(self, at: int, change: Decimal) -> Distance:
        before, after = self._cost(at, self._has[at]), self._cost(at, self._has[at] + change)
        return after[0] - before[0], after[1] - before[1]

    def _cost(self, at: int, has: Decimal) -> Distance:
        holding = self._holdings[at]
        outside = max(ZERO, has - holding.high, holding.low - (has - self._fees[at]))
        return outside, abs(has - holding.wanted)

    def _paths(self, source: int) -> dict[int, list[tuple[int, int]]]:
        """Return the shortest path to each holding that lots may go to from `source`.

        A path is (way, 1 to put a lot on it or -1 to take one off) for each step.
        """
        found: dict[int, list[tuple[int, int]]] = {source: []}
        queue = [source]
        for at in queue:
            for index, way in enumerate(self._ways):
                step: tuple[int, int] | None = None
                if way.source == at and way.target not in found:
                    step = (way.target, 1)
                elif way.target == at and way.source not in found:
                    step = (way.source, -1) if self.lots[index] > way.least else None
                if step is not None:
                    found[step[0]] = [*found[at], (index, step[1])]
                    queue.append(step[0])
        del found[source]
        return found
