"""Markets in USDC on synthetic venues: traded in their own quote, valued at the live rate (F25)."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from arbot_tui.engine.bot import ArBot
from arbot_tui.engine.frames import Frame
from arbot_tui.engine.world import WorldInfo, WorldProcess
from arbot_tui.market.config import QuotesConfig
from arbot_tui.simulator.config import SimulatorConfig
from tests.integration.engine.test_bot import all_live, options, until

pytestmark = pytest.mark.timing

_QUOTES = QuotesConfig(enabled_quote_currencies=("USDT", "USDC"))
_VENUES = ("binance", "bybit", "okx", "bitget")


@pytest.fixture
def world() -> Iterator[WorldInfo]:
    config = SimulatorConfig(seed=11, symbols=2, usdc_symbols=1, rate_hz=200, edges_per_min=0)
    with WorldProcess(config) as process:
        yield process.info()


async def act(world: WorldInfo, **action: object) -> None:
    """Move the world."""

    def post() -> None:
        url, body = f"{world.control}/world", json.dumps(action).encode()
        with urllib.request.urlopen(url, body, timeout=5) as answer:  # noqa: S310 (loopback)
            assert answer.status == 200

    await asyncio.to_thread(post)


def _rows(frame: Frame) -> set[str]:
    return {row.symbol for row in frame.rows}


async def test_a_pair_in_usdc_is_traded_in_usdc_and_counted_at_its_rate(
    world: WorldInfo, tmp_path: Path
) -> None:
    opts = replace(options(world, tmp_path), quotes=_QUOTES)
    async with ArBot(opts) as bot:
        frame = await until(bot, all_live)
        assert _rows(frame) == {"BTC/USDT", "ETH/USDT", "USDC/USDT", "BTC/USDC"}
        for venue in _VENUES:
            await act(world, action="price", symbol="USDC/USDT", venue=venue, mid="0.9")
        # Until every book has followed, they differ by the whole ten percent.
        await asyncio.sleep(1.0)
        assert (await bot.client.command("start", {})).ok
        edge = {"symbol": "BTC/USDC", "buy": "okx", "sell": "bybit", "pct": 0.5, "life_s": 20}
        await act(world, action="edge", **edge)

        traded = await until(bot, lambda f: f.status.completed >= 1)
        summary = await bot.stop()

        trade = traded.trades[0]
        # The books arrive one by one: until OKX's has, another venue may be the one to buy on.
        assert (trade.symbol, trade.sell) == ("BTC/USDC", "bybit")
        # A thousand dollars are more than a thousand of a coin worth 0.9.
        assert Decimal(trade.qty) * Decimal(trade.buy_price) > 1050
        own = bot.core.realised["BTC/USDC"]
        assert own > 0
        assert float(summary.pnl.realised) == pytest.approx(float(own) * 0.9, rel=0.01)
        assert summary.ledger.balanced
        assert summary.ledger.venue_mismatches == 0


async def test_a_lost_peg_blocks_what_crosses_it_and_nothing_is_an_edge_at_par(
    world: WorldInfo, tmp_path: Path
) -> None:
    opts = replace(options(world, tmp_path), quotes=_QUOTES)
    async with ArBot(opts) as bot:
        await until(bot, all_live)
        edge = {"symbol": "BTC/USDC", "buy": "okx", "sell": "bybit", "pct": 0.6, "life_s": 30}
        await act(world, action="edge", **edge)

        def across(frame: Frame) -> bool:
            return any(o.symbol == "BTC/USDT>USDC" for o in frame.opportunities)

        shown = await until(bot, across)
        (crossing, *_) = [o for o in shown.opportunities if ">" in o.symbol]
        assert (crossing.sell, crossing.pair_id) == ("bybit", "")
        for venue in _VENUES:
            await act(world, action="price", symbol="USDC/USDT", venue=venue, mid="0.99")

        def blocked(frame: Frame) -> bool:
            ends = [o for o in frame.opportunities if ">" in o.symbol]
            return bool(ends) and all(o.closed_ns for o in ends)

        ended = await until(bot, blocked)
        assert {o.closed_reason for o in ended.opportunities if ">" in o.symbol} <= {
            "quote_peg",
            "vanished",
            "fee",
        }
        await asyncio.sleep(1.0)
        before = bot.opportunities.opened_total
        await asyncio.sleep(1.0)
        # Prices have followed the coin: at par every one of them would be one percent apart.
        now = bot.client.frame(0)
        assert not [o for o in now.opportunities if ">" in o.symbol and not o.closed_ns]
        assert bot.opportunities.opened_total == before
        assert bot.funnel.counts()["quote_peg"] > 0
        assert bot.funnel.balanced
