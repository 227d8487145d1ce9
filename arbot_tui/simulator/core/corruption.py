"""Frames damaged on purpose, each in a way that a careful reader can notice.

A damage never turns one plausible price or size into another: what it leaves behind is no
JSON, of a wrong type, out of every range, impossible in a book, or the same value written
oddly. Lies about fills are for who asks for them by name: `LIES`. Which of a frame's values is
hit follows from the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from arbot_tui.simulator.core.hashing import mix

__all__ = ["LIES", "CorruptionKind", "corrupt"]


class CorruptionKind(StrEnum):
    """How a frame is damaged."""

    CUT = "cut"
    """The text ends in the middle."""
    UTF8 = "utf8"
    """A byte that no UTF-8 text contains."""
    TYPE = "type"
    """A price or size is an object, a list, a boolean or null."""
    MISSING = "missing"
    """A required member is left out."""
    EXTRA = "extra"
    """A member that nobody documented; harmless."""
    EMPTY = "empty"
    """A price without digits."""
    NAN = "nan"
    INF = "inf"
    ZERO = "zero"
    """A price of zero."""
    NEGATIVE = "negative"
    EXPONENT = "exponent"
    """The same number, written with an exponent; harmless to who can read it."""
    DIGITS = "digits"
    """The same number with forty digits and a last one that is not zero."""
    CROSSED = "crossed"
    """Best bid and best ask exchanged."""
    TIME_ZERO = "time_zero"
    """All times are 0."""
    TIME_S = "time_s"
    """All times are seconds."""
    TIME_US = "time_us"
    """All times are microseconds."""
    TIME_AHEAD = "time_ahead"
    """All times are an hour in the future."""
    TIME_BEHIND = "time_behind"
    """All times are an hour in the past."""
    CHECKSUM = "checksum"
    """A checksum that fits nothing."""
    OVERFILL = "overfill"
    """A fill of more than was ordered."""
    OFF_LIMIT = "off_limit"
    """A fill at a price beyond the order's limit."""


LIES = frozenset((CorruptionKind.OVERFILL, CorruptionKind.OFF_LIMIT))
"""Damages that a venue would have to mean."""

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_TIMES = frozenset(("E", "T", "ts", "cts", "serverTime"))
_BIDS, _ASKS = ("b", "bids", "bidPrice", "bidPr", "bidPx"), ("a", "asks", "askPrice", "askPr")
# What the venues call price and quantity of a fill, and the quantity of all fills.
_FILL_PRICES = ("L", "execPrice", "fillPx", "fillPrice")
_FILL_SIZES = frozenset(("l", "execQty", "fillSz", "baseVolume"))
_CUMULATIVE = frozenset(("z", "cumExecQty", "accFillSz", "accBaseVolume"))
_SIDES = ("S", "side")
_HOUR_MS = 3_600_000
_DIGITS = 40
# A frame is a tree of unknown shape here: this module knows no venue.
_Tree = Any
_Spot = tuple[_Tree, str | int]


def corrupt(text: str, kind: CorruptionKind, key: int) -> str | bytes | None:
    """Return the damaged text, or None if this damage does not apply to it.

    Args:
        text: A JSON text.
        kind: How to damage it.
        key: Fixes what is hit.
    """
    if kind is CorruptionKind.CUT:
        return text[: 1 + key % max(1, len(text) - 1)]
    if kind is CorruptionKind.UTF8:
        return _with_bad_byte(text.encode(), key)
    try:
        tree: _Tree = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    damaged = _DAMAGES[kind](tree, key)
    return msgspec.json.encode(tree).decode() if damaged else None


def _with_bad_byte(encoded: bytes, key: int) -> bytes:
    at = key % (len(encoded) + 1)
    return encoded[:at] + b"\xff" + encoded[at:]


# What there is to hit


def _walk(tree: _Tree) -> Iterator[_Spot]:
    """Yield every place in the tree, parents before children."""
    if isinstance(tree, dict):
        items: list[tuple[str | int, _Tree]] = list(tree.items())
    elif isinstance(tree, list):
        items = list(enumerate(tree))
    else:
        return
    for name, child in items:
        yield tree, name
        yield from _walk(child)


def _prices(tree: _Tree) -> list[_Spot]:
    """Return the places of prices: first in a level, or best bid and ask by name."""
    found: list[_Spot] = []
    for parent, name in _walk(tree):
        value = parent[name]
        if isinstance(parent, dict):
            if name in (*_BIDS, *_ASKS, *_FILL_PRICES) and _is_number(value):
                found.append((parent, name))
        elif isinstance(value, list) and len(value) > 1 and _is_number(value[0]):
            found.append((value, 0))
    return found


def _sizes(tree: _Tree) -> list[_Spot]:
    return [(parent, 1) for parent, name in _prices(tree) if name == 0]


def _is_number(value: _Tree) -> bool:
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _chosen(spots: list[_Spot], key: int) -> _Spot | None:
    return spots[mix(key) % len(spots)] if spots else None


# What is done to it


def _rewrite(
    change: Callable[[str, int], _Tree], *, sizes: bool = True
) -> Callable[[_Tree, int], bool]:
    """Return a damage that changes one price, or one size as well."""

    def damage(tree: _Tree, key: int) -> bool:
        spot = _chosen(_prices(tree) + (_sizes(tree) if sizes else []), key)
        if spot is None:
            return False
        parent, name = spot
        parent[name] = change(parent[name], key)
        return True

    return damage


def _wrong_type(text: str, key: int) -> _Tree:
    return ({}, [], True, None)[mix(key ^ 1) % 4]


def _exponent(text: str, key: int) -> str:
    digits = text.replace(".", "").lstrip("0") or "0"
    shift = len(text.partition(".")[2])
    return f"{digits}E-{shift}" if shift else f"{digits}E+0"


def _long(text: str, key: int) -> str:
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest.ljust(_DIGITS - 1 - len(whole), '0')}1"


def _leave_out(tree: _Tree, key: int) -> bool:
    spots: list[_Spot] = [
        (parent, name)
        for parent, name in _walk(tree)
        if isinstance(parent, dict) and name in (*_BIDS, *_ASKS)
    ]
    spot = _chosen(spots, key)
    if spot is None:
        return False
    del spot[0][spot[1]]
    return True


def _add(tree: _Tree, key: int) -> bool:
    objects = [tree] if isinstance(tree, dict) else []
    objects += [parent[name] for parent, name in _walk(tree) if isinstance(parent[name], dict)]
    if not objects:
        return False
    objects[mix(key) % len(objects)]["xNew"] = {"v": ["1", None]}
    return True


def _cross(tree: _Tree, key: int) -> bool:
    for parent in [tree] + [parent[name] for parent, name in _walk(tree)]:
        if not isinstance(parent, dict):
            continue
        bid_name = next((name for name in _BIDS if name in parent), None)
        ask_name = next((name for name in _ASKS if name in parent), None)
        if bid_name is None or ask_name is None:
            continue
        bids: _Tree = parent[bid_name]
        asks: _Tree = parent[ask_name]
        if _is_number(bids) and _is_number(asks):
            parent[bid_name], parent[ask_name] = asks, bids
            return float(bids) != float(asks)
        if _has_level(bids) and _has_level(asks):
            bids[0][0], asks[0][0] = asks[0][0], bids[0][0]
            return True
    return False


def _has_level(side: _Tree) -> bool:
    return isinstance(side, list) and bool(side) and isinstance(side[0], list) and bool(side[0])


def _retime(change: Callable[[int], int]) -> Callable[[_Tree, int], bool]:
    def damage(tree: _Tree, key: int) -> bool:
        hit = False
        for parent, name in _walk(tree):
            if name not in _TIMES or not isinstance(parent, dict):
                continue
            value = parent[name]
            if isinstance(value, int) and not isinstance(value, bool):
                parent[name] = change(value)
                hit = True
            elif isinstance(value, str) and value.isdigit():
                parent[name] = str(change(int(value)))
                hit = True
        return hit

    return damage


def _wrong_checksum(tree: _Tree, key: int) -> bool:
    hit = False
    for parent, name in _walk(tree):
        if name == "checksum" and isinstance(parent, dict):
            # A signed 32-bit number, and never the 0 that stands for none.
            parent[name] = (mix(key) & 0x7FFF_FFFF) | 1
            hit = True
    return hit


def _overfill(tree: _Tree, key: int) -> bool:
    hit = False
    for parent, name in _walk(tree):
        if name in _FILL_SIZES | _CUMULATIVE and _is_number(parent[name]) and Decimal(parent[name]):
            parent[name] = f"{Decimal(parent[name]) * 3:f}"
            hit = True
    return hit


def _off_limit(tree: _Tree, key: int) -> bool:
    hit = False
    for parent, name in _walk(tree):
        if name not in _FILL_PRICES or not _is_number(parent[name]):
            continue
        side = next((str(parent[word]) for word in _SIDES if word in parent), "").lower()
        # Far to the side that the limit forbids.
        far = {"buy": Decimal("1.5"), "sell": Decimal("0.5")}.get(side)
        if far is not None and Decimal(parent[name]):
            parent[name] = f"{Decimal(parent[name]) * far:f}"
            hit = True
    return hit


_DAMAGES: dict[CorruptionKind, Callable[[_Tree, int], bool]] = {
    CorruptionKind.TYPE: _rewrite(_wrong_type),
    CorruptionKind.MISSING: _leave_out,
    CorruptionKind.EXTRA: _add,
    CorruptionKind.EMPTY: _rewrite(lambda text, key: ""),
    CorruptionKind.NAN: _rewrite(lambda text, key: "NaN"),
    CorruptionKind.INF: _rewrite(lambda text, key: "Infinity"),
    # A size of zero is no damage: it removes a level.
    CorruptionKind.ZERO: _rewrite(lambda text, key: "0", sizes=False),
    CorruptionKind.NEGATIVE: _rewrite(lambda text, key: f"-{text}", sizes=False),
    CorruptionKind.EXPONENT: _rewrite(_exponent),
    CorruptionKind.DIGITS: _rewrite(_long, sizes=False),
    CorruptionKind.CROSSED: _cross,
    CorruptionKind.TIME_ZERO: _retime(lambda at: 0),
    CorruptionKind.TIME_S: _retime(lambda at: at // 1000),
    CorruptionKind.TIME_US: _retime(lambda at: at * 1000),
    CorruptionKind.TIME_AHEAD: _retime(lambda at: at + _HOUR_MS),
    CorruptionKind.TIME_BEHIND: _retime(lambda at: at - _HOUR_MS),
    CorruptionKind.CHECKSUM: _wrong_checksum,
    CorruptionKind.OVERFILL: _overfill,
    CorruptionKind.OFF_LIMIT: _off_limit,
}
