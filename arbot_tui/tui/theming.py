"""Which theme is shown: one of those there are, and anew when its file was saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.theme import Theme

from arbot_tui.tui.ground import Ground
from arbot_tui.tui.theme_watch import ThemeWatch
from arbot_tui.tui.themes import DEFAULT_THEME, LIGHT_THEME, NO_COLOR_THEME

if TYPE_CHECKING:
    from textual.app import App

    from arbot_tui.tui.exits import ExitReason

__all__ = ["Theming"]


_AUTO = "auto"
"""Not a theme: the one that goes with the terminal."""


class Theming:
    """The themes of one app.

    Attributes:
        watch: Tells when the file of a theme was saved.
        auto: The theme goes with the terminal's background, as far as that is known.
    """

    def __init__(self, app: App[ExitReason], themes: Iterable[Theme], watch: ThemeWatch) -> None:
        """Let `app` know all of `themes`."""
        self._app = app
        self.watch = watch
        self._names: list[str] = []
        self._ground: Ground | None = None
        self.auto = False
        for theme in themes:
            app.register_theme(theme)
            self._names.append(theme.name)

    def show(self, name: str) -> None:
        """Show the theme of that name, if there is one; ``auto``: the one that suits."""
        self.auto = name == _AUTO
        if self.auto:
            name = self._suiting()
        if name in self._names:
            self._app.theme = name

    def told(self, ground: Ground | None) -> None:
        """Go with the terminal's background, where that is what is wanted."""
        self._ground = ground
        if self.auto:
            self.show(_AUTO)

    @property
    def asks(self) -> bool:
        """Whether the terminal's background makes a difference."""
        return self.auto and not self._app.no_color

    def _suiting(self) -> str:
        if self._app.no_color:
            return NO_COLOR_THEME
        return LIGHT_THEME if self._ground == "light" else DEFAULT_THEME

    def next(self) -> None:
        """Show the theme after the one in use."""
        if self._names:
            names, theme = self._names, self._app.theme
            at = names.index(theme) if theme in names else -1
            self.show(names[(at + 1) % len(names)])

    def reload(self, complain: Callable[[str], None]) -> None:
        """Show the theme in use anew when its file was saved, or say what is wrong with it."""
        app = self._app
        saved = self.watch.saved(app.theme)
        if saved is None:
            return
        theme, faults = saved
        if theme is None:
            complain(f"theme {app.theme} stays as it is: {faults[0]}")
            return
        app.register_theme(theme)
        app._watch_theme(theme.name)
