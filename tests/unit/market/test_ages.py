from arbot_tui.domain.clock import MS
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.feeds import FeedMonitor

_TIMER = 250 * MS


class _Market:
    """Venues that quote one symbol, looked at every 250 ms."""

    def __init__(self, venues: int) -> None:
        self.names = [f"v{i}" for i in range(venues)]
        self.board = QuoteBoard(self.names)
        self.monitor = FeedMonitor(self.names)
        self.now_ns = 10**18
        for venue in range(venues):
            self.board.set_fee(venue, 0, 0.001)
            self.board.set_venue_verdict(venue, FeedState.LIVE)

    def quote(self, mid: float, *venues: int) -> None:
        for venue in venues:
            self.now_ns += MS
            self.board.update(
                Ticker(venue, 0, mid * 0.9999, 1.0, mid * 1.0001, 1.0, 0, self.now_ns)
            )

    def look(self) -> list[tuple[int, int]]:
        self.now_ns += _TIMER
        return self.monitor.stale_books(self.board, self.now_ns)


def test_a_quiet_market_makes_nothing_stale() -> None:
    market = _Market(4)
    market.quote(100.0, 0, 1, 2, 3)
    assert [market.look() for _ in range(10)] == [[]] * 10


def test_a_book_that_the_others_left_behind_is_found_and_only_that_one() -> None:
    market = _Market(4)
    market.quote(100.0, 0, 1, 2, 3)
    assert market.look() == []
    market.quote(100.09, 0, 1, 2)
    assert market.look() == []
    market.quote(100.11, 0, 1, 2)
    assert market.look() == [(3, 0)]
    market.quote(100.11, 3)
    assert market.look() == []


def test_drift_counts_from_the_last_quote_however_slowly_it_comes() -> None:
    market = _Market(4)
    market.quote(100.0, 0, 1, 2, 3)
    market.look()
    found = []
    for step in range(1, 12):
        market.quote(100.0 + step * 0.01, 0, 1, 2)
        found.append(market.look())
    assert found[:9] == [[]] * 9
    assert [(3, 0)] in found[9:]


def test_a_jump_right_after_the_last_quote_is_not_missed() -> None:
    market = _Market(4)
    market.quote(100.0, 0, 1, 2, 3)
    market.look()
    market.quote(100.001, 3)
    market.quote(100.2, 0, 1, 2)
    assert market.look() == []  # it was heard within this look; nobody knows who came first
    market.quote(100.2001, 0)
    assert market.look() == [(3, 0)]


def test_a_book_that_went_along_is_not_accused() -> None:
    market = _Market(4)
    market.quote(100.0, 0, 1, 2, 3)
    market.look()
    market.quote(100.2, 0, 1, 2, 3)
    assert market.look() == []
    market.quote(100.2001, 0)
    assert market.look() == []


def test_one_dislocated_venue_accuses_nobody() -> None:
    market = _Market(4)
    market.quote(100.0, 0, 1, 2, 3)
    market.look()
    market.quote(100.8, 0)
    assert [market.look(), market.look()] == [[], []]
    market.quote(100.0, 0)
    assert market.look() == []


def test_the_same_quote_sent_again_confirms_the_book() -> None:
    market = _Market(3)
    market.quote(100.0, 0, 1, 2)
    market.look()
    market.quote(100.2, 0, 1)
    market.quote(100.0, 2)
    assert market.look() == []


def test_with_two_venues_the_other_one_decides() -> None:
    market = _Market(2)
    market.quote(100.0, 0, 1)
    market.look()
    market.quote(100.2, 0)
    assert market.look() == [(1, 0)]


def test_untradeable_books_neither_accuse_nor_are_accused() -> None:
    market = _Market(3)
    market.quote(100.0, 0, 1, 2)
    market.look()
    market.board.set_book_state(2, 0, FeedState.STALE)
    market.board.set_venue_verdict(1, FeedState.DOWN)
    market.quote(100.2, 0)
    assert market.look() == []
    # Back in the group, everything counts from now on.
    market.board.set_venue_verdict(1, FeedState.LIVE)
    market.quote(100.21, 0)
    assert market.look() == []
