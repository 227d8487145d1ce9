"""Runs the real program as its users do, in its own process and data folder."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from arbot_tui import cli

__all__ = [
    "CALM",
    "LIMIT_S",
    "Call",
    "Document",
    "Finished",
    "called_here",
    "children_of",
    "drained",
    "environment",
    "get_json",
    "is_alive",
    "patience",
    "post_json",
    "realised_by_truth",
    "run",
    "running",
    "wait_until_gone",
    "world",
]

Document = dict[str, Any]
LIMIT_S = 90.0
"""Nothing is measured with it; only a hanging test ends by it."""

CALM = {"ARBOT_SIMULATOR__SYMBOLS": "6", "ARBOT_SIMULATOR__RATE_HZ": "120"}
"""A world that asks little of a machine: even on a busy one, its frames come in time to be live."""


@dataclass(frozen=True)
class Finished:
    """How a run of the program ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def summary(self) -> Document:
        """The one JSON document on stdout."""
        return cast("Document", json.loads(self.stdout))


def environment(data_dir: Path, **extra: str) -> dict[str, str]:
    """Return an environment whose only settings of ours are those given, in a calm world."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ARBOT_")}
    return (
        clean
        | CALM
        | {
            "ARBOT_STORAGE__PATH": str(data_dir),
            "HOME": str(data_dir),
            "TERM": "xterm-256color",
        }
        | extra
    )


class Call(Protocol):
    """Runs the command line; keywords are changes to the environment."""

    def __call__(self, *args: str, stdin: str = "", **changes: str) -> Finished: ...


@contextmanager
def called_here(
    env: Mapping[str, str],
    cwd: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Call]:
    """Run the command line in this process: what it does is the same, a start of Python is not.

    `env` is what it is at the time of the call.
    """

    def call(*args: str, stdin: str = "", **changes: str) -> Finished:
        with monkeypatch.context() as patch:
            for name in [*os.environ]:
                patch.delenv(name)
            for name, value in {**env, **changes}.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", io.StringIO(stdin))
            code = cli.run(list(args))
        said = capsys.readouterr()
        return Finished(code, said.out, said.err)

    monkeypatch.chdir(cwd)
    umask = os.umask(0o077)
    try:
        yield call
    finally:
        os.umask(umask)


def command(*args: str) -> list[str]:
    """Return the command that runs the program under test."""
    return [sys.executable, "-m", "arbot_tui", *args]


def run(*args: str, env: Mapping[str, str], cwd: Path) -> Finished:
    """Run the program to its end."""
    done = subprocess.run(
        command(*args),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


@contextmanager
def running(*args: str, env: Mapping[str, str], cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the program; whatever is left of it at the end is killed."""
    process = subprocess.Popen(
        command(*args),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=LIMIT_S)


def drained(
    process: subprocess.Popen[str], data_dir: Path, signum: signal.Signals = signal.SIGTERM
) -> Finished:
    """Wait until a further pair has completed, then end the headless run by the signal."""
    before = _completed(data_dir)
    for _ in patience():
        if _completed(data_dir) > before:
            break
    else:
        raise AssertionError("no pair completed")
    process.send_signal(signum)
    stdout, stderr = process.communicate(timeout=LIMIT_S)
    done = Finished(process.returncode, stdout, stderr)
    assert done.code == 0, stderr
    assert done.summary["trades"]["completed"] >= 1
    return done


def _completed(data_dir: Path) -> int:
    """Return how many completed pairs all accounts of the folder hold."""
    found = 0
    for file in data_dir.glob("accounts/*/arbot.sqlite"):
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            query = "SELECT count(*) FROM trades WHERE outcome = 'completed'"
            # Made, but without tables yet.
            with suppress(sqlite3.OperationalError):
                found += database.execute(query).fetchone()[0]
    return found


def patience() -> Iterator[None]:
    """Look again for as long as anybody would wait."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        yield
        time.sleep(0.05)


@contextmanager
def world(*args: str, env: Mapping[str, str], cwd: Path) -> Iterator[Document]:
    """Serve synthetic venues from a process of their own; yields its first line."""
    with running("venues", "--json", *args, env=env, cwd=cwd) as process:
        assert process.stdout is not None
        yield cast("Document", json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=LIMIT_S) == 0


def get_json(url: str) -> Document:
    """Fetch a JSON document from loopback."""
    assert url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 (checked above)
        return cast("Document", json.load(answer))


def post_json(url: str, body: Document) -> Document:
    """Post a JSON document to loopback and return the answer."""
    assert url.startswith("http://127.0.0.1:")
    headers = {"Content-Type": "application/json"}
    raw = json.dumps(body).encode()
    request = urllib.request.Request(url, raw, headers)  # noqa: S310 (checked above)
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (checked above)
        return cast("Document", json.load(answer))


def realised_by_truth(truth: Document) -> Decimal:
    """Return the profit over all fills as the venues have them; fees in base at their price."""
    total = Decimal(0)
    for venue in truth["venues"].values():
        for fill in venue["fills"]:
            price, qty, fee = (Decimal(fill[key]) for key in ("price", "qty", "fee"))
            base, quote = fill["symbol"].split("/")
            total += price * qty * (1 if fill["side"] == "sell" else -1)
            total -= fee * {base: price, quote: Decimal(1)}[fill["fee_asset"]]
    return total


def children_of(pid: int) -> list[int]:
    """Return the process ids of the children of `pid`."""
    listing = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listing.split()]


def is_alive(pid: int) -> bool:
    """Tell whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(*pids: int) -> None:
    """Wait for processes to end; fails when one does not."""
    deadline = time.monotonic() + LIMIT_S
    while any(map(is_alive, pids)):
        assert time.monotonic() < deadline, f"still running: {[p for p in pids if is_alive(p)]}"
        time.sleep(0.02)
