"""The engine in this process, on synthetic venues in theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from arbot_tui.domain.edge import net_edge_pct
from arbot_tui.domain.errors import AccountLocked, ConfigError
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.states import Mode, PairState
from arbot_tui.engine.answers import (
    BalancesView,
    DepthView,
    EdgesView,
    ExposureView,
    FunnelView,
    IdentityRow,
    IdentityView,
    LatencyView,
    PathView,
    PerformanceView,
)
from arbot_tui.engine.bot import ArBot
from arbot_tui.engine.frames import Frame
from arbot_tui.engine.options import EngineOptions
from arbot_tui.engine.world import WorldInfo, WorldProcess
from arbot_tui.exchanges.base import ExchangeConfig
from arbot_tui.log import LogRing
from arbot_tui.market.config import UniverseConfig
from arbot_tui.simulator.config import SimulatorConfig
from arbot_tui.storage.config import StorageConfig
from arbot_tui.strategy.config import IdentityConfig
from arbot_tui.trading.config import ArbitrageConfig, RiskConfig

pytestmark = pytest.mark.timing


@pytest.fixture
def world() -> Iterator[WorldInfo]:
    with WorldProcess(SimulatorConfig(seed=11, edges_per_min=120)) as process:
        yield process.info(timeout_s=90)


def options(world: WorldInfo, data_dir: Path, *symbols: str, start: bool = False) -> EngineOptions:
    fees = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))
    return EngineOptions(
        mode=Mode.SIMULATE,
        profile="simulate",
        account=f"sim-{world.world_id}",
        data_dir=data_dir,
        config_source="defaults",
        universe=UniverseConfig(symbols=symbols, min_volume_24h_usd=Decimal(0)),
        arbitrage=ArbitrageConfig(
            min_profit_pct=Decimal("0.05"), trade_amount_usd=Decimal(1000), cooldown_s=1
        ),
        risk=RiskConfig(
            max_order_usd=Decimal(5000),
            max_order_equity_pct=Decimal(100),
            max_trades_per_hour=100_000,
            max_concurrent_pairs=8,
            visibility_margin_s=2,
            max_messages_per_s=1000,
        ),
        storage=StorageConfig(),
        venues=tuple(
            ExchangeConfig(name, index, venue.urls, "custom", fees, venue.credentials)
            for index, (name, venue) in enumerate(world.venues.items())
        ),
        world=world,
        start=start,
        log=LogRing(),
    )


@asynccontextmanager
async def engine(opts: EngineOptions) -> AsyncIterator[ArBot]:
    async with ArBot(opts) as bot:
        yield bot


async def until(bot: ArBot, condition: object) -> Frame:
    """Look at frames until one satisfies `condition`."""
    assert callable(condition)
    async with asyncio.timeout(90):
        while True:
            frame = bot.client.frame(0)
            if condition(frame):
                return frame
            await asyncio.sleep(0.05)


def all_live(frame: Frame) -> bool:
    """Tell whether every feed is live: of a certain book's quotes that says nothing."""
    return all(venue.state == "live" for venue in frame.venues)


A = TypeVar("A")


async def answer(
    bot: ArBot, kind: type[A], name: str, whole: Callable[[A], bool], **args: str
) -> A:
    """Ask until an answer is `whole`: nothing moves between that answer and its return."""
    async with asyncio.timeout(90):
        while True:
            found = await bot.client.query(name, args)
            assert isinstance(found, kind)
            if whole(found):
                return found
            await asyncio.sleep(0.05)


def _shows_an_edge(depth: DepthView) -> bool:
    """Tell whether every venue answered with both sides and two of their books are tradeable."""
    return depth.walk is not None and all(
        not ladder.error and ladder.bids and ladder.asks for ladder in depth.ladders
    )


async def test_frames_after_a_version_add_up_to_the_whole(world: WorldInfo, tmp_path: Path) -> None:
    async with engine(options(world, tmp_path, start=True)) as bot:
        merged: dict[int, object] = {}
        version = 0
        await until(bot, lambda frame: all_live(frame) and len(frame.rows) == 20)
        for _ in range(30):
            frame = bot.client.frame(version)
            assert frame.version >= version
            merged |= {row.row: row for row in frame.rows}
            version = frame.version
            await asyncio.sleep(0.02)
        later, whole = bot.client.frame(version), bot.client.frame(0)
        merged |= {row.row: row for row in later.rows}
        assert merged == {row.row: row for row in whole.rows}
        assert whole.rows_total == len(merged) == 20
        assert bot.client.frame(later.version).rows == ()


async def test_a_person_starts_drains_halts_and_resets(world: WorldInfo, tmp_path: Path) -> None:
    (tmp_path / "HALT").touch()
    async with engine(options(world, tmp_path)) as bot:
        frame = bot.client.frame(0)
        assert (frame.status.trading, frame.status.trading_reason) == (
            "halted",
            f"file HALT in {tmp_path}",
        )
        assert "remove it" in (await bot.client.command("reset", {})).message
        (tmp_path / "HALT").unlink()
        assert (await bot.client.command("reset", {})).ok
        frame = await until(bot, all_live)
        assert frame.status.trading == "stopped"
        assert (await bot.client.command("start", {})).ok
        traded = await until(bot, lambda f: f.status.completed >= 1)
        profits = [trade.realised for trade in traded.trades if trade.state == "closed"]
        assert profits
        assert all(profit.startswith("+") for profit in profits)
        assert (await bot.client.command("drain", {})).ok
        await until(bot, lambda f: f.status.trading == "stopped")
        assert (await bot.client.command("halt", {})).ok
        assert bot.client.frame(0).status.trading == "halted"
        refused = await bot.client.command("start", {})
        assert not refused.ok
        assert "reset" in refused.message
        assert (await bot.client.command("reset", {})).ok
        assert bot.client.frame(0).status.trading == "stopped"
        assert not (await bot.client.command("fly", {})).ok


async def test_queries_answer_with_ladders_balances_and_exposure(
    world: WorldInfo, tmp_path: Path
) -> None:
    async with engine(options(world, tmp_path)) as bot:
        depth = await answer(bot, DepthView, "depth", _shows_an_edge, symbol="BTC/USDT")
        best = bot.strategy.ranking.best_edge(bot.universe.row("BTC/USDT"))
        assert [ladder.venue for ladder in depth.ladders] == list(world.venues)
        for ladder in depth.ladders:
            assert list(ladder.bids) == sorted(ladder.bids, reverse=True)
            assert list(ladder.asks) == sorted(ladder.asks)
            assert ladder.bids[0][0] < ladder.asks[0][0]
        walk = depth.walk
        assert walk is not None
        assert best is not None
        assert (walk.buy, walk.sell) == (bot.venues[best[0]], bot.venues[best[1]])
        ladders = {ladder.venue: ladder for ladder in depth.ladders}
        ask, bid = ladders[walk.buy].asks[0][0], ladders[walk.sell].bids[0][0]
        assert walk.points[0][1] == pytest.approx(net_edge_pct(ask, bid, 0.001, 0.001))
        balances = await answer(
            bot, BalancesView, "balances", lambda found: all(row.value_quote for row in found.rows)
        )
        assert {row.venue for row in balances.rows} == set(world.venues)
        assert all(row.runway is not None and row.runway >= 400 for row in balances.rows)
        assert all(Decimal(row.value_quote) > 0 for row in balances.rows)
        exposure = await bot.client.query("exposure", {})
        assert isinstance(exposure, ExposureView)
        assert exposure.lines == ()
        with pytest.raises(ValueError, match="not followed"):
            await bot.client.query("depth", {"symbol": "NO/NE"})
        with pytest.raises(ValueError, match="not followed"):
            await bot.client.query("edges", {"symbol": "NO/NE"})
        with pytest.raises(ValueError, match="whole number"):
            await bot.client.query("path", {"id": "x"})
        with pytest.raises(ValueError, match="no query"):
            await bot.client.query("weather", {})


async def test_ladders_on_screen_come_from_books_that_all_four_venues_keep_sending(
    world: WorldInfo, tmp_path: Path
) -> None:
    """Over real sockets: depth is subscribed, splices, and agrees with best bid and ask."""
    async with engine(options(world, tmp_path)) as bot:
        await until(bot, all_live)
        row = bot.universe.row("ETH/USDT")
        agreed: set[str] = set()
        kept: set[str] = set()
        async with asyncio.timeout(90):
            while len(agreed) < 4:
                depth = await bot.client.query("depth", {"symbol": "ETH/USDT"})
                assert isinstance(depth, DepthView)
                for index, name in enumerate(bot.venues):
                    book = bot.books.book(index, row)
                    if book is None or not book.synced:
                        continue
                    kept.add(name)
                    bid, ask = book.best()
                    quote = bot.board.latest[row][index]
                    if bid and ask and (bid[0], ask[0]) == (quote.bid, quote.ask):
                        agreed.add(name)
                await asyncio.sleep(0.2)
        assert kept == set(world.venues)
        await until(bot, lambda frame: all(venue.books >= 1 for venue in frame.venues))
        assert bot.books.gaps == [0, 0, 0, 0]


async def test_queries_answer_with_what_charts_are_drawn_from(
    world: WorldInfo, tmp_path: Path
) -> None:
    async with engine(options(world, tmp_path, start=True)) as bot:
        await until(bot, lambda frame: frame.status.completed >= 1)
        await until(bot, lambda frame: len(bot.equity_history.points()) >= 2)
        edges = await answer(
            bot,
            EdgesView,
            "edges",
            lambda found: any(point is not None for point in found.pairs[0].points),
            symbol="ETH/USDT",
            span_s="60",
        )
        assert len(edges.pairs) == 12
        performance = await answer(
            bot, PerformanceView, "performance", lambda found: found.equity != ""
        )
        assert Decimal(performance.equity) > 0
        assert Decimal(performance.fees) > 0
        assert any(Decimal(text) != 0 for _, text in performance.by_symbol)
        latency = await bot.client.query("latency", {})
        assert isinstance(latency, LatencyView)
        assert [row.name for row in latency.rows[:4]] == list(bot.venues)
        for row in latency.rows:
            assert len(row.counts) == len(latency.bounds_ms) + 1
            assert (row.p50_ms is None) == (sum(row.counts) == 0)
        traded = next(
            pair
            for pair in bot.core.pairs.values()
            if pair.opportunity_id and pair.state is PairState.CLOSED
        )
        path = await bot.client.query("path", {"id": str(traded.opportunity_id)})
        assert isinstance(path, PathView)
        assert path.points[0][1] > 0
        shown = next(t for t in bot.client.frame(0).trades if t.pair_id == traded.id)
        effects = (shown.size_effect, shown.price_effect, shown.fee_effect)
        difference = Decimal(shown.realised) - Decimal(shown.expected)
        assert abs(sum(map(Decimal, effects)) - difference) < Decimal("0.011")
        assert [leg.side for leg in shown.legs[:2]] == ["buy", "sell"]


async def test_only_the_symbols_asked_for_are_followed(world: WorldInfo, tmp_path: Path) -> None:
    async with engine(options(world, tmp_path, "ETH/USDT")) as bot:
        frame = await until(bot, lambda frame: all_live(frame) and frame.rows != ())
        assert [row.symbol for row in frame.rows] == ["ETH/USDT"]


async def test_an_unknown_symbol_ends_the_start_and_releases_the_account(
    world: WorldInfo, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="BTX/USDT"):
        async with engine(options(world, tmp_path, "BTX/USDT")):
            pass
    async with engine(options(world, tmp_path, "BTC/USDT")) as bot:
        with pytest.raises(AccountLocked):
            async with engine(options(world, tmp_path)):
                pass
        await until(bot, all_live)


async def test_closing_leaves_no_task_behind(world: WorldInfo, tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with engine(options(world, tmp_path, start=True)) as bot:
        await until(bot, lambda f: f.status.completed >= 1)
        summary = await bot.stop()
        assert summary.ledger.venue_mismatches == 0
    assert asyncio.all_tasks() == before


async def test_without_an_edge_it_says_at_which_fees_there_would_be_one(tmp_path: Path) -> None:
    with WorldProcess(SimulatorConfig(seed=11, edges_per_min=0)) as process:
        async with engine(options(process.info(timeout_s=90), tmp_path)) as bot:
            frame = await until(bot, lambda f: all_live(f) and "→" in f.status.verdict)
            assert frame.status.verdict.startswith("nothing clears the fees: best ")
            assert frame.status.clears_at_fee_pct is not None
            assert frame.status.clears_at_fee_pct < 0.1


async def test_the_funnel_can_be_asked_for_per_pair(world: WorldInfo, tmp_path: Path) -> None:
    async with engine(options(world, tmp_path)) as bot:
        await until(bot, lambda f: dict(f.funnel).get("trading_state"))
        funnel = await bot.client.query("funnel", {})
        assert isinstance(funnel, FunnelView)
        for row in funnel.rows:
            assert row.candidates == sum(n for _, n in row.rejected) + row.committed + row.pending
        assert sum(row.candidates for row in funnel.rows) == bot.funnel.candidates
        symbol = funnel.rows[0].symbol
        one = await bot.client.query("funnel", {"symbol": symbol})
        assert isinstance(one, FunnelView)
        assert {row.symbol for row in one.rows} == {symbol}


async def test_a_denied_coin_is_listed_with_its_reason(world: WorldInfo, tmp_path: Path) -> None:
    denying = replace(
        options(world, tmp_path, "BTC/USDT", "ETH/USDT"),
        identity=IdentityConfig(identity_deny=("ETH@OKX",)),
    )
    async with engine(denying) as bot:
        await until(bot, all_live)
        found = await bot.client.query("identity", {})
        assert found == IdentityView((IdentityRow("ETH/USDT", "okx", "denied by ETH@OKX"),))
