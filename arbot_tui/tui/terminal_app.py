"""What an app has to do with its terminal: what goes there and how, what is told, how it ends."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.driver import Driver
from textual.filter import NoColor
from textual.notifications import Notify
from textual.screen import Screen

from arbot_tui.tui.canvas import Canvas
from arbot_tui.tui.clipboard import copy_sequence
from arbot_tui.tui.driver import TerminalDriver
from arbot_tui.tui.exits import ExitReason
from arbot_tui.tui.pacing import Budget
from arbot_tui.tui.painter import Text
from arbot_tui.tui.resizing import Resizing
from arbot_tui.tui.toasts import merge, tidy

__all__ = ["TerminalApp"]


class TerminalApp(App[ExitReason], inherit_bindings=False):
    """An app whose pictures go through `TerminalDriver` and its painter.

    Attributes:
        ending: The signal, or loss of the terminal, that ends it.
        on_hang_up: Called when the terminal is gone.
        crash_report: The traceback of a crash without local variables; empty without one.
    """

    NOTIFICATION_TIMEOUT = 5.0

    def __init__(self) -> None:
        super().__init__(driver_class=TerminalDriver)
        # Nothing here moves but the figures, least of all over a slow line.
        self.animation_level = "none"
        self.crash_report = ""
        self.ending: ExitReason | None = None
        self.on_hang_up: Callable[[], None] | None = None
        self._budget: Budget | None = None
        self._drawing = True
        self._resizing = Resizing(self._check_resize, self._draw_resized)
        # Textual's own choice still sends greys. And a terminal knows its sixteen colours: to
        # translate them, each line of each picture would be gone through once more.
        self._filters = [NoColor()] if self.no_color else []

    # Pictures.

    def _short_way(self, screen: Screen[None], canvas: Canvas) -> AbstractContextManager[None]:
        """Let what `screen` shows meanwhile go straight to the terminal through `canvas`.

        It goes Textual's way where anything is in between.
        """
        driver = self._driver
        direct = isinstance(driver, TerminalDriver) and self._running and not self._batch_count
        if not direct or self.screen is not screen:
            return nullcontext()
        return canvas.open(screen, self._paint)

    def _paint(self, texts: Iterable[Text]) -> None:
        if self._filters:
            # What the filter does to the lines that go Textual's way.
            texts = ((x, y, text, style + NoColor.DEFAULT_COLORS) for x, y, text, style in texts)
        if isinstance(self._driver, TerminalDriver):
            self._driver.paint_texts(texts, self._colors(), synchronised=self._sync_available)

    def _colors(self) -> ColorSystem:
        """What the terminal can show, or is to be sent."""
        system = self.console._color_system or ColorSystem.TRUECOLOR
        return min(system, ColorSystem.EIGHT_BIT) if self._budget is not None else system

    def _affordable(self) -> bool:
        """Whether the line has carried what was sent so far; what waits is shown later."""
        driver = self._driver
        if self._budget is None or not isinstance(driver, TerminalDriver):
            return True
        return self._budget.allows(asyncio.get_running_loop().time(), driver.sent)

    @property
    def holds_picture(self) -> bool:
        """Whether a picture would be in vain: the next one is drawn whole once this has passed."""
        if self._resizing.waits:
            return True
        driver: Driver | None = self._driver
        return isinstance(driver, TerminalDriver) and driver.must_skip()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        driver = self._driver
        if not isinstance(driver, TerminalDriver):
            super()._display(screen, renderable)
        elif self._running and self._drawing and not self._batch_count and not self.holds_picture:
            driver.paint(renderable, self._colors(), synchronised=self._sync_available)

    def send(self, sequence: str) -> None:
        """Send what is no part of the picture, while there is one; an empty `sequence` is none."""
        if sequence and self._drawing and isinstance(self._driver, TerminalDriver):
            self._driver.write(sequence)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy `text`, if it is not too long; past a multiplexer, which Textual does not know."""
        self._clipboard = text
        sequence = copy_sequence(text, os.environ)
        if sequence is not None and self._driver is not None:
            self._driver.write(sequence)

    def _redraw(self) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._driver.redraw()
        self.refresh()

    def on_resize(self) -> None:
        """Lay out and draw anew, but not for each size of a window that is dragged.

        What lay beyond an edge meanwhile is gone. The base class ignores a size that it knows
        already, as after two changes in a row of which the second one undid the first: to the
        terminal both have happened.
        """
        if self._size is not None:
            self._resizing.changed()

    def terminal_drained(self) -> None:
        """Draw the whole picture: parts of it were skipped."""
        self.refresh()

    def _draw_resized(self) -> None:
        """Draw the newest layout; until then nothing was drawn."""
        self._redraw()
        self.terminal_drained()

    def _check_resize(self) -> None:
        """Hand a new size to the screens, unless one that comes soon may be another."""
        if not self._resizing.undecided:
            super()._check_resize()
        elif self._resize_timer is not None:
            self._resize_timer.stop()
            self._resize_timer = None

    def on_app_blur(self, event: events.AppBlur) -> None:
        """Keep the panel that has the focus: a terminal in the background is still looked at."""
        event.prevent_default()

    def on_app_focus(self) -> None:
        """Draw anew when somebody comes back: only what changes is sent otherwise."""
        self._redraw()

    # What is told in a corner.

    def on_notify(self, event: Notify) -> None:
        """Tell it, in the place of what was told before where there is no room for both."""
        event.prevent_default()
        told, gone = merge(list(self._notifications), event.notification)
        for notification in gone:
            self._unnotify(notification, refresh=False)
        self._notifications.add(told)
        self._refresh_notifications()

    def _refresh_notifications(self) -> None:
        super()._refresh_notifications()
        if self._screen_stack:
            self.call_later(tidy, self.screen, self._notifications)

    # The end.

    def terminal_gone(self) -> None:
        """End as after a hang-up."""
        self.end(ExitReason.SIGHUP)

    def end(self, reason: ExitReason) -> None:
        """End at once, whatever is on the screen; the first reason counts."""
        if self.ending is not None:
            return
        self.ending = reason
        if reason is ExitReason.SIGHUP:
            if self.on_hang_up is not None:
                self.on_hang_up()
            self._drawing = False
            if isinstance(self._driver, TerminalDriver):
                self._driver.stop_drawing()
        self.exit(reason)

    def _fatal_error(self) -> None:
        """Keep a report without local variables, which may hold what nobody should read."""
        self.crash_report = self.crash_report or traceback.format_exc()
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """End as after a crash."""
        self._return_code = 1
        self.crash_report = self.crash_report or traceback.format_exc()
        del renderables
        self._close_messages_no_wait()
