"""What the keys do and what the view means, from the table of actions."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.domain.keymap import KeyMap
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.keys import key_names
from arbot_tui.tui.screens.dialog import Dialog
from arbot_tui.tui.views.view import MOVES, View

__all__ = ["HelpScreen", "help_keys", "help_sections", "help_view"]

_TRADING, _VIEWS, _MOVING, _HERE = "Trading", "Views", "Moving about", "Here"
_PALETTE = "In the palette alone"
_SECTIONS = (_TRADING, _HERE, _VIEWS, _MOVING, _PALETTE)


def help_keys(view: View, keys: KeyMap) -> list[tuple[str, str]]:
    """Return (keys, sentence) for every action that means something in `view`."""
    return [
        (
            key_names(keys, entry.id) or "palette",
            view.SAYS.get(entry.id, entry.help),
        )
        for entry in ACTIONS
        if entry.id not in view.lacks
    ]


def help_sections(view: View, keys: KeyMap) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what `help_keys` does under titles, what has no key of its own last."""
    found: dict[str, list[tuple[str, str]]] = {title: [] for title in _SECTIONS}
    entries = (entry for entry in ACTIONS if entry.id not in view.lacks)
    for entry, line in zip(entries, help_keys(view, keys), strict=True):
        if not keys.keys(entry.id):
            title = _PALETTE
        elif entry.engine:
            title = _TRADING
        elif entry.id.startswith("view_"):
            title = _VIEWS
        else:
            title = _MOVING if entry.id in MOVES else _HERE
        found[title].append(line)
    return [(title, lines) for title, lines in found.items() if lines]


def help_view(view: View, glyphs: Glyphs) -> list[tuple[str, str]]:
    """Return (sign, meaning) for what `view` and the status bar show."""
    feed, trading = glyphs.feed, glyphs.trading
    return [
        *view.meaning(glyphs),
        ("8ms " + glyphs.round_trip + "3", "lag of a venue's feed, round trip to it"),
        ("feeds", "  ".join(f"{sign} {word}" for word, sign in feed.items())),
        ("trading", "  ".join(f"{sign} {word}" for word, sign in trading.items())),
    ]


_WIDTH, _KEYS = 92, 18


class HelpScreen(Dialog[None]):
    """Keys valid here and what this view means; any of its own keys closes it."""

    DOES: ClassVar = {
        "help": "dismiss",
        "down": "scroll(1)",
        "up": "scroll(-1)",
        "page_down": "scroll(10)",
        "page_up": "scroll(-10)",
        "quit": "app.act('quit')",
    }
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "dismiss", show=False)]

    DEFAULT_CSS = """
    HelpScreen {
        & > VerticalScroll {
            width: 92; max-width: 98%; height: auto; max-height: 96%;
            padding: 0 2; border: round $frame-focus; background: $surface;
            border-title-color: $title; border-subtitle-color: $dim;
        }
    }
    """

    def __init__(self, view: View, glyphs: Glyphs, width: int) -> None:
        super().__init__()
        self._view = view
        self._glyphs = glyphs
        # What the box leaves for a sentence beside its key.
        self._room = min(_WIDTH, width - 2) - 8 - _KEYS

    def compose(self) -> ComposeResult:
        """Build the two lists."""
        box = VerticalScroll()
        box.border_title = "Keys"
        box.border_subtitle = "esc closes"
        with box:
            yield Static(self._text(), markup=False)

    def action_scroll(self, lines: int) -> None:
        """Scroll by `lines`."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _text(self) -> Content:
        parts: list[Content] = []
        view = self._view
        sections = [
            *help_sections(view, view.look.keys),
            (f"What {view.TITLE} shows", help_view(view, self._glyphs)),
        ]
        for at, (title, entries) in enumerate(sections):
            parts.append(Content(f"\n{title}" if at else title).stylize("bold $title"))
            for left, right in entries:
                for index, text in enumerate(wrap(right, max(20, self._room))):
                    key = "" if index else left
                    parts.append(
                        Content.assemble((f"{key:<{_KEYS}}", "bold $key"), (text, "$foreground"))
                    )
        return Content("\n").join(parts)
