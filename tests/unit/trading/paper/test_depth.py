"""What is left of a book that does not know of us."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.domain.orders import OrderSide
from arbot_tui.trading.paper.depth import BookSide, ExactLevel


def exact(*levels: tuple[str, str]) -> list[ExactLevel]:
    return [(Decimal(price), Decimal(size)) for price, size in levels]


@pytest.fixture
def asks() -> BookSide:
    return BookSide(OrderSide.BUY)


def test_what_was_taken_is_not_there_while_it_is_still_shown(asks: BookSide) -> None:
    assert asks.show([(100.1, 0.3), (100.2, 1.0)]) == exact(("100.1", "0.3"), ("100.2", "1.0"))

    asks.take(Decimal("100.1"), Decimal("0.1"))
    asks.take(Decimal("100.1"), Decimal("0.05"))

    assert asks.show([(100.1, 0.3), (100.2, 1.0)]) == exact(("100.1", "0.15"), ("100.2", "1.0"))


def test_a_level_that_was_taken_whole_is_left_out(asks: BookSide) -> None:
    asks.take(Decimal("100.1"), Decimal("0.3"))
    assert asks.show([(100.1, 0.3), (100.2, 1.0)]) == exact(("100.2", "1.0"))


def test_what_a_level_grows_by_is_new(asks: BookSide) -> None:
    asks.take(Decimal("100.1"), Decimal("0.3"))
    asks.show([(100.1, 0.3)])
    assert asks.show([(100.1, 0.7)]) == exact(("100.1", "0.4"))


def test_a_level_that_shrank_holds_no_more_of_ours_than_it_shows(asks: BookSide) -> None:
    asks.take(Decimal("100.1"), Decimal("0.3"))
    assert asks.show([(100.1, 0.1)]) == []
    assert asks.show([(100.1, 0.5)]) == exact(("100.1", "0.4"))


@pytest.mark.parametrize(
    "gone",
    [[(100.2, 1.0)], [(100.0, 1.0), (100.2, 1.0)], [(100.1, 0.0)]],
    ids=["the market moved up", "missing in between", "shown as empty"],
)
def test_a_level_that_has_gone_comes_back_whole(
    asks: BookSide, gone: list[tuple[float, float]]
) -> None:
    asks.take(Decimal("100.1"), Decimal("0.3"))
    asks.show(gone)
    assert not asks.is_touched
    assert asks.show([(100.1, 0.3)]) == exact(("100.1", "0.3"))


@pytest.mark.parametrize("shown", [[], [(100.0, 1.0)]], ids=["nothing", "only the top"])
def test_beyond_what_is_shown_nothing_is_forgotten(
    asks: BookSide, shown: list[tuple[float, float]]
) -> None:
    asks.take(Decimal("100.1"), Decimal("0.3"))
    asks.show(shown)
    assert asks.is_touched
    assert asks.show([(100.1, 0.4)]) == exact(("100.1", "0.1"))


def test_bids_run_the_other_way() -> None:
    bids = BookSide(OrderSide.SELL)
    bids.take(Decimal("99.9"), Decimal(1))
    bids.show([(100.0, 1.0)])
    assert bids.show([(99.9, 1.5)]) == exact(("99.9", "0.5"))
    bids.show([(99.8, 1.0)])
    assert not bids.is_touched
