"""Four venues, the adapters' own streams, board, books and detection, in one virtual time.

What detection hands over is compared with the venues' truth, which it never sees.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import Protocol

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.domain.feed import Continuity, FeedEventKind
from arbot_tui.domain.quotes import Level
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import FeedState
from arbot_tui.engine.feeding import MarketFeed
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.books import BookSet
from arbot_tui.market.feeds import FeedMonitor
from arbot_tui.market.universe import Universe
from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from tests.contract.virtual_world import VirtualVenue
from tests.unit.simulator.virtual import VirtualVenues
from tests.virtual_loop import run_virtual

__all__ = ["NAMES", "Damage", "Findings", "play_market"]

NAMES = ("binance", "bybit", "okx", "bitget")
_STEP_S = 0.05
_PERIOD_S = 0.1


class Findings(msgspec.Struct):
    """What came of a run.

    Attributes:
        signals: Signals handed over.
        wrong: Books used by a signal that the venue never had, in words.
        late_ms: For each book used, how long the venue had had a newer one.
        gaps: Gaps found in books.
        malformed: Frames that could not be read.
        reconnects: Connections made after each venue's first.
        refused: Attempts that a venue refused.
        quotes: Best bids and asks received.
    """

    signals: int = 0
    wrong: list[str] = []
    late_ms: list[float] = []
    gaps: int = 0
    malformed: int = 0
    reconnects: int = 0
    refused: int = 0
    quotes: int = 0


class Damage(Protocol):
    """What happens to frames on their way, and which quotes it has voided."""

    def change(self, venue: VirtualVenue, raw: bytes) -> bytes:
        """Return what arrives instead of a frame."""
        ...

    def is_void(self, venue: VirtualVenue, row: int) -> bool:
        """Tell whether the latest that arrived of a book's quote was damaged."""
        ...


class _Desk:
    """The engine's own parts between the adapters and the money core."""

    def __init__(self, world: VirtualVenues, damage: Damage | None) -> None:
        self.world = world
        self._damage = damage
        self.findings = Findings()
        self.venues = [VirtualVenue(name, world, index) for index, name in enumerate(NAMES)]
        self.universe = Universe()
        for instrument in self.venues[0].instruments:
            assert self.universe.add(instrument.base, instrument.quote) == instrument.index
        self.board = QuoteBoard(NAMES)
        self.monitor = FeedMonitor(NAMES)
        rules = (
            Continuity.RANGE,
            Continuity.CONSECUTIVE,
            Continuity.PREVIOUS_ID,
            Continuity.SNAPSHOT_ONLY,
        )
        self.books = BookSet(
            self.board, rules, lambda venue, row: self.venues[venue].feed.resync(row)
        )
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            NAMES,
            DetectionSettings(min_profit_pct=0.05, slippage_pct=0.02),
            RejectFunnel(len(NAMES)),
            OpportunityBook(),
            self.books.depth,
        )
        self.strategy.add_signal_callback(self._judge_signal)
        self.feed = MarketFeed(
            self.board, self.books, self.monitor, self.strategy, self._judge_venue
        )
        for index, venue in enumerate(self.venues):
            for row in range(len(self.universe)):
                self.board.set_fee(index, row, 0.001)
            if damage is not None:
                venue.arrives = partial(damage.change, venue)

    async def run(self) -> None:
        """Follow every venue, and look after verdicts and books as the engine's timer does."""
        async with asyncio.TaskGroup() as tasks:
            for venue in self.venues:
                for row in venue.rows.values():
                    venue.feed.request_depth(row, True)
                tasks.create_task(venue.feed.run(self.feed))
            while True:
                await asyncio.sleep(_PERIOD_S)
                now_ns = self.world.now_ns
                self.strategy.advance(now_ns)
                for index in range(len(NAMES)):
                    self._judge_venue(index)
                for index, row in self.monitor.stale_books(self.board, now_ns):
                    self.board.set_book_state(index, row, FeedState.STALE)
                    self.venues[index].feed.resync(row)
                self.books.check(now_ns)
                for event in self.feed.take_news():
                    self.findings.malformed += event.kind is FeedEventKind.MALFORMED

    def _judge_venue(self, index: int) -> None:
        for one in self.monitor.connections(index, self.world.now_ns):
            self.board.set_venue_verdict(index, one.state, one.rows)

    def _judge_signal(self, signal: ArbitrageSignal) -> None:
        self.findings.signals += 1
        self._check(signal.symbol, signal.buy, asks=signal.asks, bids=())
        self._check(signal.symbol, signal.sell, asks=(), bids=signal.bids)

    def _check(
        self,
        symbol: str,
        quote: QuoteView,
        *,
        asks: tuple[Level, ...],
        bids: tuple[Level, ...],
    ) -> None:
        """Find the state of the venue that a signal's quote and levels are of."""
        index, row = NAMES.index(quote.venue), self.universe.row(symbol)
        if self._damage is not None and self._damage.is_void(self.venues[index], row):
            self.findings.wrong.append(f"{quote.venue} {symbol}: a quote that was void")
        top = ((quote.bid, quote.bid_size), (quote.ask, quote.ask_size))
        quote_ns = self._ended_ns(index, row, lambda b, a: (b[0], a[0]) == top)
        levels_ns = self._ended_ns(
            index, row, lambda b, a: tuple(b[: len(bids)]) == bids and tuple(a[: len(asks)]) == asks
        )
        if quote_ns is None or levels_ns is None:
            words = f"{quote.venue} {symbol}: {quote.bid} {quote.ask}, {bids or asks}"
            self.findings.wrong.append(words)
            return
        # Depth decides size and cap where it is there; the board's quote only triggers.
        self.findings.late_ms.append((self.world.now_ns - levels_ns) / MS)

    def _ended_ns(self, index: int, row: int, fits: _Fits) -> int | None:
        """Return when the newest state that fits ended (now, if it has not); None for none."""
        venue, key = self.venues[index], (NAMES[index], row)
        ended_ns = self.world.now_ns
        for update_id in reversed(self.world.ids[key]):
            bids, asks = venue.truth(row, update_id, 50)
            if fits(bids, asks):
                return ended_ns
            ended_ns = self.world.since_ns[*key, update_id]
        return None


class _Fits(Protocol):
    def __call__(self, bids: list[Level], asks: list[Level], /) -> bool: ...


def play_market(
    seconds: float,
    *,
    seed: int = 5,
    rate_hz: float = 40.0,
    edges_per_min: float = 30.0,
    lost: float = 0.001,
    damage: Damage | None = None,
) -> Findings:
    """Let time pass on all venues, with frames lost, repeated and exchanged at random.

    Args:
        seconds: How long.
        seed: What fixes the world and what happens to its frames.
        rate_hz: Changes of best bid and ask per second over all venues; there are two symbols.
        edges_per_min: Dislocations that clear the fees.
        lost: How likely each of the three is for a frame of depth.
        damage: What else happens to frames.
    """
    spec = WorldSpec(seed=seed, symbols=2, rate_hz=rate_hz, edges_per_min=edges_per_min)

    async def scene() -> Findings:
        world = VirtualVenues(spec, remember=True, keep=400)
        desk = _Desk(world, damage)
        for name in NAMES:
            for fault in ("drop", "dup", "reorder"):
                world.inject(name, fault, p=0.02, channel="ticker")
                world.inject(name, fault, p=lost, channel="depth")
        running = asyncio.create_task(desk.run())
        for _ in range(round(seconds / _STEP_S)):
            await asyncio.sleep(_STEP_S)
            world.run(_STEP_S)
            if running.done():
                break
        running.cancel()
        (end,) = await asyncio.gather(running, return_exceptions=True)
        assert isinstance(end, asyncio.CancelledError), end
        findings = desk.findings
        findings.quotes = desk.feed.quotes
        findings.gaps = sum(desk.books.gaps)
        findings.reconnects = sum(desk.monitor.reconnects(i) for i in range(len(NAMES)))
        refused: Counter[int] = sum((venue.refused for venue in desk.venues), Counter())
        findings.refused = refused.total()
        return findings

    return run_virtual(scene())
