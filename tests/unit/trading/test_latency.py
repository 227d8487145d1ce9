"""Percentiles of the newest durations."""

from __future__ import annotations

from arbot_tui.trading.latency import Latency


def test_nothing_measured_is_nothing() -> None:
    assert Latency().percentile_us(50) is None


def test_percentiles_are_durations_that_were_measured() -> None:
    latency = Latency()
    for us in range(1, 101):
        latency.add(us * 1000)

    assert latency.percentile_us(0) == 1
    assert latency.percentile_us(50) == 50
    assert latency.percentile_us(99) == 99
    assert latency.percentile_us(100) == 100


def test_the_oldest_give_way() -> None:
    latency = Latency()
    latency.add(10**9)
    for _ in range(4096):
        latency.add(1000)

    assert latency.percentile_us(100) == 1
