"""What one quote costs from its frame to the verdict, beside the mere writing of it.

    python -m tests.benchmarks.bench_detection

CPU time in nanoseconds per update, loop included, best of some interleaved rounds. Only ratios
within one line carry meaning on a shared machine. "apart": outside any overlap of the books;
"overlapping": about two of six comparisons are positive gross spreads below the fees, which are
counted as candidates; "resized": overlapping, and most quotes bring other sizes at the same prices,
as most do on the venues.

"flat lists" is the floor of PERFORMANCE.md: every field of a quote into a list of its own, prices
with fees folded in as well. "least" is what this board writes, without any check; the ratios are to
the former, so that they compare with older figures. "all" is decode, board and check together, of
frames in the four venues' own shapes, and the last column compares it with decoding and writing the
flat lists. The growth at the end is from the fewest symbols to the most: what the floor grows by is
what the machine's caches cost.

The second table is the way of a frame into the board, one venue at a time: "decode" is the floor, a
typed msgspec decoder of nothing but symbol, prices, sizes and time, whose result is not looked at.
"parse" knows all kinds of frames, refuses what cannot be and what is no news, and makes the ticker.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from tests.benchmarks.frames import BARE, PARSERS, Parser, frame

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


def tickers(symbols: int, basis: float, resized: float = 0.0) -> list[Ticker]:
    """Return random quotes, of which a share brings other sizes at the book's former prices."""
    draw = random.Random(1)
    tickers = []
    mids: dict[tuple[int, int], float] = {}
    for number in range(_UPDATES):
        mid = 100.0 * (1.0 + draw.gauss(0.0, basis))
        row, venue = draw.randrange(symbols), draw.randrange(len(_VENUES))
        if resized and draw.random() < resized:
            mid = mids.get((row, venue), mid)
        mids[row, venue] = mid
        bid_size, ask_size = draw.uniform(1.0, 2.0), draw.uniform(1.0, 2.0)
        tickers.append(
            Ticker(venue, row, mid * 0.9999, bid_size, mid * 1.0001, ask_size, number, number + 1)
        )
    return tickers


def _flat_lists(symbols: int) -> Callable[[Ticker], None]:
    """Return the floor: every field written to a list of its own, nothing looked at."""
    count = len(_VENUES)
    fees = [0.001] * symbols * count
    bids, bid_sizes, asks, ask_sizes, costs, nets = ([0.0] * symbols * count for _ in range(6))
    event_ns, recv_ns, changed_ns = ([0] * symbols * count for _ in range(3))

    def write(ticker: Ticker) -> None:
        i = ticker.row * count + ticker.exchange
        bid, ask, fee = ticker.bid, ticker.ask, fees[i]
        bids[i] = bid
        bid_sizes[i] = ticker.bid_size
        asks[i] = ask
        ask_sizes[i] = ticker.ask_size
        costs[i] = ask * (1.0 + fee)
        nets[i] = bid * (1.0 - fee)
        event_ns[i] = ticker.event_ns
        recv_ns[i] = changed_ns[i] = ticker.recv_ns

    return write


def _least(board: QuoteBoard) -> Callable[[Ticker], None]:
    """Return what writes what the board writes, and looks at nothing."""
    count = len(_VENUES)

    def write(ticker: Ticker) -> None:
        i = ticker.row * count + ticker.exchange
        board.latest[ticker.row][ticker.exchange] = ticker
        board.recv_ns[i] = ticker.recv_ns

    return write


def _both(board: QuoteBoard, strategy: ArbitrageStrategy) -> Callable[[Ticker], None]:
    update, check = board.update, strategy.on_ticker

    def handle(ticker: Ticker) -> None:
        if change := update(ticker):
            check(ticker, change)

    return handle


def _symbol(venue: int, row: int) -> str:
    return f"C{row}-USDT" if _VENUES[venue] == "okx" else f"C{row}USDT"


def _frames(quotes: list[Ticker]) -> list[tuple[int, bytes]]:
    """Return the quotes as their venues send them, each with the number of its venue."""
    return [
        (q.exchange, frame(_VENUES[q.exchange], _symbol(q.exchange, q.row), number, q))
        for number, q in enumerate(quotes, 1)
    ]


def _parsers(symbols: int) -> list[Parser]:
    return [
        PARSERS[name](venue, {_symbol(venue, row): row for row in range(symbols)})
        for venue, name in enumerate(_VENUES)
    ]


def _decoding(
    parsers: Sequence[Parser], then: Callable[[Ticker], object]
) -> Callable[[tuple[int, bytes]], object]:
    """Return what decodes a frame on its venue's connection, and hands the quote on."""
    parse = [parser.parse for parser in parsers]

    def handle(arrived: tuple[int, bytes]) -> None:
        venue, raw = arrived
        ticker = parse[venue](raw, 1)
        if isinstance(ticker, Ticker):
            then(ticker)

    return handle


def _measure(work: Callable[[_Item], object], items: list[_Item]) -> float:
    started_ns = time.process_time_ns()
    for item in items:
        work(item)
    return (time.process_time_ns() - started_ns) / len(items)


def _best(
    works: Sequence[Callable[[_Item], object]], items: list[_Item], parsers: Sequence[Parser] = ()
) -> list[float]:
    best = [float("inf")] * len(works)
    for _ in range(_ROUNDS):
        for number, work in enumerate(works):
            # What was seen in the round before would be no news.
            for parser in parsers:
                parser.restart()
            best[number] = min(best[number], _measure(work, items))
    return best


def _to_the_board(symbols: int, venue: int) -> list[float]:
    """Return decode alone, parse, parse and board of one venue's frames."""
    board, _ = rig(symbols)
    quotes = [quote for quote in tickers(symbols, 3e-4) if quote.exchange == venue]
    raws = [raw for _, raw in _frames(quotes)]
    parser = _parsers(symbols)[venue]
    parse, update = parser.parse, board.update

    def alone(raw: bytes) -> None:
        parse(raw, 1)

    def both(raw: bytes) -> None:
        ticker = parse(raw, 1)
        if isinstance(ticker, Ticker):
            update(ticker)

    bare = BARE[_VENUES[venue]]

    def decode(raw: bytes) -> None:
        bare(raw)

    return _best([decode, alone, both], raws, [parser])


def _print_way_to_the_board() -> None:
    sys.stdout.write("\nsymbols  venue    decode  parse  parse + board.update  ratio\n")
    for symbols in (50, 500, 2000):
        for venue, name in enumerate(_VENUES):
            gc.collect()
            decode, parse, both = _to_the_board(symbols, venue)
            sys.stdout.write(
                f"{symbols:7}  {name:7}  {decode:6.0f}  {parse:5.0f}  {both:20.0f}"
                f"  {both / decode:5.2f}\n"
            )


def main() -> None:
    """Measure and print one line per size and kind of books."""
    gc.disable()
    sys.stdout.write(
        "symbols  books        flat lists  least  board.update  update + check  ratio"
        "  decode + lists     all  ratio\n"
    )
    for name, basis, resized in (
        ("apart", 1e-6, 0.0),
        ("overlapping", 3e-4, 0.0),
        ("resized", 3e-4, 0.7),
    ):
        found: list[tuple[float, float]] = []
        for symbols in (50, 500, 2000):
            gc.collect()
            board, strategy = rig(symbols)
            quotes = tickers(symbols, basis, resized)
            write, handle = _flat_lists(symbols), _both(board, strategy)
            _measure(handle, quotes)
            floor, least, update, both = _best([write, _least(board), board.update, handle], quotes)
            parsers = _parsers(symbols)
            decoding = [_decoding(parsers, then) for then in (write, handle)]
            lists, everything = _best(decoding, _frames(quotes), parsers)
            sys.stdout.write(
                f"{symbols:7}  {name:11}  {floor:10.0f}  {least:5.0f}  {update:12.0f}"
                f"  {both:14.0f}  {both / floor:5.2f}  {lists:14.0f}  {everything:6.0f}"
                f"  {everything / lists:5.2f}\n"
            )
            found.append((floor, both))
        sys.stdout.write(
            f"         growth       {found[-1][0] / found[0][0]:10.2f}  {'':19}"
            f"  {found[-1][1] / found[0][1]:14.2f}\n"
        )
    _print_way_to_the_board()


if __name__ == "__main__":
    main()
