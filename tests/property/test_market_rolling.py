"""Rolling statistics against computing them anew from the values of the window."""

from __future__ import annotations

import os
import random
import statistics
from collections import deque

import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.market.rolling import HalvesMean, MedianWindow

_TICKS = 1_000_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 60_000
_LOOK_EVERY = 997


def _walk(draw: random.Random, start: float) -> float:
    return start * (1.0 + draw.gauss(0.0, 0.0005))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 70_000.0])
def test_median_and_deviation_equal_a_batch_computation(scale: float) -> None:
    draw = random.Random(3)
    window = MedianWindow(100)
    kept: deque[float] = deque(maxlen=100)
    value = scale
    for tick in range(_TICKS):
        value = draw.choice([_walk(draw, value), value])
        window.add(value)
        kept.append(value)
        if tick % _LOOK_EVERY == 0 or tick < 150:
            assert len(window) == len(kept)
            assert window.median == statistics.median(kept)
            expected = statistics.stdev(kept) if len(kept) > 1 else 0.0
            assert abs(window.deviation - expected) <= 1e-9 * scale


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 70_000.0])
def test_the_means_of_both_halves_equal_a_batch_computation(scale: float) -> None:
    draw = random.Random(5)
    window = HalvesMean(30 * SECOND)
    kept: deque[tuple[int, float]] = deque()
    value, now_ns = scale, 10**18
    for tick in range(_TICKS):
        value = _walk(draw, value)
        now_ns += draw.randrange(0, 200 * MS) if draw.random() > 1e-4 else 40 * SECOND
        window.add(now_ns, value)
        kept.append((now_ns, value))
        while kept[0][0] <= now_ns - 30 * SECOND:
            kept.popleft()
        if tick % _LOOK_EVERY == 0 or tick < 150:
            older = [value for at_ns, value in kept if at_ns <= now_ns - 15 * SECOND]
            newer = [value for at_ns, value in kept if at_ns > now_ns - 15 * SECOND]
            found = window.change_pct(now_ns)
            if not older:
                assert found is None
            else:
                expected = 100.0 * (statistics.fmean(newer) / statistics.fmean(older) - 1.0)
                assert found is not None
                assert abs(found - expected) <= 1e-9


def test_time_alone_empties_the_window() -> None:
    window = HalvesMean(30 * SECOND)
    window.add(1, 100.0)
    window.add(16 * SECOND, 101.0)
    change_pct = window.change_pct(16 * SECOND)
    assert change_pct is not None
    assert abs(change_pct - 1.0) < 1e-12
    assert window.change_pct(100 * SECOND) is None


def test_another_size_counts_from_what_is_known() -> None:
    draw = random.Random(9)
    window = MedianWindow(50)
    window.resize(60)
    values = [draw.gauss(100.0, 1.0) for _ in range(200)]
    for value in values[:100]:
        window.add(value)
    window.resize(20)
    assert window.median == statistics.median(values[80:100])
    assert abs(window.deviation - statistics.stdev(values[80:100])) < 1e-12
    window.resize(80)
    for value in values[100:]:
        window.add(value)
    assert len(window) == 80
    assert window.median == statistics.median(values[120:])
    assert abs(window.deviation - statistics.stdev(values[120:])) < 1e-12


def test_another_window_of_time_counts_from_what_is_known() -> None:
    window = HalvesMean(40 * SECOND)
    for second in range(40):
        window.add(second * SECOND, 100.0 + second)
    window.resize(20 * SECOND)
    older, newer = statistics.fmean(range(120, 130)), statistics.fmean(range(130, 140))
    change_pct = window.change_pct(39 * SECOND)
    assert change_pct is not None
    assert abs(change_pct - 100.0 * (newer / older - 1.0)) < 1e-12
    window.resize(40 * SECOND)
    # What had left the shorter window is gone.
    change_pct = window.change_pct(39 * SECOND)
    assert change_pct is None
