"""Answers of Bybit's public REST: order books (v5, 2026-07-24)."""

from __future__ import annotations

import msgspec

from arbot_tui.domain.clock import from_millis
from arbot_tui.domain.quotes import DepthSnapshot, Level
from arbot_tui.exchanges.bybit.answers import BROKEN, malformed

__all__ = ["parse_orderbook"]


class _Depth(msgspec.Struct):
    b: list[Level]
    a: list[Level]
    u: int
    ts: int
    cts: int = 0


_depth = msgspec.json.Decoder(_Depth, strict=False).decode


def parse_orderbook(result: msgspec.Raw, levels: int, recv_ns: int) -> DepthSnapshot:
    """Return the order book in `result`, at most `levels` levels a side.

    Raises:
        MalformedMessage: `result` breaks its schema or holds a level that cannot be.
    """
    try:
        depth = _depth(result)
        at_ns = from_millis(depth.cts or depth.ts)
        for price, size in (*depth.b, *depth.a):
            if not (0.0 < price < float("inf") and 0.0 < size < float("inf")):
                raise ValueError(f"level {price} {size}")
    except BROKEN as e:
        raise malformed("order book", e) from e
    return DepthSnapshot(depth.u, depth.b[:levels], depth.a[:levels], at_ns, recv_ns)
