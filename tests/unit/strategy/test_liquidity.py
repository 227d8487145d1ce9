import pytest

from arbot_tui.domain.quotes import Level
from arbot_tui.strategy.liquidity import offered, taken_value

_ASKS: list[Level] = [(100.0, 1.0), (101.0, 2.0), (102.0, 4.0)]


@pytest.mark.parametrize(("limit", "levels"), [(99.9, 0), (100.0, 1), (101.5, 2), (200.0, 3)])
def test_asks_count_up_to_the_limit(limit: float, levels: int) -> None:
    assert offered(_ASKS, limit, buying=True) == tuple(_ASKS[:levels])


@pytest.mark.parametrize(("limit", "levels"), [(102.1, 0), (101.0, 2), (0.0, 3)])
def test_bids_count_down_to_the_limit(limit: float, levels: int) -> None:
    assert offered(_ASKS[::-1], limit, buying=False) == tuple(_ASKS[::-1][:levels])


@pytest.mark.parametrize(("qty", "value"), [(0.0, 0.0), (0.5, 50.0), (2.0, 201.0), (99.0, 710.0)])
def test_taking_walks_from_the_best_level_on(qty: float, value: float) -> None:
    assert taken_value(_ASKS, qty) == value


def test_nothing_is_offered_by_an_empty_book() -> None:
    assert offered([], 100.0, buying=True) == ()
    assert taken_value([], 1.0) == 0.0
