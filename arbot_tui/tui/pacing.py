"""When the screen looks for news: so often as is asked, seldom while there is none.

Timers of Textual cost more than what an idle screen has to do, so this keeps one of the loop's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["LOW_BYTES_PER_S", "LOW_FPS", "Budget", "Pacer"]

QUIET_S = 5.0
"""After so long without news…"""
QUIET_FPS = 2.0
"""…it looks no more often than this until there is some."""
LOW_FPS = 1.0
"""Redraws per second of the preset for thin lines."""
LOW_BYTES_PER_S = 1900
"""What that preset sends on the average; a little under two kilobytes, for the odd key."""
MAX_DEBT_S = 4.0
"""However much was sent at once, the next frame waits no longer than this."""


class Pacer:
    """Calls `pull` again and again on the running loop.

    Attributes:
        fps: Calls per second while there is news; may be changed at any time.
    """

    def __init__(
        self, pull: Callable[[], bool], failed: Callable[[Exception], None], fps: float
    ) -> None:
        """Set it up.

        Args:
            pull: Looks for news, and says whether there was some.
            failed: Told an error of `pull`, after which it is not called again.
            fps: Calls per second.
        """
        self.fps = fps
        self._pull = pull
        self._failed = failed
        self._handle: asyncio.TimerHandle | None = None
        self._news_s = 0.0

    def start(self) -> None:
        """Begin; the first call comes one period from now."""
        loop = asyncio.get_running_loop()
        self._news_s = loop.time()
        self._handle = loop.call_later(1 / self.fps, self._tick)

    def stop(self) -> None:
        """Call no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def set_fps(self, fps: float) -> None:
        """Change the pace at once, and not after a last long wait."""
        if fps != self.fps:
            self.fps = fps
            if self._handle is not None:
                self.stop()
                self.start()

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            news = self._pull()
        except Exception as e:  # noqa: BLE001 (whatever it is ends the app, which reports it)
            self._handle = None
            self._failed(e)
            return
        now = loop.time()
        if news:
            self._news_s = now
        quiet = now - self._news_s > QUIET_S
        fps = min(self.fps, QUIET_FPS) if quiet else self.fps
        if self._handle is not None:
            self._handle = loop.call_later(1 / fps, self._tick)


class Budget:
    """How much may still be sent: so many bytes a second on the average.

    What a key asks for is sent whatever the budget says; the frames after it wait for it.
    """

    def __init__(self, bytes_per_s: float) -> None:
        """Start with one second's worth."""
        self._rate = bytes_per_s
        self._left = bytes_per_s
        self._at_s: float | None = None
        self._sent = 0

    def allows(self, now_s: float, sent: int) -> bool:
        """Tell whether a frame may be sent.

        Args:
            now_s: The loop's time.
            sent: Bytes sent so far, in all.
        """
        if self._at_s is None:
            # What was sent before, the first picture above all, is forgiven.
            self._at_s, self._sent = now_s, sent
        self._left = min(self._rate, self._left + self._rate * (now_s - self._at_s))
        self._left = max(self._left - (sent - self._sent), -self._rate * MAX_DEBT_S)
        self._at_s, self._sent = now_s, sent
        return self._left > 0
