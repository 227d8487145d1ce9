"""What every venue shell is made of."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from aiohttp import web

from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.faults import ChannelKind
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.entry import OrderEntry
from arbot_tui.simulator.wire.common.guard import ConnectLimit, Guard
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.sockets import SocketServer
from arbot_tui.simulator.wire.common.streams import StreamServer

__all__ = ["VenueShell"]

_BUSY_S, _IDLE_S = 0.005, 0.05


class VenueShell(ABC):
    """One venue's protocol around one market of the world.

    Args:
        market: The venue's window on the world.
        keys: The credentials its account accepts.
        network: What lies between the venue and its clients.

    Attributes:
        name: Name of the venue.
        channels: What its channels are about, by the venue's own names.
        connects: How many WebSockets an address may open.
        streams: Its public sockets.
        private: Its sockets that need a login.
        guard: What a request meets before the venue.
        entry: The way of orders to the venue.
    """

    name: ClassVar[str]
    channels: ClassVar[Mapping[str, ChannelKind]]
    connects: ClassVar[ConnectLimit]
    streams: StreamServer
    private: Sequence[SocketServer] = ()

    def __init__(self, market: Market, keys: VenueKeys, network: Network) -> None:
        self.market = market
        self.keys = keys
        self.network = network
        self.guard = Guard(network, self.connects, self.banned)
        self.entry = OrderEntry(market.conduct, network)

    @abstractmethod
    def application(self) -> web.Application:
        """Return the venue's HTTP and WebSocket endpoints, the guard in front of them."""

    @abstractmethod
    def banned(self, status: int) -> web.Response:
        """Return the answer to an address that is banned."""

    def publish(self, change: BookChange) -> None:
        """Send one change of a book of this venue to those who subscribed to it.

        Called in the order of the changes, from the event loop; must not block.
        """
        if not self.market.is_silent(change.symbol):
            self.streams.publish(change)

    async def run(self) -> None:
        """Do what the venue and its network do by themselves until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for server in (self.streams, *self.private):
                    group.create_task(server.run())
                group.create_task(self._run_network())
        finally:
            await self.entry.close()

    async def _run_network(self) -> None:
        while True:
            self.network.turn()
            await asyncio.sleep(_BUSY_S if self.network.busy else _IDLE_S)
