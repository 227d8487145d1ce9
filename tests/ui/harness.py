"""The dashboard on a fake engine, its picture as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from textual._compositor import Compositor
from textual._context import active_app, visible_screen_stack
from textual.pilot import Pilot
from textual.screen import Screen as TextualScreen

from arbot_tui.domain.clock import VirtualClock
from arbot_tui.domain.keymap import KeyMap
from arbot_tui.tui.app import ArbotApp
from arbot_tui.tui.driver import TerminalDriver
from arbot_tui.tui.exits import ExitReason
from arbot_tui.tui.glyphs import UNICODE, Glyphs
from arbot_tui.tui.themes import load_themes, themes_folder
from tests.ui.fakes import START_NS, FakeClient

_render_update = Compositor.render_update

SIZES = [(80, 24), (120, 40), (160, 48)]


class Screen:
    """A running dashboard.

    Attributes:
        app: The application.
        client: Its engine.
        clock: The screen's own clock.
        pilot: Textual's hands.
    """

    def __init__(
        self, app: ArbotApp, client: FakeClient, clock: VirtualClock, pilot: Pilot[ExitReason]
    ) -> None:
        self.app = app
        self.client = client
        self.clock = clock
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys and wait until the screen has settled."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def pull(self) -> None:
        """Let the next frame arrive."""
        self.app.pull()
        await self.pilot.pause()

    async def close_dialogs(self) -> None:
        """Return to the dashboard."""
        await self.press("escape")
        while self.app.screen is not self.app.dashboard:
            self.app.pop_screen()
            await self.pilot.pause()

    def lines(self) -> list[str]:
        """Return the picture, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    def text(self) -> str:
        """Return the picture."""
        return "\n".join(self.lines())

    def line(self, part: str) -> str:
        """Return the first line that contains `part`."""
        return next(line for line in self.lines() if part in line)

    def rows(self) -> list[str]:
        """Return the lines of the matrix."""
        width = self.app.dashboard.market.matrix.size.width
        lines = (line[:width].strip("│ ▸|>") for line in self.lines())
        return [line for line in lines if line.partition(" ")[0].endswith("/USDT")]

    def row(self, symbol: str) -> str:
        """Return a symbol's line of the matrix."""
        return next(line for line in self.rows() if line.startswith(symbol))


async def settle(app: ArbotApp) -> None:
    """Return when the loop has nothing left to do and the screen has drawn all of it.

    Textual's own pilot waits until the process has been idle for some wall time, twice per key.
    Here the loop says it, which is sooner and does not depend on what else the machine does.
    """
    loop: Any = asyncio.get_running_loop()
    calm = 0
    while calm < 2:
        await asyncio.sleep(0)
        screen = app.screen
        if loop._ready:
            calm = 0
        elif _threads_work(loop._default_executor):
            await asyncio.sleep(0.001)
        elif app._resizing.waits:
            app._resizing.hurry()
            calm = 0
        elif app._resize_timer is not None:
            app._check_resize()
            calm = 0
        elif app._running and not app._exit and _undrawn(screen):
            # What its timer would do a sixtieth of a second later; so for the resize above.
            screen._on_timer_update()
            calm = 0
        else:
            calm += 1


def _undrawn(screen: TextualScreen[Any]) -> bool:
    return bool(
        screen._layout_required
        or screen._repaint_required
        or screen._scroll_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def _paint_for_terminals_alone(
    self: Compositor,
    full: bool = False,
    screen_stack: list[TextualScreen[Any]] | None = None,
    simplify: bool = False,
) -> object:
    """Without a terminal, take as painted what was laid out: `Screen.lines` draws for itself."""
    if isinstance(active_app.get()._driver, TerminalDriver):
        return _render_update(self, full, screen_stack, simplify)
    visible_screen_stack.set(screen_stack or [])
    self._dirty_regions.clear()
    return None


def _threads_work(pool: Any) -> bool:
    return pool is not None and pool._idle_semaphore._value < len(pool._threads)


@asynccontextmanager
async def dashboard(
    client: FakeClient | None = None,
    size: tuple[int, int] = (160, 48),
    *,
    theme: str = "dark",
    glyphs: Glyphs = UNICODE,
    exports: Path | None = None,
    keys: Sequence[str] = (),
    welcome: bool = False,
) -> AsyncIterator[Screen]:
    """Run the dashboard without a terminal; frames come when `Screen.pull` asks for them."""
    client = client or FakeClient()
    clock = VirtualClock(START_NS)
    app = ArbotApp(
        client,
        # So seldom that no test ever sees the timer.
        fps=0.001,
        theme=theme,
        themes=load_themes(themes_folder()).themes.values(),
        glyphs=glyphs,
        clock=clock,
        exports=exports,
        keys=KeyMap(keys),
        welcome=welcome,
    )

    async def idle(*_: object) -> bool:
        await settle(app)
        return True

    with (
        mock.patch("textual.app.wait_for_idle", idle),
        mock.patch("textual.pilot.wait_for_idle", idle),
        # It sends a message to every widget, to hear from each that it has read the ones before.
        mock.patch.object(Pilot, "_wait_for_screen", idle),
        mock.patch.object(Compositor, "render_update", _paint_for_terminals_alone),
    ):
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            yield Screen(app, client, clock, pilot)
