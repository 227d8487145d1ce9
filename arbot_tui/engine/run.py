"""A run without a screen."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import structlog

from arbot_tui.engine.bot import ArBot
from arbot_tui.engine.client import CommandResult
from arbot_tui.engine.operating import halt_on_signal
from arbot_tui.engine.options import EngineOptions
from arbot_tui.engine.summary import Summary, exit_code

__all__ = ["run_headless"]

_FAILED = 1
_INTERRUPTED = 130

_log = structlog.get_logger("engine")


async def run_headless(
    options: EngineOptions,
    duration_s: float | None,
    print_summary: Callable[[Summary], None],
) -> int:
    """Run until `duration_s` is over, SIGTERM or SIGINT; drain, resolve, reconcile, sum up.

    SIGHUP reloads the settings: one log line for each change; a bad file changes nothing.
    SIGUSR1 halts.
    A second SIGINT gives up the drain; what is open then is in the journal.

    Returns:
        The exit code: 0; 1 the money core failed; 4 halted, or with a stuck or unknown leg; 130
        interrupted twice; 5 another engine was seen to trade with one of the keys.

    Raises:
        ArbotError: The engine could not start.
    """
    ending = asyncio.Event()
    give_up = asyncio.Event()

    def on_interrupt() -> None:
        (give_up if ending.is_set() else ending).set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, on_interrupt)
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    reloads: set[asyncio.Task[CommandResult]] = set()
    try:
        async with ArBot(options) as bot:
            halt_on_signal(bot)

            def on_hang_up() -> None:
                task = loop.create_task(bot.tuning.reload(), name="reload settings")
                reloads.add(task)
                task.add_done_callback(reloads.discard)

            loop.add_signal_handler(signal.SIGHUP, on_hang_up)
            await _ended(ending, bot.failed, duration_s)
            ending.set()
            _log.info("ending")
            if bot.failed.is_set():
                return _FAILED
            stopping = asyncio.create_task(bot.stop())
            waiting = asyncio.create_task(give_up.wait())
            await asyncio.wait({stopping, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if not stopping.done():
                stopping.cancel()
                return _INTERRUPTED
            summary = stopping.result()
        # Only now is it known whether all rows have found a place.
        code = exit_code(bot, summary)
        print_summary(summary)
        return code
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGTERM)
        loop.remove_signal_handler(signal.SIGHUP)
        # Its default would end the process before it has said how it went.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


async def _ended(ending: asyncio.Event, failed: asyncio.Event, duration_s: float | None) -> None:
    """Wait for either event, at most `duration_s`."""
    waits = {asyncio.create_task(event.wait()) for event in (ending, failed)}
    await asyncio.wait(waits, timeout=duration_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
