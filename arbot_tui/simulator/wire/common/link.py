"""One client of a venue as its protocol sees it: something to send to, and to cut."""

from __future__ import annotations

from abc import ABC, abstractmethod

from arbot_tui.simulator.core.fate import Fate
from arbot_tui.simulator.core.faults import Mark
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.outbox import Close, Item, Lane, Outbox, Ping, Pong

__all__ = ["MAX_DELAYED", "Link"]

MAX_DELAYED = 1 << 18
"""Frames that may be under way to one client on a slow line."""


class Link(ABC):
    """A client's WebSocket without the socket.

    Nothing here waits: whoever publishes queues, and the network between decides what arrives.

    Args:
        network: What lies between the venue and its clients.

    Attributes:
        network: As given.
        outbox: What has not been sent yet.
        subscriptions: Names as the client sent them, in order; a shell keeps them here.
        opened_ns: When it connected.
        gone: Whether the venue has done with it.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.outbox = Outbox()
        self.subscriptions: dict[str, None] = {}
        self.opened_ns = network.now_ns()
        self.gone = False

    def send(self, frame: str | bytes) -> None:
        """Queue a text frame that no fault can single out."""
        self._put(frame)

    def tell(self, frame: str, mark: Mark, fate: Fate | None) -> None:
        """Queue a frame with data, or whatever its fate makes of it."""
        lane = (mark.symbol, mark.channel)
        if fate is None:
            self._put(frame, lane)
        elif not fate.reaches(self.opened_ns):
            return
        else:
            text = fate.text(frame)
            now_ns = self.network.now_ns()
            if fate.held and not self.gone and self.outbox.hold(text, lane, now_ns):
                self._wake()
                return
            for _ in range(fate.copies):
                self._put(text, lane, fate.delay_ns)
        held = self.outbox.release(lane)
        if held is not None:
            self._put(held, lane)

    def ping(self) -> None:
        """Queue a protocol ping."""
        self._put(Ping())

    def pong(self, payload: bytes) -> None:
        """Queue the answer to a protocol ping."""
        self._put(Pong(payload))

    def drop(self) -> None:
        """Cut the connection without a close handshake, as a venue does to slow readers."""
        if self._abandon():
            self._cut()

    def close(self, code: int, reason: str, last: str = "") -> None:
        """Close with a close frame; what is still queued is not sent.

        Args:
            code: Close code.
            reason: Close reason.
            last: A text frame that goes out before the close frame.
        """
        if not self._abandon():
            return
        if last:
            self.outbox.put(last)
        self.outbox.put(Close(code, reason))
        self._wake()

    @abstractmethod
    def reset(self) -> None:
        """Cut the connection in a way that its client notices as a reset."""

    def _abandon(self) -> bool:
        """Have done with the client; return whether it can be told so."""
        reachable = not self.gone and not self.network.swallows(self.opened_ns)
        self.gone = True
        self.outbox.clear()
        return reachable

    def _put(self, item: Item, lane: Lane | None = None, lane_ns: int = 0) -> None:
        if self.gone:
            return
        network, outbox = self.network, self.outbox
        if network.clear and outbox.settled and not lane_ns:
            outbox.put(item)
        else:
            if network.swallows(self.opened_ns):
                return
            outbox.put(item, network.now_ns(), network.line_ns, lane, lane_ns)
        if self._overflows():
            self.drop()
            return
        self._wake()

    @abstractmethod
    def _overflows(self) -> bool:
        """Whether too much is waiting for a client that reads too slowly."""

    @abstractmethod
    def _wake(self) -> None:
        """Have the outbox looked at: something was put into it."""

    @abstractmethod
    def _cut(self) -> None:
        """End the connection at once."""
