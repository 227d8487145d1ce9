"""The first run's card: what is there, what is not needed, and which key comes next."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from arbot_tui.domain.states import FeedState, TradingState
from arbot_tui.engine.frames import StatusView, VenueView
from arbot_tui.tui.look import Look
from arbot_tui.tui.screens.dialog import Dialog
from arbot_tui.tui.spans import clip
from arbot_tui.tui.view import ViewState

__all__ = ["WelcomeCard", "first_time"]

_MAX_OFFSET_MS = 1000.0
"""Venues refuse signed requests whose time is further off."""
_WIDTH = 56
_TRADING = (TradingState.ACTIVE, TradingState.REDUCING)


def first_time(mark: Path) -> bool:
    """Return whether nobody was welcomed yet, and remember it in the file `mark`.

    Where that cannot be remembered nobody is welcomed: once is the most.
    """
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except OSError:
        return False
    return True


class WelcomeCard(Dialog[None]):
    """Lies over a corner while everything goes on beneath; any key closes it and still counts."""

    DEFAULT_CSS = """
    WelcomeCard {
        align: right bottom; background: transparent;
        & > #card {
            width: 60; max-width: 96%; height: auto; margin: 0 1 1 0; padding: 0 1;
            border: round $frame-focus; background: $surface; color: $foreground;
            border-title-color: $title; border-subtitle-color: $dim;
        }
    }
    """
    CLOSES: ClassVar = ("escape", "enter", "space")
    """Keys that do nothing else here."""

    def __init__(self, look: Look, state: ViewState) -> None:
        super().__init__()
        self._look = look
        self._state = state
        self._lines: Sequence[tuple[str, str, str]] = ()

    def compose(self) -> ComposeResult:
        """Build the card."""
        card = Static(id="card", markup=False)
        card.border_title = "Welcome"
        card.border_subtitle = "any key closes this"
        yield card

    def on_mount(self) -> None:
        """Show what is known so far."""
        self.show()

    def show(self) -> None:
        """Display the checklist as it stands; a frame may come before there is a card."""
        lines = self.checklist()
        if lines == self._lines or not self.query("#card"):
            return
        self._lines = lines
        self.query_one("#card", Static).update(
            Content("\n").join(
                Content.assemble((f"{sign} ", "bold $key"), (f"{name:<10}", "$dim"), said)
                for sign, name, said in lines
            )
        )

    def checklist(self) -> Sequence[tuple[str, str, str]]:
        """Return (sign, subject, sentence) of every line."""
        look, status = self._look, self._state.status
        done, arrow = look.glyphs.done, look.glyphs.arrow
        return (
            (done, "config", _config(status, look.glyphs.more)),
            (done, "API keys", f"not needed here; {look.hint('credentials')} sets and tests them"),
            (done, "rights", "no order leaves; withdrawing keys refused"),
            self._clock(self._state.venues),
            (arrow, "next", self._next(status)),
        )

    def _next(self, status: StatusView | None) -> str:
        look = self._look
        running = status is not None and status.trading in _TRADING
        what = "drains: it is trading" if running else "starts trading"
        return f"{look.hint('start')} {what}, {look.hint('help')} all keys"

    def _clock(self, venues: Sequence[VenueView]) -> tuple[str, str, str]:
        """Return how far the venues' clocks are off ours."""
        glyphs = self._look.glyphs
        if not venues or any(venue.rtt_ms is None for venue in venues):
            return glyphs.dot, "clock", "comparing it with the venues'"
        worst = max(venues, key=lambda venue: abs(venue.offset_ms))
        offset_ms = abs(worst.offset_ms)
        if offset_ms > _MAX_OFFSET_MS:
            return "!", "clock", f"{offset_ms / 1000:.1f} s off {worst.name}: correct it"
        live = sum(1 for venue in venues if venue.state == FeedState.LIVE)
        return glyphs.done, "clock", f"within {offset_ms:.0f} ms, {live} of {len(venues)} live"

    def on_key(self, event: events.Key) -> None:
        """Close, and let the key do what it does without the card."""
        event.stop()
        names = [entry.id for entry in self._look.keys.by_key.get(event.key, ())]
        acts = bool(names) and event.key not in self.CLOSES
        self.dismiss()
        if acts:
            self.app.call_next(self.app.run_action, f"app.act('{' '.join(names)}')")

    def on_click(self) -> None:
        """Close."""
        self.dismiss()


def _config(status: StatusView | None, more: str) -> str:
    source = status.config_source if status else "defaults"
    if source == "defaults":
        return "defaults; 'arbot-tui config init' writes one"
    return source if len(source) <= _WIDTH - 12 else clip(source.rpartition("/")[2], 40, more)
