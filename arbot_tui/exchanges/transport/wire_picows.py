"""The `Wire` on the picows library, for whoever installed the extra ``fast``.

It hands each frame over on the transport's own call stack, as `wire_websockets` does, for a
fraction of the cost per frame, most of all over TLS (PERFORMANCE section 3). What the library
leaves to its user is done here: whole messages, their bound, pongs, and the answer to a close.
It follows no redirect, uses no proxy and offers no compression.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import select
import socket
import ssl
from collections.abc import Callable
from typing import cast

from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSInvalidStatusError,
    WSListener,
    WSMsgType,
    WSProtocolError,
    WSTransport,
    ws_connect,
)
from picows.url import WSParsedURL
from websockets.frames import Close

from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.transport.reaching import is_offline, reach
from arbot_tui.exchanges.transport.retry_after import retry_after_s
from arbot_tui.exchanges.transport.wire import DialFailed, DialOptions, Wire, WireHandler

__all__ = ["dial"]

_USER_AGENT = "arbot-tui"
# How long a connection that was given up may take to be gone, and how often that is looked at.
_GIVE_UP_S = 1.0
_LOOK_S = 0.001
_DRAIN_BYTES = 1 << 16
# How often an open connection is looked at, and how soon again where it seems to be gone.
_ALIVE_S = 1.0
_AGAIN_S = 0.05
# The library logs what peers send, unsanitised; the session tells what is worth telling.
_SILENT = logging.getLogger("arbot_tui.picows")
_SILENT.setLevel(logging.CRITICAL + 1)

_TEXT, _BINARY, _CONTINUATION = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION
_PING, _PONG = WSMsgType.PING, WSMsgType.PONG


class _PicowsWire(WSListener):
    """A `Wire` that is itself the library's listener."""

    def __init__(self, max_message_bytes: int) -> None:
        self._max_message_bytes = max_message_bytes
        self._transport: WSTransport | None = None
        self._handler: WireHandler | None = None
        # Where whole text messages go; None before the start, amid fragments and after a failure.
        self._deliver: Callable[[bytes], None] | None = None
        self._early: list[tuple[WSMsgType, bytes]] = []
        self._parts: list[bytes] | None = None
        self._parts_bytes = 0
        self._refusal = ""
        self._failure: BaseException | None = None
        self._retrieving: asyncio.Task[None] | None = None
        self._looking: asyncio.TimerHandle | None = None

    # What the library calls.

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._look_again(_ALIVE_S, gone=False)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        # After an error of the protocol the library goes on reading for a moment.
        if transport.is_close_frame_sent:
            return
        deliver = self._deliver
        try:
            if deliver is not None and frame.fin and frame.msg_type is _TEXT and not frame.rsv1:
                deliver(frame.get_payload_as_bytes())
            elif self._failure is None:
                self._take_rare(transport, frame, self._handler)
        except Exception as e:  # noqa: BLE001 (`wait_closed` raises it)
            self._failure, self._deliver = e, None
            transport.disconnect(graceful=False)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._retrieving = asyncio.get_running_loop().create_task(_retrieve(transport))

    # What the session calls.

    def start(self, handler: WireHandler) -> None:
        self._handler = handler
        early, self._early = self._early, []
        for kind, payload in early:
            if kind is _PING or kind is _PONG:
                handler.on_control(pong=kind is _PONG)
            else:
                handler.on_message(payload)
        if self._parts is None:
            self._deliver = handler.on_message

    def send(self, message: bytes) -> bool:
        transport = self._open_transport
        if transport is None:
            return False
        transport.send(_TEXT, message)
        return True

    def ping(self) -> None:
        transport = self._open_transport
        if transport is not None:
            transport.send_ping()

    async def wait_closed(self) -> str:
        transport = self._transport
        if transport is None:
            return "connection lost"
        try:
            await transport.wait_disconnected()
        except WSProtocolError as e:
            return sanitise(f"protocol error: {e.args[1]}")
        if self._failure is not None:
            raise self._failure
        return self._cause(transport)

    def close(self) -> None:
        transport = self._transport
        if transport is not None and not transport.is_disconnected:
            if not transport.is_close_frame_sent:
                transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def abort(self) -> None:
        transport = self._transport
        if transport is not None and not transport.is_disconnected:
            transport.disconnect(graceful=False)

    # Within.

    def _look_again(self, delay_s: float, *, gone: bool) -> None:
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(delay_s, self._look, gone)

    def _look(self, gone: bool) -> None:
        """End a connection that was reset in silence.

        Where a reset comes together with something to read, uvloop has the library read once and
        watches the socket no more; what was read was all that is ever heard.
        """
        transport = self._transport
        if transport is None or transport.is_disconnected:
            return
        poll = select.poll()
        poll.register(transport.underlying_transport.get_extra_info("socket"), 0)
        if not poll.poll(0):
            self._look_again(_ALIVE_S, gone=False)
        elif gone:
            transport.disconnect(graceful=False)
        else:
            # The loop may be about to tell.
            self._look_again(_AGAIN_S, gone=True)

    @property
    def _open_transport(self) -> WSTransport | None:
        transport = self._transport
        if transport is None or transport.is_disconnected or transport.is_close_frame_sent:
            return None
        return transport

    def _take_rare(
        self, transport: WSTransport, frame: WSFrame, handler: WireHandler | None
    ) -> None:
        """Handle everything but a whole text frame: fragments, binary, control, early frames."""
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._refuse(transport, WSCloseCode.PROTOCOL_ERROR, "reserved bits are set")
        elif kind is _PING or kind is _PONG:
            if kind is _PING and self._open_transport is not None:
                transport.send_pong(frame.get_payload_as_bytes())
            if handler is None:
                self._early.append((kind, b""))
            else:
                handler.on_control(pong=kind is _PONG)
        elif kind is WSMsgType.CLOSE:
            self.close()
        else:
            self._take_part(transport, frame, handler)

    def _take_part(
        self, transport: WSTransport, frame: WSFrame, handler: WireHandler | None
    ) -> None:
        """Put a message together; the library bounds frames, not their sum."""
        begins = frame.msg_type is not _CONTINUATION
        if begins is (self._parts is not None):
            self._refuse(transport, WSCloseCode.PROTOCOL_ERROR, "fragments out of order")
            return
        if self._parts is None:
            self._parts, self._parts_bytes = [], 0
            self._deliver = None
        self._parts_bytes += frame.payload_size
        if self._parts_bytes > self._max_message_bytes:
            why = f"message exceeds {self._max_message_bytes} bytes"
            self._refuse(transport, WSCloseCode.MESSAGE_TOO_BIG, why)
            return
        self._parts.append(frame.get_payload_as_bytes())
        if frame.fin:
            message, self._parts = b"".join(self._parts), None
            if handler is None:
                self._early.append((_TEXT, message))
            else:
                self._deliver = handler.on_message
                handler.on_message(message)

    def _refuse(self, transport: WSTransport, code: WSCloseCode, why: str) -> None:
        self._refusal = why
        self._parts = None
        transport.send_close(code)
        transport.disconnect()

    def _cause(self, transport: WSTransport) -> str:
        if self._refusal:
            return f"protocol error: {self._refusal}"
        handshake = transport.close_handshake
        if handshake is not None:
            if handshake.recv is not None:
                # Codes of the application's own are numbers that the library has no name for.
                code: object = handshake.recv.code
                number = int(getattr(code, "value", code))  # type: ignore[call-overload]
                told = Close(number, handshake.recv.reason) if number else "no status received"
                return sanitise(f"closed by the venue: {told}")
            if handshake.sent is not None:
                return "closed by us"
        return "connection lost"


async def _retrieve(transport: WSTransport) -> None:
    """Have asyncio not complain of an error that nobody asked for: `wait_closed` tells it."""
    with contextlib.suppress(WSProtocolError):
        await transport.wait_disconnected()


@functools.cache
def _tls_context() -> ssl.SSLContext:
    # Reading the certificate store takes milliseconds: once, not at every reconnect.
    return ssl.create_default_context()


class _Lent(socket.socket):
    """A socket that the event loop forgets before its number is free for the next one.

    Where a connection is reset before its first byte is written, the library closes it and has
    the loop watch it in one turn, in this order. The loop then takes the next socket that gets the
    number for one it knows: that connection, whoever's it is, hears nothing.
    """

    __slots__ = ("_loop",)

    def __init__(self, reached: socket.socket) -> None:
        super().__init__(fileno=reached.detach())
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        if self.fileno() != -1 and not self._loop.is_closed():
            self._loop.remove_reader(self.fileno())
        super().close()


class _Opening:
    """The socket of a connection in the making, so that it can be given up at any moment.

    The library leaves a connection open when the one who opens it is cancelled; a second handle
    on the socket ends it under the library's hands.
    """

    def __init__(self) -> None:
        self._lent: socket.socket | None = None
        self._handle: socket.socket | None = None

    async def connect(self, url: WSParsedURL) -> socket.socket:
        """Return a connected socket; see `reach`."""
        reached = await reach(url.host, url.port)
        try:
            # The library connects anew what is reset already, and for as long as it takes.
            reached.getpeername()
        except OSError:
            reached.close()
            raise
        self._handle = reached.dup()
        self._lent = _Lent(reached)
        return self._lent

    async def end(self, *, given_up: bool) -> None:
        """Let go of the socket; where it was given up, see the connection gone."""
        lent, handle = self._lent, self._handle
        self._lent = self._handle = None
        if lent is None or handle is None:
            return
        if given_up:
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                # See `_look`: only what has nothing to read is sure to hear of its end.
                while handle.recv(_DRAIN_BYTES):
                    pass
        handle.close()
        if given_up:
            # The library reads the end of the connection from the loop, and closes it then.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GIVE_UP_S):
                    while lent.fileno() != -1:  # noqa: ASYNC110 (it tells nobody)
                        await asyncio.sleep(_LOOK_S)
            lent.close()


async def dial(options: DialOptions) -> Wire:
    """Open a WebSocket connection; see `Dial`.

    Raises:
        DialFailed: Name, connection, TLS, opening request or time failed.
    """
    venue = options.venue
    opening, given_up = _Opening(), True
    made: list[_PicowsWire] = []

    def make() -> _PicowsWire:
        made.append(_PicowsWire(options.max_message_bytes))
        return made[-1]

    try:
        async with asyncio.timeout(options.timeout_s):
            transport, wire = await ws_connect(
                make,
                options.url,
                ssl_context=_tls_context() if options.url.startswith("wss:") else None,
                websocket_handshake_timeout=None,
                logger_name=_SILENT,
                enable_auto_pong=False,
                max_frame_size=options.max_message_bytes,
                max_redirects=0,
                extra_headers={"User-Agent": _USER_AGENT, **options.headers},
                socket_factory=opening.connect,
            )
        given_up = False
    except WSInvalidStatusError as e:
        status = int(e.response.status) if e.response is not None else 0
        told = e.response.headers.get("Retry-After") if e.response is not None else None
        raise DialFailed(
            venue,
            f"opening refused with HTTP {status}",
            status=status,
            retry_after_s=retry_after_s(told),
        ) from e
    except TimeoutError as e:
        raise DialFailed(venue, f"no connection within {options.timeout_s:g} s") from e
    except (OSError, WSError, ValueError) as e:
        raise DialFailed(venue, sanitise(f"no connection: {e}"), offline=is_offline(e)) from e
    finally:
        if given_up and made:
            made[-1].abort()
        await opening.end(given_up=given_up)
    if transport.response is None:
        raise DialFailed(venue, "no connection: closed during the opening request")
    if "Sec-WebSocket-Extensions" in transport.response.headers:
        # None was offered, so nobody could read what comes.
        transport.disconnect(graceful=False)
        raise DialFailed(venue, "no connection: the venue chose an extension unasked")
    return cast("_PicowsWire", wire)
