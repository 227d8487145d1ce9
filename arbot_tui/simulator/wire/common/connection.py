"""One client's WebSocket: a bounded queue in front of a socket that may be slow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType

from aiohttp import WSMessage, WSMsgType, web

__all__ = ["MAX_QUEUED", "Connection"]

MAX_QUEUED = 8_192
"""Frames that may wait for one client; beyond that it is dropped."""

_MAX_FRAME_BYTES = 1 << 20
_CLOSE_WAIT_S = 1.0


class Connection:
    """A WebSocket client of a venue.

    `send` only queues: nobody who publishes ever waits for a client. Used by a handler as::

        async with Connection(request) as connection:
            async for message in connection.messages():
                ...
        return connection.response

    Args:
        request: The upgrade request.

    Attributes:
        response: What the handler returns when the client has gone.
        subscriptions: Names as the client sent them, in order; a shell keeps them here.
    """

    def __init__(self, request: web.Request) -> None:
        self.response = web.WebSocketResponse(
            timeout=_CLOSE_WAIT_S, autoping=False, compress=False, max_msg_size=_MAX_FRAME_BYTES
        )
        self.subscriptions: dict[str, None] = {}
        self._request = request
        # None stands for a ping.
        self._queue: deque[str | None] = deque()
        self._wake = asyncio.Event()
        self._gone = False
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Connection:
        await self.response.prepare(self._request)
        self._writer = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._gone = True
        if self._writer is not None:
            self._writer.cancel()
            with suppress(asyncio.CancelledError):
                await self._writer

    def send(self, frame: str) -> None:
        """Queue a text frame; drops the client if too many are waiting."""
        self._put(frame)

    def ping(self) -> None:
        """Queue a protocol ping."""
        self._put(None)

    def _put(self, frame: str | None) -> None:
        if self._gone:
            return
        if len(self._queue) >= MAX_QUEUED:
            self.drop()
            return
        self._queue.append(frame)
        self._wake.set()

    def drop(self) -> None:
        """Cut the connection without a close handshake, as a venue does to slow readers."""
        self._gone = True
        self._queue.clear()
        if self._request.transport is not None:
            self._request.transport.abort()

    async def close(self, code: int, reason: str, last: str = "") -> None:
        """Close with a close frame; what is still queued is not sent.

        Args:
            code: Close code.
            reason: Close reason.
            last: A text frame that goes out before the close frame.
        """
        self._gone = True
        self._queue.clear()
        with suppress(ConnectionError):
            if last:
                await self.response.send_str(last)
            await self.response.close(code=code, message=reason.encode())

    async def messages(self) -> AsyncIterator[WSMessage]:
        """Yield the client's text, ping and pong messages; pings are answered here."""
        async for message in self.response:
            if message.type is WSMsgType.PING:
                with suppress(ConnectionError):
                    await self.response.pong(message.data)
            if message.type in (WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG):
                yield message

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                frame = self._queue.popleft()
                try:
                    if frame is None:
                        await self.response.ping()
                    else:
                        await self.response.send_str(frame)
                except ConnectionError:
                    return
