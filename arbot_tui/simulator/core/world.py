"""The synthetic world: one clock, all books, all accounts; sans-I/O.

A driver passes time in and takes book changes out::

    world = World(WorldSpec(seed=7), start_ns=now_ns, world_id="4f1c")
    for change in world.advance(now_ns):
        publish(change)

Orders go to the venue's `Matcher` through `place` and `cancel`; what they change is in the
answer of the next `advance`, also for the same `now_ns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from arbot_tui.simulator.core.book import Book, BookChange
from arbot_tui.simulator.core.catalogue import QUOTE, coins, in_second_quote, opening_balances
from arbot_tui.simulator.core.daily import Daily
from arbot_tui.simulator.core.edges import E8, Edge, schedule
from arbot_tui.simulator.core.founding import lots_worth_1000, new_book, new_matcher, turns
from arbot_tui.simulator.core.instruments import VENUES, Instrument, VenueProfile
from arbot_tui.simulator.core.listing import Listing, ListingStatus
from arbot_tui.simulator.core.orders import NewOrder, Order
from arbot_tui.simulator.core.quoting import LiveEdge, Quoter
from arbot_tui.simulator.core.reference import ReferencePrices
from arbot_tui.simulator.core.treatment import AS_EVER, Treatment

__all__ = ["World", "WorldSpec"]

_SECOND = 1_000_000_000
_NEVER = 1 << 63


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """What fixes a world.

    Attributes:
        seed: Everything drawn follows from it.
        symbols: Number of symbols.
        rate_hz: Best bid/ask updates per second over all venues and symbols.
        edges_per_min: Scheduled dislocations per minute; 0 for none.
        usdc_symbols: How many of the symbols have a second market in USDC; its own market comes
            with them. They are listed last and see no scheduled edges.
        venues: The venues.
    """

    seed: int = 1
    symbols: int = 20
    rate_hz: float = 400.0
    edges_per_min: float = 12.0
    venues: tuple[VenueProfile, ...] = VENUES
    usdc_symbols: int = 0


class World:
    """Everything that exists on the synthetic venues.

    Args:
        spec: What fixes the world.
        start_ns: Its start, UTC nanoseconds.
        world_id: Random name of this world; never derived from the seed.

    Attributes:
        spec: As given.
        start_ns: As given.
        world_id: As given.
        now_ns: How far the world has advanced, UTC nanoseconds.
        symbols: Canonical symbols in the world's order.
        matchers: Order entry by name of venue.
        reference: The reference mids.
        daily: Statistics of the last 24 hours.
        unified: Venues whose account has become a unified one.
    """

    def __init__(self, spec: WorldSpec, start_ns: int, world_id: str) -> None:
        self.spec = spec
        self.start_ns = start_ns
        self.now_ns = start_ns
        self.world_id = world_id
        self.unified: set[str] = set()
        listed = coins(spec.seed, spec.symbols)
        self._coins = listed + in_second_quote(listed, spec.usdc_symbols)
        self.symbols = tuple(coin.symbol for coin in self._coins)
        self._venue_index = {venue.name: i for i, venue in enumerate(spec.venues)}
        self._symbol_index = {symbol: i for i, symbol in enumerate(self.symbols)}
        count = len(self._coins) * len(spec.venues)
        self.reference = ReferencePrices(
            spec.seed, self._coins, list(self._venue_index), count / spec.rate_hz
        )
        self.daily = Daily(start_ns, self._coins, self.reference)
        self._books = [
            [new_book(spec.seed, index, coin, venue) for venue in spec.venues]
            for index, coin in enumerate(self._coins)
        ]
        self._by_venue = {
            name: {row[i].instrument.symbol: row[i] for row in self._books}
            for name, i in self._venue_index.items()
        }
        opening = opening_balances(self._coins)
        self.matchers = {
            venue.name: new_matcher(spec.seed, venue, self._by_venue[venue.name], opening)
            for venue in spec.venues
        }
        self._quoter = Quoter(
            spec.seed,
            start_ns,
            self.reference,
            self._books,
            [
                [lots_worth_1000(book.instrument, coin.price) for book in row]
                for row, coin in zip(self._books, self._coins, strict=True)
            ],
            [venue.taker_fee for venue in spec.venues],
            [None if coin.quote == QUOTE else spec.symbols for coin in self._coins],
        )
        self._turns = turns(spec.seed, count)
        self._slot = 0
        self._slot_ns = start_ns
        self._schedule = schedule(spec.seed, spec.symbols, len(spec.venues), spec.edges_per_min)
        self._next_edge: Edge | None = next(self._schedule, None)
        self._live: dict[int, LiveEdge] = {}
        self._edge_ns = self._next_turn()
        # When the next accepted order is rejected.
        self._doom_ns = _NEVER
        self._changes: list[BookChange] = []
        for symbol in range(len(self._coins)):
            self._quote_symbol(symbol, start_ns)

    # Looking

    def books(self, venue: str) -> dict[str, Book]:
        """Return the books of a venue by canonical symbol; not to be modified."""
        return self._by_venue[venue]

    def instruments(self, venue: str) -> tuple[Instrument, ...]:
        """Return what is listed on a venue, in the world's order."""
        return tuple(book.instrument for book in self._by_venue[venue].values())

    @property
    def live_edges(self) -> tuple[LiveEdge, ...]:
        """The edges that are open now."""
        return tuple(self._live.values())

    def mid(self, venue: str, symbol: str, now_ns: int) -> float:
        """Return the mid around which a book is quoted at a time, edges aside."""
        return self._quoter.mid(self._symbol_index[symbol], self._venue_index[venue], now_ns)

    # Time

    @property
    def next_ns(self) -> int:
        """When the next thing happens by itself, UTC nanoseconds."""
        return min(self._slot_ns, self._edge_ns, self._doom_ns)

    def advance(self, now_ns: int) -> list[BookChange]:
        """Live up to `now_ns` and return all changes since the last answer, in order."""
        while self.next_ns <= now_ns:
            if self._doom_ns <= min(self._edge_ns, self._slot_ns):
                self.now_ns = self._doom_ns
                self._turn_matchers()
            elif self._edge_ns <= self._slot_ns:
                self.now_ns = self._edge_ns
                self._turn_edges(self._edge_ns)
            else:
                self.now_ns = self._slot_ns
                self._quote_turn(self._slot_ns)
        self.now_ns = max(self.now_ns, now_ns)
        changes, self._changes = self._changes, []
        return changes

    def skip_to(self, now_ns: int) -> None:
        """Jump to `now_ns` without the quotes in between, after a host was asleep.

        Every book is quoted anew, so that none is older than the jump.
        """
        interval = _SECOND / self.spec.rate_hz
        self._slot = max(self._slot, int((now_ns - self.start_ns) / interval))
        self._slot_ns = self.start_ns + round(self._slot * interval)
        while self._edge_ns <= now_ns:
            self._turn_edges(self._edge_ns)
        self.now_ns = max(self.now_ns, now_ns)
        self._turn_matchers()
        for symbol in range(len(self._books)):
            self._quote_symbol(symbol, self.now_ns)

    # Orders

    def place(
        self, venue: str, new: NewOrder, now_ns: int, treatment: Treatment = AS_EVER
    ) -> Order:
        """Accept and match an order at `now_ns`.

        Raises:
            Refused: The venue does not accept it; nothing has changed.
        """
        self._live_until(now_ns)
        order = self.matchers[venue].place(new, self.now_ns, treatment)
        self._doom_ns = self._next_doom()
        if order.trades:
            book = self._by_venue[venue][new.symbol]
            self._changes.append(book.change())
            index = book.instrument.index
            edge = self._live.get(index)
            # An edge stays as deep as promised for as long as it lives.
            if edge and edge.size is None and self._quoter.is_thin(index, self._venue_index[venue]):
                self._quote_book(index, self._venue_index[venue], self.now_ns)
        return order

    def cancel(self, venue: str, order: Order, now_ns: int, cancel_id: str = "") -> None:
        """Cancel an order at `now_ns`.

        Raises:
            Refused: It has already ended.
        """
        self._live_until(now_ns)
        self.matchers[venue].cancel(order, self.now_ns, cancel_id)

    # The operator

    def open_edge(
        self,
        symbol: str,
        buy: str,
        sell: str,
        net_pct: Decimal,
        size: Decimal | None,
        life_s: float,
        now_ns: int,
    ) -> None:
        """Open an edge by hand; it takes the place of a live one on the same symbol.

        Args:
            symbol: Canonical symbol.
            buy: Venue to buy on.
            sell: Venue to sell on: the dislocated one.
            net_pct: Edge in percent after both taker fees.
            size: Base quantity at the top of both books; None for at least 2,000 USD.
            life_s: Seconds it lives.
            now_ns: When it opens.

        Raises:
            KeyError: The symbol or a venue does not exist.
            ValueError: Buy and sell are the same venue.
        """
        index = self._symbol_index[symbol]
        buy_index, sell_index = self._venue_index[buy], self._venue_index[sell]
        if buy_index == sell_index:
            raise ValueError("an edge needs two venues")
        self._live_until(now_ns)
        self._live[index] = LiveEdge(
            symbol=index,
            venue=sell_index,
            other=buy_index,
            high=True,
            net_e8=int(net_pct * (E8 // 100)),
            close_ns=self.now_ns + int(life_s * _SECOND),
            size=size,
        )
        self._edge_ns = self._next_turn()
        self._quote_symbol(index, self.now_ns)

    def move(self, venue: str, asset: str, amount: Decimal, now_ns: int, *, told: bool) -> None:
        """Let a deposit arrive or, negative, a withdrawal go; untold, edit a balance.

        Raises:
            KeyError: The venue does not exist.
            Refused: Less than that is free; nothing has changed.
        """
        self._live_until(now_ns)
        self.matchers[venue].move(asset, amount, self.now_ns, told=told)

    def set_listing(
        self, venue: str, symbol: str, rules: Instrument, status: ListingStatus, now_ns: int
    ) -> None:
        """Change by which rules a symbol is traded on a venue, and whether at all.

        Raises:
            KeyError: The symbol or the venue does not exist.
        """
        book = self._by_venue[venue][symbol]
        if book.listing.rules == rules and book.listing.status is status:
            return
        self._live_until(now_ns)
        if status is ListingStatus.DELISTED:
            self.matchers[venue].cancel_all(symbol, self.now_ns)
        same_rules = book.listing.rules == rules
        book.relist(Listing(rules, status))
        if not same_rules:
            # What was quoted off the new steps has gone.
            self._quote_book(book.instrument.index, self._venue_index[venue], self.now_ns)

    def set_skew(self, venue: str, skew_ns: int) -> None:
        """Put the clock of a venue ahead by `skew_ns`; what it stamped before stays as it is.

        Raises:
            KeyError: The venue does not exist.
        """
        self.matchers[venue].skew_ns = skew_ns
        self._quoter.skews_ns[self._venue_index[venue]] = skew_ns

    def set_price(self, symbol: str, venue: str, mid: Decimal | None, now_ns: int) -> None:
        """Hold the mid of a book at `mid`, or let it follow the reference again with None.

        Raises:
            KeyError: The symbol or the venue does not exist.
        """
        symbol_index, venue_index = self._symbol_index[symbol], self._venue_index[venue]
        self._live_until(now_ns)
        self._quoter.pin(symbol_index, venue_index, mid)
        self._quote_book(symbol_index, venue_index, self.now_ns)

    # Inside

    def _live_until(self, now_ns: int) -> None:
        """Advance without giving the changes away."""
        self._changes = self.advance(now_ns)

    def _turn_matchers(self) -> None:
        for matcher in self.matchers.values():
            matcher.turn(self.now_ns)
        self._doom_ns = self._next_doom()

    def _next_doom(self) -> int:
        due = [matcher.next_ns for matcher in self.matchers.values()]
        return min((due_ns for due_ns in due if due_ns is not None), default=_NEVER)

    def _quote_turn(self, now_ns: int) -> None:
        symbol, venue = divmod(self._turns[self._slot % len(self._turns)], len(self.spec.venues))
        self._quote_book(symbol, venue, now_ns)
        self._slot += 1
        self._slot_ns = self.start_ns + round(self._slot * _SECOND / self.spec.rate_hz)

    def _quote_book(self, symbol: int, venue: int, now_ns: int) -> None:
        """Quote one book, and the dislocated one of the symbol's edge with it."""
        edge = self._live.get(symbol)
        if edge is None or venue != edge.venue:
            if edge is not None and edge.other is not None and venue != edge.other:
                # The named venue has to stay the best one to deal with.
                self._quote_symbol(symbol, now_ns)
                return
            self._quoter.quote(symbol, venue, now_ns, edge)
            self._changed(symbol, venue, now_ns)
        if edge is not None:
            self._quoter.quote_dislocated(edge, now_ns)
            self._changed(symbol, edge.venue, now_ns)

    def _quote_symbol(self, symbol: int, now_ns: int) -> None:
        """Quote all books of a symbol, the two sides of an edge last."""
        edge = self._live.get(symbol)
        venues = [
            v for v in range(len(self.spec.venues)) if not edge or v not in (edge.venue, edge.other)
        ]
        if edge is not None and edge.other is not None:
            venues.append(edge.other)
        for venue in venues:
            self._quoter.quote(symbol, venue, now_ns, edge)
            self._changed(symbol, venue, now_ns)
        if edge is not None:
            self._quoter.quote_dislocated(edge, now_ns)
            self._changed(symbol, edge.venue, now_ns)

    def _changed(self, symbol: int, venue: int, now_ns: int) -> None:
        book = self._books[symbol][venue]
        self._changes.append(book.change())
        if self.matchers[book.instrument.venue].match_resting(book, now_ns):
            self._changes.append(book.change())

    def _turn_edges(self, now_ns: int) -> None:
        """Close what has ended and open what is due."""
        for edge in [edge for edge in self._live.values() if edge.close_ns <= now_ns]:
            del self._live[edge.symbol]
            # The dislocated book first: nobody should see the edge without its other side.
            self._quote_book(edge.symbol, edge.venue, now_ns)
            if edge.other is not None:
                self._quote_book(edge.symbol, edge.other, now_ns)
        due = self._next_edge
        if due is not None and self.start_ns + due.open_ns <= now_ns:
            self._next_edge = next(self._schedule, None)
            # An operator's edge keeps its symbol.
            if due.symbol not in self._live:
                self._live[due.symbol] = LiveEdge(
                    symbol=due.symbol,
                    venue=due.venue,
                    other=None,
                    high=due.high,
                    net_e8=due.net_e8,
                    close_ns=self.start_ns + due.close_ns,
                )
                self._quote_symbol(due.symbol, now_ns)
        self._edge_ns = self._next_turn()

    def _next_turn(self) -> int:
        due = [edge.close_ns for edge in self._live.values()]
        if self._next_edge is not None:
            due.append(self.start_ns + self._next_edge.open_ns)
        return min(due, default=_NEVER)
