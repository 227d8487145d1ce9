"""What the engine adds around board and detection for every quote, and what depth costs beside.

    python -m tests.benchmarks.bench_feed

CPU time in nanoseconds per quote, loop included, best of some interleaved rounds: "board + check"
is `QuoteBoard.update` and `ArbitrageStrategy.on_ticker` alone, "feed" the whole way of a decoded
quote (verdict of its connection, count, recorder's newest besides). "depth" is one depth message
of 5 changed levels a side into a followed book of 50. "choose" is one turn of the depth rule over
all symbols, in microseconds; four turns are made in a second, off the path of quotes.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from arbot_tui.domain.feed import Continuity, DepthLimits, FeedEvent, FeedEventKind
from arbot_tui.domain.quotes import BookKind, BookUpdate, Ticker
from arbot_tui.engine.feeding import MarketFeed
from arbot_tui.market.books import BookSet
from arbot_tui.market.depth_rule import DepthRule
from arbot_tui.market.feeds import FeedMonitor
from tests.benchmarks.bench_detection import rig, tickers

_Item = TypeVar("_Item")

_VENUES = ("binance", "bybit", "okx", "bitget")
_ROUNDS = 7
_PER_CONNECTION = 29


def _measure(work: Callable[[_Item], object], items: Sequence[_Item]) -> float:
    started_ns = time.process_time_ns()
    for item in items:
        work(item)
    return (time.process_time_ns() - started_ns) / len(items)


def _depth(rows: int) -> list[BookUpdate]:
    draw = random.Random(2)
    made = []
    for number in range(20_000):
        sides = [
            [(100.0 + sign * (n + 1) * 0.01, draw.uniform(0.1, 2.0)) for n in range(50)]
            for sign in (-1, 1)
        ]
        first = number < rows
        kind = BookKind.SNAPSHOT if first else BookKind.DELTA
        row = number % rows
        bids, asks = (side if first else draw.sample(side, 5) for side in sides)
        # Consecutive ids per row, as Bybit's.
        made.append(BookUpdate(1, row, kind, 0, number // rows, -1, bids, asks, 1, number + 1))
    return made


def main() -> None:
    """Measure and print one line per number of symbols."""
    gc.disable()
    sys.stdout.write("symbols  board + check     feed  ratio    depth   choose us\n")
    for symbols in (50, 500, 2000):
        gc.collect()
        board, strategy = rig(symbols)
        monitor = FeedMonitor(_VENUES)
        books = BookSet(board, [Continuity.CONSECUTIVE] * 4, lambda venue, row: None)
        feed = MarketFeed(board, books, monitor, strategy, lambda venue: None)
        for venue in range(len(_VENUES)):
            for number, first in enumerate(range(0, symbols, _PER_CONNECTION)):
                rows = frozenset(range(first, min(first + _PER_CONNECTION, symbols)))
                kind = FeedEventKind.ASSIGNED
                monitor.on_feed(FeedEvent(venue, kind, 1, connection=number, rows=rows))
        quotes = tickers(symbols, 1e-6)
        update, check = board.update, strategy.on_ticker

        def handle(
            ticker: Ticker,
            update: Callable[[Ticker], int] = update,
            check: Callable[[Ticker, int], None] = check,
        ) -> None:
            if change := update(ticker):
                check(ticker, change)

        rule = DepthRule(board, [DepthLimits(50, 10_000)] * 4, 0.2, 20)
        least = everything = depth = chosen = float("inf")
        _measure(handle, quotes)
        for _ in range(_ROUNDS):
            least = min(least, _measure(handle, quotes))
            everything = min(everything, _measure(feed.on_ticker, quotes))
            books.clear_venue(1)
            depth = min(depth, _measure(feed.on_book, _depth(20)))
            turns = [time.monotonic_ns()] * 20
            chosen = min(chosen, _measure(partial(rule.choose, 0.12), turns))
        sys.stdout.write(
            f"{symbols:7}  {least:13.0f}  {everything:7.0f}  {everything / least:5.2f}"
            f"  {depth:7.0f}  {chosen / 1000:10.0f}\n"
        )


if __name__ == "__main__":
    main()
