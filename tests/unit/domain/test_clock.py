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


def test_the_system_clock_moves_on_over_what_the_machine_slept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asleep_ns, awake_ns = 5 * SECOND, 7 * SECOND
    monkeypatch.setattr("arbot_tui.domain.clock._SLEEPLESS", 7)
    monkeypatch.setattr(time, "time_ns", lambda: 1_000 * SECOND)
    monkeypatch.setattr(time, "monotonic_ns", lambda: awake_ns)
    monkeypatch.setattr(time, "clock_gettime_ns", lambda clock: clock - 7 + awake_ns + asleep_ns)
    clock = SystemClock()
    assert (clock.catch_up(), clock.now_ns()) == (0, 1_000 * SECOND)
    asleep_ns += 300 * SECOND
    # Who does not look does not know.
    assert clock.now_ns() == 1_000 * SECOND
    assert (clock.catch_up(), clock.now_ns()) == (300 * SECOND, 1_300 * SECOND)
    assert clock.catch_up() == 0
    # Two readings that were not made at once are no sleep, however often.
    for late_ns in (99 * MS, 0, 99 * MS, -50 * MS, 40 * MS):
        asleep_ns = 305 * SECOND + late_ns
        assert (clock.catch_up(), clock.now_ns()) == (0, 1_300 * SECOND)


def test_where_no_clock_counts_sleep_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arbot_tui.domain.clock._SLEEPLESS", None)
    clock = SystemClock()
    assert clock.catch_up() == 0


def test_a_virtual_clock_learns_of_a_sleep_when_it_catches_up() -> None:
    clock = VirtualClock(SECOND)
    clock.sleep(5 * SECOND)
    assert clock.now_ns() == SECOND
    assert (clock.catch_up(), clock.now_ns()) == (5 * SECOND, 6 * SECOND)
    assert (clock.catch_up(), clock.now_ns()) == (0, 6 * SECOND)


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
