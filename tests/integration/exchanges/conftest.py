"""Which event loops the tests here run on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.transport import stall

LoopFactories = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no quiet stream doubted: a script is quiet, and so is a machine without time for us.

    What doubts lead to is shown in virtual time (`tests/contract`).
    """
    for name in ("_PATIENCE_NS", "_FIRST_NS", "_MOST_PATIENCE_NS"):
        monkeypatch.setattr(stall, name, 3600 * SECOND)


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> LoopFactories:
    """Run the transport's tests on both loops: their transports differ in small ways."""
    standard: LoopFactories = {"asyncio": asyncio.new_event_loop}
    if "test_transport_" in item.nodeid:
        return {**standard, "uvloop": uvloop.new_event_loop}
    return standard
