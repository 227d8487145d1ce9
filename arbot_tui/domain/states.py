"""The words of the product (CONTRACT section 8); the value is what users read."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "FINAL_LEG_STATES",
    "FeedState",
    "LegState",
    "Mode",
    "PairState",
    "TradingState",
]


class Mode(StrEnum):
    """Where market data comes from and where orders go to."""

    SIMULATE = "simulate"
    PAPER = "paper"
    LIVE = "live"


class FeedState(StrEnum):
    """Verdict over a venue's feed or one book; only `live` is traded."""

    CONNECTING = "connecting"
    LIVE = "live"
    DELAYED = "delayed"
    STALE = "stale"
    GAPPED = "gapped"
    CROSSED = "crossed"
    DOWN = "down"


class TradingState(StrEnum):
    """Whether new pairs may start."""

    STOPPED = "stopped"
    ACTIVE = "active"
    DRAINING = "draining"
    REDUCING = "reducing"
    HALTED = "halted"


class LegState(StrEnum):
    """Life of one order of a pair."""

    PLANNED = "planned"
    INTENT = "intent"
    SENT = "sent"
    ACKED = "acked"
    FILLED = "filled"
    PARTIAL = "partial"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_ACCEPTED = "not_accepted"


FINAL_LEG_STATES = frozenset(
    {
        LegState.FILLED,
        LegState.PARTIAL,
        LegState.EXPIRED,
        LegState.REJECTED,
        LegState.NOT_ACCEPTED,
    }
)
"""States in which the venue holds nothing of the order any more."""


class PairState(StrEnum):
    """Life of a pair; the last five are its ends."""

    RESERVED = "reserved"
    WORKING = "working"
    RESOLVING = "resolving"
    UNWINDING = "unwinding"
    CLOSED = "closed"
    FLAT = "flat"
    HEDGED = "hedged"
    DUST = "dust"
    STUCK = "stuck"
