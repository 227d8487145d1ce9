"""A terminal in memory that runs a program and remembers what it did to it."""

from __future__ import annotations

import fcntl
import multiprocessing
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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast
from unittest import mock

import pyte

LIMIT_S = 90.0
"""Nothing is measured with it; only a hanging test ends by it."""

_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
PROGRAM = Path(__file__).with_name("program.py")

# What every terminal may have on, and what nothing may leave on.
WANTED_ON = {7, 25}
WANTED_OFF = {1000, 1002, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2026, 2048}


class Program(Protocol):
    """A running program, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class Forked:
    """A program of its own process and session, forked where Python and Textual are loaded.

    What a terminal sees of it is the same; only what it would import first is there already.
    """

    def __init__(self, terminal: str, words: Sequence[str], env: Mapping[str, str]) -> None:
        from tests.ui.program import run_on

        context = multiprocessing.get_context("forkserver")
        # It is started with the first one, and what it imports reads the environment.
        context.set_forkserver_preload(["tests.ui.program"])
        with mock.patch.dict(os.environ, env, clear=True):
            opened, tell = context.Pipe(duplex=False)
            arguments = (terminal, [*words], {**env}, tell)
            self._process = context.Process(target=run_on, args=arguments)
            self._process.start()
        tell.close()
        # A terminal that nobody has open has hung up: ours may be closed only now.
        with opened:
            assert opened.poll(LIMIT_S), "the program did not open its terminal"

    @property
    def pid(self) -> int:
        return cast("int", self._process.pid)

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        return cast("int", self._process.exitcode)


class Terminal:
    """A program on a pseudo terminal of its own session.

    Without a `program` it is the made-up one, forked; one that is named starts like any other.
    """

    def __init__(
        self,
        arguments: list[str],
        columns: int = 80,
        rows: int = 24,
        *,
        program: Sequence[str] = (),
        **environment: str,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._text = ""
        self._text_of: tuple[int, int, int] | None = None
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
        self._process: Program
        if program:
            self._process = subprocess.Popen(
                [sys.executable, *program, *arguments],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=env,
                start_new_session=True,
            )
        else:
            self._process = Forked(os.ttyname(slave), arguments, env)
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

    def read(self) -> bool:
        """Take in what there is; return whether there may be more later."""
        while self._open and select.select([self._master], [], [], 0.02)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.raw += data
            # Kitty's keyboard sequences are not known to pyte and would be drawn.
            self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;]*[uq]", b"", data))
        return self._open

    def text(self) -> str:
        """Return what it shows."""
        screen = self.screen
        # To put it together costs more than anything else while nothing new comes.
        if self._text_of != (len(self.raw), screen.columns, screen.lines):
            self._text_of = (len(self.raw), screen.columns, screen.lines)
            self._text = "\n".join(screen.display)
        return self._text

    def clear(self) -> None:
        """Show nothing, as after somebody else has written on it."""
        self.screen.reset()
        self._text_of = None

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
        self.wait_for(lambda: text in self.text())

    def wait_top(self, text: str) -> None:
        """Wait for `text` in the first line, where the state is."""
        self.wait_for(lambda: text in self.text().partition("\n")[0])

    def wait_no_text(self, text: str) -> None:
        self.wait_for(lambda: text not in self.text())

    def wait_exit(self, *, reading: bool = True) -> int:
        """Return the exit code; with `reading`, all that it wrote has arrived by then."""
        self.wait_for(lambda: self._process.poll() is not None, reading=reading)
        if reading:
            # What a program writes last takes its time through a busy kernel.
            end = time.monotonic() + LIMIT_S
            while self.read():
                assert time.monotonic() < end, "the terminal is still open"
        return self._process.wait()

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
