"""What the raw clients of the synthetic venues share: a world that moves only when told to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, TypeVar, cast

import aiohttp
from websockets.asyncio.client import ClientConnection

from arbot_tui.domain.clock import SECOND, VirtualClock
from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.server import SyntheticVenues

Body = dict[str, Any]
"""A decoded JSON object; what is in it is what the tests are about."""

START_NS = 1_790_000_000 * SECOND


class VenueClient:
    """A client of one venue of a world.

    Args:
        venues: The world.
        clock: Its clock.
        session: Sends requests.
    """

    name: ClassVar[str]

    def __init__(
        self, venues: SyntheticVenues, clock: VirtualClock, session: aiohttp.ClientSession
    ) -> None:
        self.venues = venues
        self.clock = clock
        self.session = session
        self.place = venues.description["venues"][self.name]
        self.matcher = venues.world.matchers[self.name]
        self.orders_sent = 0

    @property
    def now_ms(self) -> int:
        """The time, UTC milliseconds."""
        return self.clock.now_ns() // 1_000_000

    async def pass_time(self, seconds: float) -> None:
        """Move the clock in steps that the world lives through; after a jump it quotes anew."""
        for _ in range(round(seconds * 2)):
            self.clock.advance(SECOND // 2)
            async with self.session.get(self.venues.description["control"] + "/truth") as told:
                assert told.status == 200


_Client = TypeVar("_Client", bound=VenueClient)


@asynccontextmanager
async def running(kind: type[_Client], symbols: int = 5) -> AsyncIterator[_Client]:
    """Run a world and a client of it."""
    clock = VirtualClock(START_NS)
    # Nothing moves by itself: one quote in a hundred seconds.
    spec = WorldSpec(seed=7, symbols=symbols, rate_hz=0.01, edges_per_min=0.0)
    async with SyntheticVenues(spec, clock=clock) as venues, aiohttp.ClientSession() as session:
        yield kind(venues, clock, session)


async def hear(socket: ClientConnection) -> Body:
    """Return the next frame, which has to be a JSON object."""
    frame = json.loads(await socket.recv())
    assert isinstance(frame, dict)
    return cast(Body, frame)
