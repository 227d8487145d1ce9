"""A wire between an adapter and a synthetic venue that is made of memory, for virtual time."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator

from arbot_tui.exchanges.transport.wire import WireHandler
from arbot_tui.simulator.wire.common.outbox import Close, Item, Pong
from tests.unit.simulator.virtual import VirtualLink

__all__ = ["MemoryLink", "MemoryWire"]


class MemoryLink(VirtualLink):
    """The venue's end of a connection."""

    wire: MemoryWire

    def _arrive(self, item: Item) -> None:
        super()._arrive(item)
        if isinstance(item, Close):
            self.wire.ended(f"closed by the venue: {item.code}")
        elif isinstance(item, Pong):
            self.wire.ponged()
        else:
            for text in self.items:
                self.wire.arrived(text if isinstance(text, bytes) else text.encode())
            self.items.clear()

    def reset(self) -> None:
        super().reset()
        self.wire.ended("reset")

    def _cut(self) -> None:
        super()._cut()
        self.wire.ended("cut")


class MemoryWire:
    """A client's end of a connection: a `Wire` that needs no socket.

    Attributes:
        link: The venue's end.
        sent: What the client sent, with the time on the loop.
        arrives: What becomes of a frame on its way; None where it is lost.
    """

    def __init__(self, link: MemoryLink, arrives: Callable[[bytes], bytes | None]) -> None:
        self.link = link
        self.sent: list[tuple[float, bytes]] = []
        self.arrives = arrives
        self._loop = asyncio.get_running_loop()
        self._handler: WireHandler | None = None
        self._queue: deque[bytes | None] = deque()
        self._closed: asyncio.Future[str] = self._loop.create_future()
        link.wire = self

    @property
    def symbols(self) -> set[str]:
        """What it was asked to bring, by wire symbol."""
        return {topic.rpartition(".")[2] for *_, topics in self.requests() for topic in topics}

    def requests(self) -> Iterator[tuple[float, str, list[str]]]:
        """Return what was asked for: when, the operation, and channels with their symbols."""
        for at_s, raw in self.sent:
            frame = json.loads(raw) if raw.startswith(b"{") else {}
            operation = frame.get("op") or frame.get("method", "ping").lower()
            if operation != "ping":
                topics = frame["args"] if "op" in frame else frame["params"]
                yield at_s, operation, list(map(_topic_name, topics))

    @property
    def waiting(self) -> int:
        """How many frames lie in the socket."""
        return len(self._queue)

    # What the session calls.

    def start(self, handler: WireHandler) -> None:
        self._handler = handler
        self._loop.call_soon(self._drain)

    def send(self, message: bytes) -> bool:
        if self._closed.done():
            return False
        self.sent.append((self._loop.time(), message))
        self.link.say(message.decode())
        return True

    def ping(self) -> None:
        if not self._closed.done() and not self.link.gone:
            self.link.pong(b"")
            self.link.collect()

    async def wait_closed(self) -> str:
        return await asyncio.shield(self._closed)

    def close(self) -> None:
        self.ended("closed by us")

    def abort(self) -> None:
        self.ended("aborted by us")

    # What the link calls.

    def arrived(self, raw: bytes) -> None:
        self._queue.append(raw)
        self._loop.call_soon(self._drain)

    def ponged(self) -> None:
        self._queue.append(None)
        self._loop.call_soon(self._drain)

    def ended(self, cause: str) -> None:
        if not self._closed.done():
            self._closed.set_result(cause)
            self.link.leave()

    def _drain(self) -> None:
        while self._queue and self._handler is not None and not self._closed.done():
            item = self._queue.popleft()
            if item is None:
                self._handler.on_control(pong=True)
            elif (frame := self.arrives(item)) is not None:
                self._handler.on_message(frame)


def _topic_name(topic: str | dict[str, str]) -> str:
    """Return channel and symbol of a request's topic."""
    if isinstance(topic, dict):
        return f"{topic['channel']}.{topic['instId']}"
    symbol, at, channel = topic.partition("@")
    return f"{channel}.{symbol.upper()}" if at else topic
