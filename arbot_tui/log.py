"""Logs: events with fields, as JSON lines in a rotated file, and the newest ones in memory.

Every line of ours and of the libraries takes one way: stamped, stripped of secrets and of
characters that could move a cursor, limited in rate, then written. Nothing is written to stderr
while a screen is open.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import math
import os
import re
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, NamedTuple
from urllib.parse import quote

import structlog

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import StorageError
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.text import sanitise

__all__ = ["LEVELS", "Level", "LogEntry", "LogRing", "Logs", "Redactor"]

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
"""What `ARBOT_LOG` may say."""

_FILES = 20
_FILE_BYTES = 10 << 20
_PER_SECOND = 10
_MAX_EVENTS = 1000
_MAX_CHARS = 500
_MAX_ITEMS = 50
_MAX_DEPTH = 4
_HIDDEN = "***"


class LogEntry(NamedTuple):
    """One log line as the screen shows it.

    Attributes:
        seq: Number of the line in this run, from 1; gaps mean that the ring has moved on.
        at_ns: When it was logged, UTC nanoseconds.
        level: ``debug``, ``info``, ``warning``, ``error`` or ``critical``.
        event: Name of the event.
        fields: Its fields as ``key=value``, one clean line.
    """

    seq: int
    at_ns: int
    level: str
    event: str
    fields: str


class LogRing:
    """The newest log lines in memory; any thread may add, any may read."""

    def __init__(self, capacity: int = 1000) -> None:
        """Keep the newest `capacity` lines."""
        self._entries: deque[LogEntry] = deque(maxlen=capacity)
        self._seq = 0
        self._lock = threading.Lock()

    @property
    def last_seq(self) -> int:
        """Number of the newest line; 0 before the first."""
        return self._seq

    def append(self, at_ns: int, level: str, event: str, fields: str) -> None:
        """Add a line; the oldest one leaves when the ring is full."""
        with self._lock:
            self._seq += 1
            self._entries.append(LogEntry(self._seq, at_ns, level, event, fields))

    def since(self, seq: int) -> tuple[LogEntry, ...]:
        """Return the lines after number `seq` that are still held, oldest first."""
        with self._lock:
            if seq >= self._seq:
                return ()
            wanted = min(self._seq - seq, len(self._entries))
            return tuple(self._entries)[-wanted:]


_SENSITIVE = re.compile(
    r"secret|pass(word|phrase|wd)|(^|_)token$|api_?key|access_?key|signature|authorization|cookie",
    re.I,
)
# What names a secret in a URL, a header or a JSON text, up to the end of its value.
_ASSIGNED = re.compile(
    r"""(?ix) \b (x-mbx-apikey | x-bapi-api-key | x-bapi-sign | ok-access-\w+ | access-\w+
    | api_?key | api_?secret | secret(?:_?key)? | sign(?:ature)? | passphrase | password | passwd
    | token | authorization)
    (["']? \s* [=:] \s* (?:bearer\s+)?) (?: "[^"]*"? | '[^']*'? | [^\s"'&,;)}\]]+ )"""
)
_BEARER = re.compile(r"(?i)\bbearer\s+[\w.~+/=-]{8,}")
# The shapes of the venues' keys: Binance 64 characters, Bitget's prefix and 64, OKX 32 upper-case
# hexadecimal digits, Bybit 36 mixed characters. Order ids of ours have none of these shapes.
_SHAPES = re.compile(
    r"""(?x) \b (?: [A-Za-z0-9]{64} | bg_[0-9a-f]{32} | [0-9A-F]{32}
    | (?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*[0-9])[A-Za-z0-9]{36} ) \b"""
)


class Redactor:
    """Makes any value fit to be read by anyone: no secret, one visible line, bounded."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        """Know the values that must never appear."""
        self._known: set[str] = set()
        self.add(*secrets)

    def add(self, *secrets: Secret) -> None:
        """Know more values that must never appear."""
        for secret in secrets:
            text = secret.reveal()
            # Hiding every single letter or digit would hide the log itself.
            if len(text) >= 4:
                self._known |= {text, quote(text, safe=""), json.dumps(text)[1:-1]}

    def text(self, text: str) -> str:
        """Return `text` on one visible line and without secrets."""
        # First by value, before anything is cut off or replaced in the middle of one.
        for known in self._known:
            text = text.replace(known, _HIDDEN)
        text = _ASSIGNED.sub(rf"\1\2{_HIDDEN}", text[: 4 * _MAX_CHARS])
        text = _BEARER.sub(f"Bearer {_HIDDEN}", text)
        return sanitise(_SHAPES.sub(_HIDDEN, text), _MAX_CHARS)

    def value(self, name: str, value: object, depth: int = 0) -> object:
        """Return the value of the field `name` as JSON can hold it."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Secret) or _SENSITIVE.search(name):
            return _HIDDEN
        if isinstance(value, int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, str):
            return self.text(value)
        if depth < _MAX_DEPTH:
            if isinstance(value, Mapping):
                items = list(value.items())[:_MAX_ITEMS]
                return {
                    self.text(str(key)): self.value(str(key), item, depth + 1)
                    for key, item in items
                }
            if isinstance(value, list | tuple | set | frozenset):
                return [self.value("", item, depth + 1) for item in list(value)[:_MAX_ITEMS]]
        return self.text(str(value))


class _RateLimit:
    """At most so many lines of one event in a second; what is dropped is counted."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, int]] = {}
        self.dropped: dict[str, int] = {}

    def admit(self, event: str, now_ns: int) -> int | None:
        """Return how many lines were dropped since the last one, or None to drop this one too."""
        # Event names are constants; should somebody log values as names, they share one limit.
        if event not in self._windows and len(self._windows) >= _MAX_EVENTS:
            event = "other"
        start_ns, count = self._windows.get(event, (now_ns, 0))
        if now_ns - start_ns >= SECOND:
            start_ns, count = now_ns, 0
        if count >= _PER_SECOND:
            self.dropped[event] = self.dropped.get(event, 0) + 1
            return None
        self._windows[event] = (start_ns, count + 1)
        return self.dropped.pop(event, 0)


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotated file that only its owner can read."""

    def _open(self) -> IO[str]:  # type: ignore[override]  # the stub names the concrete class
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return open(os.open(self.baseFilename, flags, 0o600), "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Give the line up: a full disk must neither stop trading nor write on the screen."""


class _Libraries(logging.Handler):
    """Takes what the libraries log, so that it goes the same way as our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record as an event of ours."""
        level = min(record.levelno, logging.CRITICAL) // 10 * 10
        structlog.get_logger(record.name).log(
            max(level, logging.DEBUG),
            "library",
            message=record.getMessage(),
            exc_info=record.exc_info,
        )


def _log_dead_thread(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else ""
    structlog.get_logger().error("thread_died", thread=name, exc_info=args.exc_value)


def _log_unraisable(args: sys.UnraisableHookArgs) -> None:
    structlog.get_logger().error("unraisable", exc_info=args.exc_value)


class Logs:
    """Where all lines go while it is open; use as a context manager, one at a time.

    Attributes:
        path: The newest file.
        ring: The newest lines, for the screen.
        redactor: Knows the secrets; tell it new ones.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        level: Level = "info",
        stderr: bool = False,
        secrets: Iterable[Secret] = (),
        file_bytes: int = _FILE_BYTES,
        files: int = _FILES,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            folder: Folder of the files, made with mode 0700 where it is missing.
            clock: What the lines are stamped with.
            level: Lines below it are not made.
            stderr: Write the lines to stderr as well; only without a screen.
            secrets: Values that must never appear.
            file_bytes: Size at which a file is put aside.
            files: Number of files kept, the newest included.
        """
        self.path = folder / "arbot-tui.log"
        self.ring = LogRing()
        self.redactor = Redactor(secrets)
        self._clock = clock
        self._level: Level = level
        self._stderr = stderr
        self._file_bytes = file_bytes
        self._files = files
        self._limit = _RateLimit()
        self._lock = threading.RLock()
        self._file: _PrivateFile | None = None
        self._libraries = _Libraries()
        self._hooks = (threading.excepthook, sys.unraisablehook)

    def __enter__(self) -> Logs:
        """Open the file and take all lines.

        Raises:
            StorageError: The file cannot be opened.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Lines tell what somebody owns and trades: a folder that was there is closed too.
            self.path.parent.chmod(0o700)
            self._file = _PrivateFile(
                self.path, maxBytes=self._file_bytes, backupCount=self._files - 1
            )
        except OSError as e:
            raise StorageError(f"log {self.path}: {e.strerror or e}") from e
        structlog.configure(
            processors=[self._stamp, self._admit, self._explain, self._clean],
            wrapper_class=structlog.make_filtering_bound_logger(
                logging.getLevelNamesMapping()[self._level.upper()]
            ),
            logger_factory=lambda *names: _Outlet(self, *names),
            cache_logger_on_first_use=False,
        )
        # Libraries speak up from warnings on; what they say below that is their own business.
        self._libraries.setLevel(logging.WARNING)
        logging.getLogger().addHandler(self._libraries)
        logging.captureWarnings(True)
        # Python would print these on the screen.
        self._hooks = (threading.excepthook, sys.unraisablehook)
        threading.excepthook, sys.unraisablehook = _log_dead_thread, _log_unraisable
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say how many lines were dropped, and close the file."""
        if self._limit.dropped:
            dropped, self._limit.dropped = self._limit.dropped, {}
            structlog.get_logger().warning("log_lines_dropped", events=dropped)
        threading.excepthook, sys.unraisablehook = self._hooks
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(self._libraries)
        structlog.reset_defaults()
        if self._file:
            # What a full disk did not take is lost; there is nobody left to tell.
            with suppress(OSError):
                self._file.close()
            self._file = None

    def _stamp(
        self, logger: _Outlet, method: str, event: MutableMapping[str, object]
    ) -> MutableMapping[str, object]:
        """Put time, level and event first, then which part of the program says so."""
        stamp = {"at_ns": self._clock.now_ns(), "level": method, "event": event.pop("event", "")}
        if logger.name:
            stamp["logger"] = logger.name
        return stamp | {f"{name}_" if name in stamp else name: event[name] for name in event}

    def _explain(
        self, logger: object, method: str, event: MutableMapping[str, object]
    ) -> MutableMapping[str, object]:
        """Replace an exception by its type, text and places; never by its variables."""
        error = event.pop("exc_info", None)
        if error is True:
            error = sys.exc_info()
        if isinstance(error, tuple):
            error = error[1]
        if isinstance(error, BaseException):
            event["error"] = f"{type(error).__name__}: {error}"
            event["trace"] = [
                f"{frame.name} {Path(frame.filename).name}:{frame.lineno}"
                for frame in traceback.extract_tb(error.__traceback__)[-20:]
            ]
        return event

    def _clean(
        self, logger: object, method: str, event: MutableMapping[str, object]
    ) -> MutableMapping[str, object]:
        """Leave nothing in it that must not be read."""
        return {
            self.redactor.text(name): self.redactor.value(name, value)
            for name, value in event.items()
        }

    def _admit(
        self, logger: object, method: str, event: MutableMapping[str, object]
    ) -> MutableMapping[str, object]:
        """Drop what comes too fast, and say with the next line how much that was."""
        with self._lock:
            source = f"{event['event']} {event.get('logger', '')}".strip()
            dropped = self._limit.admit(source, self._clock.now_ns())
        if dropped is None:
            raise structlog.DropEvent
        if dropped:
            event["dropped"] = dropped
        return event

    def write(self, *, at_ns: int, level: str, event: str, **fields: object) -> None:
        """Write one line as the chain has left it; `structlog` calls this."""
        at = datetime.fromtimestamp(at_ns / SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        head = {"at": at, "level": level, "event": event}
        line = json.dumps(head | fields, ensure_ascii=False, separators=(",", ":"))
        shown = " ".join(f"{key}={_brief(value)}" for key, value in fields.items())
        with self._lock:
            self.ring.append(at_ns, level, event, shown)
            if self._file:
                self._file.handle(logging.makeLogRecord({"msg": "%s", "args": (line,)}))
            if self._stderr:
                try:
                    print(at[11:23], level, event, shown, file=sys.stderr, flush=True)  # noqa: T201 (headless shows its log)
                except (OSError, ValueError):
                    # Whoever read it has gone; the file still has every line.
                    self._stderr = False


class _Outlet:
    """What `structlog` calls at the end of its chain, one for each named logger."""

    def __init__(self, logs: Logs, name: str = "") -> None:
        self.name = name
        self.debug = self.info = self.warning = self.error = self.critical = logs.write


def _brief(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
