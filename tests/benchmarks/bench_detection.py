"""What one quote costs from the board to the verdict, beside the mere writing of it.

    python -m tests.benchmarks.bench_detection

CPU time in nanoseconds per update, loop included, best of some interleaved rounds. Only ratios
within one line carry meaning on a shared machine. "apart": outside any overlap of the books, the
common end; "overlapping": about two of six comparisons are positive gross spreads below the fees,
which are counted as candidates.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable

from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook

_VENUES = ("binance", "bybit", "okx", "bitget")
_UPDATES = 100_000
_ROUNDS = 7


def _rig(symbols: int) -> tuple[QuoteBoard, ArbitrageStrategy]:
    universe, board = Universe(), QuoteBoard(_VENUES)
    for number in range(symbols):
        row = universe.add(f"C{number}", "USDT")
        for venue in range(len(_VENUES)):
            board.set_fee(venue, row, 0.001)
    for venue in range(len(_VENUES)):
        board.set_venue_verdict(venue, FeedState.LIVE)
    strategy = ArbitrageStrategy(
        board,
        universe,
        _VENUES,
        DetectionSettings(min_profit_pct=0.1, slippage_pct=0.02),
        RejectFunnel(len(_VENUES)),
        OpportunityBook(),
    )
    return board, strategy


def _tickers(symbols: int, basis: float) -> list[Ticker]:
    draw = random.Random(1)
    tickers = []
    for number in range(_UPDATES):
        mid = 100.0 * (1.0 + draw.gauss(0.0, basis))
        row, venue = draw.randrange(symbols), draw.randrange(len(_VENUES))
        bid_size, ask_size = draw.uniform(1.0, 2.0), draw.uniform(1.0, 2.0)
        tickers.append(
            Ticker(venue, row, mid * 0.9999, bid_size, mid * 1.0001, ask_size, number, number + 1)
        )
    return tickers


def _write_only(board: QuoteBoard) -> Callable[[Ticker], None]:
    """Return the floor: the same fields written, nothing looked at."""
    count = len(_VENUES)

    def write(ticker: Ticker) -> None:
        i = ticker.row * count + ticker.exchange
        bid, ask, fee = ticker.bid, ticker.ask, board.fee[i]
        board.bid[i] = bid
        board.bid_size[i] = ticker.bid_size
        board.ask[i] = ask
        board.ask_size[i] = ticker.ask_size
        board.buy_cost[i] = ask * (1.0 + fee)
        board.sell_net[i] = bid * (1.0 - fee)
        board.event_ns[i] = ticker.event_ns
        board.recv_ns[i] = board.changed_ns[i] = ticker.recv_ns

    return write


def _both(board: QuoteBoard, strategy: ArbitrageStrategy) -> Callable[[Ticker], None]:
    update, check = board.update, strategy.on_ticker

    def handle(ticker: Ticker) -> None:
        if update(ticker):
            check(ticker)

    return handle


def _measure(work: Callable[[Ticker], object], tickers: list[Ticker]) -> float:
    started_ns = time.process_time_ns()
    for ticker in tickers:
        work(ticker)
    return (time.process_time_ns() - started_ns) / len(tickers)


def main() -> None:
    """Measure and print one line per size and spread."""
    gc.disable()
    sys.stdout.write("symbols  books        write only  board.update  update + check  ratio\n")
    for name, basis in (("apart", 1e-6), ("overlapping", 3e-4)):
        for symbols in (50, 500, 2000):
            board, strategy = _rig(symbols)
            tickers = _tickers(symbols, basis)
            works = [_write_only(board), board.update, _both(board, strategy)]
            _measure(works[2], tickers)
            best = [float("inf")] * len(works)
            for _ in range(_ROUNDS):
                for number, work in enumerate(works):
                    best[number] = min(best[number], _measure(work, tickers))
            floor, update, both = best
            sys.stdout.write(
                f"{symbols:7}  {name:11}  {floor:10.0f}  {update:12.0f}  {both:14.0f}"
                f"  {both / floor:5.2f}\n"
            )


if __name__ == "__main__":
    main()
