"""Every action of the table in the command palette."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from arbot_tui.domain.actions import ACTIONS, Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arbot_tui.tui.app import ArbotApp

__all__ = ["ActionCommands"]

_MENTIONED = 0.1
"""Score of an action whose sentence contains what was typed; below any match of a name."""
# What opens the palette itself, and moves that make sense only on a key.
_LEFT_OUT = frozenset(
    {"palette", "down", "up", "left", "right", "page_down", "page_up", "top", "bottom", "back"}
)


class ActionCommands(Provider):
    """Finds actions by their name or by what they do."""

    async def discover(self) -> Hits:
        """Offer every action."""
        for entry in self._entries():
            yield DiscoveryHit(_title(entry), partial(self._app.perform, entry.id), help=entry.help)

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
                    help=entry.help,
                )

    @property
    def _app(self) -> ArbotApp:
        app: ArbotApp = self.app  # type: ignore[assignment]
        return app

    def _entries(self) -> Iterable[Action]:
        return (entry for entry in ACTIONS if entry.id not in _LEFT_OUT)


def _title(entry: Action) -> str:
    return entry.id.replace("_", " ")
