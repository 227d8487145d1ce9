"""A terminal in memory that runs a program and remembers what it did to it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyte

LIMIT_S = 90.0
"""Nothing is measured with it; only a hanging test ends by it."""

_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
PROGRAM = Path(__file__).with_name("program.py")

# What every terminal may have on, and what nothing may leave on.
WANTED_ON = {7, 25}
WANTED_OFF = {1000, 1002, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2026, 2048}


class Terminal:
    """A program on a pseudo terminal of its own session."""

    def __init__(
        self,
        arguments: list[str],
        columns: int = 80,
        rows: int = 24,
        *,
        program: Sequence[str] = (str(PROGRAM),),
        **environment: str,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._master, slave = pty.openpty()
        self._open = True
        self.resize(columns, rows)
        self.settings = termios.tcgetattr(self._master)
        env = {
            name: value
            for name, value in os.environ.items()
            if name not in ("NO_COLOR", "TEXTUAL", "COLORTERM")
        }
        env |= {"TERM": "xterm-256color", "TZ": "UTC", "PYTHONIOENCODING": "utf-8"}
        env |= {"PYTHONPATH": str(PROGRAM.parents[2]), **environment}
        self._process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            start_new_session=True,
        )
        os.close(slave)

    @property
    def pid(self) -> int:
        return self._process.pid

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def send(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def kill(self, signum: signal.Signals) -> None:
        self._process.send_signal(signum)

    def stopped(self) -> bool:
        """Return whether the program has been stopped, as by ctrl+z."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2]
        return fields.split()[0] == "T"

    def hang_up(self) -> None:
        """Close the terminal, as a dropped connection does."""
        os.close(self._master)
        self._open = False

    def read(self) -> None:
        """Take in what there is."""
        while self._open and select.select([self._master], [], [], 0.02)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            self.raw += data
            # Kitty's keyboard sequences are not known to pyte and would be drawn.
            self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;]*[uq]", b"", data))

    def wait_for(self, condition: Callable[[], bool], *, reading: bool = True) -> None:
        """Return when `condition` holds.

        Raises:
            AssertionError: It does not, for a long time.
        """
        end = time.monotonic() + LIMIT_S
        while not condition():
            gone = self._process.poll() is not None
            if reading:
                self.read()
            if (gone and not condition()) or time.monotonic() > end:
                raise AssertionError("\n".join(self.screen.display))
            if reading:
                continue
            time.sleep(0.02)

    def wait_text(self, text: str) -> None:
        self.wait_for(lambda: text in "\n".join(self.screen.display))

    def wait_exit(self, *, reading: bool = True) -> int:
        self.wait_for(lambda: self._process.poll() is not None, reading=reading)
        if reading:
            self.read()
        return int(self._process.returncode)

    def modes_left(self) -> set[int]:
        """Return the private modes that differ from a terminal at rest."""
        on = set(WANTED_ON)
        for found in _MODE.finditer(self.raw):
            for mode in map(int, found[1].split(b";")):
                (on.add if found[2] == b"h" else on.discard)(mode)
        return (on & WANTED_OFF) | (WANTED_ON - on)

    def restored(self) -> bool:
        """Return whether modes, keyboard and line settings are as before the program."""
        pushed = len(re.findall(rb"\x1b\[>[0-9;]*u", self.raw))
        popped = len(re.findall(rb"\x1b\[<u", self.raw))
        same = termios.tcgetattr(self._master) == self.settings
        return not self.modes_left() and pushed == popped and same

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._open:
            self.hang_up()
