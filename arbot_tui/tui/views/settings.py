"""Settings: every key with its value, changed here, checked while it is typed, saved in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import ArbotError
from arbot_tui.engine.answers import SettingsDiff, SettingsView
from arbot_tui.engine.client import QueryResult
from arbot_tui.tui.asking import Question
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.look import Look
from arbot_tui.tui.screens.apply import ApplyScreen
from arbot_tui.tui.screens.edit import EditScreen
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.view import View
from arbot_tui.tui.widgets.panel import Panel
from arbot_tui.tui.widgets.settings import SettingsList

if TYPE_CHECKING:
    from arbot_tui.tui.app import ArbotApp

__all__ = ["SettingsForm"]


class SettingsForm(View):
    """One list for all sections; ``tab`` goes from section to section."""

    NAME = "settings"
    TITLE = "Settings"
    LABELS = {"details": "edit", "next_panel": "section"}  # noqa: RUF012 (the base class says so)
    SAYS = {  # noqa: RUF012 (the same)
        "details": "Change the selected setting; a switch or a choice takes its next value.",
        "filter": "Show only keys that contain what you type.",
        "next_panel": "Go to the next section.",
        "previous_panel": "Go to the section before.",
    }
    LACKS = frozenset({"sort"})
    ADDS = frozenset({"apply", "undo"})
    FILTERED = "part of a key"
    DEFAULT_CSS = """
    SettingsForm #settings { width: 100%; height: 100%; }
    """

    def __init__(self, look: Look) -> None:
        self.list = SettingsList(look, id="settings")
        super().__init__(look, (self.list,))

    def compose(self) -> ComposeResult:
        """Place the list."""
        yield self.list

    def draw(self, state: ViewState) -> None:
        """Draw the list again: how its answer is doing may have changed."""
        del state
        self.list.repaint()

    def questions(self) -> Iterable[Question]:
        """Ask for all settings: others may change them as well."""
        yield Question("settings", 2 * SECOND, "the settings")

    def take(self, question: Question, answer: QueryResult) -> None:
        """Show the settings."""
        del question
        if isinstance(answer, SettingsView):
            self.list.show_settings(answer)
            self._app.own_settings.use(answer)

    def meaning(self, glyphs: Glyphs) -> Sequence[tuple[str, str]]:
        """Return what the columns mean."""
        return (
            ("effect", "a change takes effect at once; books and orders stay as they are"),
            ("restart", "a change has to be saved and takes effect at the next start"),
            ("from", "where the value is from: a file and its line, a variable, an option"),
            (f"{glyphs.arrow} value", "typed and not applied yet"),
        )

    @property
    def filter(self) -> str:
        """The keys' filter."""
        return self.list.filter

    def set_filter(self, text: str) -> None:
        """Show only keys that contain `text`."""
        self.list.filter = text
        self.list.repaint()

    def next_panel(self, step: int) -> None:
        """Go to another section."""
        starts = self.list.sections()
        if not starts:
            return
        keys = self.list.keys()
        at = keys.index(self.list.cursor) if self.list.cursor in keys else 0
        section = sum(start <= at for start in starts) - 1
        self.list.move_to(starts[(section + step) % len(starts)])

    def details(self, panel: Panel) -> None:
        """Change the selected setting."""
        del panel
        setting = self.list.selected
        if setting is None:
            return
        now = self.list.pending.get(setting.name, setting.value)
        if setting.choices:
            following = setting.choices.index(now) + 1 if now in setting.choices else 0
            self._note(setting.name, setting.choices[following % len(setting.choices)])
            return

        def typed(text: str | None) -> None:
            if text is not None:
                self._note(setting.name, text)

        others = {k: v for k, v in self.list.pending.items() if k != setting.name}
        screen = EditScreen(self._app.client, self.look.glyphs, setting, now, others)
        self._app.push_screen(screen, typed)

    def perform(self, name: str) -> None:
        """Carry out a screen action of the table."""
        if name == "apply":
            self.run_worker(self._ask_and_apply(), group="apply", exclusive=True)
        elif name == "undo":
            setting = self.list.selected
            if setting is not None:
                self.list.pending.pop(setting.name, None)
                self.list.repaint()
        else:
            super().perform(name)

    def _note(self, name: str, text: str) -> None:
        setting = self.list.selected
        if setting is not None and setting.name == name and text.strip() == setting.value:
            self.list.pending.pop(name, None)
        else:
            self.list.pending[name] = text.strip()
        self.list.repaint()

    async def _ask_and_apply(self) -> None:
        """Show what the changes would do, and do it."""
        app, changes = self._app, dict(self.list.pending)
        if not changes:
            self._app.acting.say(
                f"nothing was changed: {self.look.hint('details')} edits the selected setting",
                ok=False,
            )
            return
        try:
            diff = await app.client.query("settings_diff", changes)
        except (ArbotError, OSError, ValueError) as e:
            self._app.acting.say(str(e), ok=False)
            return
        if not isinstance(diff, SettingsDiff) or diff.error:
            self._app.acting.say(getattr(diff, "error", "") or "no answer", ok=False)
            return
        if not diff.changes:
            self.list.pending.clear()
            self.list.repaint()
            return
        answer = await app.push_screen_wait(ApplyScreen(diff, self.look.glyphs))
        if answer is None:
            return
        flags = {"confirm": "yes"} | ({"save": "yes"} if answer == "save" else {})
        try:
            result = await app.client.command("settings", {**changes, **flags})
        except (ArbotError, OSError, ValueError) as e:
            self._app.acting.say(str(e), ok=False)
            return
        if result.ok:
            self.list.pending = {
                name: text for name, text in self.list.pending.items() if changes.get(name) != text
            }
        self._app.acting.say(result.message, ok=result.ok)
        await self._refresh_now()

    async def _refresh_now(self) -> None:
        try:
            answer = await self._app.client.query("settings", {})
        except (ArbotError, OSError, ValueError):
            # It is asked again anyway, and the panel says what is wrong.
            return
        if isinstance(answer, SettingsView):
            self.list.show_settings(answer)
            self._app.own_settings.use(answer)

    @property
    def _app(self) -> ArbotApp:
        app: ArbotApp = self.app  # type: ignore[assignment]
        return app
