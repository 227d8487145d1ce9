"""What every venue shell is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from aiohttp import web

from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.market import Market

__all__ = ["VenueShell"]


class VenueShell(ABC):
    """One venue's protocol around one market of the world.

    Args:
        market: The venue's window on the world.
        keys: The credentials its account accepts.

    Attributes:
        name: Name of the venue.
    """

    name: ClassVar[str]

    def __init__(self, market: Market, keys: VenueKeys) -> None:
        self.market = market
        self.keys = keys

    @abstractmethod
    def application(self) -> web.Application:
        """Return the venue's HTTP and WebSocket endpoints."""

    @abstractmethod
    def publish(self, change: BookChange) -> None:
        """Send one change of a book of this venue to those who subscribed to it.

        Called in the order of the changes, from the event loop; must not block.
        """

    @abstractmethod
    async def run(self) -> None:
        """Do what the venue does by itself (timed streams, pings) until cancelled."""
