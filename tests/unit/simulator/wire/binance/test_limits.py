"""Binance's counters."""

import pytest

from arbot_tui.simulator.wire.binance.errors import ApiError
from arbot_tui.simulator.wire.binance.limits import ORDERS_PER_DAY, Limits

MINUTE = 60_000 * 29_333_333


def test_weight_is_counted_per_minute_and_shown() -> None:
    limits = Limits()
    limits.charge(20, MINUTE)
    limits.charge(5, MINUTE + 59_999)
    assert limits.headers(MINUTE + 59_999)["X-MBX-USED-WEIGHT-1M"] == "25"
    assert limits.headers(MINUTE + 60_000)["X-MBX-USED-WEIGHT-1M"] == "0"


def test_too_much_weight_is_429_until_the_minute_ends() -> None:
    limits = Limits()
    limits.charge(6000, MINUTE)
    with pytest.raises(ApiError) as error:
        limits.charge(1, MINUTE + 45_000)
    assert (error.value.code, error.value.status) == (-1003, 429)
    assert error.value.headers == {"Retry-After": "16"}
    limits.charge(1, MINUTE + 60_000)


def test_successful_orders_give_their_weight_back() -> None:
    limits = Limits()
    limits.charge(1, MINUTE)
    limits.refund(1, MINUTE)
    assert limits.headers(MINUTE)["X-MBX-USED-WEIGHT-1M"] == "0"


def test_only_unfilled_orders_count() -> None:
    limits = Limits()
    for _ in range(500):
        limits.check_order(MINUTE)
        limits.count_order(True, MINUTE)
    for _ in range(100):
        limits.check_order(MINUTE)
        limits.count_order(False, MINUTE)
    assert limits.order_headers(MINUTE) == {
        "X-MBX-ORDER-COUNT-10S": "100",
        "X-MBX-ORDER-COUNT-1D": "100",
    }
    with pytest.raises(ApiError) as error:
        limits.check_order(MINUTE + 9_000)
    assert (error.value.code, error.value.status) == (-1015, 429)
    assert error.value.headers == {"Retry-After": "2"}
    limits.check_order(MINUTE + 10_000)


def test_who_goes_on_in_spite_of_429_is_banned_for_two_minutes() -> None:
    limits = Limits()
    limits.charge(6000, MINUTE)
    statuses: list[int] = []
    for _ in range(12):
        with pytest.raises(ApiError) as error:
            limits.charge(1, MINUTE)
        statuses.append(error.value.status)
    assert statuses == [429] * 10 + [418] * 2
    assert (error.value.code, error.value.headers) == (-1003, {"Retry-After": "121"})
    # Not even the next minute's weight helps before the ban is over.
    with pytest.raises(ApiError):
        limits.charge(1, MINUTE + 119_999)
    limits.charge(1, MINUTE + 120_000)


def test_a_days_orders_are_counted_as_well() -> None:
    limits, day_ms = Limits(), 86_400_000
    for _ in range(ORDERS_PER_DAY):
        limits.count_order(False, 0)
    with pytest.raises(ApiError, match="200000 orders per 1 DAY"):
        limits.check_order(day_ms - 1)
    limits.check_order(day_ms)
