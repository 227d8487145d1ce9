"""The ranked list and the opportunities of a synthetic market against brute force, at every tick.

The oracle holds what the venues said as matrices and recomputes all of it each time: every symbol,
every ordered pair of venues. It shares no code and no data with board, ranking and detection.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.world import World, WorldSpec
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook

__all__ = ["Comparison", "RankedMarket"]

_VENUES = ("binance", "bybit", "okx", "bitget")
_START_NS = 1_790_000_000 * SECOND
_FEES = (0.001, 0.0008, 0.00075, 0.0, -0.0001)
_TOP = 20

Matrix = NDArray[np.float64]


class _Pair(NamedTuple):
    row: int
    buy: int
    sell: int


class Comparison(msgspec.Struct):
    """What was compared.

    Attributes:
        ticks: Quotes that changed a book; the list was compared after each.
        reordered: After how many of them the top of the list had other pairs than before.
        opened: Opportunities that opened.
        disturbed: How often a venue failed or came back, or a fee changed.
    """

    ticks: int = 0
    reordered: int = 0
    opened: int = 0
    disturbed: int = 0


class RankedMarket:
    """A synthetic world, what is under test, and the oracle."""

    def __init__(self, symbols: int, rate_hz: float, edges_per_min: float, seed: int) -> None:
        """Start a world of that many symbols, its updates per second over all of its books."""
        spec = WorldSpec(seed, symbols, rate_hz, edges_per_min)
        self._world = World(spec, _START_NS, "ranked")
        self._draw = Random(seed)
        universe, board = Universe(), QuoteBoard(_VENUES)
        self._board, self._lives = board, OpportunityBook()
        self.funnel = RejectFunnel(len(_VENUES))
        self.strategy = ArbitrageStrategy(
            board,
            universe,
            _VENUES,
            DetectionSettings(0.05, 0.02),
            self.funnel,
            self._lives,
        )
        shape = (symbols, len(_VENUES))
        self._bid: Matrix = np.full(shape, np.nan)
        self._ask: Matrix = np.full(shape, np.nan)
        self._fee: Matrix = np.full(shape, 0.001)
        self._quoted = np.zeros(shape, dtype=bool)
        self._live = np.ones(len(_VENUES), dtype=bool)
        self._top: list[_Pair] = []
        self.found = Comparison()
        for row, symbol in enumerate(self._world.symbols):
            assert universe.add(*symbol.split("/")) == row
            for venue in range(len(_VENUES)):
                board.set_fee(venue, row, 0.001)
        for venue in range(len(_VENUES)):
            board.set_venue_verdict(venue, FeedState.LIVE)

    def run(self, seconds: float) -> Comparison:
        """Let time pass, compare after every change, and return what was compared."""
        world = self._world
        end_ns = world.now_ns + round(seconds * SECOND)
        while world.next_ns <= end_ns:
            for change in world.advance(max(world.next_ns, world.now_ns)):
                self._take(change)
        return self.found

    def _take(self, change: BookChange) -> None:
        venue, row = _VENUES.index(change.venue), change.symbol
        instrument = self._world.books(change.venue)[self._world.symbols[row]].instrument
        odd = self._draw.random()
        if odd < 0.002:
            self._disturb()
        numbers = [
            float(number)
            for ticks, lots in (change.bid, change.ask)
            for number in (instrument.price(ticks), instrument.qty(lots))
        ]
        if odd > 0.998:
            numbers[self._draw.randrange(4)] = self._draw.choice([float("nan"), 0.0, -1.0, 1e300])
        self._say(venue, row, numbers)

    def _say(self, venue: int, row: int, numbers: list[float]) -> None:
        bid, bid_size, ask, ask_size = numbers
        ticker = Ticker(venue, row, bid, bid_size, ask, ask_size, 0, self._world.now_ns)
        good = all(0.0 < number < 1e12 for number in numbers)
        self._quoted[row, venue] = good and bid < ask
        if good:
            self._bid[row, venue], self._ask[row, venue] = bid, ask
        if change := self._board.update(ticker):
            self.strategy.on_ticker(ticker, change)
            self.found.ticks += 1
            self._compare()

    def _disturb(self) -> None:
        """Let a venue fail or come back, or a fee change."""
        self.found.disturbed += 1
        venue = self._draw.randrange(len(_VENUES))
        if self._draw.random() < 0.5:
            self._live[venue] = self._draw.random() < 0.7
            state = FeedState.LIVE if self._live[venue] else FeedState.STALE
            self._board.set_venue_verdict(venue, state)
        else:
            row, fee = self._draw.randrange(len(self._fee)), self._draw.choice(_FEES)
            self._fee[row, venue] = fee
            self._board.set_fee(venue, row, fee)

    def _edges(self) -> NDArray[np.float64]:
        """Return the net edge in percent by (symbol, buy, sell); NaN where there is none."""
        good = self._quoted & self._live
        ask = np.where(good, self._ask, np.nan)[:, :, None]
        bid = np.where(good, self._bid, np.nan)[:, None, :]
        paid, got = ask * (1.0 + self._fee[:, :, None]), bid * (1.0 - self._fee[:, None, :])
        edges: Matrix = 100.0 * (got - paid) / ask
        edges[:, range(len(_VENUES)), range(len(_VENUES))] = np.nan
        return edges

    def _compare(self) -> None:
        edges = self._edges()
        filled = np.where(np.isnan(edges), -np.inf, edges).reshape(len(edges), -1).max(axis=1)
        best = np.sort(filled[filled > -np.inf])[::-1]
        listed = self.strategy.ranking.best_edges()
        assert len(listed) == len(best)
        stated = np.array([edge[3] for edge in listed])
        assert np.all(np.abs(stated - best) <= 1e-9)
        assert all(one[3] >= two[3] for one, two in pairwise(listed))
        assert len({edge[0] for edge in listed}) == len(listed)
        for row, buy, sell, pct in listed[:_TOP]:
            assert abs(edges[row, buy, sell] - pct) <= 1e-9
        top = [_Pair(*edge[:3]) for edge in listed[:_TOP]]
        self.found.reordered += top != self._top
        self._top = top
        # Gross as well: with a rebate on both sides an edge may clear without any overlap.
        gross = self._bid[:, None, :] > self._ask[:, :, None]
        with np.errstate(invalid="ignore"):
            standing = {_Pair(*map(int, at)) for at in np.argwhere((edges > 0.0) & gross)}
        opened = {
            _Pair(row, buy, sell)
            for row in self._lives.rows
            for buy in range(len(_VENUES))
            for sell in range(len(_VENUES))
            if self._lives.find((row, buy, sell)) is not None
        }
        assert opened == standing
        assert sum(self._lives.rows.values()) == len(standing)
        assert self.funnel.balanced
        self.found.opened = self._lives.opened_total
