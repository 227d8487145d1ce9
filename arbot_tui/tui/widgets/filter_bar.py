"""Where the filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

__all__ = ["FilterBar"]


class FilterBar(Input):
    """A line above the footer while a filter is typed; what it holds stays in force after."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_and_close", show=False),
        Binding("enter,down,tab", "close", show=False),
    ]

    DEFAULT_CSS = """
    FilterBar {
        height: 1; border: none; padding: 0 1; display: none;
        background: $bar-ground; color: $strong;
        &:focus { border: none; background: $bar-ground; }
    }
    """

    class Closed(Message):
        """Typing has ended."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(placeholder="symbol contains …", id=id, compact=True, max_length=20)

    def open(self, text: str) -> None:
        """Show the line and type into it."""
        self.value = text
        self.display = True
        self.focus()

    def action_close(self) -> None:
        """Keep the filter."""
        self.display = False
        self.post_message(self.Closed())

    def action_clear_and_close(self) -> None:
        """Drop the filter."""
        self.value = ""
        self.action_close()
