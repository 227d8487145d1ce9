"""The line under the status bar: an alarm, else what matters now and which key comes next."""

from __future__ import annotations

from collections.abc import Mapping

from arbot_tui.domain.states import Mode, TradingState
from arbot_tui.engine.frames import StatusView
from arbot_tui.tui.keys import view_keys
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, cells, clip, fit, join, line_width
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.line_widget import LineWidget

__all__ = ["Banner"]

_HINTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    TradingState.STOPPED: (("start", "starts trading"),),
    TradingState.ACTIVE: (("drain", "drains"),),
    TradingState.DRAINING: (("start", "starts again"),),
    TradingState.REDUCING: (("drain", "drains"),),
    TradingState.HALTED: (("reset", "lifts the halt"),),
}
_VENUES_LOST = "venues"
_AGAIN = "waits for two live venues, then active again"
_FULL_PATH_FROM = 110
"""Columns that the rest of the line needs."""


class Banner(LineWidget):
    """Says once what kind of prices these are, and never lets an alarm pass unseen."""

    DEFAULT_CSS = """
    Banner { height: 1; }
    """

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._status: StatusView | None = None
        self._error = ""

    def show(self, view: ViewState) -> None:
        """Display the banner for the status of `view`."""
        self._status = view.status
        self._error = view.link.error
        self.repaint()

    def compose_lines(self, width: int, height: int) -> list[Line]:
        """Return the line."""
        del height
        status = self._status
        if self._error:
            return [fit(((f" engine: {self._error}", "bad"),), width)]
        if status is None:
            return [fit(((" connecting to the engine", "dim"),), width)]
        if status.alarm:
            return [self._alarm(status, width)]
        right = self._unread(status) or self._source(status, width)
        return [join(self._hints(status, width - line_width(right)), right, width)]

    def _alarm(self, status: StatusView, width: int) -> Line:
        """Return the alarm and, while halted, what lifts the halt."""
        glyphs, lifts = self.glyphs, ""
        if status.trading == TradingState.HALTED:
            lifts = f" {glyphs.dot} {self._look.hint('reset')} lifts the halt "
        text = clip(f" {glyphs.up} {status.alarm}", width - cells(lifts), glyphs.more)
        return join(((text, "bad"),), ((lifts, "key"),) if lifts else (), width)

    def _unread(self, status: StatusView) -> Line:
        """Return that the settings file was saved, and what takes it over."""
        if not status.settings_unread:
            return ()
        name = clip(status.settings_unread, 24, self.glyphs.more)
        return (
            (f"  {name} was saved: ", "warn"),
            (self._look.hint("settings_reload"), "key"),
            (" ", "text"),
        )

    def _source(self, status: StatusView, width: int) -> Line:
        """Return which limits apply and which file they were read from."""
        name = status.config_source
        if len(name) > width - _FULL_PATH_FROM:
            name = name.rpartition("/")[2]
        name = clip(name, 40, self.glyphs.more)
        return ((f"  {clip(status.profile, 10, '')} limits {self.glyphs.dot} {name} ", "dim"),)

    def _hints(self, status: StatusView, width: int) -> Line:
        spans: list[Span] = [(" ", "text")]
        leads: tuple[tuple[str, str], ...] = ()
        if status.mode == Mode.SIMULATE:
            spans += [("simulated prices, no account", "warn")]
            leads = (("paper", "leads to paper"),)
        elif status.mode == Mode.PAPER:
            spans += [("real prices, simulated fills", "warn")]
        else:
            spans += [("real prices, real money", "bad")]
        if status.trading == TradingState.HALTED:
            spans = [(" halted", "bad")]
            if status.trading_reason:
                spans.append((f": {clip(status.trading_reason, 40, self.glyphs.more)}", "bad"))
        next_keys = _HINTS.get(status.trading, ())
        if status.trading == TradingState.DRAINING and status.trading_reason == _VENUES_LOST:
            # No key brings a venue back.
            spans, next_keys = [(f" {_AGAIN}", "warn")], ()
        line: Line = tuple(spans)
        look = self._look
        hints = [*next_keys, *leads, ("help", "all keys")]
        shown = [(look.hint(name), meaning) for name, meaning in hints]
        if views := view_keys(look.keys):
            shown.append((views, "views"))
        for key, meaning in shown:
            longer: Line = (
                *line,
                (f"  {self.glyphs.dot}  ", "faint"),
                (key, "key"),
                (f" {meaning}", "dim"),
            )
            if line_width(longer) > width:
                break
            line = longer
        return fit(line, width)
