"""Best bid and ask of every followed symbol, and depth of some, from OKX's public socket.

Channels ``bbo-tbt`` and ``books`` (order book channel, 2026-07-03): both leave out RPI
liquidity, which an API taker cannot hit. Frames are decoded and handed on in one call, on the
receiving stack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from arbot_tui.domain.clock import Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import BookUpdate, Ticker
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.exchanges.okx.parsing import Control, StreamParser
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.websocket import (
    Heartbeat,
    WebSocketOptions,
    WebSocketSession,
)

__all__ = ["OkxFeed"]

_VENUE = "okx"
_TOP = "bbo-tbt"
_DEPTH = "books"
# The arguments of a request may be 64 KB long; one bad one fails the others of its frame.
_ARGS_PER_FRAME = 100
_SYMBOLS_PER_CONNECTION = 100
# Three new connections per second and address (connection rules, 2026-07-03).
_CONNECT_EVERY_S = 0.4

_Arg = tuple[str, str]
"""Channel and wire symbol."""


def _is_pong(raw: bytes) -> bool:
    return raw == b"pong"


class OkxFeed:
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
        self._by_row: dict[int, tuple[_Connection, str]] = {}

    async def run(self, sink: MarketDataSink, depth_rows: Iterable[int]) -> None:
        """Keep every connection up until cancelled.

        Args:
            sink: Where market data goes.
            depth_rows: Rows whose depth is wanted from the start.
        """
        symbols = tuple(self._rows)
        shares = [
            symbols[start : start + _SYMBOLS_PER_CONNECTION]
            for start in range(0, len(symbols), _SYMBOLS_PER_CONNECTION)
        ]
        connections = [
            self._connection(number, share, sink) for number, share in enumerate(shares or [()])
        ]
        for row in depth_rows:
            self.request_depth(row, True)
        async with asyncio.TaskGroup() as tasks:
            for connection in connections:
                tasks.create_task(connection.session.run())
                await asyncio.sleep(_CONNECT_EVERY_S if len(connections) > 1 else 0.0)

    def request_depth(self, row: int, wanted: bool) -> None:
        """Start or stop following the depth of one row."""
        found = self._by_row.get(row)
        if found is not None:
            connection, symbol = found
            connection.request_depth(symbol, wanted)

    def resync(self, row: int) -> None:
        """Have the depth of one row start over with a snapshot."""
        found = self._by_row.get(row)
        if found is not None:
            connection, symbol = found
            connection.resync(symbol)

    def _connection(self, number: int, symbols: Sequence[str], sink: MarketDataSink) -> _Connection:
        parser = StreamParser(self._exchange, self._rows)
        connection = _Connection(symbols, parser, sink)
        connection.session = WebSocketSession(
            venue=_VENUE,
            exchange=self._exchange,
            options=WebSocketOptions(
                url=self._url,
                frames_per_s=5.0,
                # The server closes what was silent for 30 s; a ping in time keeps it open.
                # Dead is what answers no ping for so long (RELIABILITY, fault 2).
                silence_s=10.0,
                heartbeat=Heartbeat(text=b"ping", is_pong=_is_pong, quiet_s=2.0),
            ),
            clock=self._clock,
            on_frame=connection.on_frame,
            on_event=sink.on_feed,
            on_open=connection.on_open,
            ban=self._ban,
            connection=number,
        )
        for symbol in symbols:
            self._by_row[self._rows[symbol]] = (connection, symbol)
        return connection


class _Connection:
    """What one socket carries."""

    session: WebSocketSession

    def __init__(self, symbols: Sequence[str], parser: StreamParser, sink: MarketDataSink) -> None:
        self._symbols = symbols
        self._parser = parser
        self._sink = sink
        self._depth: dict[str, None] = {}
        self._refused: set[_Arg] = set()
        self._asked: dict[str, set[_Arg]] = {}
        self._requests = 0

    def on_open(self) -> list[bytes]:
        """Return the subscriptions of a new connection."""
        self._asked.clear()
        wanted = [(_TOP, symbol) for symbol in self._symbols]
        wanted += [(_DEPTH, symbol) for symbol in self._depth]
        args = [arg for arg in wanted if arg not in self._refused]
        return [
            self._subscribe(args[start : start + _ARGS_PER_FRAME])
            for start in range(0, len(args), _ARGS_PER_FRAME)
        ]

    def request_depth(self, symbol: str, wanted: bool) -> None:
        if wanted and symbol not in self._depth:
            self._depth[symbol] = None
            self.session.send(self._subscribe([(_DEPTH, symbol)]))
        elif not wanted and symbol in self._depth:
            del self._depth[symbol]
            self.session.send(self._unsubscribe(symbol))

    def resync(self, symbol: str) -> None:
        # A fresh subscription begins with a snapshot; REST has no place in this chain.
        if symbol in self._depth:
            self.session.send(self._unsubscribe(symbol))
            self.session.send(self._subscribe([(_DEPTH, symbol)]))

    def on_frame(self, raw: bytes, recv_ns: int) -> None:
        """Decode one frame and hand on what it says."""
        message = self._parser.parse(raw, recv_ns)
        if type(message) is Ticker:
            self._sink.on_ticker(message)
        elif type(message) is BookUpdate:
            self._sink.on_book(message)
        elif type(message) is Control:
            self._on_control(message)

    def _on_control(self, control: Control) -> None:
        if control.event == "subscribe":
            self._settle(control.request_id, (control.channel, control.symbol))
        elif control.event == "error":
            self._on_error(control)
        elif control.event == "notice":
            # A service upgrade closes this connection within a minute (code 64008).
            self.session.reconnect(f"notice {control.code} {control.message}")

    def _settle(self, request_id: str, arg: _Arg) -> None:
        """Drop an accepted argument: there is one answer per argument."""
        waiting = self._asked.get(request_id, set())
        waiting.discard(arg)
        if not waiting:
            self._asked.pop(request_id, None)

    def _on_error(self, error: Control) -> None:
        """Ask one by one for what was refused together: an error answers its whole frame."""
        request_id = error.request_id or next(iter(self._asked), "")
        waiting = self._asked.pop(request_id, set())
        if len(waiting) > 1:
            for arg in sorted(waiting):
                self.session.send(self._subscribe([arg]))
            return
        # Refused alone: not asked for again on this run.
        self._refused |= waiting
        names = " ".join(" ".join(arg) for arg in waiting)
        raise MalformedMessage(_VENUE, f"refused {names}: {error.code} {error.message}")

    def _subscribe(self, args: Sequence[_Arg]) -> bytes:
        self._requests += 1
        request_id = str(self._requests)
        self._asked[request_id] = set(args)
        return _request("subscribe", request_id, args)

    def _unsubscribe(self, symbol: str) -> bytes:
        self._requests += 1
        return _request("unsubscribe", str(self._requests), [(_DEPTH, symbol)])


def _request(op: str, request_id: str, args: Sequence[_Arg]) -> bytes:
    named = [{"channel": channel, "instId": symbol} for channel, symbol in args]
    return msgspec.json.encode({"id": request_id, "op": op, "args": named})
