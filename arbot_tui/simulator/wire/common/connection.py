"""One client's WebSocket: a bounded queue in front of a socket that may be slow."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType

from aiohttp import WSMessage, WSMsgType, web

from arbot_tui.simulator.wire.common.link import MAX_DELAYED, Link
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.outbox import Close, Ping, Pong
from arbot_tui.simulator.wire.common.pace import until

__all__ = ["MAX_QUEUED", "Connection", "reset_transport"]

MAX_QUEUED = 8_192
"""Frames that may wait for one client; beyond that it is dropped."""

_MAX_FRAME_BYTES = 1 << 20
_CLOSE_WAIT_S = 1.0
# The clock may be a virtual one, which no timer can wait for.
_LONGEST_WAIT_S = 0.02
_NO_LINGER = struct.pack("ii", 1, 0)


def reset_transport(transport: asyncio.BaseTransport | None) -> None:
    """Close a TCP connection with RST instead of FIN."""
    if isinstance(transport, asyncio.Transport):
        sock = transport.get_extra_info("socket")
        if sock is not None:
            with suppress(OSError):
                sock.setsockopt(SOL_SOCKET, SO_LINGER, _NO_LINGER)
        transport.abort()


class Connection(Link):
    """A WebSocket client of a venue.

    `send` only queues: nobody who publishes ever waits for a client. Used by a handler as::

        async with Connection(request, network) as connection:
            async for message in connection.messages():
                ...
        return connection.response

    Args:
        request: The upgrade request.
        network: What lies between the venue and its clients.

    Attributes:
        response: What the handler returns when the client has gone.
    """

    def __init__(self, request: web.Request, network: Network) -> None:
        super().__init__(network)
        self.response = web.WebSocketResponse(
            timeout=_CLOSE_WAIT_S,
            autoclose=False,
            autoping=False,
            compress=False,
            max_msg_size=_MAX_FRAME_BYTES,
        )
        self._request = request
        self._awake = asyncio.Event()
        self._parting = False
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Connection:
        await self.response.prepare(self._request)
        self._writer = asyncio.create_task(self._write())
        self.network.join(self)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.network.leave(self)
        self.gone = True
        if self._writer is not None:
            if not self._parting:
                self._writer.cancel()
            with suppress(asyncio.CancelledError):
                await self._writer

    def reset(self) -> None:
        """Cut the connection with RST."""
        self.gone = True
        self.outbox.clear()
        reset_transport(self._request.transport)

    async def messages(self) -> AsyncIterator[WSMessage]:
        """Yield the client's text, ping and pong messages; pings are answered here."""
        while True:
            message = await self.response.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG):
                if self.gone or self.network.swallows(self.opened_ns):
                    continue
                if message.type is WSMsgType.PING:
                    self.pong(message.data)
                yield message
            elif message.type is not WSMsgType.BINARY:
                break
        await self._part(answer=message.type is WSMsgType.CLOSE)

    async def _part(self, *, answer: bool) -> None:
        """Answer the client's close frame, unless it went into a black hole."""
        await until(lambda: self._is_cut() or not self.network.swallows(self.opened_ns))
        if answer:
            with suppress(ConnectionError):
                await self.response.close(drain=False)

    def _is_cut(self) -> bool:
        transport = self._request.transport
        return transport is None or transport.is_closing()

    def _overflows(self) -> bool:
        return len(self.outbox) > MAX_QUEUED or self.outbox.delayed > MAX_DELAYED

    def _wake(self) -> None:
        self._awake.set()

    def _cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _write(self) -> None:
        outbox, awake = self.outbox, self._awake
        while True:
            if outbox.settled:
                await awake.wait()
            else:
                await self._wait_for_delayed()
            awake.clear()
            try:
                while (item := outbox.pop(self.network.now_ns())) is not None:
                    if isinstance(item, Close):
                        self._parting = True
                        await self.response.close(code=item.code, message=item.reason.encode())
                        return
                    await self._send(item)
            except ConnectionError:
                return

    async def _wait_for_delayed(self) -> None:
        next_ns = self.outbox.next_ns
        left_ns = 0 if next_ns is None else next_ns - self.network.now_ns()
        wait_s = min(max(0.0, left_ns / 1e9), _LONGEST_WAIT_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._awake.wait()

    async def _send(self, item: str | bytes | Ping | Pong) -> None:
        response = self.response
        if isinstance(item, str):
            await response.send_str(item)
        elif isinstance(item, bytes):
            await response.send_frame(item, WSMsgType.TEXT)
        elif isinstance(item, Ping):
            await response.ping()
        elif isinstance(item, Pong):
            await response.pong(item.payload)
