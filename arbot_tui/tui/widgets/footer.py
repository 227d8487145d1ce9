"""The bottom line: the keys that matter here, and the seed of the world."""

from __future__ import annotations

from collections.abc import Mapping

from arbot_tui.domain.states import TradingState
from arbot_tui.engine.frames import StatusView
from arbot_tui.tui.keys import footer_actions
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, Span, join, line_width
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.view import View
from arbot_tui.tui.widgets.line_widget import LineWidget

__all__ = ["KeyFooter"]

_MAY_START = (TradingState.STOPPED, TradingState.DRAINING, TradingState.HALTED)


class KeyFooter(LineWidget):
    """Keys and what they do now."""

    GROUND = "bar-ground"
    DEFAULT_CSS = """
    KeyFooter { height: 1; background: $bar-ground; }
    """

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._status: StatusView | None = None
        self._labels: Mapping[str, str] = {}
        self._lacks: frozenset[str] = frozenset()
        self._paused = False

    def show(self, state: ViewState, view: View, *, paused: bool) -> None:
        """Display the keys of `view` for the status of `state`."""
        self._status = state.status
        self._labels, self._lacks = view.LABELS, view.lacks
        self._paused = paused
        self.repaint()

    def compose_lines(self, width: int, height: int) -> list[Line]:
        """Return the line."""
        del height
        status = self._status
        labels = {**self._labels, "pause": "resume" if self._paused else "pause"}
        running = status is not None and status.trading not in _MAY_START
        spans: list[Span] = []
        for key, label in footer_actions(
            self._look.keys, width, labels, self._lacks, running=running
        ):
            spans += [(f" {key}", "key"), (f" {label} ", "dim")]
        left: Line = tuple(spans)
        right: Line = ()
        if status is not None:
            right = ((f" seed {status.seed} " if status.seed is not None else "", "dim"),)
        if line_width(left) + line_width(right) > width:
            right = ()
        return [join(left, right, width)]
