"""A venue on loopback whose every answer a test writes down beforehand."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from aiohttp import web

from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.domain.quotes import BookUpdate, Ticker

__all__ = ["Answered", "LoopbackVenue", "Market", "until"]


@dataclass(frozen=True)
class Answered:
    """One request as it came in."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str


@dataclass
class LoopbackVenue:
    """HTTP answers by (method, path), in order, the last one for ever; one scripted socket.

    `hold` keeps every HTTP answer back until it is set.
    """

    on_socket: Callable[[web.WebSocketResponse], Awaitable[None]] | None = None
    seen: list[Answered] = field(default_factory=list)
    hold: asyncio.Event | None = None
    url: str = ""
    ws_url: str = ""

    def __post_init__(self) -> None:
        self._answers: defaultdict[tuple[str, str], deque[tuple[int, str, Mapping[str, str]]]]
        self._answers = defaultdict(deque)
        self._runner: web.AppRunner | None = None

    def answer(
        self,
        method: str,
        path: str,
        body: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Queue an answer."""
        self._answers[method, path].append((status, body, headers or {}))

    def requests(self, path: str) -> list[Answered]:
        """Return what came in for `path`."""
        return [request for request in self.seen if request.target.partition("?")[0] == path]

    async def __aenter__(self) -> LoopbackVenue:
        app = web.Application()
        app.router.add_get("/ws", self._serve_socket)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        self.ws_url = f"ws://127.0.0.1:{port}/ws"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        if self.hold is not None:
            self.hold.set()
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.seen.append(Answered(request.method, request.raw_path, dict(request.headers), body))
        if self.hold is not None:
            await self.hold.wait()
        queue = self._answers[request.method, request.path]
        if not queue:
            return web.Response(status=404, text="<html>not found</html>")
        status, text, headers = queue.popleft() if len(queue) > 1 else queue[0]
        return web.Response(status=status, text=text, headers=headers)

    async def _serve_socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        assert self.on_socket is not None
        await self.on_socket(socket)
        return socket


class Market:
    """A market-data sink that keeps everything."""

    def __init__(self) -> None:
        self.tickers: list[Ticker] = []
        self.books: list[BookUpdate] = []
        self.events: list[FeedEvent] = []

    def on_ticker(self, ticker: Ticker) -> None:
        self.tickers.append(ticker)

    def on_book(self, update: BookUpdate) -> None:
        self.books.append(update)

    def on_feed(self, event: FeedEvent) -> None:
        self.events.append(event)

    def of(self, kind: FeedEventKind) -> list[FeedEvent]:
        return [event for event in self.events if event.kind is kind]


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until `condition` holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - whatever the condition looks at has no event
            await asyncio.sleep(0.005)
