"""What a market-data feed tells about itself, beside its data."""

from __future__ import annotations

from enum import Enum

import msgspec

__all__ = ["Continuity", "DepthLimits", "FeedEvent", "FeedEventKind"]


class Continuity(Enum):
    """The rule by which a venue's depth messages prove that none is missing."""

    RANGE = "range"
    """Binance: ``first_id <= last + 1 <= last_id``; REST snapshot to start from."""
    PREVIOUS_ID = "previous_id"
    """OKX: ``prev_id`` equals the id held; snapshot arrives on the stream."""
    CONSECUTIVE = "consecutive"
    """Bybit: ``last_id`` is one above the id held; a snapshot may come at any time."""
    SNAPSHOT_ONLY = "snapshot_only"
    """Every message replaces the book; nothing can be missing."""


class DepthLimits(msgspec.Struct, frozen=True):
    """How much depth a venue may be asked for.

    Attributes:
        rows: Most books followed at a time.
        starts_per_hour: Most books begun in an hour; each costs subscription requests, or a
            snapshot's share of the request weight.
    """

    rows: int
    starts_per_hour: int


class FeedEventKind(Enum):
    """What happened to a feed connection, beside data."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    ALIVE = "alive"
    """Anything arrived, a pong or control frame included."""
    MALFORMED = "malformed"
    """A frame was dropped because it broke its schema."""
    ASSIGNED = "assigned"
    """`rows` names all rows that the connection is to bring from now on."""


class FeedEvent(msgspec.Struct, frozen=True):
    """One change in the life of a feed connection.

    Attributes:
        exchange: Dense index of the venue.
        kind: What happened.
        at_ns: `Clock.now_ns` when it did.
        detail: Cause in words, sanitised; shown in the log.
        rtt_ns: Round trip of a ping, with `ALIVE`; 0 where not measured.
        connection: Number of the connection within the venue. A connection that is replaced
            while the old one still delivers keeps its number, and nothing is told of it.
        rows: With `DISCONNECTED`: the rows whose quotes and books end with the connection.
            With `ASSIGNED`: the rows that it brings; where that is never told, connection 0
            brings them all. None means every row of the venue.
    """

    exchange: int
    kind: FeedEventKind
    at_ns: int
    detail: str = ""
    rtt_ns: int = 0
    connection: int = 0
    rows: frozenset[int] | None = None
