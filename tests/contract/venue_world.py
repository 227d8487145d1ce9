"""A synthetic world over sockets for any venue that the factory knows, the toy included."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookUpdate, Level
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.market.book import Book, BookStatus
from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.instruments import VENUES, Instrument
from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.server import SyntheticVenues
from tests.contract.toy_server import TOY, ToyServer
from tests.integration.exchanges.world import World
from tests.unit.exchanges.loopback import Market

__all__ = ["PLUGIN", "ContractWorld", "Follower", "contract_world"]

PLUGIN = Path(__file__).parent / "plugin"
"""What installing the toy venue would put beside our own package: its entry point."""

Sides = tuple[list[Level], list[Level]]

_REMEMBERED = 400
_MAX_LEVELS = {
    Continuity.RANGE: 1000,
    Continuity.PREVIOUS_ID: 400,
    Continuity.CONSECUTIVE: 50,
    Continuity.SNAPSHOT_ONLY: 400,
}


class ContractWorld(World):
    """A running world, an adapter on it, and every state of the venue's books."""

    def __init__(self, venues: SyntheticVenues, name: str, toy: ToyServer | None) -> None:
        super().__init__(venues, ExchangeFactory().create, name)
        self.venues = venues
        self._toy = toy
        self._listed: dict[int, Instrument] = {i.index: i for i in venues.world.instruments(name)}
        self._states: dict[str, deque[Sides]] = {
            i.symbol: deque(maxlen=_REMEMBERED) for i in self._listed.values()
        }
        # All of them: a test looks at its quotes at the end.
        self._quotes: dict[str, list[Sides]] = {i.symbol: [] for i in self._listed.values()}
        for instrument in self._listed.values():
            self._remember(instrument)
        self._publish = venues.sinks[name]
        venues.sinks[name] = self._published

    def _published(self, change: BookChange) -> None:
        instrument = self._listed[change.symbol]
        self._remember(instrument)
        bid, ask = (
            [(float(instrument.price(t)), float(instrument.qty(q)))]
            for t, q in (change.bid, change.ask)
        )
        self._quotes[instrument.symbol].append((bid, ask))
        self._publish(change)

    def _remember(self, instrument: Instrument) -> None:
        book = self.venues.world.books(self.name)[instrument.symbol]
        bids, asks = (
            [(float(instrument.price(t)), float(instrument.qty(q))) for t, q in side if q]
            for side in (book.bids, book.asks)
        )
        self._states[instrument.symbol].append((bids, asks))

    def states(self, row: int, depth: int) -> list[Sides]:
        """Return the venue's latest books of a row, cut at a depth."""
        symbol = next(symbol for symbol, known in self.rows.items() if known == row)
        return [(bids[:depth], asks[:depth]) for bids, asks in self._states[symbol]]

    def quotes(self, row: int) -> list[Sides]:
        """Return the latest best levels of a row, those between two books included.

        A world that had no time for a while takes several steps at once: the books are then known
        after all of them only, and each of them is told.
        """
        symbol = next(symbol for symbol, known in self.rows.items() if known == row)
        return [*self.states(row, 1), *self._quotes[symbol]]

    def universe(self, rows: set[int]) -> None:
        """Have the adapter follow these rows, of those that were loaded."""
        chosen = [i for i in self.instruments.values() if self.rows[i.symbol] in rows]
        self.adapter.set_universe({i.wire_symbol: self.rows[i.symbol] for i in chosen}, chosen)

    def cut_sockets(self) -> None:
        """Reset every WebSocket of the venue."""
        if self._toy is not None:
            self._toy.reset()
        else:
            self.venues.inject(self.name, "rst")

    def damage_frames(self) -> None:
        """Have frames arrive that cannot be read."""
        if self._toy is not None:
            self._toy.babble()
        else:
            args: dict[str, object] = {"kinds": ["cut"], "channel": "ticker"}
            self.venues.inject(self.name, "corrupt", args=args, count=3)


class Follower(Market):
    """What an engine keeps of a venue: books by its rule, started over where it says so."""

    def __init__(self, world: ContractWorld) -> None:
        super().__init__()
        self._adapter = world.adapter
        self.held: dict[int, Book] = {}
        self.statuses: dict[int, list[BookStatus]] = {}
        self.on_applied: Callable[[int], None] = lambda row: None

    def on_book(self, update: BookUpdate) -> None:
        super().on_book(update)
        rule = self._adapter.continuity
        book = self.held.setdefault(update.row, Book(rule, _MAX_LEVELS[rule]))
        status = book.apply(update)
        self.statuses.setdefault(update.row, []).append(status)
        if status in (BookStatus.GAP, BookStatus.BUFFERED):
            self._adapter.resync_book(update.row)
        elif status is BookStatus.APPLIED:
            self.on_applied(update.row)

    def book(self, row: int, depth: int) -> Sides:
        """Return what is held of a row."""
        book = self.held[row]
        return book.levels(OrderSide.BUY, depth), book.levels(OrderSide.SELL, depth)


@asynccontextmanager
async def contract_world(name: str) -> AsyncIterator[ContractWorld]:
    """A world with a market of that venue, and an adapter that has loaded its instruments."""
    profiles = (*VENUES, TOY) if name == TOY.name else VENUES
    spec = WorldSpec(seed=7, symbols=4, rate_hz=400.0, edges_per_min=0.0, venues=profiles)
    async with AsyncExitStack() as stack:
        venues = await stack.enter_async_context(SyntheticVenues(spec))
        toy = None
        if name == TOY.name:
            toy = await stack.enter_async_context(ToyServer(venues))
        world = ContractWorld(venues, name, toy)
        stack.push_async_callback(world.adapter.close)
        await world.adapter.sync_clock()
        await world.load()
        yield world
