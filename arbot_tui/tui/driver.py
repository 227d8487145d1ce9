"""Textual's Linux driver with an output that never blocks and an input that ends."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from rich.color import ColorSystem
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from arbot_tui.tui.ground import Ground, GroundAnswers, ground_questions
from arbot_tui.tui.painter import Painter, Text
from arbot_tui.tui.writer import ScreenWriter

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["TerminalDriver", "TerminalOwner"]


class TerminalOwner(Protocol):
    """What the driver tells its app."""

    def terminal_drained(self) -> None:
        """The terminal reads again after drawing was skipped."""
        ...

    def terminal_gone(self) -> None:
        """The terminal was closed."""
        ...

    def terminal_ground(self, ground: Ground | None) -> None:
        """The terminal has said what its background is; None where nobody understands it."""
        ...


GROUND_WAIT_S = 2.0
"""An answer about the background that comes later than this is thrown away."""
_REST_S = 0.05
"""What follows the begin of a sequence within this time belongs to it."""


class _WakingEvent(threading.Event):
    """An event that a `select` can wait for, too; its pipe lasts as long as the process.

    Attributes:
        fileno: Readable while the event is set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fileno, self._write = os.pipe()

    def set(self) -> None:
        """Set it and wake who waits."""
        if not self.is_set():
            super().set()
            os.write(self._write, b".")

    def clear(self) -> None:
        """Let the next `select` wait again."""
        if self.is_set():
            super().clear()
            os.read(self.fileno, 1)


class TerminalDriver(LinuxDriver):
    """Draws on the terminal that standard error, or else standard output, is connected to."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        stream = sys.__stderr__ if sys.__stderr__ and sys.__stderr__.isatty() else sys.__stdout__
        if stream is None:
            raise OSError("neither standard error nor standard output is open")
        self._file = self._stream = stream
        # A handle of our own: whoever silences standard error meanwhile (a keyring's prompter
        # would write into the picture) must not swallow the picture with it.
        self._output = os.dup(stream.fileno())
        self._screen_writer = self._new_writer()
        self._painter = Painter()
        self._answers = GroundAnswers()
        self._stopped = False
        self.sent = 0
        """Bytes of pictures so far."""
        self.exit_event = self._leaving = _WakingEvent()

    @property  # type: ignore[override]
    def _writer_thread(self) -> ScreenWriter:
        return self._screen_writer

    @_writer_thread.setter
    def _writer_thread(self, thread: object) -> None:
        """Take our own writer instead of the base class's, which blocks the loop when full."""
        if thread is not None:
            self._screen_writer = self._new_writer()

    def _new_writer(self) -> ScreenWriter:
        encoding = self._stream.encoding or "utf-8"
        return ScreenWriter(self._output, encoding, self._drained)

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return columns and rows of the terminal drawn on.

        The base class believes COLUMNS and LINES, which do not change when the terminal does.
        """
        try:
            columns, rows = os.get_terminal_size(self._output)
        except OSError:
            columns = rows = 0
        return columns or 80, rows or 24

    def _enable_mouse_support(self) -> None:
        """Ask for presses and the wheel only: reports of every motion load the line for nothing."""
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1006h")

    def _enable_mouse_pixels(self) -> None:
        """Leave positions in cells; the base class never switches pixels off again."""

    def ask_ground(self) -> None:
        """Ask what the background is; nothing waits for the answer, which may never come."""
        # The console of Linux would write the question on the screen.
        if os.environ.get("TERM") != "linux":
            self._answers.awaited = True
            self._loop.call_later(GROUND_WAIT_S, self._await_no_ground)
            self.write(ground_questions(os.environ))

    def _await_no_ground(self) -> None:
        self._answers.awaited = False

    def must_skip(self) -> bool:
        """Return whether a picture would only queue behind what the terminal has not read."""
        return self._screen_writer.must_skip()

    def paint(self, update: object, colors: ColorSystem, *, synchronised: bool) -> None:
        """Write what differs between `update` and what the terminal shows."""
        if not isinstance(update, (LayoutUpdate, ChopsUpdate)):
            return
        self._send(self._painter.paint(update, self._app.size, colors), synchronised=synchronised)

    def paint_texts(
        self, texts: Iterable[Text], colors: ColorSystem, *, synchronised: bool
    ) -> None:
        """Write those of `texts` that the terminal does not show yet."""
        sent = self._painter.paint_texts(texts, self._app.size, colors)
        self._send(sent, synchronised=synchronised)

    def _send(self, text: str, *, synchronised: bool) -> None:
        if text:
            self.sent += len(text.encode())
            self.write(f"{SYNC_START}{text}{SYNC_END}" if synchronised else text)

    def redraw(self) -> None:
        """Send the next picture as a whole: something else may have written on the screen."""
        self._painter.reset()

    def start_application_mode(self) -> None:
        """Take over the screen, whatever is on it."""
        self._painter.reset()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_drawing(self) -> None:
        """Drop what waits to be written; what comes next restores the terminal."""
        self._screen_writer.discard()

    def close(self) -> None:
        """Write what is left, and leave the job-control signals as they were found."""
        super().close()
        if not self._stopped:
            if self._output >= 0:
                os.close(self._output)
                self._output = -1
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            signal.signal(signal.SIGCONT, signal.SIG_DFL)

    # On the loop, both: a signal comes in the midst of anything, such as a picture that is being
    # drawn, or the lock that the end of the writer waits for.

    def _sigtstp_application(self, *args: object) -> None:
        """Leave the screen, then stop."""
        del args
        self._call(self._stop)

    def _stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            super()._sigtstp_application()

    def _sigcont_application(self, *args: object) -> None:
        """Come back after a stop; a hang-up sends this signal as well, to a running program."""
        del args
        self._call(self._go_on)

    def _go_on(self) -> None:
        if self._stopped:
            self._stopped = False
            super()._sigcont_application()

    def run_input_thread(self) -> None:
        """Read keys until told to stop; tell the app when the terminal is gone.

        The base class spins on a closed terminal, or takes its error for a crash.
        """
        parser, answers = XTermParser(self._debug), self._answers
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            # Only half a key has a time limit; to look up for nothing costs as much as drawing.
            half = answers.undecided or parser._timeout_time is not None
            sources = [self.fileno, self._leaving.fileno]
            ready, _, _ = select.select(sources, [], [], _REST_S if half else None)
            keys = ""
            if self.fileno in ready:
                try:
                    data = os.read(self.fileno, 4096)
                except OSError:
                    data = b""
                if not data:
                    self._call(self._owner.terminal_gone)
                    return
                awaited = answers.awaited
                keys = answers.feed(decode(data))
                if awaited and not answers.awaited:
                    self._call(partial(self._owner.terminal_ground, answers.ground))
            elif answers.undecided:
                keys = answers.give_up()
            if keys:
                for event in parser.feed(keys):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)

    @property
    def _owner(self) -> TerminalOwner:
        owner: Any = self._app
        checked: TerminalOwner = owner
        return checked

    def _drained(self) -> None:
        self._call(self._owner.terminal_drained)

    def _call(self, callback: Callable[[], None]) -> None:
        loop: asyncio.AbstractEventLoop = self._loop
        if not loop.is_closed():
            loop.call_soon_threadsafe(callback)
