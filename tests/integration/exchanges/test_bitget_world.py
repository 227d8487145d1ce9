"""The Bitget adapter against the synthetic Bitget, over sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from arbot_tui.exchanges.bitget.adapter import BitgetExchange
from tests.integration.exchanges.world import World, WorldContract, world_of


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with world_of(BitgetExchange, "bitget") as running:
        yield running


class TestBitgetWorld(WorldContract):
    pass
