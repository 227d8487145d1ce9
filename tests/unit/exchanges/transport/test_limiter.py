import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.transport.limiter import RateLimiter, acquire


@given(
    limit=st.integers(1, 50),
    period_ns=st.integers(1, 1000),
    requests=st.lists(
        st.tuples(st.integers(0, 400), st.integers(1, 20), st.booleans()), max_size=80
    ),
)
def test_no_window_ever_holds_more_than_the_limit(
    limit: int, period_ns: int, requests: list[tuple[int, int, bool]]
) -> None:
    limiter = RateLimiter(limit, period_ns)
    now_ns = 0
    granted: list[tuple[int, int]] = []
    for pause_ns, units, urgent in requests:
        now_ns += pause_ns
        if units <= limit and acquire([(limiter, units)], now_ns, urgent=urgent) == 0:
            granted.append((now_ns, units))

    for start_ns, _ in granted:
        window = [u for at_ns, u in granted if start_ns <= at_ns < start_ns + period_ns]
        assert sum(window) <= limit


@given(
    limit=st.integers(2, 50),
    requests=st.lists(st.tuples(st.integers(0, 300), st.integers(1, 10)), min_size=1, max_size=60),
    urgent=st.booleans(),
)
def test_the_wait_it_names_is_long_enough_and_not_for_ever(
    limit: int, requests: list[tuple[int, int]], urgent: bool
) -> None:
    limiter = RateLimiter(limit, 1000)
    now_ns = 0
    for pause_ns, units in requests:
        now_ns += pause_ns
        wait_ns = limiter.wait_ns(units, now_ns, urgent=urgent)
        assert 0 <= wait_ns <= 1000
        now_ns += wait_ns
        if units <= limit:
            share = limit if urgent else max(1, int(limit * 0.8))
            assert limiter.wait_ns(units, now_ns, urgent=urgent) == 0 or units > share
        limiter.take(min(units, limit), now_ns)


def test_urgent_requests_find_a_reserve_that_others_left() -> None:
    limiter = RateLimiter(10, SECOND, reserve=0.2)
    for _ in range(8):
        assert acquire([(limiter, 1)], 0) == 0

    assert acquire([(limiter, 1)], 0) == SECOND
    assert acquire([(limiter, 2)], 0, urgent=True) == 0
    assert acquire([(limiter, 1)], 0, urgent=True) == SECOND


def test_a_request_larger_than_the_quota_waits_for_an_empty_window_only() -> None:
    limiter = RateLimiter(10, SECOND)
    limiter.take(3, 0)

    assert limiter.wait_ns(50, 1) == SECOND - 1
    assert limiter.wait_ns(50, SECOND) == 0


def test_units_come_back_when_their_window_has_passed() -> None:
    limiter = RateLimiter(2, 100, reserve=0.0)
    limiter.take(1, 0)
    limiter.take(1, 60)

    assert limiter.used(99) == 2
    assert limiter.wait_ns(1, 99) == 1
    assert limiter.used(100) == 1
    assert limiter.wait_ns(2, 100) == 60


def test_all_charges_are_taken_or_none() -> None:
    free, full = RateLimiter(10, SECOND), RateLimiter(1, 2 * SECOND)
    full.take(1, 0)

    assert acquire([(free, 1), (full, 1)], 0) == 2 * SECOND
    assert free.used(0) == 0
    assert acquire([(free, 1), (full, 1)], 2 * SECOND) == 0
    assert (free.used(2 * SECOND), full.used(2 * SECOND)) == (1, 1)


def test_the_venues_higher_count_is_believed_and_a_lower_one_is_not() -> None:
    limiter = RateLimiter(100, SECOND)
    limiter.take(10, 0)

    limiter.observe(60, 0)
    assert limiter.used(0) == 60
    limiter.observe(5, 0)
    assert limiter.used(0) == 60


def test_refunds_take_back_what_was_booked_last() -> None:
    limiter = RateLimiter(10, 100)
    limiter.take(3, 0)
    limiter.take(2, 50)

    limiter.give_back(3)
    assert limiter.used(50) == 2
    assert limiter.used(100) == 0
    limiter.give_back(5)
    assert limiter.used(100) == 0


def test_a_new_limit_applies_at_once_and_nonsense_is_ignored() -> None:
    limiter = RateLimiter(10, SECOND, reserve=0.0)
    limiter.take(5, 0)

    limiter.resize(5)
    assert limiter.wait_ns(1, 0) == SECOND
    limiter.resize(0)
    assert limiter.limit == 5


@pytest.mark.parametrize(("limit", "period_ns", "reserve"), [(0, 1, 0.2), (1, 0, 0.2), (1, 1, 1.0)])
def test_a_quota_without_room_is_refused(limit: int, period_ns: int, reserve: float) -> None:
    with pytest.raises(ValueError, match="no quota"):
        RateLimiter(limit, period_ns, reserve=reserve)


def test_a_grain_bounds_the_log_and_is_never_looser() -> None:
    fine, coarse = RateLimiter(100, 60 * SECOND), RateLimiter(100, 60 * SECOND, grain_ns=SECOND)
    for tenth in range(40):
        now_ns = tenth * SECOND // 10
        for limiter in (fine, coarse):
            limiter.take(1, now_ns)
    for tenth in range(590, 650):
        now_ns = tenth * SECOND // 10
        assert coarse.used(now_ns) >= fine.used(now_ns)
        assert coarse.used(now_ns) - fine.used(now_ns) <= 10
    coarse.take(3, 70 * SECOND)
    coarse.give_back(1)
    assert coarse.used(70 * SECOND) == 2


def test_a_fixed_window_begins_anew_where_the_next_one_does() -> None:
    day_ns = 86_400 * SECOND
    midnight_ns = 20_000 * day_ns
    sliding = RateLimiter(10, day_ns, reserve=0.0)
    fixed = RateLimiter(10, day_ns, reserve=0.0, grain_ns=60 * SECOND, fixed=True)
    late_ns = midnight_ns - 3600 * SECOND
    for limiter in (sliding, fixed):
        limiter.take(10, late_ns)
    # Used up for the rest of the day, and a moment more: the venue's clock may be behind ours.
    assert fixed.wait_ns(1, late_ns) == 3602 * SECOND
    assert fixed.wait_ns(1, midnight_ns + 2 * SECOND - 1) == 1
    assert fixed.wait_ns(1, midnight_ns + 2 * SECOND) == 0
    assert fixed.used(midnight_ns + 2 * SECOND) == 0
    assert sliding.wait_ns(1, midnight_ns + 2 * SECOND) > 22 * 3600 * SECOND
    # What the venue counts of the new day is believed, and lasts until the next one.
    fixed.observe(7, midnight_ns + 30 * SECOND)
    assert fixed.wait_ns(3, midnight_ns + 23 * 3600 * SECOND) == 0
    assert fixed.wait_ns(4, midnight_ns + 23 * 3600 * SECOND) == 3602 * SECOND
