"""The short way from a widget's lines to the terminal, while nothing lies in front of it.

Textual's way marks regions, waits for the loop to be idle, cuts every line at the edges of every
widget and renders each anew. With a frame that changes a few figures nearly all of that is
overhead: here the pieces that read differently go to the painter at once. Whatever is less simple
(a dialog, a toast, a layout that is under way) is left to Textual; both ways end in the same
painter, which knows what the terminal shows, so that they may follow each other in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget

from arbot_tui.tui.painter import Text

if TYPE_CHECKING:
    from rich.style import Style

__all__ = ["Canvas"]


class Canvas:
    """Collects what changes while a frame is shown, and paints it in one go."""

    def __init__(self) -> None:
        """Start closed: everything goes Textual's way."""
        self._screen: Screen[None] | None = None
        self._texts: list[Text] = []
        self._seen: Mapping[Widget, tuple[Region, Region]] | None = None
        self._free: dict[Widget, Region] = {}

    @contextmanager
    def open(self, screen: Screen[None], paint: Callable[[Iterable[Text]], None]) -> Iterator[None]:
        """Take what the widgets of `screen` draw meanwhile, and `paint` it at the end."""
        self._screen = screen
        try:
            yield
        finally:
            self._screen = None
            texts, self._texts = self._texts, []
            if texts:
                paint(texts)

    def place(self, widget: Widget, width: int, height: int) -> Region | None:
        """Return where `widget` is on the screen; None where it has to go Textual's way."""
        screen = self._screen
        if screen is None or screen._layout_required or widget.screen is not screen:
            return None
        visible = screen._compositor.visible_widgets
        if visible is not self._seen:
            self._seen, self._free = visible, _unobstructed(visible)
        region = self._free.get(widget)
        if region is None or (region.width, region.height) != (width, height):
            return None
        return region

    def put(self, x: int, y: int, text: str, style: Style) -> None:
        """Draw `text` at that place of the screen."""
        self._texts.append((x, y, text, style))


def _unobstructed(visible: Mapping[Widget, tuple[Region, Region]]) -> dict[Widget, Region]:
    """Return the widgets that are seen whole, with where they are; `visible` is front to back."""
    found: dict[Widget, Region] = {}
    before: list[Region] = []
    for widget, (region, clip) in visible.items():
        if clip.contains_region(region) and not any(region.overlaps(front) for front in before):
            found[widget] = region
        before.append(region.intersection(clip))
    return found
