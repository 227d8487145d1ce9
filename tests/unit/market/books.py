"""Depth messages for tests, as short as they can be said."""

from arbot_tui.domain.quotes import BookKind, BookUpdate, Level

__all__ = ["delta", "snapshot"]


def snapshot(
    last_id: int,
    bids: list[Level] | None = None,
    asks: list[Level] | None = None,
    *,
    at: int = 0,
    event_ns: int = 0,
    venue: int = 0,
) -> BookUpdate:
    """Return a snapshot of one bid at 100 and one ask at 101 unless told otherwise."""
    return BookUpdate(
        venue,
        0,
        BookKind.SNAPSHOT,
        0,
        last_id,
        -1,
        [(100.0, 1.0)] if bids is None else bids,
        [(101.0, 1.0)] if asks is None else asks,
        event_ns,
        at,
    )


def delta(
    first_id: int,
    last_id: int,
    bids: list[Level] | None = None,
    asks: list[Level] | None = None,
    *,
    prev_id: int = -1,
    at: int = 0,
    event_ns: int = 0,
    venue: int = 0,
) -> BookUpdate:
    """Return a change."""
    return BookUpdate(
        venue, 0, BookKind.DELTA, first_id, last_id, prev_id, bids or [], asks or [], event_ns, at
    )
