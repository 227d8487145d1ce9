"""Settings changed while the engine runs: they hold, they are written down, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from arbot_tui.commands.live_settings import LiveSettings
from arbot_tui.engine.answers import SettingsDiff, SettingsView
from arbot_tui.engine.world import WorldInfo
from arbot_tui.settings.loading import load
from arbot_tui.trading.core.events import LimitsChanged
from arbot_tui.trading.journal import Journal
from tests.integration.engine.test_bot import all_live, engine, options, until, world

__all__ = ["world"]

pytestmark = pytest.mark.timing


async def test_a_change_reaches_every_part_and_the_journal(
    world: WorldInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "arbot.toml"
    config.write_text("[simulator]\nsymbols = 20\n")
    loaded = load(config)
    source = LiveSettings(loaded, lambda over: load(config, over))
    given = replace(options(world, tmp_path), settings=source, arbitrage=loaded.settings.arbitrage)
    async with engine(given) as bot:
        client = bot.client
        await until(bot, all_live)
        assert (await client.command("start", {})).ok
        await until(bot, lambda frame: frame.status.completed >= 1)
        holdings = dict(bot.core.ledger.book("okx"))
        quotes = bot.board.latest.copy()

        view = await client.query("settings", {})
        assert isinstance(view, SettingsView)
        diff = await client.query("settings_diff", {"arbitrage.trade_amount_usd": "50"})
        assert isinstance(diff, SettingsDiff)
        assert [change.after for change in diff.changes] == ["50"]

        done = await client.command(
            "settings",
            {
                "arbitrage.trade_amount_usd": "50",
                "arbitrage.min_profit_pct": "0.25",
                "arbitrage.identity_deny": "BTC",
                "trend.use_trend_filter": "true",
            },
        )
        assert done.ok, done.message
        assert "arbitrage.trade_amount_usd 1000 → 50" in done.message
        assert bot.core.rules().trade_amount_quote == Decimal(50)
        assert bot.strategy.settings.min_profit_pct == 0.25
        assert bot.strategy.identity.config.identity_deny == ("BTC",)
        filters = [type(entry).__name__ for entry in bot.strategy.filters]
        assert filters == ["TrendFilterStrategy", "TransferGuard"]
        trend, guard = bot.strategy.filters
        # Another key leaves the filters with what they remember.
        assert (await client.command("settings", {"arbitrage.cooldown_s": "2"})).ok
        assert bot.strategy.filters == (trend, guard)
        assert dict(bot.core.ledger.book("okx")).keys() == holdings.keys()
        assert len(bot.board.latest) == len(quotes)

        loosening = await client.command("settings", {"risk.max_order_usd": "6000"})
        assert not loosening.ok
        assert "confirm" in loosening.message
        assert (
            await client.command("settings", {"risk.max_order_usd": "6000", "confirm": "yes"})
        ).ok
        assert bot.core.rules().max_order_quote == Decimal(6000)

        cold = await client.command("settings", {"ui.mouse": "false"})
        assert not cold.ok
        assert "next start" in cold.message
        assert (await client.command("settings", {"ui.mouse": "false", "save": "yes"})).ok
        assert load(config).settings.ui.mouse is False
        assert not (await client.command("settings", {"ui.mouse": "x", "save": "yes"})).ok
        assert not (await client.command("settings", {"save": "no"})).ok

        assert client.frame(0).status.settings_unread == ""
        config.write_text("[arbitrage]\nmin_profit_pct = 77\n")
        await until(bot, lambda frame: frame.status.settings_unread == "arbot.toml")
        kept = await client.command("settings_reload", {})
        assert not kept.ok
        assert "min_profit_pct = 77" in kept.message
        assert bot.strategy.settings.min_profit_pct == 0.25
        config.write_text("[arbitrage]\nmin_profit_pct = 0.5\n")
        version = client.frame(0).status.settings_version
        assert (await client.command("settings_reload", {})).ok
        assert client.frame(0).status.settings_version != version
        assert bot.core.rules().min_profit_pct == Decimal("0.5")
        assert bot.core.rules().trade_amount_quote == Decimal(1000)
        last = bot.core.rules()
        assert (await bot.stop()).ledger.balanced
    _, core = _recovered(given.account_dir)
    assert core == last


def _recovered(account_dir: Path) -> tuple[int, object]:
    """Return how many changes of limits the journal holds, and the last of them."""
    journal = Journal.open(account_dir / "journal.sqlite", "x")
    try:
        changes = [event for _, _, event in journal.records() if isinstance(event, LimitsChanged)]
    finally:
        journal.close()
    return len(changes), changes[-1].limits


async def test_without_a_source_the_settings_are_fixed(world: WorldInfo, tmp_path: Path) -> None:
    async with engine(options(world, tmp_path)) as bot:
        with pytest.raises(ValueError, match="fixed"):
            await bot.client.query("settings", {})
        diff = await bot.client.query("settings_diff", {"ui.fps": "2"})
        assert isinstance(diff, SettingsDiff)
        assert "fixed" in diff.error
        assert not (await bot.client.command("settings", {"ui.fps": "2"})).ok
        assert not (await bot.client.command("settings_reload", {})).ok
