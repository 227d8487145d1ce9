"""How the participants of the world quote: from reference mids to books, edges included.

The quotes are a pure function of seed, symbol, venue and time, plus what an operator has set;
orders never change what is quoted next, only what is left of it until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from arbot_tui.simulator.core.book import Book, Level
from arbot_tui.simulator.core.edges import E8
from arbot_tui.simulator.core.hashing import draw_key
from arbot_tui.simulator.core.reference import STEP_NS, ReferencePrices

__all__ = ["EDGE_TOP_USD", "LiveEdge", "Quoter"]

EDGE_TOP_USD = 2_000
"""Least value at the top of the books of a scheduled edge while it lives."""

_TOP = 501
# While an edge lives its books show this much and up to this much more, so that what is left
# after a default trade still exceeds EDGE_TOP_USD.
_EDGE_TOP_LOW_USD, _EDGE_TOP_SPAN_USD = 3_500, 9_000
_TOP_LOW_USD, _TOP_SPAN_USD = 250, 9_000


@dataclass(frozen=True, slots=True)
class LiveEdge:
    """An edge that is open now.

    Attributes:
        symbol: Index of the symbol.
        venue: Index of the dislocated venue.
        other: Index of the venue to buy on, if an operator named it; None for whichever
            venue is best.
        high: True if the dislocated venue pays too much, false if it asks too little.
        net_e8: Edge after both taker fees, times 1e8.
        close_ns: First moment after its life, UTC nanoseconds.
        size: Base quantity at the top of both books; None for a hashed value of more than
            `EDGE_TOP_USD`.
    """

    symbol: int
    venue: int
    other: int | None
    high: bool
    net_e8: int
    close_ns: int
    size: Decimal | None = None


class Quoter:
    """Quotes the books of every symbol on every venue.

    Args:
        seed: The world's seed.
        start_ns: The world's start, UTC nanoseconds.
        reference: The reference mids.
        books: `books[symbol][venue]`.
        unit_lots: `unit_lots[symbol][venue]`: lots worth about 1,000 USD.
        taker_fees: Taker fee of each venue as a fraction.
        rates: For each symbol the index of the one that tells what its quote is worth; None where
            the reference is in that quote.

    Attributes:
        skews_ns: By how much the clock of each venue is ahead, nanoseconds.
    """

    def __init__(
        self,
        seed: int,
        start_ns: int,
        reference: ReferencePrices,
        books: list[list[Book]],
        unit_lots: list[list[int]],
        taker_fees: list[Decimal],
        rates: list[int | None],
    ) -> None:
        self._seed = seed
        self._start_ns = start_ns
        self._reference = reference
        self._books = books
        self._unit_lots = unit_lots
        self._fees_e8 = [int(fee * E8) for fee in taker_fees]
        self._rates = rates
        self._pins: dict[tuple[int, int], float] = {}
        self.skews_ns = [0] * len(taker_fees)

    def pin(self, symbol: int, venue: int, mid: Decimal | None) -> None:
        """Hold the mid of one book at `mid`, or give it back to the reference with None."""
        if mid is None:
            self._pins.pop((symbol, venue), None)
        else:
            self._pins[symbol, venue] = float(mid)

    def mid(self, symbol: int, venue: int, now_ns: int) -> float:
        """Return the mid around which a book is quoted now, edges aside."""
        pinned = self._pins.get((symbol, venue))
        if pinned is not None:
            return pinned
        mid = self._reference.mid(symbol, venue, (now_ns - self._start_ns) // STEP_NS)
        rate = self._rates[symbol]
        # A coin is worth what it is worth: where its quote loses its peg, its price there rises.
        return mid if rate is None else mid / self.mid(rate, venue, now_ns)

    def quote(self, symbol: int, venue: int, now_ns: int, edge: LiveEdge | None) -> None:
        """Quote one book; not the dislocated one of a live edge, see `quote_dislocated`."""
        book = self._books[symbol][venue]
        rules = book.instrument
        step = (now_ns - self._start_ns) // STEP_NS
        key = draw_key(self._seed, _TOP, symbol, venue, step)
        ticks = self.mid(symbol, venue, now_ns) * 10**rules.price_decimals
        # One to four ticks wide, mostly one.
        spread = (1, 1, 1, 1, 2, 2, 3, 4)[key & 7]
        bid = max(1, int(ticks - spread / 2 + 0.5))
        if edge is not None and edge.other == venue:
            bid = max(1, bid - self._undercut(edge, book, bid + spread))
        self._set(book, symbol, venue, bid, bid + spread, key, step, now_ns, edge)

    def quote_dislocated(self, edge: LiveEdge, now_ns: int) -> None:
        """Quote the dislocated book of `edge` so that it yields its net against the others."""
        symbol, venue = edge.symbol, edge.venue
        book = self._books[symbol][venue]
        step = (now_ns - self._start_ns) // STEP_NS
        key = draw_key(self._seed, _TOP, symbol, venue, step)
        tick = _tick_e8(book)
        others = self._others(edge)
        spread = 1 + (key & 1)
        if edge.high:
            paid, buy = min((self._price_e8(symbol, v, True), v) for v in others)
            # net = (bid (1 - sell fee) - ask (1 + buy fee)) / ask, rounded in its favour.
            bid = -(
                -paid
                * (E8 + self._fees_e8[buy] + edge.net_e8)
                // ((E8 - self._fees_e8[venue]) * tick)
            )
        else:
            received, sell = max((self._price_e8(symbol, v, False), v) for v in others)
            ask = (
                received
                * (E8 - self._fees_e8[sell])
                // ((E8 + self._fees_e8[venue] + edge.net_e8) * tick)
            )
            bid = max(1, ask - spread)
        self._set(book, symbol, venue, bid, bid + spread, key, step, now_ns, edge)

    def is_thin(self, symbol: int, venue: int) -> bool:
        """Whether a side of the book has less than `EDGE_TOP_USD` at its top."""
        book = self._books[symbol][venue]
        rules = book.instrument
        return any(
            rules.price(best.ticks) * rules.qty(best.lots) < EDGE_TOP_USD
            for best in (book.best_bid, book.best_ask)
        )

    def _others(self, edge: LiveEdge) -> list[int]:
        if edge.other is not None:
            return [edge.other]
        return [v for v in range(len(self._fees_e8)) if v != edge.venue]

    def _price_e8(self, symbol: int, venue: int, ask: bool) -> int:
        book = self._books[symbol][venue]
        return (book.best_ask if ask else book.best_bid).ticks * _tick_e8(book)

    def _undercut(self, edge: LiveEdge, book: Book, ask: int) -> int:
        """Return by how many ticks `ask` has to fall to be the lowest outside the edge.

        An operator names both venues; the other two must not offer a better edge than the
        pair that was asked for.
        """
        rest = [v for v in range(len(self._fees_e8)) if v not in (edge.venue, edge.other)]
        lowest = min((self._price_e8(edge.symbol, v, True) for v in rest), default=None)
        return 0 if lowest is None else max(0, ask - lowest // _tick_e8(book))

    def _set(
        self,
        book: Book,
        symbol: int,
        venue: int,
        bid: int,
        ask: int,
        key: int,
        step: int,
        now_ns: int,
        edge: LiveEdge | None,
    ) -> None:
        if edge is None:
            low, span = _TOP_LOW_USD, _TOP_SPAN_USD
        else:
            low, span = _EDGE_TOP_LOW_USD, _EDGE_TOP_SPAN_USD
        thousand = self._unit_lots[symbol][venue]
        sizes: list[int] = []
        for shift in (8, 20):
            share = (key >> shift) & 0xFFF
            usd = low + span * share * share // 0xFFF_000
            sizes.append(max(1, thousand * usd // 1000))
        if edge is not None and edge.size is not None and venue in (edge.venue, edge.other):
            lots = max(1, int(edge.size.scaleb(book.instrument.qty_decimals)))
            sizes = [lots, lots]
        tick, lot = book.tick_multiple, book.lot_multiple
        if tick > 1 or lot > 1:
            # Outwards, so that coarser prices open no edge.
            bid, ask = max(tick, bid // tick * tick), -(-ask // tick) * tick
            sizes = [max(lot, size // lot * lot) for size in sizes]
        stamp_ns = now_ns + self.skews_ns[venue]
        book.quote(Level(bid, sizes[0]), Level(ask, sizes[1]), step, stamp_ns)


def _tick_e8(book: Book) -> int:
    tick: int = 10 ** (8 - book.instrument.price_decimals)
    return tick
