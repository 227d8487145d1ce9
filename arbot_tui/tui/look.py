"""What roles look like in the theme of the moment, once for all widgets.

Component classes would do the same, but Textual matches the whole style sheet against each class
of each widget: two hundred of them took as long to start as everything else.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

from arbot_tui.domain.keymap import KeyMap
from arbot_tui.tui import keys as keys_of
from arbot_tui.tui.canvas import Canvas
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.spans import CURSOR

__all__ = ["Look"]

# Role: the theme's variable for the text, attributes, and for badges the one for the ground.
_ROLES: Mapping[str, tuple[str, str, str]] = {
    "text": ("foreground", "", ""),
    "dim": ("dim", "", ""),
    "faint": ("faint", "", ""),
    "strong": ("strong", "bold", ""),
    "title": ("title", "bold", ""),
    "key": ("key", "bold", ""),
    "gain": ("gain", "bold", ""),
    "loss": ("loss", "bold", ""),
    "neutral": ("neutral", "", ""),
    "warn": ("warn", "", ""),
    "bad": ("bad", "bold", ""),
    "live": ("live", "", ""),
    "delayed": ("delayed", "", ""),
    "stale": ("stale", "dim", ""),
    "down": ("down", "", ""),
    "bid": ("bid", "bold", ""),
    "ask": ("ask", "bold", ""),
    "frame": ("frame", "", ""),
    "frame-live": ("mode-live", "", ""),
    "frame-focus": ("frame-focus", "", ""),
    "mode-simulate": ("badge-text", "bold", "mode-simulate"),
    "mode-paper": ("badge-text", "bold", "mode-paper"),
    "mode-live": ("badge-text", "bold", "mode-live"),
}


class Look:
    """Glyphs, colours and keys that all widgets share.

    Attributes:
        glyphs: The signs to draw with.
        keys: Which keys do what.
        canvas: The short way to the terminal.
    """

    def __init__(self, glyphs: Glyphs, keys: KeyMap | None = None) -> None:
        self.glyphs = glyphs
        self.keys = keys or KeyMap()
        self.canvas = Canvas()
        self._live = False
        self._variables: Mapping[str, str] = {}
        self._styles: dict[tuple[str, str, bool], Style] = {}

    def hint(self, action_id: str) -> str:
        """Return what to press for an action."""
        return keys_of.hint(self.keys, action_id)

    def use(self, variables: Mapping[str, str]) -> None:
        """Take the colours of another theme."""
        self._variables = variables
        self._styles.clear()

    def set_live(self, live: bool) -> bool:
        """Let every frame say whether real money is at stake; return whether that is news."""
        news = live is not self._live
        if news:
            self._live = live
            self._styles.clear()
        return news

    def style(self, role: str, ground: str, *, focused: bool) -> Style:
        """Return how text of `role` is drawn; always with both colours.

        Args:
            role: Name of the role, on the cursor's ground with the prefix of `on_cursor`.
            ground: The theme's variable for what is behind it.
            focused: The widget has the focus, which shows on the cursor.
        """
        key = (role, ground, focused)
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._made(role, ground, focused=focused)
        return style

    def _made(self, role: str, ground: str, *, focused: bool) -> Style:
        attributes: list[str] = []
        if role.startswith(CURSOR):
            role = role.removeprefix(CURSOR)
            ground = "cursor-ground" if focused else "cursor-ground-blurred"
            if focused:
                attributes.append(self._variables["cursor-style"])
        if role == "frame" and self._live:
            role = "frame-live"
        if "reverse" in attributes:
            # Reversed, each colour would become a ground of its own.
            role = "text"
        variable, attribute, badge = _ROLES.get(role, _ROLES["text"])
        attributes.append(attribute)
        return Style(
            color=Color.parse(self._variables[variable]).rich_color,
            bgcolor=Color.parse(self._variables[badge or ground]).rich_color,
            bold=True if "bold" in attributes else None,
            dim=True if "dim" in attributes else None,
            reverse=True if "reverse" in attributes else None,
            underline=True if "underline" in attributes else None,
        )
