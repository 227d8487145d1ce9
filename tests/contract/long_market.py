"""A virtual hour on all venues with frames lost, repeated and exchanged; minutes of ours, by hand.

python -m pytest -s tests/contract/long_market.py
"""

from __future__ import annotations

import pytest

from tests.contract.virtual_market import play_market

pytestmark = pytest.mark.timeout(3600)


def test_no_signal_of_an_hour_uses_a_book_that_the_venue_never_had() -> None:
    found = play_market(3_600.0, rate_hz=16.0, edges_per_min=12.0)
    late = sorted(found.late_ms)
    print(  # noqa: T201 - the figures are what this is run for
        f"\n{found.quotes} quotes, {found.signals} signals, {len(found.wrong)} wrong books, "
        f"{found.gaps} gaps, {found.malformed} unreadable, {found.reconnects} reconnects, "
        f"{found.refused} refused; a book used had been replaced for "
        f"{late[len(late) // 2]:.0f} ms (median), {late[len(late) * 99 // 100]:.0f} ms (p99), "
        f"{late[-1]:.0f} ms (most)"
    )
    assert found.wrong == []
    assert found.signals > 1_000
    assert found.gaps > 50
    assert late[len(late) * 99 // 100] < 250.0
    assert found.refused == 0
