"""A machine that sleeps while the venues go on, in virtual time, with the engine's own parts.

What arrives meanwhile lies in the sockets. When the machine wakes its clock stands where it stood,
so those quotes look fresh; Binance's have no time of their own at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.simulator.core.instruments import VENUES
from arbot_tui.simulator.core.world import WorldSpec
from tests.contract.virtual_world import VirtualVenue, every_venue, now_s
from tests.unit.engine.rig import Rig, ScriptedVenue
from tests.unit.simulator.virtual import VirtualVenues
from tests.virtual_loop import run_virtual

_STEP_S = 0.02
_SYMBOLS = 2
# A quote used may have been replaced by so many newer ones that are still on their way.
_ON_ITS_WAY = 8


class _Streaming(ScriptedVenue):
    """A venue whose stream is the adapter's own."""

    venue: VirtualVenue
    asking: _Asking

    async def connect_ws(self, sink: MarketDataSink) -> None:
        del sink
        await self.venue.feed.run(self.asking)

    def resync_book(self, row: int) -> None:
        self.venue.feed.resync(row)


class _Asking:
    """A sink that asks after each quote what may be traded on, as the gate of an order does.

    Attributes:
        good: How often that was a quote which the venue has just had.
        old: Those that it had replaced long before, in words.
    """

    def __init__(self, rig: Rig, venue: VirtualVenue) -> None:
        self._rig, self._venue = rig, venue
        self._feed = rig.bot.feed
        self.good = 0
        self.old: list[str] = []
        self.on_book = self._feed.on_book
        self.on_feed = self._feed.on_feed

    def on_ticker(self, ticker: Ticker) -> None:
        self._feed.on_ticker(ticker)
        self.ask(ticker.row)

    def ask(self, row: int) -> None:
        for view in self._rig.bot.quotes(self._rig.bot.universe.symbol(row)):
            if view.tradeable and view.venue == self._venue.name:
                quote = [(view.bid, view.bid_size)], [(view.ask, view.ask_size)]
                if quote in self._venue.recent(row, _ON_ITS_WAY, 1):
                    self.good += 1
                else:
                    self.old.append(f"{view.venue}: {quote}")


class _Engine:
    """The engine's feed, verdicts and listings on one venue."""

    def __init__(self, name: str) -> None:
        spec = WorldSpec(
            seed=5,
            symbols=_SYMBOLS,
            rate_hz=40.0,
            edges_per_min=0.0,
            venues=tuple(profile for profile in VENUES if profile.name == name),
        )
        self.venue = VirtualVenue(name, VirtualVenues(spec, remember=True, keep=600))
        symbols = [i.symbol for i in self.venue.instruments]
        other = "okx" if name != "okx" else "bybit"
        self.rig = Rig({name: symbols, other: symbols}, clock=self.venue.clock)
        config = self.rig.bot.exchanges[name].config
        adapter = _Streaming(config, self.rig.clock, symbols)
        adapter.venue = self.venue
        self.rig.bot.exchanges[name] = adapter
        bot = self.rig.bot
        for row, instrument in enumerate(self.venue.instruments):
            assert bot.universe.add(instrument.base, instrument.quote) == row
            bot.board.set_fee(0, row, 0.001)
        bot.listings.instruments[name] = {}
        self.asking = adapter.asking = _Asking(self.rig, self.venue)

    @property
    def verdict(self) -> tuple[FeedState, str]:
        return self.rig.bot.judge.verdict(0, self.rig.bot.clock.now_ns())

    def tradeable(self) -> bool:
        board = self.rig.bot.board
        return all(board.is_tradeable(0, row) for row in range(_SYMBOLS))

    async def live(self, seconds: float) -> None:
        """Wait until the venue is live and every row can be traded."""
        await self.venue.until(
            lambda: self.verdict[0] is FeedState.LIVE and self.tradeable(), seconds
        )

    @asynccontextmanager
    async def asleep_for(self, seconds: float) -> AsyncIterator[None]:
        """Follow the venue, and wake up from a sleep of `seconds`, with the sockets read."""
        bot, venue = self.rig.bot, self.venue

        async def drive() -> None:
            while True:
                await asyncio.sleep(_STEP_S)
                venue.venues.run(_STEP_S)

        runs = (drive(), bot.judge.run(), bot.listings.run_venue(venue.name))
        tasks = [asyncio.create_task(run) for run in runs]
        try:
            await self.live(30.0)
            await asyncio.sleep(3.0)
            assert self.asking.good > 50
            assert self.asking.old == []
            # Half-way between two of the engine's ten looks a second at its feeds.
            await asyncio.sleep(0.15 - now_s() % 0.1)
            venue.sleep(seconds)
            assert any(wire.waiting for wire in venue.wires)
            # What the buffers held is read before any timer is called.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert self.verdict[0] is not FeedState.LIVE
            yield
            await self.live(30.0)
            good, old = self.asking.good, len(self.asking.old)
            await asyncio.sleep(3.0)
            assert self.asking.good > good + 20
            assert len(self.asking.old) == old
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            assert isinstance(end, asyncio.CancelledError), end
        assert venue.open_wires == []


@every_venue
@pytest.mark.parametrize("seconds", [2.0, 12.0])
def test_what_lay_in_the_sockets_is_not_traded_on(name: str, seconds: float) -> None:
    async def scene() -> None:
        engine = _Engine(name)
        async with engine.asleep_for(seconds):
            before = engine.venue.dials
            await engine.live(30.0)
            assert engine.venue.dials > before
        assert engine.asking.old == []

    run_virtual(scene())


@every_venue
def test_a_machine_that_does_not_know_it_stood_trades_no_quote_dated_after_it_stood(
    name: str,
) -> None:
    """A paused virtual machine, whose clocks all stand: the venues' times run ahead of ours."""

    async def scene() -> None:
        engine = _Engine(name)
        engine.venue.clock.knows = False
        async with engine.asleep_for(1.5):
            good, old = engine.asking.good, len(engine.asking.old)
            await asyncio.sleep(5.0)
            # Nothing more until the venue's clock has been measured again.
            state, reason = engine.verdict
            assert state is FeedState.DELAYED
            assert "dated 1.5 s ahead" in reason
            assert (engine.asking.good, len(engine.asking.old)) == (good, old)
            engine.rig.bot.monitor.set_offset(0, engine.venue.clock.offset_ns)

    run_virtual(scene())
