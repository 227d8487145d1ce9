"""What one quote costs from its frame to the verdict, beside the mere writing of it.

    python -m tests.benchmarks.bench_detection

CPU time in nanoseconds per update, loop included, best of some interleaved rounds. Only ratios
within one line carry meaning on a shared machine. "apart": outside any overlap of the books, the
common end; "overlapping": about two of six comparisons are positive gross spreads below the fees,
which are counted as candidates. "decode" is Binance's combined ``bookTicker`` frame; "all" is
decode, board and check together, and the last column compares it with decoding and mere writing.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TypeVar

from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.exchanges.binance.parsing import StreamParser
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook

_Item = TypeVar("_Item")

_VENUES = ("binance", "bybit", "okx", "bitget")
_UPDATES = 100_000
_ROUNDS = 7


def rig(symbols: int) -> tuple[QuoteBoard, ArbitrageStrategy]:
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


def tickers(symbols: int, basis: float) -> list[Ticker]:
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


def _frames(tickers: list[Ticker]) -> list[bytes]:
    """Return the tickers as one venue's frames; which venue it is does not matter to decoding."""
    return [
        (
            f'{{"stream":"c{t.row}usdt@bookTicker","data":{{"u":{number},"s":"C{t.row}USDT",'
            f'"b":"{t.bid:.6f}","B":"{t.bid_size:.4f}","a":"{t.ask:.6f}","A":"{t.ask_size:.4f}"}}}}'
        ).encode()
        for number, t in enumerate(tickers, 1)
    ]


def _decoding(symbols: int, then: Callable[[Ticker], object]) -> Callable[[bytes], object]:
    """Return what decodes a frame of one of four connections, in turn, and hands it on."""
    rows = {f"C{number}USDT": number for number in range(symbols)}
    parsers = cycle([StreamParser(venue, rows) for venue in range(len(_VENUES))])

    def handle(raw: bytes) -> None:
        parser = next(parsers)
        ticker = parser.parse(raw, 1)
        if isinstance(ticker, Ticker):
            then(ticker)
        parser.restart()

    return handle


def _measure(work: Callable[[_Item], object], items: list[_Item]) -> float:
    started_ns = time.process_time_ns()
    for item in items:
        work(item)
    return (time.process_time_ns() - started_ns) / len(items)


def _best(works: Sequence[Callable[[_Item], object]], items: list[_Item]) -> list[float]:
    best = [float("inf")] * len(works)
    for _ in range(_ROUNDS):
        for number, work in enumerate(works):
            best[number] = min(best[number], _measure(work, items))
    return best


def main() -> None:
    """Measure and print one line per size and spread."""
    gc.disable()
    sys.stdout.write(
        "symbols  books        write only  board.update  update + check  ratio"
        "  decode + write     all  ratio\n"
    )
    for name, basis in (("apart", 1e-6), ("overlapping", 3e-4)):
        for symbols in (50, 500, 2000):
            gc.collect()
            board, strategy = rig(symbols)
            quotes = tickers(symbols, basis)
            write, handle = _write_only(board), _both(board, strategy)
            _measure(handle, quotes)
            floor, update, both = _best([write, board.update, handle], quotes)
            decoding = [_decoding(symbols, then) for then in (write, handle)]
            least, everything = _best(decoding, _frames(quotes))
            sys.stdout.write(
                f"{symbols:7}  {name:11}  {floor:10.0f}  {update:12.0f}  {both:14.0f}"
                f"  {both / floor:5.2f}  {least:14.0f}  {everything:6.0f}"
                f"  {everything / least:5.2f}\n"
            )


if __name__ == "__main__":
    main()
