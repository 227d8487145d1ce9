import time

import pytest

from arbot_tui.domain.clock import MS, SECOND, SystemClock, VirtualClock, from_millis


def test_the_system_clock_is_near_utc_and_never_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    assert abs(clock.now_ns() - time.time_ns()) < SECOND
    before = clock.now_ns()
    # The wall clock being set back does not concern it.
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert 0 <= clock.now_ns() - before < SECOND


def test_a_virtual_clock_moves_only_when_told() -> None:
    clock = VirtualClock(SECOND)
    assert clock.now_ns() == SECOND
    assert clock.advance(5 * MS) == SECOND + 5 * MS
    assert clock.now_ns() == SECOND + 5 * MS
    assert clock.move_to(3 * SECOND) == 3 * SECOND


def test_a_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(SECOND)
    assert clock.move_to(0) == SECOND
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(-1)


def test_a_venues_time_is_in_milliseconds_of_this_century() -> None:
    assert from_millis("1597026383085") == from_millis(1597026383085) == 1597026383085 * MS
    # Microseconds, nothing, and what no database would take.
    for wrong in (1597026383085000, "0", -1, "9" * 60, "", "soon", "1.5"):
        with pytest.raises(ValueError, match=r"time|literal"):
            from_millis(wrong)
