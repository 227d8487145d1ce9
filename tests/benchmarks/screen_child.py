"""One run of a screen for `bench_screen`: made frames, drawn on the terminal it was started on.

Usage: screen_child.py STATUS_FD JSON. Says on STATUS_FD, a line each, when measuring begins and
ends, and then what was measured.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import random
import sys
import termios
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from textual.app import App, ComposeResult
from textual.widgets import DataTable

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.engine.frames import Frame, RowView
from arbot_tui.tui import dashboard, numbers
from arbot_tui.tui.app import ArbotApp
from arbot_tui.tui.config import UiConfig
from arbot_tui.tui.driver import TerminalDriver
from arbot_tui.tui.glyphs import UNICODE
from tests.ui.fakes import START_NS, VENUES, FakeClient, frame, row, venue

SYMBOLS = 200
VISIBLE = 30
"""Rows that every layout at 160×48 shows; what changes, changes there."""
STEPS = 40
SETTLING_FRAMES = 6
"""After so many that nothing held up, the picture shows the end of the data."""
LAG_STEP_S = 0.005
BURST_STEP_NS = 20 * MS
"""Of the made clock, between two frames of a burst: every row's history moves on each 50 frames."""


@dataclass(frozen=True)
class Run:
    """What to draw.

    Attributes:
        kind: ``matrix``, ``table`` (the same in a `DataTable`), ``idle``, ``lag`` (a probe of the
            loop beside the matrix) or ``burst`` (frames back to back).
        fps: Redraws per second.
        cells: Prices that change with each frame; with them the edge of their row.
        seconds: How long to measure.
        frames: Frames of a burst.
        low_bandwidth: With the preset for thin lines.
        warm_up_s: How long it draws before measuring.
    """

    kind: str
    fps: int = 5
    cells: int = 40
    seconds: float = 20.0
    frames: int = 0
    low_bandwidth: bool = False
    warm_up_s: float = 3.0


class Market:
    """Rows whose prices move by a digit or two; the order by edge never changes."""

    def __init__(self, cells: int) -> None:
        self.rows: list[RowView] = [
            row(
                number,
                f"C{number:03d}/USDT",
                100.0 + number,
                2,
                net_edge_pct=0.9 - number * 0.004,
                changed_ns=START_NS,
            )
            for number in range(SYMBOLS)
        ]
        self.shown = list(self.rows)
        self._cells = cells
        self._draw = random.Random(7)
        self._made: list[list[RowView]] = []
        self._next = 0
        self._places = [(r, v, s) for r in range(VISIBLE) for v in range(4) for s in ("bid", "ask")]

    def grow_old(self, by_ns: int) -> None:
        """Let every quote be so much older."""
        for number, entry in enumerate(self.shown):
            cells = tuple(
                cell and msgspec.structs.replace(cell, changed_ns=cell.changed_ns - by_ns)
                for cell in entry.cells
            )
            self.shown[number] = msgspec.structs.replace(entry, cells=cells)

    def move(self) -> list[RowView]:
        """Change so many prices, and return the rows they are in.

        Steps are made beforehand and repeated: making them is not the screen's work.
        """
        if not self._made:
            self._made = [self._step() for _ in range(STEPS)]
        step = self._made[self._next]
        for entry in step:
            self.shown[entry.row] = entry
        self._next = (self._next + 1) % STEPS
        return step

    def _step(self) -> list[RowView]:
        touched = set()
        for number, index, side in self._draw.sample(self._places, self._cells):
            old = self.rows[number]
            cell = old.cells[index]
            assert cell is not None
            price = getattr(cell, side) + self._draw.choice((-0.03, -0.01, 0.01, 0.02))
            new = msgspec.structs.replace(cell, **{side: price}, changed_ns=START_NS)
            cells = (*old.cells[:index], new, *old.cells[index + 1 :])
            edge = 0.9 - number * 0.004 + self._draw.choice((-0.001, 0.0, 0.001))
            self.rows[number] = msgspec.structs.replace(old, cells=cells, net_edge_pct=edge)
            touched.add(number)
        return [self.rows[number] for number in sorted(touched)]

    def sample(self) -> list[RowView]:
        """Move every row's history on, as the engine does once a second."""
        sparks = [(*entry.spark[1:], 0.1 * self._draw.random()) for entry in self.shown]

        def moved(entry: RowView) -> RowView:
            return msgspec.structs.replace(entry, spark=sparks[entry.row])

        self._made = [[moved(entry) for entry in step] for step in self._made]
        self.shown = [moved(entry) for entry in self.shown]
        return self.shown


class MadeClient(FakeClient):
    """Gives a frame whenever it is asked; all of them are made here."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        # On an idle market nothing has changed for a while.
        self.market = Market(run.cells)
        if run.kind == "idle":
            self.market.grow_old(20 * SECOND)
        self.version = 0
        self._second = 0
        self._started = time.monotonic()
        self._whole = msgspec.structs.replace(
            frame(), rows_total=SYMBOLS, venues=tuple(venue(name) for name in VENUES)
        )
        self.ended = False
        self.step_ns = 0

    def frame(self, since: int) -> Frame:
        if self._run.kind != "idle" or not since:
            self.version += 1
        if self.step_ns:
            now_ns = START_NS + self.version * self.step_ns
        else:
            now_ns = START_NS + int((time.monotonic() - self._started) * SECOND)
        rows: list[RowView] = []
        if not since:
            rows = self.market.shown
        elif self.ended:
            # The same last picture, whenever it is asked for.
            now_ns = START_NS + 3600 * SECOND
            rows = [
                msgspec.structs.replace(entry, cells=row(n, entry.symbol, 100.0 + n, 2).cells)
                for n, entry in enumerate(self.market.shown)
            ]
            flat = tuple(0.05 for _ in range(60))
            rows = [
                msgspec.structs.replace(
                    entry, spark=flat, net_edge_pct=0.9 - n * 0.004, changed_ns=now_ns
                )
                for n, entry in enumerate(rows)
            ]
        elif self._run.kind != "idle":
            moved = self.market.move()
            second = now_ns // SECOND
            if second != self._second:
                self._second, moved = second, self.market.sample()
            rows = moved
        whole = self._whole
        return msgspec.structs.replace(
            whole,
            version=self.version,
            now_ns=now_ns,
            rows=tuple(rows),
            opportunities=whole.opportunities if not since else (),
            trades=whole.trades if not since else (),
            log=whole.log if not since else (),
        )


class TableApp(App[None]):
    """The same content as the matrix, in Textual's own table, changed cell by cell."""

    def __init__(self, run: Run) -> None:
        super().__init__(driver_class=TerminalDriver)
        self._run_of = run
        self._client = MadeClient(run)
        self._version = 0

    def compose(self) -> ComposeResult:
        yield DataTable(zebra_stripes=False)

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        names = ["symbol", *(f"{v} {s}" for v in VENUES for s in ("bid", "ask"))]
        for name in [*names, "net edge", "age", "trend", "60 s"]:
            table.add_column(name, key=name)
        made = self._client.frame(0)
        for entry in made.rows:
            table.add_row(*_texts(entry, made.now_ns), key=entry.symbol)
        self._shown = {e.symbol: _texts(e, made.now_ns) for e in made.rows}
        self._rows = {e.symbol: e for e in made.rows}
        self._names = [column.value or "" for column in table.columns]
        self.set_interval(1 / self._run_of.fps, self.pull)

    def pull(self) -> None:
        table = self.query_one(DataTable)
        made = self._client.frame(1)
        self._rows |= {entry.symbol: entry for entry in made.rows}
        with self.batch_update():
            for symbol, entry in self._rows.items():
                old, new = self._shown[symbol], _texts(entry, made.now_ns)
                if new != old:
                    self._shown[symbol] = new
                    for name, before, after in zip(self._names, old, new, strict=True):
                        if before != after:
                            table.update_cell(symbol, name, after)

    def terminal_drained(self) -> None:
        self.refresh()

    def terminal_gone(self) -> None:
        self.exit()


def _texts(entry: RowView, now_ns: int) -> list[str]:
    prices = [
        numbers.price(side, entry.decimals)
        for cell in entry.cells
        if cell is not None
        for side in (cell.bid, cell.ask)
    ]
    edge = numbers.edge(entry.net_edge_pct or 0.0, UNICODE)
    age = numbers.age(now_ns - entry.changed_ns)
    return [entry.symbol, *prices, edge, age, "→", numbers.spark(entry.spark, 15, UNICODE)]


class _Kept(ArbotApp):
    """The app that `run_dashboard` makes, within reach."""

    last: _Kept | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _Kept.last = self

    @property
    def terminal(self) -> TerminalDriver:
        assert isinstance(self._driver, TerminalDriver)
        return self._driver


class Probe:
    """How late a timer of five milliseconds is, in milliseconds."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_STEP_S
            await asyncio.sleep(LAG_STEP_S)
            self.late_ms.append((loop.time() - due) * 1000.0)

    def figures(self) -> dict[str, float]:
        found = sorted(self.late_ms)
        return {
            "lag_p50_ms": found[len(found) // 2],
            "lag_p99_ms": found[int(len(found) * 0.99)],
            "lag_max_ms": found[-1],
        }


def _rss_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


class Measuring:
    """Waits until the screen is warm, then measures, then ends it."""

    def __init__(self, run: Run, status: int, client: MadeClient | None) -> None:
        self._run = run
        self._status = status
        self._client = client

    def say(self, **words: Any) -> None:
        os.write(self._status, json.dumps(words).encode() + b"\n")

    async def measure(self) -> None:
        await asyncio.sleep(self._run.warm_up_s)
        if self._run.kind == "burst":
            await self._burst()
        else:
            await self._while_it_runs()
        app = _Kept.last
        if app is not None:
            app.exit()

    async def _while_it_runs(self) -> None:
        probe, task = Probe(), None
        if self._run.kind == "lag":
            task = asyncio.create_task(probe.run())
        self.say(mark="begin")
        cpu_s, wall_s = time.process_time(), time.monotonic()
        await asyncio.sleep(self._run.seconds)
        cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s
        self.say(mark="end", cpu_pct=100 * cpu_s / wall_s, seconds=wall_s)
        if task is not None and self._client is not None:
            task.cancel()
            figures = probe.figures()
            await self._settle(self._client)
            self.say(mark="settled", **figures)

    async def _settle(self, client: MadeClient) -> None:
        """Let the end of the data reach the picture: some frames that nothing holds up."""
        app = _Kept.last
        assert app is not None
        client.ended = True
        for _ in range(SETTLING_FRAMES):
            seen = client.version
            while client.version == seen or app.holds_picture:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.02)

    async def _burst(self) -> None:
        app, run = _Kept.last, self._run
        assert app is not None
        assert self._client is not None
        driver = app.terminal
        self._client.step_ns = BURST_STEP_NS
        sizes, drawn = [], 0
        self.say(mark="begin")
        for number in range(run.frames):
            sent = driver.sent
            app.pull()
            # Whatever goes Textual's way is drawn when the loop is idle.
            for _ in range(4):
                await asyncio.sleep(0)
            while app.holds_picture:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0)
            drawn += driver.sent > sent
            if number % max(1, run.frames // 20) == 0:
                sizes.append(_rss_kib())
        sizes.append(_rss_kib())
        self.say(mark="end", cpu_pct=0.0, seconds=0.0, rss_kib=sizes, drawn=drawn)


async def _main() -> int:
    # A session leader without a terminal so far.
    fcntl.ioctl(sys.stdin.fileno(), termios.TIOCSCTTY, 0)
    run = Run(**json.loads(sys.argv[2]))
    if run.kind == "table":
        app = TableApp(run)
        measuring = asyncio.create_task(Measuring(run, int(sys.argv[1]), None).measure())
        measuring.add_done_callback(lambda _: app.exit())
        await app.run_async()
        return 0
    vars(dashboard)["ArbotApp"] = _Kept
    client = MadeClient(run)
    config = UiConfig(fps=run.fps)
    if run.low_bandwidth:
        config = UiConfig(low_bandwidth=True)
    measuring = asyncio.create_task(Measuring(run, int(sys.argv[1]), client).measure())
    ended = await dashboard.run_dashboard(client, config)
    # A signal, or the end of whoever reads the terminal, ends it before all was measured.
    measuring.cancel()
    with suppress(asyncio.CancelledError):
        await measuring
    return ended.code


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
