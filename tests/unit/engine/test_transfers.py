"""Row 31: an edge that stands because a coin cannot be moved is shown and not traded."""

from __future__ import annotations

import asyncio

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import ExchangeUnavailable
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.transfers import SuspendedTransfers
from arbot_tui.trading.core.events import Signalled
from tests.unit.engine.rig import Rig
from tests.virtual_loop import run_virtual

_NO_ETH_OUT = SuspendedTransfers(withdrawals=frozenset({"ETH"}))
_NO_ETH_IN = SuspendedTransfers(deposits=frozenset({"ETH"}))


async def _rig() -> Rig:
    symbols = ("BTC/USDT", "ETH/USDT")
    rig = Rig({"okx": symbols, "bitget": symbols})
    await rig.bot.listings.load()
    for venue in range(2):
        rig.event(venue, FeedEventKind.CONNECTED)
        for row in range(2):
            rig.bot.board.set_fee(venue, row, 0.001)
            rig.quote(venue, row, 100.0)
        rig.bot.judge.judge(venue)
    return rig


async def _ask(rig: Rig) -> None:
    asking = asyncio.create_task(rig.bot.transfers.run())
    await asyncio.sleep(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


def _edge(rig: Rig, row: int, *, dear: int) -> None:
    """Have a row stand one percent higher on a venue, and the former state again after it."""
    rig.clock.advance(SECOND)
    rig.quote(1 - dear, row, 100.0)
    rig.quote(dear, row, 101.0)
    rig.bot.strategy.advance(rig.clock.now_ns())
    rig.quote(dear, row, 100.0)


def _signals(rig: Rig) -> list[str]:
    return [event.signal.symbol for event in rig.told if isinstance(event, Signalled)]


@pytest.mark.parametrize(
    ("suspended", "dear", "why"),
    [
        # Bought on Bitget, from where it cannot leave, or sold there, where it cannot arrive.
        (_NO_ETH_OUT, 0, "bitget lets no ETH out (told 7 s ago)"),
        (_NO_ETH_IN, 1, "bitget lets no ETH in (told 7 s ago)"),
    ],
)
def test_a_trapped_coin_is_shown_and_not_traded_the_other_way_round_it_is(
    suspended: SuspendedTransfers, dear: int, why: str
) -> None:
    async def scenario() -> None:
        rig = await _rig()
        rig.venues["bitget"].suspended = suspended
        await _ask(rig)
        names = ("okx", "bitget")
        rig.clock.advance(7 * SECOND)
        assert rig.bot.transfers.trapped("ETH/USDT", names[1 - dear], names[dear]) == why
        _edge(rig, 1, dear=dear)
        assert _signals(rig) == []
        assert rig.bot.funnel.counts()["status_ok"] > 0
        assert rig.bot.funnel.balanced
        _edge(rig, 1, dear=1 - dear)
        _edge(rig, 0, dear=dear)
        assert _signals(rig) == ["ETH/USDT", "BTC/USDT"]

    run_virtual(scenario())


def test_what_was_heard_too_long_ago_or_never_keeps_nothing_back() -> None:
    async def scenario() -> None:
        rig = await _rig()
        await _ask(rig)
        assert rig.bot.transfers.trapped("ETH/USDT", "bitget", "okx") == ""
        rig.venues["bitget"].suspended = _NO_ETH_OUT
        await _ask(rig)
        rig.venues["bitget"].failure = ExchangeUnavailable("bitget", "busy")
        rig.clock.advance(599 * SECOND)
        await _ask(rig)
        assert rig.bot.transfers.trapped("ETH/USDT", "bitget", "okx") != ""
        rig.clock.advance(2 * SECOND)
        assert rig.bot.transfers.trapped("ETH/USDT", "bitget", "okx") == ""

    run_virtual(scenario())
