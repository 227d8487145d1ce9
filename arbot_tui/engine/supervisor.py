"""Keeps a service running: a failure is logged and the service started again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from arbot_tui.domain.text import sanitise

__all__ = ["supervise"]

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0

_log = structlog.get_logger("engine")


async def supervise(
    name: str,
    run: Callable[[], Awaitable[None]],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Run a service until it returns or is cancelled; start it again after a failure.

    The pause doubles from 1 s to 60 s with each failure. One service failing never ends the
    engine: what it was responsible for shows as down, stale or unrecorded meanwhile.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            await run()
        except Exception as e:  # noqa: BLE001 (a supervisor's purpose; STYLE section 3)
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
