"""The reject funnel: every candidate ends in exactly one reason, or is committed.

A candidate is one evaluation of a (symbol, buy, sell) whose gross spread is positive: the bid
to sell at is above the ask to buy at.
"""

from __future__ import annotations

from arbot_tui.domain.reasons import Reason

__all__ = ["RejectFunnel"]


class RejectFunnel:
    """Counts candidates and their ends; each method keeps the sums in balance.

    Attributes:
        candidates: Evaluations with a positive gross spread.
        fee: Those that did not clear fees and minimum profit; a field of its own because the
            hot path adds to it at almost every quote.
        pending: Handed to the money core, which has not answered yet.
        committed: Became a pair.
    """

    __slots__ = ("_counts", "candidates", "committed", "fee", "pending")

    def __init__(self) -> None:
        """Start at zero."""
        self.candidates = 0
        self.fee = 0
        self.pending = 0
        self.committed = 0
        self._counts: dict[Reason, int] = {}

    def reject(self, reason: Reason) -> None:
        """Count a candidate that detection itself ended."""
        self.candidates += 1
        self._add(reason)

    def hand(self) -> None:
        """Count a candidate that goes to the money core."""
        self.candidates += 1
        self.pending += 1

    def count(self, reason: Reason) -> None:
        """Count a handed candidate that the money core denied."""
        self.pending -= 1
        self._add(reason)

    def commit(self) -> None:
        """Count a handed candidate that became a pair."""
        self.pending -= 1
        self.committed += 1

    def _add(self, reason: Reason) -> None:
        if reason is Reason.FEE:
            self.fee += 1
        else:
            self._counts[reason] = self._counts.get(reason, 0) + 1

    def counts(self) -> dict[str, int]:
        """Return reason and count, highest count first, without zeros."""
        every = {Reason.FEE: self.fee, **self._counts}
        ordered = sorted(every.items(), key=lambda item: (-item[1], item[0]))
        return {reason.value: count for reason, count in ordered if count}

    @property
    def balanced(self) -> bool:
        """Whether every candidate is accounted for exactly once."""
        ended = self.fee + sum(self._counts.values()) + self.committed
        return self.pending >= 0 and self.candidates == ended + self.pending
