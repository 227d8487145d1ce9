"""One setting, typed anew and checked with every key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from arbot_tui.domain.errors import ArbotError
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import SettingChange, SettingsDiff, SettingView
from arbot_tui.engine.client import EngineClient
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.screens.dialog import Dialog
from arbot_tui.tui.spans import clean

__all__ = ["EditScreen", "change_words"]


def change_words(change: SettingChange, glyphs: Glyphs) -> str:
    """Return what a change does, in one line."""
    unit = f" {change.unit}" if change.unit else ""
    before, after = change.before or "unset", change.after or "unset"
    words = f"{change.name}: {before} {glyphs.arrow} {after}{unit}"
    if change.loosens:
        words += " (LOOSENS A LIMIT)"
    if not change.hot:
        words += " (next start)"
    return words + (f"; {change.note}" if change.note else "")


class EditScreen(Dialog[str | None]):
    """Takes a value; only one that is allowed is accepted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel", show=False)
    ]

    DEFAULT_CSS = """
    EditScreen {
        & > #form {
            width: 76; max-width: 98%; height: auto; max-height: 96%;
            padding: 0 2; border: round $frame-focus; background: $surface;
            border-title-color: $title; border-subtitle-color: $dim;
        }
        #meaning, #allowed { color: $dim; height: auto; }
        #verdict { color: $warn; height: auto; min-height: 2; }
        Input, Input:focus {
            height: 1; border: none; padding: 0; margin: 1 0;
            background: $bar-ground; color: $strong; background-tint: transparent;
        }
    }
    """

    def __init__(
        self,
        client: EngineClient,
        glyphs: Glyphs,
        setting: SettingView,
        text: str,
        others: Mapping[str, str],
    ) -> None:
        super().__init__()
        self._client = client
        self._glyphs = glyphs
        self._setting = setting
        self._text = text
        self._others = others

    def compose(self) -> ComposeResult:
        """Build the form."""
        setting = self._setting
        form = Vertical(id="form")
        form.border_title = self._clean(setting.name)
        form.border_subtitle = "enter accepts, esc cancels"
        with form:
            yield Static(self._clean(setting.meaning), id="meaning", markup=False)
            allowed = f"allowed: {setting.allowed}, default: {setting.default or 'unset'}"
            yield Static(self._clean(allowed), id="allowed", markup=False)
            yield Input(self._text, compact=True, max_length=400)
            yield Static("", id="verdict", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.query(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check what has been typed so far."""
        self.run_worker(self._check(event.value), group="check", exclusive=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Accept it, if it is allowed."""
        self.run_worker(self._accept(event.value), group="check", exclusive=True)

    async def _accept(self, text: str) -> None:
        if await self._check(text):
            self.dismiss(text)

    async def _check(self, text: str) -> bool:
        """Say what is wrong with `text`, or what it would do; return whether it is allowed."""
        changes = {**self._others, self._setting.name: text}
        try:
            diff = await self._client.query("settings_diff", changes)
        except (ArbotError, OSError, ValueError) as e:
            diff = SettingsDiff((), str(e))
        if not isinstance(diff, SettingsDiff):
            diff = SettingsDiff((), "no answer")
        own = [change for change in diff.changes if change.name == self._setting.name]
        said = diff.error or (change_words(own[0], self._glyphs) if own else "no change")
        self.query_one("#verdict", Static).update(self._clean(said))
        return not diff.error

    def _clean(self, text: str) -> str:
        return clean(sanitise(text, 400), ascii_only=self._glyphs.ascii_only)
