"""The event loop of the venues process, until a signal or the parent's end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress

from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.endpoints import Listeners
from arbot_tui.simulator.server import SyntheticVenues

__all__ = ["run"]

_STDIN = 0


def run(
    spec: WorldSpec,
    listeners: Listeners,
    world_id: str,
    keys: Mapping[str, VenueKeys],
    *,
    with_parent: bool,
) -> int:
    """Serve until told to stop; return the exit code.

    Args:
        spec: What fixes the world.
        listeners: Bound sockets.
        world_id: Name of the world.
        keys: Credentials by venue.
        with_parent: End when stdin ends.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(spec, listeners, world_id, keys, with_parent=with_parent))


async def _serve(
    spec: WorldSpec,
    listeners: Listeners,
    world_id: str,
    keys: Mapping[str, VenueKeys],
    *,
    with_parent: bool,
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        _watch_stdin(loop, stop)
    async with SyntheticVenues(spec, listeners, world_id, keys) as venues:
        ends = {asyncio.create_task(stop.wait()), asyncio.create_task(venues.wait())}
        done, pending = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        for task in done:
            # A world that fails by itself has to say so.
            await task
    return 0


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set `stop` when stdin ends: the parent has gone, however it went."""

    def wait_for_end() -> None:
        while os.read(_STDIN, 4096):
            pass
        # The loop may have been stopped by a signal a moment ago.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    # A thread, because stdin may be a file, which no event loop can wait for.
    threading.Thread(target=wait_for_end, name="stdin", daemon=True).start()


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    try:
        import uvloop
    except ImportError:
        return None
    factory: type[asyncio.AbstractEventLoop] = uvloop.Loop
    return factory
