"""A synthetic world as its user sees it: started as a child, or already running on loopback.

The child runs in its own session, so that a signal to our terminal never reaches it, and exits
at the end of its stdin: however this process ends, kill -9 included, nothing is left behind.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import urlsplit

import msgspec

import arbot_tui
from arbot_tui.domain.errors import ExchangeUnavailable, MalformedMessage
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials, VenueUrls
from arbot_tui.simulator.config import SimulatorConfig

__all__ = ["WorldInfo", "WorldProcess", "WorldVenue", "connect", "parse_world"]

_NAME = "synthetic venues"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_BYTES = 1 << 20
_STDIN_GRACE_S = 5.0
_TERM_GRACE_S = 2.0


class WorldVenue(msgspec.Struct, frozen=True):
    """One synthetic venue: where it listens, and the key that the world minted for us."""

    urls: VenueUrls
    credentials: Credentials


class WorldInfo(msgspec.Struct, frozen=True):
    """A running synthetic world.

    Attributes:
        world_id: Random identity, new for each world, whatever its seed.
        seed: What its prices and edges are drawn from.
        control: URL of the control server.
        venues: The venues by name.
    """

    world_id: str
    seed: int
    control: str
    venues: dict[str, WorldVenue]


class _WireVenue(msgspec.Struct):
    """One venue of the ``venues`` document (CONTRACT section 4)."""

    rest: str
    ws_public: str
    ws_private: str | None
    ws_trade: str | None
    api_key: str
    api_secret: str
    passphrase: str | None


class _WireWorld(msgspec.Struct):
    """The ``venues`` document."""

    world_id: str
    seed: int
    control: str
    venues: dict[str, _WireVenue]


_decode = msgspec.json.Decoder(_WireWorld).decode


def parse_world(raw: bytes, where: str = "") -> WorldInfo:
    """Return the world that a ``venues`` document describes; `where` begins what is said of it.

    Raises:
        MalformedMessage: It is no such document, or names a host that is not loopback.
    """
    try:
        wire = _decode(raw)
    except msgspec.DecodeError as e:
        raise MalformedMessage(
            _NAME, f"{where}unreadable description: {sanitise(str(e))}"
        ) from None
    # The name becomes a folder: nothing of a path may be in it.
    if not _PLAIN_NAME.fullmatch(wire.world_id):
        shown = sanitise(wire.world_id, 64)
        raise MalformedMessage(_NAME, f"{where}world_id {shown!r} is no plain name")
    venues = {}
    for name, venue in wire.venues.items():
        for url in (venue.rest, venue.ws_public, venue.ws_private, venue.ws_trade):
            if url is not None and not _is_loopback(url):
                raise MalformedMessage(_NAME, f"{where}{sanitise(url)} is not on this machine")
        venues[name] = WorldVenue(
            urls=VenueUrls(venue.rest, venue.ws_public, venue.ws_private, venue.ws_trade),
            credentials=Credentials(
                api_key=venue.api_key,
                api_secret=Secret(venue.api_secret),
                passphrase=None if venue.passphrase is None else Secret(venue.passphrase),
            ),
        )
    return WorldInfo(wire.world_id, wire.seed, wire.control, venues)


def connect(control_url: str, timeout_s: float = 5.0) -> WorldInfo:
    """Return the world behind the control URL of running synthetic venues.

    Raises:
        ValueError: The URL is not ``http://`` to this machine.
        ExchangeUnavailable: Nothing answers there, or not as a whole within `timeout_s`.
        MalformedMessage: What answers is no synthetic world.
    """
    parts = urlsplit(control_url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "http" or port is None or not _is_loopback(control_url):
        raise ValueError("allowed: an http:// URL of this machine, such as http://127.0.0.1:8700")
    # Plain http.client: no proxy from the environment, no redirect to somewhere else.
    connection = http.client.HTTPConnection(parts.hostname or "", port, timeout=timeout_s)
    try:
        connection.connect()
        with _deadline(connection.sock, timeout_s):
            connection.request("GET", "/venues")
            answer = connection.getresponse()
            body = answer.read(_MAX_BYTES)
    except (OSError, http.client.HTTPException) as e:
        raise ExchangeUnavailable(_NAME, f"{control_url} does not answer: {e}") from None
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise MalformedMessage(_NAME, f"{control_url} answers {answer.status} to GET /venues")
    return parse_world(body, f"{control_url}: ")


@contextmanager
def _deadline(connection: socket.socket, timeout_s: float) -> Iterator[None]:
    """End whatever waits for `connection` after `timeout_s`, however often a byte arrives.

    Raises:
        TimeoutError: It was over; what was read until then is not all there is.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(timeout_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if not over.is_set():
            raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError("timed out")


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class WorldProcess:
    """The synthetic venues as a child process; use as a context manager.

    Entering starts it and returns at once; `info` waits for what it prints. Start it before
    anything heavy is imported: both then happen at the same time.
    """

    def __init__(self, config: SimulatorConfig) -> None:
        """Prepare to start the world that `config` describes."""
        self._command = [
            *(sys.executable, *_safe_path(), "-m", "arbot_tui", "venues"),
            *("--json", "--with-parent", "--seed", str(config.seed)),
            *("--symbols", str(config.symbols), "--rate-hz", str(config.rate_hz)),
            *("--edges-per-min", str(config.edges_per_min)),
            *("--usdc-symbols", str(config.usdc_symbols)),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None

    def __enter__(self) -> WorldProcess:
        """Start the child."""
        # A file without a name: a pipe that nobody reads would stop it, a terminal show it.
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            # It is told everything it needs; our own variables are checked by its parent alone.
            env={k: v for k, v in os.environ.items() if not k.startswith("ARBOT_")},
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the child."""
        self.stop()

    @property
    def pid(self) -> int | None:
        """Process id of the child; None before it was started."""
        return self._process.pid if self._process else None

    def info(self, timeout_s: float = 20.0) -> WorldInfo:
        """Wait for the first line of the child and return the world that it describes.

        Raises:
            ExchangeUnavailable: It ended or said nothing in time; the reason it gave is named.
            MalformedMessage: Its first line is no description of a world.
        """
        process, stderr = self._process, self._stderr
        if process is None or process.stdout is None or stderr is None:
            raise RuntimeError("the synthetic venues were not started")
        line = _first_line(process.stdout, time.monotonic() + timeout_s)
        if not line.endswith(b"\n"):
            why = _last_line(stderr) or (
                "ended at once" if _has_ended(process) else f"said nothing in {timeout_s:g} s"
            )
            raise ExchangeUnavailable(_NAME, f"not started: {why}")
        return parse_world(line)

    def stop(self) -> None:
        """End the child: end of its stdin, then SIGTERM, at last SIGKILL; returns when gone."""
        process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        for grace_s, harder in ((_STDIN_GRACE_S, process.terminate), (_TERM_GRACE_S, process.kill)):
            try:
                process.wait(grace_s)
                break
            except subprocess.TimeoutExpired:
                harder()
        process.wait()
        for stream in (process.stdout, self._stderr):
            if stream:
                stream.close()


def _first_line(stdout: IO[bytes], deadline: float) -> bytes:
    """Return what comes up to the first line break, or up to the deadline or the end."""
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n") and len(line) < _MAX_BYTES:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not selector.select(left_s):
                break
            # Nothing follows the line before it has been used, so this reads no more than it.
            chunk = os.read(stdout.fileno(), 1 << 16)
            if not chunk:
                break
            line += chunk
    return line


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        # Its stdout may close a moment before it can be waited for.
        process.wait(0.5)
    except subprocess.TimeoutExpired:
        return False
    return True


def _last_line(stderr: IO[bytes]) -> str:
    stderr.seek(0)
    text = stderr.read(_MAX_BYTES).decode(errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    return sanitise(lines[-1]) if lines else ""


def _safe_path() -> list[str]:
    """Return the option that keeps the current folder's files from being imported as modules.

    Left out where this program itself is imported from there.
    """
    root = str(Path(arbot_tui.__file__).parent.parent)
    return ["-P"] if root in sys.path[1:] else []
