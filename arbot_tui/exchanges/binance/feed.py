"""Market data of Binance: best bid and ask of every symbol, depth of some.

Streams ``<symbol>@bookTicker`` and ``<symbol>@depth@100ms`` on combined connections (stream
documentation, 2026-07-21). Three duties follow from what the streams lack:

* bookTicker has no time of the venue, so each connection also carries one depth stream, whose
  event time tells how late the connection is;
* bookTicker sends no first state, so it is seeded by REST ``ticker/bookTicker``;
* depth sends changes only, so a REST ``depth`` snapshot is fetched once the subscription stands
  and handed on as `BookKind.SNAPSHOT`. Changes are handed on as they come; whoever keeps the book
  holds them until the snapshot arrives and splices by the ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.quotes import BookKind, BookUpdate, DepthSnapshot, Ticker
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.exchanges.binance.parsing import Control, ImpossibleQuote, StreamParser
from arbot_tui.exchanges.binance.public import BinancePublic
from arbot_tui.exchanges.transport.background import Background
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.websocket import (
    Heartbeat,
    WebSocketOptions,
    WebSocketSession,
)

__all__ = ["BinanceFeed"]

_VENUE = "binance"
# Of 1024 streams a connection; the rest is room for depth.
_SYMBOLS_PER_CONNECTION = 500
_STREAMS_PER_FRAME = 200
# Five inbound messages a second, pongs included; more is cut with 1008.
_FRAMES_PER_S = 4.0
# The venue pings every 20 s and its depth stream ticks ten times a second. Where even that is
# quiet a protocol ping tells silence from a dead line; at this pace it costs no quota.
_HEARTBEAT = Heartbeat(quiet_s=5.0)
_SILENCE_S = 15.0
_SNAPSHOT_LEVELS = 1000
_SNAPSHOT_EVERY_NS = 5 * SECOND
_RETRY_S = 2.0
# Whose depth stream ticks all the time: the connection's lag is read from it.
_BUSY_BASES = ("BTC", "ETH", "SOL", "XRP", "BNB", "DOGE")
_BUSY_QUOTES = ("USDT", "USDC", "FDUSD", "BTC", "EUR", "TRY")


class BinanceFeed:
    """The public connections of one adapter; each follows its share of the symbols."""

    def __init__(
        self,
        *,
        url: str,
        exchange: int,
        rows: Mapping[str, int],
        instruments: Sequence[Instrument],
        clock: Clock,
        public: BinancePublic,
        ban: BanClock,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            url: Root of the public WebSocket host.
            exchange: Dense index of the venue.
            rows: Wire symbol to row.
            instruments: The instruments of those rows.
            clock: Stamps what arrives.
            public: Fetches seeds and snapshots.
            ban: Stops attempts while the venue wants us away.
        """
        self._url = f"{url.rstrip('/')}/stream"
        self._exchange = exchange
        self._rows = dict(rows)
        self._ranks = {row.wire_symbol: _rank(row) for row in instruments}
        self._clock = clock
        self._public = public
        self._ban = ban
        self._connections: dict[int, _Connection] = {}
        self._wanted: set[int] = set()

    async def run(self, sink: MarketDataSink) -> None:
        """Keep every connection up until cancelled."""
        symbols = tuple(self._rows)
        shares = [
            symbols[start : start + _SYMBOLS_PER_CONNECTION]
            for start in range(0, len(symbols), _SYMBOLS_PER_CONNECTION)
        ]
        background = Background()
        try:
            async with asyncio.TaskGroup() as sessions:
                for number, share in enumerate(shares):
                    connection = self._connection(number, share, sink, background)
                    sessions.create_task(connection.session.run())
                if not shares:
                    # Nothing to follow: still runs until cancelled, as promised.
                    await asyncio.Event().wait()
        finally:
            self._connections.clear()
            await background.close()

    def request_depth(self, row: int, wanted: bool) -> None:
        """Start or stop following incremental depth of `row`."""
        if wanted == (row in self._wanted):
            return
        connection = self._connections.get(row)
        if wanted:
            self._wanted.add(row)
            if connection is not None:
                connection.follow_depth(row)
        else:
            self._wanted.discard(row)
            if connection is not None:
                connection.leave_depth(row)

    def resync_book(self, row: int) -> None:
        """Fetch a new snapshot of `row`, at most one in five seconds."""
        connection = self._connections.get(row)
        if connection is not None:
            connection.fetch_snapshot(row)

    def _connection(
        self, number: int, symbols: Sequence[str], sink: MarketDataSink, background: Background
    ) -> _Connection:
        rows = {symbol: self._rows[symbol] for symbol in symbols}
        connection = _Connection(
            rows=rows,
            lag_row=rows[min(symbols, key=lambda symbol: self._ranks.get(symbol, _LAST_RANK))],
            wanted=self._wanted,
            exchange=self._exchange,
            sink=sink,
            clock=self._clock,
            public=self._public,
            background=background,
        )
        connection.session = WebSocketSession(
            venue=_VENUE,
            exchange=self._exchange,
            options=WebSocketOptions(
                url=self._url,
                frames_per_s=_FRAMES_PER_S,
                heartbeat=_HEARTBEAT,
                silence_s=_SILENCE_S,
            ),
            clock=self._clock,
            on_frame=connection.on_frame,
            on_event=sink.on_feed,
            on_open=connection.on_open,
            ban=self._ban,
            connection=number,
        )
        self._connections.update(dict.fromkeys(rows.values(), connection))
        return connection


class _Connection:
    """What one socket carries: its streams, its seeds and its books' snapshots."""

    session: WebSocketSession

    def __init__(
        self,
        *,
        rows: Mapping[str, int],
        lag_row: int,
        wanted: set[int],
        exchange: int,
        sink: MarketDataSink,
        clock: Clock,
        public: BinancePublic,
        background: Background,
    ) -> None:
        self._rows = rows
        self._symbols = {row: symbol for symbol, row in rows.items()}
        self._lag_row = lag_row
        self._wanted = wanted
        self._exchange = exchange
        self._sink = sink
        self._clock = clock
        self._public = public
        self._background = background
        self._parser = StreamParser(exchange, rows)
        self._requests = 0
        # Requests not yet acknowledged, with the rows whose snapshot waits for it.
        self._asked: dict[int | str | None, tuple[int, ...]] = {}
        self._opening: set[int | str | None] = set()
        self._seeded_connect = 0
        self._fetching: set[int] = set()
        self._fetched_ns: dict[int, int] = {}

    # What the session calls.

    def on_open(self) -> list[bytes]:
        """Forget the former connection and return the subscriptions of this one."""
        self._parser.restart()
        self._asked.clear()
        self._opening.clear()
        depth = sorted({self._lag_row, *(self._wanted & self._symbols.keys())})
        streams = [
            *((_depth_stream(self._symbols[row]), row) for row in depth),
            *((_ticker_stream(symbol), None) for symbol in self._rows),
        ]
        frames: list[bytes] = []
        for start in range(0, len(streams), _STREAMS_PER_FRAME):
            batch = streams[start : start + _STREAMS_PER_FRAME]
            rows = tuple(row for _, row in batch if row is not None and row in self._wanted)
            frames.append(self._request("SUBSCRIBE", [name for name, _ in batch], rows))
            self._opening.add(self._requests)
        return frames

    def on_frame(self, raw: bytes, recv_ns: int) -> None:
        """Decode one frame and hand on what it says."""
        try:
            message = self._parser.parse(raw, recv_ns)
        except ImpossibleQuote as e:
            # Whatever the venue's quote is now, it is not the one we hold.
            self._sink.on_ticker(Ticker(self._exchange, e.row, 0.0, 0.0, 0.0, 0.0, 0, recv_ns))
            raise
        if type(message) is Ticker:
            self._sink.on_ticker(message)
        elif type(message) is BookUpdate:
            self._sink.on_book(message)
        elif type(message) is Control:
            self._on_control(message)

    # What the feed calls.

    def follow_depth(self, row: int) -> None:
        """Subscribe to depth of `row`; the snapshot follows the acknowledgement."""
        if not self.session.connected:
            return
        if row == self._lag_row:
            self.fetch_snapshot(row)
            return
        streams = [_depth_stream(self._symbols[row])]
        self.session.send(self._request("SUBSCRIBE", streams, (row,)))

    def leave_depth(self, row: int) -> None:
        """Unsubscribe from depth of `row`, unless the lag is read from it."""
        if row != self._lag_row and self.session.connected:
            streams = [_depth_stream(self._symbols[row])]
            self.session.send(self._request("UNSUBSCRIBE", streams, ()))

    def fetch_snapshot(self, row: int) -> None:
        """Fetch a snapshot of `row` in the background, unless that is under way."""
        if row not in self._fetching:
            self._fetching.add(row)
            self._background.start(self._snapshot(row))

    # Within.

    def _on_control(self, control: Control) -> None:
        if control.kind == "shutdown":
            # No lead time is promised: the sooner the better.
            self.session.reconnect("the venue announced a shutdown")
        elif control.kind == "error":
            self.session.reconnect(f"request refused: {control.message}")
        else:
            for row in self._asked.pop(control.request_id, ()):
                self.fetch_snapshot(row)
            self._opening.discard(control.request_id)
            # Only now can no change fall between the seed and the stream.
            connects = self.session.connects
            if not self._opening and self._seeded_connect != connects:
                self._seeded_connect = connects
                self._background.start(self._seed(connects))

    def _request(self, method: str, streams: Sequence[str], rows: tuple[int, ...]) -> bytes:
        self._requests += 1
        self._asked[self._requests] = rows
        return msgspec.json.encode({"method": method, "params": streams, "id": self._requests})

    async def _seed(self, connects: int) -> None:
        """Hand on best bids and asks of the symbols that the stream has not shown yet.

        Args:
            connects: Number of the connection that asked; a later one seeds anew.
        """
        tickers: list[Ticker] | None = None
        while tickers is None and self.session.connected and self.session.connects == connects:
            try:
                tickers = await self._public.tickers(self._rows, self._exchange)
            except ExchangeError:
                # A quiet symbol stays without a quote meanwhile; the stream goes on.
                await asyncio.sleep(_RETRY_S)
        if tickers is None or self.session.connects != connects:
            return
        for ticker in tickers:
            if not self._parser.has_ticker(ticker.row):
                self._sink.on_ticker(ticker)

    async def _snapshot(self, row: int) -> None:
        """Fetch one snapshot and hand it on, as soon as the symbol's turn has come."""
        due_ns = self._fetched_ns.get(row, -_SNAPSHOT_EVERY_NS) + _SNAPSHOT_EVERY_NS
        if (wait_ns := due_ns - self._clock.now_ns()) > 0:
            await asyncio.sleep(wait_ns / SECOND)
        snapshot: DepthSnapshot | None = None
        while snapshot is None and (row in self._wanted or row == self._lag_row):
            self._fetched_ns[row] = self._clock.now_ns()
            try:
                snapshot = await self._public.depth(self._symbols[row], _SNAPSHOT_LEVELS)
            except ExchangeError:
                await asyncio.sleep(_RETRY_S)
        # Before it is handed on: the book may ask for the next one while it takes this one.
        self._fetching.discard(row)
        if snapshot is not None:
            self._sink.on_book(_as_update(snapshot, self._exchange, row))


# Ranks beyond every listed asset.
_LAST_RANK = (len(_BUSY_QUOTES), len(_BUSY_BASES))


def _rank(instrument: Instrument) -> tuple[int, int]:
    """Return how busy the instrument's depth stream is likely to be, busiest first."""
    quote, base = instrument.quote, instrument.base
    return (
        _BUSY_QUOTES.index(quote) if quote in _BUSY_QUOTES else _LAST_RANK[0],
        _BUSY_BASES.index(base) if base in _BUSY_BASES else _LAST_RANK[1],
    )


def _ticker_stream(symbol: str) -> str:
    # Upper-case names are accepted without an error and then deliver nothing.
    return f"{symbol.lower()}@bookTicker"


def _depth_stream(symbol: str) -> str:
    return f"{symbol.lower()}@depth@100ms"


def _as_update(snapshot: DepthSnapshot, exchange: int, row: int) -> BookUpdate:
    return BookUpdate(
        exchange,
        row,
        BookKind.SNAPSHOT,
        0,
        snapshot.last_id,
        -1,
        snapshot.bids,
        snapshot.asks,
        snapshot.event_ns,
        snapshot.recv_ns,
    )
