"""The venues process: quick to speak, quick to go, nothing left behind."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

Start = Callable[..., "subprocess.Popen[bytes]"]

_CALL = (
    "import sys; from arbot_tui.simulator.process import main; "
    "sys.exit(main(seed=3, symbols=2, with_parent={}))"
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process; every one still running at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def run(
        with_parent: bool = False,
        stdin: int = subprocess.PIPE,
        *,
        module: bool = False,
        code: str = "",
    ) -> subprocess.Popen[bytes]:
        how = ["-c", code or _CALL.format(with_parent)]
        child = subprocess.Popen(
            [sys.executable, *(["-m", "arbot_tui.simulator"] if module else how)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(child)
        return child

    yield run
    for child in started:
        child.kill()
        child.communicate()


def first_line(child: subprocess.Popen[bytes]) -> dict[str, str]:
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], 60)
    assert ready, "no first line"
    about = json.loads(child.stdout.readline())
    assert isinstance(about, dict)
    return about


def serves(control: str) -> bool:
    with urllib.request.urlopen(f"{control}/venues", timeout=60) as answer:  # noqa: S310 - loopback
        return bool(json.loads(answer.read())["control"] == control)


def ended(child: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    """Return exit code and what was still said, of a process that is about to end."""
    out, err = child.communicate(timeout=60)
    return child.returncode, out, err


def is_closed(url: str) -> bool:
    """Whether nobody is there; another process may have been given the port meanwhile."""
    try:
        return not serves(url)
    except (OSError, ValueError):
        return True


_NOTING = """
import sys
from arbot_tui.simulator.process import main

class Noting:
    def __init__(self, out):
        self.out, self.told = out, False
    def write(self, text):
        if not self.told:
            self.told = True
            print(*sys.modules, file=sys.stderr, flush=True)
        return self.out.write(text)
    def flush(self):
        self.out.flush()

sys.stdout = Noting(sys.stdout)
sys.exit(main(seed=3, symbols=2))
"""


def test_the_first_line_is_out_before_the_servers_are_loaded(start: Start) -> None:
    child = start(code=_NOTING)
    about = first_line(child)
    # Whoever connects at once is served as soon as the servers are there.
    assert serves(about["control"])
    child.terminate()
    _, _, loaded = ended(child)
    names = {name.partition(".")[0] for name in loaded.decode().split()}
    assert "arbot_tui" in names
    assert names & {"aiohttp", "asyncio", "msgspec", "uvloop"} == set()


# Each signal with and without a parent, early and late; each of both with either of the other.
@pytest.mark.parametrize(
    ("number", "with_parent", "early"),
    [
        (signal.SIGTERM, False, True),
        (signal.SIGTERM, True, False),
        (signal.SIGINT, False, False),
        (signal.SIGINT, True, True),
        (signal.SIGHUP, False, True),
        (signal.SIGHUP, True, False),
    ],
)
def test_a_signal_ends_it_in_silence(
    start: Start, number: signal.Signals, with_parent: bool, early: bool
) -> None:
    child = start(with_parent)
    about = first_line(child)
    if not early:
        assert serves(about["control"])
    child.send_signal(number)
    assert ended(child) == (0, b"", b"")
    assert is_closed(about["control"])


_AMID_AN_IMPORT = """
import os
import signal
import sys
from contextlib import suppress
from arbot_tui.simulator.process import main

class Importer:
    def find_spec(self, name, path=None, target=None):
        if name == "aiohttp":
            # As parts in C may do it, where they survive it at all.
            with suppress(BaseException):
                os.kill(os.getpid(), signal.SIGTERM)
                for _ in range(1000):
                    pass

sys.meta_path.insert(0, Importer())
sys.exit(main(seed=3, symbols=2))
"""


def test_a_signal_amid_an_import_ends_it_there(start: Start) -> None:
    child = start(code=_AMID_AN_IMPORT)
    first_line(child)
    assert ended(child) == (0, b"", b"")


def test_it_ends_with_its_parent(start: Start) -> None:
    child = start(True)
    about = first_line(child)
    assert serves(about["control"])
    assert os.getsid(child.pid) == child.pid
    assert child.stdin is not None
    child.stdin.write(b"what a parent says does not matter\n")
    child.stdin.flush()
    assert child.poll() is None
    assert ended(child) == (0, b"", b"")


def test_it_ends_with_a_parent_that_is_gone_before_it_serves(start: Start) -> None:
    assert ended(start(True, subprocess.DEVNULL))[0] == 0


def test_from_a_shell_neither_stdin_nor_an_open_connection_matters(start: Start) -> None:
    child = start(False, subprocess.DEVNULL, module=True)
    about = first_line(child)
    # One that ends at the end of its stdin reads it before it serves.
    assert serves(about["control"])
    with socket.create_connection(("127.0.0.1", urlsplit(about["control"]).port)) as idle:
        idle.sendall(b"GET /venues HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.recv(10)
        assert child.poll() is None
        child.terminate()
        assert ended(child)[0] == 0


def test_neither_the_screen_nor_the_adapters_are_imported() -> None:
    code = (
        "import sys; import arbot_tui.simulator.running, arbot_tui.simulator.process; "
        "from importlib import import_module; "
        "from arbot_tui.simulator.endpoints import ENDPOINTS; "
        "[import_module(e.module) for e in ENDPOINTS.values()]; "
        "bad = [m for m in sys.modules if m.split('.')[0] in ('textual', 'rich', 'pydantic', "
        "'typer', 'numpy') or m.startswith('arbot_tui.exchanges')]; "
        "print(bad)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert out.stdout.strip() == b"[]"
