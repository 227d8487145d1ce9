"""Logs: events with fields."""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

__all__ = ["LogEntry", "LogRing"]


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
