"""Questions before something that changes the engine; the safe answer has the focus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Input, Static

from arbot_tui.tui.screens.dialog import Question

__all__ = ["ChooseScreen", "ConfirmScreen", "TypedScreen"]


class ConfirmScreen(Question[bool]):
    """Names what will happen and what is open, and asks."""

    def __init__(self, title: str, lines: Sequence[str], yes: str, no: str = "Cancel") -> None:
        super().__init__(title, lines, {"no": no, "yes": yes})

    def action_answer(self, answer: str) -> None:
        """Answer."""
        self.dismiss(answer == "yes")


class ChooseScreen(Question[str | None]):
    """Asks which of several things to do; None for nothing."""

    def action_answer(self, answer: str) -> None:
        """Answer."""
        self.dismiss(None if answer == "no" else answer)


class TypedScreen(ConfirmScreen):
    """Takes a word for an answer, so that no key pressed by mistake is one."""

    # What types a character is text here.
    DOES: ClassVar[Mapping[str, str]] = {}
    FIRST = "Input"
    DEFAULT_CSS = """
    TypedScreen {
        #wanted { color: $warn; height: auto; }
        Input, Input:focus {
            height: 1; border: none; padding: 0; margin-bottom: 1;
            background: $bar-ground; color: $strong; background-tint: transparent;
        }
    }
    """

    def __init__(self, title: str, lines: Sequence[str], yes: str, word: str) -> None:
        super().__init__(title, lines, yes)
        self._word = word

    def compose_more(self) -> Iterator[Widget]:
        """Return the field for the word."""
        wanted = f"Type {self._word} and press enter; esc changes nothing."
        yield Static(wanted, id="wanted", markup=False)
        yield Input(compact=True, max_length=40)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, where it is the word."""
        event.stop()
        self.action_answer("yes")

    def action_answer(self, answer: str) -> None:
        """Answer; yes counts only with the word."""
        typed = self.query_one(Input)
        if answer == "yes" and typed.value.strip().casefold() != self._word:
            typed.value = ""
            typed.focus()
        else:
            super().action_answer(answer)
