"""How long a frame takes from its venue's socket to a signal, at 20,000 quotes a second (F5).

    python -m tests.benchmarks.bench_signal [quotes per second] [seconds]

Three venues' public sockets on loopback, served by a process of its own in each venue's words and
shapes; their feeds, `MarketFeed`, board and detection in this one, on uvloop, as the engine joins
them. Every 40th quote lies 1 % above the others and makes a signal. "written" counts from the
moment just before the sender writes the frame (both processes read the same monotonic clock), so
that the kernel and whatever waits in front of it are in it; "received" from the wake-up that
brought it, as `decode_to_signal` of a run's summary does. No screen, no storage and no money core
run beside. Wall time, so that a machine that has other things to do shows: what share of a core
each process took stands below.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Coroutine, Mapping

import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, serve

from arbot_tui.domain.clock import SystemClock
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.quotes import DepthSnapshot, Ticker
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.engine.feeding import MarketFeed
from arbot_tui.exchanges.bitget.feed import BitgetFeed
from arbot_tui.exchanges.bybit.feed import BybitFeed
from arbot_tui.exchanges.okx.feed import OkxFeed
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.wires import default_dial
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.books import BookSet
from arbot_tui.market.feeds import FeedMonitor
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from tests.benchmarks.frames import frame

_VENUES = ("bybit", "okx", "bitget")
_SYMBOLS = 50
_EDGE_EVERY = 40
# Frames carry their time as milliseconds after this, which serves them as a number too: each book
# is quoted less than once a millisecond.
_EPOCH_MS = 1_700_000_000_000


class Sent(msgspec.Struct):
    """What the sender did.

    Attributes:
        written_ns: Number of each quote that made an edge, and when it was written (monotonic).
        seconds: How long sending took.
        cpu_s: Processor time that it took.
    """

    written_ns: dict[int, int]
    seconds: float
    cpu_s: float


def _symbol(venue: str, row: int) -> str:
    return f"C{row}-USDT" if venue == "okx" else f"C{row}USDT"


def _answers(venue: str, text: bytes) -> tuple[list[str], list[bytes]]:
    """Return the quoted symbols that a request subscribes to, and the venue's answers to it."""
    request = msgspec.json.decode(text)
    if venue == "bybit":
        topics = [topic.rpartition(".") for topic in request["args"]]
        answer = {"success": True, "ret_msg": "", "op": "subscribe", "req_id": request["req_id"]}
        return [symbol for kind, _, symbol in topics if kind == "orderbook.1"], [
            msgspec.json.encode(answer)
        ]
    wanted = {"okx": "bbo-tbt", "bitget": "books1"}[venue]
    more = {"id": request["id"]} if "id" in request else {}
    return [arg["instId"] for arg in request["args"] if arg["channel"] == wanted], [
        msgspec.json.encode({"event": "subscribe", "arg": arg, "connId": "1", **more})
        for arg in request["args"]
    ]


class _Sender:
    """Three venues' sockets; quotes flow once every symbol of each is subscribed to."""

    def __init__(self, rate: int, seconds: int) -> None:
        self._rate, self._total = rate, rate * seconds
        self._sockets: dict[tuple[str, str], ServerConnection] = {}
        self.ready = asyncio.Event()

    async def on_socket(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        venue = socket.request.path.strip("/")
        async for text in socket:
            raw = text.encode() if isinstance(text, str) else text
            if raw.startswith(b"{") and b'"subscribe"' in raw:
                symbols, answers = _answers(venue, raw)
                for answer in answers:
                    await socket.send(answer.decode())
                self._sockets.update({(venue, symbol): socket for symbol in symbols})
                if len(self._sockets) == _SYMBOLS * len(_VENUES):
                    self.ready.set()

    async def send(self) -> Sent:
        """Send every quote when it is due, or as soon after as this process gets to it."""
        written_ns: dict[int, int] = {}
        began_cpu_s, began_ns = time.process_time(), time.monotonic_ns()
        sent = 0
        while sent < self._total:
            due = (time.monotonic_ns() - began_ns) * self._rate // 10**9
            while sent < min(due, self._total):
                sent += 1
                self._write(sent, written_ns)
            await asyncio.sleep(0.0005)
        seconds = (time.monotonic_ns() - began_ns) / 1e9
        return Sent(written_ns, seconds, time.process_time() - began_cpu_s)

    def _write(self, number: int, written_ns: dict[int, int]) -> None:
        venue, row = _VENUES[number % 3], number // 3 % _SYMBOLS
        edge = number % _EDGE_EVERY == 0
        mid = (101.0 if edge else 100.0) * (1.0 + number % 7 * 1e-6)
        quote = Ticker(0, row, mid * 0.9999, float(number), mid * 1.0001, 1e6, 0, 0)
        symbol = _symbol(venue, row)
        text = frame(venue, symbol, time.time_ns() // 10**6 - _EPOCH_MS, quote)
        if edge:
            written_ns[number] = time.monotonic_ns()
        head = b"\x81\x7e" + len(text).to_bytes(2, "big")
        # Past the library's own writing, which costs more than the reading that is measured.
        self._sockets[venue, symbol].transport.write(head + text)


async def _serve(rate: int, seconds: int) -> None:
    sender = _Sender(rate, seconds)
    async with serve(
        sender.on_socket, "127.0.0.1", 0, compression=None, ping_interval=None
    ) as server:
        sys.stdout.write(f"{next(iter(server.sockets)).getsockname()[1]}\n")
        sys.stdout.flush()
        await sender.ready.wait()
        await asyncio.sleep(1.0)
        sent = await sender.send()
        await asyncio.sleep(1.0)
        sys.stdout.write(msgspec.json.encode(sent).decode() + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


class _Receiver:
    """Board, detection and what joins them, as in the engine, and when signals came."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self.after_written_ns: dict[int, int] = {}
        self.after_received_ns: dict[int, int] = {}
        universe, board, monitor = Universe(), QuoteBoard(_VENUES), FeedMonitor(_VENUES)
        for number in range(_SYMBOLS):
            row = universe.add(f"C{number}", "USDT")
            for venue in range(len(_VENUES)):
                board.set_fee(venue, row, 0.001)
        for venue in range(len(_VENUES)):
            board.set_venue_verdict(venue, FeedState.LIVE)
        self.strategy = ArbitrageStrategy(
            board,
            universe,
            _VENUES,
            DetectionSettings(0.1, 0.02),
            RejectFunnel(len(_VENUES)),
            OpportunityBook(),
        )
        self.strategy.add_signal_callback(self._on_signal)
        rules = [Continuity.CONSECUTIVE, Continuity.PREVIOUS_ID, Continuity.SNAPSHOT_ONLY]
        books = BookSet(board, rules, lambda venue, row: None)
        self.feed = MarketFeed(board, books, monitor, self.strategy, lambda venue: None)

    def _on_signal(self, signal: ArbitrageSignal) -> None:
        now_ns = time.monotonic_ns()
        number = round(signal.sell.bid_size)
        if number not in self.after_written_ns:
            self.after_written_ns[number] = now_ns
            self.after_received_ns[number] = self._clock.now_ns() - signal.created_ns


async def _no_book(row: int) -> DepthSnapshot:
    raise RuntimeError(f"nobody follows the depth of row {row}")


def _feeds(url: str, clock: SystemClock, sink: MarketFeed) -> list[Coroutine[None, None, None]]:
    ban = BanClock()
    bybit = BybitFeed(f"{url}/bybit", 0, clock, ban)
    okx = OkxFeed(f"{url}/okx", 1, clock, ban, _no_book)
    bitget = BitgetFeed(f"{url}/bitget", 2, clock, ban)
    for venue, follow in (
        ("bybit", bybit.set_rows),
        ("okx", okx.set_rows),
        ("bitget", bitget.set_rows),
    ):
        follow({_symbol(venue, row): row for row in range(_SYMBOLS)})
    return [bybit.run(sink), okx.run(sink), bitget.run(sink)]


async def _receive(rate: int, seconds: int) -> None:
    clock = SystemClock()
    receiver = _Receiver(clock)
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.bench_signal", "serve", str(rate), str(seconds)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    port = int(await server.stdout.readline())
    tasks = [
        asyncio.create_task(feed) for feed in _feeds(f"ws://127.0.0.1:{port}", clock, receiver.feed)
    ]
    try:
        began_cpu_s = time.process_time()
        sent = msgspec.json.decode(await server.stdout.readline(), type=Sent)
        cpu_s = time.process_time() - began_cpu_s
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        server.stdin.close()
        await server.wait()
    _print(receiver, sent, cpu_s)


def _print(receiver: _Receiver, sent: Sent, cpu_s: float) -> None:
    quotes = receiver.feed.quotes
    sys.stdout.write(
        f"{quotes} quotes received in {sent.seconds:.1f} s ({quotes / sent.seconds:.0f}/s), "
        f"{default_dial.__module__.rpartition('.')[2]}\n"
        f"of a core: sender {100 * sent.cpu_s / sent.seconds:.0f} %, "
        f"receiver {100 * cpu_s / sent.seconds:.0f} %\n"
        f"{len(receiver.after_written_ns)} signals of {len(sent.written_ns)} edges\n"
    )
    written = {
        number: receiver.after_written_ns[number] - at_ns
        for number, at_ns in sent.written_ns.items()
        if number in receiver.after_written_ns
    }
    for name, found in (("written", written), ("received", receiver.after_received_ns)):
        _print_percentiles(name, found)


def _print_percentiles(name: str, found: Mapping[int, int]) -> None:
    ordered = sorted(found.values())
    cells = "  ".join(
        f"p{percent:g} {ordered[int((len(ordered) - 1) * percent / 100)] / 1e6:.3f}"
        for percent in (50, 90, 99, 99.9)
    )
    sys.stdout.write(f"{name:8}  {cells}  max {ordered[-1] / 1e6:.3f} ms\n")


if __name__ == "__main__":
    serving = sys.argv[1:2] == ["serve"]
    numbers = [int(number) for number in sys.argv[1 + serving :]]
    rate, seconds, *_ = [*numbers, *(20_000, 10)[len(numbers) :]]
    uvloop.run((_serve if serving else _receive)(rate, seconds))
