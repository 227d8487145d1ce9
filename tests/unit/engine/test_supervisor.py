"""A failing service is started again; a cancelled one is not."""

from __future__ import annotations

import asyncio

import pytest

from arbot_tui.engine.supervisor import supervise
from tests.virtual_loop import run_virtual


class Pauses:
    """Notes the pauses asked for; none of them takes any time."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)


async def test_failures_are_answered_by_a_restart_with_growing_pauses() -> None:
    pauses = Pauses()
    runs = 0

    async def service() -> None:
        nonlocal runs
        runs += 1
        if runs <= 9:
            raise RuntimeError("broken")

    await supervise("service", service, pauses)
    assert runs == 10
    assert pauses.asked == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_cancelling_ends_it() -> None:
    pauses = Pauses()
    started = asyncio.Event()

    async def service() -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(supervise("service", service, pauses))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pauses.asked == []


async def _fail_now_and_then() -> list[float]:
    pauses = Pauses()
    runs = 0

    async def service() -> None:
        nonlocal runs
        runs += 1
        # Five failures in a row, a good hour, two more.
        await asyncio.sleep(3600 if runs == 6 else 1)
        if runs < 8:
            raise RuntimeError("broken")

    await supervise("service", service, pauses)
    return pauses.asked


def test_a_failure_after_a_good_while_is_a_first_one() -> None:
    assert run_virtual(_fail_now_and_then()) == [1, 2, 4, 8, 16, 1, 2]


async def test_a_service_that_is_cancelled_by_nobody_who_may_is_started_again() -> None:
    # It waited for what somebody else cancelled: the service was not meant.
    pauses = Pauses()
    runs = 0

    async def service() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            other = asyncio.get_running_loop().create_future()
            other.cancel()
            await other

    await supervise("service", service, pauses)
    assert (runs, pauses.asked) == (2, [1])
