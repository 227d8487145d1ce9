"""Looks at machine, data folder, venues and keys, and says what to do about what is wrong.

Every check ends in findings, never in an error: the doctor is called when things do not work.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import platform
import shlex
import shutil
import socket
import sqlite3
import stat
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from arbot_tui.credentials.finding import KeySources, look_for_keys
from arbot_tui.domain.clock import MS, SystemClock
from arbot_tui.domain.errors import ArbotError, ExchangeError
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.halt_file import HALT_NAME, halt_asked
from arbot_tui.exchanges.base import BaseExchange, ExchangeConfig
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.trading.account import lost_journal

__all__ = [
    "Finding",
    "check_folder",
    "check_halt",
    "check_journals",
    "check_keys",
    "check_locks",
    "check_machine",
    "check_venues",
]

Verdict = Literal["ok", "warn", "fail"]

_DNS_LIMIT_S = 3.0
_REST_LIMIT_S = 5.0
_SKEW_WARN_MS = 250
"""Above it live trading refuses (RELIABILITY section c, CLOCK)."""
_DISK_WARN_BYTES = 1 << 30
_DISK_FAIL_BYTES = 256 << 20
_OLDEST_PYTHON = (3, 11)


class Finding(msgspec.Struct, frozen=True):
    """What one check found.

    Attributes:
        check: What was looked at, such as ``binance clock``.
        state: ``ok``, ``warn`` (it works, with a drawback) or ``fail``.
        message: What was found, one sentence without a full stop.
        fix: What to do or type; empty where nothing is to be done.
    """

    check: str
    state: Verdict
    message: str
    fix: str = ""


def check_machine() -> list[Finding]:
    """Look at Python and the libraries that matter."""
    python = platform.python_version()
    findings = [
        Finding("python", "ok", f"{python} on {platform.system()} {platform.machine()}")
        if sys.version_info >= _OLDEST_PYTHON
        else Finding("python", "fail", f"{python} is too old", "install Python 3.11 or later")
    ]
    loop = _installed("uvloop")
    findings.append(
        Finding("event loop", "ok", f"uvloop {loop}")
        if loop
        else Finding("event loop", "warn", "asyncio's own: slower", _install("uvloop"))
    )
    libraries = ", ".join(f"{name} {_installed(name)}" for name in ("textual", "msgspec"))
    fast = _installed("picows")
    transport = f"picows {fast}" if fast else f"websockets {_installed('websockets')}"
    findings.append(Finding("libraries", "ok", f"{libraries}, feeds over {transport}"))
    # The write-ahead log's reset race needs two connections on a file; ours have one each.
    findings.append(Finding("sqlite", "ok", f"{sqlite3.sqlite_version}, one connection a file"))
    return findings


def check_folder(folder: Path) -> list[Finding]:
    """Look at the data folder: may it be written, is it private, is there room."""
    shown = sanitise(str(folder))
    # Not Path.exists: it raises where a folder on the way may not be looked into.
    existing = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    if not os.path.isdir(existing) or not os.access(existing, os.W_OK | os.X_OK):
        fix = "set [storage] path to a folder of yours"
        return [Finding("data folder", "fail", f"{shown} cannot be written", fix)]
    findings = [Finding("data folder", "ok", shown)]
    if os.path.exists(folder):
        about = folder.stat()
        if about.st_uid != os.geteuid():
            fix = "set [storage] path to a folder of yours"
            findings = [Finding("data folder", "warn", f"{shown} is somebody else's", fix)]
        elif stat.S_IMODE(about.st_mode) & 0o077:
            fix = f"chmod 700 {shlex.quote(str(folder))}"
            findings = [Finding("data folder", "warn", f"{shown} is open to others", fix)]
    free = shutil.disk_usage(existing).free
    state: Verdict = "ok" if free >= _DISK_WARN_BYTES else "warn"
    state = "fail" if free < _DISK_FAIL_BYTES else state
    fix = "" if state == "ok" else "free some space, or set [storage] path elsewhere"
    findings.append(Finding("disk", state, f"{free / (1 << 30):.1f} GiB free", fix))
    return findings


def check_locks(folder: Path) -> list[Finding]:
    """Name the engines that hold an account of this data folder."""
    held = []
    for path in sorted(folder.glob("accounts/*/lock")):
        owner = _owner(path)
        if owner is not None:
            held.append(f"{path.parent.name} by process {owner}")
    if not held:
        return [Finding("engines", "ok", "no engine is running here")]
    # Not wrong by itself, but the answer to "another engine holds the account".
    return [Finding("engines", "ok", f"running: {sanitise(', '.join(held), 200)}")]


def check_journals(folder: Path) -> list[Finding]:
    """Name the accounts of this data folder that have lost their journal."""
    lost = [lost_journal(path) for path in sorted(folder.glob("accounts/*"))]
    return [Finding("journal", "fail", sanitise(why, 400)) for why in lost if why]


def check_halt(folder: Path) -> list[Finding]:
    """Say that a file in the data folder keeps trading halted."""
    asked = halt_asked(folder / HALT_NAME)
    if asked is None:
        return []
    fix = f"rm {shlex.quote(str(folder / HALT_NAME))}, then reset"
    return [Finding("halt", "warn", f"trading stays halted by {asked[1]}", fix)]


async def check_venues(configs: Mapping[str, ExchangeConfig], *, needed: bool) -> list[Finding]:
    """Reach every venue: name, connection, round trip and clock.

    Args:
        configs: The venues in use.
        needed: The configured mode cannot do without them.
    """
    # Loading an adapter holds up the loop: done first, it is in nobody's limit or round trip.
    venues = [(c, ExchangeFactory().create(c, SystemClock())) for c in configs.values()]
    try:
        found = await asyncio.gather(*(_check_venue(*venue, needed) for venue in venues))
    finally:
        for _, exchange in venues:
            await exchange.close()
    return [finding for venue in found for finding in venue]


async def _check_venue(
    config: ExchangeConfig, exchange: BaseExchange, needed: bool
) -> list[Finding]:
    name = config.name
    unreached: Verdict = "fail" if needed else "warn"
    parts = urlsplit(config.urls.rest)
    host = parts.hostname or ""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_DNS_LIMIT_S):
            await loop.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except TimeoutError:
        why = f"{host}: no answer from the name server in {_DNS_LIMIT_S:g} s"
        return [Finding(f"{name} network", unreached, why, "check the network and the resolver")]
    except OSError as e:
        why = f"{host}: {e.strerror or e}"
        return [Finding(f"{name} network", unreached, why, "check the network and the resolver")]
    try:
        async with asyncio.timeout(_REST_LIMIT_S):
            await exchange.sync_clock()
    except TimeoutError:
        why = f"{host}: no answer in {_REST_LIMIT_S:g} s"
        return [Finding(f"{name} network", unreached, why, "check firewall and proxy")]
    except ExchangeError as e:
        why = sanitise(str(e).removeprefix(f"{name}: "), 160)
        return [Finding(f"{name} network", unreached, f"{host}: {why}", "check firewall and proxy")]
    rtt_ms = exchange.rtt_ns / MS
    skew_ms = exchange.offset_ns / MS
    network = Finding(f"{name} network", "ok", f"{host}: round trip {rtt_ms:.0f} ms")
    apart = f"{abs(skew_ms):.0f} ms {'ahead of' if skew_ms > 0 else 'behind'} this machine"
    # What cannot be told from half a round trip is no skew.
    if abs(skew_ms) <= _SKEW_WARN_MS + rtt_ms / 2:
        return [network, Finding(f"{name} clock", "ok", apart)]
    return [network, Finding(f"{name} clock", "warn", apart, "timedatectl set-ntp true")]


def check_keys(
    venues: Mapping[str, str], backend: str, sources: KeySources, *, needed: bool
) -> list[Finding]:
    """Tell which key each venue would use, and why a store could not be asked.

    Args:
        venues: Environment by venue.
        backend: ``[credentials] backend``.
        sources: Where to look.
        needed: The configured mode cannot do without them.
    """
    try:
        found, causes = look_for_keys(venues, backend, sources)
    except ArbotError as e:
        unfit: Verdict = "fail" if needed else "warn"
        return [Finding("keys", unfit, sanitise(str(e), 200))]
    findings = []
    for venue, environment in venues.items():
        if venue in found:
            key = found[venue]
            what = f"{environment}: …{key.last_four} from {key.provider}"
            findings.append(Finding(f"{venue} key", "ok", what))
        else:
            state: Verdict = "fail" if needed else "ok"
            unneeded = "" if needed else ", none needed in this mode"
            fix = f"arbot-tui keys set {venue}" if needed else ""
            findings.append(Finding(f"{venue} key", state, f"no key{unneeded}", fix))
    if causes:
        findings.append(Finding("key stores", "ok", f"not asked: {'; '.join(causes)}"))
    return findings


def _install(name: str) -> str:
    """Return the command that installs into this very Python, whichever `pip` comes first."""
    return f"{shlex.quote(sys.executable)} -m pip install {name}"


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _owner(path: Path) -> str | None:
    """Return the process that holds a lock file; None where none does."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
    finally:
        os.close(handle)
    return None
