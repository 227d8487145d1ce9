"""What all WebSocket endpoints of all venues are made of; protocols are in the venues' folders.

They are sans-I/O: links connect, say something and leave, time passes, and frames are put into
links. Only `serve` and `run` know of sockets and of sleeping.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from aiohttp import WSMsgType, web

from arbot_tui.simulator.core.faults import Mark
from arbot_tui.simulator.wire.common.connection import Connection
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.pace import ticks

__all__ = ["SocketServer"]


class SocketServer(ABC):
    """The connections to one endpoint of one venue.

    Args:
        market: The venue's window on the world.
        network: What lies between the venue and its clients.

    Attributes:
        turn_s: How often `turn` is due.
        lifetime_s: Age at which the venue cuts its connections; None if it does not.
        notice_s: Seconds from a notice of shutdown to the end.
    """

    turn_s: ClassVar[float]
    lifetime_s: float | None = None
    notice_s: float = 0.0

    def __init__(self, market: Market, network: Network) -> None:
        self.market = market
        self.network = network

    # What happens to a connection

    @abstractmethod
    def opened(self, link: Link, path: str, query: Mapping[str, str]) -> None:
        """Greet a new client that asked for this path and query."""

    @abstractmethod
    def heard(self, link: Link, text: str) -> None:
        """Take a text frame from a client."""

    def heard_control(self, link: Link, *, pong: bool) -> None:  # noqa: B027 - most ignore them
        """Note a protocol pong, or a protocol ping, which has been answered."""

    @abstractmethod
    def left(self, link: Link) -> None:
        """Forget a client that has gone."""

    @abstractmethod
    def turn(self) -> None:
        """Do what is due by time; called every `turn_s`."""

    # What faults ask for

    @abstractmethod
    def serves(self, link: Link) -> bool:
        """Whether a connection is one of this endpoint."""

    def notice(self, link: Link) -> str | None:
        """Return the frame that announces the end of a connection; None if there is none."""
        return None

    @abstractmethod
    def told_again(self, link: Link) -> Sequence[tuple[str, Mark]]:
        """Return, for each subscription of a connection, a frame that tells it once more."""

    # For the venues

    def tell_marked(self, links: Collection[Link], frame: str, mark: Mark) -> None:
        """Send a frame with data to several clients, or what faults leave of it."""
        fate = self.network.fate(mark, frame)
        for link in links:
            link.tell(frame, mark, fate)

    # Sockets and sleeping

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one client until it has gone."""
        async with Connection(request, self.network) as connection:
            try:
                self.opened(connection, request.path, request.query)
                async for message in connection.messages():
                    if message.type is WSMsgType.TEXT:
                        self.heard(connection, str(message.data))
                    else:
                        self.heard_control(connection, pong=message.type is WSMsgType.PONG)
            finally:
                self.left(connection)
        return connection.response

    async def run(self) -> None:
        """Do what is due by time until cancelled."""
        async for _ in ticks(self.turn_s):
            self.turn()
