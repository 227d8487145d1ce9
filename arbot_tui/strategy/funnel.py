"""The reject funnel: every candidate ends in exactly one reason, or is committed.

A candidate is one evaluation of a (symbol, buy, sell) whose gross spread is positive: the bid
to sell at is above the ask to buy at.
"""

from __future__ import annotations

from collections.abc import Iterator

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
        candidates: Evaluations with a positive gross spread.
        fee: Those that did not clear fees and minimum profit; a field of its own because the
            hot path adds to it at almost every quote.
        near: Ticks by the set of their pairs that overlapped below the fees, for the hot path to
            add to: ``row << venues² | sum of 1 << buy * venues + sell``.
        pending: Handed to the money core, which has not answered yet.
        committed: Became a pair.
    """

    __slots__ = (
        "_counts",
        "_handed",
        "_pairs",
        "_venues",
        "candidates",
        "committed",
        "fee",
        "near",
        "pending",
    )

    def __init__(self, venues: int) -> None:
        """Start at zero with that many venues."""
        self.candidates = 0
        self.fee = 0
        self.near: dict[int, int] = {}
        self.pending = 0
        self.committed = 0
        self._venues = venues
        self._counts: dict[Reason, int] = {}
        self._pairs: dict[PairKey, PairFunnel] = {}
        self._handed: dict[int, list[PairFunnel]] = {}

    def reject(self, pair: PairKey, reason: Reason) -> None:
        """Count a candidate that detection itself ended."""
        self.candidates += 1
        found = self._of(pair)
        found.candidates += 1
        self._add(found, reason)

    def hand(self, pair: PairKey, opportunity_id: int) -> None:
        """Count a candidate that goes to the money core."""
        self.candidates += 1
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
        return _ordered({Reason.FEE: self.fee, **self._counts})

    def pairs(self) -> dict[PairKey, PairFunnel]:
        """Return the funnel of every pair that ever overlapped."""
        found = {
            pair: PairFunnel(f.candidates, f.committed, f.pending, dict(f.rejected))
            for pair, f in self._pairs.items()
        }
        for code, ticks in self.near.items():
            for pair in self._decode(code):
                funnel = found.setdefault(pair, PairFunnel())
                funnel.candidates += ticks
                funnel.rejected[Reason.FEE] = funnel.rejected.get(Reason.FEE, 0) + ticks
        return found

    @property
    def balanced(self) -> bool:
        """Whether every candidate is accounted for exactly once."""
        ended = self.fee + sum(self._counts.values()) + self.committed
        return self.pending >= 0 and self.candidates == ended + self.pending

    def _decode(self, code: int) -> Iterator[PairKey]:
        row, mask = code >> self._venues**2, code & ((1 << self._venues**2) - 1)
        for bit in range(mask.bit_length()):
            if mask >> bit & 1:
                yield row, *divmod(bit, self._venues)

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
        if reason is Reason.FEE:
            self.fee += 1
        else:
            self._counts[reason] = self._counts.get(reason, 0) + 1


def _ordered(counts: dict[Reason, int]) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {reason.value: count for reason, count in ordered if count}
