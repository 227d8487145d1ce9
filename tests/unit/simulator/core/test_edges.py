"""The schedule of edges: fixed by the seed, within the contract's bounds."""

from itertools import islice, pairwise

import pytest

from arbot_tui.simulator.core.edges import Edge, schedule

SECOND = 1_000_000_000


def first(count: int, seed: int = 1, symbols: int = 20, per_min: float = 12.0) -> list[Edge]:
    return list(islice(schedule(seed, symbols, 4, per_min), count))


@pytest.mark.parametrize("seed", range(5))
def test_the_first_comes_after_two_seconds(seed: int) -> None:
    assert first(1, seed)[0].open_ns == 2 * SECOND


@pytest.mark.parametrize("per_min", [1.0, 12.0, 60.0])
def test_gaps_are_half_to_one_and_a_half_periods(per_min: float) -> None:
    period = 60 / per_min * SECOND
    gaps = [b.open_ns - a.open_ns for a, b in pairwise(first(2000, per_min=per_min))]
    assert period * 0.5 <= min(gaps) < period * 0.52
    assert period * 1.48 < max(gaps) <= period * 1.5
    assert abs(sum(gaps) / len(gaps) / period - 1) < 0.03


def test_nets_are_spread_over_the_whole_range() -> None:
    nets = [edge.net_e8 for edge in first(2000)]
    assert 150_000 <= min(nets) < 155_000
    assert 775_000 < max(nets) <= 780_000


def test_every_second_edge_is_long() -> None:
    edges = first(2000)
    long = [e.close_ns - e.open_ns for e in edges if e.number % 2 == 0]
    short = [e.close_ns - e.open_ns for e in edges if e.number % 2]
    assert min(long) >= SECOND
    assert max(long) <= 5 * SECOND
    assert min(short) >= 50_000_000
    assert max(short) <= SECOND
    assert [e.number for e in edges] == list(range(2000))


def test_symbols_venues_and_sides_all_take_part() -> None:
    edges = first(2000)
    assert {e.symbol for e in edges} == set(range(20))
    assert {e.venue for e in edges} == set(range(4))
    assert 800 < sum(e.high for e in edges) < 1200


@pytest.mark.parametrize(
    ("symbols", "per_min"), [(1, 12.0), (2, 30.0), (3, 120.0), (20, 600.0), (1, 600.0)]
)
def test_edges_that_overlap_are_on_different_symbols(symbols: int, per_min: float) -> None:
    ends: dict[int, int] = {}
    for edge in first(1000, symbols=symbols, per_min=per_min):
        assert edge.open_ns > ends.get(edge.symbol, 0)
        assert edge.close_ns - edge.open_ns >= 50_000_000
        ends[edge.symbol] = edge.close_ns


def test_one_symbol_still_gets_every_edge_at_the_default_rate() -> None:
    assert [e.number for e in first(500, symbols=1)] == list(range(500))


def test_no_rate_no_edges() -> None:
    assert first(1, per_min=0.0) == []


def test_the_same_seed_gives_the_same_schedule() -> None:
    assert first(300, seed=4) == first(300, seed=4) != first(300, seed=5)
