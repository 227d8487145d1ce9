from __future__ import annotations

from arbot_tui.simulator.wire.common.rates import AddressLimit, Rates


def test_a_request_counts_until_its_window_has_passed() -> None:
    rates = Rates()

    assert [rates.take("place", 2, 1000, now) for now in (0, 400, 999)] == [1, 0, -1]
    assert rates.free_at_ms("place", 1000, 999) == 1000
    assert [rates.take("place", 2, 1000, now) for now in (1000, 1399, 1400)] == [0, -1, 0]


def test_keys_count_apart() -> None:
    rates = Rates()
    rates.take("place", 1, 1000, 0)

    assert rates.take("cancel", 1, 1000, 0) == 0
    assert rates.take("place", 1, 1000, 0) == -1
    assert rates.free_at_ms("query", 1000, 7) == 7


def test_an_address_that_asks_too_often_is_locked_out_for_the_whole_ban() -> None:
    limit = AddressLimit(requests=2, window_ms=1000, ban_ms=5000)

    assert [limit.allow(now) for now in (0, 1, 2)] == [True, True, False]
    # The window has long passed, the ban has not.
    assert [limit.allow(now) for now in (3000, 5001, 5002)] == [False, False, True]
