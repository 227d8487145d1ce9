"""Runs the dashboard on the running loop and says why it ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from dataclasses import dataclass
from types import FrameType

from arbot_tui.domain.clock import Clock
from arbot_tui.engine.client import EngineClient
from arbot_tui.tui.app import ArbotApp, ExitReason
from arbot_tui.tui.config import UiConfig
from arbot_tui.tui.glyphs import choose_glyphs
from arbot_tui.tui.themes import DEFAULT_THEME, NO_COLOR_THEME, load_themes

__all__ = ["HANG_UP_CODE", "DashboardExit", "ExitReason", "run_dashboard"]

HANG_UP_CODE = 129
HANG_UP_LIMIT_S = 12.0
"""After a hang-up the process ends within this time, whatever hangs."""


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
        """The exit code, where nothing is halted, stuck or unknown: that is 4."""
        return {ExitReason.CRASH: 1, ExitReason.SIGHUP: HANG_UP_CODE}.get(self.reason, 0)


async def run_dashboard(
    client: EngineClient,
    config: UiConfig | None = None,
    *,
    clock: Clock | None = None,
) -> DashboardExit:
    """Show the dashboard until it is quit, a signal ends it or it crashes.

    Returns with the terminal restored. SIGTERM and SIGHUP stay caught afterwards, because the
    caller still drains: neither ends the process before it. After a SIGHUP the caller has ten
    seconds; at twelve the process ends by itself.

    Args:
        client: The engine.
        config: How it looks; the defaults where there is none.
        clock: The screen's own clock; the system's by default.
    """
    config = config or UiConfig()
    loop = asyncio.get_running_loop()
    factory = loop.get_task_factory()
    stream = sys.__stderr__
    loaded = load_themes()
    app = ArbotApp(
        client,
        fps=config.fps,
        theme=_theme(config.theme, loaded.themes),
        themes=loaded.themes.values(),
        glyphs=choose_glyphs(config.glyphs, stream.encoding if stream else None),
        clock=clock,
    )

    def ended(signum: int, _frame: FrameType | None) -> None:
        if signum == signal.SIGHUP:
            _end_process_later()
        reason = ExitReason.SIGHUP if signum == signal.SIGHUP else ExitReason.SIGTERM
        if not loop.is_closed():
            loop.call_soon_threadsafe(app.end, reason)

    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, ended)
    try:
        reason = await app.run_async(mouse=config.mouse)
    finally:
        # Textual makes every task of the loop start eagerly; the engine's shall not.
        loop.set_task_factory(factory)
    if app.crash_report:
        return DashboardExit(ExitReason.CRASH, app.crash_report)
    return DashboardExit(reason or ExitReason.QUIT)


def _theme(name: str, themes: object) -> str:
    if name == "auto":
        return NO_COLOR_THEME if "NO_COLOR" in os.environ else DEFAULT_THEME
    return name


def _end_process_later() -> None:
    """Make sure that the process ends, even if a thread or the loop hangs on a dead terminal."""
    timer = threading.Timer(HANG_UP_LIMIT_S, os._exit, args=(HANG_UP_CODE,))
    timer.daemon = True
    timer.start()
