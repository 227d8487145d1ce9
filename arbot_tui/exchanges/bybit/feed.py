"""Best bid and ask of every followed symbol from Bybit's public spot socket.

Topic ``orderbook.1.<symbol>`` (v5 websocket/public/orderbook, 2026-07-24), because `tickers`
carry no bid and ask on spot. Frames are decoded and handed on in one call, on the receiving
stack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import Ticker
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.exchanges.bybit.parsing import Control, StreamParser
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.websocket import (
    Heartbeat,
    WebSocketOptions,
    WebSocketSession,
)

__all__ = ["BybitFeed"]

_VENUE = "bybit"
_TOPIC = "orderbook.1."
# Spot takes at most ten topics per frame (connection rules, 2026-07-24).
_TOPICS_PER_FRAME = 10
# All topics of a connection together stay below 21,000 characters; names are up to 20 long.
_SYMBOLS_PER_CONNECTION = 200
_PING = b'{"req_id":"ping","op":"ping"}'


def _is_pong(raw: bytes) -> bool:
    # The public pong keeps op "ping" and says "pong" in its text.
    return b'"pong"' in raw and b'"topic"' not in raw


class BybitFeed:
    """The public connections of one adapter; each follows its share of the symbols."""

    def __init__(
        self, url: str, exchange: int, rows: Mapping[str, int], clock: Clock, ban: BanClock
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            url: Address of the public spot socket.
            exchange: Dense index of the venue.
            rows: Wire symbol to row.
            clock: Stamps what arrives.
            ban: Stops attempts while the venue wants us away.
        """
        self._url = url
        self._exchange = exchange
        self._rows = dict(rows)
        self._clock = clock
        self._ban = ban

    async def run(self, sink: MarketDataSink) -> None:
        """Keep every connection up until cancelled."""
        symbols = tuple(self._rows)
        shares = [
            symbols[start : start + _SYMBOLS_PER_CONNECTION]
            for start in range(0, len(symbols), _SYMBOLS_PER_CONNECTION)
        ]
        async with asyncio.TaskGroup() as connections:
            for number, share in enumerate(shares or [()]):
                connections.create_task(self._connection(number, share, sink).session.run())

    def _connection(self, number: int, symbols: Sequence[str], sink: MarketDataSink) -> _Connection:
        options = WebSocketOptions(
            url=self._url,
            frames_per_s=20.0,
            # Dead is what answers no ping for so long (RELIABILITY, fault 2).
            silence_s=10.0,
            heartbeat=Heartbeat(text=_PING, is_pong=_is_pong, quiet_s=2.0, every_s=20.0),
        )
        connection = _Connection(symbols, self._exchange, self._rows, sink)
        connection.session = WebSocketSession(
            venue=_VENUE,
            exchange=self._exchange,
            options=options,
            clock=self._clock,
            on_frame=connection.on_frame,
            on_event=sink.on_feed,
            on_open=connection.on_open,
            ban=self._ban,
            connection=number,
        )
        return connection


class _Connection:
    """What one socket carries: its topics, and the state of its books."""

    session: WebSocketSession

    def __init__(
        self,
        symbols: Sequence[str],
        exchange: int,
        rows: Mapping[str, int],
        sink: MarketDataSink,
    ) -> None:
        self._symbols = symbols
        self._exchange = exchange
        self._rows = rows
        self._sink = sink
        self._parser = StreamParser(exchange, rows)
        self._asked: dict[str, tuple[str, ...]] = {}
        self._refused: set[str] = set()
        self._requests = 0

    def on_open(self) -> list[bytes]:
        """Forget the former connection and return the subscriptions of this one."""
        self._parser = StreamParser(self._exchange, self._rows)
        self._asked.clear()
        wanted = (_TOPIC + symbol for symbol in self._symbols)
        topics = tuple(topic for topic in wanted if topic not in self._refused)
        return [
            self._subscribe(topics[start : start + _TOPICS_PER_FRAME])
            for start in range(0, len(topics), _TOPICS_PER_FRAME)
        ]

    def on_frame(self, raw: bytes, recv_ns: int) -> None:
        """Decode one frame and hand on what it says."""
        message = self._parser.parse(raw, recv_ns)
        if type(message) is Ticker:
            self._sink.on_ticker(message)
        elif type(message) is Control and message.op == "subscribe":
            self._on_answer(message)

    def _on_answer(self, answer: Control) -> None:
        """Drop a batch that was accepted; ask one by one for what was refused together.

        One bad topic makes its whole frame fail, and the socket then stays open without data.
        """
        topics = self._asked.pop(self._which(answer), ())
        if answer.success or not topics:
            return
        if len(topics) == 1:
            # Refused alone: not asked for again on this run.
            self._refused.update(topics)
            raise MalformedMessage(_VENUE, f"subscription {topics[0]} refused: {answer.message}")
        for topic in topics:
            self.session.send(self._subscribe((topic,)))

    def _which(self, answer: Control) -> str:
        """Return the request that `answer` belongs to; a refusal may leave its id out."""
        if answer.request_id in self._asked:
            return answer.request_id
        for request_id, topics in self._asked.items():
            if any(answer.message.endswith(f":{topic}") for topic in topics):
                return request_id
        # Answers come in the order of the questions.
        return next(iter(self._asked), "")

    def _subscribe(self, topics: tuple[str, ...]) -> bytes:
        self._requests += 1
        request_id = str(self._requests)
        self._asked[request_id] = topics
        return msgspec.json.encode({"req_id": request_id, "op": "subscribe", "args": topics})
