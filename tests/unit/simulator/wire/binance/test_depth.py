"""The diff stream joins every snapshot: an independent book follows it to the letter."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from arbot_tui.simulator.core.book import Book, Level
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.binance.depth import DepthEvent, DepthTracker

RULES = Instrument("binance", 0, "BTC/USDT", "BTC", "USDT", 2, 5, 1, 10**9, Decimal(5))


class LocalBook:
    """The procedure of Binance's documentation, as corrected in 2025-11, from its text."""

    def __init__(self) -> None:
        self.buffer: list[DepthEvent] = []
        self.sides: tuple[dict[int, int], dict[int, int]] | None = None
        self.book_id = 0

    def snapshot(self, book: Book) -> None:
        if self.buffer and book.update_id < self.buffer[0].first_id:
            return
        self.sides = dict(book.bids), dict(book.asks)
        self.book_id = book.update_id
        kept = [event for event in self.buffer if event.last_id > self.book_id]
        if kept:
            assert kept[0].first_id <= self.book_id + 1 <= kept[0].last_id
        for event in kept:
            self.apply(event)

    def event(self, event: DepthEvent) -> None:
        if self.sides is None:
            self.buffer.append(event)
        else:
            self.apply(event)

    def apply(self, event: DepthEvent) -> None:
        if event.last_id < self.book_id:
            return
        assert event.first_id <= self.book_id + 1, "gap"
        assert self.sides is not None
        for side, levels in zip(self.sides, (event.bids, event.asks), strict=True):
            for ticks, lots in levels:
                if lots:
                    side[ticks] = lots
                else:
                    side.pop(ticks, None)
        self.book_id = event.last_id


Step = tuple[str, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(("quote", "quote", "take", "event", "snapshot")), st.integers(-900, 900)
    ),
    min_size=5,
    max_size=120,
)


@settings(max_examples=300, deadline=None)
@given(steps)
def test_a_book_built_from_snapshot_and_events_is_the_book(plan: list[Step]) -> None:
    book = Book(RULES, seed=3, unit_lots=1500, grid=300, first_id=1000)
    book.quote(Level(6_000_000, 700), Level(6_000_002, 800), 0, 0)
    tracker, local = DepthTracker(book), LocalBook()
    last_id: int | None = None
    for step, (what, shift) in enumerate(plan):
        if what == "quote":
            mid = 6_000_000 + shift
            book.quote(Level(mid, 700 + step), Level(mid + 2, 900 + step), step * 100, step)
            tracker.observe()
        elif what == "take":
            book.take(shift > 0, book.asks[1].ticks if shift > 0 else 1, 5000, step)
            tracker.observe()
        elif what == "snapshot" and local.sides is None:
            # In between two events, at a state the stream need never show.
            local.snapshot(book)
        else:
            event = tracker.take_event()
            if event is not None:
                assert last_id is None or event.first_id == last_id + 1
                last_id = event.last_id
                local.event(event)
                if local.sides is not None:
                    assert local.book_id == book.update_id
                    assert local.sides == (dict(book.bids), dict(book.asks))


def test_nothing_new_is_no_event() -> None:
    book = Book(RULES, seed=3, unit_lots=1500, grid=300, first_id=1000)
    book.quote(Level(6_000_000, 700), Level(6_000_002, 800), 0, 0)
    tracker = DepthTracker(book)
    tracker.observe()
    assert tracker.take_event() is None


def test_what_came_and_went_between_events_is_removed() -> None:
    book = Book(RULES, seed=3, unit_lots=1500, grid=300, first_id=1000)
    book.quote(Level(6_000_000, 700), Level(6_000_002, 800), 0, 0)
    tracker = DepthTracker(book)
    for bid in (6_000_011, 6_000_000):
        book.quote(Level(bid, 700), Level(bid + 2, 800), 0, 0)
        tracker.observe()
    event = tracker.take_event()
    assert event is not None
    assert Level(6_000_011, 0) in event.bids
    assert Level(6_000_013, 0) in event.asks
