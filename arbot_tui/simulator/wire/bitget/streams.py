"""Bitget's public socket, v2: `books1`, `books5` and `books15`, each frame a snapshot.

Source: Bitget v2 websocket introduction and spot depth pages (commit of 2025-12-05), change log
to 2026-01-29. How an oversized frame is answered is not documented: here, as a parameter error.
"""

from __future__ import annotations

from typing import NamedTuple

from aiohttp import WSMsgType, web

from arbot_tui.simulator.core.book import BookChange, Level
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.bitget.formats import wire_symbol
from arbot_tui.simulator.wire.common.amounts import levels, millis
from arbot_tui.simulator.wire.common.connection import Connection
from arbot_tui.simulator.wire.common.hub import Hub
from arbot_tui.simulator.wire.common.json import Json, JsonObject, decode, encode
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.pace import ticks
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["Streams"]

_DEPTHS = {"books1": 1, "books5": 5, "books15": 15}
_BEST = "books1"
_TURN_S = 0.2
_LONGEST_FRAME_BYTES = 4096
_PING_WITHIN_MS = 120_000
_FRAMES_PER_S, _SECOND_MS = 10, 1_000
_REQUESTS_PER_HOUR, _HOUR_MS = 240, 3_600_000
_MOST_CHANNELS = 1_000


class _Topic(NamedTuple):
    symbol: int
    channel: str


class _Refused(Exception):
    """A control frame, or an argument of one, that is answered with an error event."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Client:
    """What is kept about one connection besides its queue."""

    __slots__ = ("ping_ms", "rates", "topics")

    def __init__(self, now_ms: int) -> None:
        self.ping_ms = now_ms
        self.rates = Rates()
        self.topics: set[_Topic] = set()


class Streams:
    """All public connections of the venue.

    Args:
        market: The venue's window on the world.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._by_name = {wire_symbol(i): i for i in market.instruments}
        self._hub: Hub[_Topic] = Hub()
        self._clients: dict[Connection, _Client] = {}
        self._told_ids: dict[_Topic, int] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/v2/ws/public", self._serve)]

    def publish(self, change: BookChange) -> None:
        """Send a book change to the listeners of the best bid and ask."""
        topic = _Topic(change.symbol, _BEST)
        listeners = self._hub.listeners(topic)
        if listeners:
            instrument = self._market.instruments[change.symbol]
            bids, asks = ([side] if side.lots else [] for side in (change.bid, change.ask))
            frame = self._frame(topic, instrument, bids, asks, change.update_id, change.ts_ns)
            for connection in listeners:
                connection.send(frame)

    async def run(self) -> None:
        """Serve the deeper channels and drop clients without pings until cancelled."""
        async for _ in ticks(_TURN_S):
            for topic in self._hub.topics():
                book = self._market.book_of(self._market.instruments[topic.symbol])
                # No push while the book is unchanged.
                if topic.channel != _BEST and self._told_ids.get(topic) != book.update_id:
                    self._told_ids[topic] = book.update_id
                    frame = self._snapshot(topic)
                    for connection in self._hub.listeners(topic):
                        connection.send(frame)
            await self._drop_silent()

    async def _drop_silent(self) -> None:
        """Close what has sent no text ping for two minutes, whatever flows to it."""
        due_ms = self._market.now_ms() - _PING_WITHIN_MS
        for connection, client in tuple(self._clients.items()):
            if client.ping_ms < due_ms:
                await connection.close(1008, "no ping")

    def _snapshot(self, topic: _Topic) -> str:
        instrument, depth = self._market.instruments[topic.symbol], _DEPTHS[topic.channel]
        book = self._market.book_of(instrument)
        return self._frame(
            topic, instrument, book.bids[:depth], book.asks[:depth], book.update_id, book.ts_ns
        )

    def _frame(
        self,
        topic: _Topic,
        instrument: Instrument,
        bids: list[Level],
        asks: list[Level],
        seq: int,
        ts_ns: int,
    ) -> str:
        item: JsonObject = {
            "asks": levels(instrument, asks),
            "bids": levels(instrument, bids),
            "seq": seq,
            "ts": str(millis(ts_ns)),
        }
        return encode(
            {
                "action": "snapshot",
                "arg": _arg(topic.channel, wire_symbol(instrument)),
                "data": [item],
                "ts": self._market.now_ms(),
            }
        )

    # Control frames

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        async with Connection(request) as connection:
            client = self._clients[connection] = _Client(self._market.now_ms())
            try:
                async for message in connection.messages():
                    if message.type is not WSMsgType.TEXT:
                        continue
                    now_ms = self._market.now_ms()
                    if client.rates.take("frame", _FRAMES_PER_S, _SECOND_MS, now_ms) < 0:
                        last = _error(_Refused(30007, "request over limit, connection close"))
                        await connection.close(1008, "request over limit", last)
                        break
                    self._receive(connection, client, str(message.data), now_ms)
            finally:
                del self._clients[connection]
                for topic in tuple(client.topics):
                    self._leave(connection, client, topic)
        return connection.response

    def _receive(self, connection: Connection, client: _Client, text: str, now_ms: int) -> None:
        if text == "ping":
            client.ping_ms = now_ms
            connection.send("pong")
            return
        try:
            op, args = _request(text)
            if client.rates.take("op", _REQUESTS_PER_HOUR, _HOUR_MS, now_ms) < 0:
                raise _Refused(30006, "request too many")
        except _Refused as refused:
            connection.send(_error(refused))
            return
        joined: list[_Topic] = []
        for arg in args:
            try:
                topic = self._topic(arg)
                if op == "subscribe":
                    self._join(connection, client, topic)
                    joined.append(topic)
                else:
                    self._leave(connection, client, topic)
            except _Refused as refused:
                connection.send(_error(refused, arg))
            else:
                connection.send(encode({"event": op, "arg": arg}))
        for topic in joined:
            connection.send(self._snapshot(topic))

    def _topic(self, arg: JsonObject) -> _Topic:
        kind, channel, name = (str(arg.get(key)) for key in ("instType", "channel", "instId"))
        instrument = self._by_name.get(name)
        if kind != "SPOT" or channel not in _DEPTHS or instrument is None:
            raise _Refused(30001, f"instType:{kind},channel:{channel},instId:{name} doesn't exist")
        return _Topic(instrument.index, channel)

    def _join(self, connection: Connection, client: _Client, topic: _Topic) -> None:
        if len(client.topics) >= _MOST_CHANNELS and topic not in client.topics:
            raise _Refused(30006, "request too many")
        if not self._hub.listeners(topic):
            book = self._market.book_of(self._market.instruments[topic.symbol])
            self._told_ids[topic] = book.update_id
        client.topics.add(topic)
        self._hub.join(topic, connection)

    def _leave(self, connection: Connection, client: _Client, topic: _Topic) -> None:
        client.topics.discard(topic)
        self._hub.leave(topic, connection)
        if not self._hub.listeners(topic):
            self._told_ids.pop(topic, None)


def _arg(channel: str, name: str) -> JsonObject:
    return {"instType": "SPOT", "channel": channel, "instId": name}


def _error(refused: _Refused, arg: JsonObject | None = None) -> str:
    body: dict[str, Json] = {"event": "error"}
    if arg is not None:
        body["arg"] = arg
    return encode({**body, "code": refused.code, "msg": str(refused)})


def _request(text: str) -> tuple[str, list[JsonObject]]:
    """Return operation and arguments of a control frame."""
    if len(text.encode()) > _LONGEST_FRAME_BYTES:
        raise _Refused(30016, "Param error")
    try:
        frame = decode(text)
    except ValueError as error:
        raise _Refused(30002, "illegal request") from error
    if not isinstance(frame, dict):
        raise _Refused(30002, "illegal request")
    op, args = frame.get("op"), frame.get("args")
    if op not in ("subscribe", "unsubscribe"):
        raise _Refused(30003, "invalid op")
    if not isinstance(args, list) or not args:
        raise _Refused(30016, "Param error")
    kept: list[JsonObject] = [arg for arg in args if isinstance(arg, dict)]
    if len(kept) != len(args):
        raise _Refused(30016, "Param error")
    return str(op), kept
