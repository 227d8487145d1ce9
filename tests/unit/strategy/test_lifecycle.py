from itertools import pairwise

from arbot_tui.domain.clock import MS
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.strategy.lifecycle import OpportunityBook, OpportunityKey


def _opened(book: OpportunityBook, key: OpportunityKey = (0, 0, 1), at_ns: int = 1) -> Opportunity:
    return book.open(key, ("BTC/USDT", "a", "b"), at_ns, 0.2, 100.0, 101.0, 2.0, 0.4)


def test_it_opens_peaks_and_closes() -> None:
    book = OpportunityBook()
    closed: list[Opportunity] = []
    book.add_closed_callback(closed.append)
    opportunity = _opened(book)
    assert opportunity.id == 1
    assert book.find((0, 0, 1)) is opportunity
    assert book.rows == {0: 1}
    assert list(book.opened()) == [opportunity]
    book.update(opportunity, 2, 0.5, 99.0, 101.0, 1.0, 0.6)
    book.update(opportunity, 3, 0.1, 100.0, 100.5, 3.0, 0.3)
    assert (opportunity.edge_pct, opportunity.peak_pct) == (0.1, 0.5)
    assert (opportunity.profit_quote, opportunity.peak_profit_quote) == (0.3, 0.6)
    assert (opportunity.buy_price, opportunity.sell_price, opportunity.qty) == (100.0, 100.5, 3.0)
    book.close((0, 0, 1), 4, "vanished")
    assert (opportunity.last_ns, opportunity.closed_ns) == (3, 4)
    assert (opportunity.closed_reason, opportunity.reason) == ("vanished", "vanished")
    assert closed == [opportunity]
    assert book.find((0, 0, 1)) is None
    assert book.get(1) is opportunity
    assert book.rows == {}


def test_rows_count_their_open_ones() -> None:
    book = OpportunityBook()
    _opened(book, (5, 0, 1))
    _opened(book, (5, 2, 1))
    assert book.rows == {5: 2}
    book.close((5, 0, 1), 2, "fee")
    assert book.rows == {5: 1}
    assert book.opened_total == 2


def test_why_it_was_not_traded_outlives_why_it_closed() -> None:
    book = OpportunityBook()
    opportunity = _opened(book)
    book.mark_denied(1, "cooldown")
    book.close((0, 0, 1), 2, "fee")
    assert (opportunity.reason, opportunity.closed_reason) == ("cooldown", "fee")


def test_a_traded_one_has_its_pair_and_no_reason() -> None:
    book = OpportunityBook()
    opportunity = _opened(book)
    book.mark_denied(1, "in_flight")
    book.mark_traded(1, "p-7")
    book.mark_denied(1, "duplicate_intent")
    book.close((0, 0, 1), 2, "fee")
    assert (opportunity.pair_id, opportunity.reason) == ("p-7", "")
    assert opportunity.closed_reason == "fee"


def test_a_signal_counts_once_per_opportunity() -> None:
    book = OpportunityBook()
    opportunity = _opened(book)
    for _ in range(3):
        book.mark_signalled(1)
    assert opportunity.signalled
    assert book.signalled_total == 1


def test_marks_for_what_is_long_gone_are_dropped() -> None:
    book = OpportunityBook(history=1)
    for at_ns in (1, 2):
        _opened(book, at_ns=at_ns)
        book.close((0, 0, 1), at_ns, "fee")
    version = book.version
    book.mark_signalled(1)
    book.mark_denied(1, "depth")
    book.mark_traded(1, "p")
    assert book.get(1) is None
    assert book.version == version
    assert [o.id for o in book.changed_since(0)] == [2]


def test_what_changed_since_a_version_comes_once_and_in_order() -> None:
    book = OpportunityBook()
    first, second = _opened(book, (0, 0, 1)), _opened(book, (1, 0, 1))
    assert book.changed_since(0) == [first, second]
    seen = book.version
    assert book.changed_since(seen) == []
    book.update(first, 2, 0.5, 99.0, 101.0, 1.0, 0.6)
    assert book.changed_since(0) == [second, first]
    assert book.changed_since(seen) == [first]
    book.mark_denied(2, "depth")
    book.mark_denied(2, "depth")
    assert book.version == seen + 2
    assert book.changed_since(seen) == [first, second]


def _tick(book: OpportunityBook, opportunity: Opportunity, at_ns: int, edge_pct: float) -> None:
    book.update(opportunity, at_ns, edge_pct, 100.0, 101.0, 1.0, edge_pct)


def test_what_was_capturable_is_what_stood_at_the_end_of_each_delay() -> None:
    book = OpportunityBook()
    opportunity = _opened(book, at_ns=MS)
    _tick(book, opportunity, MS, 0.3)
    _tick(book, opportunity, 51 * MS, 0.2)
    assert opportunity.capturable_pct == [0.3]
    _tick(book, opportunity, 51 * MS + 1, 0.1)
    assert opportunity.capturable_pct == [0.3, 0.2]
    book.close((0, 0, 1), 251 * MS, "fee")
    assert opportunity.capturable_pct == [0.3, 0.2, 0.1, 0.0, 0.0]


def test_time_that_passes_without_a_tick_counts_once_and_is_told() -> None:
    book = OpportunityBook()
    opportunity = _opened(book, at_ns=MS)
    book.elapse(MS)
    version = book.version
    assert opportunity.capturable_pct == []
    book.elapse(102 * MS)
    assert opportunity.capturable_pct == [0.2, 0.2, 0.2]
    assert book.changed_since(version) == [opportunity]
    version = book.version
    book.elapse(103 * MS)
    assert book.version == version


def test_edge_and_size_are_kept_over_time_and_thinned_out() -> None:
    book = OpportunityBook()
    opportunity = _opened(book, at_ns=0)
    for at in range(1, 10_001):
        _tick(book, opportunity, at * MS, at / 1000)
    points = opportunity.path.points
    assert points[0] == (0.0, 0.2, 2.0)
    assert points[-1] == (10_000.0, 10.0, 1.0)
    assert 10 < len(points) <= 32
    assert [at for at, _, _ in points] == sorted({at for at, _, _ in points})
    gaps = [later[0] - at[0] for at, later in pairwise(points)]
    assert max(gaps) < 1000
