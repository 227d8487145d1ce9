"""Whatever happened before, the terminal shows what a picture drawn anew shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from random import Random
from unittest import mock

import msgspec
import pytest
from textual import events
from textual._compositor import ReflowResult
from textual.geometry import Size
from textual.widget import Widget

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.frames import Frame
from arbot_tui.tui.widgets.line_widget import LineWidget
from tests.ui.fakes import COINS, START_NS, FakeClient, row, status
from tests.ui.harness import SIZES, Screen, dashboard
from tests.ui.memory import Cell, MemoryDriver
from tests.ui.test_views import world

pytestmark = pytest.mark.ui

EDGES = [*SIZES, (79, 24), (119, 35), (160, 36)]
KEYS = (
    *("1", "2", "3", "4", "5", "6", "7"),
    *("enter", "enter", "enter", "escape", "tab", "shift+tab", "up", "down", "pagedown"),
    *("j", "k", "h", "l", "G", "g", "o", "n", "N", "y", "t"),
    *("space", "question_mark", "slash", "ctrl+l", "ctrl+p", "x"),
)


@pytest.fixture(autouse=True)
def _in_memory() -> Iterator[None]:
    with mock.patch("textual.drivers.headless_driver.HeadlessDriver", MemoryDriver):
        yield


def moved(version: int, draw: Random) -> Frame:
    """Return a frame in which some figures differ from the one before."""
    rows = tuple(
        row(number, f"{base}/USDT", mid * (1 + draw.choice((0.0, 1e-4, 3.0))), decimals)
        for number, (base, mid, decimals) in enumerate(COINS)
        if draw.random() < 0.5
    )
    return msgspec.structs.replace(
        world(),
        version=version,
        now_ns=START_NS + version * SECOND // 3,
        rows=rows,
        rows_total=len(COINS),
        status=status(realised=str(draw.randrange(10**6)), completed=version),
    )


def terminal(screen: Screen) -> MemoryDriver:
    driver = screen.app._driver
    assert isinstance(driver, MemoryDriver)
    return driver


def resize(screen: Screen, columns: int, rows: int) -> None:
    """Change the terminal's size, and leave on it what it may have left."""
    terminal(screen).resize(columns, rows)
    size = Size(columns, rows)
    screen.app.post_message(events.Resize(size, size))


async def drawn_anew(screen: Screen) -> list[list[Cell]]:
    """Forget what was drawn, lay everything out again and return what the terminal shows."""
    app = screen.app
    app.screen.refresh(layout=True)
    for widget in app.screen.query(LineWidget):
        widget._painted = []
        widget.repaint()
    terminal(screen).resize(*app.size)
    app._redraw()
    await screen.pilot.pause()
    return terminal(screen).cells()


def differences(before: list[list[Cell]], anew: list[list[Cell]]) -> list[str]:
    """Return what is not as it is when drawn anew, line by line, so that a failure can be read."""
    texts = []
    for y, (was, now) in enumerate(zip(before, anew, strict=True)):
        if columns := [x for x, (old, new) in enumerate(zip(was, now, strict=True)) if old != new]:
            first, last = columns[0], columns[-1] + 1
            old, new = ("".join(cell[0] for cell in line[first:last]) for line in (was, now))
            style = f" {was[first][1:]} {now[first][1:]}" if old == new else ""
            texts.append(f"line {y}, column {first}: {old!r} is {new!r} drawn anew{style}")
    return texts


async def at_rest(screen: Screen) -> None:
    """Leave dialogs and let toasts go: what lies over the views is timed by Textual."""
    if terminal(screen).stalled:
        terminal(screen).drain()
    await screen.pilot.pause()
    for _ in range(4):
        await screen.press("escape")
    assert screen.app.screen is screen.app.dashboard
    screen.app.clear_notifications()
    await screen.pilot.pause()


async def something(screen: Screen, draw: Random, version: int) -> str:
    """Let one thing happen, and return what it was."""
    what = draw.choice(("key", "key", "key", "frame", "frame", "resize", "stall"))
    if what == "key":
        what = draw.choice(KEYS)
        screen.app.post_message(events.Key(what, what if len(what) == 1 else None))
    elif what == "frame":
        screen.client.push(moved(version, draw))
        screen.clock.advance(SECOND // 3)
        screen.app.pull()
    elif what == "resize":
        size = draw.choice(EDGES)
        what = f"{size[0]}x{size[1]}"
        resize(screen, *size)
    else:
        terminal(screen).stalled = True
    # Sometimes the next thing happens before this one has been dealt with.
    for _ in range(draw.choice((0, 1, 3, 10, 100))):
        await asyncio.sleep(0)
    return what


async def walk(seed: int, rests: int) -> None:
    """Let things happen at random, and compare the picture each time the screen is at rest."""
    draw = Random(seed)
    happened: list[str] = []
    async with dashboard(FakeClient(world()), draw.choice(SIZES)) as screen:
        for _ in range(rests):
            for _ in range(draw.randrange(1, 9)):
                happened.append(await something(screen, draw, 2 + len(happened)))
            await at_rest(screen)
            before = terminal(screen).cells()
            wrong = differences(before, await drawn_anew(screen))
            assert not wrong, "\n".join((" ".join(happened), *wrong))


@pytest.mark.parametrize("seed", range(2))
async def test_the_picture_is_what_drawing_it_anew_gives(seed: int) -> None:
    await walk(seed, rests=5)


async def test_a_size_that_came_back_at_once_is_drawn_anew() -> None:
    async with dashboard() as screen:
        before = terminal(screen).cells()
        # The terminal was narrower for a moment and lost its right half; the app sees 160 twice.
        resize(screen, 160, 48)
        await screen.pilot.pause()
        assert terminal(screen).cells() == before


async def test_of_many_sizes_in_a_row_only_the_last_is_laid_out() -> None:
    async with dashboard(FakeClient(world())) as screen:
        laid_out = []
        plain = screen.app.screen._compositor.reflow

        def noted(parent: Widget, size: Size) -> ReflowResult:
            laid_out.append(size)
            return plain(parent, size)

        with (
            # The pilot says when it is over, not a timer that a slow machine outruns.
            mock.patch("arbot_tui.tui.resizing.FIRST_S", 600.0),
            mock.patch("arbot_tui.tui.resizing.QUIET_S", 600.0),
            mock.patch("arbot_tui.tui.resizing.LONGEST_S", 600.0),
            mock.patch.object(screen.app.screen._compositor, "reflow", noted),
        ):
            for width in range(100, 161, 5):
                resize(screen, width, 48)
                await asyncio.sleep(0)
                # A frame that comes meanwhile is shown with the last size, not lost.
                screen.client.push(moved(width, Random(width)))
                screen.app.pull()
            await screen.pilot.pause()
        assert set(laid_out) == {Size(160, 48)}
        before = terminal(screen).cells()
        assert not differences(before, await drawn_anew(screen))
        assert screen.app.dashboard.market.matrix._version == 160


async def test_focus_shows_at_once_though_nothing_else_changes() -> None:
    async with dashboard(FakeClient(world())) as screen:
        await screen.press("space", "tab")
        before = terminal(screen).cells()
        assert before == await drawn_anew(screen)
        await screen.press("6")
        assert "▸" in screen.line("made up no 12")
        assert "no 12" in screen.line("Line")


async def test_without_colours_frames_go_the_short_way_and_look_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    draw = Random(1)
    async with dashboard(FakeClient(world()), theme="ansi") as screen:
        for version in range(2, 6):
            screen.client.push(moved(version, draw))
            before = terminal(screen).cells()
            screen.app.pull()
            # Without a turn of the loop: Textual has not drawn yet.
            shown = terminal(screen).cells()
            assert shown != before
            assert {cell[1:3] for line in shown for cell in line} == {("default", "default")}
            await screen.pilot.pause()
            assert terminal(screen).cells() == await drawn_anew(screen)


async def test_a_toast_goes_though_a_hidden_panel_wanted_to_be_drawn_meanwhile() -> None:
    async with dashboard(FakeClient(world()), (80, 24)) as screen:
        await screen.press("y")
        assert any("copied the row" in line for line in terminal(screen).screen.display)
        market = screen.app.dashboard.market
        assert not market.venues.display
        # From now on Textual's map of widgets is made anew by whoever asks where a widget is.
        screen.app.screen._compositor.update_widgets({market.venues})
        screen.app.clear_notifications()
        await screen.pilot.pause()
        before = terminal(screen).cells()
        assert not differences(before, await drawn_anew(screen))
        assert not any("copied" in line for line in terminal(screen).screen.display)


async def test_toasts_are_few_count_what_is_said_again_and_leave_nothing_behind() -> None:
    async with dashboard(FakeClient(world()), (80, 24)) as screen:
        for name in ("one", "two", "three", "four"):
            screen.app.acting.say(name, ok=True)
            await screen.press("y")
        shown = "\n".join(terminal(screen).screen.display)
        assert "(x4)" in shown
        assert ["one" in shown, "two" in shown] == [False, False]
        assert ["three" in shown, "four" in shown] == [True, True]
        rack = screen.app.screen.query_one("#textual-toastrack")
        assert len(rack.children) == 3
        screen.app.clear_notifications()
        await screen.pilot.pause()
        assert not rack.children
