"""Market data of Binance: best bid and ask of every symbol, depth of some.

Streams ``<symbol>@bookTicker`` and ``<symbol>@depth@100ms`` on combined connections (stream
documentation, 2026-07-21). Three duties follow from what the streams lack:

* bookTicker has no time of the venue, so each connection also carries one depth stream, whose
  event time tells how late the connection is;
* bookTicker sends no first state, so it is seeded by REST ``ticker/bookTicker``, which also tells
  a quiet market from a stream that has stopped;
* depth sends changes only, so a REST ``depth`` snapshot is fetched once the subscription stands
  and handed on as `BookKind.SNAPSHOT`. Changes are handed on as they come; whoever keeps the book
  holds them until the snapshot arrives and splices by the ids.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.quotes import DepthSnapshot, Ticker
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.exchanges.binance.parsing import Control, StreamParser
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.book_fetcher import BookFetcher
from arbot_tui.exchanges.transport.dialect import FrameParser, LineRules, Reply
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.lines import LineSet
from arbot_tui.exchanges.transport.subscriptions import Operation, RequestLimits, Topic
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wires import default_dial

__all__ = ["BinanceFeed", "PublicReads"]

_VENUE = "binance"
_SNAPSHOT_LEVELS = 1000
_SNAPSHOT_EVERY_S = 5.0
# Whose depth stream ticks all the time: the connection's lag is read from it.
_BUSY_BASES = ("BTC", "ETH", "SOL", "XRP", "BNB", "DOGE")
_BUSY_QUOTES = ("USDT", "USDC", "FDUSD", "BTC", "EUR", "TRY")
# Ranks beyond every listed asset.
_LAST_RANK = (len(_BUSY_QUOTES), len(_BUSY_BASES))


class PublicReads(Protocol):
    """What is fetched by REST (`BinancePublic`)."""

    def tickers(self, rows: Mapping[str, int], exchange: int) -> Awaitable[list[Ticker]]:
        """Fetch best bids and asks of wire symbols."""
        ...

    def depth(self, symbol: str, levels: int) -> Awaitable[DepthSnapshot]:
        """Fetch an order book."""
        ...


def _rules(url: str) -> LineRules:
    """Return how connections are used (connection limits, 2026-07-21)."""
    return LineRules(
        # Of 1024 streams a connection; the rest is room for depth.
        symbols=500,
        requests=RequestLimits(topics_per_frame=200),
        socket=WebSocketOptions(
            url=f"{url.rstrip('/')}/stream",
            # Five inbound messages a second, pongs included; more is cut with 1008.
            frames_per_s=4.0,
            # The venue pings every 20 s and its depth stream ticks ten times a second. Where
            # even that is quiet a protocol ping tells silence from a dead line (fault 2).
            heartbeat=Heartbeat(quiet_s=3.0),
            silence_s=10.0,
        ),
        # 300 in five minutes per address; a third is left for others behind it.
        connects=(RateLimiter(200, 300 * SECOND, reserve=0.0),),
    )


class _Dialect:
    venue = _VENUE
    ticker = "bookTicker"
    depth = "depth@100ms"
    continuity = Continuity.RANGE

    def parser(self, exchange: int) -> FrameParser[Control]:
        return StreamParser(exchange, {})

    def request(self, operation: Operation, request_id: str, topics: Sequence[Topic]) -> bytes:
        # Upper-case names are accepted without an error and then deliver nothing.
        streams = [f"{symbol.lower()}@{channel}" for channel, symbol in topics]
        request = {"method": operation.upper(), "params": streams, "id": int(request_id)}
        return msgspec.json.encode(request)

    def reply(self, control: Control) -> Reply:
        request_id = "" if control.request_id is None else str(control.request_id)
        match control.kind:
            case "ack":
                # It does not say of what; one to an unsubscription belongs to nothing we await.
                return Reply("accepted", request_id)
            case "error":
                return Reply("refused", request_id, text=control.message)
            case _:
                # No lead time is promised: the sooner the better.
                return Reply("farewell", text="the venue announced a shutdown")


class BinanceFeed(LineSet[Control]):
    """The public connections of one adapter; each follows its share of the symbols."""

    def __init__(
        self,
        url: str,
        exchange: int,
        clock: Clock,
        ban: BanClock,
        public: PublicReads,
        instrument_of: Callable[[str], Instrument | None],
        dial: Dial = default_dial,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            url: Root of the public WebSocket host.
            exchange: Dense index of the venue.
            clock: Stamps what arrives.
            ban: Stops attempts while the venue wants us away.
            public: Fetches seeds and snapshots.
            instrument_of: The instrument of a wire symbol, where it is known.
            dial: Opens a wire.
            draw: Even draws from [0, 1) for jitter.
        """
        super().__init__(
            _Dialect(),
            _rules(url),
            exchange=exchange,
            clock=clock,
            ban=ban,
            dial=dial,
            draw=draw,
            fetch_snapshot=lambda row: self._books.start(row),
            seed=self._bring_quotes,
            pulse=self._busiest,
        )
        self._index = exchange
        self._public = public
        self._instrument_of = instrument_of
        self._sink: MarketDataSink | None = None
        self._books = BookFetcher(
            exchange, clock, self._fetch_book, self.wants_depth, _SNAPSHOT_EVERY_S
        )

    async def run(self, sink: MarketDataSink) -> None:
        """Keep every line up until cancelled."""
        self._sink = sink
        self._books.open(sink)
        try:
            await super().run(sink)
        finally:
            await self._books.close()

    def _fetch_book(self, row: int) -> Awaitable[DepthSnapshot]:
        # Only what is followed is fetched.
        return self._public.depth(self.symbol_of(row) or "", _SNAPSHOT_LEVELS)

    async def _bring_quotes(
        self,
        parser: FrameParser[Control],
        symbols: Mapping[str, int],
        stands: Callable[[], bool],
    ) -> bool:
        """Hand on what REST says of symbols that the stream has not told; see `Seed`."""
        tickers = await self._public.tickers(symbols, self._index)
        # Of what is halted it tells nothing.
        open_rows = {row for symbol, row in symbols.items() if self._is_open(symbol)}
        quiet = open_rows <= {ticker.row for ticker in tickers}
        if not (stands() and isinstance(parser, StreamParser) and self._sink is not None):
            return False
        for ticker in tickers:
            if self.symbol_of(ticker.row) is None:
                continue  # left meanwhile
            what = parser.take_seed(ticker)
            quiet = quiet and what == "same"
            if what != "late":
                self._sink.on_ticker(ticker)
        return quiet

    def _is_open(self, symbol: str) -> bool:
        instrument = self._instrument_of(symbol)
        return instrument is None or instrument.tradeable

    def _busiest(self, symbols: Iterable[str]) -> str:
        """Return the symbol whose depth is the likeliest to tick all the time."""
        return min(symbols, key=lambda symbol: _rank(self._instrument_of(symbol)))


def _rank(instrument: Instrument | None) -> tuple[int, int]:
    """Return how busy the instrument's depth stream is likely to be, busiest first."""
    if instrument is None:
        return _LAST_RANK
    quote, base = instrument.quote, instrument.base
    return (
        _BUSY_QUOTES.index(quote) if quote in _BUSY_QUOTES else _LAST_RANK[0],
        _BUSY_BASES.index(base) if base in _BUSY_BASES else _LAST_RANK[1],
    )
