"""What the sockets that need a login are made of: who is logged in, and what is told to whom."""

from __future__ import annotations

import hmac
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import ClassVar, Generic, TypeVar
from uuid import uuid4

from arbot_tui.simulator.core.events import AccountEvent, BalanceEvent, OrderEvent
from arbot_tui.simulator.core.faults import ChannelKind, Mark
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.rates import Rates
from arbot_tui.simulator.wire.common.sockets import SocketServer

__all__ = ["PrivateClient", "PrivateServer", "same_text", "signed_hex", "signed_raw"]


def signed_raw(secret: str, text: str) -> bytes:
    """Return the HMAC-SHA256 of a text."""
    return hmac.new(secret.encode(), text.encode(), sha256).digest()


def signed_hex(secret: str, text: str) -> str:
    """Return the HMAC-SHA256 of a text in lower-case hex."""
    return signed_raw(secret, text).hex()


def same_text(one: str, other: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


class PrivateClient:
    """What is kept about one private connection besides its queue.

    Attributes:
        conn_id: Its name.
        logged_in: Whether it has proved who it is.
        heard_ms: When it last said something.
        rates: Counts what it says.
    """

    def __init__(self, now_ms: int) -> None:
        self.conn_id = uuid4().hex
        self.logged_in = False
        self.heard_ms = now_ms
        self.rates = Rates()


_Client = TypeVar("_Client", bound=PrivateClient)


class PrivateServer(SocketServer, Generic[_Client]):
    """The connections to one endpoint that needs a login.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        network: What lies between the venue and its clients.

    Attributes:
        channels: What the endpoint's channels are about, by name.
        keys: As given.
        clients: What is known of each connection.
    """

    channels: ClassVar[Mapping[str, ChannelKind]]
    turn_s = 1.0

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        network: Network,
        client: Callable[[int], _Client],
    ) -> None:
        super().__init__(market, network)
        self.keys = keys
        self.clients: dict[Link, _Client] = {}
        self._client = client
        network.also_through(self)
        market.matcher.watch(self._happened)

    def serves(self, link: Link) -> bool:
        """Whether a connection is one of this endpoint."""
        return link in self.clients

    def opened(self, link: Link, path: str, query: Mapping[str, str]) -> None:
        """Note a new client, which is nobody yet."""
        self.clients[link] = self._client(self.market.elapsed_ms())

    def left(self, link: Link) -> None:
        """Forget a client that has gone."""
        self.clients.pop(link, None)

    def told_again(self, link: Link) -> Sequence[tuple[str, Mark]]:
        """Return nothing: what happened to an account happens once."""
        return []

    @abstractmethod
    def order_changed(self, event: OrderEvent) -> None:
        """Tell what happened to an order."""

    @abstractmethod
    def balances_changed(self, event: BalanceEvent) -> None:
        """Tell which balances changed, and to what."""

    def tell_event(self, link: Link, frame: str, channel: str, event: AccountEvent) -> None:
        """Send a frame about an event to a client, or what faults leave of it."""
        symbol = event.order.symbol if isinstance(event, OrderEvent) else ""
        mark = Mark(symbol, channel, self.channels[channel], event.number)
        self.tell_marked((link,), frame, mark)

    def subscribers(self, name: str) -> list[Link]:
        """Return who subscribed to a name, in the order of connecting."""
        return [link for link in self.clients if name in link.subscriptions and not link.gone]

    def close_silent(self, within_ms: int, code: int, reason: str) -> None:
        """Close the connections that have said nothing for this long."""
        due_ms = self.market.elapsed_ms() - within_ms
        for link, client in tuple(self.clients.items()):
            if client.heard_ms < due_ms and not link.gone:
                link.close(code, reason)

    def close_logged_in(self, code: int, reason: str) -> None:
        """Close the connections that somebody logged in on: the key is no longer valid."""
        for link, client in tuple(self.clients.items()):
            if client.logged_in and not link.gone:
                link.close(code, reason)

    def _happened(self, event: AccountEvent) -> None:
        if isinstance(event, OrderEvent):
            self.order_changed(event)
        else:
            self.balances_changed(event)
