"""When which venue is dislocated: fixed by the seed, whatever orders arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from arbot_tui.simulator.core.hashing import draw_key, unit

__all__ = ["E8", "FIRST_EDGE_NS", "Edge", "schedule"]

E8 = 100_000_000
"""Scale of fractions kept as integers."""

FIRST_EDGE_NS = 2_000_000_000
"""The first edge opens this long after the world's start."""

_GAP, _SYMBOL, _VENUE, _SIDE, _NET, _LIFE = range(301, 307)
_SECOND = 1_000_000_000
_MS = 1_000_000
_SHORT_NS = (50 * _MS, 1000 * _MS)
_LONG_NS = (1 * _SECOND, 5 * _SECOND)
# Prices are rounded away from the fees by at most a tick, which is about a basis point: the
# highest drawn edge leaves room for that below 0.80 %.
_LOWEST_NET_E8 = 150_000
_HIGHEST_NET_E8 = 780_000
# Books of one symbol rest for a step between two edges.
_PAUSE_NS = 10 * _MS


@dataclass(frozen=True, slots=True)
class Edge:
    """One dislocation of one venue for one symbol. Times are nanoseconds after the start.

    Attributes:
        number: Position in the schedule.
        symbol: Index of the symbol.
        venue: Index of the dislocated venue.
        high: True if that venue pays too much (sell there), false if it asks too little.
        net_e8: Edge after both taker fees against the best other venue, times 1e8.
        open_ns: First moment of its life.
        close_ns: First moment after it.
    """

    number: int
    symbol: int
    venue: int
    high: bool
    net_e8: int
    open_ns: int
    close_ns: int


def schedule(seed: int, symbols: int, venues: int, per_min: float) -> Iterator[Edge]:
    """Yield the edges of a world in the order in which they open.

    The first comes after `FIRST_EDGE_NS`, each next one 60 / `per_min` seconds times 0.5 to 1.5
    later; even numbers live 1 to 5 s, odd ones 50 ms to 1 s. Edges that overlap are on different
    symbols: where too few symbols are left a life is cut short so that the next edge finds one,
    and an edge that would live less than 50 ms is left out.
    """
    if per_min <= 0:
        return
    period = 60.0 / per_min * _SECOND
    busy: dict[int, int] = {}
    number, open_ns = 0, FIRST_EDGE_NS
    while True:
        gap = int(period * (0.5 + unit(draw_key(seed, _GAP, number))))
        busy = {symbol: until for symbol, until in busy.items() if until > open_ns}
        if len(busy) < symbols:
            symbol = _free_symbol(draw_key(seed, _SYMBOL, number), symbols, busy)
            low, high = _LONG_NS if number % 2 == 0 else _SHORT_NS
            life = low + int((high - low) * unit(draw_key(seed, _LIFE, number)))
            if len(busy) + 1 == symbols and all(until > open_ns + gap for until in busy.values()):
                life = min(life, gap - _PAUSE_NS)
            if life >= _SHORT_NS[0]:
                net_span = _HIGHEST_NET_E8 - _LOWEST_NET_E8
                yield Edge(
                    number=number,
                    symbol=symbol,
                    venue=draw_key(seed, _VENUE, number) % venues,
                    high=bool(draw_key(seed, _SIDE, number) & 1),
                    net_e8=_LOWEST_NET_E8 + int(net_span * unit(draw_key(seed, _NET, number))),
                    open_ns=open_ns,
                    close_ns=open_ns + life,
                )
                busy[symbol] = open_ns + life + _PAUSE_NS
        number += 1
        open_ns += gap


def _free_symbol(key: int, symbols: int, busy: dict[int, int]) -> int:
    choice = key % (symbols - len(busy))
    for taken in sorted(busy):
        if choice >= taken:
            choice += 1
    return choice
