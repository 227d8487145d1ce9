"""What the private sockets of both dialects share: heartbeat, login, answers to control frames.

Pages of 2025-12-05; facts page section 8. Pushes can be lost (vendor FAQ): whoever follows this
asks by REST as well.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from arbot_tui.exchanges.bitget.rows import VENUE
from arbot_tui.exchanges.bitget.signing import ws_login
from arbot_tui.exchanges.transport.private_dialect import TextPingDialect, is_pong
from arbot_tui.exchanges.transport.signed_socket import Told
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions

__all__ = ["PrivateStream", "socket_options"]


def socket_options(url: str) -> WebSocketOptions:
    """Return how a private connection is kept (websocket introduction, 2025-12-05)."""
    return WebSocketOptions(
        url=url,
        # Ten a second count pings, login and subscriptions.
        frames_per_s=5.0,
        silence_s=10.0,
        heartbeat=Heartbeat(text=b"ping", is_pong=is_pong, quiet_s=2.0, every_s=30.0),
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


class PrivateStream(TextPingDialect):
    """The language of a private socket; see `SocketDialect`."""

    venue = VENUE
    _args: Sequence[Mapping[str, str]]
    """What is subscribed, as the dialect says it."""

    def opening(self) -> Sequence[bytes]:
        """Return the login; its timestamp is in seconds."""
        return [ws_login(self._credentials, self._venue_ms() // 1000).encode()]

    def subscriptions(self) -> Sequence[bytes]:
        """Return the subscription of all topics; each is answered for itself."""
        return [msgspec.json.encode({"op": "subscribe", "args": self._args})]

    def _told(self, raw: bytes) -> Iterable[Told]:
        frame = _decode(raw)
        if not frame.event:
            return self._news(frame.arg.name, frame.data)
        return self._answered(frame.event, str(frame.code), frame.msg, frame.arg.name)

    @abstractmethod
    def _news(self, topic: str, data: msgspec.Raw) -> Iterable[Told]:
        """Return what a push says; nothing for a topic that does not concern us.

        Raises:
            ValueError: It breaks its schema.
        """
