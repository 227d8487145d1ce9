from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials, ExchangeConfig, VenueUrls
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.dialing import PacedDial
from arbot_tui.exchanges.transport.feed_adapter import FeedAdapter
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.wire import Dial, DialFailed, DialOptions, Wire
from tests.virtual_loop import LoopClock, run_virtual

OPTIONS = DialOptions(
    venue="okx", url="ws://127.0.0.1:1", headers={}, max_message_bytes=1, timeout_s=1.0
)


class _Dials:
    def __init__(self) -> None:
        self.at_s: list[float] = []

    async def __call__(self, options: DialOptions) -> Wire:
        assert options is OPTIONS
        self.at_s.append(asyncio.get_running_loop().time())
        raise DialFailed("okx", "nobody there")


async def _dial(paced: Dial, times: int) -> None:
    await asyncio.gather(*(paced(OPTIONS) for _ in range(times)), return_exceptions=True)


def test_attempts_of_all_connections_together_keep_to_every_limit() -> None:
    dials = _Dials()
    limits = (
        RateLimiter(2, SECOND, reserve=0.0),
        RateLimiter(5, 60 * SECOND, reserve=0.0),
    )
    run_virtual(_dial(PacedDial(dials, limits, LoopClock(), BanClock()), 7))
    assert [round(at_s, 3) for at_s in dials.at_s] == [0, 0, 1, 1, 2, 60, 60]


def test_nobody_dials_before_a_ban_is_over() -> None:
    async def scenario() -> None:
        ban, clock = BanClock(), LoopClock()
        ban.stay_away(30.0, clock.now_ns())
        await _dial(PacedDial(dials, (), clock, ban), 2)

    dials = _Dials()
    run_virtual(scenario())
    assert dials.at_s == [30.0, 30.0]


@pytest.mark.parametrize(
    ("name", "most"), [("binance", 300), ("bybit", 500), ("okx", 900), ("bitget", 300)]
)
def test_public_and_private_connections_share_what_the_venue_allows(name: str, most: int) -> None:
    """`most` in five minutes, as the venue counts them: by address, whatever they are for."""

    async def scenario() -> None:
        urls = VenueUrls("http://127.0.0.1:1", "ws://127.0.0.1:1")
        fees = TradingFees(Decimal(0), Decimal(0))
        config = ExchangeConfig(name, 0, urls, "custom", fees, Credentials("k", Secret("s")))
        adapter = ExchangeFactory().create(config, LoopClock())
        assert isinstance(adapter, FeedAdapter)
        shared = adapter._feed.dial
        assert isinstance(shared, PacedDial)
        shared._dial = dials
        await asyncio.gather(_dial(adapter._feed.dial, 205), _dial(adapter._private_dial(), 205))
        await adapter.close()

    dials = _Dials()
    run_virtual(scenario())
    assert len(dials.at_s) == 410
    assert 0 < sum(at_s < 300 for at_s in dials.at_s) <= most
