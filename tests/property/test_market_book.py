"""Books against a venue that knows its own truth, over a connection that loses, repeats and swaps.

The oracle is a dict per side. Whatever happens to the messages, a book that calls itself synced
is the venue's as of the message it stands at; and once the connection behaves, it catches up.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookKind, BookUpdate, Level, Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.book import Book, BookStatus
from arbot_tui.market.books import BookSet

Side = dict[float, float]
State = tuple[Side, Side]

_TICK_NS = 100_000_000
_EVERYTHING = 10_000


def _top(side: Side, sign: int, depth: int) -> list[Level]:
    return sorted(side.items(), key=lambda level: -sign * level[0])[:depth]


@dataclass
class _Venue:
    """The truth, one id a change; every message is stamped later than the one before."""

    rule: Continuity
    draw: random.Random
    depth: int = _EVERYTHING
    bids: Side = field(default_factory=dict)
    asks: Side = field(default_factory=dict)
    now_ns: int = 10**18
    id: int = 10**9
    by_id: dict[int, State] = field(default_factory=dict)
    by_time: dict[int, State] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for i in range(6):
            self.bids[100.0 - i] = self.draw.randint(1, 9)
            self.asks[101.0 + i] = self.draw.randint(1, 9)
        self._remember()

    def _remember(self) -> None:
        self.by_id[self.id] = self.by_time[self.now_ns] = (dict(self.bids), dict(self.asks))

    def _change_one(self) -> tuple[int, float]:
        sign, side, best = self.draw.choice([(1, self.bids, 100.0), (-1, self.asks, 101.0)])
        price = best - sign * self.draw.randint(0, 11) * 0.5
        if price in side and self.draw.random() < 0.45:
            del side[price]
        else:
            side[price] = float(self.draw.randint(1, 9))
        return sign, price

    def delta(self) -> BookUpdate:
        """Change something and return the message about it."""
        self.now_ns += _TICK_NS
        prev_id = self.id
        before = {1: self._visible(1), -1: self._visible(-1)}
        kind = self.draw.random() if self.rule is Continuity.PREVIOUS_ID else 1.0
        if kind < 0.1:  # heartbeat
            return self._message(prev_id, {}, {})
        for _ in range(self.draw.randint(1, 4)):
            self._change_one()
            self.id += 1 if self.rule is Continuity.RANGE else self.draw.randint(1, 10**6)
            self._remember()
        if kind < 0.2:  # maintenance reset
            self.id = self.draw.randint(1, self.id - 1)
        self._remember()
        bids, asks = (
            {
                price: self._side(sign).get(price, 0.0)
                for price in before[sign].keys() | self._visible(sign).keys()
                # What only falls out of the channel's depth is not told.
                if before[sign].get(price) != self._side(sign).get(price, 0.0)
                and (price in self._visible(sign) or price not in self._side(sign))
            }
            for sign in (1, -1)
        )
        return self._message(prev_id, bids, asks)

    def _side(self, sign: int) -> Side:
        return self.bids if sign == 1 else self.asks

    def _visible(self, sign: int) -> Side:
        return dict(_top(self._side(sign), sign, self.depth))

    def _message(self, prev_id: int, bids: Side, asks: Side) -> BookUpdate:
        self._remember()
        by_range = self.rule is Continuity.RANGE
        bid_levels, ask_levels = list(bids.items()), list(asks.items())
        self.draw.shuffle(bid_levels)
        self.draw.shuffle(ask_levels)
        return BookUpdate(
            0,
            0,
            BookKind.DELTA,
            prev_id + 1 if by_range else 0,
            self.id,
            -1 if by_range else prev_id,
            bid_levels,
            ask_levels,
            self.now_ns,
            self.now_ns,
        )

    def snapshot(self) -> BookUpdate:
        """Return the book as it stands; over REST it carries no time."""
        by_range = self.rule is Continuity.RANGE
        if not by_range:
            self.now_ns += _TICK_NS
            self._remember()
        bids, asks = (_top(self._side(sign), sign, self.depth) for sign in (1, -1))
        event_ns = 0 if by_range else self.now_ns
        return BookUpdate(
            0, 0, BookKind.SNAPSHOT, 0, self.id, -1, bids, asks, event_ns, self.now_ns
        )

    def truth(self, book: Book) -> State:
        """Return the state of the message that the book stands at."""
        return (
            self.by_id[book.last_id]
            if self.rule is Continuity.RANGE
            else self.by_time[book.event_ns]
        )


class _Line:
    """A connection that drops, repeats and delays; what is asked for arrives some time later."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._queue: list[BookUpdate] = []

    def send(self, message: BookUpdate, *, faulty: bool) -> list[BookUpdate]:
        """Put a message in and return what comes out."""
        if faulty and self._draw.random() < 0.12:
            return self._drain(faulty=True)
        self._queue.append(message)
        if faulty and self._draw.random() < 0.12:
            self._queue.append(message)
        if faulty and len(self._queue) > 1 and self._draw.random() < 0.2:
            self._queue[-1], self._queue[-2] = self._queue[-2], self._queue[-1]
        return self._drain(faulty=faulty)

    def _drain(self, *, faulty: bool) -> list[BookUpdate]:
        keep = self._draw.randint(0, 3) if faulty else 0
        out = self._queue[: len(self._queue) - keep] if keep else self._queue
        self._queue = self._queue[len(out) :]
        return out


def _assert_true(venue: _Venue, book: Book, depth: int = _EVERYTHING) -> None:
    bids, asks = venue.truth(book)
    assert book.levels(OrderSide.BUY, depth) == _top(bids, 1, depth)
    assert book.levels(OrderSide.SELL, depth) == _top(asks, -1, depth)


def _run(venue: _Venue, book: Book, draw: random.Random, steps: int, depth: int) -> None:
    line, asked = _Line(draw), 1
    for step in range(steps):
        faulty = step < steps - 40
        out = line.send(venue.delta(), faulty=faulty)
        if asked and draw.random() < 0.3:
            answer = venue.snapshot()
            # REST answers on a line of its own; a stream's snapshot stays in the stream.
            out = [*out, answer] if draw.random() < 0.5 else [answer, *out]
            asked -= 1
        for message in out:
            status = book.apply(message)
            assert (status is BookStatus.APPLIED) <= book.synced
            if status is BookStatus.GAP:
                assert not book.synced
                assert book.best() == (None, None)
                asked += 1
            elif book.synced:
                _assert_true(venue, book, depth)
    assert book.synced
    assert book.last_id == venue.id


@pytest.mark.parametrize("rule", [Continuity.RANGE, Continuity.PREVIOUS_ID])
@given(seed=st.integers(0, 2**32))
def test_a_synced_book_is_the_venues_whatever_the_connection_does(
    rule: Continuity, seed: int
) -> None:
    draw = random.Random(seed)
    _run(_Venue(rule, draw), Book(rule), draw, 160, _EVERYTHING)


@given(seed=st.integers(0, 2**32))
def test_a_channel_of_fixed_depth_shows_exactly_that_depth(seed: int) -> None:
    draw = random.Random(seed)
    venue = _Venue(Continuity.PREVIOUS_ID, draw, depth=4)
    _run(venue, Book(Continuity.PREVIOUS_ID, 4), draw, 160, 4)


@given(seed=st.integers(0, 2**32))
def test_a_cut_book_shows_the_true_top_as_far_as_it_shows_anything(seed: int) -> None:
    draw = random.Random(seed)
    venue = _Venue(Continuity.RANGE, draw)
    book = Book(Continuity.RANGE, 4)
    answer = venue.snapshot()
    answer.bids, answer.asks = answer.bids[:4], answer.asks[:4]
    book.apply(answer)
    for _ in range(120):
        assert book.apply(venue.delta()) is BookStatus.APPLIED
        for side, truth, sign in (
            (OrderSide.BUY, venue.bids, 1),
            (OrderSide.SELL, venue.asks, -1),
        ):
            shown = book.levels(side, _EVERYTHING)
            assert shown == _top(truth, sign, len(shown))


@given(seed=st.integers(0, 2**32))
def test_snapshots_alone_always_leave_the_newest_one_seen(seed: int) -> None:
    draw = random.Random(seed)
    venue = _Venue(Continuity.SNAPSHOT_ONLY, draw)
    book, line, newest_ns = Book(Continuity.SNAPSHOT_ONLY), _Line(draw), 0
    for _ in range(60):
        for _ in range(3):
            venue._change_one()
        # Service restarts number afresh.
        venue.id = 1 if draw.random() < 0.05 else venue.id + draw.randint(1, 5)
        for message in line.send(venue.snapshot(), faulty=True):
            newest_ns = max(newest_ns, message.event_ns)
            assert book.apply(message) is not BookStatus.GAP
            assert book.event_ns == newest_ns
            _assert_true(venue, book)


@pytest.mark.parametrize("rule", [Continuity.RANGE, Continuity.PREVIOUS_ID])
@given(seed=st.integers(0, 2**32))
def test_a_gapped_symbol_is_never_tradeable_and_depth_is_never_false(
    rule: Continuity, seed: int
) -> None:
    draw = random.Random(seed)
    venue, line = _Venue(rule, draw), _Line(draw)
    board = QuoteBoard(["venue"])
    asked: list[tuple[int, int]] = []
    books = BookSet(board, [rule], lambda v, row: asked.append((v, row)))
    board.set_fee(0, 0, 0.001)
    board.set_venue_verdict(0, FeedState.LIVE)
    board.update(Ticker(0, 0, 1.0, 1.0, 2.0, 1.0, 0, 1))
    books.apply(venue.snapshot())
    stood, lost = True, False
    for _ in range(120):
        out = line.send(venue.delta(), faulty=True)
        if asked and draw.random() < 0.3:
            asked.clear()
            out = [*out, venue.snapshot()]
        for message in out:
            status = books.apply(message)
            if status is BookStatus.GAP:
                assert asked
                lost = lost or stood
            book = books.book(0, 0)
            assert book is not None
            stood, lost = book.synced, lost and not book.synced
            assert board.is_tradeable(0, 0) is not (lost or (book.synced and book.crossed))
            depth = books.depth(0, 0, OrderSide.BUY)
            if depth:
                assert depth == _top(venue.truth(book)[0], 1, 50)
