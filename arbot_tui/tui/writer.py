"""The screen's way to the terminal, which never makes the event loop wait.

Textual's own writer blocks its caller once thirty writes wait, so a terminal that is not read
(a stalled link, a stopped multiplexer) freezes the loop and with it the engine. Here a thread
writes, `write` only appends, and `must_skip` tells the app to draw nothing until the backlog is
gone; then it draws the whole picture once.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable

__all__ = ["ScreenWriter"]

CONGESTED_CHARS = 64_000
"""More than one full picture is waiting: a newer one would only wait behind it."""
STOP_S = 2.0
"""How long the end waits for a terminal that does not read."""


class ScreenWriter:
    """Writes to a terminal from a thread of its own.

    After a write error (the terminal is gone) everything is dropped; nothing is raised. The thread
    writes to a handle of its own and closes it: one that waits for a terminal longer than the end
    waits for it must find there what it knew, not the file that was opened since.
    """

    def __init__(self, fileno: int, encoding: str, on_drained: Callable[[], None]) -> None:
        """Write to `fileno`, open when `start` is called.

        `on_drained` is called from the thread after a congestion.
        """
        self._fileno = fileno
        self._encoding = encoding
        self._on_drained = on_drained
        self._wake = threading.Condition()
        self._queue: deque[str] = deque()
        self._waiting = 0
        self._skipped = False
        self._stopping = False
        self.dead = False
        self._thread = threading.Thread(target=self._run, name="screen-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._fileno = os.dup(self._fileno)
        self._thread.start()

    def write(self, text: str) -> None:
        """Hand over `text`; returns at once."""
        with self._wake:
            if self.dead or self._stopping:
                return
            self._queue.append(text)
            self._waiting += len(text)
            self._wake.notify()

    def flush(self) -> None:
        """Do nothing: the thread writes as soon as it can."""

    def must_skip(self) -> bool:
        """Return whether a new picture would wait behind an old one.

        `on_drained` follows a skipped one.
        """
        with self._wake:
            if self._waiting <= CONGESTED_CHARS or self.dead:
                return False
            self._skipped = True
            return True

    def discard(self) -> None:
        """Drop what has not been written yet."""
        with self._wake:
            self._queue.clear()
            self._waiting = 0

    def stop(self, timeout_s: float = STOP_S) -> None:
        """Write what is left and end; a terminal that does not read is left to itself."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self._write_until_stopped()
        finally:
            os.close(self._fileno)

    def _write_until_stopped(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._stopping:
                    self._wake.wait()
                if not self._queue:
                    return
                text = "".join(self._queue)
                self._queue.clear()
            try:
                self._write_all(text.encode(self._encoding, "replace"))
            except OSError:
                # The terminal is gone. Who watches the input sees it as well and ends the app.
                with self._wake:
                    self.dead = True
                    self._queue.clear()
                    self._waiting = 0
                return
            with self._wake:
                self._waiting = max(0, self._waiting - len(text))
                drained = self._skipped and not self._waiting
                if drained:
                    self._skipped = False
            if drained:
                self._on_drained()

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fileno, view) :]
