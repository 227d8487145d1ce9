"""The orders of one pair, and how its result came about."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from arbot_tui.domain.states import LegState
from arbot_tui.engine.frames import LegView, TradeView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, blank, clip, fit, pad
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.panel import Panel
from arbot_tui.tui.widgets.trades import ended_words

__all__ = ["PairLegs"]

_STATES: Mapping[str, str] = {
    LegState.FILLED: "gain",
    LegState.PARTIAL: "warn",
    LegState.REJECTED: "bad",
    LegState.UNKNOWN: "bad",
    LegState.EXPIRED: "dim",
    LegState.NOT_ACCEPTED: "dim",
}
_FALL = 52
"""Width of the way from expected to realised, where it stands beside the orders."""
_TITLES = ("", "venue", "state", "limit", "average", "ordered", "filled", "sent", "fee")
_WIDTHS = (7, 8, 13, 12, 12, 10, 10, 9, 16)
_RANKS = (0, 0, 0, 3, 0, 5, 0, 6, 4)
_EFFECTS = frozenset({"size", "price", "fee"})
_RIGHT = frozenset({3, 4, 5, 6})


class PairLegs(Panel):
    """One line per order, and the bars from expected to realised profit."""

    LABEL = "Orders"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._trade: TradeView | None = None

    def show(self, state: ViewState, trade: TradeView | None) -> None:
        """Display the orders of `trade`."""
        del state
        self._trade = trade
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return the numbers of the orders."""
        return range(len(self._trade.legs)) if self._trade else ()

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return an order's values."""
        if self._trade is None or not isinstance(key, int):
            return {}
        leg = self._trade.legs[key]
        return {"pair": self._trade.pair_id, **{n: getattr(leg, n) for n in leg.__struct_fields__}}

    def summary(self) -> str:
        """Return which pair it is."""
        trade, dot = self._trade, f" {self.glyphs.dot} "
        if trade is None:
            return ""
        words = [trade.pair_id, trade.symbol, trade.state]
        if trade.reason:
            words.append(ended_words(trade.reason))
        return dot.join(words)

    def placeholder(self) -> Sequence[str]:
        """Return what to do to see something."""
        if self._trade is not None:
            return ("The orders of this pair are not known any more.",)
        return ("The orders of the pair under the cursor stand here, once there is one.",)

    def _body(self, width: int, height: int) -> list[Line]:
        trade = self._trade
        if trade is None or not trade.legs or self.link.state == "loading":
            return super()._body(width, height)
        beside = width >= 2 * _FALL + 30
        table = self._table(trade, width - _FALL if beside else width)
        if beside:
            left = [*table, *[blank(width - _FALL)] * height][:height]
            right = [*self._fall(trade, _FALL), *[blank(_FALL)] * height][:height]
            return [fit((*a, *b), width) for a, b in zip(left, right, strict=True)]
        fall = self._fall(trade, width)
        # The result is the last line: rather no line between than none for it.
        between = [blank(width)] if len(table) + 1 + len(fall) <= height else []
        lines = [*table, *between, *fall]
        return [fit(line, width) for line in [*lines, *[blank(width)] * height][:height]]

    def _table(self, trade: TradeView, width: int) -> list[Line]:
        shown = list(range(len(_WIDTHS)))
        while sum(_WIDTHS[at] + 1 for at in shown) > width and any(_RANKS[at] for at in shown):
            shown.remove(max(shown, key=lambda at: _RANKS[at]))
        head = tuple((_padded(at, _TITLES[at]), "dim") for at in shown)
        lines: list[Line] = [fit(((" ", "dim"), *head), width)]
        for leg in trade.legs:
            cells = self._cells(leg)
            line: list[Span] = [(" ", "text")]
            line += [(_padded(at, cells[at][0]), cells[at][1]) for at in shown]
            lines.append(fit(tuple(line), width))
            if leg.reject:
                said = clip(f"        refused: {leg.reject}", width - 1, self.glyphs.more)
                lines.append(fit(((said, "bad"),), width))
        return lines

    def _cells(self, leg: LegView) -> tuple[Span, ...]:
        side = "unwind" if leg.unwinding else leg.side
        role = {"buy": "ask", "sell": "bid"}.get(leg.side, "text")
        state = leg.state.replace("_", " ")
        glyphs = self.glyphs
        sign = glyphs.flat
        if leg.state == LegState.FILLED:
            sign = glyphs.done
        elif leg.state in (LegState.REJECTED, LegState.UNKNOWN, LegState.NOT_ACCEPTED):
            sign = glyphs.failed
        elif leg.state == LegState.PARTIAL:
            sign = glyphs.half
        return (
            (side, role),
            (leg.venue, "text"),
            (f"{sign} {state}", _STATES.get(leg.state, "text")),
            (leg.price, "dim"),
            (leg.average or "-", "strong" if leg.average else "faint"),
            (leg.qty, "dim"),
            (leg.filled, "text"),
            (numbers.clock_time(leg.sent_ns) if leg.sent_ns else "-", "dim"),
            (leg.fee or "-", "dim"),
        )

    def _fall(self, trade: TradeView, width: int) -> list[Line]:
        """Return the way from expected to realised, one bar for each step."""
        steps = (
            ("expected", trade.expected),
            ("size", trade.size_effect),
            ("price", trade.price_effect),
            ("fee", trade.fee_effect),
            ("realised", trade.realised),
        )
        values = [(name, text, numbers.number_of(text)) for name, text in steps]
        largest = max((abs(value) for _, _, value in values if value is not None), default=0.0)
        room = max(0, width - 22)
        lines: list[Line] = [((" from expected to realised", "dim"),)]
        for name, text, value in values:
            if value is None:
                lines.append(((f" {pad(name, 9)}", "dim"), (pad("-", 9, ">"), "faint")))
                continue
            role = "text" if name == "expected" else numbers.role_of(text)
            cells = round(abs(value) / largest * room) if largest else 0
            bar = self.glyphs.block * cells if cells else (self.glyphs.sliver if value else "")
            money = pad(numbers.money(text, self.glyphs, 3), 9, ">")
            if not round(value, 3) and name in _EFFECTS:
                money, role = pad(self.glyphs.flat, 9, ">"), "faint"
                bar = ""
            lines.append(((f" {pad(name, 9)}", "dim"), (money, role), (f"  {bar}", role)))
        return lines


def _padded(at: int, text: str) -> str:
    width = _WIDTHS[at]
    return pad(clip(text, width), width, ">" if at in _RIGHT else "<") + " "
