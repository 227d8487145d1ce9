"""The Bybit adapter against the synthetic Bybit, over sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from arbot_tui.exchanges.bybit.adapter import BybitExchange
from tests.integration.exchanges.world import World, WorldContract, world_of


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with world_of(BybitExchange, "bybit") as running:
        yield running


class TestBybitWorld(WorldContract):
    pass
