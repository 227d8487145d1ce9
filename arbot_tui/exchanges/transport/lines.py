"""A venue's whole public stream: every symbol on some line, and the lines kept up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, Never, TypeVar

from arbot_tui.domain.clock import Clock
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.dialect import Dialect, LineRules
from arbot_tui.exchanges.transport.dialing import PacedDial
from arbot_tui.exchanges.transport.line import Line
from arbot_tui.exchanges.transport.line_socket import LineContext, Seed
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wires import default_dial

__all__ = ["LineSet"]

ControlT = TypeVar("ControlT")

_TEND_S = 0.5
# Changes that are asked for within this time go into one request.
_GATHER_S = 0.02


class LineSet(Generic[ControlT]):
    """Spreads symbols over lines, and knows which line serves which row.

    What is wanted can be said at any time; it is carried out while `run` runs.
    """

    def __init__(
        self,
        dialect: Dialect[ControlT],
        rules: LineRules,
        *,
        exchange: int,
        clock: Clock,
        ban: BanClock,
        dial: Dial = default_dial,
        draw: Callable[[], float] = random.random,
        fetch_snapshot: Callable[[int], None] | None = None,
        seed: Seed[ControlT] | None = None,
        pulse: Callable[[Iterable[str]], str] | None = None,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            dialect: The venue's language.
            rules: How its connections are used.
            exchange: Dense index of the venue.
            clock: Stamps what arrives.
            ban: Stops attempts while the venue wants us away.
            dial: Opens a wire.
            draw: Even draws from [0, 1) for jitter.
            fetch_snapshot: Fetches the book of a row where the stream began without one.
            seed: Brings quotes where a subscription begins with none.
            pulse: Chooses the symbol of a line whose depth is always followed.
        """
        self._dialect = dialect
        self._rules = rules
        self._exchange = exchange
        self._clock = clock
        self._ban = ban
        self._dial = PacedDial(dial, rules.connects, clock, ban)
        self._draw = draw
        self._fetch_snapshot = fetch_snapshot
        self._seed = seed
        self._pulse = pulse
        self._symbols: dict[str, int] = {}
        self._wire_symbols: dict[int, str] = {}
        self._depth_rows: set[int] = set()
        self._context: LineContext[ControlT] | None = None
        self._lines: dict[int, Line[ControlT]] = {}
        self._line_of: dict[str, Line[ControlT]] = {}
        self._opened = 0
        self._gathering: asyncio.TimerHandle | None = None

    @property
    def dial(self) -> Dial:
        """Opens a wire no sooner than the venue's connection limits allow, whoever asks."""
        return self._dial

    def symbol_of(self, row: int) -> str | None:
        """Return the wire symbol of a followed row."""
        return self._wire_symbols.get(row)

    def wants_depth(self, row: int) -> bool:
        """Tell whether depth of a followed row is wanted, by whom and for what it may be."""
        if row in self._depth_rows:
            return row in self._wire_symbols
        return any(line.pulse == row for line in self._lines.values())

    def set_rows(self, rows: Mapping[str, int]) -> None:
        """Follow these wire symbols from now on, and no others."""
        gone = [name for name, row in self._symbols.items() if rows.get(name) != row]
        new = {name: row for name, row in rows.items() if self._symbols.get(name) != row}
        self._symbols = dict(rows)
        self._wire_symbols = {row: name for name, row in rows.items()}
        if self._context is not None:
            left = {name: self._line_of.pop(name) for name in gone}
            for name, line in left.items():
                line.leave(name)
            for line in dict.fromkeys(left.values()):
                line.tell_rows()
            self._follow(new, self._context)
            for line in [line for line in self._lines.values() if not line.rows]:
                del self._lines[line.number]
                line.stop()
            self._touch()

    def request_depth(self, row: int, wanted: bool) -> None:
        """Start or stop following depth of one row; also one that is not followed yet."""
        if wanted is (row in self._depth_rows):
            return
        if wanted:
            self._depth_rows.add(row)
        else:
            self._depth_rows.discard(row)
        symbol = self._wire_symbols.get(row)
        line = self._line_of.get(symbol) if symbol is not None else None
        if line is not None and symbol is not None:
            line.request_depth(symbol, wanted)
            self._touch()

    def resync(self, row: int) -> None:
        """Start quote and book of one row over."""
        symbol = self._wire_symbols.get(row)
        line = self._line_of.get(symbol) if symbol is not None else None
        if line is not None and symbol is not None:
            line.resync(symbol)

    async def run(self, sink: MarketDataSink) -> None:
        """Keep every line up until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                context = self._context = LineContext(
                    dialect=self._dialect,
                    rules=self._rules,
                    exchange=self._exchange,
                    clock=self._clock,
                    sink=sink,
                    ban=self._ban,
                    dial=self._dial,
                    draw=self._draw,
                    spawn=tasks.create_task,
                    touch=self._touch,
                    fetch_snapshot=self._fetch_snapshot,
                    seed=self._seed,
                    pulse=self._pulse,
                )
                self._follow(self._symbols, context)
                try:
                    await self._tend()
                finally:
                    # A task that is started from here on would be waited for in vain.
                    self._context = None
                    for line in self._lines.values():
                        line.end()
        finally:
            self._lines.clear()
            self._line_of.clear()
            if self._gathering is not None:
                self._gathering.cancel()
                self._gathering = None

    async def _tend(self) -> Never:
        while True:
            await asyncio.sleep(_TEND_S)
            now_ns = self._clock.now_ns()
            for line in tuple(self._lines.values()):
                line.tend(now_ns)

    def _follow(self, rows: Mapping[str, int], context: LineContext[ControlT]) -> None:
        """Give symbols to lines with room, and the rest to new lines."""
        waiting = dict(rows)
        for line in self._lines.values():
            self._fill(line, waiting)
        while waiting:
            new = self._lines[self._opened] = Line(self._opened, context)
            self._opened += 1
            self._fill(new, waiting)
            new.start()

    def _fill(self, line: Line[ControlT], waiting: dict[str, int]) -> None:
        taken = {name: waiting.pop(name) for name in tuple(waiting)[: line.free]}
        if not taken:
            return
        line.follow(taken)
        line.tell_rows()
        for name, row in taken.items():
            self._line_of[name] = line
            if row in self._depth_rows:
                line.request_depth(name, True)

    def _touch(self) -> None:
        """Have the lines send what is due, together with what else is asked for meanwhile."""
        if self._gathering is None and self._context is not None:
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(_GATHER_S, self._send_due)

    def _send_due(self) -> None:
        self._gathering = None
        now_ns = self._clock.now_ns()
        for line in self._lines.values():
            line.send_due(now_ns)
