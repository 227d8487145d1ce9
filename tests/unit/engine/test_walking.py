"""The edge by size agrees with taking one unit after the other."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.quotes import Level
from arbot_tui.engine.walking import walk

FEE = 0.001


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Level], list[Level]]:
    def side(start: float, sign: float) -> list[Level]:
        steps = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6))
        sizes = draw(st.lists(st.integers(1, 9), min_size=len(steps), max_size=len(steps)))
        levels, price = [], start
        for step, size in zip(steps, sizes, strict=True):
            price += sign * step / 100
            levels.append((price, float(size)))
        return levels

    return side(100.0, 1.0), side(100.0 + draw(st.integers(-50, 150)) / 100, -1.0)


def units(levels: list[Level]) -> list[float]:
    return [price for price, size in levels for _ in range(int(size))]


@given(books(), st.integers(0, 30))
def test_it_is_what_unit_after_unit_comes_to(
    both: tuple[list[Level], list[Level]], cap: int
) -> None:
    asks, bids = both
    view = walk("a", "b", asks, bids, FEE, FEE, [("cap", float(cap))])
    pairs = list(zip(units(asks), units(bids), strict=False))
    for qty, edge_pct in view.points:
        taken = pairs[: int(qty)]
        paid = sum(ask for ask, _ in taken)
        net = sum(bid * (1 - FEE) - ask * (1 + FEE) for ask, bid in taken)
        assert math.isclose(edge_pct, 100 * net / paid, rel_tol=1e-9, abs_tol=1e-9)
    assert view.points[-1][0] == len(pairs)
    gains = [bid * (1 - FEE) - ask * (1 + FEE) for ask, bid in pairs]
    paying = next((at for at, gain in enumerate(gains) if gain <= 0), len(gains))
    assert view.qty == min(paying, cap)
    assert math.isclose(view.profit_quote, sum(gains[: min(paying, cap)]), abs_tol=1e-9)
    if not paying:
        assert view.limited_by == "fee"
    elif cap < paying:
        assert view.limited_by == "cap"
    elif paying < len(gains):
        assert view.limited_by.startswith(("a level", "b level"))
    else:
        assert view.limited_by == "the end of a book"


def test_the_level_that_stops_it_is_named() -> None:
    asks = [(100.0, 2.0), (100.1, 5.0)]
    view = walk("okx", "bybit", asks, [(100.5, 3.0), (100.2, 9.0)], FEE, FEE, [])
    assert (view.qty, view.limited_by) == (3.0, "bybit level 2")
    view = walk("okx", "bybit", asks, [(100.25, 9.0)], FEE, FEE, [])
    assert (view.qty, view.limited_by) == (2.0, "okx level 2")


def test_without_a_book_there_is_nothing_to_walk() -> None:
    view = walk("okx", "bybit", [], [(100.0, 1.0)], FEE, FEE, [])
    assert (view.points, view.qty, view.limited_by) == ((), 0.0, "no book")
