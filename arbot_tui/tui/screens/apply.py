"""What changed settings would do, before they do it."""

from __future__ import annotations

from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import SettingsDiff
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.screens.confirm import ChooseScreen
from arbot_tui.tui.screens.edit import change_words
from arbot_tui.tui.spans import clean

__all__ = ["ApplyScreen"]


class ApplyScreen(ChooseScreen):
    """Lists the changes; answers ``apply``, ``save`` (and apply) or None."""

    DEFAULT_CSS = """
    ApplyScreen > #question { width: 78; }
    """

    def __init__(self, diff: SettingsDiff, glyphs: Glyphs) -> None:
        lines = [
            clean(sanitise(change_words(change, glyphs), 300), ascii_only=glyphs.ascii_only)
            for change in diff.changes
        ]
        loosens = any(change.loosens for change in diff.changes)
        answers = {"no": "Cancel"}
        if all(change.hot for change in diff.changes):
            answers["apply"] = "Apply for now"
        answers["save"] = "Apply and save"
        title = "Apply? It lets more be risked than now." if loosens else "Apply?"
        super().__init__(title, lines, answers)
