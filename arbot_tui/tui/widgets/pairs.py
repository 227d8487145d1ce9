"""Every pair of this run: expected, realised, and what lies between."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from arbot_tui.engine.frames import StatusView, TradeView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Span
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.table import Column, TablePanel
from arbot_tui.tui.widgets.trades import ended_words, no_trade_yet, pair_outcome_span

__all__ = ["PairTable"]

_NOTHING = "0.000"


class PairTable(TablePanel[TradeView]):
    """One row per pair, the newest first; those that are stuck or working come before them."""

    LABEL = "Pairs"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._status: StatusView | None = None

    def show(self, state: ViewState) -> None:
        """Display the pairs of `state`."""
        self._status = state.status
        newest = sorted(state.trades.values(), key=lambda trade: -trade.at_ns)
        urgent = [trade for trade in newest if trade.outcome in ("", "stuck")]
        items: dict[Hashable, TradeView] = {trade.pair_id: trade for trade in (*urgent, *newest)}
        self.put(items, state.now_ns)

    def columns(self) -> Sequence[Column[TradeView]]:
        """Return the columns."""
        return (
            Column("time", 8, 3, self._time, lambda t: t.at_ns, "<"),
            Column("symbol", 10, 0, lambda t: (t.symbol, "strong"), align="<"),
            Column("buy", 8, 0, lambda t: (t.buy, "text"), align="<"),
            Column("sell", 8, 0, lambda t: (t.sell, "text"), align="<"),
            Column("quantity", 9, 5, lambda t: (t.qty, "text")),
            Column("bought at", 11, 6, lambda t: (t.buy_price, "dim")),
            Column("sold at", 11, 6, lambda t: (t.sell_price, "dim")),
            self._amount("expected", 8, 0, lambda t: t.expected, plain=True),
            self._amount("size", 7, 4, lambda t: t.size_effect),
            self._amount("price", 7, 2, lambda t: t.price_effect),
            self._amount("fee", 7, 4, lambda t: t.fee_effect),
            self._amount("realised", 8, 0, lambda t: t.realised),
            Column("fees", 7, 7, self._fees, lambda t: t.fees),
            Column("became", 18, 0, self._became, lambda t: t.outcome or t.state, "<"),
            Column("reason", 18, 8, lambda t: (ended_words(t.reason), "dim"), align="<"),
        )

    def searched(self, item: TradeView) -> str:
        """Return symbol, venues and what became of it."""
        return f"{item.symbol} {item.buy} {item.sell} {item.state} {item.outcome} {item.reason}"

    def summary(self) -> str:
        """Return how many ended how, and the order."""
        status, dot = self._status, f" {self.glyphs.dot} "
        if status is None:
            return ""
        counts = [
            f"{many} {word}"
            for word, many in (
                ("completed", status.completed),
                ("one-sided", status.one_sided),
                ("failed", status.failed),
                ("stuck", status.stuck),
                ("working", status.working),
            )
            if many or word == "completed"
        ]
        return dot.join([*counts, self.order_words()])

    def placeholder(self) -> Sequence[str]:
        """Return why there is none, and what to press."""
        return self.nothing_matches() or no_trade_yet(self._status, self._look)

    def _amount(
        self,
        title: str,
        width: int,
        rank: int,
        of: Callable[[TradeView], str],
        *,
        plain: bool = False,
    ) -> Column[TradeView]:
        def cell(trade: TradeView) -> Span:
            text = of(trade)
            shown = numbers.money(text, self.glyphs, 3) if text else ""
            if not plain and shown[1:] == _NOTHING:
                return self.glyphs.flat, "faint"
            return shown, "text" if plain else numbers.role_of(text)

        def rank_of(trade: TradeView) -> Decimal:
            try:
                return Decimal(of(trade))
            except InvalidOperation:
                return Decimal("-Infinity")

        return Column(title, width, rank, cell, of, order=rank_of)

    def _fees(self, trade: TradeView) -> Span:
        return numbers.money(trade.fees, self.glyphs, 3).lstrip("+"), "dim"

    def _time(self, trade: TradeView) -> Span:
        return numbers.clock_time(trade.at_ns), "dim"

    def _became(self, trade: TradeView) -> Span:
        return pair_outcome_span(trade, self.glyphs)

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return an item's values, its identity first."""
        return {"pair": key, **super().record(key)}
