"""Answers of OKX's public REST: the time, and order books (v5, 2026-07-03)."""

from __future__ import annotations

import msgspec

from arbot_tui.domain.clock import MS, from_millis
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.exchanges.okx.answers import BROKEN, malformed

__all__ = ["parse_orderbook", "parse_time_ms"]


class _Depth(msgspec.Struct):
    asks: list[tuple[float, float, msgspec.Raw, msgspec.Raw]]
    bids: list[tuple[float, float, msgspec.Raw, msgspec.Raw]]
    ts: int
    seqId: int = 0


class _Time(msgspec.Struct):
    ts: str


_depths = msgspec.json.Decoder(list[_Depth], strict=False).decode
_times = msgspec.json.Decoder(list[_Time]).decode


def parse_time_ms(data: msgspec.Raw) -> int:
    """Return the venue's time, UTC milliseconds.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        return from_millis(_times(data)[0].ts) // MS
    except BROKEN as e:
        raise malformed("time", e) from e


def parse_orderbook(data: msgspec.Raw, levels: int, recv_ns: int) -> DepthSnapshot:
    """Return the order book in `data`, at most `levels` levels a side.

    Raises:
        MalformedMessage: `data` breaks its schema or holds a level that cannot be.
    """
    try:
        depth = _depths(data)[0]
        at_ns = from_millis(depth.ts)
        for price, size, _, _ in (*depth.bids, *depth.asks):
            if not (0.0 < price < float("inf") and 0.0 < size < float("inf")):
                raise ValueError(f"level {price} {size}")
    except BROKEN as e:
        raise malformed("order book", e) from e
    return DepthSnapshot(
        depth.seqId,
        [(level[0], level[1]) for level in depth.bids[:levels]],
        [(level[0], level[1]) for level in depth.asks[:levels]],
        at_ns,
        recv_ns,
    )
