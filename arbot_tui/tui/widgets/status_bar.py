"""The top line: mode, trading, venues, profit, best edge, clock; never hidden."""

from __future__ import annotations

from collections.abc import Mapping

from arbot_tui.domain.states import FeedState, TradingState
from arbot_tui.engine.frames import RowView, StatusView, VenueView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, clip, fit, line_width
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.line_widget import LineWidget
from arbot_tui.tui.widgets.venues import FEED_ROLES

__all__ = ["StatusBar"]

_BADGES: Mapping[str, str] = {"simulate": "SIM", "paper": "PAPER", "live": "LIVE"}
_TRADING_ROLES: Mapping[str, str] = {
    TradingState.STOPPED: "dim",
    TradingState.ACTIVE: "live",
    TradingState.DRAINING: "delayed",
    TradingState.REDUCING: "delayed",
    TradingState.HALTED: "bad",
}
# A loop as late as that is told of: no feed that comes late meanwhile is to blame.
_LOOP_LATE_MS = 100.0
_DETAILS = ((3, 3), (3, 2), (2, 2), (2, 1), (1, 1), (1, 0), (0, 1), (0, 0), (0, -1))
"""How much the venues and the figures say, from the widest terminal down."""


class StatusBar(LineWidget):
    """One line that answers: is it live, is it making money, what is the best edge."""

    GROUND = "bar-ground"
    DEFAULT_CSS = """
    StatusBar { height: 1; background: $bar-ground; }
    """

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._status: StatusView | None = None
        self._venues: tuple[VenueView, ...] = ()
        self._best: RowView | None = None
        self._now_ns = 0
        self._paused: int | None = None

    def show(self, view: ViewState, *, paused: int | None = None) -> None:
        """Display the status of `view`; `paused`: opportunities that came since the pause."""
        self._status = view.status
        self._venues = view.venues
        self._best = view.best()
        self._now_ns = view.now_ns
        self._paused = paused
        self.repaint()

    def compose_lines(self, width: int, height: int) -> list[Line]:
        """Return the line, shortened from the least important part on."""
        del height
        status = self._status
        if status is None:
            return [fit(((" arbot-tui ", "title"), ("starting", "dim")), width)]
        line: Line = ()
        for more_left, more_right in _DETAILS:
            left, right = self._left(status, more_left), self._right(status, more_right)
            free = width - line_width(left) - line_width(right)
            line = (*left, (" " * max(1, free), "text"), *right)
            if free >= 1:
                break
        return [fit(line, width)]

    def _left(self, status: StatusView, detail: int) -> Line:
        glyphs = self.glyphs
        badge = _BADGES.get(status.mode, status.mode.upper())
        role = f"mode-{status.mode}" if status.mode in _BADGES else "mode-live"
        trading_role = _TRADING_ROLES.get(status.trading, "text")
        spans: list[Span] = [
            (f" {badge} ", role),
            (f" {glyphs.trading.get(status.trading, '?')} {status.trading}", trading_role),
        ]
        if status.trading_reason and detail >= 2:
            spans.append((f" ({clip(status.trading_reason, 24, glyphs.more)})", "dim"))
        if status.loop_late_ms >= _LOOP_LATE_MS and detail >= 1:
            spans.append((f"  our loop {status.loop_late_ms:.0f} ms late", "warn"))
        spans.append((" " if detail == 0 else "  ", "text"))
        for venue in self._venues:
            spans += self._venue(venue, detail)
        if self._paused is not None:
            spans += [(" screen paused", "warn"), (f" +{self._paused} new", "strong")]
        return tuple(spans)

    def _venue(self, venue: VenueView, detail: int) -> list[Span]:
        sign = self.glyphs.feed.get(venue.state, "?")
        role = FEED_ROLES.get(venue.state, "text")
        if detail == 0:
            return [(f" {clip(venue.name, 3, '')}", "text"), (sign, role)]
        words: list[str] = []
        if venue.state != FeedState.LIVE:
            words.append(venue.state)
        if venue.lag_ms is not None:
            words.append(f"{venue.lag_ms:.0f}ms")
        elif venue.rtt_ms is not None and venue.state == FeedState.LIVE:
            words.append(f"{venue.rtt_ms:.0f}ms")
        if detail >= 3 and venue.rtt_ms is not None and venue.lag_ms is not None:
            words.append(f"{self.glyphs.round_trip}{venue.rtt_ms:.0f}")
        name = venue.name if detail >= 2 else clip(venue.name, 3, "")
        text = f" {sign}" + (f" {' '.join(words)}" if words else "")
        return [(f" {name}", "text"), (text, role), (" ", "text")]

    def _right(self, status: StatusView, detail: int) -> Line:
        glyphs = self.glyphs
        spans: list[Span] = [
            ("P&L ", "dim"),
            (numbers.money(status.realised, glyphs), numbers.role_of(status.realised)),
        ]
        if detail >= 2:
            spans.append((f" {clip(status.quote_currency, 5, '')}", "dim"))
        if detail >= 1:
            spans += [("  ", "text"), (str(status.completed), "strong"), (" pairs", "dim")]
            if status.one_sided:
                spans += [("  ", "text"), (f"{status.one_sided} one-sided", "warn")]
        if status.stuck:
            spans += [("  ", "text"), (f"{status.stuck} stuck", "bad")]
        best = self._best
        if best is not None and best.net_edge_pct is not None and detail >= 0:
            role = "gain" if best.net_edge_pct > 0 else "neutral"
            base = clip(best.symbol.partition("/")[0], 6, glyphs.more)
            spans += [("  best ", "dim"), (numbers.edge(best.net_edge_pct, glyphs), role)]
            spans.append((f" {base}", "text"))
            if detail >= 3:
                spans.append((self._route(best), "dim"))
        spans.append((f"  {numbers.clock_time(self._now_ns)} ", "text"))
        return tuple(spans)

    def _route(self, row: RowView) -> str:
        names = [venue.name for venue in self._venues]
        if not (0 <= row.buy < len(names) and 0 <= row.sell < len(names)):
            return ""
        return f" {names[row.buy]}{self.glyphs.arrow}{names[row.sell]}"
