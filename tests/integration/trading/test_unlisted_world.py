"""Executions that no list of a synthetic venue shows: real adapters, sockets and core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec

from arbot_tui.domain.clock import MS, SECOND, SystemClock
from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.server import SyntheticVenues
from arbot_tui.trading.account import recover
from arbot_tui.trading.core.commands import Alarm, Deny, Query
from arbot_tui.trading.core.events import (
    FeesChanged,
    InstrumentsChanged,
    Operator,
    OperatorAction,
    Signalled,
    Started,
    VenueLive,
)
from arbot_tui.trading.core.pair import Pair
from arbot_tui.trading.executor import PairExecutor
from tests.integration.exchanges.test_private_world import KINDS
from tests.integration.exchanges.world import World
from tests.unit.trading.rig import LIMITS

SYMBOL = "BTC/USDT"
FEES = TradingFees(Decimal("0.001"), Decimal("0.001"))
RULES = msgspec.structs.replace(
    LIMITS,
    max_quote_age_ns=60 * SECOND,
    commit_wait_ns=60 * SECOND,
    visibility_margin_ns=200 * MS,
    max_profit_pct=Decimal(100),
    collar_median_pct=Decimal(100),
)


class _Alarms:
    """Whom the executor tells."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    def on_alarm(self, alarm: Alarm) -> None:
        self.codes.append(alarm.code)

    def on_deny(self, deny: Deny) -> None:
        self.codes.append(f"denied: {deny.detail}")

    def on_pairs(self, pairs: list[Pair]) -> None:
        pass

    def on_query_failed(self, query: Query, error: ExchangeError) -> None:
        pass


async def test_what_no_list_shows_is_found_out_and_ends_well(tmp_path: Path) -> None:
    # row 40
    spec = WorldSpec(seed=7, symbols=2, rate_hz=50.0, edges_per_min=0.0)
    async with SyntheticVenues(spec) as venues:
        worlds = {name: World(venues, KINDS[name], name) for name in ("bybit", "okx")}
        journal, state = recover(tmp_path)
        clock, observer = SystemClock(), _Alarms()
        quotes: dict[str, QuoteView] = {}
        executor = PairExecutor(
            state,
            journal,
            {name: world.adapter for name, world in worlds.items()},
            clock,
            lambda _: tuple(quotes.values()),
            observer,
        )
        try:
            await _play(venues, worlds, executor, observer, quotes, journal.instance, clock)
        finally:
            await executor.close()
            for world in worlds.values():
                await world.adapter.close()
            journal.close()


async def _play(
    venues: SyntheticVenues,
    worlds: dict[str, World],
    executor: PairExecutor,
    observer: _Alarms,
    quotes: dict[str, QuoteView],
    instance: str,
    clock: SystemClock,
) -> None:
    state = executor.state

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            await executor.wait_until(condition)

    executor.handle(Started(instance, tuple(worlds), RULES))
    for name, world in worlds.items():
        await world.adapter.sync_clock()
        await world.load()
        executor.handle(InstrumentsChanged(name, tuple(world.instruments.values())))
        executor.handle(FeesChanged(name, {SYMBOL: FEES}))
        executor.handle(VenueLive(name, True))
    await until(lambda: all(state.venue(name).reconciled for name in worlds))
    executor.handle(Operator(OperatorAction.START))
    # What it sells for is a tenth more than what it buys for: both orders find somebody.
    book = await worlds["okx"].adapter.get_orderbook(worlds["okx"].rows[SYMBOL], 1)
    await worlds["bybit"].move_price(SYMBOL, Decimal(str(round(book.asks[0][0] * 1.1, 2))))
    asked = book.asks[0][0]
    async with asyncio.timeout(60):
        while True:
            book = await worlds["bybit"].adapter.get_orderbook(worlds["bybit"].rows[SYMBOL], 1)
            if book.bids[0][0] > asked * 1.05:
                break
            await asyncio.sleep(0.02)
    # Quoted a percent worse than it is, so that neither limit misses a market that moves on.
    for name, top in (("okx", asked * 1.01), ("bybit", book.bids[0][0] * 0.99)):
        bid, ask = (top * 0.9999, top) if name == "okx" else (top, top * 1.0001)
        quotes[name] = QuoteView(name, bid, 1.0, ask, 1.0, clock.now_ns(), True, "live")
        venues.inject(name, "vis_lag", args={"ms": 600_000, "what": "fills"})
    buy, sell = quotes["okx"], quotes["bybit"]
    executor.handle(
        Signalled(ArbitrageSignal(1, SYMBOL, buy, sell, 9.0, 0.01, 1.0, clock.now_ns(), 0))
    )
    assert not [code for code in observer.codes if code.startswith("denied")]
    await until(lambda: observer.codes.count("executions_missing") == 2)
    pair = state.pairs["p1"]
    assert [leg.state for leg in pair.legs] == [LegState.UNKNOWN] * 2
    assert [leg.fills for leg in pair.legs] == [[], []]
    assert pair.state is PairState.RESOLVING
    assert all("executions missing" in state.venue(name).blocked for name in worlds)
    # What executed is no remainder, listed or not: nothing else was sent.
    assert len(pair.legs) == 2

    venues.faults.clear(clock.now_ns())
    await until(lambda: pair.state is PairState.CLOSED)
    await until(lambda: all(state.venue(name).reconciled for name in worlds))
    assert observer.codes.count("executions_found") == 2
    for leg in pair.legs:
        rows = (await worlds[leg.venue].truth())["fills"]
        assert isinstance(rows, list)
        assert {fill.trade_id for fill in leg.fills} == {row["trade_id"] for row in rows}
        assert leg.filled == leg.qty
    assert not any(state.venue(name).mismatches for name in worlds)
