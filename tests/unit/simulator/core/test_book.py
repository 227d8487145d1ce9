"""Quoted books."""

from decimal import Decimal

from arbot_tui.simulator.core.book import DEPTH, Book, Level
from arbot_tui.simulator.core.instruments import Instrument

RULES = Instrument("okx", 0, "BTC/USDT", "BTC", "USDT", 2, 5, 1, 10**9, Decimal(5))


def quoted() -> Book:
    book = Book(RULES, seed=1, unit_lots=1500, grid=300, first_id=1000)
    book.quote(Level(6_000_000, 700), Level(6_000_002, 800), step=5, now_ns=50)
    return book


def test_ladders_are_twenty_deep_and_ordered() -> None:
    book = quoted()
    asks, bids = [a.ticks for a in book.asks], [b.ticks for b in book.bids]
    assert len(asks) == len(bids) == DEPTH
    assert asks == sorted(set(asks))
    assert bids == sorted(set(bids), reverse=True)
    assert bids[0] < asks[0]
    assert all(level.lots > 0 for level in book.asks + book.bids)


def test_a_ladder_ends_above_zero() -> None:
    book = Book(RULES, seed=1, unit_lots=10, grid=3, first_id=1)
    book.quote(Level(7, 1), Level(8, 1), step=0, now_ns=0)
    assert [level.ticks for level in book.bids] == [7, 6, 3]


def test_most_deeper_levels_survive_a_small_move() -> None:
    book = quoted()
    before = set(book.asks)
    book.quote(Level(6_000_010, 900), Level(6_000_012, 100), step=6, now_ns=60)
    assert len(before & set(book.asks)) >= DEPTH - 3


def test_taking_walks_the_levels_up_to_the_limit() -> None:
    book = quoted()
    first, second = book.asks[0], book.asks[1]
    taken = book.take(True, second.ticks, first.lots + 1, now_ns=70)
    assert taken == [first, Level(second.ticks, 1)]
    assert book.best_ask == Level(second.ticks, second.lots - 1)
    assert book.asks[0] == book.best_ask


def test_selling_takes_the_bids() -> None:
    book = quoted()
    taken = book.take(False, 6_000_000, 10_000, now_ns=70)
    assert taken == [Level(6_000_000, 700)]
    assert book.best_bid.ticks < 6_000_000
    assert book.best_ask == Level(6_000_002, 800)


def test_nothing_within_the_limit_changes_nothing() -> None:
    book = quoted()
    before = book.change()
    assert book.take(True, 6_000_001, 10, now_ns=70) == []
    assert book.change() == before


def test_a_side_can_run_out_until_the_next_quote() -> None:
    book = quoted()
    everything = book.available(True, 10**9)
    assert sum(level.lots for level in book.take(True, 10**9, 10**12, now_ns=70)) == everything
    assert book.best_ask == Level(0, 0)
    assert book.available(True, 10**9) == 0
    book.quote(Level(6_000_000, 700), Level(6_000_002, 800), step=7, now_ns=80)
    assert book.available(True, 10**9) > 0


def test_an_emptied_side_has_no_ladder() -> None:
    book = Book(RULES, seed=1, unit_lots=10, grid=3, first_id=1)
    book.quote(Level(7, 1), Level(0, 0), step=0, now_ns=0)
    assert book.asks == []


def test_available_counts_what_a_limit_reaches() -> None:
    book = quoted()
    assert book.available(True, 6_000_002) == 800
    assert book.available(False, 6_000_000) == 700


def test_every_change_has_a_larger_id_and_its_time() -> None:
    book = quoted()
    ids = [book.update_id]
    for step in range(50):
        book.quote(Level(6_000_000 + step, 700), Level(6_000_002 + step, 800), step, 100 + step)
        ids.append(book.update_id)
        book.take(True, 10**9, 1, 100 + step)
        ids.append(book.update_id)
    assert ids == sorted(set(ids))
    assert book.change().ts_ns == 149
