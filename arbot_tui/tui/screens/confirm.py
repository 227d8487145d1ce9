"""A question before something that changes the engine; the safe answer has the focus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

__all__ = ["ConfirmScreen"]


class ConfirmScreen(ModalScreen[bool]):
    """Names what will happen and what is open, and asks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer(False)", "cancel", show=False),
        Binding("left,h,up,k", "app.focus_previous", show=False),
        Binding("right,l,down,j", "app.focus_next", show=False),
        Binding("q", "app.act('q')", show=False),
    ]

    DEFAULT_CSS = """
    ConfirmScreen {
        align: center middle;
        background: $background 60%;
        & > #question {
            width: 64; max-width: 96%; height: auto; max-height: 90%;
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

    def __init__(self, title: str, lines: Sequence[str], yes: str, no: str = "Cancel") -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._yes = yes
        self._no = no

    def compose(self) -> ComposeResult:
        """Build the question with its two answers."""
        with Vertical(id="question"):
            yield Static(self._title, id="title", markup=False)
            yield Static("\n".join(self._lines), id="lines", markup=False)
            with Horizontal(id="answers"):
                yield Button(self._no, id="no", compact=True)
                yield Button(self._yes, id="yes", compact=True)

    def on_mount(self) -> None:
        """Focus the answer that changes nothing."""
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Answer."""
        self.dismiss(yes)
