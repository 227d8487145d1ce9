"""Names in the configuration that the models cannot know: they are looked up where they lead."""

from __future__ import annotations

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.text import sanitise
from arbot_tui.settings.loading import Loaded
from arbot_tui.tui.config import UiConfig

__all__ = ["check_strategies", "check_theme"]


def check_theme(loaded: Loaded) -> None:
    """Refuse a theme that no file describes.

    Raises:
        ConfigError: There is none of that name.
    """
    theme = loaded.settings.ui.theme
    if theme == UiConfig().theme:
        return
    # Brings Textual along, which nobody should wait for who names no theme.
    from arbot_tui.tui.themes import load_themes

    themes = ("auto", *load_themes().themes)
    if theme not in themes:
        where, shown = loaded.origins["ui.theme"], sanitise(theme, 60)
        raise ConfigError(f'{where}: ui.theme = "{shown}": allowed: {", ".join(themes)}')


def check_strategies(loaded: Loaded) -> None:
    """Refuse a strategy that no installed package brings.

    Raises:
        ConfigError: There is none of that name.
    """
    from arbot_tui.strategy.plugins import find_strategies

    if names := loaded.settings.arbitrage.strategies:
        try:
            find_strategies(names)
        except ConfigError as e:
            raise ConfigError(f"{loaded.origins['arbitrage.strategies']}: {e}") from None
