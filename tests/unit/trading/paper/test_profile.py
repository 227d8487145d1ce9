"""Draws that belong to an order, whoever is asked before it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.domain.clock import MS
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.trading.paper.profile import (
    UNMEASURED_NS,
    Draws,
    OrderProfile,
    RoundTrips,
    quantile,
)
from tests.unit.trading.paper.parts import order_id

MANY = 4000
NONE = RoundTrips()


def fates(draws: Draws, numbers: range) -> list[object]:
    return [draws.fate(order_id(number), NONE) for number in numbers]


def test_an_orders_fate_does_not_depend_on_what_was_drawn_before() -> None:
    profile = OrderProfile(tuple(range(1000)), 0.3, 0.3)
    forward = fates(Draws(7, profile), range(1, 100))
    backward = fates(Draws(7, profile), range(99, 0, -1))
    assert forward == backward[::-1]
    assert forward != fates(Draws(8, profile), range(1, 100))


def test_the_journal_it_is_written_in_does_not_matter_but_pair_leg_and_attempt_do() -> None:
    draws = Draws(1, OrderProfile(tuple(range(10**6))))

    def latency(instance: str, *parts: int) -> int:
        return draws.fate(client_order_id(instance, *parts), NONE).latency_ns

    assert latency("k3f9x0z", 5, 1, 2) == latency("another", 5, 1, 2)
    assert len({latency("k3f9x0z", *p) for p in ((5, 1, 2), (6, 1, 2), (5, 0, 2), (5, 1, 3))}) == 4


def test_an_id_that_is_not_ours_is_its_own_key() -> None:
    draws = Draws(1, OrderProfile(tuple(range(10**6))))
    assert draws.fate("x", NONE) == draws.fate("x", NONE) != draws.fate("y", NONE)


def test_shares_are_as_often_as_the_profile_says() -> None:
    draws = Draws(1, OrderProfile((1,), reject_share=0.25, cut_share=0.4, cuts=(0.5,)))
    drawn = [draws.fate(order_id(number), NONE) for number in range(MANY)]
    assert sum(fate.refused for fate in drawn) / MANY == pytest.approx(0.25, abs=0.02)
    cut = [fate.share for fate in drawn if fate.share != 1]
    assert len(cut) / MANY == pytest.approx(0.4, abs=0.02)
    assert set(cut) == {Decimal("0.5")}


def test_without_measured_cuts_every_share_is_as_likely() -> None:
    draws = Draws(1, OrderProfile((1,), cut_share=1))
    shares = sorted(float(draws.fate(order_id(n), NONE).share) for n in range(MANY))
    assert 0 <= shares[0] <= shares[-1] < 1
    for tenth in range(1, 10):
        assert shares[MANY * tenth // 10] == pytest.approx(tenth / 10, abs=0.03)


def test_an_ordinary_venue_refuses_and_cuts_nothing() -> None:
    draws = Draws(1, OrderProfile())
    assert {draws.fate(order_id(n), NONE) for n in range(100)} == {draws.fate("x", NONE)}
    assert draws.fate("x", NONE).share == 1
    assert not draws.fate("x", NONE).refused


def test_round_trips_stand_in_for_latencies_of_orders() -> None:
    draws = Draws(1, OrderProfile())
    rtts = RoundTrips()
    assert draws.fate("x", rtts).latency_ns == UNMEASURED_NS
    rtts.add(0)
    assert draws.fate("x", rtts).latency_ns == UNMEASURED_NS
    rtts.add(30 * MS)
    rtts.add(20 * MS)
    drawn = [draws.fate(order_id(n), rtts).latency_ns for n in range(MANY)]
    assert 20 * MS <= min(drawn) < max(drawn) <= 30 * MS
    assert sorted(drawn)[MANY // 2] == pytest.approx(25 * MS, rel=0.02)


def test_measured_latencies_of_orders_go_first() -> None:
    assert Draws(1, OrderProfile((5,))).fate("x", RoundTrips([7])).latency_ns == 5


def test_only_the_newest_round_trips_count() -> None:
    rtts = RoundTrips(range(1, 2000))
    assert rtts.ranked == list(range(1488, 2000))


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.25, 1.5), (0.5, 2), (0.75, 3), (0.999, 4)])
def test_a_quantile_lies_between_its_neighbours(share: float, value: float) -> None:
    assert quantile([1, 2, 4], share) == pytest.approx(value, rel=0.01)
    assert quantile([3], share) == 3
