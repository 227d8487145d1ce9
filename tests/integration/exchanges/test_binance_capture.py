"""Recorded Binance traffic of October 2021, served over loopback through the real adapter.

Every best bid and ask that comes out is compared with one computed here from the raw strings, by
other means than the program's: for bookTicker from the frame, for depth from a plain dictionary
of decimals, and the two with each other where they stand at the same update id.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from arbot_tui.domain.clock import MS, SECOND, VirtualClock
from arbot_tui.domain.feed import Continuity, FeedEventKind
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.quotes import BookKind
from arbot_tui.exchanges.base import ExchangeConfig, VenueUrls
from arbot_tui.exchanges.binance.adapter import BinanceExchange
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.book import Book, BookStatus
from tests.unit.exchanges.loopback import Market, until

_CAPTURES = Path(__file__).parents[4] / "shared" / "captures"
_STREAMS = _CAPTURES / "binance_2021_ws.txt"
_SNAPSHOTS = _CAPTURES / "binance_2021_depth_snapshots.txt"
_INFO = _CAPTURES / "binance_2021_exchange_info.json"

pytestmark = [
    pytest.mark.capture,
    pytest.mark.skipif(not _STREAMS.exists(), reason="the recorded traffic is not here"),
]

SYMBOLS = ("NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR")
ROWS = {symbol: row for row, symbol in enumerate(SYMBOLS)}

Best = tuple[Decimal, Decimal] | None


def _nanoseconds(text: str) -> int:
    return int(Decimal(text) * SECOND)


def _frames() -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield receive time in nanoseconds, raw frame and its content."""
    for line in _STREAMS.read_text().splitlines():
        found = re.fullmatch(r"([0-9.]+): (\{.*\})", line)
        if found is not None:
            yield _nanoseconds(found[1]), found[2], json.loads(found[2])


def _snapshots() -> dict[str, tuple[int, str]]:
    """Return receive time and raw order book by symbol."""
    pattern = r"https://\S+/depth\?symbol=(\w+)&limit=1000 -> ([0-9.]+): (\{.*\})"
    found = (re.fullmatch(pattern, line) for line in _SNAPSHOTS.read_text().splitlines())
    return {match[1]: (_nanoseconds(match[2]), match[3]) for match in found if match is not None}


@dataclass
class PlainBook:
    """An order book kept the slow way: sides are dictionaries of decimals."""

    last_id: int = 0
    sides: dict[str, dict[Decimal, Decimal]] = field(default_factory=dict)

    def load(self, snapshot: dict[str, Any]) -> None:
        self.last_id = snapshot["lastUpdateId"]
        self.sides = {"b": {}, "a": {}}
        for name, side in (("bids", "b"), ("asks", "a")):
            self.sides[side] = {Decimal(p): Decimal(q) for p, q in snapshot[name]}

    def change(self, data: dict[str, Any]) -> None:
        if not self.sides or data["u"] <= self.last_id:
            return
        assert data["U"] <= self.last_id + 1
        for side in ("b", "a"):
            for price, qty in data[side]:
                self.sides[side][Decimal(price)] = Decimal(qty)
        self.last_id = data["u"]

    def best(self) -> tuple[Best, Best]:
        bids = [(p, q) for p, q in self.sides["b"].items() if q]
        asks = [(p, q) for p, q in self.sides["a"].items() if q]
        return max(bids, default=None), min(asks, default=None)


class Venue:
    """Serves the recording: REST answers as recorded, the stream frame by frame when told to."""

    def __init__(self) -> None:
        self.subscribed: set[str] = set()
        self.released = {symbol: asyncio.Event() for symbol in SYMBOLS}
        self._socket: web.WebSocketResponse | None = None

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v3/exchangeInfo", self._info),
            web.get("/api/v3/depth", self._depth),
            web.get("/api/v3/ticker/bookTicker", self._nothing),
            web.get("/stream", self._stream),
        ]

    async def push(self, frame: str) -> None:
        assert self._socket is not None
        await self._socket.send_str(frame)

    async def _info(self, request: web.Request) -> web.Response:
        return web.Response(body=_INFO.read_bytes())

    async def _depth(self, request: web.Request) -> web.Response:
        symbol = request.query["symbol"]
        assert request.query["limit"] == "1000"
        await self.released[symbol].wait()
        return web.Response(text=_snapshots()[symbol][1])

    async def _nothing(self, request: web.Request) -> web.Response:
        # The recording holds no answer of this kind: nothing is seeded.
        return web.Response(text="[]")

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            asked = json.loads(message.data)
            self.subscribed |= set(asked["params"])
            await socket.send_str(json.dumps({"result": None, "id": asked["id"]}))
        return socket


@dataclass
class Replay:
    """The adapter while it follows the recording."""

    venue: Venue
    exchange: BinanceExchange
    instruments: list[Instrument]
    market: Market
    clock: VirtualClock

    async def frames(self) -> AsyncIterator[dict[str, Any]]:
        """Serve the recording in its own order and time; yield each frame once it is through."""
        snapshots = _snapshots()
        for symbol in SYMBOLS:
            self.exchange.request_depth(ROWS[symbol], True)
        await until(lambda: len(self.venue.subscribed) == 2 * len(SYMBOLS))
        for at_ns, raw, frame in _frames():
            for symbol in [name for name, (taken_ns, _) in snapshots.items() if taken_ns < at_ns]:
                taken_ns, _ = snapshots.pop(symbol)
                self.clock.move_to(taken_ns)
                before = self._received
                self.venue.released[symbol].set()
                await self._one_more_than(before)
            self.clock.move_to(at_ns)
            before = self._received
            await self.venue.push(raw)
            if frame["stream"].endswith(("@bookTicker", "@depth@100ms")):
                await self._one_more_than(before)
            yield frame

    @property
    def _received(self) -> int:
        return len(self.market.books) + len(self.market.tickers)

    async def _one_more_than(self, count: int) -> None:
        await until(lambda: self._received > count)


@pytest.fixture
async def replay() -> AsyncIterator[Replay]:
    venue, app = Venue(), web.Application()
    app.add_routes(venue.routes())
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    clock, market = VirtualClock(next(_frames())[0]), Market()
    fees = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))
    urls = VenueUrls(f"http://{host}", f"ws://{host}")
    exchange = BinanceExchange(ExchangeConfig("binance", 0, urls, "custom", fees), clock)
    found = await exchange.load_instruments()
    exchange.set_universe(ROWS, [one for one in found if one.wire_symbol in ROWS])
    task = asyncio.create_task(exchange.connect_ws(market))
    yield Replay(venue, exchange, found, market, clock)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await exchange.close()
    await runner.cleanup()


def _decimals(price: float, size: float) -> tuple[Decimal, Decimal]:
    """Return what the venue wrote: up to 15 digits survive the float unchanged."""
    return Decimal(repr(price)), Decimal(repr(size))


async def test_every_best_bid_and_ask_of_the_ticker_stream(replay: Replay) -> None:
    board = QuoteBoard(["binance"])
    board.grow(len(ROWS))
    seen = 0
    async for frame in replay.frames():
        if not frame["stream"].endswith("@bookTicker"):
            continue
        seen += 1
        data, ticker = frame["data"], replay.market.tickers[-1]
        board.update(ticker)
        row = ROWS[data["s"]]
        assert ticker.row == row
        assert _decimals(ticker.bid, ticker.bid_size) == (Decimal(data["b"]), Decimal(data["B"]))
        assert _decimals(ticker.ask, ticker.ask_size) == (Decimal(data["a"]), Decimal(data["A"]))
        quote = board.latest[row][0]
        assert (quote.bid, quote.ask) == (float(data["b"]), float(data["a"]))
        assert ticker.event_ns == 0
        assert ticker.recv_ns == replay.clock.now_ns()

    assert seen == len(replay.market.tickers) == 84
    assert replay.market.of(FeedEventKind.MALFORMED) == []


async def test_every_best_bid_and_ask_of_the_spliced_books(replay: Replay) -> None:
    books = [Book(Continuity.RANGE) for _ in ROWS]
    plain = {symbol: PlainBook() for symbol in ROWS}
    tickers: dict[str, dict[str, Any]] = {}
    taken = compared = agreed = 0
    async for frame in replay.frames():
        updates, taken = replay.market.books[taken:], len(replay.market.books)
        for update in updates:
            symbol = SYMBOLS[update.row]
            if update.kind is BookKind.SNAPSHOT:
                plain[symbol].load(json.loads(_snapshots()[symbol][1]))
            else:
                plain[symbol].change(frame["data"])
            assert books[update.row].apply(update) is not BookStatus.GAP
            if not books[update.row].synced:
                continue
            best = [None if b is None else _decimals(*b) for b in books[update.row].best()]
            assert best == list(plain[symbol].best())
            assert books[update.row].last_id == plain[symbol].last_id
            compared += 1
            # The venue's own best bid and ask of the same moment say the same.
            ticker = tickers.get(symbol)
            if ticker is not None and ticker["u"] == plain[symbol].last_id:
                assert best == [
                    (Decimal(ticker["b"]), Decimal(ticker["B"])),
                    (Decimal(ticker["a"]), Decimal(ticker["A"])),
                ]
                agreed += 1
        if frame["stream"].endswith("@bookTicker"):
            tickers[frame["data"]["s"]] = frame["data"]

    assert all(book.synced for book in books)
    assert compared > 100
    assert agreed > 10
    assert replay.market.of(FeedEventKind.MALFORMED) == []


async def test_the_lag_of_the_recording_is_plausible(replay: Replay) -> None:
    async for _ in replay.frames():
        pass

    changes = [update for update in replay.market.books if update.kind is BookKind.DELTA]
    lags_ms = [(update.recv_ns - update.event_ns) / MS for update in changes]
    assert len(changes) == 177
    # The recorder's clock was some milliseconds behind the venue's.
    assert all(-50 < lag_ms < 1000 for lag_ms in lags_ms)


async def test_instruments_in_the_form_of_2021(replay: Replay) -> None:
    by_symbol = {instrument.symbol: instrument for instrument in replay.instruments}

    assert list(by_symbol) == [
        *("BTC/USDT", "ETH/USDT", "LRC/BTC", "BLZ/ETH", "NKN/USDT", "RUNE/EUR"),
    ]
    assert all(instrument.tradeable for instrument in replay.instruments)
    raw = {row["symbol"]: row for row in json.loads(_INFO.read_text())["symbols"]}
    for instrument in replay.instruments:
        filters = {f["filterType"]: f for f in raw[instrument.wire_symbol]["filters"]}
        assert instrument.tick_size == Decimal(filters["PRICE_FILTER"]["tickSize"])
        assert instrument.lot_step == Decimal(filters["LOT_SIZE"]["stepSize"])
        assert instrument.min_notional == Decimal(filters["MIN_NOTIONAL"]["minNotional"])
