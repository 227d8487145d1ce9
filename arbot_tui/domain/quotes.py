"""Market data in the form the hot path uses: floats, dense indices, no freezing cost."""

from __future__ import annotations

from enum import IntEnum

import msgspec

__all__ = ["BookKind", "BookUpdate", "DepthSnapshot", "Level", "Ticker"]

Level = tuple[float, float]
"""(price in quote per base, size in base)."""


class Ticker(msgspec.Struct, gc=False):
    """Best bid and ask of one instrument on one exchange.

    Prices are in quote currency per unit of base currency; sizes in units of base
    currency. Floats find an edge; `Decimal` decides what is sent.

    A side of the venue's book without any order has price 0.0 and size 0.0. Such a ticker
    replaces the former quote and must not be traded; it is not stale, the venue has just said
    so. Every other price and size is finite and above zero.

    Attributes:
        exchange: Dense index of the exchange, given at start.
        row: Row of the symbol in the universe.
        bid: Highest resting buy price.
        bid_size: Base quantity available at `bid`.
        ask: Lowest resting sell price.
        ask_size: Base quantity available at `ask`.
        event_ns: Exchange clock, UTC nanoseconds; 0 where the stream sends none.
        recv_ns: `Clock.now_ns` at receipt: never steps, comparable across exchanges.
    """

    exchange: int
    row: int
    bid: float
    bid_size: float
    ask: float
    ask_size: float
    event_ns: int
    recv_ns: int


class BookKind(IntEnum):
    """Whether levels replace the book or change it."""

    SNAPSHOT = 0
    DELTA = 1


class BookUpdate(msgspec.Struct, gc=False):
    """One depth message, in the terms that every venue's continuity rule needs.

    Attributes:
        exchange: Dense index of the exchange.
        row: Row of the symbol in the universe.
        kind: Snapshot (replace) or delta (absolute sizes; 0 removes the level).
        first_id: First update id covered (Binance ``U``); 0 where the venue sends none.
        last_id: Last update id covered (``u``, ``seqId``, ``seq``).
        prev_id: Id of the update before it (``prevSeqId``, ``pseq``); -1 where none is sent.
        bids: Changed or all bid levels as (price, size).
        asks: Changed or all ask levels as (price, size).
        event_ns: Exchange clock, UTC nanoseconds; 0 where none is sent.
        recv_ns: `Clock.now_ns` at receipt.
    """

    exchange: int
    row: int
    kind: BookKind
    first_id: int
    last_id: int
    prev_id: int
    bids: list[Level]
    asks: list[Level]
    event_ns: int
    recv_ns: int


class DepthSnapshot(msgspec.Struct, gc=False):
    """An order book fetched once, best level first on both sides.

    Attributes:
        last_id: The venue's update id of the snapshot; 0 where it sends none.
        bids: Bid levels, highest price first.
        asks: Ask levels, lowest price first.
        event_ns: Exchange clock, UTC nanoseconds; 0 where none is sent.
        recv_ns: `Clock.now_ns` at receipt.
    """

    last_id: int
    bids: list[Level]
    asks: list[Level]
    event_ns: int
    recv_ns: int
