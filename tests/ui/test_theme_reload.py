"""A theme that is saved while it is on the screen."""

from __future__ import annotations

from pathlib import Path

import msgspec
from textual.color import Color

from arbot_tui.domain.clock import SECOND
from arbot_tui.tui.theme_watch import ThemeWatch
from arbot_tui.tui.themes import load_themes, themes_folder
from tests.ui.fakes import START_NS, frame
from tests.ui.harness import Screen, dashboard


async def second(screen: Screen, number: int) -> None:
    made = frame(number + 1)
    screen.client.push(msgspec.structs.replace(made, now_ns=START_NS + number * SECOND))
    await screen.pull()


def background(screen: Screen) -> Color:
    return screen.app.dashboard.background_colors[1]


async def test_it_is_shown_anew_and_a_broken_one_is_named_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "dark.toml"
    text = (themes_folder() / "dark.toml").read_text()
    path.write_text(text)
    async with dashboard() as screen:
        screen.app.theming.watch = ThemeWatch(load_themes(tmp_path).files)
        assert background(screen) == Color.parse("#0d1117")
        path.write_text(text.replace('background = "#0d1117"', 'background = "#102030"'))
        await second(screen, 1)
        await screen.pilot.pause()
        assert background(screen) == Color.parse("#102030")
        path.write_text(text + "wrong = 1\n")
        await second(screen, 2)
        await screen.pilot.pause()
        assert background(screen) == Color.parse("#102030")
        assert "variables.wrong: no such key" in " ".join(screen.text().split())
