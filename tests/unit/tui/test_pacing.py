"""How often the screen looks, and how much it may send; in virtual time."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.tui.pacing import QUIET_FPS, Budget, Pacer
from tests.virtual_loop import run_virtual


def test_it_looks_as_often_as_asked_and_seldom_while_there_is_no_news() -> None:
    async def scenario() -> None:
        news, calls = True, 0

        def pull() -> bool:
            nonlocal calls
            calls += 1
            return news

        pacer = Pacer(pull, lambda e: None, 5.0)
        pacer.start()
        await asyncio.sleep(10.05)
        assert calls == 50
        news = False
        await asyncio.sleep(6)
        calls = 0
        await asyncio.sleep(10)
        assert calls == 10 * QUIET_FPS
        news = True
        await asyncio.sleep(1)
        calls = 0
        await asyncio.sleep(10)
        assert calls == 50
        pacer.set_fps(1.0)
        calls = 0
        await asyncio.sleep(10.05)
        assert calls == 10
        pacer.stop()
        await asyncio.sleep(10)
        assert calls == 10

    run_virtual(scenario())


def test_an_error_is_told_once_and_nothing_is_called_after_it() -> None:
    async def scenario() -> None:
        told: list[Exception] = []
        calls = 0

        def pull() -> bool:
            nonlocal calls
            calls += 1
            raise KeyError("a mistake")

        Pacer(pull, told.append, 10.0).start()
        await asyncio.sleep(5)
        assert calls == 1
        assert [type(error) for error in told] == [KeyError]

    run_virtual(scenario())


@given(
    st.lists(st.integers(0, 30_000), min_size=30, max_size=200),
    st.sampled_from([200.0, 2000.0]),
)
def test_frames_keep_to_the_budget_on_the_average(sizes: list[int], rate: float) -> None:
    """What frames send is bounded, unless one frame alone is more than four seconds' worth."""
    budget, sent, steps = Budget(rate), 0, 0
    sizes = [min(size, round(rate * 4)) for size in sizes]
    waiting = list(sizes)
    while waiting:
        steps += 1
        if budget.allows(float(steps), sent):
            sent += waiting.pop()
    # The last frame may be on credit.
    assert sent <= rate * (steps + 1) + rate * 4


def test_after_a_large_picture_the_next_frame_comes_within_seconds() -> None:
    budget = Budget(1000.0)
    assert budget.allows(0.0, 50_000)
    assert not budget.allows(0.0, 100_000)
    assert not budget.allows(3.9, 100_000)
    assert budget.allows(4.1, 100_000)
