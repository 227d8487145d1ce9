"""Recent pairs: what was expected, what came of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from arbot_tui.domain.states import TradingState
from arbot_tui.engine.frames import StatusView, TradeView
from arbot_tui.tui import numbers
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, clip, pad
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["RecentTrades", "ended_words", "no_trade_yet", "pair_outcome_span"]

# (width, title, alignment); the narrower set is for panels under _WIDE columns.
_WIDE = 104
_MEDIUM = 76


class RecentTrades(Panel):
    """One line per pair, the newest first."""

    LABEL = "Trades"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._trades: dict[str, TradeView] = {}
        self._keys: list[str] = []
        self._status: StatusView | None = None

    @property
    def selected(self) -> TradeView | None:
        """The pair under the cursor."""
        return self._trades.get(self.cursor) if isinstance(self.cursor, str) else None

    def show(self, view: ViewState) -> None:
        """Display the pairs of `view`."""
        self._trades = dict(view.trades)
        self._status = view.status
        newest = sorted(self._trades.values(), key=lambda trade: -trade.at_ns)
        self._keys = [trade.pair_id for trade in newest]
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return the pairs' identities, in order."""
        return self._keys

    def head(self, width: int) -> Sequence[Line]:
        """Return the column titles."""
        return (tuple((text, "dim") for text, _ in self._cells(None, width)),)

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return one pair."""
        trade = self._trades[key] if isinstance(key, str) else None
        return (tuple(self._cells(trade, width)),)

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return a pair's values."""
        trade = self._trades.get(key) if isinstance(key, str) else None
        return (
            {n: getattr(trade, n) for n in trade.__struct_fields__ if n != "legs"} if trade else {}
        )

    def summary(self) -> str:
        """Return how many ended how."""
        status = self._status
        if status is None:
            return ""
        parts = [f"{status.completed} completed"]
        for word, many in (
            ("one-sided", status.one_sided),
            ("failed", status.failed),
            ("stuck", status.stuck),
            ("working", status.working),
        ):
            if many:
                parts.append(f"{many} {word}")
        return f" {self.glyphs.dot} ".join(parts)

    def placeholder(self) -> Sequence[str]:
        """Return why there is none, and what to press."""
        return no_trade_yet(self._status, self._look)

    def _cells(self, trade: TradeView | None, width: int) -> list[Span]:
        """Return the cells of one pair, or of the titles."""
        glyphs = self.glyphs
        mark: Span = (" ", "key")
        time_of, symbol, qty, route = "time", "symbol", "quantity", "route"
        prices, expected, realised, fees, slip = "prices", "expected", "realised", "fees", "slip"
        outcome: Span = ("  state", "dim")
        realised_role = "neutral"
        if trade is not None:
            mark = self.cursor_mark(trade.pair_id)
            time_of, symbol = numbers.clock_time(trade.at_ns), trade.symbol
            qty = trade.qty
            route = f"{trade.buy} {glyphs.arrow} {trade.sell}"
            prices = f"{trade.buy_price} {glyphs.arrow} {trade.sell_price}"
            expected = numbers.money(trade.expected, glyphs, 3)
            realised = numbers.money(trade.realised, glyphs, 3) if trade.realised else ""
            realised_role = numbers.role_of(trade.realised)
            fees = numbers.money(_negated(trade.fees), glyphs, 3)
            slip = _slip(trade, glyphs)
            outcome = pair_outcome_span(trade, glyphs)
        cells: list[Span] = [
            mark,
            (pad(time_of, 9), "dim"),
            (pad(clip(symbol, 9, glyphs.more), 10), "strong"),
        ]
        if width >= _WIDE:
            cells += [
                (pad(clip(qty, 8, glyphs.more), 8, ">") + " ", "text"),
                (pad(clip(route, 16, glyphs.more), 17), "text"),
                (pad(clip(prices, 19, glyphs.more), 19), "dim"),
            ]
        else:
            cells.append((pad(clip(route, 16, glyphs.more), 17), "text"))
        cells += [
            (pad(expected, 9, ">"), "dim"),
            (pad(realised, 9, ">"), realised_role),
        ]
        if width >= _MEDIUM:
            cells.append((pad(fees, 8, ">"), "dim"))
        if width >= _WIDE:
            cells.append((pad(slip, 8, ">"), "dim"))
        cells += [(" ", "text"), outcome]
        return cells


def no_trade_yet(status: StatusView | None, look: Look) -> Sequence[str]:
    """Return why there is no pair, and what to press."""
    trading = status.trading if status else ""
    if trading == TradingState.ACTIVE:
        return ("None yet: nothing that opened has passed every check.",)
    if trading == TradingState.HALTED:
        return ("None yet: trading is halted.", f"{look.hint('reset')} allows a new start")
    return (f"None yet: trading is {trading or 'stopped'}.", f"{look.hint('start')} starts it")


def pair_outcome_span(trade: TradeView, glyphs: Glyphs) -> Span:
    """Return what became of a pair."""
    if trade.outcome == "completed":
        return f"{glyphs.done} {trade.state}", "gain"
    if trade.outcome == "one_sided":
        return f"{glyphs.half} one-sided {trade.state}", "warn"
    if trade.outcome == "failed":
        return f"{glyphs.failed} not filled", "dim"
    if trade.outcome == "stuck":
        return f"{glyphs.failed} stuck", "bad"
    return f"{glyphs.dot} {trade.state}", "text"


def ended_words(reason: str) -> str:
    """Return why a pair ended as people read it."""
    return reason.replace("_", " ")


def _negated(amount: str) -> str:
    try:
        return str(-Decimal(amount))
    except InvalidOperation:
        return amount


def _slip(trade: TradeView, glyphs: Glyphs) -> str:
    """Return by how much the result differs from what was expected."""
    try:
        return numbers.money(str(Decimal(trade.realised) - Decimal(trade.expected)), glyphs, 3)
    except InvalidOperation:
        return ""
