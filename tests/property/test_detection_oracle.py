"""Detection and gate say what a plain calculation says, whatever happens (`detection_world`)."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.property.detection_draws import drawn
from tests.property.detection_world import World


def _play(venues: int, seed: int, steps: int) -> World:
    draw, world = random.Random(seed), World(venues)
    for _ in range(steps):
        world.take(draw.randint(1, draw.choice([120, 120, 120, 900])), drawn(draw))
        world.compare()
    return world


@given(venues=st.integers(3, 4), seed=st.integers(0, 2**32))
def test_detection_says_what_a_plain_calculation_says(venues: int, seed: int) -> None:
    _play(venues, seed, 50)


def test_what_is_compared_holds_every_end_of_a_candidate() -> None:
    # But for `worst_case_edge`: limits are rounded to the safe side of what detection asked for.
    world = _play(4, 7, 1000)
    assert world.deep > 20
    assert {reason for _, reason in world.naive.counts} == {
        "fee",
        "status_ok",
        "crossed",
        "data_fresh",
        "identity_ok",
        "filter",
        "duplicate_intent",
        "cooldown",
        "edge_too_good",
        "depth",
        "balance_reserved",
        "committed",
    }
