"""A private WebSocket: connected, logged in, subscribed, or not yet; kept up until cancelled.

It knows no venue: a `SocketDialect` says what is sent after connecting and reads what arrives.
What was said on an earlier connection counts for nothing on the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec
import structlog

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.domain.orders import Balance, Fill, OrderState
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.websocket import WebSocketOptions, WebSocketSession
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wires import default_dial

__all__ = [
    "BalancesTold",
    "EntryReply",
    "Farewell",
    "LoggedIn",
    "SignedSocket",
    "SocketDialect",
    "SocketRefused",
    "Subscribed",
    "Told",
]

_WATCH_S = 1.0
_READY_WITHIN_NS = 10 * SECOND

_log = structlog.get_logger(__name__)


class LoggedIn(msgspec.Struct, frozen=True):
    """The venue knows who we are."""


class Subscribed(msgspec.Struct, frozen=True):
    """A topic will be told from now on."""

    topic: str


class SocketRefused(msgspec.Struct, frozen=True):
    """A login or subscription was refused, or has ended: the connection is of no use."""

    text: str


class Farewell(msgspec.Struct, frozen=True):
    """The venue will end this connection soon."""

    text: str


class BalancesTold(msgspec.Struct, frozen=True):
    """What the account holds of some assets, zeros included."""

    balances: tuple[Balance, ...]


class EntryReply(msgspec.Struct, frozen=True):
    """The answer to a request of ours.

    Attributes:
        request_id: Of the request.
        raw: The whole frame.
    """

    request_id: str
    raw: bytes


Told = (
    LoggedIn | Subscribed | SocketRefused | Farewell | BalancesTold | EntryReply | Fill | OrderState
)


class SocketDialect(Protocol):
    """How a venue's private socket talks; pure but for the time and key it signs with.

    Attributes:
        venue: Name of the venue.
        topics: What has to be subscribed before the socket is of use.
        needs_login: A login has to be confirmed first.
    """

    venue: str
    topics: frozenset[str]
    needs_login: bool

    def opening(self) -> Sequence[bytes]:
        """Return what is sent right after connecting."""
        ...

    def subscriptions(self) -> Sequence[bytes]:
        """Return what is sent after the login."""
        ...

    def read(self, raw: bytes) -> Iterable[Told]:
        """Return what a frame says; nothing for what does not concern us.

        Raises:
            MalformedMessage: It breaks its schema.
        """
        ...


class SignedSocket:
    """One private connection; `run` it in a task of its own.

    Attributes:
        ready: Logged in and subscribed on the connection that is open now.
        opened_ns: `Clock.now_ns` of when the latest connection was opened.
    """

    def __init__(
        self,
        dialect: SocketDialect,
        options: WebSocketOptions,
        *,
        clock: Clock,
        ban: BanClock,
        on_told: Callable[[Told], None],
        on_ready: Callable[[bool, str], None],
        on_farewell: Callable[[str], None],
        dial: Dial = default_dial,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            dialect: The venue's language.
            options: How to open and keep the connection.
            clock: Our clock.
            ban: Stops attempts while the venue wants us away.
            on_told: Takes what frames say, but for what this class needs itself.
            on_ready: Is told when the socket becomes ready, and with the cause when it ends,
                also where it never became so.
            on_farewell: Is told, with the cause, that the venue will end the connection soon.
            dial: Opens a wire.
        """
        self.ready = False
        self._dialect = dialect
        self._clock = clock
        self._on_told = on_told
        self._on_ready = on_ready
        self._on_farewell = on_farewell
        self._logged_in = False
        self._subscribed: set[str] = set()
        self.opened_ns = 0
        self._session = WebSocketSession(
            venue=dialect.venue,
            exchange=0,
            options=options,
            clock=clock,
            on_frame=self._take,
            on_event=self._on_event,
            on_open=self._open,
            ban=ban,
            dial=dial,
        )

    async def run(self) -> None:
        """Keep the socket up until cancelled."""
        watch = asyncio.create_task(self._watch())
        try:
            await self._session.run()
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    def send_now(self, message: bytes) -> bool:
        """Write one message before returning; False, and nothing written, where not ready."""
        return self.ready and self._session.send_now(message)

    def reconnect(self, cause: str) -> None:
        """Drop the connection and open a new one."""
        self._session.reconnect(cause)

    def _open(self) -> Sequence[bytes]:
        self._logged_in = not self._dialect.needs_login
        self._subscribed.clear()
        self.opened_ns = self._clock.now_ns()
        self._check()
        return self._dialect.opening()

    def _take(self, raw: bytes, recv_ns: int) -> None:
        del recv_ns
        for told in self._dialect.read(raw):
            match told:
                case LoggedIn():
                    self._logged_in = True
                    for message in self._dialect.subscriptions():
                        self._session.send(message)
                case Subscribed():
                    self._subscribed.add(told.topic)
                case SocketRefused():
                    _log.warning("private_socket_ends", venue=self._dialect.venue, cause=told.text)
                    self._session.reconnect(told.text)
                case Farewell():
                    self._on_farewell(told.text)
                case _:
                    self._on_told(told)
            self._check()

    def _check(self) -> None:
        if not self.ready and self._logged_in and self._dialect.topics <= self._subscribed:
            self.ready = True
            self._on_ready(True, "")

    def _on_event(self, event: FeedEvent) -> None:
        if event.kind is FeedEventKind.DISCONNECTED:
            self.ready = False
            self._on_ready(False, event.detail)
        elif event.kind is FeedEventKind.MALFORMED:
            # It may have been an execution: what was missed is asked for after a reconnect.
            _log.warning("private_frame_unreadable", venue=self._dialect.venue, cause=event.detail)
            self._session.reconnect("a frame that cannot be read")

    async def _watch(self) -> None:
        """Give up a connection that does not become ready."""
        while True:
            await asyncio.sleep(_WATCH_S)
            late = self._clock.now_ns() - self.opened_ns > _READY_WITHIN_NS
            if self._session.connected and not self.ready and late:
                self._session.reconnect("no answer to the login")
