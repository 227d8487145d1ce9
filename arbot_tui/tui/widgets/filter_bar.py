"""Where the filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

__all__ = ["FilterBar"]


class FilterBar(Horizontal):
    """A line above the footer while a filter is typed; what it holds stays in force after."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_and_close", show=False, priority=True),
        Binding("enter,down,tab", "close", show=False, priority=True),
    ]

    DEFAULT_CSS = """
    FilterBar {
        height: 1; display: none; background: $bar-ground;
        & > Static { width: 3; padding: 0 1; color: $key; text-style: bold; }
        & > Input, & > Input:focus {
            width: 1fr; height: 1; border: none; padding: 0;
            background: $bar-ground; color: $strong; background-tint: transparent;
        }
    }
    """

    class Closed(Message):
        """Typing has ended."""

    def compose(self) -> ComposeResult:
        """Build the line: the key that opened it, and the text."""
        yield Static("/", markup=False)
        yield Input(compact=True, max_length=20)

    def open(self, text: str, wanted: str) -> None:
        """Show the line with `text`, and type into it; `wanted` says what."""
        self.display = True
        field = self.query_one(Input)
        field.placeholder = wanted
        field.value = text
        field.focus()

    def action_close(self) -> None:
        """Keep the filter."""
        self.display = False
        self.post_message(self.Closed())

    def action_clear_and_close(self) -> None:
        """Drop the filter."""
        self.query_one(Input).value = ""
        self.action_close()
