"""Why not: what was refused in the last minute, and by which check."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from textwrap import wrap

from arbot_tui.engine.frames import StatusView
from arbot_tui.tui import numbers
from arbot_tui.tui.look import Look
from arbot_tui.tui.spans import Line, clip, pad
from arbot_tui.tui.view import FUNNEL_WINDOW_S, ViewState
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["RejectFunnel"]

_REASON = 17
_COUNT = 7
_VERDICT_LINES = 4


class RejectFunnel(Panel):
    """One bar per reason, the most frequent first."""

    LABEL = "Why not"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self._funnel: dict[str, int] = {}
        self._status: StatusView | None = None

    def show(self, view: ViewState) -> None:
        """Display the rejects of `view`."""
        self._funnel = dict(view.funnel)
        self._status = view.status
        self.repaint()

    def keys(self) -> Sequence[Hashable]:
        """Return the reasons, most frequent first."""
        return tuple(self._funnel)

    def entry(self, key: Hashable, width: int) -> Sequence[Line]:
        """Return one reason."""
        reason = str(key)
        many = self._funnel[reason]
        room = width - _REASON - _COUNT - 4
        # To the root: next to ten thousand of one reason, ten of another still show.
        share = (many / max(self._funnel.values())) ** 0.5
        cells = round(share * room)
        bar = self.glyphs.block * cells if cells else self.glyphs.sliver
        return (
            (
                self.cursor_mark(key),
                (pad(clip(reason.replace("_", " "), _REASON, self.glyphs.more), _REASON), "text"),
                (pad(numbers.grouped(many), _COUNT, ">") + "  ", "strong"),
                (bar if room > 0 else "", "neutral"),
            ),
        )

    def record(self, key: Hashable) -> Mapping[str, object]:
        """Return a reason and its count."""
        return {"reason": key, "count": self._funnel[str(key)]}

    def foot(self, width: int) -> Sequence[Line]:
        """Return the verdict over what the books offer, while nothing clears the fees."""
        verdict = self._status.verdict if self._status else ""
        verdict = verdict.replace(" -", f" {self.glyphs.minus}")
        texts = wrap(verdict, width - 2)[:_VERDICT_LINES]
        return tuple(((f" {text}", "dim"),) for text in texts)

    def summary(self) -> str:
        """Return the time it is about."""
        return f"refused in the last {FUNNEL_WINDOW_S} s"

    def placeholder(self) -> Sequence[str]:
        """Return why there is none."""
        return ("Nothing was refused: no candidate came up.",)
