"""What the screen costs: CPU, bytes per second, lag of the loop, memory.

    python -m tests.benchmarks.bench_screen                 # all but the long one, about 4 minutes
    python -m tests.benchmarks.bench_screen matrix idle     # some of it
    python -m tests.benchmarks.bench_screen burst           # 54,000 frames back to back, minutes

A matrix of 200 symbols × 4 venues, 160×48, fed with made frames, on a real pseudo terminal in a
process of its own. A "changed cell" is a price that is on the screen; the edge and age of its row
change with it, and once a second the history of every row. CPU is what the process used, writer
and reader threads included, in percent of one core; on a machine with other work it comes out
higher than it is. Figures that carry a bound of issue 5 name it.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyte

from tests.benchmarks.screen_child import Run

COLUMNS, ROWS = 160, 48
STALL_S = 8.0
STORM_STEP_S = 0.04
STORM_SIZES = ((160, 48), (120, 40), (80, 24), (100, 30))
"""A window that is dragged: a new size 25 times a second; the last one is the first."""
LIMIT_S = 3600.0
LEAVING = b"\x1b[?2004l"
"""The first of what gives the terminal back."""
_CHILD = Path(__file__).with_name("screen_child.py")


@dataclass
class Result:
    """What a run has shown.

    Attributes:
        cpu_pct: Share of one core.
        bytes_per_s: Output while measuring.
        said: Further figures of the child.
        picture: The last picture, line by line, with the look of each cell.
    """

    cpu_pct: float = 0.0
    bytes_per_s: float = 0.0
    said: dict[str, Any] = field(default_factory=dict)
    picture: list[list[tuple[Any, ...]]] = field(default_factory=list)


class Watched:
    """A child on a terminal, and the reader of that terminal."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._master, slave = pty.openpty()
        self._resize(slave, (COLUMNS, ROWS))
        self._status, theirs = os.pipe()
        names = ("NO_COLOR", "TEXTUAL", "SSH_CONNECTION", "SSH_TTY")
        env = {k: v for k, v in os.environ.items() if k not in names}
        env |= {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONPATH": str(_CHILD.parents[2]),
            "PYTHONIOENCODING": "utf-8",
            "TZ": "UTC",
        }
        self._process = subprocess.Popen(
            [sys.executable, str(_CHILD), str(theirs), json.dumps(asdict(run))],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            start_new_session=True,
            pass_fds=(theirs,),
        )
        os.close(slave)
        os.close(theirs)
        self._drawing = run.kind == "lag"
        self._held = b""
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.tail = b""

    @staticmethod
    def _resize(terminal: int, size: tuple[int, int]) -> None:
        columns, rows = size
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def watch(self, stall_s: float = 0.0, *, storm: bool = False) -> Result:
        """Read to the end.

        Args:
            stall_s: Read nothing for so long after measuring began.
            storm: While measuring, give the terminal another size again and again.
        """
        result = Result()
        measuring, count, buffer = False, 0, b""
        deadline = time.monotonic() + LIMIT_S
        resized, due = 0, 0.0
        while (now := time.monotonic()) < deadline:
            if storm and measuring and now >= due:
                resized, due = resized + 1, now + STORM_STEP_S
                self._resize(self._master, STORM_SIZES[resized % len(STORM_SIZES)])
            wait_s = STORM_STEP_S if storm and measuring else 1.0
            ready, _, _ = select.select([self._master, self._status], [], [], wait_s)
            if self._status in ready:
                data = os.read(self._status, 65536)
                buffer += data
                *lines, buffer = buffer.split(b"\n")
                for line in lines:
                    said = json.loads(line)
                    mark = said.pop("mark")
                    measuring = mark == "begin"
                    if mark == "end" and storm:
                        self._resize(self._master, (COLUMNS, ROWS))
                        result.said["sizes"] = resized
                    if mark == "begin" and stall_s:
                        time.sleep(stall_s)
                    if mark == "end" and said["seconds"]:
                        result.cpu_pct = said.pop("cpu_pct")
                        result.bytes_per_s = count / said["seconds"]
                    result.said |= said
                if not data:
                    break
            if self._master in ready:
                try:
                    output = os.read(self._master, 65536)
                except OSError:
                    break
                count += len(output) if measuring else 0
                self.tail = (self.tail + output)[-4000:]
                if self._drawing:
                    self._feed(output)
        self._process.wait(60)
        result.picture = self._picture()
        os.close(self._master)
        os.close(self._status)
        if self._process.returncode:
            raise RuntimeError(self.tail.decode(errors="replace"))
        return result

    def _feed(self, output: bytes) -> None:
        """Draw what comes before the program gives the terminal back."""
        data = self._held + output
        end = data.find(LEAVING)
        if end < 0:
            end = max(0, len(data) - len(LEAVING) + 1)
        else:
            self._drawing = False
        self._stream.feed(data[:end])
        self._held = data[end:]

    def _picture(self) -> list[list[tuple[Any, ...]]]:
        return [[tuple(self._screen.buffer[y][x]) for x in range(COLUMNS)] for y in range(ROWS)]


def watch(stall_s: float = 0.0, *, storm: bool = False, **run: Any) -> Result:
    """Run and watch one child."""
    return Watched(Run(**run)).watch(stall_s, storm=storm)


def _say(name: str, figure: float, unit: str, bound: str = "") -> None:
    print(f"{name:<58} {figure:>9.2f} {unit:<9} {bound}")  # noqa: T201 (the command's output)


def matrix(seconds: float) -> None:
    """CPU and bytes of the matrix beside the same in a table."""
    few = watch(kind="matrix", fps=5, cells=40, seconds=seconds)
    many = watch(kind="matrix", fps=5, cells=200, seconds=seconds)
    table = watch(kind="table", fps=5, cells=200, seconds=seconds)
    again = watch(kind="matrix", fps=5, cells=200, seconds=seconds)
    fast = watch(kind="matrix", fps=10, cells=200, seconds=seconds)
    _say("5 fps, 40 cells: CPU", few.cpu_pct, "% core")
    _say("5 fps, 40 cells: output", few.bytes_per_s / 1000, "kB/s", "≤ 16")
    for result in (many, again):
        _say("5 fps, 200 cells: CPU", result.cpu_pct, "% core", "≤ 12")
    _say("5 fps, 200 cells: output", many.bytes_per_s / 1000, "kB/s")
    _say("the same in a DataTable: CPU", table.cpu_pct, "% core")
    _say("the same in a DataTable: output", table.bytes_per_s / 1000, "kB/s")
    ratio = table.cpu_pct / ((many.cpu_pct + again.cpu_pct) / 2)
    _say("DataTable : matrix", ratio, "times", "≥ 7")
    _say("10 fps, 200 cells: CPU", fast.cpu_pct, "% core")
    _say("10 fps, 200 cells: output", fast.bytes_per_s / 1000, "kB/s")


def low(seconds: float) -> None:
    """Bytes of the preset for thin lines."""
    for cells in (40, 200):
        result = watch(kind="matrix", low_bandwidth=True, cells=cells, seconds=seconds)
        _say(
            f"low bandwidth, {cells} cells a frame: output",
            result.bytes_per_s / 1000,
            "kB/s",
            "≤ 2",
        )
        _say(f"low bandwidth, {cells} cells a frame: CPU", result.cpu_pct, "% core")
    plain = watch(kind="matrix", fps=1, cells=40, seconds=seconds)
    _say("1 fps without the preset, 40 cells: output", plain.bytes_per_s / 1000, "kB/s")


def idle(seconds: float) -> None:
    """CPU while nothing changes but the time."""
    result = watch(kind="idle", fps=5, cells=0, seconds=max(seconds, 30.0))
    _say("idle: CPU", result.cpu_pct, "% core", "≤ 0.3")
    _say("idle: output", result.bytes_per_s / 1000, "kB/s")


def stall(seconds: float) -> None:
    """The loop while the terminal is not read, beside the same run undisturbed."""
    del seconds
    calm = watch(kind="lag", fps=5, cells=200, seconds=2 * STALL_S)
    stalled = watch(STALL_S, kind="lag", fps=5, cells=200, seconds=2 * STALL_S)
    for name in ("lag_p99_ms", "lag_max_ms"):
        _say(f"undisturbed: {name}", calm.said[name], "ms")
        _say(f"unread for 8 s: {name}", stalled.said[name], "ms")
        _say(f"{name}: ratio", stalled.said[name] / calm.said[name], "times", "≤ 1.5")
    same = calm.picture == stalled.picture
    _say("cells that differ once it has drained", float(_differing(calm, stalled)), "cells", "0")
    if not same:
        sys.exit(1)


def storm(seconds: float) -> None:
    """The loop while the terminal changes its size all the time, beside a run undisturbed."""
    with ThreadPoolExecutor() as pool:
        # At the same time, so that whatever else the machine does slows down both.
        runs = [
            pool.submit(watch, storm=stormy, kind="lag", fps=5, cells=200, seconds=seconds)
            for stormy in (False, True)
        ]
    calm, stormy = (run.result() for run in runs)
    _say("resize storm: sizes a second", stormy.said["sizes"] / seconds, "sizes/s")
    _say("resize storm: CPU", stormy.cpu_pct, "% core")
    for name in ("lag_p50_ms", "lag_p99_ms", "lag_max_ms"):
        _say(f"undisturbed: {name}", calm.said[name], "ms")
        _say(f"resize storm: {name}", stormy.said[name], "ms")
        _say(f"{name}: ratio", stormy.said[name] / calm.said[name], "times")
    _say("cells that differ once it is over", float(_differing(calm, stormy)), "cells", "0")
    if calm.picture != stormy.picture:
        sys.exit(1)


def _differing(one: Result, other: Result) -> int:
    return sum(
        a != b
        for line, its in zip(one.picture, other.picture, strict=True)
        for a, b in zip(line, its, strict=True)
    )


def burst(seconds: float) -> None:
    """Memory over 54,000 frames, all of them drawn: 432,000 prices, 18 minutes of made time."""
    del seconds
    began_s = time.monotonic()
    result = watch(kind="burst", cells=8, frames=54_000)
    sizes = result.said["rss_kib"]
    _say("54,000 frames: took", time.monotonic() - began_s, "s")
    _say("54,000 frames: drawn", float(result.said["drawn"]), "frames", "54000")
    _say("54,000 frames: resident at 5 %", sizes[1] / 1024, "MiB")
    _say("54,000 frames: resident at 50 %", sizes[len(sizes) // 2] / 1024, "MiB")
    _say("54,000 frames: resident at the end", sizes[-1] / 1024, "MiB", "flat")


CASES: dict[str, Callable[[float], None]] = {
    "matrix": matrix,
    "low": low,
    "idle": idle,
    "stall": stall,
    "storm": storm,
    "burst": burst,
}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    given = parser.parse_args()
    for name in given.cases or [name for name in CASES if name != "burst"]:
        if name not in CASES:
            parser.error(f"there is no case {name}; allowed: {', '.join(CASES)}")
        CASES[name](given.seconds)


if __name__ == "__main__":
    main()
