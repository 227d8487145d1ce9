"""The Binance feed against a scripted stream server: subscriptions, seeds, books, notices."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from arbot_tui.domain.clock import SystemClock
from arbot_tui.domain.feed import Continuity, FeedEventKind
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.quotes import BookKind, BookUpdate
from arbot_tui.exchanges.base import ExchangeConfig, VenueUrls
from arbot_tui.exchanges.binance.adapter import BinanceExchange
from arbot_tui.exchanges.transport import book_fetcher, line_seeds
from arbot_tui.market.book import Book
from tests.unit.exchanges.loopback import LoopbackVenue, Market, until

FEES = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))
ROWS = {"DOGEEUR": 0, "BTCUSDT": 1, "ETHUSDT": 2}
SEEDS = "/api/v3/ticker/bookTicker"
DEPTH = "/api/v3/depth"


def _instrument(base: str, quote: str) -> Instrument:
    step = Decimal("0.00001")
    return Instrument("binance", f"{base}{quote}", base, quote, step, step)


INSTRUMENTS = [_instrument("DOGE", "EUR"), _instrument("BTC", "USDT"), _instrument("ETH", "USDT")]


class Streams:
    """A combined-stream server; tests push frames through its newest connection."""

    def __init__(self) -> None:
        self.asked: list[list[dict[str, Any]]] = []
        self.paths: list[str] = []
        self.answers = True
        self.refuse: Callable[[dict[str, Any]], bool] = lambda request: False
        self.url = ""
        self.closed = 0
        self._open: list[ServerConnection] = []

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.paths.append(socket.request.path)
        asked: list[dict[str, Any]] = []
        self.asked.append(asked)
        self._open.append(socket)
        async for message in socket:
            request = json.loads(message)
            asked.append(request)
            if self.refuse(request):
                await socket.send(json.dumps({"code": 2, "msg": "no", "id": request["id"]}))
            elif self.answers:
                await socket.send(json.dumps({"result": None, "id": request["id"]}))
        self.closed += 1

    async def push(self, frame: str) -> None:
        await self._open[-1].send(frame)

    async def hang_up(self) -> None:
        await self._open[-1].close(1001)

    def streams(self, connection: int = -1) -> list[str]:
        """Return every stream subscribed on one connection."""
        requests = self.asked[connection]
        return [name for r in requests if r["method"] == "SUBSCRIBE" for name in r["params"]]


def _ticker(symbol: str, u: int, bid: str = "100.0", ask: str = "100.1") -> str:
    data = {"u": u, "s": symbol, "b": bid, "B": "1.0", "a": ask, "A": "2.0"}
    return json.dumps({"stream": f"{symbol.lower()}@bookTicker", "data": data})


def _change(symbol: str, first: int, last: int, bids: list[list[str]]) -> str:
    data = {"e": "depthUpdate", "E": 1760000000000, "s": symbol, "U": first, "u": last}
    return json.dumps(
        {"stream": f"{symbol.lower()}@depth@100ms", "data": data | {"b": bids, "a": []}}
    )


def _seed(symbol: str, bid: str = "50.0") -> dict[str, str]:
    return {"symbol": symbol, "bidPrice": bid, "bidQty": "1", "askPrice": "60.0", "askQty": "1"}


def _book(last_id: int) -> str:
    return json.dumps({"lastUpdateId": last_id, "bids": [["99.0", "1"]], "asks": [["101.0", "1"]]})


@pytest.fixture
async def venue() -> AsyncIterator[LoopbackVenue]:
    async with LoopbackVenue() as venue:
        venue.answer("GET", SEEDS, json.dumps([_seed(name) for name in ROWS]))
        venue.answer("GET", DEPTH, _book(10))
        yield venue


@pytest.fixture
async def streams() -> AsyncIterator[Streams]:
    streams = Streams()
    async with serve(streams.handle, "127.0.0.1", 0, close_timeout=0.1) as server:
        streams.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield streams


@contextlib.asynccontextmanager
async def following(exchange: BinanceExchange, market: Market) -> AsyncIterator[None]:
    task = asyncio.create_task(exchange.connect_ws(market))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await exchange.close()


@pytest.fixture
def market() -> Market:
    return Market()


@pytest.fixture
def exchange(venue: LoopbackVenue, streams: Streams) -> BinanceExchange:
    return _exchange(venue, streams)


def _exchange(venue: LoopbackVenue, streams: Streams) -> BinanceExchange:
    urls = VenueUrls(venue.url, streams.url)
    exchange = BinanceExchange(ExchangeConfig("binance", 3, urls, "custom", FEES), SystemClock())
    exchange.set_universe(ROWS, INSTRUMENTS)
    return exchange


def _changes(market: Market, kind: BookKind) -> list[BookUpdate]:
    return [update for update in market.books if update.kind is kind]


async def test_it_follows_every_symbol_and_one_busy_depth_stream_for_the_lag(
    exchange: BinanceExchange, market: Market, streams: Streams
) -> None:
    async with following(exchange, market):
        await until(lambda: market.tickers)

    assert streams.paths == ["/stream"]
    assert sorted(streams.streams()) == [
        "btcusdt@bookTicker",
        "btcusdt@depth@100ms",
        "dogeeur@bookTicker",
        "ethusdt@bookTicker",
    ]
    assert exchange.continuity is Continuity.RANGE


async def test_the_depth_streams_time_reaches_the_sink(
    exchange: BinanceExchange, market: Market, streams: Streams
) -> None:
    async with following(exchange, market):
        await until(lambda: market.tickers)
        await streams.push(_change("BTCUSDT", 5, 6, [["99.0", "3"]]))
        await until(lambda: _changes(market, BookKind.DELTA))

    (update,) = _changes(market, BookKind.DELTA)
    assert (update.exchange, update.row, update.kind) == (3, 1, BookKind.DELTA)
    assert (update.first_id, update.last_id, update.prev_id) == (5, 6, -1)
    assert update.event_ns == 1760000000000 * 1_000_000
    assert update.recv_ns > 0


async def test_quotes_are_seeded_once_the_subscription_stands(
    exchange: BinanceExchange, market: Market, venue: LoopbackVenue, streams: Streams
) -> None:
    streams.answers = False
    async with following(exchange, market):
        await until(lambda: streams.asked and streams.asked[0])
        assert venue.seen == []
        # Faster than its seed: what REST says about it is older.
        await streams.push(_ticker("ETHUSDT", 7))
        await streams.push('{"result":null,"id":1}')
        await until(lambda: len(market.tickers) == 3)

    seeded = {ticker.row: ticker.bid for ticker in market.tickers}
    assert seeded == {0: 50.0, 1: 50.0, 2: 100.0}
    assert (
        venue.requests(SEEDS)[0].target
        == f"{SEEDS}?symbols=%5B%22DOGEEUR%22%2C%22BTCUSDT%22%2C%22ETHUSDT%22%5D"
    )
    assert all(ticker.event_ns == 0 and ticker.recv_ns > 0 for ticker in market.tickers)


async def test_repeated_updates_are_dropped_within_a_connection_and_taken_on_the_next(
    exchange: BinanceExchange, market: Market, streams: Streams
) -> None:
    async with following(exchange, market):
        await until(lambda: len(market.tickers) == 3)
        for u in (7, 7, 6, 8):
            await streams.push(_ticker("ETHUSDT", u))
        await until(lambda: len(market.tickers) == 5)
        await streams.hang_up()
        await until(lambda: len(market.tickers) == 8)
        await streams.push(_ticker("ETHUSDT", 2))
        await until(lambda: len(market.tickers) == 9)

    assert len(streams.paths) == 2
    assert sorted(streams.streams(0)) == sorted(streams.streams(1))


async def test_an_impossible_quote_withdraws_the_former_one_and_is_counted(
    exchange: BinanceExchange, market: Market, streams: Streams
) -> None:
    async with following(exchange, market):
        await until(lambda: len(market.tickers) == 3)
        await streams.push(_ticker("ETHUSDT", 7, bid="NaN"))
        await streams.push("no json")
        await until(lambda: len(market.of(FeedEventKind.MALFORMED)) == 2)

    voided = market.tickers[3]
    assert (voided.row, voided.bid, voided.bid_size, voided.ask, voided.ask_size) == (2, 0, 0, 0, 0)
    assert len(market.of(FeedEventKind.CONNECTED)) == 1


async def test_a_wanted_book_gets_its_snapshot_after_the_subscription_and_splices(
    exchange: BinanceExchange, market: Market, venue: LoopbackVenue, streams: Streams
) -> None:
    venue.hold = asyncio.Event()

    def told() -> list[BookUpdate]:
        return [update for update in market.books if update.row == 2]

    async with following(exchange, market):
        await until(lambda: streams.asked and streams.asked[0])
        exchange.request_depth(2, True)
        exchange.request_depth(2, True)
        await until(lambda: "ethusdt@depth@100ms" in streams.streams())
        await until(lambda: any("ETHUSDT" in r.target for r in venue.requests(DEPTH)))
        # Changes that pass while the snapshot is on its way.
        for number in range(9, 13):
            await streams.push(_change("ETHUSDT", number, number, [["98.0", str(number)]]))
        await until(lambda: len(told()) == 4)
        venue.hold.set()
        await until(lambda: len(told()) == 5)
        await streams.push(_change("ETHUSDT", 13, 14, [["99.5", "4"]]))
        await until(lambda: len(told()) == 6)

    assert len([r for r in venue.requests(DEPTH) if "ETHUSDT" in r.target]) == 1
    assert streams.streams().count("ethusdt@depth@100ms") == 1
    book = Book(Continuity.RANGE)
    for update in told():
        book.apply(update)
    assert book.synced
    assert book.last_id == 14
    assert book.best() == ((99.5, 4.0), (101.0, 1.0))


async def test_books_are_wanted_again_after_a_reconnect_until_they_are_not(
    exchange: BinanceExchange, market: Market, venue: LoopbackVenue, streams: Streams
) -> None:
    exchange.request_depth(2, True)
    async with following(exchange, market):
        await until(lambda: _changes(market, BookKind.SNAPSHOT))
        await streams.hang_up()
        await until(lambda: len(streams.asked) == 2 and streams.streams(1))
        assert "ethusdt@depth@100ms" in streams.streams(1)
        exchange.request_depth(2, False)
        await until(lambda: streams.asked[1][-1]["method"] == "UNSUBSCRIBE")

    assert streams.asked[1][-1]["params"] == ["ethusdt@depth@100ms"]


async def test_the_lag_stream_is_never_left_and_needs_no_second_subscription(
    exchange: BinanceExchange, market: Market, streams: Streams
) -> None:
    async with following(exchange, market):
        await until(lambda: market.tickers)
        exchange.request_depth(1, True)
        await until(lambda: _changes(market, BookKind.SNAPSHOT))
        exchange.request_depth(1, False)
        await asyncio.sleep(0.02)

    assert [request["method"] for request in streams.asked[0]] == ["SUBSCRIBE"]


async def test_a_resync_fetches_one_snapshot_however_often_it_is_asked_for(
    exchange: BinanceExchange, market: Market, venue: LoopbackVenue
) -> None:
    async with following(exchange, market):
        await until(lambda: market.tickers)
        for _ in range(5):
            exchange.resync_book(1)
        await until(lambda: _changes(market, BookKind.SNAPSHOT))
        # The next one has to wait its turn: five seconds for each symbol.
        exchange.resync_book(1)
        await asyncio.sleep(0.05)

    (snapshot,) = _changes(market, BookKind.SNAPSHOT)
    assert (snapshot.row, snapshot.last_id, snapshot.first_id) == (1, 10, 0)
    assert len(venue.requests(DEPTH)) == 1
    assert venue.requests(DEPTH)[0].target == f"{DEPTH}?symbol=BTCUSDT&limit=1000"


async def test_seeds_and_snapshots_are_asked_for_until_they_come(
    market: Market, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_seeds, "_RETRY_S", 0.01)
    monkeypatch.setattr(book_fetcher, "_RETRY_S", 0.01)
    venue = LoopbackVenue()
    for path, body in ((SEEDS, json.dumps([_seed("BTCUSDT")])), (DEPTH, _book(10))):
        for status, answer in ((500, ""), (200, "no answer"), (200, body)):
            venue.answer("GET", path, answer, status)

    async with venue:
        exchange = _exchange(venue, streams)
        async with following(exchange, market):
            await until(lambda: market.tickers and market.books)

    assert len(venue.requests(SEEDS)) == 3
    assert len(venue.requests(DEPTH)) == 3


async def test_without_a_feed_depth_is_noted_and_a_resync_does_nothing(
    exchange: BinanceExchange, venue: LoopbackVenue
) -> None:
    exchange.request_depth(2, True)
    exchange.resync_book(2)
    exchange.request_depth(2, False)
    await exchange.close()

    assert venue.seen == []


@pytest.mark.parametrize(
    "notice",
    [
        '{"e":"serverShutdown","E":1770123456789}',
        '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
    ],
)
async def test_an_announced_shutdown_is_not_waited_for(
    exchange: BinanceExchange, market: Market, streams: Streams, notice: str
) -> None:
    async with following(exchange, market):
        await until(lambda: market.tickers)
        await streams.push(notice)
        await until(lambda: len(streams.asked) == 2 and streams.streams(1))
        await until(lambda: streams.closed == 1)
        assert market.of(FeedEventKind.DISCONNECTED) == []

    assert sorted(streams.streams(0)) == sorted(streams.streams(1))


async def test_a_refused_subscription_is_taken_apart(
    exchange: BinanceExchange, market: Market, streams: Streams
) -> None:
    streams.refuse = lambda request: len(request["params"]) > 1
    async with following(exchange, market):
        await until(lambda: len(market.tickers) == 3)

    assert len(streams.paths) == 1
    assert [len(request["params"]) for request in streams.asked[0]] == [4, 1, 1, 1, 1]


async def test_many_symbols_are_spread_over_connections_and_frames(
    venue: LoopbackVenue, streams: Streams, market: Market
) -> None:
    names = {f"A{number}USDT": number for number in range(501)}
    urls = VenueUrls(venue.url, streams.url)
    exchange = BinanceExchange(ExchangeConfig("binance", 0, urls, "custom", FEES), SystemClock())
    exchange.set_universe(names, [_instrument(f"A{n}", "USDT") for n in range(501)])

    async with following(exchange, market):
        await until(lambda: len(streams.asked) == 2 and len(streams.streams(0)) == 501)
        await until(lambda: len(streams.streams(1)) == 2)

    assert {event.connection for event in market.events} == {0, 1}
    frames = [len(request["params"]) for request in streams.asked[0]]
    assert frames == [200, 200, 101]


async def test_without_symbols_it_waits_until_it_is_cancelled(
    venue: LoopbackVenue, streams: Streams, market: Market
) -> None:
    urls = VenueUrls(venue.url, streams.url)
    exchange = BinanceExchange(ExchangeConfig("binance", 0, urls, "custom", FEES), SystemClock())

    async with following(exchange, market):
        await asyncio.sleep(0.02)

    assert streams.paths == []


async def test_stopping_leaves_no_task_behind(
    exchange: BinanceExchange, market: Market, venue: LoopbackVenue, streams: Streams
) -> None:
    venue.hold = asyncio.Event()
    exchange.request_depth(2, True)
    before = asyncio.all_tasks()
    async with following(exchange, market):
        # A seed and a snapshot are under way.
        await until(lambda: len(venue.seen) >= 2)
    venue.hold.set()
    await until(lambda: len(asyncio.all_tasks() - before) == 0)
