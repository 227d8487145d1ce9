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
from arbot_tui.engine.frames import Frame, OpportunityView
from arbot_tui.engine.world import WorldInfo, WorldProcess
from arbot_tui.market.config import QuotesConfig
from arbot_tui.simulator.config import SimulatorConfig
from tests.integration.engine.test_bot import all_live, options, until

pytestmark = pytest.mark.timing

_QUOTES = QuotesConfig(enabled_quote_currencies=("USDT", "USDC"))
_ACROSS = ("BTC/USDT>USDC", "bybit")
_VENUES = ("binance", "bybit", "okx", "bitget")


@pytest.fixture
def world() -> Iterator[WorldInfo]:
    config = SimulatorConfig(seed=11, symbols=2, usdc_symbols=1, rate_hz=200, edges_per_min=0)
    with WorldProcess(config) as process:
        yield process.info(timeout_s=90)


async def act(world: WorldInfo, **action: object) -> None:
    """Move the world."""

    def post() -> None:
        url, body = f"{world.control}/world", json.dumps(action).encode()
        with urllib.request.urlopen(url, body, timeout=60) as answer:  # noqa: S310 (loopback)
            assert answer.status == 200

    await asyncio.to_thread(post)


def _rows(frame: Frame) -> set[str]:
    return {row.symbol for row in frame.rows}


def _mids(bot: ArBot, symbol: str) -> list[float]:
    """Return the mid of every venue that quotes a symbol at present."""
    row, board = bot.universe.row(symbol), bot.board
    return [
        (quote.bid + quote.ask) / 2.0
        for i, quote in enumerate(board.latest[row], row * len(_VENUES))
        if not board.blocked[i]
    ]


def _is_worth(bot: ArBot, worth: float) -> bool:
    """Tell whether every venue quotes USDC at that price, and what is traded in it accordingly."""
    coins, dear, plain = (_mids(bot, each) for each in ("USDC/USDT", "BTC/USDC", "BTC/USDT"))
    if any(len(mids) < len(_VENUES) for mids in (coins, dear, plain)):
        return False
    found = coins + [one / other for one, other in zip(plain, dear, strict=True)]
    return all(abs(mid / worth - 1.0) < 0.004 for mid in found)


def _across(frame: Frame) -> list[OpportunityView]:
    return [o for o in frame.opportunities if ">" in o.symbol]


async def _dislocated(world: WorldInfo, bot: ArBot) -> Frame:
    """Have BTC/USDC dear on Bybit until a frame shows the edge across; it ends by itself."""
    edge = {"symbol": "BTC/USDC", "buy": "okx", "sell": "bybit", "pct": 0.6, "life_s": 4}
    async with asyncio.timeout(90):
        while True:
            await act(world, action="edge", **edge)
            for _ in range(60):
                frame = bot.client.frame(0)
                if any((o.symbol, o.sell) == _ACROSS for o in _across(frame)):
                    return frame
                await asyncio.sleep(0.05)


async def test_a_pair_in_usdc_is_traded_in_usdc_and_counted_at_its_rate(
    world: WorldInfo, tmp_path: Path
) -> None:
    # Before the engine looks: to its identity guard a book ten percent off is another coin's.
    for venue in _VENUES:
        await act(world, action="price", symbol="USDC/USDT", venue=venue, mid="0.9")
    opts = replace(options(world, tmp_path), quotes=_QUOTES)
    async with ArBot(opts) as bot:
        frame = await until(bot, lambda f: all_live(f) and _is_worth(bot, 0.9))
        assert _rows(frame) == {"BTC/USDT", "ETH/USDT", "USDC/USDT", "BTC/USDC"}
        assert (await bot.client.command("start", {})).ok
        edge = {"symbol": "BTC/USDC", "buy": "okx", "sell": "bybit", "pct": 0.5, "life_s": 80}
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
        await until(bot, lambda f: all_live(f) and _is_worth(bot, 1.0))
        shown = await _dislocated(world, bot)
        assert {(o.pair_id, o.reason) for o in _across(shown)} == {("", "quote_peg")}
        for venue in _VENUES:
            await act(world, action="price", symbol="USDC/USDT", venue=venue, mid="0.99")

        # At par all that is traded in the coin would be one percent apart now.
        await until(bot, lambda f: _is_worth(bot, 0.99) and all(o.closed_ns for o in _across(f)))
        opened = {o.id for o in _across(bot.client.frame(0))}
        quotes = bot.feed.quotes
        # As long as it takes: quotes of every book come, and none of them opens anything.
        await until(bot, lambda f: bot.feed.quotes > quotes + 200)
        left = _across(bot.client.frame(0))
        assert {o.id for o in left} == opened
        assert all(o.closed_ns for o in left)
        assert bot.funnel.balanced
