"""Which event loops the tests here run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

LoopFactories = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> LoopFactories:
    """Run the transport's tests on both loops: their transports differ in small ways."""
    standard: LoopFactories = {"asyncio": asyncio.new_event_loop}
    if "test_transport_" in item.nodeid:
        return {**standard, "uvloop": uvloop.new_event_loop}
    return standard
