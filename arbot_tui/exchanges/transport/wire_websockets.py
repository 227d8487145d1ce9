"""The `Wire` on the sans-I/O core of the `websockets` library.

The library's asyncio front end puts every frame through a queue and wakes a task for it, which
costs more than decoding the frame (PERFORMANCE section 3). Its sans-I/O core is public API; this
shell feeds it from the transport and calls the handler directly. It follows no redirect, uses no
proxy and offers no compression.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from typing import cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.transport.reaching import is_offline, reach
from arbot_tui.exchanges.transport.retry_after import retry_after_s
from arbot_tui.exchanges.transport.wire import DialFailed, DialOptions, Wire, WireHandler

__all__ = ["dial"]

_CLOSE_NORMALLY = 1000
_TLS_SHUTDOWN_S = 1.0
_DISCARD_S = 1.0
_USER_AGENT = "arbot-tui"


class _WebsocketsWire(asyncio.Protocol):
    """A `Wire` that is itself the transport's protocol."""

    def __init__(self, core: ClientProtocol) -> None:
        loop = asyncio.get_running_loop()
        self._core = core
        self._transport: asyncio.Transport | None = None
        self._handler: WireHandler | None = None
        self._early: list[Frame] = []
        self._parts: list[bytes] = []
        self._opened: asyncio.Future[None] = loop.create_future()
        self._closed: asyncio.Future[str] = loop.create_future()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the interface without being of the class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        core = self._core
        core.receive_data(data)
        events = core.events_received()
        # Pongs go out before the handler may fail on what came along with the ping.
        self._flush()
        handler = self._handler
        for event in events:
            if isinstance(event, Response):
                self._settle_opening()
            elif not isinstance(event, Frame):
                continue
            elif handler is None:
                self._early.append(event)
            elif event.opcode is Opcode.TEXT and event.fin:
                handler.on_message(bytes(event.data))
            else:
                self._take_rare(event, handler)
        if core.state is not State.OPEN:
            self._wind_down()

    def eof_received(self) -> bool:
        self._core.receive_eof()
        self._flush()
        self._settle_opening()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._core.receive_eof()
        self._settle_opening()
        if self._closed.done():
            return
        if exc is None or isinstance(exc, OSError):
            self._closed.set_result(self._cause(exc))
        else:
            self._closed.set_exception(exc)
            # `wait_closed` raises it; without a waiter the event loop has logged it already.
            self._closed.exception()

    # What the session calls.

    async def open(self, headers: dict[str, str]) -> None:
        """Send the opening request and wait for the answer."""
        request = self._core.connect()
        request.headers["User-Agent"] = _USER_AGENT
        for name, value in headers.items():
            request.headers[name] = value
        self._core.send_request(request)
        self._flush()
        await self._opened
        if self._core.handshake_exc is not None:
            raise self._core.handshake_exc
        if self._core.state is State.CONNECTING:
            raise ConnectionError("closed during the opening request")

    def start(self, handler: WireHandler) -> None:
        self._handler = handler
        early, self._early = self._early, []
        for frame in early:
            self._take_rare(frame, handler)

    def send(self, message: bytes) -> bool:
        transport = self._transport
        if self._core.state is not State.OPEN or transport is None or transport.is_closing():
            return False
        self._core.send_text(message)
        self._flush()
        return True

    def ping(self) -> None:
        if self._core.state is State.OPEN:
            self._core.send_ping(b"")
            self._flush()

    async def wait_closed(self) -> str:
        # Shielded: a cancelled waiter must not cancel what the transport will settle.
        return await asyncio.shield(self._closed)

    def close(self) -> None:
        if self._core.state is State.OPEN:
            self._core.send_close(_CLOSE_NORMALLY)
            self._flush()
        self._wind_down()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def discard(self) -> None:
        """Drop a connection that was never handed out, and see it gone."""
        if self._transport is None:
            return
        # Given up while it was made, it is closing already, and uvloop then tells nobody the end.
        if not self._transport.is_closing():
            self._transport.abort()
            await asyncio.wait([self._closed], timeout=_DISCARD_S)

    # Within.

    def _take_rare(self, frame: Frame, handler: WireHandler) -> None:
        """Handle everything but a whole text frame: fragments, binary, control."""
        opcode = frame.opcode
        if opcode is Opcode.PING or opcode is Opcode.PONG:
            handler.on_control(pong=opcode is Opcode.PONG)
        elif opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            # The core bounds the sum and refuses fragments out of order.
            self._parts.append(bytes(frame.data))
            if frame.fin:
                message, self._parts = b"".join(self._parts), []
                handler.on_message(message)

    def _flush(self) -> None:
        transport = self._transport
        for chunk in self._core.data_to_send():
            # An empty chunk asks for a half-close; `_wind_down` closes both directions.
            if chunk and transport is not None and not transport.is_closing():
                transport.write(chunk)

    def _settle_opening(self) -> None:
        if not self._opened.done():
            self._opened.set_result(None)

    def _wind_down(self) -> None:
        """Close the transport; the close frame that was written is flushed first."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    def _cause(self, exc: Exception | None) -> str:
        core = self._core
        if core.parser_exc is not None and not isinstance(core.parser_exc, EOFError):
            return sanitise(f"protocol error: {core.parser_exc}")
        if core.close_rcvd is not None:
            return sanitise(f"closed by the venue: {core.close_rcvd}")
        if core.close_sent is not None:
            return "closed by us"
        return sanitise(f"connection lost: {exc}") if exc is not None else "connection lost"


@functools.cache
def _tls_context() -> ssl.SSLContext:
    # Reading the certificate store takes milliseconds: once, not at every reconnect.
    return ssl.create_default_context()


async def dial(options: DialOptions) -> Wire:
    """Open a WebSocket connection; see `Dial`.

    Raises:
        DialFailed: Name, connection, TLS, opening request or time failed.
    """
    venue = options.venue
    wire: _WebsocketsWire | None = None
    try:
        uri = parse_uri(options.url)
        core = ClientProtocol(uri, max_size=options.max_message_bytes)
        wire = _WebsocketsWire(core)
        opening = wire
        context = _tls_context() if uri.secure else None
        async with asyncio.timeout(options.timeout_s):
            await asyncio.get_running_loop().create_connection(
                lambda: opening,
                sock=await reach(uri.host, uri.port),
                ssl=context,
                server_hostname=uri.host if uri.secure else None,
                ssl_shutdown_timeout=_TLS_SHUTDOWN_S if uri.secure else None,
            )
            await wire.open(dict(options.headers))
    except InvalidStatus as e:
        wire_status = e.response.status_code
        raise DialFailed(
            venue,
            f"opening refused with HTTP {wire_status}",
            status=wire_status,
            retry_after_s=retry_after_s(e.response.headers.get("Retry-After")),
        ) from e
    except TimeoutError as e:
        raise DialFailed(venue, f"no connection within {options.timeout_s:g} s") from e
    except (OSError, InvalidHandshake, InvalidURI) as e:
        raise DialFailed(venue, sanitise(f"no connection: {e}"), offline=is_offline(e)) from e
    else:
        opened, wire = wire, None
        return opened
    finally:
        # Cancelled or refused half-way: nothing stays open.
        if wire is not None:
            await wire.discard()
