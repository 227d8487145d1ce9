"""The dashboard on a made-up engine, for tests that run it in a terminal of its own.

Usage: program.py COUNTER [exposure] [crash] [hang] [mute] [alarm] [patient]. Writes how many frames
were pulled to the file COUNTER, and the reason of the end to COUNTER.end. What it does by itself it
does with the third frame.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
import termios
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from arbot_tui.domain.clock import MS
from arbot_tui.engine.client import QueryResult
from arbot_tui.engine.frames import Frame
from arbot_tui.tui import driver, exits
from arbot_tui.tui.config import UiConfig
from arbot_tui.tui.dashboard import run_dashboard
from tests.ui.fakes import COINS, START_NS, FakeClient, frame, row, status


class MovingClient(FakeClient):
    """Every frame moves every price."""

    def __init__(self, counter: Path, words: list[str]) -> None:
        super().__init__()
        self._counter = counter
        self._words = words
        self._version = 0

    def note_end(self, text: str) -> None:
        self._counter.with_name(f"{self._counter.name}.end").write_text(text)

    def frame(self, since: int) -> Frame:
        del since
        self._version += 1
        self._counter.write_text(str(self._version))
        if "crash" in self._words and self._version == 3:
            secret = "hunter2"  # noqa: F841 - what no crash report may show
            raise AssertionError("made to crash")
        if "mute" in self._words and self._version == 3:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        step = self._version % 7
        rows = tuple(
            row(number, f"{base}/USDT", mid * (1 + step * 1e-4), decimals)
            for number, (base, mid, decimals) in enumerate(COINS)
        )
        said = {"trading": "halted"} if "alarm" in self._words and self._version >= 3 else {}
        return msgspec.structs.replace(
            frame(self._version, status=status(**said)),
            now_ns=START_NS + self._version * 100 * MS,
            rows=rows,
            rows_total=len(rows),
        )

    async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
        if "exposure" in self._words:
            self.exposure = ("okx leg of pair 7f: 0.02 BTC not hedged",)
        return await super().query(name, args)


async def _main(words: list[str]) -> int:
    # Session leader without a terminal so far: this one's hang-up shall be ours.
    fcntl.ioctl(sys.stdin.fileno(), termios.TIOCSCTTY, 0)
    client = MovingClient(Path(words[0]), words[1:])
    if "patient" in words:
        # Two seconds for the answer, and a twentieth for its rest, are a terminal's, not a test's.
        driver.GROUND_WAIT_S, driver._REST_S = 120.0, 60.0
    if "hang" in words:
        # Twelve seconds are the person's; what happens after them is the same after one.
        exits.HANG_UP_LIMIT_S = 1.0
    ended = await run_dashboard(client, UiConfig(fps=10, notify="osc9"))
    if "hang" in words:
        time.sleep(600)  # noqa: ASYNC251 - a drain that blocks the loop for ever
    # To a file: the terminal may be gone, or not be read.
    client.note_end(f"{ended.reason}\n{ended.report}")
    return ended.code


def run_on(terminal: str, words: list[str], env: dict[str, str], opened: Connection) -> None:
    """Run as a program of its own session, started on that terminal, would."""
    os.setsid()
    fileno = os.open(terminal, os.O_RDWR)
    for standard, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        os.dup2(fileno, standard)
        stream = open(standard, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.close(fileno)
    opened.send(None)
    opened.close()
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.exit(asyncio.run(_main(words)))


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(sys.argv[1:])))
