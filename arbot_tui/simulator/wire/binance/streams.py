"""Binance's public WebSocket streams: raw under `/ws`, combined under `/stream`."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import NamedTuple
from urllib.parse import unquote

from aiohttp import WSMessage, WSMsgType, web

from arbot_tui.simulator.core.book import BookChange, Level
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.binance.depth import DepthTracker
from arbot_tui.simulator.wire.binance.formats import DIGITS, wire_symbol
from arbot_tui.simulator.wire.common.connection import Connection
from arbot_tui.simulator.wire.common.hub import Hub
from arbot_tui.simulator.wire.common.json import Json, decode, encode
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.pace import ticks

__all__ = ["Streams"]

_STREAM = re.compile(r"([a-z0-9]+)@(bookTicker|depth(5|10|20)?(@100ms|@1000ms)?)")
_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_PING_S, _PONG_WITHIN_S = 20.0, 60.0
# Protocol frames and JSON together, in any second; the connection is closed beyond.
_INBOUND_PER_S = 5
_MOST_STREAMS = 1024
_FAST_MS, _SLOW_MS = 100, 1000


class _Topic(NamedTuple):
    """What a stream name means: a symbol's best bid/ask, or its depth at some speed."""

    symbol: int
    every_ms: int
    """0 for bookTicker: as it happens."""
    levels: int
    """0 for changes only."""


class _Refused(Exception):
    """A control frame that is answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class _Client:
    """What is kept about one connection besides its queue."""

    __slots__ = ("combined", "inbound", "pong_at")

    def __init__(self, combined: bool, now: float) -> None:
        self.combined = combined
        self.inbound: deque[float] = deque(maxlen=_INBOUND_PER_S + 1)
        self.pong_at = now


class Streams:
    """All stream connections of the venue.

    Args:
        market: The venue's window on the world.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._by_name = {wire_symbol(i).lower(): i for i in market.instruments}
        self._hub: Hub[_Topic] = Hub()
        self._clients: dict[Connection, _Client] = {}
        self._trackers: dict[_Topic, DepthTracker] = {}
        self._tracked: dict[int, list[DepthTracker]] = {}
        self._sent_ids: dict[_Topic, int] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.get("/ws", self._raw),
            web.get("/ws/{streams:.+}", self._raw),
            web.get("/stream", self._combined),
        ]

    def publish(self, change: BookChange) -> None:
        """Send a book change to bookTicker listeners and note it for the depth streams."""
        for tracker in self._tracked.get(change.symbol, ()):
            tracker.observe()
        topic = _Topic(change.symbol, 0, 0)
        if self._hub.listeners(topic):
            instrument = self._market.instruments[change.symbol]
            self._send(topic, _book_ticker(instrument, change))

    async def run(self) -> None:
        """Serve the timed streams and pings until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_depth())
            group.create_task(self._run_pings())

    async def _run_depth(self) -> None:
        seconds = 0
        async for count in ticks(_FAST_MS / 1000):
            slow = count * _FAST_MS // _SLOW_MS != seconds
            seconds = count * _FAST_MS // _SLOW_MS
            for topic in self._hub.topics():
                if topic.every_ms == _FAST_MS or (slow and topic.every_ms == _SLOW_MS):
                    self._send_depth(topic)

    async def _run_pings(self) -> None:
        loop = asyncio.get_running_loop()
        async for _ in ticks(_PING_S):
            for connection, client in tuple(self._clients.items()):
                if loop.time() - client.pong_at > _PONG_WITHIN_S:
                    connection.drop()
                else:
                    connection.ping()

    def _send_depth(self, topic: _Topic) -> None:
        instrument = self._market.instruments[topic.symbol]
        if topic.levels:
            book = self._market.book_of(instrument)
            if self._sent_ids.get(topic) != book.update_id:
                self._sent_ids[topic] = book.update_id
                bids, asks = book.bids[: topic.levels], book.asks[: topic.levels]
                self._send(
                    topic,
                    f'{{"lastUpdateId":{book.update_id},"bids":{_levels(instrument, bids)},'
                    f'"asks":{_levels(instrument, asks)}}}',
                )
            return
        event = self._trackers[topic].take_event()
        if event is not None:
            self._send(
                topic,
                f'{{"e":"depthUpdate","E":{self._market.now_ms()},"s":"{wire_symbol(instrument)}",'
                f'"U":{event.first_id},"u":{event.last_id},'
                f'"b":{_levels(instrument, event.bids)},"a":{_levels(instrument, event.asks)}}}',
            )

    def _send(self, topic: _Topic, payload: str) -> None:
        wrapped: dict[str, str] = {}
        for connection in self._hub.listeners(topic):
            client = self._clients[connection]
            if not client.combined:
                connection.send(payload)
                continue
            # A stream has two spellings of one speed: answer in the client's own.
            for name in self._names(connection, topic):
                if name not in wrapped:
                    wrapped[name] = f'{{"stream":"{name}","data":{payload}}}'
                connection.send(wrapped[name])

    def _names(self, connection: Connection, topic: _Topic) -> list[str]:
        """Return the spellings of a topic that the client has subscribed to."""
        symbol = wire_symbol(self._market.instruments[topic.symbol]).lower()
        if not topic.every_ms:
            spellings = [f"{symbol}@bookTicker"]
        else:
            stream = f"{symbol}@depth{topic.levels or ''}"
            fast = topic.every_ms == _FAST_MS
            spellings = [f"{stream}@100ms"] if fast else [stream, f"{stream}@1000ms"]
        return [name for name in spellings if name in connection.subscriptions]

    def _topic(self, name: str) -> _Topic | None:
        """Return what a stream name means; None for one that will stay silent."""
        match = _STREAM.fullmatch(name)
        instrument = self._by_name.get(match[1]) if match else None
        if match is None or instrument is None:
            return None
        if match[2] == "bookTicker":
            return _Topic(instrument.index, 0, 0)
        every_ms = _FAST_MS if match[4] == "@100ms" else _SLOW_MS
        return _Topic(instrument.index, every_ms, int(match[3] or 0))

    async def _raw(self, request: web.Request) -> web.StreamResponse:
        names = unquote(request.match_info.get("streams", "")).split("/")
        return await self._serve(request, [name for name in names if name], combined=False)

    async def _combined(self, request: web.Request) -> web.StreamResponse:
        names = request.query.get("streams", "").split("/")
        return await self._serve(request, [name for name in names if name], combined=True)

    async def _serve(
        self, request: web.Request, names: list[str], combined: bool
    ) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        async with Connection(request) as connection:
            client = self._clients[connection] = _Client(combined, loop.time())
            try:
                self._subscribe(connection, names)
                async for message in connection.messages():
                    if self._too_many(client, loop.time()):
                        await connection.close(1008, "Too many requests")
                        break
                    self._receive(connection, client, message, loop.time())
            except _Refused as refused:
                await connection.close(1008, refused.message)
            finally:
                self._forget(connection)
        return connection.response

    @staticmethod
    def _too_many(client: _Client, now: float) -> bool:
        client.inbound.append(now)
        return len(client.inbound) > _INBOUND_PER_S and now - client.inbound[0] < 1.0

    def _receive(
        self, connection: Connection, client: _Client, message: WSMessage, now: float
    ) -> None:
        if message.type is WSMsgType.PONG:
            client.pong_at = now
        if message.type is not WSMsgType.TEXT:
            return
        identity: Json = None
        try:
            frame = _control_frame(str(message.data))
            identity = _identity(frame)
            result = self._control(connection, client, frame)
        except _Refused as refused:
            error: Json = {"code": refused.code, "msg": refused.message}
            connection.send(encode({"error": error, "id": identity}))
        else:
            connection.send(encode({"result": result, "id": identity}))

    def _control(self, connection: Connection, client: _Client, frame: dict[str, Json]) -> Json:
        method, params = frame.get("method"), frame.get("params")
        if method == "LIST_SUBSCRIPTIONS":
            return list(connection.subscriptions)
        if method in ("SUBSCRIBE", "UNSUBSCRIBE"):
            names = _names(params)
            if method == "SUBSCRIBE":
                self._subscribe(connection, names)
            else:
                self._unsubscribe(connection, names)
            return None
        if method == "SET_PROPERTY":
            client.combined = _combined_property(params)
            return None
        if method == "GET_PROPERTY":
            if params != ["combined"]:
                raise _Refused(0, "Unknown property")
            return client.combined
        if method is None:
            raise _Refused(2, "Invalid request: missing field `method`")
        raise _Refused(2, f"Invalid request: unknown variant `{method}`")

    def _subscribe(self, connection: Connection, names: list[str]) -> None:
        if len(connection.subscriptions.keys() | set(names)) > _MOST_STREAMS:
            raise _Refused(4, "Too many subscriptions")
        for name in names:
            connection.subscriptions[name] = None
            topic = self._topic(name)
            if topic is not None:
                self._hub.join(topic, connection)
                self._track(topic)

    def _unsubscribe(self, connection: Connection, names: list[str]) -> None:
        for name in names:
            connection.subscriptions.pop(name, None)
            topic = self._topic(name)
            if topic is not None and not self._names(connection, topic):
                self._hub.leave(topic, connection)
                self._untrack(topic)

    def _forget(self, connection: Connection) -> None:
        self._unsubscribe(connection, list(connection.subscriptions))
        del self._clients[connection]

    def _track(self, topic: _Topic) -> None:
        if topic.every_ms and not topic.levels and topic not in self._trackers:
            tracker = DepthTracker(self._market.book_of(self._market.instruments[topic.symbol]))
            self._trackers[topic] = tracker
            self._tracked.setdefault(topic.symbol, []).append(tracker)

    def _untrack(self, topic: _Topic) -> None:
        if self._hub.listeners(topic):
            return
        self._sent_ids.pop(topic, None)
        tracker = self._trackers.pop(topic, None)
        if tracker is not None:
            self._tracked[topic.symbol].remove(tracker)
            if not self._tracked[topic.symbol]:
                del self._tracked[topic.symbol]


def _book_ticker(instrument: Instrument, change: BookChange) -> str:
    bid, ask = change.bid, change.ask
    return (
        f'{{"u":{change.update_id},"s":"{wire_symbol(instrument)}",'
        f'"b":"{instrument.price_text(bid.ticks, DIGITS)}",'
        f'"B":"{instrument.qty_text(bid.lots, DIGITS)}",'
        f'"a":"{instrument.price_text(ask.ticks, DIGITS)}",'
        f'"A":"{instrument.qty_text(ask.lots, DIGITS)}"}}'
    )


def _levels(instrument: Instrument, levels: list[Level]) -> str:
    rows = [
        f'["{instrument.price_text(ticks, DIGITS)}","{instrument.qty_text(lots, DIGITS)}"]'
        for ticks, lots in levels
    ]
    return f"[{','.join(rows)}]"


def _control_frame(text: str) -> dict[str, Json]:
    try:
        frame = decode(text)
    except ValueError as error:
        raise _Refused(3, f"Invalid JSON: {error}") from error
    if not isinstance(frame, dict):
        raise _Refused(2, "Invalid request: not an object")
    return frame


def _identity(frame: dict[str, Json]) -> Json:
    identity = frame.get("id")
    is_number = isinstance(identity, int) and not isinstance(identity, bool)
    is_name = isinstance(identity, str) and _ID.fullmatch(identity)
    if identity is None or is_number or is_name:
        return identity
    raise _Refused(2, "Invalid request: request ID must be an unsigned integer or a string")


def _names(params: Json) -> list[str]:
    if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
        raise _Refused(2, "Invalid request: params must be an array of strings")
    return [str(name) for name in params]


def _combined_property(params: Json) -> bool:
    if not isinstance(params, list) or len(params) != 2 or params[0] != "combined":
        raise _Refused(0, "Unknown property")
    if not isinstance(params[1], bool):
        raise _Refused(1, "Invalid value type: expected Boolean")
    return params[1]
