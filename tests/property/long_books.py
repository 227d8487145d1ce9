"""F1 and F4 over 100,000 random books of several levels each; minutes, by hand.

python -m pytest -s tests/property/long_books.py
"""

from __future__ import annotations

from random import Random

import pytest

from tests.property.random_books import EdgeDesk, compare_edge, compare_size, draw_size_case

_BOOKS = 100_000

pytestmark = pytest.mark.timeout(3600)


def test_floats_and_decimals_agree_on_edges_and_on_what_is_handed_over() -> None:
    desk, draw = EdgeDesk(), Random(1)
    clearing = sum(compare_edge(desk, draw) for _ in range(_BOOKS))
    print(  # noqa: T201 - the figures are what this is run for
        f"\n{_BOOKS} pairs of books, all within 1e-9 of decimals; {clearing} cleared the fees"
    )
    assert clearing > _BOOKS // 3


def test_no_lot_multiple_beats_the_size_over_several_levels() -> None:
    draw = Random(2)
    sized = sum(compare_size(draw_size_case(draw)) for _ in range(_BOOKS))
    print(  # noqa: T201 - the figures are what this is run for
        f"\n{_BOOKS} pairs of books, no size beaten by another lot multiple; {sized} had one"
    )
    assert sized > _BOOKS // 4
