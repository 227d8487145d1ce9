"""The toy venue's own server, in front of one more market of a synthetic world."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any

from aiohttp import WSMsgType, web

from arbot_tui.domain.clock import MS, SystemClock
from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.instruments import ClientIdRule, Instrument, VenueProfile
from arbot_tui.simulator.core.orders import NewOrder, Refused, TimeInForce
from arbot_tui.simulator.server import SyntheticVenues

__all__ = ["TOY", "ToyServer"]

TOY = VenueProfile("toy", ClientIdRule.WHILE_OPEN, Decimal(1), 1, 0.3, 0.3)
"""How the toy venue trades."""

_KEY, _SECRET = "toy-key", "toy-secret"
_BOOKS_EVERY_S = 0.1

Handler = Callable[[web.Request, str], Awaitable[object]]


class _Error(Exception):
    """A request that is answered with an error."""


class ToyServer:
    """REST and one socket on loopback; an async context manager.

    Args:
        venues: The world, which has a market of the name.
    """

    def __init__(self, venues: SyntheticVenues) -> None:
        self._venues = venues
        self._world = venues.world
        self._clock = SystemClock()
        self._matcher = self._world.matchers[TOY.name]
        self._books = self._world.books(TOY.name)
        self._instruments = {_name(i): i for i in self._world.instruments(TOY.name)}
        self._sockets: dict[web.WebSocketResponse, set[tuple[str, str]]] = {}
        self._queue: asyncio.Queue[tuple[web.WebSocketResponse, str]] = asyncio.Queue()
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> ToyServer:
        app = web.Application()
        app.router.add_get("/stream", self._serve)
        for path, public in (
            ("/time", self._time),
            ("/markets", self._markets),
            ("/volumes", self._volumes),
            ("/book", self._book),
        ):
            app.router.add_get(path, self._answering(public, signed=False))
        for method, path, private in (
            ("POST", "/orders", self._place),
            ("POST", "/cancel", self._cancel),
            ("GET", "/order", self._order),
            ("GET", "/fills", self._fills),
            ("GET", "/balances", self._balances),
            ("GET", "/fees", self._fees),
        ):
            app.router.add_route(method, path, self._answering(private, signed=True))
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        address = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self._venues.sinks[TOY.name] = self._changed
        self._venues.description["venues"][TOY.name] = {
            "rest": f"http://{address}",
            "ws_public": f"ws://{address}/stream",
            "ws_private": None,
            "ws_trade": None,
            "api_key": _KEY,
            "api_secret": _SECRET,
            "passphrase": None,
        }
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._tell_books())]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del self._venues.sinks[TOY.name]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    def reset(self) -> None:
        """Cut every socket."""
        for socket in self._sockets:
            # What aiohttp keeps of the request is the way to its transport.
            request: Any = socket._req
            request.transport.abort()

    def babble(self) -> None:
        """Send every client something that no one can read."""
        for socket in self._sockets:
            self._queue.put_nowait((socket, '{"top":"BTC'))

    # The socket

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        wanted = self._sockets[socket] = set()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._heard(socket, wanted, message.data)
        finally:
            del self._sockets[socket]
        return socket

    def _heard(
        self, socket: web.WebSocketResponse, wanted: set[tuple[str, str]], text: str
    ) -> None:
        if text == "hi":
            self._queue.put_nowait((socket, "ho"))
            return
        wish = json.loads(text)
        what = {(channel, name) for channel, name in wish["what"]}
        if not all(name in self._instruments for _, name in what):
            self._queue.put_nowait((socket, json.dumps({"no": wish["n"]})))
            return
        if wish["do"] == "unsubscribe":
            wanted -= what
        else:
            wanted |= what
        self._queue.put_nowait((socket, json.dumps({"done": wish["n"]})))
        if wish["do"] == "subscribe":
            for channel, name in what:
                self._queue.put_nowait((socket, self._frame(channel, name)))

    def _frame(self, channel: str, name: str) -> str:
        instrument = self._instruments[name]
        book = self._books[instrument.symbol]
        depth = 1 if channel == "top" else 20
        bids, asks = (
            [(float(instrument.price(t)), float(instrument.qty(q))) for t, q in side[:depth]]
            for side in (book.bids, book.asks)
        )
        ident, ms = book.update_id, book.ts_ns // MS
        return json.dumps({channel: name, "id": ident, "ms": ms, "b": bids, "a": asks})

    def _changed(self, change: BookChange) -> None:
        instrument = self._world.instruments(TOY.name)[change.symbol]
        self._tell(("top", _name(instrument)))

    def _tell(self, topic: tuple[str, str]) -> None:
        for socket, wanted in self._sockets.items():
            if topic in wanted:
                self._queue.put_nowait((socket, self._frame(*topic)))

    async def _tell_books(self) -> None:
        while True:
            await asyncio.sleep(_BOOKS_EVERY_S)
            for name in self._instruments:
                self._tell(("book", name))

    async def _send(self) -> None:
        while True:
            socket, text = await self._queue.get()
            if not socket.closed and socket in self._sockets:
                try:
                    await socket.send_str(text)
                except ConnectionError:
                    continue

    # REST

    def _answering(
        self, handler: Handler, *, signed: bool
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            body = await request.text()
            try:
                if signed:
                    _check(request, body)
                return web.json_response(await handler(request, body))
            except _Error as error:
                return web.json_response({"error": str(error)}, status=400)

        return answer

    async def _time(self, request: web.Request, body: str) -> object:
        return {"ms": self._clock.now_ns() // MS}

    async def _markets(self, request: web.Request, body: str) -> object:
        return [
            {
                "name": name,
                "base": i.base,
                "quote": i.quote,
                "tick": f"{i.tick:f}",
                "step": f"{i.lot:f}",
                "least": f"{i.min_qty:f}",
            }
            for name, i in self._instruments.items()
        ]

    async def _volumes(self, request: web.Request, body: str) -> object:
        now_ns, daily = self._clock.now_ns(), self._world.daily
        return [
            {"name": name, "value": f"{daily.stats(self._books[i.symbol], now_ns).quote_volume:f}"}
            for name, i in self._instruments.items()
        ]

    async def _book(self, request: web.Request, body: str) -> object:
        book = json.loads(self._frame("book", request.query["name"]))
        return {key: book[key] for key in ("id", "ms", "b", "a")}

    async def _place(self, request: web.Request, body: str) -> object:
        wish, now_ns = json.loads(body), self._clock.now_ns()
        if wish["until_ms"] * MS < now_ns:
            raise _Error("late")
        new = NewOrder(
            self._instruments[wish["name"]].symbol,
            OrderSide(wish["side"]),
            Decimal(wish["price"]),
            Decimal(wish["qty"]),
            TimeInForce.IOC,
            wish["id"],
        )
        try:
            order = self._world.place(TOY.name, new, now_ns)
        except Refused as refused:
            raise _Error("funds") from refused
        return {"order": str(order.order_id)}

    async def _cancel(self, request: web.Request, body: str) -> object:
        raise _Error("gone")

    async def _order(self, request: web.Request, body: str) -> object:
        order = self._matcher.find_client(request.query["id"])
        if order is None:
            raise _Error("gone")
        state = {"order": str(order.order_id), "state": order.status.value}
        return {**state, "filled": f"{order.filled:f}"}

    async def _fills(self, request: web.Request, body: str) -> object:
        order = self._matcher.find_client(request.query["id"])
        return [
            {
                "trade": str(trade.trade_id),
                "side": trade.side.value,
                "price": f"{trade.price:f}",
                "qty": f"{trade.qty:f}",
                "fee": f"{trade.fee:f}",
                "coin": trade.fee_asset,
                "ms": trade.ts_ns // MS,
            }
            for trade in (order.trades if order is not None else ())
        ]

    async def _balances(self, request: web.Request, body: str) -> object:
        holdings: Mapping[str, Any] = self._matcher.account.holdings
        return [
            {"coin": coin, "free": f"{held.free:f}", "locked": f"{held.locked:f}"}
            for coin, held in holdings.items()
        ]

    async def _fees(self, request: web.Request, body: str) -> object:
        rates = {"maker": f"{TOY.maker_fee:f}", "taker": f"{TOY.taker_fee:f}"}
        return dict.fromkeys(self._instruments, rates)


def _name(instrument: Instrument) -> str:
    return f"{instrument.base}_{instrument.quote}"


def _check(request: web.Request, body: str) -> None:
    text = f"{request.method} {request.path_qs}\n{body}"
    sign = hmac.new(_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    if request.headers.get("X-Toy-Key") != _KEY or request.headers.get("X-Toy-Sign") != sign:
        raise _Error("key")
