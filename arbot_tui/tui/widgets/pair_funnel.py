"""Why not, pair by pair: what became of the candidates of one symbol."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from arbot_tui.engine.answers import FunnelRow, FunnelView
from arbot_tui.engine.frames import OpportunityView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, cells, clip, join, pad
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["PairFunnel"]


class PairFunnel(Panel):
    """Two lines per pair: its candidates and trades, and the reasons in order."""

    LABEL = "Why not"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._view: FunnelView | None = None
        self._symbol = ""
        self.source = "funnel"

    def show(self, one: OpportunityView | None) -> None:
        """Be about the symbol of `one`, or about all."""
        self._symbol = one.symbol if one is not None else ""
        self.repaint()

    def take(self, view: FunnelView) -> None:
        """Show what was answered."""
        self._view = view
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return the pairs, most candidates first."""
        return [(row.symbol, row.buy, row.sell) for row in self._rows()]

    def entry_height(self, width: int) -> int:
        """Return two lines."""
        del width
        return 2

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return one pair."""
        row = next(r for r in self._rows() if (r.symbol, r.buy, r.sell) == key)
        glyphs = self.glyphs
        route = f"{row.buy} {glyphs.arrow} {row.sell}"
        name = route if self._symbol else f"{row.symbol} {route}"
        right: Line = (
            (f"{numbers.grouped(row.candidates)} seen ", "dim"),
            (f"{row.committed} traded ", "gain" if row.committed else "dim"),
        )
        more = glyphs.more
        reasons = ""
        for reason, many in row.rejected:
            one = f"{reason.replace('_', ' ')} {numbers.grouped(many)}"
            longer = f"{reasons}  {one}" if reasons else one
            if reasons and cells(longer) > width - 3:
                # A count cut short would be another one; the export has them all.
                break
            reasons = longer
        return (
            join((self.cursor_mark(key), (clip(name, width - 1, more), "strong")), right, width),
            ((pad("", 3), "dim"), (clip(reasons, width - 3, more), "text")),
        )

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return one pair's counts."""
        row = next(r for r in self._rows() if (r.symbol, r.buy, r.sell) == key)
        return {
            "symbol": row.symbol,
            "buy": row.buy,
            "sell": row.sell,
            "candidates": row.candidates,
            "committed": row.committed,
            "pending": row.pending,
            **dict(row.rejected),
        }

    def summary(self) -> str:
        """Return what it is about."""
        return f"{self._symbol or 'all symbols'}, this run"

    def placeholder(self) -> Sequence[str]:
        """Return why there is none."""
        return ("No two books of it overlapped in this run.",)

    def _rows(self) -> Sequence[FunnelRow]:
        rows = self._view.rows if self._view else ()
        return [row for row in rows if not self._symbol or row.symbol == self._symbol][:40]
