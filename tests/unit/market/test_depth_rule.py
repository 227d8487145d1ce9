"""Whose books are followed in depth, in passed-in time."""

from __future__ import annotations

import random
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.feed import DepthLimits
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.depth_rule import STAY_NS, DepthRule

_T0 = 1_700_000_000 * SECOND
_THRESHOLD = 0.1
_NEAR = 0.2
_LAX = DepthLimits(rows=50, starts_per_hour=1000)


class Desk:
    """A board of three venues without fees, where mids are said, and a rule over it."""

    def __init__(self, *limits: DepthLimits, most: int = 20) -> None:
        self.limits = limits or (_LAX,) * 3
        self.board = QuoteBoard([f"v{n}" for n in range(len(self.limits))])
        for venue in range(len(self.limits)):
            self.board.set_venue_verdict(venue, FeedState.LIVE)
        self.rule = DepthRule(self.board, self.limits, _NEAR, most)
        self.now_ns = _T0
        self.wanted: set[tuple[int, int]] = set()
        self.begun = 0

    def edge(self, row: int, pct: float, buy: int = 0, sell: int = 1) -> None:
        """Quote `row` so that this pair has that net edge, and every other one much less."""
        for venue in range(len(self.limits)):
            bid, ask = 90.0, 110.0
            if venue == buy:
                ask = 100.0
            if venue == sell:
                bid = 100.0 * (1.0 + pct / 100.0)
            if bid >= ask:
                raise ValueError("one venue's own book would be crossed")
            self.board.set_fee(venue, row, 0.0)
            self.board.update(Ticker(venue, row, bid, 1.0, ask, 1.0, self.now_ns, self.now_ns))

    def choose(self, after_ns: int = 0) -> list[tuple[int, int, bool]]:
        self.now_ns += after_ns
        changes = self.rule.choose(_THRESHOLD, self.now_ns)
        for change in changes:
            key = (change.venue, change.row)
            assert (key in self.wanted) is not change.wanted
            (self.wanted.add if change.wanted else self.wanted.discard)(key)
            self.begun += change.wanted
        assert all(self.rule.is_followed(*key) for key in self.wanted)
        assert sum(map(self.rule.count, range(len(self.limits)))) == len(self.wanted)
        return [(change.venue, change.row, change.wanted) for change in changes]


def test_both_books_of_a_pair_near_an_edge_are_followed_and_no_others() -> None:
    desk = Desk()
    desk.edge(0, -0.05)
    desk.edge(1, -0.15)
    desk.edge(2, 0.5, buy=2, sell=1)
    assert desk.choose() == [(1, 2, True), (2, 2, True), (0, 0, True), (1, 0, True)]
    assert desk.choose() == []


def test_an_edge_that_comes_and_goes_costs_no_second_subscription() -> None:
    desk = Desk()
    desk.edge(0, 0.0)
    assert len(desk.choose()) == 2
    # A little beyond the distance it is still near, far beyond it is held for a while.
    desk.edge(0, -0.15)
    assert desk.choose(2 * STAY_NS) == []
    for _ in range(20):
        desk.edge(0, -3.0)
        assert desk.choose(STAY_NS - SECOND) == []
        desk.edge(0, 0.0)
        assert desk.choose(SECOND // 2) == []
    desk.edge(0, -3.0)
    assert desk.choose(STAY_NS - 1) == []
    assert desk.choose(1) == [(0, 0, False), (1, 0, False)]
    desk.edge(0, -0.15)
    assert desk.choose() == []


def test_a_venue_full_of_books_gives_up_the_least_edge_but_none_too_young() -> None:
    tight = DepthLimits(rows=2, starts_per_hour=1000)
    desk = Desk(tight, tight, most=99)
    for row, pct in enumerate((0.0, 0.01, -0.02)):
        desk.edge(row, pct)
    desk.choose()
    assert desk.wanted == {(0, 1), (1, 1), (0, 0), (1, 0)}
    desk.edge(2, 0.3)
    assert desk.choose(STAY_NS - 1) == []
    assert desk.choose(1) == [(0, 0, False), (0, 2, True), (1, 0, False), (1, 2, True)]
    # What is no better replaces nothing.
    assert desk.choose(2 * STAY_NS) == []


def test_the_setting_bounds_a_venue_as_well_as_its_own_limit() -> None:
    desk = Desk(most=3)
    for row in range(10):
        desk.edge(row, 0.01 * row)
    desk.choose()
    assert desk.wanted == {(venue, row) for venue in (0, 1) for row in (7, 8, 9)}
    assert Desk(most=0).choose() == []


def test_a_row_that_stays_on_screen_is_followed_everywhere_one_scrolled_past_is_not() -> None:
    desk = Desk()
    for row in range(5):
        desk.edge(row, -5.0)
    for row in range(5):
        desk.rule.look_at(row, desk.now_ns)
        assert desk.choose(SECOND) == []
    desk.rule.look_at(4, desk.now_ns)
    assert desk.choose() == [(0, 4, True), (1, 4, True), (2, 4, True)]
    for _ in range(60):
        desk.rule.look_at(4, desk.now_ns)
        assert desk.choose(SECOND) == []
    # It is held for a while after it has left the screen, like any other.
    assert desk.choose(STAY_NS - SECOND) == []
    assert len(desk.choose(6 * SECOND)) == 3


def test_the_screen_has_a_book_even_where_better_edges_fill_the_venue() -> None:
    one = DepthLimits(rows=1, starts_per_hour=1000)
    desk = Desk(one, one)
    desk.edge(0, 0.3)
    desk.edge(1, -5.0)
    desk.choose()
    for _ in range(40):
        desk.rule.look_at(1, desk.now_ns)
        desk.choose(SECOND)
    assert desk.wanted == {(0, 1), (1, 1)}


def test_what_a_venue_allows_in_an_hour_is_kept_with_a_share_for_the_screen() -> None:
    few = DepthLimits(rows=50, starts_per_hour=10)
    desk = Desk(few, few)
    for row in range(20):
        desk.edge(row, 0.0)
    desk.choose()
    assert desk.begun == 16
    for _ in range(2):
        for row in (17, 18, 19):
            desk.rule.look_at(row, desk.now_ns)
        desk.choose(SECOND)
    assert desk.begun == 20
    # Most of an hour later nothing more is begun, whatever is wanted; afterwards it is.
    desk.edge(0, -5.0)
    desk.choose(3_590 * SECOND)
    desk.edge(0, 0.0)
    assert not any(wanted for *_, wanted in desk.choose())
    assert any(wanted for *_, wanted in desk.choose(11 * SECOND))


@pytest.mark.parametrize("state", [FeedState.GAPPED, FeedState.CROSSED])
def test_a_book_whose_depth_failed_is_still_wanted(state: FeedState) -> None:
    desk = Desk()
    desk.edge(0, 0.0)
    desk.choose()
    desk.board.set_book_state(0, 0, state)
    assert desk.choose(5 * STAY_NS) == []


def test_a_book_without_a_good_quote_is_left_after_a_while() -> None:
    desk = Desk()
    desk.edge(0, 0.0)
    desk.choose()
    desk.board.set_venue_verdict(1, FeedState.DOWN)
    assert desk.choose(STAY_NS - 1) == []
    assert len(desk.choose(1)) == 2
    desk.rule.look_at(99, desk.now_ns)
    desk.rule.look_at(99, desk.now_ns)
    assert desk.choose() == []


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(4, 40))
def test_limits_hold_and_nothing_flaps_whatever_the_market_does(
    seed: int, rows: int, per_hour: int
) -> None:
    draw = random.Random(seed)
    limit = DepthLimits(rows=rows, starts_per_hour=per_hour)
    desk = Desk(limit, limit, limit)
    began: dict[tuple[int, int], int] = {}
    starts: list[deque[int]] = [deque() for _ in range(3)]
    for _ in range(150):
        for row in range(8):
            if draw.random() < 0.4:
                buy, sell = draw.sample(range(3), 2)
                desk.edge(row, draw.uniform(-1.0, 0.4), buy, sell)
        if draw.random() < 0.5:
            desk.rule.look_at(draw.randrange(8), desk.now_ns)
        for venue, row, wanted in desk.choose(draw.choice([250 * MS, 5 * SECOND, 40 * SECOND])):
            if wanted:
                began[venue, row] = desk.now_ns
                starts[venue].append(desk.now_ns)
            else:
                assert desk.now_ns - began[venue, row] >= STAY_NS
        for venue in range(3):
            assert desk.rule.count(venue) <= rows
            hour_ago = desk.now_ns - 3_600 * SECOND
            assert sum(at_ns > hour_ago for at_ns in starts[venue]) <= per_hour
