"""Books that move from one connection to the next."""

from __future__ import annotations

from random import Random
from typing import Literal

import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookKind, BookUpdate, Level
from arbot_tui.exchanges.transport.line_books import LineBooks, ResyncLimits
from arbot_tui.market.book import Book, BookStatus

SNAPSHOT, DELTA = BookKind.SNAPSHOT, BookKind.DELTA


def _message(
    kind: BookKind, last_id: int, prev_id: int = -1, *, at: int = 0, bids: list[Level] | None = None
) -> BookUpdate:
    levels = [(100.0, 1.0)] if bids is None else bids
    return BookUpdate(1, 4, kind, last_id, last_id, prev_id, levels, [], at or last_id, at)


def _books(
    continuity: Continuity = Continuity.PREVIOUS_ID, *, with_rest: bool = False
) -> tuple[LineBooks, list[BookUpdate], list[int]]:
    told: list[BookUpdate] = []
    fetched: list[int] = []
    books = LineBooks(continuity, told.append, fetched.append if with_rest else None)
    books.follow(4, "BTC-USDT")
    return books, told, fetched


def test_only_wanted_books_are_told() -> None:
    books, told, _ = _books()
    assert 4 in books
    assert books.symbols == ("BTC-USDT",)
    books.take(_message(SNAPSHOT, 1), "first")
    books.leave(4)
    books.take(_message(DELTA, 2, 1), "first")
    assert [update.last_id for update in told] == [1]


def test_a_book_moves_when_the_new_connection_is_ahead() -> None:
    books, told, _ = _books()
    books.take(_message(SNAPSHOT, 10), "first")
    books.begin_handover()
    assert not books.all_moved
    books.take(_message(DELTA, 15, 10, bids=[(100.0, 3.0)]), "first")
    # Cut differently, and behind: it stays unseen.
    books.take(_message(SNAPSHOT, 12, bids=[(99.0, 1.0), (100.0, 2.0)]), "second")
    books.take(_message(DELTA, 14, 12, bids=[(98.0, 5.0)]), "second")
    assert [update.last_id for update in told] == [10, 15]
    books.take(_message(DELTA, 18, 14, bids=[(100.0, 4.0), (99.0, 0.0)]), "second")
    assert books.has_moved(4)
    assert books.all_moved
    assert told[-1].kind is SNAPSHOT
    assert told[-1].bids == [(100.0, 4.0), (98.0, 5.0)]
    # From here on the new one alone is heard.
    books.take(_message(DELTA, 17, 15), "first")
    books.take(_message(DELTA, 20, 18), "second")
    assert [update.last_id for update in told[2:]] == [18, 20]
    books.end_handover()
    books.take(_message(DELTA, 21, 20), "first")
    assert told[-1].last_id == 21


def test_a_book_that_never_got_ahead_moves_at_the_end_as_it_is() -> None:
    books, told, _ = _books()
    books.take(_message(SNAPSHOT, 10), "first")
    books.begin_handover()
    books.take(_message(SNAPSHOT, 10), "second")
    assert len(told) == 1
    books.end_handover()
    assert (told[-1].kind, told[-1].last_id, told[-1].bids) == (SNAPSHOT, 10, [(100.0, 1.0)])


def test_a_hole_in_the_new_connection_waits_for_its_next_snapshot() -> None:
    books, told, _ = _books(Continuity.CONSECUTIVE)
    books.take(_message(SNAPSHOT, 10), "first")
    books.begin_handover()
    books.take(_message(DELTA, 50), "second")
    books.take(_message(SNAPSHOT, 5, at=5), "second")
    books.take(_message(DELTA, 7, at=99), "second")
    books.take(_message(DELTA, 8, at=100), "second")
    assert len(told) == 1
    books.take(_message(SNAPSHOT, 9, at=101), "second")
    assert told[-1].last_id == 9


@pytest.mark.parametrize("continuity", list(Continuity)[1:])
def test_what_listeners_hold_is_always_the_venue_s_book(continuity: Continuity) -> None:
    """Two connections cut the same changes into different messages, at random."""
    for seed in range(30):
        _move_at_random(continuity, Random(seed))


def _move_at_random(continuity: Continuity, draw: Random) -> None:
    truth: dict[int, dict[float, float]] = {0: {}}
    for step in range(1, 61):
        state = dict(truth[step - 1])
        for price in draw.sample(range(90, 100), 3):
            state[float(price)] = float(draw.randint(0, 3))
        truth[step] = {price: size for price, size in state.items() if size}
    book = Book(continuity)
    books = LineBooks(continuity, lambda update: statuses.append(book.apply(update)), None)
    statuses: list[BookStatus] = []
    books.follow(4, "BTC-USDT")
    at: dict[str, int | None] = {"first": None, "second": None}
    counts = {"first": 0, "second": 1_000}
    for step in range(1, 61):
        if step == 20:
            books.begin_handover()
        if step == 50:
            assert books.all_moved
            books.end_handover()
        for name in ("first", "second"):
            gone = (name == "second" and step < 20) or (name == "first" and step >= 50)
            # Connections lag, and skip steps that the other one tells.
            if gone or draw.random() < 0.4:
                continue
            before = at[name]
            told = step if name == "first" else max(step - draw.randint(0, 1), (before or 0) + 1)
            whole = before is None or continuity is Continuity.SNAPSHOT_ONLY
            bids = _levels(truth[told], None if whole or before is None else truth[before])
            counts[name] += 1
            ident = counts[name] if continuity is Continuity.CONSECUTIVE else told
            message = BookUpdate(
                1, 4, SNAPSHOT if whole else DELTA, ident, ident, before or -1, bids, [], told, 0
            )
            at[name] = told
            # After the end the new connection is the only one, and called the first.
            books.take(message, "second" if name == "second" and step < 50 else "first")
        if book.synced:
            assert dict(book.levels(OrderSide.BUY, 99)) == truth[book.event_ns]
    assert book.synced
    assert BookStatus.GAP not in statuses


def test_ranges_of_ids_join_where_one_connection_left_off() -> None:
    """Binance: both connections number alike and cut the same changes into different ranges."""
    for seed in range(30):
        _join_at_random(Random(seed))


def _join_at_random(draw: Random) -> None:
    touched = [{float(price) for price in draw.sample(range(90, 100), 2)} for _ in range(300)]
    truth: list[dict[float, float]] = [{}]
    for prices in touched:
        truth.append(truth[-1] | {price: float(draw.randint(0, 3)) for price in prices})
    book = Book(Continuity.RANGE)
    told: list[BookUpdate] = []
    statuses: list[BookStatus] = []

    def tell(update: BookUpdate) -> None:
        told.append(update)
        statuses.append(book.apply(update))
        held = dict(book.levels(OrderSide.BUY, 99))
        assert held == {price: size for price, size in truth[book.last_id].items() if size}

    books = LineBooks(Continuity.RANGE, tell, None)
    books.follow(4, "BTCUSDT")
    books.take(_message(SNAPSHOT, 1, bids=list(truth[1].items())), "first")
    # Each is at a place of its own; the second one begins behind or ahead of the first.
    at: dict[Literal["first", "second"], int] = {"first": 1, "second": 0}
    while at["second"] < 300:
        if not at["second"] and at["first"] > 100:
            books.begin_handover()
            at["second"] = at["first"] + draw.randint(-20, 20)
        # The new one may be far ahead of one that lags, which catches up before it ends.
        late = not at["second"] or at["first"] < min(at["second"] - 30, 270)
        name = "first" if late else draw.choice(list(at))
        first_id = at[name] + 1
        end = 300 if name == "second" else 270
        last_id = at[name] = min(at[name] + draw.randint(1, 9), end)
        if last_id < first_id:
            continue
        prices = set().union(*touched[first_id - 1 : last_id])
        levels = [(price, truth[last_id][price]) for price in prices]
        change = BookUpdate(1, 4, DELTA, first_id, last_id, -1, levels, [], last_id * MS, 0)
        books.take(change, name)
    assert books.all_moved
    books.end_handover()
    assert set(statuses) == {BookStatus.APPLIED}
    assert [one.last_id for one in told] == sorted({one.last_id for one in told})
    assert book.last_id == 300


def _levels(now: dict[float, float], before: dict[float, float] | None) -> list[Level]:
    if before is None:
        return list(now.items())
    gone = [(price, 0.0) for price in before.keys() - now.keys()]
    return gone + [(price, size) for price, size in now.items() if before.get(price) != size]


def test_a_stream_that_begins_with_a_change_is_completed_by_rest() -> None:
    books, told, fetched = _books(with_rest=True)
    books.take(_message(DELTA, 3, 2), "first")
    assert fetched == []  # the venue has not acknowledged: it is from before
    books.subscribed(4)
    books.take(_message(DELTA, 5, 3), "first")
    assert fetched == [4]
    books.take(_message(DELTA, 6, 5), "first")
    assert fetched == [4]
    assert len(told) == 3
    assert books.fetch(4)
    assert fetched == [4, 4]
    books.subscribed(4)
    books.take(_message(SNAPSHOT, 9), "first")
    assert not books.fetch(4)
    books.restart()
    assert not books.fetch(4)


def test_resyncs_are_spaced_and_end_after_three_in_five_minutes() -> None:
    limits = ResyncLimits()
    allowed = [at_s for at_s in range(700) if limits.take(4, at_s * SECOND)]
    assert allowed == [0, 4, 8, 300, 304, 308, 600, 604, 608]
    assert limits.take(5, 700 * SECOND)
    limits.forget(4)
    assert limits.take(4, 609 * SECOND + MS)
