"""Textual's compositor, which here also draws again what an unseen change of its map uncovers.

Its map of widgets is made anew by whoever asks for a widget's place after a hidden one wanted to be
drawn. Where that happens between a widget's end and the layout that follows, both of the maps that
the layout compares lack the widget, so nobody draws over it: it stays on the terminal (seen with
toasts in random walks of keys and frames, `tests/ui/long_picture.py`; Textual 8.2.8).
"""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from textual._compositor import Compositor, CompositorMap
from textual.screen import Screen

from arbot_tui.tui.terminal_app import TerminalApp

__all__ = ["SoundCompositor"]


class SoundCompositor(Compositor):
    """Marks what a map made anew in between no longer holds, or holds elsewhere.

    And it composes nothing that would not be drawn.
    """

    def __init__(self, screen: Screen[Any]) -> None:
        """Compose for `screen`."""
        super().__init__()
        self._screen = screen

    def render_update(
        self,
        full: bool = False,
        screen_stack: list[Screen[Any]] | None = None,
        simplify: bool = False,
    ) -> RenderableType | None:
        """Return what has changed; nothing while the app holds its pictures, which it makes up."""
        app = self._screen.app
        if not full and isinstance(app, TerminalApp) and app.holds_picture:
            return None
        return super().render_update(full, screen_stack, simplify)

    @property
    def full_map(self) -> CompositorMap:
        """The map of all widgets."""
        before = self._full_map
        now = super().full_map
        if now is not before:
            screen = self.size.region
            for _, place in before.items() ^ now.items():
                if region := place.clip.intersection(place.region).intersection(screen):
                    self._dirty_regions.add(region)
        return now
