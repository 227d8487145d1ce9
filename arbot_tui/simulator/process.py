"""The process behind `arbot-tui venues`.

Imports as little as it can before the first line is out: sockets are bound and described
first, the servers are loaded while the reader of that line gets ready to connect.
"""

from __future__ import annotations

import json
import os
import signal
from types import FrameType

from arbot_tui.simulator.credentials import mint_keys, mint_world_id
from arbot_tui.simulator.endpoints import Listeners

__all__ = ["main"]

_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(
    *,
    seed: int = 1,
    symbols: int = 20,
    rate_hz: float = 400.0,
    edges_per_min: float = 12.0,
    usdc_symbols: int = 0,
    with_parent: bool = False,
) -> int:
    """Serve the synthetic venues until told to stop; return the exit code.

    The first line on stdout is the JSON object of CONTRACT section 4. Ends on SIGTERM, SIGINT
    and SIGHUP; with `with_parent` also when stdin ends, which is never read otherwise.

    Args:
        seed: Fixes prices and edges.
        symbols: Number of symbols, 1 to 2000.
        rate_hz: Best bid/ask updates per second over all venues.
        edges_per_min: Scheduled dislocations per minute.
        usdc_symbols: How many symbols have a second market in USDC.
        with_parent: Belong to a parent process: a session of its own, and an end with it.
    """
    for number in _STOPPING:
        signal.signal(number, _leave)
    if with_parent:
        _own_session()
    listeners = Listeners()
    world_id, keys = mint_world_id(), mint_keys()
    print(json.dumps(listeners.describe(world_id, seed, keys)), flush=True)  # noqa: T201

    # Only now: these load the servers, see above.
    from arbot_tui.simulator.core.world import WorldSpec
    from arbot_tui.simulator.running import run

    spec = WorldSpec(seed, symbols, rate_hz, edges_per_min, usdc_symbols=usdc_symbols)
    return run(spec, listeners, world_id, keys, with_parent=with_parent)


def _own_session() -> None:
    # Already a session leader if the parent asked for that when it started us.
    if os.getsid(0) != os.getpid():
        os.setsid()


def _leave(number: int, frame: FrameType | None) -> None:
    """Stop before the event loop has its own handlers.

    Without unwinding: what is being imported meanwhile has parts in C that do not survive an
    exception raised amid them. The first line has been flushed, and nothing else is open.
    """
    os._exit(0)
