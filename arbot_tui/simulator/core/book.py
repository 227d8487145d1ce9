"""One venue's quoted order book for one symbol, twenty levels deep.

Only the best prices are set when a book is quoted; the ladder behind them is a pure function of
the quote and is made when somebody looks. What orders take is taken from the ladder until the
next quote makes a new one.
"""

from __future__ import annotations

from typing import NamedTuple

from arbot_tui.simulator.core.hashing import draw_key, mix
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.listing import Listing

__all__ = ["DEPTH", "Book", "BookChange", "Level"]

DEPTH = 20
"""Levels quoted on each side."""

_LADDER = 401
# A level keeps its size for about five seconds, each price on a clock of its own, so that
# successive books differ by a few levels like real ones.
_KEEP_STEPS_BITS = 9
_KEEP_STEPS_MASK = (1 << _KEEP_STEPS_BITS) - 1


class Level(NamedTuple):
    """Price in ticks and quantity in lots."""

    ticks: int
    lots: int


class BookChange(NamedTuple):
    """The best bid and ask of one book after a change; a side without levels is (0, 0).

    Attributes:
        venue: Name of the venue.
        symbol: Index of the symbol.
        update_id: Identity of this state; grows with every change of the book.
        ts_ns: Matching-engine time, UTC nanoseconds.
        bid: Best bid.
        ask: Best ask.
    """

    venue: str
    symbol: int
    update_id: int
    ts_ns: int
    bid: Level
    ask: Level


class Book:
    """The current state of one quoted book.

    Args:
        instrument: What is traded, and where.
        seed: The world's seed.
        unit_lots: Lots worth about 1,000 USD; sizes of deeper levels are multiples of it.
        grid: Ticks between deeper levels.
        first_id: Update id before the first quote.

    Attributes:
        instrument: As given; prices and quantities are always counts of its steps.
        listing: Whether it can be traded, and by which rules, right now; see `relist`.
        tick_multiple: Ticks of the instrument in one tick of the present rules.
        lot_multiple: Lots of the instrument in one lot of the present rules.
        ts_ns: Matching-engine time of the last change, UTC nanoseconds by the venue's clock.
        update_id: Identity of the present state; grows with every change.
    """

    __slots__ = (
        "_asks",
        "_best_ask",
        "_best_bid",
        "_bids",
        "_grid",
        "_key",
        "_step",
        "_unit_lots",
        "instrument",
        "listing",
        "lot_multiple",
        "tick_multiple",
        "ts_ns",
        "update_id",
    )

    def __init__(
        self, instrument: Instrument, seed: int, unit_lots: int, grid: int, first_id: int
    ) -> None:
        self.instrument = instrument
        self.relist(Listing(instrument))
        self.update_id = first_id
        self.ts_ns = 0
        self._key = draw_key(seed, _LADDER, first_id)
        self._unit_lots = unit_lots
        self._grid = grid
        self._step = 0
        self._best_bid = self._best_ask = Level(0, 0)
        self._bids: list[Level] | None = []
        self._asks: list[Level] | None = []

    def quote(self, bid: Level, ask: Level, step: int, now_ns: int) -> None:
        """Replace the book: new best prices, full ladders behind them."""
        self._best_bid, self._best_ask = bid, ask
        self._bids = self._asks = None
        self._step = step
        self._changed(now_ns)

    def relist(self, listing: Listing) -> None:
        """Trade by other rules, or not at all, from the next quote on."""
        own, rules = self.instrument, listing.rules
        self.listing = listing
        self.tick_multiple: int = 10 ** (own.price_decimals - rules.price_decimals)
        self.lot_multiple: int = 10 ** (own.qty_decimals - rules.qty_decimals)

    @property
    def bids(self) -> list[Level]:
        """Buy levels, best first; not to be modified."""
        if self._bids is None:
            self._bids = self._ladder(self._best_bid, -1)
        return self._bids

    @property
    def asks(self) -> list[Level]:
        """Sell levels, best first; not to be modified."""
        if self._asks is None:
            self._asks = self._ladder(self._best_ask, 1)
        return self._asks

    @property
    def best_bid(self) -> Level:
        """Highest buy level; (0, 0) if orders took the whole side."""
        return self._best_bid

    @property
    def best_ask(self) -> Level:
        """Lowest sell level; (0, 0) if orders took the whole side."""
        return self._best_ask

    def change(self) -> BookChange:
        """Return the current top as a change to publish."""
        return BookChange(
            self.instrument.venue,
            self.instrument.index,
            self.update_id,
            self.ts_ns,
            self._best_bid,
            self._best_ask,
        )

    def available(self, buying: bool, limit_ticks: int) -> int:
        """Return the lots a taker with this limit could trade."""
        if buying:
            return sum(level.lots for level in self.asks if level.ticks <= limit_ticks)
        return sum(level.lots for level in self.bids if level.ticks >= limit_ticks)

    def take(self, buying: bool, limit_ticks: int, lots: int, now_ns: int) -> list[Level]:
        """Take up to `lots` within the limit from the other side; return what was taken."""
        side = self.asks if buying else self.bids
        taken: list[Level] = []
        while lots and side:
            best = side[0]
            if best.ticks > limit_ticks if buying else best.ticks < limit_ticks:
                break
            part = min(lots, best.lots)
            taken.append(Level(best.ticks, part))
            lots -= part
            if part == best.lots:
                del side[0]
            else:
                side[0] = Level(best.ticks, best.lots - part)
        if taken:
            top = side[0] if side else Level(0, 0)
            if buying:
                self._best_ask = top
            else:
                self._best_bid = top
            self._changed(now_ns)
        return taken

    def _changed(self, now_ns: int) -> None:
        self.ts_ns = now_ns
        # Real ids skip: consumers may rely on order and on chains, never on + 1.
        self.update_id += 1 + (mix(self.update_id) & 7)

    def _ladder(self, best: Level, direction: int) -> list[Level]:
        if not best.lots:
            return []
        key, step = self._key, self._step
        tick, lot = self.tick_multiple, self.lot_multiple
        grid = -(-self._grid // tick) * tick
        levels = [best]
        # Deeper levels sit on a fixed grid of prices: most of them survive a small move.
        cell = best.ticks // grid if direction > 0 else -(-best.ticks // grid)
        for _ in range(DEPTH - 1):
            cell += direction
            if cell <= 0:
                break
            own = mix(key ^ (cell * 2 + (direction > 0)))
            age = (step + (own & _KEEP_STEPS_MASK)) >> _KEEP_STEPS_BITS
            # Four hundred to twelve thousand dollars, many small and few large.
            share = (mix(own ^ age) >> 44) & 0xFFF
            lots = self._unit_lots * (400 + share * share // 1398) // 1000
            levels.append(Level(cell * grid, max(lot, lots // lot * lot)))
        return levels
