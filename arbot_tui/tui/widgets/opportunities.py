"""Every opportunity of this run: what it was worth, for how long, and what became of it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from arbot_tui.domain.clock import MS
from arbot_tui.domain.opportunity import CAPTURE_DELAYS_MS
from arbot_tui.engine.frames import OpportunityView, StatusView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Span
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.feed import none_yet, outcome_span
from arbot_tui.tui.widgets.table import Column, TablePanel

__all__ = ["OpportunityTable"]

_CAPTURE_RANK = {0: 9, 50: 8, 100: 3, 250: 6, 500: 7}


class OpportunityTable(TablePanel[OpportunityView]):
    """One row per opportunity: the open ones first, then the newest."""

    LABEL = "Opportunities"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._status: StatusView | None = None

    def show(self, state: ViewState) -> None:
        """Display the opportunities of `state`."""
        self._status = state.status
        newest = sorted(state.opportunities.values(), key=lambda one: -one.id)
        is_open: dict[Hashable, OpportunityView] = {o.id: o for o in newest if not o.closed_ns}
        self.put(is_open | {one.id: one for one in newest if one.closed_ns}, state.now_ns)

    def columns(self) -> Sequence[Column[OpportunityView]]:
        """Return the columns."""
        return (
            Column("", 1, 0, self._sign, lambda one: "closed" if one.closed_ns else "open", "<"),
            Column("seen", 8, 2, self._seen, lambda one: one.opened_ns, "<"),
            Column("symbol", 10, 0, self._symbol, align="<"),
            Column("buy", 8, 0, lambda one: (one.buy, "text"), align="<"),
            Column("sell", 8, 0, lambda one: (one.sell, "text"), align="<"),
            Column("now", 8, 4, self._now, lambda one: one.edge_pct),
            Column("peak", 8, 0, self._peak, lambda one: one.peak_pct, order=lambda o: o.peak_pct),
            Column("size", 8, 5, self._offered, lambda one: one.qty),
            Column(
                "profit",
                8,
                0,
                self._profit,
                lambda one: one.peak_profit_quote or one.profit_quote,
                order=lambda one: one.peak_profit_quote or one.profit_quote,
            ),
            Column("life", 7, 1, self._life, self._life_ms, order=self._life_ms),
            *(self._capture(index) for index in range(len(CAPTURE_DELAYS_MS))),
            Column("ended", 9, 6, self._ended, lambda one: one.closed_reason, "<"),
            Column(
                "traded / why not",
                16,
                0,
                self._became,
                lambda one: one.outcome,
                "<",
                name="became",
            ),
        )

    def searched(self, item: OpportunityView) -> str:
        """Return symbol, venues and what became of it."""
        return f"{item.symbol} {item.buy} {item.sell} {item.outcome} {item.closed_reason}"

    def ages(self, item: OpportunityView) -> bool:
        """Return whether it is open."""
        return not item.closed_ns

    def summary(self) -> str:
        """Return how many are open and how many there were."""
        is_open = sum(1 for one in self._items.values() if not one.closed_ns)
        seen = self._status.opportunities if self._status else 0
        dot = self.glyphs.dot
        return f"{is_open} open {dot} {numbers.grouped(seen)} seen {dot} {self.order_words()}"

    def placeholder(self) -> Sequence[str]:
        """Return why there is none."""
        return self.nothing_matches() or none_yet(self._status)

    def _capture(self, index: int) -> Column[OpportunityView]:
        delay = CAPTURE_DELAYS_MS[index]

        def left(one: OpportunityView) -> float | None:
            return one.capturable_pct[index] if index < len(one.capturable_pct) else None

        def cell(one: OpportunityView) -> Span:
            value = left(one)
            if value is None:
                return "", "faint"
            if value <= 0:
                return "gone", "faint"
            return numbers.edge(value, self.glyphs)[:-1], "text"

        return Column(f"+{delay} ms", 7, _CAPTURE_RANK[delay], cell, left)

    def _sign(self, one: OpportunityView) -> Span:
        return (self.glyphs.flat, "dim") if one.closed_ns else (self.glyphs.up, "gain")

    def _seen(self, one: OpportunityView) -> Span:
        return numbers.clock_time(one.opened_ns), "dim"

    def _symbol(self, one: OpportunityView) -> Span:
        return one.symbol, "text" if one.closed_ns else "strong"

    def _now(self, one: OpportunityView) -> Span:
        if one.closed_ns:
            return "-", "faint"
        return numbers.edge(one.edge_pct, self.glyphs), "gain"

    def _peak(self, one: OpportunityView) -> Span:
        return numbers.edge(one.peak_pct, self.glyphs), "neutral" if one.closed_ns else "gain"

    def _offered(self, one: OpportunityView) -> Span:
        return numbers.quantity(one.qty), "dim"

    def _profit(self, one: OpportunityView) -> Span:
        profit = one.peak_profit_quote or one.profit_quote
        return numbers.money(f"{profit:.8f}", self.glyphs), "dim" if one.closed_ns else "gain"

    def _life_ms(self, one: OpportunityView) -> float:
        return ((one.closed_ns or self._now_ns) - one.opened_ns) / MS

    def _life(self, one: OpportunityView) -> Span:
        return numbers.duration((one.closed_ns or self._now_ns) - one.opened_ns), "dim"

    def _ended(self, one: OpportunityView) -> Span:
        return one.closed_reason.replace("_", " "), "dim"

    def _became(self, one: OpportunityView) -> Span:
        return outcome_span(one, self._status, self.glyphs)
