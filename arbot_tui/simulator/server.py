"""Serves a world: one listener per venue, a control server, and the clock that drives it all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from types import TracebackType

from aiohttp import web

from arbot_tui.domain.clock import Clock, SystemClock
from arbot_tui.simulator.control import control_application
from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.effects import WorldEffects
from arbot_tui.simulator.core.faults import Fault, FaultBoard, FaultRequest
from arbot_tui.simulator.core.world import World, WorldSpec
from arbot_tui.simulator.credentials import VenueKeys, mint_keys, mint_world_id
from arbot_tui.simulator.endpoints import ENDPOINTS, Listeners
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.shell import VenueShell

__all__ = ["SyntheticVenues"]

# Shorter sleeps cost more in wake-ups than a sharper quote time is worth.
_SHORTEST_SLEEP_S = 0.001
# A world that was suspended for longer than this goes on from now instead of catching up.
_LATEST_NS = 1_000_000_000
_SHUTDOWN_S = 0.2


class SyntheticVenues:
    """A running world on loopback; an async context manager.

    Args:
        spec: What fixes the world.
        listeners: Bound sockets; by default new ones.
        world_id: Name of the world; by default a new random one.
        keys: Credentials by venue; by default new random ones.
        clock: Drives the world.

    Attributes:
        world: The world.
        description: Addresses and credentials.
        faults: What is wrong with the venues; `inject` posts more.
        sinks: Where the book changes of each served venue go.
    """

    def __init__(
        self,
        spec: WorldSpec,
        listeners: Listeners | None = None,
        world_id: str | None = None,
        keys: Mapping[str, VenueKeys] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._listeners = listeners or Listeners()
        own_keys = keys or mint_keys()
        self.world = World(spec, self._clock.now_ns(), world_id or mint_world_id())
        shells = {name: _shell_class(name) for name in ENDPOINTS}
        self.faults = FaultBoard(
            spec.seed,
            {name: shell.channels for name, shell in shells.items()},
            self.world.symbols,
        )
        # First what venues really do, then who shows it.
        self._effects = WorldEffects(self.world, self.faults)
        self.description = self._listeners.describe(self.world.world_id, spec.seed, own_keys)
        self._shells = {
            name: shell(
                Market(self.world, name, self._clock, self._publish, self.faults),
                own_keys[name],
                Network(self.faults, name, self.world.symbols, self._clock),
            )
            for name, shell in shells.items()
        }
        self.sinks: dict[str, Callable[[BookChange], None]] = {
            name: shell.publish for name, shell in self._shells.items()
        }
        self._runners: list[web.AppRunner] = []
        self._life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> SyntheticVenues:
        control = control_application(
            self.world, self.description, self._clock, self._publish, self.faults
        )
        served = [(control, self._listeners.control)]
        served += [
            (shell.application(), self._listeners.venues[name])
            for name, shell in self._shells.items()
        ]
        for application, listener in served:
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_S)
            await runner.setup()
            self._runners.append(runner)
            await web.SockSite(runner, listener).start()
        self._life = asyncio.create_task(self._live())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._life is not None:
            self._life.cancel()
            with suppress(asyncio.CancelledError):
                await self._life
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
        self._listeners.close()

    def inject(
        self,
        venue: str,
        fault: str,
        *,
        symbol: str | None = None,
        args: dict[str, object] | None = None,
        count: int | None = None,
        for_s: float | None = None,
    ) -> Fault:
        """Post a fault from now on, as `POST /faults` does.

        Raises:
            BadFault: It does not exist or cannot be like this.
        """
        now_ns = self._clock.now_ns()
        self._publish(self.world.advance(now_ns))
        request = FaultRequest(venue, fault, symbol, args, count, for_s)
        return self.faults.post(request, now_ns)

    async def wait(self) -> None:
        """Wait until something in the world fails; it never ends by itself."""
        if self._life is not None:
            await asyncio.shield(self._life)

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._drive())
            for shell in self._shells.values():
                group.create_task(shell.run())

    async def _drive(self) -> None:
        while True:
            now_ns = self._clock.now_ns()
            if now_ns - self.world.now_ns > _LATEST_NS:
                self.world.skip_to(now_ns)
            self._publish(self.world.advance(now_ns))
            self.faults.advance(now_ns)
            next_ns = min(self.world.next_ns, self.faults.next_ns or self.world.next_ns)
            wait_ns = next_ns - self._clock.now_ns()
            await asyncio.sleep(max(_SHORTEST_SLEEP_S, wait_ns / 1e9))

    def _publish(self, changes: Sequence[BookChange]) -> None:
        sinks = self.sinks
        for change in changes:
            sink = sinks.get(change.venue)
            if sink is not None:
                sink(change)


def _shell_class(name: str) -> type[VenueShell]:
    endpoint = ENDPOINTS[name]
    shell: type[VenueShell] = getattr(import_module(endpoint.module), endpoint.shell)
    return shell
