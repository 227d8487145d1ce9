"""Impossible, absurd and one-sided quotes in the frames of every venue: none reaches a signal.

The venues' own frames, some numbers of them replaced, go the whole way: session, decoder, line,
board, books, detection. Whether a signal is right is judged by what the venues really had, and by
whether the latest frame of either quote was one of those replaced.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from random import Random
from typing import Any

import pytest

from arbot_tui.exchanges.transport.line import Line
from arbot_tui.strategy import offer
from tests.contract.virtual_market import NAMES, play_market
from tests.contract.virtual_world import VirtualVenue

_IMPOSSIBLE: tuple[object, ...] = (
    *("NaN", "nan", "-NaN", "Infinity", "inf", "-inf", "-1", "-0.0001", "1e18", "1e300", ""),
    *("0x10", "1,5", None, [], True, math.nan, math.inf, -math.inf, -1, 10**400),
)
_ZEROS = ("0", "0.0", "-0", 0)
_THOUSAND = 1000.0
_QUOTES = ("@bookTicker", "orderbook.1.", '"bbo-tbt"', '"books1"')

Sides = list[list[list[Any]]]
"""Bids and asks as the frame has them; changing them changes the frame."""


class _Spoiler:
    """Replaces numbers in some frames, and knows which quotes that voids."""

    def __init__(self, seed: int, *kinds: str) -> None:
        self._draw = Random(seed)
        self._kinds = kinds
        self._void: set[tuple[str, int]] = set()
        # Numbers of the newest quotes that could be read: a late or repeated one is no news.
        self._newest: dict[tuple[str, int], tuple[int, ...]] = {}
        self.done: Counter[tuple[str, str]] = Counter()

    def change(self, venue: VirtualVenue, raw: bytes) -> bytes:
        text = raw.decode()
        is_quote = any(name in text for name in _QUOTES)
        frame = json.loads(text) if text.startswith("{") else {}
        sides = _sides(venue.name, frame, is_quote)
        if sides is None:
            return raw
        row = next(row for symbol, row in venue.rows.items() if symbol in _named(frame))
        spoilt = self._draw.random() < (0.08 if is_quote else 0.03)
        kind = self._draw.choice(self._kinds)
        if spoilt and self._spoil(kind, sides, whole=is_quote or _is_snapshot(venue.name, frame)):
            _put_back(venue.name, frame, sides, is_quote)
            self.done[venue.name, f"{kind} {'quote' if is_quote else 'depth'}"] += 1
            if is_quote and (kind in ("impossible", "zero") or self._is_news(venue, row, frame)):
                self._void.add((venue.name, row))
                venue.told.discard(row)
            return json.dumps(frame).encode()
        if is_quote and self._is_news(venue, row, frame):
            self._void.discard((venue.name, row))
        return raw

    def _is_news(self, venue: VirtualVenue, row: int, frame: dict[str, Any]) -> bool:
        book = frame["data"] if isinstance(frame["data"], dict) else frame["data"][0]
        number = next(int(book[key]) for key in ("u", "seqId", "seq") if key in book)
        order = (number, int(frame.get("ts") or book.get("ts") or 0))
        key = (venue.name, row)
        is_news = order > self._newest.get(key, (0,))
        if is_news:
            self._newest[key] = order
        return is_news

    def is_void(self, venue: VirtualVenue, row: int) -> bool:
        return (venue.name, row) in self._void and row not in venue.told

    def _spoil(self, kind: str, sides: Sides, *, whole: bool) -> bool:
        """Change numbers in place; False where such a frame cannot be damaged so.

        A delta that says something possible and false is nothing that anybody could tell.
        """
        draw = self._draw
        if kind in ("impossible", "zero"):
            levels = [level for side in sides for level in side]
            if not levels:
                return False
            column = draw.randrange(2) if whole or kind == "impossible" else 0
            values = _IMPOSSIBLE if kind == "impossible" else _ZEROS
            draw.choice(levels)[column] = draw.choice(values)
            return True
        if not whole or not all(sides):
            return False
        if kind == "one-sided":
            for side in draw.choice([sides[:1], sides[1:], sides]):
                side.clear()
            return True
        factor = draw.choice([_THOUSAND, 1.0 / _THOUSAND])
        # Crossed in itself: the better side is moved through the other one.
        moved = {"absurd": sides, "crossed": sides[:1] if factor > 1.0 else sides[1:]}[kind]
        for side in moved:
            for level in side:
                level[0] = str(float(level[0]) * factor)
        return True


def _sides(name: str, frame: dict[str, Any], is_quote: bool) -> Sides | None:
    """Return bids and asks of a frame that has them."""
    data = frame.get("data")
    if not data:
        return None
    if name == "binance" and is_quote:
        return [[[data["b"], data["B"]]], [[data["a"], data["A"]]]]
    if name in ("binance", "bybit"):
        return [data["b"], data["a"]]
    return [data[0]["bids"], data[0]["asks"]]


def _put_back(name: str, frame: dict[str, Any], sides: Sides, is_quote: bool) -> None:
    """Write the sides of Binance's flat quote; the other frames hold them already."""
    if name == "binance" and is_quote:
        for side, keys in zip(sides, ("bB", "aA"), strict=True):
            price_and_size = side[0] if side else ["0.00000000", "0.00000000"]
            frame["data"].update(zip(keys, price_and_size, strict=True))


def _named(frame: dict[str, Any]) -> tuple[str, ...]:
    """Return the wire symbol that a frame names."""
    arg = frame.get("arg") or {}
    topic: str = frame.get("topic", "")
    return tuple(
        name for name in (arg.get("instId"), topic.rpartition(".")[2], _binance(frame)) if name
    )


def _binance(frame: dict[str, Any]) -> str | None:
    data = frame["data"]
    return data.get("s") if isinstance(data, dict) else None


def _is_snapshot(name: str, frame: dict[str, Any]) -> bool:
    return name == "bitget" or "snapshot" in (frame.get("type"), frame.get("action"))


def test_nothing_but_what_the_venues_had_reaches_a_signal() -> None:
    spoiler = _Spoiler(3, "impossible", "zero", "one-sided", "absurd", "crossed")
    found = play_market(40.0, rate_hz=24.0, damage=spoiler)
    assert found.wrong == []
    assert found.signals > 100
    assert found.malformed > 20
    for name in NAMES:
        for kind in ("impossible", "zero", "one-sided", "absurd", "crossed"):
            assert spoiler.done[name, f"{kind} quote"] > 0
        assert spoiler.done[name, "impossible depth"] > 0


def test_a_quote_that_cannot_be_read_and_is_not_withdrawn_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Line, "withdraw", lambda self, row, recv_ns: None)
    assert play_market(15.0, rate_hz=24.0, damage=_Spoiler(3, "impossible")).wrong != []


def test_an_absurd_quote_that_is_handed_over_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(offer, "ABSURD_RATIO", math.inf)
    assert play_market(15.0, rate_hz=24.0, damage=_Spoiler(3, "absurd")).wrong != []
