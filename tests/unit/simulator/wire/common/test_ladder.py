from __future__ import annotations

from arbot_tui.simulator.core.book import Book, Level
from arbot_tui.simulator.core.world import World, WorldSpec
from arbot_tui.simulator.wire.common.ladder import Ladder


def any_book() -> Book:
    return World(WorldSpec(seed=3, symbols=1), 0, "w").books("okx")["BTC/USDT"]


def test_nothing_is_told_while_nothing_changes() -> None:
    ladder = Ladder(any_book())

    assert ladder.update() is None


def test_updates_lead_from_one_told_state_to_the_next() -> None:
    book = any_book()
    ladder = Ladder(book)
    bids, asks = dict(ladder.state.bids), dict(ladder.state.asks)

    for step in range(1, 200):
        before = ladder.state.update_id
        bid, ask = book.best_bid, book.best_ask
        shift = (step % 7) - 3
        book.quote(
            Level(bid.ticks + shift, bid.lots + step % 3),
            Level(ask.ticks + shift, ask.lots),
            step,
            step * 10**9,
        )
        book.take(step % 2 == 0, ask.ticks + 400, 5 * step, step * 10**9)
        update = ladder.update()
        assert update is not None
        assert update.prev_id == before
        for side, changes in ((bids, update.bids), (asks, update.asks)):
            for ticks, lots in changes:
                if lots:
                    side[ticks] = lots
                else:
                    # Only levels that were told are taken back.
                    del side[ticks]
        assert sorted(bids.items(), reverse=True) == book.bids
        assert sorted(asks.items()) == book.asks
        assert ladder.update() is None


def test_what_was_told_stays_as_it_was_when_orders_take_from_the_book() -> None:
    book = any_book()
    ladder = Ladder(book)
    told = list(book.asks)

    book.take(True, told[0].ticks, told[0].lots, 1)

    assert ladder.state.asks == told
    update = ladder.update()
    assert update is not None
    assert update.asks == [Level(told[0].ticks, 0)]
