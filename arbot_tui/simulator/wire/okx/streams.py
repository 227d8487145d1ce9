"""OKX's public socket: `bbo-tbt`, `books5` and `books`.

Sources: OKX API guide (connect, subscribe, notification; order book channels), 2026-06-29 to
2026-07-23, and a live capture of `books` of 2026-08-26. The documentation says of errors that
they are per frame: a frame with one bad argument subscribes to nothing here.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from uuid import uuid4

from aiohttp import WSMsgType, web

from arbot_tui.simulator.core.book import BookChange, Level
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.common.amounts import millis
from arbot_tui.simulator.wire.common.connection import Connection
from arbot_tui.simulator.wire.common.hub import Hub
from arbot_tui.simulator.wire.common.json import Json, JsonObject, decode, encode
from arbot_tui.simulator.wire.common.ladder import Ladder
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.pace import ticks
from arbot_tui.simulator.wire.common.rates import Rates
from arbot_tui.simulator.wire.okx.formats import instrument_id, rows

__all__ = ["Streams"]

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_BEST, _FIVE, _BOOK = "bbo-tbt", "books5", "books"
_DEPTHS = {_BEST: 1, _FIVE: 5}
_LOGIN_CHANNELS = ("books50-l2-tbt", "books-l2-tbt")
_TURN_S = 0.1
_QUIET_BOOK_MS = 60_000
_IDLE_MS = 30_000
_OPS_PER_HOUR, _HOUR_MS = 480, 3_600_000
_LONGEST_FRAME = 65_536


class _Topic(NamedTuple):
    symbol: int
    channel: str


class _Refused(Exception):
    """A control frame that is answered with an error event."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Client:
    """What is kept about one connection besides its queue."""

    __slots__ = ("active_ms", "conn_id", "rates")

    def __init__(self, now_ms: int) -> None:
        self.conn_id = uuid4().hex[:8]
        self.rates = Rates()
        self.active_ms = now_ms


class Streams:
    """All public connections of the venue.

    Args:
        market: The venue's window on the world.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._by_name = {instrument_id(i): i for i in market.instruments}
        self._hub: Hub[_Topic] = Hub()
        self._clients: dict[Connection, _Client] = {}
        self._ladders: dict[int, Ladder] = {}
        self._ladder_told_ms: dict[int, int] = {}
        self._five_ids: dict[int, int] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/ws/v5/public", self._serve)]

    def publish(self, change: BookChange) -> None:
        """Send a book change to the listeners of the best bid and ask."""
        topic = _Topic(change.symbol, _BEST)
        if self._hub.listeners(topic):
            instrument = self._market.instruments[change.symbol]
            self._tell(topic, _best_frame(instrument, change))

    async def run(self) -> None:
        """Serve the timed channels and close idle connections until cancelled."""
        async for _ in ticks(_TURN_S):
            for topic in self._hub.topics():
                if topic.channel == _FIVE:
                    self._tell_five(topic)
                elif topic.channel == _BOOK:
                    self._tell_book(topic)
            await self._close_idle()

    def _tell(self, topic: _Topic, frame: str) -> None:
        now_ms = self._market.now_ms()
        for connection in self._hub.listeners(topic):
            connection.send(frame)
            self._clients[connection].active_ms = now_ms

    def _tell_five(self, topic: _Topic) -> None:
        book = self._market.book_of(self._market.instruments[topic.symbol])
        if self._five_ids.get(topic.symbol) != book.update_id:
            self._five_ids[topic.symbol] = book.update_id
            self._tell(topic, self._whole(topic))

    def _tell_book(self, topic: _Topic) -> None:
        instrument, now_ms = self._market.instruments[topic.symbol], self._market.now_ms()
        ladder = self._ladders[topic.symbol]
        update = ladder.update()
        if update is not None:
            item = _item(instrument, update.bids, update.asks, update.ts_ns)
            item |= {"checksum": 0, "prevSeqId": update.prev_id, "seqId": update.update_id}
        elif now_ms - self._ladder_told_ms[topic.symbol] >= _QUIET_BOOK_MS:
            # Proof of life: nothing changed, previous and new id are the same.
            item = _item(instrument, [], [], self._market.now_ns())
            same = ladder.state.update_id
            item |= {"checksum": 0, "prevSeqId": same, "seqId": same}
        else:
            return
        self._ladder_told_ms[topic.symbol] = now_ms
        body: JsonObject = {"arg": _arg(instrument, _BOOK), "action": "update", "data": [item]}
        self._tell(topic, encode(body))

    async def _close_idle(self) -> None:
        """Close what has neither heard nor said anything for thirty seconds."""
        due_ms = self._market.now_ms() - _IDLE_MS
        for connection, client in tuple(self._clients.items()):
            if client.active_ms < due_ms:
                await connection.close(4004, "No data received in 30s.")

    def _whole(self, topic: _Topic) -> str:
        """Return the frame with the current state of a topic."""
        instrument = self._market.instruments[topic.symbol]
        book = self._market.book_of(instrument)
        if topic.channel == _BOOK:
            state = self._ladders[topic.symbol].state
            item = _item(instrument, state.bids, state.asks, state.ts_ns)
            item |= {"checksum": 0, "prevSeqId": -1, "seqId": state.update_id}
            body: JsonObject = {
                "arg": _arg(instrument, _BOOK),
                "action": "snapshot",
                "data": [item],
            }
            return encode(body)
        depth = _DEPTHS[topic.channel]
        item = _item(instrument, book.bids[:depth], book.asks[:depth], book.ts_ns)
        if topic.channel == _FIVE:
            item["instId"] = instrument_id(instrument)
        item["seqId"] = book.update_id
        return encode({"arg": _arg(instrument, topic.channel), "data": [item]})

    # Control frames

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        async with Connection(request) as connection:
            client = self._clients[connection] = _Client(self._market.now_ms())
            try:
                async for message in connection.messages():
                    if message.type is not WSMsgType.TEXT:
                        continue
                    text = str(message.data)
                    if len(text) > _LONGEST_FRAME:
                        await connection.close(1009, "Message too big")
                        break
                    client.active_ms = self._market.now_ms()
                    self._receive(connection, client, text)
            finally:
                del self._clients[connection]
                self._leave(connection, set(self._hub.topics()))
        return connection.response

    def _receive(self, connection: Connection, client: _Client, text: str) -> None:
        if text == "ping":
            connection.send("pong")
            return
        identity: dict[str, Json] = {}
        told: list[_Topic] = []
        try:
            frame = _object(text)
            ident = frame.get("id")
            if ident is not None:
                if not isinstance(ident, str) or not _ID.fullmatch(ident):
                    raise _Refused("60012", f"Invalid request: {text}")
                identity = {"id": ident}
            op = frame.get("op")
            if op not in ("subscribe", "unsubscribe"):
                raise _Refused("60012", f"Invalid request: {text}")
            if client.rates.take("op", _OPS_PER_HOUR, _HOUR_MS, self._market.now_ms()) < 0:
                raise _Refused("60014", "Requests too frequent.")
            topics = self._topics(frame.get("args"), text)
        except _Refused as refused:
            error: JsonObject = {"event": "error", "code": refused.code, "msg": str(refused)}
            connection.send(encode({**identity, **error, "connId": client.conn_id}))
            return
        for topic in topics:
            arg = _arg(self._market.instruments[topic.symbol], topic.channel)
            ack: JsonObject = {"event": str(op), "arg": arg, "connId": client.conn_id}
            connection.send(encode({**identity, **ack}))
            if op == "subscribe":
                self._join(connection, topic)
                told.append(topic)
        if op == "unsubscribe":
            self._leave(connection, set(topics))
        for topic in told:
            connection.send(self._whole(topic))

    def _join(self, connection: Connection, topic: _Topic) -> None:
        if topic.channel == _BOOK and topic.symbol not in self._ladders:
            book = self._market.book_of(self._market.instruments[topic.symbol])
            self._ladders[topic.symbol] = Ladder(book)
            self._ladder_told_ms[topic.symbol] = self._market.now_ms()
        if topic.channel == _FIVE and not self._hub.listeners(topic):
            book = self._market.book_of(self._market.instruments[topic.symbol])
            self._five_ids[topic.symbol] = book.update_id
        self._hub.join(topic, connection)

    def _leave(self, connection: Connection, topics: set[_Topic]) -> None:
        for topic in topics:
            self._hub.leave(topic, connection)
            if topic.channel == _BOOK and not self._hub.listeners(topic):
                self._ladders.pop(topic.symbol, None)
                self._ladder_told_ms.pop(topic.symbol, None)

    def _topics(self, args: Json, text: str) -> list[_Topic]:
        if not isinstance(args, list) or not args:
            raise _Refused("60012", f"Invalid request: {text}")
        topics: list[_Topic] = []
        for arg in args:
            if not isinstance(arg, dict):
                raise _Refused("60012", f"Invalid request: {text}")
            channel, name = str(arg.get("channel")), str(arg.get("instId"))
            if channel in _LOGIN_CHANNELS:
                raise _Refused("64003", "Your trading fee tier doesn't meet the requirement.")
            instrument = self._by_name.get(name)
            if channel not in (*_DEPTHS, _BOOK) or instrument is None:
                raise _Refused(
                    "60018", f"Wrong URL or channel:{channel},instId:{name} doesn't exist."
                )
            topics.append(_Topic(instrument.index, channel))
        return topics


def _best_frame(instrument: Instrument, change: BookChange) -> str:
    best = [[side] if side.lots else [] for side in (change.bid, change.ask)]
    item = _item(instrument, best[0], best[1], change.ts_ns)
    item["seqId"] = change.update_id
    return encode({"arg": _arg(instrument, _BEST), "data": [item]})


def _arg(instrument: Instrument, channel: str) -> JsonObject:
    return {"channel": channel, "instId": instrument_id(instrument)}


def _item(
    instrument: Instrument, bids: list[Level], asks: list[Level], ts_ns: int
) -> dict[str, Json]:
    return {
        "asks": rows(instrument, asks),
        "bids": rows(instrument, bids),
        "ts": str(millis(ts_ns)),
    }


def _object(text: str) -> dict[str, Json]:
    try:
        frame = decode(text)
    except ValueError as error:
        raise _Refused("60012", f"Invalid request: {text}") from error
    if not isinstance(frame, dict):
        raise _Refused("60012", f"Invalid request: {text}")
    return frame
