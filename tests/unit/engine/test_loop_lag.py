"""How late the loop runs, and what is said of what blocked it."""

from __future__ import annotations

import threading

import pytest
from structlog.testing import capture_logs

from arbot_tui.domain.clock import MS, SECOND, VirtualClock
from arbot_tui.engine.loop_lag import LoopLag


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(SECOND)


@pytest.fixture
def lag(clock: VirtualClock) -> LoopLag:
    lag = LoopLag(clock)
    lag._thread_id = threading.get_ident()
    return lag


def _looked_at(lag: LoopLag) -> None:
    looker = threading.Thread(target=lag.look)
    looker.start()
    looker.join()


def _a_callback_that_blocks(lag: LoopLag, clock: VirtualClock, ms: int) -> None:
    clock.advance((20 + ms) * MS)
    _looked_at(lag)


def test_a_stall_is_logged_with_the_stack_of_what_blocked_the_loop(
    lag: LoopLag, clock: VirtualClock
) -> None:
    lag.expect()
    with capture_logs() as logged:
        _a_callback_that_blocks(lag, clock, 3_000)
        # Whatever runs next has not blocked it.
        _looked_at(lag)
        lag.read()
    (entry,) = logged
    assert (entry["event"], entry["lag_ms"]) == ("loop_stalled", 3_000)
    assert "test_loop_lag.py" in entry["stack"]
    assert "_a_callback_that_blocks" in entry["stack"]
    assert lag.now_ns() == 3_000 * MS


def test_the_next_stall_is_told_of_what_caused_that_one(lag: LoopLag, clock: VirtualClock) -> None:
    with capture_logs() as logged:
        lag.expect()
        _a_callback_that_blocks(lag, clock, 200)
        lag.read()
        lag.expect()
        clock.advance(500 * MS)
        lag.read()
    assert "_a_callback_that_blocks" in logged[0]["stack"]
    assert logged[1]["stack"] == "not seen"


def test_a_small_lag_is_measured_and_not_worth_a_line(lag: LoopLag, clock: VirtualClock) -> None:
    with capture_logs() as logged:
        lag.expect()
        _a_callback_that_blocks(lag, clock, 100)
        lag.read()
    assert logged == []
    assert lag.p99_ms() == 100.0


def test_the_worst_of_the_last_two_seconds_is_remembered(lag: LoopLag, clock: VirtualClock) -> None:
    assert lag.worst_ns() == 0
    for late_ms in (30, 90, 10):
        lag.expect()
        clock.advance((20 + late_ms) * MS)
        lag.read()
    assert lag.worst_ns() == 90 * MS
    clock.advance(1_970 * MS)
    assert lag.worst_ns() == 10 * MS
    lag.expect()
    clock.advance(220 * MS)
    # Not read yet, and late already.
    assert lag.worst_ns() == 200 * MS
