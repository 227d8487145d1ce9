"""Edges and sizes over random books; `long_books.py` is the same over 100,000 of each (F1, F4)."""

from __future__ import annotations

from random import Random

from tests.property.random_books import EdgeDesk, compare_edge, compare_size, draw_size_case


def test_floats_and_decimals_agree_on_edges_and_on_what_is_handed_over() -> None:
    desk, draw = EdgeDesk(), Random(11)
    assert sum(compare_edge(desk, draw) for _ in range(3_000)) > 1_000


def test_no_lot_multiple_beats_the_size_over_several_levels() -> None:
    draw = Random(12)
    assert sum(compare_size(draw_size_case(draw)) for _ in range(400)) > 100
