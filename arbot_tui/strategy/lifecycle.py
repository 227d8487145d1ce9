"""Opportunities from first seen to closed.

Versions let a screen or a viewer ask for what changed since it last looked, without a queue of
its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from arbot_tui.domain.opportunity import Opportunity

__all__ = ["OpportunityBook", "OpportunityKey"]

OpportunityKey = tuple[int, int, int]
"""(row, venue to buy on, venue to sell on)."""

_HISTORY = 500


class OpportunityBook:
    """All open opportunities and the latest closed ones.

    Attributes:
        rows: Number of open opportunities by row, rows without any left out; the hot path asks
            it whether a quote could end one.
        version: Grows with every change.
        opened_total: Opportunities seen in this run.
        signalled_total: Those handed to the money core at least once.
    """

    def __init__(self, history: int = _HISTORY) -> None:
        """Start without opportunities.

        Args:
            history: How many closed ones stay readable.
        """
        self.rows: dict[int, int] = {}
        self.version = 0
        self.opened_total = 0
        self.signalled_total = 0
        self._open: dict[OpportunityKey, Opportunity] = {}
        self._by_id: dict[int, Opportunity] = {}
        # Oldest change first: a change takes its opportunity out and puts it in at the end.
        self._touched: dict[int, int] = {}
        self._closed: deque[int] = deque()
        self._history = history
        self._on_closed: list[Callable[[Opportunity], None]] = []

    def add_closed_callback(self, callback: Callable[[Opportunity], None]) -> None:
        """Have `callback` called with each opportunity when it closes."""
        self._on_closed.append(callback)

    def find(self, key: OpportunityKey) -> Opportunity | None:
        """Return the open opportunity of a pair."""
        return self._open.get(key)

    def get(self, opportunity_id: int) -> Opportunity | None:
        """Return an open or recent opportunity; None where it is unknown or too long ago."""
        return self._by_id.get(opportunity_id)

    def opened(self) -> Iterable[Opportunity]:
        """Return all open opportunities, oldest first."""
        return self._open.values()

    def open(
        self,
        key: OpportunityKey,
        names: tuple[str, str, str],
        now_ns: int,
        edge_pct: float,
        buy_price: float,
        sell_price: float,
        qty: float,
        profit_quote: float,
    ) -> Opportunity:
        """Begin an opportunity that was found at a tick; `names`: symbol, buy and sell venue."""
        self.opened_total += 1
        opportunity = Opportunity(
            self.opened_total,
            *names,
            opened_ns=now_ns,
            last_ns=now_ns,
            edge_pct=edge_pct,
            peak_pct=edge_pct,
            buy_price=buy_price,
            sell_price=sell_price,
            qty=qty,
            profit_quote=profit_quote,
            peak_profit_quote=profit_quote,
        )
        self._open[key] = opportunity
        self._by_id[opportunity.id] = opportunity
        self.rows[key[0]] = self.rows.get(key[0], 0) + 1
        opportunity.trace(now_ns)
        self._touch(opportunity)
        return opportunity

    def update(
        self,
        opportunity: Opportunity,
        now_ns: int,
        edge_pct: float,
        buy_price: float,
        sell_price: float,
        qty: float,
        profit_quote: float,
    ) -> None:
        """Write down how an open opportunity stands at a tick."""
        opportunity.elapse(now_ns)
        opportunity.last_ns = now_ns
        opportunity.edge_pct = edge_pct
        opportunity.peak_pct = max(opportunity.peak_pct, edge_pct)
        opportunity.buy_price = buy_price
        opportunity.sell_price = sell_price
        opportunity.qty = qty
        opportunity.profit_quote = profit_quote
        opportunity.peak_profit_quote = max(opportunity.peak_profit_quote, profit_quote)
        opportunity.trace(now_ns)
        self._touch(opportunity)

    def elapse(self, now_ns: int) -> None:
        """Let time pass for the open ones, before whatever else happens at `now_ns`."""
        for opportunity in self._open.values():
            if opportunity.elapse(now_ns):
                self._touch(opportunity)

    def close(self, key: OpportunityKey, now_ns: int, reason: str) -> None:
        """End an open opportunity.

        Args:
            key: Its pair.
            now_ns: The tick that ended it.
            reason: ``fee``, ``vanished``, or the word of the feed that failed.
        """
        opportunity = self._open.pop(key)
        left = self.rows[key[0]] - 1
        if left:
            self.rows[key[0]] = left
        else:
            del self.rows[key[0]]
        opportunity.end(now_ns, str(reason))
        self._touch(opportunity)
        self._closed.append(opportunity.id)
        if len(self._closed) > self._history:
            oldest = self._closed.popleft()
            del self._by_id[oldest], self._touched[oldest]
        for callback in self._on_closed:
            callback(opportunity)

    def mark_signalled(self, opportunity_id: int) -> None:
        """Note that it was handed to the money core."""
        opportunity = self._by_id.get(opportunity_id)
        if opportunity is not None and not opportunity.signalled:
            opportunity.signalled = True
            self.signalled_total += 1
            self._touch(opportunity)

    def mark_denied(self, opportunity_id: int, reason: str) -> None:
        """Note why it was not traded at its latest tick; a word of `Reason`."""
        opportunity = self._by_id.get(opportunity_id)
        if opportunity is not None and not opportunity.pair_id and opportunity.reason != reason:
            opportunity.reason = str(reason)
            self._touch(opportunity)

    def mark_traded(self, opportunity_id: int, pair_id: str) -> None:
        """Note the pair committed for it; it is not handed over again."""
        opportunity = self._by_id.get(opportunity_id)
        if opportunity is not None:
            opportunity.pair_id = pair_id
            opportunity.reason = ""
            self._touch(opportunity)

    def changed_since(self, version: int) -> list[Opportunity]:
        """Return open and recent opportunities that changed after `version`, oldest first."""
        found = []
        for opportunity_id in reversed(self._touched):
            if self._touched[opportunity_id] <= version:
                break
            found.append(self._by_id[opportunity_id])
        found.reverse()
        return found

    def _touch(self, opportunity: Opportunity) -> None:
        self.version += 1
        self._touched.pop(opportunity.id, None)
        self._touched[opportunity.id] = self.version
