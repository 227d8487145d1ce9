"""Runs the dashboard on the running loop and says why it ended."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.keymap import KeyMap
from arbot_tui.engine.client import EngineClient
from arbot_tui.tui.app import ArbotApp
from arbot_tui.tui.config import UiConfig
from arbot_tui.tui.exits import DashboardExit, ExitReason, ExitSignals
from arbot_tui.tui.glyphs import choose_glyphs
from arbot_tui.tui.screens.welcome import first_time
from arbot_tui.tui.themes import load_themes

__all__ = ["DashboardExit", "ExitReason", "run_dashboard"]


async def run_dashboard(
    client: EngineClient,
    config: UiConfig | None = None,
    *,
    clock: Clock | None = None,
    exports: Path | None = None,
    welcomed: Path | None = None,
) -> DashboardExit:
    """Show the dashboard until it is quit, a signal ends it or it crashes.

    Returns with the terminal restored. SIGTERM and SIGHUP stay caught afterwards, because the
    caller still drains: neither ends the process before it. After a SIGHUP the caller has ten
    seconds; at twelve the process ends by itself.

    Args:
        client: The engine.
        config: How it looks; the defaults where there is none.
        clock: The screen's own clock; the system's by default.
        exports: The folder for exports; without one nothing can be exported.
        welcomed: The file that says that somebody was welcomed; without one nobody is.
    """
    config = config or UiConfig()
    loop = asyncio.get_running_loop()
    factory = loop.get_task_factory()
    stream = sys.__stderr__
    loaded = load_themes()
    app = ArbotApp(
        client,
        fps=config.fps,
        low_bandwidth=config.low_bandwidth,
        notify=config.notify,
        theme=config.theme,
        themes=loaded.themes.values(),
        theme_files=loaded.files,
        glyphs=choose_glyphs(config.glyphs, stream.encoding if stream else None),
        keys=KeyMap(config.keys),
        clock=clock,
        exports=exports,
        welcome=welcomed is not None and first_time(welcomed),
    )

    signals = ExitSignals(app.end)
    app.on_hang_up = signals.hung_up
    signals.install()
    try:
        reason = await app.run_async(mouse=config.mouse)
    finally:
        # Textual makes every task of the loop start eagerly; the engine's shall not.
        loop.set_task_factory(factory)
    if app.crash_report and app.ending is None:
        return DashboardExit(ExitReason.CRASH, app.crash_report)
    return DashboardExit(app.ending or reason or ExitReason.QUIT, app.crash_report)
