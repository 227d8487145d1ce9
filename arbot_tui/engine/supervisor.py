"""Keeps a service running: a failure is logged and the service started again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from arbot_tui.domain.text import sanitise

__all__ = ["supervise"]

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_GOOD_S = 300.0
"""Who ran for so long has recovered: the next failure is a first one."""

_log = structlog.get_logger("engine")


async def supervise(
    name: str,
    run: Callable[[], Awaitable[None]],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Run a service until it returns or is cancelled; start it again after a failure.

    The pause doubles from 1 s to 60 s with each failure in a row. One service failing never ends
    the engine: what it was responsible for shows as down, stale or unrecorded meanwhile. A
    cancellation that nobody asked this task for came out of something that it waited for, and is a
    failure like any other.
    """
    loop = asyncio.get_running_loop()
    pause_s = _FIRST_PAUSE_S
    while True:
        began_s = loop.time()
        try:
            await run()
        except (Exception, asyncio.CancelledError) as e:
            task = asyncio.current_task()
            if isinstance(e, asyncio.CancelledError) and (task is None or task.cancelling()):
                raise
            if loop.time() - began_s >= _GOOD_S:
                pause_s = _FIRST_PAUSE_S
            _log.error(
                "service_failed",
                service=name,
                error=type(e).__name__,
                message=sanitise(str(e)),
                restart_in_s=pause_s,
            )
        else:
            return
        await pause(pause_s)
        pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)
