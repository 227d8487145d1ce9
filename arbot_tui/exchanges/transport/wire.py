"""The seam between a WebSocket session and the library that speaks the protocol.

`websockets` is behind it (`wire_websockets`), or picows where it is installed (`wire_picows`):
a library needs one module with one function of the shape of `Dial`. Everything is a plain call
on the event loop's own stack: a frame goes from the socket to the decoder without a queue, a
future or a task switch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from arbot_tui.domain.errors import ExchangeUnavailable

__all__ = ["Dial", "DialFailed", "DialOptions", "Wire", "WireHandler"]


class DialOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to open one connection.

    Attributes:
        venue: Name of the venue, for errors.
        url: ``ws://`` or ``wss://`` address, query included.
        headers: Extra headers of the opening request.
        max_message_bytes: Larger messages close the connection; bounds what a venue (or whoever
            answers in its name) can make us hold.
        timeout_s: Longest time for name, connection, TLS and opening request together, seconds.
    """

    venue: str
    url: str
    headers: Mapping[str, str]
    max_message_bytes: int
    timeout_s: float


class DialFailed(ExchangeUnavailable):
    """No WebSocket could be opened.

    Attributes:
        status: HTTP status of the refusal; 0 where it never came to an answer.
        offline: The attempt got no farther than our own network, or nobody answered: the venue
            knows nothing of it.
    """

    def __init__(
        self,
        venue: str,
        message: str,
        *,
        status: int = 0,
        retry_after_s: float = 0.0,
        offline: bool = False,
    ) -> None:
        """Carry the status beside the text."""
        super().__init__(venue, message, retry_after_s)
        self.status = status
        self.offline = offline


class WireHandler(Protocol):
    """Takes what arrives on a wire; plain functions that return at once."""

    def on_message(self, raw: bytes) -> None:
        """Take one whole text or binary message."""
        ...

    def on_control(self, *, pong: bool) -> None:
        """Note a protocol ping (already answered) or pong."""
        ...


class Wire(Protocol):
    """One open WebSocket connection."""

    def start(self, handler: WireHandler) -> None:
        """Deliver to `handler` from now on, first what has arrived since the opening."""
        ...

    def send(self, message: bytes) -> bool:
        """Write one text message before returning; False, and nothing written, on a closed wire."""
        ...

    def ping(self) -> None:
        """Write one protocol ping before returning; on a closed wire do nothing."""
        ...

    async def wait_closed(self) -> str:
        """Return the cause, in words, once the connection has ended.

        Raises:
            Exception: What `WireHandler` raised; the connection is closed then, too.
        """
        ...

    def close(self) -> None:
        """Begin to close politely: what was sent is flushed."""
        ...

    def abort(self) -> None:
        """Drop the connection at once."""
        ...


class Dial(Protocol):
    """Opens a wire."""

    async def __call__(self, options: DialOptions) -> Wire:
        """Open the connection.

        Raises:
            DialFailed: Name, connection, TLS, opening request or time failed.
        """
        ...
