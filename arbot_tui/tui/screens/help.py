"""What the keys do and what the view means, from the table of actions."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.keys import key_name

__all__ = ["HelpScreen", "help_keys", "help_view"]


def help_keys() -> list[tuple[str, str]]:
    """Return (keys, sentence) for every action, in the table's order."""
    return [
        (", ".join(key_name(key) for key in entry.keys) or "palette", entry.help)
        for entry in ACTIONS
    ]


def help_view(glyphs: Glyphs) -> list[tuple[str, str]]:
    """Return (sign, meaning) for what the dashboard shows."""
    feed, trading = glyphs.feed, glyphs.trading
    return [
        (f"{glyphs.up} before a bid", "the highest bid: where to sell"),
        (f"{glyphs.down} after an ask", "the lowest ask: where to buy"),
        ("8ms " + glyphs.round_trip + "3", "lag of a venue's feed, round trip to it"),
        ("net edge", "buying there and selling here, both taker fees paid, in percent"),
        ("age", "time since the older of those two quotes changed"),
        ("60 s", "the net edge over the last minute, oldest at the left"),
        (f"{glyphs.trend[2]} {glyphs.trend[1]} {glyphs.trend[0]}", "mid price over 60 s"),
        ("feeds", "  ".join(f"{sign} {word}" for word, sign in feed.items())),
        ("trading", "  ".join(f"{sign} {word}" for word, sign in trading.items())),
        ("dimmed prices", "a feed that is not live: shown, never traded"),
        ("Why not", "candidates refused in the last minute, by the check that refused them"),
    ]


_WIDTH, _KEYS = 92, 18


class HelpScreen(ModalScreen[None]):
    """Keys valid here and what this view means; any of its own keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,enter", "dismiss", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("q", "app.act('q')", show=False),
    ]

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background 60%;
        & > VerticalScroll {
            width: 92; max-width: 98%; height: auto; max-height: 96%;
            padding: 0 2; border: round $frame-focus; background: $surface;
            border-title-color: $title; border-subtitle-color: $dim;
        }
    }
    """

    def __init__(self, glyphs: Glyphs, width: int) -> None:
        super().__init__()
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
        for title, entries in (("", help_keys()), ("This view", help_view(self._glyphs))):
            if title:
                parts.append(Content(f"\n{title}").stylize("bold $title"))
            for left, right in entries:
                for index, text in enumerate(wrap(right, max(20, self._room))):
                    key = "" if index else left
                    parts.append(
                        Content.assemble((f"{key:<{_KEYS}}", "bold $key"), (text, "$foreground"))
                    )
        return Content("\n").join(parts)
