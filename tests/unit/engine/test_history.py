"""Edges and equity over time: what is kept, for how long, and how it is thinned out."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.engine.history import KEPT_S, MAX_ROWS, EdgeHistory, EquityHistory, thinned
from arbot_tui.market.board import QuoteBoard


@given(st.lists(st.floats(-1, 1) | st.just(math.nan), max_size=80), st.integers(1, 20))
def test_thinning_keeps_the_newest_stretch_whole_and_every_peak(
    values: list[float], points: int
) -> None:
    found = thinned(values, points)
    assert len(found) <= points
    known = [value for value in values if math.isfinite(value)]
    kept = [value for value in found if value is not None]
    assert max(kept, default=None) == (round(max(known), 5) if known else None)
    if values:
        tail = values[-math.ceil(len(values) / points) :]
        newest = [value for value in tail if math.isfinite(value)]
        assert found[-1] == (round(max(newest), 5) if newest else None)


def test_nothing_is_thinned_out_of_nothing() -> None:
    assert thinned([], 5) == ()
    assert thinned([1.0], 0) == ()


def board(bids: dict[int, float]) -> QuoteBoard:
    made = QuoteBoard(("a", "b"))
    for venue in (0, 1):
        made.set_venue_verdict(venue, FeedState.LIVE)
    for row, bid in bids.items():
        for venue in (0, 1):
            made.set_fee(venue, row, 0.001)
        quote(made, 0, row, bid)
        quote(made, 1, row, bid + 1.0)
    return made


def quote(made: QuoteBoard, venue: int, row: int, bid: float) -> None:
    made.update(Ticker(venue, row, bid, 1.0, bid + 0.5, 1.0, SECOND, SECOND))


def test_both_directions_are_kept_and_the_better_one_comes_first() -> None:
    made = board({0: 100.0})
    history = EdgeHistory(made, ("a", "b"))
    history.sample(1)
    quote(made, 1, 0, 102.0)
    history.sample(1)
    view = history.edges(0, "X/USDT", 60, 60)
    assert (view.symbol, view.span_s, view.step_s) == ("X/USDT", 2, 1.0)
    better, worse = view.pairs
    assert (better.buy, better.sell) == ("a", "b")
    fee = made.fee[0]
    expected = 100 * (102.0 * (1 - fee) - 100.5 * (1 + fee)) / 100.5
    assert better.points[-1] is not None
    assert math.isclose(better.points[-1], expected, abs_tol=1e-5)
    assert (worse.points[-1] or 0.0) < 0 < (better.points[-1] or 0.0)
    assert len(worse.points) == 2


def test_an_edge_between_books_that_are_not_traded_is_unknown() -> None:
    made = board({0: 100.0})
    made.set_venue_verdict(1, FeedState.STALE)
    history = EdgeHistory(made, ("a", "b"))
    history.sample(1)
    assert {pair.points for pair in history.edges(0, "X/USDT", 60, 60).pairs} == {(None,)}


def test_the_oldest_samples_give_way() -> None:
    made = board({0: 100.0})
    history = EdgeHistory(made, ("a", "b"))
    history.sample(1)
    quote(made, 1, 0, 150.0)
    for _ in range(KEPT_S):
        history.sample(1)
    view = history.edges(0, "X/USDT", 2 * KEPT_S, 2 * KEPT_S)
    assert view.span_s == len(view.pairs[0].points) == KEPT_S
    assert len(set(view.pairs[0].points)) == 1


def test_a_symbol_beyond_the_limit_is_kept_from_when_it_is_looked_at() -> None:
    made = board({0: 100.0, MAX_ROWS: 100.0})
    history = EdgeHistory(made, ("a", "b"))
    for _ in range(5):
        history.sample(MAX_ROWS + 1)
    view = history.edges(MAX_ROWS, "N/USDT", 60, 60)
    # Nothing is claimed about the time before.
    assert (view.span_s, view.pairs[0].points) == (0, ())
    history.sample(MAX_ROWS + 1)
    view = history.edges(MAX_ROWS, "N/USDT", 60, 60)
    assert (view.span_s, len(view.pairs[0].points)) == (1, 1)
    assert view.pairs[0].points[-1] is not None
    # Row 0 was looked at longest ago and gave its place; the others have all of it.
    assert history.edges(0, "O/USDT", 60, 60).span_s == 0
    assert history.edges(5, "P/USDT", 60, 60).span_s == 6


def test_equity_is_kept_over_the_whole_run_in_a_bounded_number_of_points() -> None:
    history = EquityHistory()
    for second in range(10_000):
        history.sample(second * SECOND, Decimal(second), Decimal(second) / 10)
    points = history.points()
    assert 500 <= len(points) <= 1024
    assert points[0].at_ns == 0
    assert points[-1].at_ns > 9_900 * SECOND
    gaps = {later.at_ns - earlier.at_ns for earlier, later in pairwise(points)}
    assert gaps == {16 * SECOND}
    assert all(point.equity == point.at_ns / SECOND for point in points)


def test_equity_that_is_not_known_yet_is_none() -> None:
    history = EquityHistory()
    history.sample(5, None, Decimal("1.5"))
    assert history.points()[0].equity is None
    assert history.points()[0].realised == 1.5


def test_a_part_of_the_account_is_no_value_of_it_but_nobody_prices_every_coin() -> None:
    history = EquityHistory()
    for second in range(100):
        history.sample(second, Decimal(70), Decimal(0), whole=False)
    known = [point.equity for point in history.points()]
    assert known == [None] * 30 + [70.0] * 70
    prompt = EquityHistory()
    prompt.sample(0, Decimal(70), Decimal(0), whole=False)
    prompt.sample(1, Decimal(100), Decimal(0), whole=True)
    prompt.sample(2, Decimal(90), Decimal(0), whole=False)
    assert [point.equity for point in prompt.points()] == [None, 100.0, 90.0]
