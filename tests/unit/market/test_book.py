import math

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import Level
from arbot_tui.market.book import Book, BookStatus
from tests.unit.market.books import delta, snapshot

_APPLIED, _IGNORED = BookStatus.APPLIED, BookStatus.IGNORED
_BUFFERED, _GAP = BookStatus.BUFFERED, BookStatus.GAP


def _range(*, at: int = 10, max_levels: int = 1000) -> Book:
    book = Book(Continuity.RANGE, max_levels)
    assert book.apply(snapshot(at)) is _APPLIED
    return book


def _chain(*, at: int = 10, event_ns: int = 1) -> Book:
    book = Book(Continuity.PREVIOUS_ID)
    assert book.apply(snapshot(at, event_ns=event_ns)) is _APPLIED
    return book


def test_levels_are_sorted_best_first_and_sizes_are_absolute() -> None:
    book = Book(Continuity.RANGE)
    book.apply(snapshot(1, [(99.0, 1.0), (100.0, 2.0)], [(102.0, 1.0), (101.0, 3.0)], at=7))
    assert book.best() == ((100.0, 2.0), (101.0, 3.0))
    changes: list[Level] = [(99.5, 5.0), (100.0, 0.0), (99.0, 4.0), (42.0, 0.0)]
    assert book.apply(delta(2, 2, changes, [(100.5, 1.0)], at=8)) is _APPLIED
    assert book.levels(OrderSide.BUY, 5) == [(99.5, 5.0), (99.0, 4.0)]
    assert book.levels(OrderSide.SELL, 2) == [(100.5, 1.0), (101.0, 3.0)]
    assert book.levels(OrderSide.SELL, 0) == []
    assert (book.last_id, book.recv_ns) == (2, 8)


def test_an_empty_side_has_no_best() -> None:
    book = Book(Continuity.SNAPSHOT_ONLY)
    assert book.best() == (None, None)
    book.apply(snapshot(1, [], [(101.0, 1.0)]))
    assert book.best() == (None, (101.0, 1.0))
    assert not book.crossed


@pytest.mark.parametrize(("bid", "crossed"), [(100.9, False), (101.0, True), (101.1, True)])
def test_a_crossed_or_locked_book_says_so(bid: float, crossed: bool) -> None:
    book = Book(Continuity.SNAPSHOT_ONLY)
    book.apply(snapshot(1, [(bid, 1.0)]))
    assert book.crossed is crossed


@pytest.mark.parametrize("rule", list(Continuity))
@pytest.mark.parametrize(
    "level",
    [(math.nan, 1.0), (math.inf, 1.0), (0.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, math.nan)],
)
def test_impossible_levels_lose_the_book(rule: Continuity, level: Level) -> None:
    book = Book(rule)
    book.apply(snapshot(10))
    for broken in (delta(11, 11, [level], prev_id=10), snapshot(12, None, [level])):
        assert book.apply(broken) is _GAP
        assert not book.synced
        assert book.best() == (None, None)


# Binance


def test_range_buffers_splices_and_goes_on() -> None:
    book = Book(Continuity.RANGE)
    assert book.apply(delta(5, 8, [(99.0, 1.0)])) is _BUFFERED
    assert book.apply(delta(9, 11, [(98.0, 1.0)])) is _BUFFERED
    assert not book.synced
    assert book.apply(snapshot(9)) is _APPLIED
    assert book.synced
    assert book.last_id == 11
    # The first one was in the snapshot already.
    assert book.levels(OrderSide.BUY, 9) == [(100.0, 1.0), (98.0, 1.0)]
    assert book.apply(delta(12, 12)) is _APPLIED


@pytest.mark.parametrize(
    ("first", "last", "stands_at"),
    [(10, 10, 10), (10, 12, 12), (9, 10, 10), (1, 12, 12), (8, 9, 9), (9, 9, 9), (11, 11, 0)],
)
def test_the_first_kept_delta_has_to_span_what_follows_the_snapshot(
    first: int, last: int, stands_at: int
) -> None:
    """``U <= lastUpdateId + 1 <= u``, or the snapshot has it already."""
    book = Book(Continuity.RANGE)
    book.apply(delta(first, last, [(99.0, 1.0)]))
    assert book.apply(snapshot(9)) is (_APPLIED if stands_at else _GAP)
    assert (book.synced, book.last_id) == (bool(stands_at), stands_at)
    assert ((99.0, 1.0) in book.levels(OrderSide.BUY, 9)) is (stands_at > 9)


def test_a_snapshot_older_than_the_first_delta_asks_for_another() -> None:
    book = Book(Continuity.RANGE)
    book.apply(delta(5, 8, [(99.0, 1.0)]))
    assert book.apply(snapshot(3)) is _GAP
    assert not book.synced
    # What was kept serves the next one.
    assert book.apply(snapshot(6)) is _APPLIED
    assert book.last_id == 8


def test_a_gap_among_the_kept_deltas_is_found() -> None:
    book = Book(Continuity.RANGE)
    for first, last in ((5, 8), (10, 12)):
        book.apply(delta(first, last))
    assert book.apply(snapshot(6)) is _GAP
    assert book.apply(snapshot(11)) is _APPLIED
    assert book.last_id == 12


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        (11, 13, _APPLIED),
        (9, 13, _APPLIED),
        (9, 10, _IGNORED),
        (1, 3, _IGNORED),
        (12, 13, _GAP),
        (50, 60, _GAP),
    ],
)
def test_range_continuity(first: int, last: int, status: BookStatus) -> None:
    book = _range()
    assert book.apply(delta(first, last)) is status
    assert book.synced is (status is not _GAP)


def test_the_delta_that_showed_the_gap_is_kept_for_the_snapshot() -> None:
    book = _range()
    assert book.apply(delta(12, 14, [(98.0, 1.0)])) is _GAP
    assert book.best() == (None, None)
    assert book.apply(delta(15, 15)) is _BUFFERED
    assert book.apply(snapshot(11)) is _APPLIED
    assert book.last_id == 15
    assert (98.0, 1.0) in book.levels(OrderSide.BUY, 9)


def test_range_ignores_an_older_snapshot_and_takes_a_newer_one() -> None:
    book = _range()
    assert book.apply(snapshot(10, [(1.0, 1.0)])) is _IGNORED
    assert book.apply(snapshot(12, [(1.0, 1.0)])) is _APPLIED
    assert book.best()[0] == (1.0, 1.0)


def test_numbering_that_starts_afresh_is_a_gap_and_not_late_forever() -> None:
    book = _range()
    book.apply(delta(11, 11, event_ns=5 * SECOND))
    # A second socket's cut of the same changes is a little newer.
    assert book.apply(delta(10, 11, event_ns=5 * SECOND + SECOND // 2)) is _IGNORED
    assert book.apply(delta(1, 2, event_ns=7 * SECOND)) is _GAP


def test_waiting_for_a_snapshot_is_bounded() -> None:
    book = Book(Continuity.RANGE)
    statuses = [book.apply(delta(i, i)) for i in range(1, 1002)]
    assert statuses[:1000] == [_BUFFERED] * 1000
    assert statuses[1000] is _GAP
    assert book.apply(snapshot(1000)) is _APPLIED
    assert book.last_id == 1001


def test_restart_forgets_and_waits() -> None:
    book = _range()
    book.restart()
    assert not book.synced
    assert book.apply(delta(11, 11)) is _BUFFERED


# OKX


def test_previous_id_chain_with_heartbeat_and_maintenance_reset() -> None:
    book = _chain(at=10)
    for prev_id, last_id in ((10, 15), (15, 15), (15, 3), (3, 5)):
        assert book.apply(delta(0, last_id, prev_id=prev_id)) is _APPLIED
    assert book.apply(delta(0, 12, prev_id=9)) is _GAP
    assert not book.synced


def test_previous_id_ignores_what_it_has() -> None:
    book = _chain()
    book.apply(delta(0, 15, prev_id=10, event_ns=5))
    book.apply(delta(0, 20, prev_id=15, event_ns=6))
    assert book.apply(delta(0, 20, prev_id=15, event_ns=6)) is _IGNORED
    assert book.apply(delta(0, 15, prev_id=10, event_ns=5)) is _IGNORED
    assert book.synced


def test_a_lost_maintenance_reset_is_a_gap_although_the_ids_are_smaller() -> None:
    book = _chain()
    book.apply(delta(0, 15, prev_id=10, event_ns=5))
    assert book.apply(delta(0, 5, prev_id=3, event_ns=7)) is _GAP


def test_without_event_times_smaller_ids_prove_nothing() -> None:
    book = _chain(event_ns=0)
    assert book.apply(delta(0, 9, prev_id=8)) is _GAP


def test_a_stream_that_starts_with_updates_is_spliced() -> None:
    book = Book(Continuity.PREVIOUS_ID)
    for prev_id, last_id in ((10, 15), (15, 18), (18, 20)):
        assert book.apply(delta(0, last_id, prev_id=prev_id)) is _BUFFERED
    assert book.apply(snapshot(16)) is _APPLIED
    assert book.last_id == 20
    late = Book(Continuity.PREVIOUS_ID)
    late.apply(delta(0, 18, prev_id=15))
    assert late.apply(snapshot(12)) is _GAP


def test_a_snapshot_in_the_middle_replaces_unless_it_is_late() -> None:
    book = _chain(event_ns=5)
    assert book.apply(snapshot(12, [(1.0, 1.0)], event_ns=6)) is _APPLIED
    assert book.best()[0] == (1.0, 1.0)
    assert book.apply(snapshot(10, event_ns=5)) is _IGNORED
    assert book.apply(snapshot(12, event_ns=6)) is _IGNORED
    # A restarted service counts from one; its clock goes on.
    assert book.apply(snapshot(1, event_ns=7)) is _APPLIED
    assert book.last_id == 1


# Bitget books1, Bybit orderbook.1


def test_snapshot_only_takes_the_newest_and_no_deltas() -> None:
    book = Book(Continuity.SNAPSHOT_ONLY)
    assert book.apply(snapshot(10, event_ns=5)) is _APPLIED
    assert book.apply(snapshot(9, event_ns=4)) is _IGNORED
    assert book.apply(snapshot(11, [(1.0, 1.0)], event_ns=5)) is _APPLIED
    assert book.apply(delta(0, 12, prev_id=11)) is _GAP
    assert not book.synced


# depth


def _levels(best: float, count: int, step: float) -> list[Level]:
    return [(best + i * step, 1.0) for i in range(count)]


def test_beyond_a_full_snapshot_nothing_is_believed() -> None:
    book = Book(Continuity.RANGE, 20)
    book.apply(snapshot(1, _levels(100.0, 20, -1.0), _levels(101.0, 25, 1.0)))
    assert len(book.levels(OrderSide.SELL, 99)) == 20
    book.apply(delta(2, 2, [(80.5, 9.0), (81.0, 9.0)], [(121.0, 9.0), (120.0, 9.0)]))
    assert book.levels(OrderSide.BUY, 99)[-1] == (81.0, 9.0)
    assert book.levels(OrderSide.SELL, 99)[-1] == (120.0, 9.0)
    assert not book.exhausted
    book.apply(delta(3, 3, [(100.0 - i, 0.0) for i in range(11)]))
    assert book.exhausted


def test_a_short_snapshot_is_the_whole_book_and_never_exhausted() -> None:
    book = Book(Continuity.RANGE, 20)
    book.apply(snapshot(1))
    book.apply(delta(2, 2, [(1.0, 1.0)], [(999.0, 1.0)]))
    assert book.levels(OrderSide.BUY, 9) == [(100.0, 1.0), (1.0, 1.0)]
    assert not book.exhausted


def test_a_book_that_grows_is_cut_where_knowledge_then_ends() -> None:
    book = Book(Continuity.RANGE, 10)
    book.apply(snapshot(1))
    book.apply(delta(2, 2, _levels(99.0, 19, -1.0)))
    assert len(book.levels(OrderSide.BUY, 99)) == 20
    book.apply(delta(3, 3, [(99.5, 1.0)]))
    assert len(book.levels(OrderSide.BUY, 99)) == 10
    book.apply(delta(4, 4, [(50.0, 1.0)]))
    assert len(book.levels(OrderSide.BUY, 99)) == 10


def test_a_channel_of_fixed_depth_is_cut_to_it() -> None:
    book = Book(Continuity.PREVIOUS_ID, 3)
    book.apply(snapshot(1, _levels(100.0, 3, -1.0)))
    book.apply(delta(0, 2, [(101.5, 1.0)], prev_id=1))
    assert [price for price, _ in book.levels(OrderSide.BUY, 9)] == [101.5, 100.0, 99.0]
    # The venue tells of a level again when it comes back.
    book.apply(delta(0, 3, [(101.5, 0.0), (98.0, 2.0)], prev_id=2))
    assert book.levels(OrderSide.BUY, 9)[-1] == (98.0, 2.0)
    assert not book.exhausted
