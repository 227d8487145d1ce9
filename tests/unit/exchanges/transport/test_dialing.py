from __future__ import annotations

import asyncio

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.dialing import PacedDial
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.wire import DialFailed, DialOptions, Wire
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


async def _dial(paced: PacedDial, times: int) -> None:
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
