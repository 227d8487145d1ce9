"""What is used of the quotas, by our count and by the venue's."""

from __future__ import annotations

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.base import QuotaUse
from arbot_tui.exchanges.transport.limiter import RateLimiter
from arbot_tui.exchanges.transport.traffic import RemainingHeader, Traffic

_T0 = 1_700_000_000 * SECOND


def test_the_quota_of_which_the_greatest_share_is_used_is_told() -> None:
    traffic = Traffic()
    assert traffic.busiest(_T0) is None
    minute, second = RateLimiter(100, 60 * SECOND), RateLimiter(10, SECOND)
    traffic.note(((second, 1), (minute, 1)))
    traffic.note(((second, 1), (minute, 1)))
    assert traffic.busiest(_T0) == QuotaUse(0, 100, 60.0)
    minute.take(20, _T0)
    second.take(3, _T0)
    assert traffic.busiest(_T0) == QuotaUse(3, 10, 1.0)
    assert traffic.busiest(_T0 + SECOND) == QuotaUse(20, 100, 60.0)


@pytest.mark.parametrize(
    ("headers", "used"),
    [
        ({"left": "3", "whole": "20"}, 17),
        # Ours is the smaller quota: where the whole is not told it is taken for the whole.
        ({"left": "3"}, 15),
        ({"left": "19"}, 2),
        ({"left": "20", "whole": "20"}, 2),
        ({"left": "-1", "whole": "20"}, 2),
        ({"left": "x"}, 2),
        ({"left": "9" * 40}, 2),
        ({"left": "3", "whole": "0"}, 15),
        ({}, 2),
    ],
)
def test_the_venue_s_own_count_is_believed_where_it_is_higher(
    headers: dict[str, str], used: int
) -> None:
    endpoint, address = RateLimiter(18, SECOND), RateLimiter(1_000, SECOND)
    for limiter in (endpoint, address):
        limiter.take(2, _T0)
    RemainingHeader("left", "whole").heed(headers, ((endpoint, 1), (address, 1)), _T0)
    assert (endpoint.used(_T0), address.used(_T0)) == (used, 2)
    RemainingHeader("left").heed(headers, (), _T0)
