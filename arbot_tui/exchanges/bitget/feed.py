"""Best bid and ask of every followed symbol from Bitget's public v2 socket.

Channel ``books1`` (websocket/public/depth channel, 2025-12-05; every 10 ms since 2026-01-07):
a snapshot each time. Frames are decoded and handed on in one call, on the receiving stack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import Ticker
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.exchanges.bitget.parsing import Control, StreamParser
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.websocket import (
    Heartbeat,
    WebSocketOptions,
    WebSocketSession,
)

__all__ = ["BitgetFeed"]

_VENUE = "bitget"
_CHANNEL = "books1"
# A frame may be 4096 bytes long; about 40 arguments fit, 15 are advised.
_ARGS_PER_FRAME = 15
# Fewer than 50 channels per connection are advised, for stability.
_SYMBOLS_PER_CONNECTION = 45
# 300 new connections per address in five minutes, 100 open.
_CONNECT_EVERY_S = 0.1


def _is_pong(raw: bytes) -> bool:
    return raw == b"pong"


class BitgetFeed:
    """The public connections of one adapter; each follows its share of the symbols."""

    def __init__(
        self, url: str, exchange: int, rows: Mapping[str, int], clock: Clock, ban: BanClock
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            url: Address of the public socket.
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
        async with asyncio.TaskGroup() as tasks:
            for number, share in enumerate(shares or [()]):
                if number:
                    await asyncio.sleep(_CONNECT_EVERY_S)
                tasks.create_task(self._connection(number, share, sink).session.run())

    def _connection(self, number: int, symbols: Sequence[str], sink: MarketDataSink) -> _Connection:
        parser = StreamParser(self._exchange, self._rows)
        connection = _Connection(symbols, parser, sink)
        connection.session = WebSocketSession(
            venue=_VENUE,
            exchange=self._exchange,
            options=WebSocketOptions(
                url=self._url,
                # Ten a second, pings included; going beyond gets the address blocked.
                frames_per_s=5.0,
                # The server wants one in two minutes even while data flows.
                # Dead is what answers no ping for so long (RELIABILITY, fault 2).
                silence_s=10.0,
                heartbeat=Heartbeat(text=b"ping", is_pong=_is_pong, quiet_s=2.0, every_s=30.0),
            ),
            clock=self._clock,
            on_frame=connection.on_frame,
            on_event=sink.on_feed,
            on_open=connection.on_open,
            ban=self._ban,
            connection=number,
        )
        return connection


class _Connection:
    """What one socket carries."""

    session: WebSocketSession

    def __init__(self, symbols: Sequence[str], parser: StreamParser, sink: MarketDataSink) -> None:
        self._symbols = symbols
        self._parser = parser
        self._sink = sink

    def on_open(self) -> list[bytes]:
        """Return the subscriptions of a new connection."""
        return [
            _subscribe(self._symbols[start : start + _ARGS_PER_FRAME])
            for start in range(0, len(self._symbols), _ARGS_PER_FRAME)
        ]

    def on_frame(self, raw: bytes, recv_ns: int) -> None:
        """Decode one frame and hand on what it says."""
        message = self._parser.parse(raw, recv_ns)
        if type(message) is Ticker:
            self._sink.on_ticker(message)
        elif type(message) is Control and message.event == "error":
            # Answers come per argument here: one bad symbol does not fail the others.
            text = f"refused {message.channel} {message.symbol}: {message.code} {message.message}"
            raise MalformedMessage(_VENUE, text)


def _subscribe(symbols: Sequence[str]) -> bytes:
    args = [{"instType": "SPOT", "channel": _CHANNEL, "instId": symbol} for symbol in symbols]
    return msgspec.json.encode({"op": "subscribe", "args": args})
