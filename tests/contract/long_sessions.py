"""Sessions over hours and hundreds of reconnects in virtual time; minutes of ours, run by hand.

python -m pytest tests/contract/long_sessions.py
"""

from __future__ import annotations

import asyncio

import pytest

from arbot_tui.domain.feed import FeedEventKind
from tests.contract.virtual_world import VirtualVenue, every_venue, play

pytestmark = pytest.mark.timeout(3600)

DISCONNECTED, MALFORMED = FeedEventKind.DISCONNECTED, FeedEventKind.MALFORMED


@every_venue
def test_depth_asked_to_and_fro_for_an_hour_stays_within_the_hour_s_requests(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        for turn in range(1_200):
            venue.feed.request_depth(turn % 4, turn % 8 < 4)
            await asyncio.sleep(3)
        per_hour = {"okx": 480, "bitget": 240}.get(name, 10**9)
        for wire in venue.wires:
            assert sum(1 for _ in wire.requests()) <= per_hour
        assert venue.listener.count(MALFORMED) == 0
        assert venue.listener.count(DISCONNECTED) == 0
        assert venue.ended == {}
        assert venue.refused == {}
        for row in range(4):
            venue.feed.request_depth(row, True)
        await asyncio.sleep(5)
        for row in range(4):
            venue.check_book(row)

    play(name, scenario, rate_hz=10.0, step_s=0.1)


@every_venue
def test_hundreds_of_forced_reconnects_leak_nothing_and_earn_no_ban(name: str) -> None:
    async def scenario(venue: VirtualVenue) -> None:
        lines = len(venue.open_wires)
        for row in range(0, 60, 7):
            venue.feed.request_depth(row, True)
        await asyncio.sleep(5)
        tasks = len(asyncio.all_tasks())
        forced = 0
        while forced < 340:
            for wire in venue.open_wires:
                wire.link.reset()
                forced += 1
            await asyncio.sleep(20)
        await asyncio.sleep(150)
        assert len(venue.open_wires) == lines
        # Timers of a moment come and go: what stays is three to a session.
        assert len(asyncio.all_tasks()) <= tasks
        assert venue.refused == {}
        assert set(venue.ended) <= {"reset"}
        venue.check_quotes()
        for row in range(0, 60, 7):
            venue.check_book(row)

    play(name, scenario, symbols=60, rate_hz=20.0, step_s=0.1)
