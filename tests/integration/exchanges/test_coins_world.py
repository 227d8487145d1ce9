"""Row 31: what the synthetic venues' wallets refuse, as each adapter hears of it."""

from __future__ import annotations

import pytest

from arbot_tui.domain.transfers import SuspendedTransfers
from arbot_tui.exchanges.base import ExchangeConfig
from tests.integration.exchanges.test_private_world import KINDS
from tests.integration.exchanges.world import world_of


@pytest.mark.parametrize("name", KINDS)
async def test_what_a_venue_s_wallets_refuse_is_told_to_whoever_has_a_key(name: str) -> None:
    async with world_of(KINDS[name], name) as world:

        async def shut() -> SuspendedTransfers:
            told = await world.adapter.get_wallets()
            assert told is not None
            return told.suspended

        assert await shut() == SuspendedTransfers()
        for symbol, suspended in (("BTC/USDT", "deposits"), ("ETH/USDT", "both")):
            await world.fault("status", symbol=symbol, args={"suspended": suspended})
        assert await shut() == SuspendedTransfers(
            deposits=frozenset({"BTC", "ETH"}), withdrawals=frozenset({"ETH"})
        )
        # Without a key Bitget alone tells.
        had = world.adapter.config
        config = ExchangeConfig(
            had.name, had.index, had.urls, had.environment, had.fallback_fees, None
        )
        public = KINDS[name](config, world.adapter.clock)
        told = await public.get_wallets()
        assert (told is not None) is (name == "bitget")
        await public.close()
