"""What all dialogs have in common: their keys follow the key map, and how questions look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget
from textual.widgets import Button, Static

from arbot_tui.tui.compositor import SoundCompositor
from arbot_tui.tui.keys import bind

if TYPE_CHECKING:
    from arbot_tui.tui.app import ArbotApp

__all__ = ["Dialog", "Question"]


class Dialog(ModalScreen[ScreenResultType]):
    """A box over the dashboard; ``esc`` always closes it."""

    DOES: ClassVar[Mapping[str, str]] = {}
    """What Textual is to run here for the keys of an action of the table."""
    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = SoundCompositor(self)

    def on_mount(self) -> None:
        """Take the keys of the key map; those of the class itself come first."""
        app: ArbotApp = self.app  # type: ignore[assignment]
        bind(self, app.key_map, self.DOES)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close, once: a second key may be on its way when the first one closes it.

        Textual takes away whatever is on top then, the dashboard included.
        """
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()


class Question(Dialog[ScreenResultType]):
    """A title, what there is to know, and answers; the first one changes nothing."""

    DOES: ClassVar[Mapping[str, str]] = {
        "left": "app.focus_previous",
        "up": "app.focus_previous",
        "right": "app.focus_next",
        "down": "app.focus_next",
        "quit": "app.act('quit')",
    }
    FIRST: ClassVar[str] = "#no"
    """What has the focus at first."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer('no')", "cancel", show=False),
    ]
    DEFAULT_CSS = """
    Question {
        & > #question {
            width: 64; max-width: 98%; height: auto; max-height: 92%;
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

    def __init__(self, title: str, lines: Sequence[str], answers: Mapping[str, str]) -> None:
        """Ask.

        Args:
            title: The question.
            lines: What there is to know, one sentence each.
            answers: Labels by identity; ``no`` is the one that changes nothing.
        """
        super().__init__()
        self._title = title
        self._lines = lines
        self._answers = answers

    def compose(self) -> ComposeResult:
        """Build the question with its answers."""
        with Vertical(id="question"):
            yield Static(self._title, id="title", markup=False)
            with VerticalScroll(id="lines", can_focus=False):
                yield Static("\n".join(self._lines), markup=False)
            yield from self.compose_more()
            with Horizontal(id="answers"):
                for answer, label in self._answers.items():
                    yield Button(label, id=answer, compact=True)

    def compose_more(self) -> Iterator[Widget]:
        """Return what stands between the sentences and the answers."""
        yield from ()

    def on_mount(self) -> None:
        """Focus what changes nothing by itself."""
        # None while it is being taken down again: an end does not wait for a mount.
        self.query(self.FIRST).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.action_answer(event.button.id or "no")

    def action_answer(self, answer: str) -> None:
        """Close with what `answer` means."""
        raise NotImplementedError
