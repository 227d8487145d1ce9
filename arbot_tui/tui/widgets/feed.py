"""The opportunity feed: what is open first, then what has ended, newest first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.states import TradingState
from arbot_tui.engine.frames import OpportunityView, StatusView
from arbot_tui.tui import numbers
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, clip, join, pad
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["OpportunityFeed", "none_yet", "outcome_span"]

_ONE_LINE = 64
"""From this width on an opportunity fits in one line."""
_BESIDE_ROUTE = 24
"""Cells of all but the route in the first of two lines."""
_WITH_SIZE = 90
"""From this width on it fits with its size."""


class OpportunityFeed(Panel):
    """One entry per opportunity with its life, its size and what became of it."""

    LABEL = "Opportunities"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._entries: dict[int, OpportunityView] = {}
        self._keys: list[int] = []
        self._status: StatusView | None = None
        self._now_ns = 0

    @property
    def selected(self) -> OpportunityView | None:
        """The opportunity under the cursor."""
        return self._entries.get(self.cursor) if isinstance(self.cursor, int) else None

    def show(self, view: ViewState) -> None:
        """Display the opportunities of `view`."""
        self._entries = dict(view.opportunities)
        self._status = view.status
        self._now_ns = view.now_ns
        # Identities rise with time, so the order inside each group never changes.
        newest = sorted(self._entries.values(), key=lambda entry: -entry.id)
        ended = [entry.id for entry in newest if entry.closed_ns]
        self._keys = [entry.id for entry in newest if not entry.closed_ns] + ended
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return the identities, in order."""
        return self._keys

    def entry_height(self, width: int) -> int:
        """Return two lines where one is too narrow."""
        return 1 if width >= _ONE_LINE else 2

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return one opportunity."""
        if not isinstance(key, int):
            return ()
        one = self._entries[key]
        glyphs = self.glyphs
        is_open = not one.closed_ns
        role = "gain" if is_open else "neutral"
        edge = one.edge_pct if is_open else one.peak_pct
        base = one.symbol.partition("/")[0]
        sign = glyphs.up if is_open else glyphs.flat
        room = max(14, min(18, width - _BESIDE_ROUTE))
        route = f"{one.buy} {glyphs.arrow} {one.sell}"
        if len(route) > room:
            route = f"{one.buy}{glyphs.arrow}{one.sell}"
        life = numbers.duration((one.closed_ns or self._now_ns) - one.opened_ns)
        first: Line = (
            self.cursor_mark(key),
            (f"{sign} ", role),
            (pad(clip(one.symbol, 11, glyphs.more), 11), "strong" if is_open else "text"),
            (" " + pad(clip(route, room, glyphs.more), room), "text" if is_open else "dim"),
        )
        percent: Line = ((pad(numbers.edge(edge, glyphs), 8, ">") + " ", role),)
        profit = numbers.money(f"{one.profit_quote:.8f}", glyphs)
        ended: Line = (outcome_span(one, self._status, glyphs),)
        if width >= _ONE_LINE:
            size = f"{numbers.quantity(one.qty)} {clip(base, 6, glyphs.more)}"
            return (
                (
                    *first,
                    *percent,
                    (pad(profit, 8, ">") + " ", role),
                    (pad(size, 14, ">") + " " if width >= _WITH_SIZE else "", "dim"),
                    (pad(life, 7, ">") + "  ", "dim"),
                    *ended,
                ),
            )
        quote = clip(one.symbol.partition("/")[2], 5, "")
        second: Line = (
            ("   ", "text"),
            (pad(f"{profit} {quote}", 12), role if is_open else "dim"),
            (pad(life, 7, ">") + "  ", "dim"),
            *ended,
        )
        return (join(first, percent, width), second)

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return an opportunity's values."""
        one = self._entries.get(key) if isinstance(key, int) else None
        return {n: getattr(one, n) for n in one.__struct_fields__ if n != "path"} if one else {}

    def summary(self) -> str:
        """Return how many are open and how many there were."""
        is_open = sum(1 for entry in self._entries.values() if not entry.closed_ns)
        seen = self._status.opportunities if self._status else 0
        return f"{is_open} open {self.glyphs.dot} {numbers.grouped(seen)} seen"

    def placeholder(self) -> Sequence[str]:
        """Return why there is none, and at which fees there would be."""
        return none_yet(self._status)


def none_yet(status: StatusView | None) -> Sequence[str]:
    """Return why there is no opportunity, and at which fees there would be."""
    clears_at = status.clears_at_fee_pct if status else None
    closest = "The row at the top of the matrix is the closest."
    if clears_at is not None and clears_at > 0.0:
        closest = f"The closest pair would at a taker fee below {clears_at:.4f} % per leg."
    elif clears_at is not None:
        closest = "No two books overlap: not even without fees."
    return ("None yet: no two venues are far enough apart to pay both fees.", closest)


def outcome_span(one: OpportunityView, status: StatusView | None, glyphs: Glyphs) -> Span:
    """Return what became of an opportunity, or what keeps an open one from being traded."""
    if one.outcome == "open":
        if one.reason not in ("", Reason.TRADING_STATE):
            return one.reason.replace("_", " "), "text"
        trading = status.trading if status else ""
        return "open", "gain" if trading == TradingState.ACTIVE else "text"
    if one.outcome == "traded":
        return f"traded {glyphs.done}", "gain"
    return one.outcome.replace("_", " "), "dim"
