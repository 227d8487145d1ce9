"""The ranked list of a synthetic market at every tick; `long_ranking.py` is the hour of F3."""

from __future__ import annotations

from tests.property.ranked_market import RankedMarket


def test_the_ranked_list_equals_brute_force_at_every_tick() -> None:
    found = RankedMarket(symbols=40, rate_hz=120.0, edges_per_min=60.0, seed=5).run(15.0)
    assert found.ticks > 1_500
    assert found.reordered > 300
    assert found.opened > 20
    assert found.disturbed > 3
