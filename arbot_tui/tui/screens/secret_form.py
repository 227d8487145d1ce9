"""Asks for secrets: each field hides what is typed, and nothing is kept after the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from arbot_tui.tui.screens.dialog import Dialog

__all__ = ["SecretForm"]


class SecretForm(Dialog[dict[str, str] | None]):
    """Fields by name; answers with what was typed in all of them, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    DEFAULT_CSS = """
    SecretForm {
        & > #form {
            width: 64; max-width: 96%; height: auto; max-height: 90%;
            padding: 1 2; border: round $frame-focus; background: $surface;
            border-title-color: $title; border-subtitle-color: $dim;
        }
        Static { color: $dim; }
        Input { border: none; height: 1; padding: 0; margin-bottom: 1; background: $background; }
        #lacking { color: $bad; }
    }
    """

    def __init__(self, title: str, fields: Mapping[str, str]) -> None:
        super().__init__()
        self._title = title
        self._fields = dict(fields)

    def compose(self) -> ComposeResult:
        """Build a hidden field for each secret."""
        box = Vertical(id="form")
        box.border_title = self._title
        box.border_subtitle = "enter goes on - esc cancels"
        with box:
            for name, label in self._fields.items():
                yield Static(label, markup=False)
                yield Input(password=True, id=name, compact=True)
            yield Static(id="lacking", markup=False)

    def on_mount(self) -> None:
        """Begin with the first field."""
        self.query(Input).first().focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field; from the last one, answer."""
        event.stop()
        names = list(self._fields)
        if event.input.id != names[-1]:
            self.focus_next()
            return
        typed = {name: self.query_one(f"#{name}", Input).value for name in names}
        for name, value in typed.items():
            if not value:
                self.query_one("#lacking", Static).update(f"{self._fields[name]} is empty")
                self.query_one(f"#{name}", Input).focus()
                return
        self.dismiss(typed)
