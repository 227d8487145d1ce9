"""How the dashboard ends: the reasons, the signals, and the limit after a hang-up."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import FrameType

__all__ = ["HANG_UP_CODE", "DashboardExit", "ExitReason", "ExitSignals"]

HANG_UP_CODE = 129
HANG_UP_LIMIT_S = 12.0
"""After a hang-up the process ends within this time, whatever hangs."""


class ExitReason(StrEnum):
    """Why the dashboard ended."""

    QUIT = "quit"
    SIGTERM = "sigterm"
    SIGHUP = "sighup"
    CRASH = "crash"
    PAPER = "paper"
    """Quit, and go on in paper mode."""


@dataclass(frozen=True)
class DashboardExit:
    """Why the dashboard ended.

    Attributes:
        reason: What ended it.
        report: The traceback of a crash, without local variables; print it after the drain.
    """

    reason: ExitReason
    report: str = ""

    @property
    def code(self) -> int:
        """The exit code where nothing is halted, stuck or unknown; otherwise it is 4."""
        if self.reason is ExitReason.CRASH:
            return 1
        return HANG_UP_CODE if self.reason is ExitReason.SIGHUP else 0


class ExitSignals:
    """Catches SIGTERM and SIGHUP and hands them to the event loop.

    They stay caught after the dashboard has ended: the engine still drains, and a second signal
    shall not end the process before it.
    """

    def __init__(self, end: Callable[[ExitReason], None]) -> None:
        """Call `end` on the running loop when a signal arrives."""
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._limit: threading.Timer | None = None

    def install(self) -> None:
        """Catch the signals from now on."""
        signal.signal(signal.SIGTERM, self._arrived)
        signal.signal(signal.SIGHUP, self._arrived)

    def hung_up(self) -> None:
        """Make sure that the process ends, even if a thread or the loop hangs from now on."""
        if self._limit is None:
            self._limit = threading.Timer(HANG_UP_LIMIT_S, os._exit, args=(HANG_UP_CODE,))
            self._limit.daemon = True
            self._limit.start()

    def _arrived(self, signum: int, _frame: FrameType | None) -> None:
        if signum == signal.SIGHUP:
            # Here and not on the loop, which may be what hangs.
            self.hung_up()
        reason = ExitReason.SIGHUP if signum == signal.SIGHUP else ExitReason.SIGTERM
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end, reason)
