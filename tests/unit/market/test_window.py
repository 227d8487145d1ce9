import random

import pytest

from arbot_tui.market.window import Window


def test_nothing_measured_has_no_percentile() -> None:
    assert Window(4).percentile(50) is None


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (1, 1), (50, 50), (99, 99), (100, 100)])
def test_percentiles_are_nearest_rank(percent: float, value: int) -> None:
    window = Window(100)
    values = list(range(1, 101))
    random.Random(1).shuffle(values)
    for each in values:
        window.add(each)
    assert window.percentile(percent) == value


def test_only_the_newest_values_count() -> None:
    window = Window(3)
    for value in (100, 100, 1, 2, 3):
        window.add(value)
    assert window.percentile(100) == 3
    for value in (7, 8, 9):
        window.add(value)
    assert window.percentile(0) == 7
