"""Bybit's public spot socket: `orderbook.1` and the control frames.

Source: bybit-exchange/docs `v5/websocket/public/orderbook`, `v5/ws/connect`, 2026-07-24, and
frames captured 2026-10-02.
"""

from __future__ import annotations

import re
from uuid import uuid4

from aiohttp import WSMsgType, web

from arbot_tui.simulator.core.book import BookChange, Level
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.bybit.formats import sequence, wire_symbol
from arbot_tui.simulator.wire.common.amounts import millis
from arbot_tui.simulator.wire.common.connection import Connection
from arbot_tui.simulator.wire.common.hub import Hub
from arbot_tui.simulator.wire.common.json import Json, decode, encode
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.pace import ticks

__all__ = ["Streams"]

_TOPIC = re.compile(r"orderbook\.1\.([A-Z0-9]+)")
_MOST_ARGS = 10
_MOST_CHARACTERS = 21_000
# A book that does not change is told again after this time, with the same update id.
_REPEAT_MS = 3_000
_SWEEP_S = 0.25


class _Refused(Exception):
    """A control frame that is answered with `success: false`."""


class Streams:
    """All public connections of the venue.

    Args:
        market: The venue's window on the world.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._by_name = {wire_symbol(i): i for i in market.instruments}
        self._hub: Hub[int] = Hub()
        self._told_ms: dict[int, int] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/v5/public/spot", self._serve)]

    def publish(self, change: BookChange) -> None:
        """Send a book change to those who subscribed to the book."""
        if self._hub.listeners(change.symbol):
            self._tell(self._market.instruments[change.symbol], change)

    async def run(self) -> None:
        """Repeat quiet books until cancelled."""
        async for _ in ticks(_SWEEP_S):
            self.repeat_quiet()

    def repeat_quiet(self) -> None:
        """Tell every book again that was last told three seconds ago or earlier."""
        due_ms = self._market.now_ms() - _REPEAT_MS
        for index in self._hub.topics():
            if self._told_ms.get(index, 0) <= due_ms:
                instrument = self._market.instruments[index]
                self._tell(instrument, self._market.book_of(instrument).change())

    def _tell(self, instrument: Instrument, change: BookChange) -> None:
        frame = self._snapshot(instrument, change)
        self._told_ms[instrument.index] = self._market.now_ms()
        for connection in self._hub.listeners(instrument.index):
            connection.send(frame)

    def _snapshot(self, instrument: Instrument, change: BookChange) -> str:
        symbol = wire_symbol(instrument)
        return (
            f'{{"topic":"orderbook.1.{symbol}","ts":{self._market.now_ms()},"type":"snapshot",'
            f'"data":{{"s":"{symbol}","b":{_side(instrument, change.bid)},'
            f'"a":{_side(instrument, change.ask)},"u":{change.update_id},'
            f'"seq":{sequence(change.update_id)}}},"cts":{millis(change.ts_ns)}}}'
        )

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        conn_id = str(uuid4())
        async with Connection(request) as connection:
            try:
                async for message in connection.messages():
                    if message.type is WSMsgType.TEXT:
                        self._receive(connection, conn_id, str(message.data))
            finally:
                self._hub.leave_all(connection)
        return connection.response

    def _receive(self, connection: Connection, conn_id: str, text: str) -> None:
        frame = _object(text)
        op, req_id = frame.get("op"), frame.get("req_id")
        answer: dict[str, Json] = {"success": True, "ret_msg": "", "conn_id": conn_id}
        if isinstance(req_id, str) or op != "ping":
            answer["req_id"] = req_id if isinstance(req_id, str) else ""
        answer["op"] = op if isinstance(op, str) else ""
        new: list[Instrument] = []
        try:
            if op == "ping":
                # The operation stays "ping" here, unlike on the private socket.
                answer["ret_msg"] = "pong"
            elif op == "subscribe":
                new = self._subscribe(connection, frame.get("args"))
                answer["ret_msg"] = "subscribe"
            elif op == "unsubscribe":
                self._unsubscribe(connection, frame.get("args"))
            else:
                raise _Refused("error:invalid op")
        except _Refused as refused:
            answer["success"] = False
            answer["ret_msg"] = str(refused)
        connection.send(encode(answer))
        for instrument in new:
            book = self._market.book_of(instrument)
            self._told_ms.setdefault(instrument.index, self._market.now_ms())
            connection.send(self._snapshot(instrument, book.change()))

    def _subscribe(self, connection: Connection, args: Json) -> list[Instrument]:
        """Subscribe to all of a frame's topics, or to none of them if one is bad."""
        topics = self._topics(args)
        names = connection.subscriptions.keys() | topics.keys()
        if sum(map(len, names)) > _MOST_CHARACTERS:
            raise _Refused(f"args length >{_MOST_CHARACTERS}")
        for name, instrument in topics.items():
            connection.subscriptions[name] = None
            self._hub.join(instrument.index, connection)
        return list(topics.values())

    def _unsubscribe(self, connection: Connection, args: Json) -> None:
        for name, instrument in self._topics(args).items():
            connection.subscriptions.pop(name, None)
            self._hub.leave(instrument.index, connection)
            if not self._hub.listeners(instrument.index):
                self._told_ms.pop(instrument.index, None)

    def _topics(self, args: Json) -> dict[str, Instrument]:
        if not isinstance(args, list) or not args:
            raise _Refused("error:args is empty")
        if len(args) > _MOST_ARGS:
            raise _Refused("args size >10")
        topics: dict[str, Instrument] = {}
        for name in map(str, args):
            match = _TOPIC.fullmatch(name)
            instrument = self._by_name.get(match[1]) if match else None
            if instrument is None:
                raise _Refused(f"error:handler not found,topic:{name}")
            topics[name] = instrument
        return topics


def _side(instrument: Instrument, best: Level) -> str:
    if not best.lots:
        return "[]"
    return f'[["{instrument.price_text(best.ticks)}","{instrument.qty_text(best.lots)}"]]'


def _object(text: str) -> dict[str, Json]:
    """Return a control frame; what is no JSON object has no operation either."""
    try:
        frame = decode(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}
