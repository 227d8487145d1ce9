"""What the private sockets of both dialects share: heartbeat, login, answers to control frames.

Pages of 2025-12-05; facts page section 8. Pushes can be lost (vendor FAQ): whoever follows this
asks by REST as well.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.rows import BROKEN, VENUE, malformed
from arbot_tui.exchanges.bitget.signing import ws_login
from arbot_tui.exchanges.transport.signed_socket import LoggedIn, SocketRefused, Subscribed, Told
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions

__all__ = ["PrivateStream", "socket_options"]


def _is_pong(raw: bytes) -> bool:
    return raw == b"pong"


def socket_options(url: str) -> WebSocketOptions:
    """Return how a private connection is kept (websocket introduction, 2025-12-05)."""
    return WebSocketOptions(
        url=url,
        # Ten a second count pings, login and subscriptions.
        frames_per_s=5.0,
        silence_s=10.0,
        heartbeat=Heartbeat(text=b"ping", is_pong=_is_pong, quiet_s=2.0, every_s=30.0),
    )


class _Arg(msgspec.Struct, frozen=True):
    channel: str = ""
    topic: str = ""

    @property
    def name(self) -> str:
        """What is told of: ``channel`` in v2, ``topic`` in v3."""
        return self.channel or self.topic


class _Frame(msgspec.Struct):
    event: str = ""
    # A JSON number in some answers, a text in others.
    code: str | int = ""
    msg: str = ""
    arg: _Arg = _Arg()
    data: msgspec.Raw = msgspec.Raw(b"[]")


_decode = msgspec.json.Decoder(_Frame).decode


class PrivateStream(ABC):
    """The language of a private socket; see `SocketDialect`."""

    venue = VENUE
    topics: frozenset[str]
    needs_login = True
    _args: Sequence[Mapping[str, str]]
    """What is subscribed, as the dialect says it."""

    def __init__(
        self,
        credentials: Credentials,
        venue_ms: Callable[[], int],
        instrument: Callable[[str], Instrument | None],
    ) -> None:
        """Prepare.

        Args:
            credentials: Key and passphrase that sign.
            venue_ms: Returns the venue's time, UTC milliseconds.
            instrument: Returns the instrument of a wire symbol.
        """
        self._credentials = credentials
        self._venue_ms = venue_ms
        self._instrument = instrument

    def opening(self) -> Sequence[bytes]:
        """Return the login; its timestamp is in seconds."""
        return [ws_login(self._credentials, self._venue_ms() // 1000).encode()]

    def subscriptions(self) -> Sequence[bytes]:
        """Return the subscription of all topics; each is answered for itself."""
        return [msgspec.json.encode({"op": "subscribe", "args": self._args})]

    def read(self, raw: bytes) -> Iterable[Told]:
        """Return what a frame says.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        if raw == b"pong":
            return ()
        try:
            frame = _decode(raw)
            if not frame.event:
                return list(self._news(frame.arg.name, frame.data))
        except MalformedMessage:
            raise
        except BROKEN as e:
            raise malformed("private stream", e) from e
        text = f"{frame.code} {sanitise(frame.msg)}".strip()
        match frame.event:
            case "login":
                return (LoggedIn(),) if str(frame.code) == "0" else (SocketRefused(text),)
            case "subscribe":
                return (Subscribed(frame.arg.name),)
            case "error":
                return (SocketRefused(text),)
            case _:
                return ()

    @abstractmethod
    def _news(self, topic: str, data: msgspec.Raw) -> Iterable[Told]:
        """Return what a push says; nothing for a topic that does not concern us.

        Raises:
            ValueError: It breaks its schema.
        """

    def _symbol(self, wire_symbol: str) -> str:
        """Return the canonical symbol, or the venue's name where it is not followed."""
        instrument = self._instrument(wire_symbol)
        return instrument.symbol if instrument else sanitise(wire_symbol, 40)
