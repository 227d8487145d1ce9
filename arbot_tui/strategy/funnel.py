"""The reject funnel: every candidate ends in exactly one reason, or is committed.

A candidate is one evaluation of a (symbol, buy, sell) whose gross spread is positive: the bid
to sell at is above the ask to buy at.
"""

from __future__ import annotations

import msgspec

from arbot_tui.domain.reasons import Reason

__all__ = ["PairFunnel", "PairKey", "RejectFunnel"]

PairKey = tuple[int, int, int]
"""(row, venue to buy on, venue to sell on)."""


class PairFunnel(msgspec.Struct):
    """The funnel of one pair: ``candidates == sum(rejected) + committed + pending``."""

    candidates: int = 0
    committed: int = 0
    pending: int = 0
    rejected: dict[Reason, int] = {}


class RejectFunnel:
    """Counts candidates and their ends, per pair and in total; the sums stay in balance.

    Attributes:
        below_fees: Candidates that the fees ended, by venue to buy on, venue to sell on and row,
            for the hot path to add to; `room` makes some for a row beyond their ends.
        pending: Handed to the money core, which has not answered yet.
        committed: Became a pair.
    """

    __slots__ = (
        "_counts",
        "_examined",
        "_handed",
        "_pairs",
        "below_fees",
        "committed",
        "pending",
    )

    def __init__(self, venues: int) -> None:
        """Start at zero with that many venues."""
        self.below_fees: list[list[list[int]]] = [
            [[] for _ in range(venues)] for _ in range(venues)
        ]
        self.pending = 0
        self.committed = 0
        self._examined = 0
        self._counts: dict[Reason, int] = {}
        self._pairs: dict[PairKey, PairFunnel] = {}
        self._handed: dict[int, list[PairFunnel]] = {}

    @property
    def candidates(self) -> int:
        """Evaluations with a positive gross spread."""
        return self._examined + self._ended_below_fees

    @property
    def _ended_below_fees(self) -> int:
        return sum(sum(map(sum, bought)) for bought in self.below_fees)

    def room(self, row: int) -> None:
        """Make room in `below_fees` for a row and those before it."""
        for bought in self.below_fees:
            for counts in bought:
                counts.extend([0] * (row + 1 - len(counts)))

    def reject(self, pair: PairKey, reason: Reason) -> None:
        """Count a candidate that detection itself ended."""
        self._examined += 1
        found = self._of(pair)
        found.candidates += 1
        self._add(found, reason)

    def hand(self, pair: PairKey, opportunity_id: int) -> None:
        """Count a candidate that goes to the money core."""
        self._examined += 1
        self.pending += 1
        found = self._of(pair)
        found.candidates += 1
        found.pending += 1
        self._handed.setdefault(opportunity_id, []).append(found)

    def count(self, opportunity_id: int, reason: Reason) -> None:
        """Count a handed candidate that the money core denied."""
        self._add(self._answered(opportunity_id), reason)

    def commit(self, opportunity_id: int) -> None:
        """Count a handed candidate that became a pair."""
        self._answered(opportunity_id).committed += 1
        self.committed += 1

    def counts(self) -> dict[str, int]:
        """Return reason and count, highest count first, without zeros."""
        fee = self._ended_below_fees + self._counts.get(Reason.FEE, 0)
        return _ordered({**self._counts, Reason.FEE: fee})

    def pairs(self) -> dict[PairKey, PairFunnel]:
        """Return the funnel of every pair that ever overlapped."""
        found = {
            pair: PairFunnel(f.candidates, f.committed, f.pending, dict(f.rejected))
            for pair, f in self._pairs.items()
        }
        for buy, bought in enumerate(self.below_fees):
            for sell, counts in enumerate(bought):
                for row, ticks in enumerate(counts):
                    if ticks:
                        funnel = found.setdefault((row, buy, sell), PairFunnel())
                        funnel.candidates += ticks
                        funnel.rejected[Reason.FEE] = funnel.rejected.get(Reason.FEE, 0) + ticks
        return found

    @property
    def balanced(self) -> bool:
        """Whether every candidate is accounted for exactly once."""
        ended = sum(self._counts.values()) + self.committed
        return self.pending >= 0 and self._examined == ended + self.pending

    def _of(self, pair: PairKey) -> PairFunnel:
        found = self._pairs.get(pair)
        if found is None:
            found = self._pairs[pair] = PairFunnel()
        return found

    def _answered(self, opportunity_id: int) -> PairFunnel:
        """Return the pair of a candidate that was handed over, and no longer wait for it."""
        self.pending -= 1
        waiting = self._handed.get(opportunity_id)
        if waiting is None:
            # Nobody asked: `balanced` tells.
            return PairFunnel()
        pair = waiting.pop()
        pair.pending -= 1
        if not waiting:
            del self._handed[opportunity_id]
        return pair

    def _add(self, pair: PairFunnel, reason: Reason) -> None:
        pair.rejected[reason] = pair.rejected.get(reason, 0) + 1
        self._counts[reason] = self._counts.get(reason, 0) + 1


def _ordered(counts: dict[Reason, int]) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {reason.value: count for reason, count in ordered if count}
