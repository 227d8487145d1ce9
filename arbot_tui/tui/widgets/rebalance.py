"""The transfers that would spread the assets again, for a person to make: nothing moves here."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from arbot_tui.engine.answers import RebalanceView, TransferRow, UnreachedRow
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, clip
from arbot_tui.tui.widgets.table import Column, TablePanel

__all__ = ["RebalancePanel"]

_Row = TransferRow | UnreachedRow


class RebalancePanel(TablePanel[_Row]):
    """One row per transfer, then one per thing that cannot be reached, with the reason."""

    LABEL = "Rebalance plan"
    FIRST_ORDER = ""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._view: RebalanceView | None = None

    def show(self, view: RebalanceView | None, now_ns: int) -> None:
        """Display the plan."""
        self._view = view
        if view is None:
            self.repaint()
            return
        items: dict[Hashable, _Row] = {
            (row.asset, row.source, row.target): row for row in view.transfers
        }
        items |= {(row.asset, row.venue, ""): row for row in view.unreached}
        self.put(items, now_ns)

    def columns(self) -> Sequence[Column[_Row]]:
        """Return the columns of transfers; the other rows are sentences."""
        return (
            Column("asset", 7, 0, lambda r: (r.asset, "strong"), align="<"),
            self._text("from", 9, "source", align="<"),
            self._text("to", 9, "target", align="<"),
            self._text("network", 12, "network", align="<"),
            self._text("there named", 12, "target_network", rank=4, align="<"),
            self._text("leaves", 13, "leaves", rank=2),
            self._text("arrives", 12, "arrives"),
            self._text("fee", 10, "fee", rank=3),
            self._text("costs", 8, "cost_quote"),
        )

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return a transfer's line, or the sentence about what cannot be reached."""
        row = self._items[key]
        if isinstance(row, TransferRow):
            return super().entry(key, width)
        sign = (f"{self.glyphs.failed} ", "warn")
        words = (clip(_sentence(row), max(0, width - 3), self.glyphs.more), "text")
        return ((self.cursor_mark(key), sign, words),)

    def searched(self, item: _Row) -> str:
        """Return its asset."""
        return item.asset

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return a row for the export and for copying it; all have the same names."""
        row, cannot = self._items[key], ""
        if isinstance(row, UnreachedRow):
            cannot = _sentence(row)
            row = TransferRow(row.asset, "", "", "", "", "", "", "")
        return {
            "asset": row.asset,
            "from": row.source,
            "to": row.target,
            "network": row.network,
            "network there": row.target_network,
            "leaves": row.leaves,
            "arrives": row.arrives,
            "fee": row.fee,
            "cost": row.cost_quote,
            "cannot": cannot,
        }

    def summary(self) -> str:
        """Return that it is for a person to do, and what it costs."""
        view = self._view
        if view is None or not self._items:
            return ""
        words = ["nothing moves by itself"]
        if view.transfers:
            quote = clip(view.quote_currency, 6, "")
            words.append(f"costs {clip(view.cost_quote, 12, '')} {quote}")
        if view.unreached:
            # They may be below the last line that is shown.
            words.append(f"{len(view.unreached)} out of reach")
        if view.cost_per_trade:
            words.append(f"{clip(view.cost_per_trade, 12, '')} per trade's worth")
        if view.more:
            words.append(f"{view.more} more assets later")
        return f" {self.glyphs.dot} ".join(words)

    def placeholder(self) -> Sequence[str]:
        """Return why there is nothing to do."""
        threshold = self._view.threshold_pct if self._view else 0.0
        return (
            f"Nothing to move: every venue's share of each coin is within {threshold:g} % of all"
            " of it from an equal one (quotes.rebalance_threshold_pct).",
        )

    def _text(
        self, title: str, width: int, field: str, *, rank: int = 0, align: str = ">"
    ) -> Column[_Row]:
        return Column(title, width, rank, lambda row: (getattr(row, field), "text"), align=align)


def _sentence(row: UnreachedRow) -> str:
    if not row.amount:
        return f"{row.asset}: no plan, {row.venue}: {row.why}"
    short = row.amount.startswith("-")
    what = "too little" if short else "too much"
    return f"{row.asset}: {row.amount.lstrip('-')} {what} stays on {row.venue}: {row.why}"
