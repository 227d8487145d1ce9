"""What the public sockets of all venues are made of."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.faults import ChannelKind, Mark
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.sockets import SocketServer

__all__ = ["StreamServer"]


class StreamServer(SocketServer):
    """The public connections of one venue.

    Args:
        market: The venue's window on the world.
        network: What lies between the venue and its clients.

    Attributes:
        channels: What the venue's channels are about, by name.
    """

    channels: ClassVar[Mapping[str, ChannelKind]]

    def __init__(self, market: Market, network: Network) -> None:
        super().__init__(market, network)
        network.speak_through(self)

    def serves(self, link: Link) -> bool:
        """Whether a connection is a public one: those that no other endpoint claims."""
        return True

    @abstractmethod
    def publish(self, change: BookChange) -> None:
        """Tell one change of a book to those who subscribed to it."""

    @abstractmethod
    def restart(self, symbols: Sequence[str]) -> None:
        """Number the books of these symbols afresh, as after a restart of the service."""

    # For the venues

    def mark(
        self, instrument: Instrument, channel: str, ident: int, *, delta: bool = False
    ) -> Mark:
        """Return what is known about a frame with data."""
        return Mark(instrument.symbol, channel, self.channels[channel], ident, delta)

    def tell(
        self,
        links: Collection[Link],
        frame: str,
        instrument: Instrument,
        channel: str,
        ident: int,
        *,
        delta: bool = False,
    ) -> None:
        """Send a frame with data to several clients, or what faults leave of it."""
        if self.network.calm:
            for link in links:
                link.send(frame)
            return
        self.tell_marked(links, frame, self.mark(instrument, channel, ident, delta=delta))
