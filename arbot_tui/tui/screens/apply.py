"""What changed settings would do, before they do it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import SettingsDiff
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.screens.edit import change_words
from arbot_tui.tui.spans import clean

__all__ = ["ApplyScreen"]


class ApplyScreen(ModalScreen[str | None]):
    """Lists the changes; answers ``apply``, ``save`` (and apply) or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel", show=False),
        Binding("left,h,up,k", "app.focus_previous", show=False),
        Binding("right,l,down,j", "app.focus_next", show=False),
    ]

    DEFAULT_CSS = """
    ApplyScreen {
        align: center middle;
        background: $background 60%;
        & > #question {
            width: 78; max-width: 98%; height: auto; max-height: 92%;
            padding: 1 2; border: round $warn; background: $surface;
        }
        #title { text-style: bold; color: $strong; }
        #lines { height: auto; max-height: 12; margin: 1 0; color: $foreground; }
        #answers { height: auto; align-horizontal: right; }
        Button {
            min-width: 10; height: 1; border: none; margin-left: 2; padding: 0 1;
            background: $surface; color: $dim; text-style: none;
            &:focus {
                background: $key; color: $background; text-style: bold;
                background-tint: transparent;
            }
        }
    }
    """

    def __init__(self, diff: SettingsDiff, glyphs: Glyphs) -> None:
        super().__init__()
        self._lines = [
            clean(sanitise(change_words(change, glyphs), 300), ascii_only=glyphs.ascii_only)
            for change in diff.changes
        ]
        self._all_hot = all(change.hot for change in diff.changes)
        self._loosens = any(change.loosens for change in diff.changes)

    def compose(self) -> ComposeResult:
        """Build the question with its answers."""
        with Vertical(id="question"):
            title = "Apply? It lets more be risked than now." if self._loosens else "Apply?"
            yield Static(title, id="title", markup=False)
            with VerticalScroll(id="lines", can_focus=False):
                yield Static("\n".join(self._lines), markup=False)
            with Horizontal(id="answers"):
                yield Button("Cancel", id="no", compact=True)
                if self._all_hot:
                    yield Button("Apply for now", id="apply", compact=True)
                yield Button("Apply and save", id="save", compact=True)

    def on_mount(self) -> None:
        """Focus the answer that changes nothing."""
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        answer = event.button.id
        self.dismiss(answer if answer in ("apply", "save") else None)
