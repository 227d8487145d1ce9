"""The rule of Bybit's depth: each change one above the last, snapshots at any time."""

from arbot_tui.domain.feed import Continuity
from arbot_tui.market.book import Book, BookStatus
from tests.unit.market.books import delta, snapshot


def _book(at: int = 10, event_ns: int = 100) -> Book:
    book = Book(Continuity.CONSECUTIVE, 50)
    assert book.apply(snapshot(at, event_ns=event_ns)) is BookStatus.APPLIED
    return book


def test_the_next_id_is_applied_and_a_jump_is_a_gap() -> None:
    book = _book()
    assert book.apply(delta(11, 11, [(100.0, 2.0)], event_ns=101)) is BookStatus.APPLIED
    assert book.best()[0] == (100.0, 2.0)
    assert book.apply(delta(13, 13, event_ns=103)) is BookStatus.GAP
    assert not book.synced


def test_a_repeated_or_late_change_is_ignored() -> None:
    book = _book()
    book.apply(delta(11, 11, event_ns=101))
    for number in (9, 10, 11):
        assert book.apply(delta(number, number, event_ns=101)) is BookStatus.IGNORED
    assert book.last_id == 11


def test_a_snapshot_in_the_middle_replaces_the_book_and_may_number_afresh() -> None:
    book = _book()
    assert book.apply(snapshot(1, [(90.0, 1.0)], event_ns=101)) is BookStatus.APPLIED
    assert book.best()[0] == (90.0, 1.0)
    assert book.apply(delta(2, 2, event_ns=102)) is BookStatus.APPLIED
    # One from before the restart comes late.
    assert book.apply(snapshot(11, event_ns=100)) is BookStatus.IGNORED
    assert book.last_id == 2


def test_a_restart_before_the_book_changed_again_is_no_late_snapshot() -> None:
    book = _book(event_ns=100)
    assert book.apply(snapshot(1, event_ns=100)) is BookStatus.APPLIED
    assert book.apply(delta(2, 2, [(100.0, 2.0)], event_ns=101)) is BookStatus.APPLIED
    assert book.best()[0] == (100.0, 2.0)


def test_smaller_numbers_at_a_later_time_are_a_restart_whose_snapshot_was_lost() -> None:
    book = _book(at=10, event_ns=100)
    assert book.apply(delta(2, 2, event_ns=101)) is BookStatus.GAP
    assert not book.synced


def test_changes_before_the_snapshot_are_spliced() -> None:
    book = Book(Continuity.CONSECUTIVE, 50)
    for number in (9, 10, 11):
        assert book.apply(delta(number, number, event_ns=number)) is BookStatus.BUFFERED
    assert book.apply(snapshot(10, event_ns=10)) is BookStatus.APPLIED
    assert book.last_id == 11


def test_a_kept_change_that_does_not_follow_is_a_gap() -> None:
    book = Book(Continuity.CONSECUTIVE, 50)
    book.apply(delta(14, 14, event_ns=14))
    assert book.apply(snapshot(10, event_ns=10)) is BookStatus.GAP


def test_levels_beyond_the_depth_of_the_channel_are_cut() -> None:
    book = Book(Continuity.CONSECUTIVE, 2)
    book.apply(snapshot(1, [(100.0, 1.0), (99.0, 1.0)], event_ns=1))
    book.apply(delta(2, 2, [(101.0, 1.0)], event_ns=2))
    book.apply(delta(3, 3, [(101.0, 0.0)], event_ns=3))
    assert book.best()[0] == (100.0, 1.0)
    assert book.apply(delta(4, 4, [(100.0, 0.0)], event_ns=4)) is BookStatus.APPLIED
    assert book.best()[0] is None
