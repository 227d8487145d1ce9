"""Adapters' streams against the synthetic venues, in virtual time and without sockets.

The feeds and sessions are the real ones, and so are the venues' streams, limits and faults; a
wire made of memory joins them. What a venue would hold against us is counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from importlib import import_module
from itertools import islice
from random import Random

import pytest

from arbot_tui.domain.clock import MS, SECOND, Clock
from arbot_tui.domain.feed import Continuity, FeedEvent, FeedEventKind
from arbot_tui.domain.instrument import Instrument as Listed
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookUpdate, DepthSnapshot, Level, Ticker
from arbot_tui.exchanges.binance.feed import BinanceFeed
from arbot_tui.exchanges.bitget.feed import BitgetFeed
from arbot_tui.exchanges.bybit.feed import BybitFeed
from arbot_tui.exchanges.okx.feed import OkxFeed
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.wire import DialFailed, DialOptions, Wire
from arbot_tui.market.book import Book, BookStatus
from arbot_tui.simulator.core.fault_args import BanArgs
from arbot_tui.simulator.core.faults import FaultKind
from arbot_tui.simulator.core.instruments import VENUES, Instrument
from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.endpoints import ENDPOINTS
from arbot_tui.simulator.wire.common.guard import ConnectLimit
from arbot_tui.simulator.wire.common.rates import Rates
from arbot_tui.simulator.wire.common.views import BookView
from tests.contract.memory_wire import MemoryLink, MemoryWire
from tests.unit.simulator.virtual import VirtualVenues
from tests.virtual_loop import run_virtual

__all__ = [
    "DEPTH",
    "FEEDS",
    "TICKER",
    "Listener",
    "VirtualVenue",
    "every_venue",
    "now_s",
    "play",
    "venue_of",
]

Feed = BinanceFeed | BybitFeed | OkxFeed | BitgetFeed

FEEDS = ("binance", "bybit", "okx", "bitget")
TICKER = {
    "binance": "bookTicker",
    "bybit": "orderbook.1",
    "okx": "bbo-tbt",
    "bitget": "books1",
}
DEPTH = {
    "binance": "depth@100ms",
    "bybit": "orderbook.50",
    "okx": "books",
    "bitget": "books15",
}

every_venue = pytest.mark.parametrize("name", FEEDS)

_RULES = {
    "binance": (Continuity.RANGE, 1000),
    "bybit": (Continuity.CONSECUTIVE, 50),
    "okx": (Continuity.PREVIOUS_ID, 400),
    "bitget": (Continuity.SNAPSHOT_ONLY, 400),
}


_TRUTHS = 4_000
"""Books kept as a client would hold them."""


class Listener:
    """What an engine holds: quotes and books, cleared and resynced as the feed says."""

    def __init__(self, name: str) -> None:
        self.feed: Feed | None = None
        self.continuity, self._depth = _RULES[name]
        self.on_applied: Callable[[int, Book], None] = lambda row, book: None
        self.events: list[FeedEvent] = []
        self.voided = 0
        self.backwards = 0
        self.latest_ns = 0
        """The longest that a quote which says so was under way."""
        self.tickers: dict[int, Ticker] = {}
        self.books: dict[int, Book] = {}
        self.statuses: Counter[BookStatus] = Counter()
        self.asked: Counter[int] = Counter()
        self.quotes = 0
        self.longest_pause_ns: Counter[int] = Counter()
        self._quoted_ns: dict[int, int] = {}

    def on_ticker(self, ticker: Ticker) -> None:
        self.quotes += 1
        row = ticker.row
        if ticker.bid == ticker.ask == 0.0:
            self.voided += 1
        elif row in self.tickers and 0 < ticker.event_ns < self.tickers[row].event_ns:
            self.backwards += 1
        if ticker.event_ns:
            self.latest_ns = max(self.latest_ns, ticker.recv_ns - ticker.event_ns)
        pause_ns = ticker.recv_ns - self._quoted_ns.get(row, ticker.recv_ns)
        self.longest_pause_ns[row] = max(self.longest_pause_ns[row], pause_ns)
        self._quoted_ns[row] = ticker.recv_ns
        self.tickers[row] = ticker

    def on_book(self, update: BookUpdate) -> None:
        book = self.books.setdefault(update.row, Book(self.continuity, self._depth))
        status = book.apply(update)
        self.statuses[status] += 1
        if status is BookStatus.APPLIED:
            self.on_applied(update.row, book)
        if status in (BookStatus.GAP, BookStatus.BUFFERED):
            self.asked[update.row] += 1
            if self.feed is not None:
                self.feed.resync(update.row)

    def on_feed(self, event: FeedEvent) -> None:
        if event.kind is FeedEventKind.ALIVE:
            return
        self.events.append(event)
        if event.kind is FeedEventKind.DISCONNECTED:
            assert event.rows is not None
            for row in event.rows:
                self.tickers.pop(row, None)
                self.books.pop(row, None)

    def count(self, kind: FeedEventKind) -> int:
        return sum(event.kind is kind for event in self.events)

    def details(self, kind: FeedEventKind) -> list[str]:
        return [event.detail for event in self.events if event.kind is kind]


class MachineClock:
    """The clock of the machine that follows a venue; it stops while the machine sleeps.

    Attributes:
        knows: Whether the machine knows afterwards that it slept; a virtual one may not.
    """

    def __init__(self, world: Clock) -> None:
        self._world = world
        self._behind_ns = 0
        self.knows = True

    def now_ns(self) -> int:
        return self._world.now_ns() - self._behind_ns

    def catch_up(self) -> int:
        if not self.knows:
            return 0
        slept_ns, self._behind_ns = self._behind_ns, 0
        return slept_ns

    @property
    def offset_ns(self) -> int:
        """What a measurement against the venue's time finds."""
        return self._behind_ns

    def stood(self, slept_ns: int) -> None:
        """Note that the machine slept, up to now."""
        self._behind_ns += slept_ns


class VirtualVenue:
    """One synthetic venue, a feed that follows it, and what the feed's listener holds.

    Attributes:
        arrives: What becomes of a frame on its way; None where it is lost.
        told: Rows whose quote REST has told; whoever looks may clear it.
        closed: Rows that the venue lists and does not trade: REST tells no quote of them.
    """

    def __init__(self, name: str, venues: VirtualVenues, index: int = 0) -> None:
        self.name = name
        self.index = index
        self.venues = venues
        self.wires: list[MemoryWire] = []
        self.dials = 0
        self.refused: Counter[int] = Counter()
        self.snapshots: Counter[int] = Counter()
        self.refuse_dials = False
        self.offline = False
        self.arrives: Callable[[bytes], bytes | None] = lambda raw: raw
        self.told: set[int] = set()
        self.closed: set[int] = set()
        self._truths: dict[tuple[int, int], tuple[list[Level], list[Level]]] = {}
        self.clock = MachineClock(venues.clock)
        self.ban = BanClock()
        self.listener = Listener(name)
        module = import_module(ENDPOINTS[name].module)
        shell = getattr(module, ENDPOINTS[name].shell)
        self._limit: ConnectLimit = shell.connects
        self._rates = Rates()
        self.instruments: tuple[Instrument, ...] = venues.world.instruments(name)
        self.rows = {self.wire_symbol(i): i.index for i in self.instruments}
        self.feed = self._feed()
        self.listener.feed = self.feed
        self.feed.set_rows(self.rows)

    def wire_symbol(self, instrument: Instrument) -> str:
        joint = "-" if self.name == "okx" else ""
        return f"{instrument.base}{joint}{instrument.quote}"

    def _feed(self) -> Feed:
        url, clock = f"ws://{self.name}{ENDPOINTS[self.name].ws_public}", self.clock
        draw = Random(11).random
        if self.name == "okx":
            return OkxFeed(url, self.index, clock, self.ban, self.fetch_book, self.dial, draw)
        if self.name == "binance":
            return BinanceFeed(
                url, self.index, clock, self.ban, self, self._instrument_of, self.dial, draw
            )
        kind = BybitFeed if self.name == "bybit" else BitgetFeed
        return kind(url, self.index, clock, self.ban, self.dial, draw)

    def _instrument_of(self, wire_symbol: str) -> Listed:
        listed = self.instruments[self.rows[wire_symbol]]
        step, open_ = Decimal("0.01"), listed.index not in self.closed
        return Listed(
            self.name, wire_symbol, listed.base, listed.quote, step, step, tradeable=open_
        )

    async def tickers(self, rows: Mapping[str, int], exchange: int) -> list[Ticker]:
        """Answer as Binance's REST would."""
        await asyncio.sleep(0.05)
        found = []
        for row in set(rows.values()) - self.closed:
            book, listed = self._book(row), self.instruments[row]
            bid, ask = max(book.bids), min(book.asks)
            sides = [(float(listed.price(t)), float(listed.qty(q))) for t, q in (bid, ask)]
            now_ns = self.clock.now_ns()
            found.append(Ticker(exchange, row, *sides[0], *sides[1], 0, now_ns))
            self.told.add(row)
        return found

    async def depth(self, symbol: str, levels: int) -> DepthSnapshot:
        """Answer as Binance's REST would."""
        return await self.fetch_book(self.rows[symbol])

    def _book(self, row: int) -> BookView:
        return self.venues.markets[self.name].book_of(self.instruments[row])

    async def fetch_book(self, row: int) -> DepthSnapshot:
        """Answer as the venue's REST would."""
        self.snapshots[row] += 1
        await asyncio.sleep(0.05)
        instrument = self.instruments[row]
        book = self._book(row)
        now_ns = self.clock.now_ns()
        bids = _levels(instrument, dict(book.bids), falling=True)
        asks = _levels(instrument, dict(book.asks), falling=False)
        wire_id = self.venues.markets[self.name].wire_id(row, book.update_id)
        return DepthSnapshot(wire_id, bids, asks, book.ts_ns // MS * MS, now_ns)

    async def dial(self, options: DialOptions) -> Wire:
        """Connect as the venue's front door would let us."""
        self.dials += 1
        await asyncio.sleep(0.02)
        network, venues = self.venues.networks[self.name], self.venues
        if self.refuse_dials:
            raise DialFailed(self.name, "nobody there")
        if self.offline:
            raise DialFailed(self.name, "no name", offline=True)
        if network.swallows(None):
            await asyncio.sleep(options.timeout_s)
            raise DialFailed(self.name, "no connection in time")
        for fault in network.on(FaultKind.BAN):
            if isinstance(fault.args, BanArgs):
                self.refused[fault.args.code] += 1
                raise DialFailed(self.name, "banned", status=fault.args.code)
        limit = self._limit
        crowded = limit.open is not None and len(network.links) >= limit.open
        now_ms = venues.now_ns // MS
        if crowded or self._rates.take("connect", limit.attempts, limit.window_ms, now_ms) < 0:
            self.refused[limit.status] += 1
            raise DialFailed(self.name, "too many connections", status=limit.status)
        link = MemoryLink(network, venues.streams[self.name])
        wire = MemoryWire(link, lambda raw: self.arrives(raw))
        self.wires.append(wire)
        path = "/stream" if self.name == "binance" else ENDPOINTS[self.name].ws_public
        venues.streams[self.name].opened(link, path, {})
        return wire

    def inject(
        self,
        fault: str,
        symbol: str | None = None,
        *,
        args: dict[str, object] | None = None,
        count: int | None = None,
        for_s: float | None = None,
    ) -> None:
        """Post a fault of this venue."""
        self.venues.inject(self.name, fault, symbol, count, for_s, **(args or {}))

    def sleep(self, seconds: float) -> None:
        """Let the machine that follows it sleep: what arrives lies in its socket afterwards."""
        before_ns = self.venues.now_ns
        self.venues.run(seconds)
        self.clock.stood(self.venues.now_ns - before_ns)

    def heal(self) -> None:
        """End every fault."""
        self.venues.board.clear(self.venues.now_ns)

    def requests(self, since_s: float = 0.0) -> list[tuple[str, list[str]]]:
        """Return what was asked for since, as (operation, sorted channel and symbol)."""
        return [
            (operation, sorted(topics))
            for wire in self.wires
            for at_s, operation, topics in wire.requests()
            if at_s >= since_s
        ]

    @property
    def open_wires(self) -> list[MemoryWire]:
        """Connections that the venue still serves."""
        links = self.venues.networks[self.name].links
        return [wire for wire in self.wires if wire.link in links]

    @property
    def ended(self) -> Counter[str | int | None]:
        """How the venue ended connections; what it never ended is left out."""
        return Counter(wire.link.ended for wire in self.wires if wire.link.ended is not None)

    def truth(self, row: int, update_id: int, depth: int) -> tuple[list[Level], list[Level]]:
        """Return the venue's book as it was under an update id, best level first."""
        key = row, update_id
        state = self._truths.get(key)
        if state is None:
            assert self.venues.history is not None
            instrument = self.instruments[row]
            bids, asks = self.venues.history[self.name, row, update_id]
            state = self._truths[key] = (
                _levels(instrument, bids, falling=True),
                _levels(instrument, asks, falling=False),
            )
            if len(self._truths) > _TRUTHS:
                del self._truths[next(iter(self._truths))]
        return state[0][:depth], state[1][:depth]

    def recent(self, row: int, states: int, depth: int) -> list[tuple[list[Level], list[Level]]]:
        """Return the venue's latest books, newest first."""
        ids = islice(reversed(self.venues.ids[self.name, row]), states)
        return [self.truth(row, update_id, depth) for update_id in ids]

    def check_quotes(self, states: int = 3) -> None:
        """Fail unless the newest quote of every row is (nearly) the venue's present one."""
        for row in self.rows.values():
            ticker = self.listener.tickers[row]
            quote = ([(ticker.bid, ticker.bid_size)], [(ticker.ask, ticker.ask_size)])
            assert quote in self.recent(row, states, 1), (self.name, row)

    def check_book(self, row: int, states: int = 6, depth: int = 15) -> None:
        """Fail unless a book is synced and (nearly) the venue's present one."""
        book = self.listener.books[row]
        assert book.synced, (self.name, row)
        held = (book.levels(OrderSide.BUY, depth), book.levels(OrderSide.SELL, depth))
        ids = reversed(self.venues.ids[self.name, row])
        recent = (self.truth(row, update_id, depth) for update_id in islice(ids, states))
        assert held in recent, (self.name, row)

    async def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until `condition` holds."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - whatever it looks at has no event
                await asyncio.sleep(0.005)

    async def until_quoted(self) -> None:
        """Wait for a quote of every row."""
        rows = set(self.rows.values())
        await self.until(lambda: self.listener.tickers.keys() == rows)


def _levels(instrument: Instrument, side: dict[int, int], *, falling: bool) -> list[Level]:
    ordered = sorted(side.items(), reverse=falling)
    return [(float(instrument.price(t)), float(instrument.qty(q))) for t, q in ordered if q]


@asynccontextmanager
async def venue_of(
    name: str, *, symbols: int = 4, rate_hz: float = 80.0, step_s: float = 0.02, seed: int = 5
) -> AsyncIterator[VirtualVenue]:
    """A venue whose feed runs; time passes in steps.

    Args:
        name: The venue.
        symbols: How many it has.
        rate_hz: Changes of best bid and ask per second over four such venues.
        step_s: Steps in which time passes.
        seed: What fixes the world.
    """
    spec = WorldSpec(
        seed=seed,
        symbols=symbols,
        rate_hz=rate_hz / len(VENUES),
        edges_per_min=0.0,
        venues=tuple(profile for profile in VENUES if profile.name == name),
    )
    venue = VirtualVenue(name, VirtualVenues(spec, remember=True, keep=200))

    async def drive() -> None:
        while True:
            await asyncio.sleep(step_s)
            venue.venues.run(step_s)

    tasks = [asyncio.create_task(drive()), asyncio.create_task(venue.feed.run(venue.listener))]
    try:
        yield venue
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        assert isinstance(end, asyncio.CancelledError), end
    assert venue.open_wires == []
    assert venue.venues.now_ns > SECOND


def play(
    name: str,
    scenario: Callable[[VirtualVenue], Coroutine[object, object, None]],
    *,
    symbols: int = 4,
    rate_hz: float = 80.0,
    step_s: float = 0.02,
) -> None:
    """Play a scenario in virtual time, once every symbol of the venue has a quote."""

    async def scene() -> None:
        async with venue_of(name, symbols=symbols, rate_hz=rate_hz, step_s=step_s) as venue:
            await venue.until_quoted()
            await scenario(venue)

    run_virtual(scene())


def now_s() -> float:
    """Return the virtual time, seconds."""
    return asyncio.get_running_loop().time()
