"""Every action of the table in the command palette."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape

from arbot_tui.domain.actions import ACTIONS, Action
from arbot_tui.tui.compositor import SoundCompositor
from arbot_tui.tui.keys import key_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arbot_tui.tui.app import ArbotApp

__all__ = ["ActionCommands", "ActionPalette"]

_MENTIONED = 0.1
"""Score of an action whose sentence contains what was typed; below any match of a name."""


class ActionPalette(CommandPalette):
    """Textual's palette, no wider than its sentences, which closes once, as `Dialog` does."""

    DEFAULT_CSS = """
    ActionPalette > Vertical { width: 84; max-width: 100%; }
    """

    def __init__(self) -> None:
        super().__init__(placeholder="Find an action")
        self._compositor = SoundCompositor(self)

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close, once."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()

    def _action_command_list(self, action: str) -> None:
        """Move in the list, once it has lines to move by: Textual takes that for granted."""
        if not action.startswith("page") or self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)


class ActionCommands(Provider):
    """Finds actions by their name or by what they do."""

    async def discover(self) -> Hits:
        """Offer every action."""
        for entry in self._entries():
            yield DiscoveryHit(
                _title(entry), partial(self._app.perform, entry.id), help=self._help(entry)
            )

    async def search(self, query: str) -> Hits:
        """Offer the actions that match `query`."""
        matcher = self.matcher(query)
        for entry in self._entries():
            title = _title(entry)
            score = matcher.match(title)
            if not score and query.casefold() in entry.help.casefold():
                score = _MENTIONED
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(title),
                    partial(self._app.perform, entry.id),
                    help=self._help(entry),
                )

    def _help(self, entry: Action) -> str:
        keys = key_names(self._app.key_map, entry.id)
        return f"{entry.help} ({escape(keys)})" if keys else entry.help

    @property
    def _app(self) -> ArbotApp:
        app: ArbotApp = self.app  # type: ignore[assignment]
        return app

    def _entries(self) -> Iterable[Action]:
        return (entry for entry in ACTIONS if entry.id != "palette")


def _title(entry: Action) -> str:
    return entry.id.replace("_", " ")
