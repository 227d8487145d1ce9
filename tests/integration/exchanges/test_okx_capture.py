"""Recorded OKX traffic of May 2022: parser and book, checked by each frame's own CRC-32.

The checksum was live then and is computed from the raw strings, so it proves every price and size
of the first 25 levels. Those frames carry no sequence ids: they are numbered here.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import BookKind, BookUpdate
from arbot_tui.exchanges.base import UnreadableQuote
from arbot_tui.exchanges.okx.answers import parse_answer
from arbot_tui.exchanges.okx.instruments import parse_instruments
from arbot_tui.exchanges.okx.parsing import Control, StreamParser
from arbot_tui.market.book import Book, BookStatus

_CAPTURES = Path(__file__).parents[4] / "shared" / "captures"
_SOCKET = _CAPTURES / "okx_2022_ws.txt"
_INSTRUMENTS = _CAPTURES / "okx_2022_instruments.json"
_LEVELS = 25

pytestmark = [
    pytest.mark.capture,
    pytest.mark.skipif(not _SOCKET.exists(), reason="the recorded traffic is not here"),
]


def _received() -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield receive time in nanoseconds and frame of all that came; what was sent is marked."""
    for line in _SOCKET.read_text().splitlines():
        stamp, _, text = line.partition(": ")
        if text.startswith("{") and "<-" not in stamp:
            yield int(Decimal(stamp) * SECOND), json.loads(text)


def _frames(name: str = "BTC-USDT") -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield receive time in nanoseconds and frame of an instrument's `books`, numbered."""
    number = 0
    for recv_ns, frame in _received():
        if frame.get("arg") != {"channel": "books", "instId": name} or "data" not in frame:
            continue
        (book,) = frame["data"]
        assert "seqId" not in book
        book["prevSeqId"] = number if frame["action"] == "update" else -1
        number += 1
        book["seqId"] = number
        yield recv_ns, frame


class _RawLevels:
    """The strings behind the numbers, kept the simplest way there is."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[float, tuple[str, str]]] = {"bids": {}, "asks": {}}

    def take(self, action: str, book: dict[str, Any]) -> None:
        for side, held in self.sides.items():
            if action == "snapshot":
                held.clear()
            for price, size, *_ in book[side]:
                held[float(price)] = (price, size)

    def text(self, side: str, level: tuple[float, float]) -> str:
        price, size = self.sides[side][level[0]]
        assert float(size) == level[1]
        return f"{price}:{size}"


def _checksum(book: Book, raw: _RawLevels) -> int:
    bids = [raw.text("bids", level) for level in book.levels(OrderSide.BUY, _LEVELS)]
    asks = [raw.text("asks", level) for level in book.levels(OrderSide.SELL, _LEVELS)]
    parts: list[str] = []
    for i in range(_LEVELS):
        parts += bids[i : i + 1] + asks[i : i + 1]
    unsigned = zlib.crc32(":".join(parts).encode())
    return unsigned - 2**32 if unsigned >= 2**31 else unsigned


def test_the_checksum_itself_equals_the_documented_vectors() -> None:
    for text, expected in (
        ("3366.1:7:3366.8:9:3366:6:3368:8", -1881014294),
        ("3366.1:7:3366.8:9:3368:8:3372:8", 831078360),
    ):
        unsigned = zlib.crc32(text.encode())
        assert (unsigned - 2**32 if unsigned >= 2**31 else unsigned) == expected


# Contracts are never followed; their frames have the same form, and checksums of their own.
@pytest.mark.parametrize("name", ["BTC-USDT", "BTC-USD-220527", "UNI-USD-SWAP"])
def test_book_of_every_frame_has_the_checksum_that_the_frame_carries(name: str) -> None:
    parser = StreamParser(2, {name: 0})
    book = Book(Continuity.PREVIOUS_ID, max_levels=400)
    raw = _RawLevels()
    checked = 0
    for recv_ns, frame in _frames(name):
        update = parser.parse(json.dumps(frame).encode(), recv_ns)
        assert isinstance(update, BookUpdate)
        assert book.apply(update) is BookStatus.APPLIED
        (sent,) = frame["data"]
        raw.take(frame["action"], sent)
        assert _checksum(book, raw) == sent["checksum"], f"frame {checked}"
        assert not book.crossed
        assert update.event_ns == int(sent["ts"]) * MS
        # Venue and recorder kept the same time, to a second.
        assert abs(recv_ns - update.event_ns) < SECOND
        checked += 1
    assert checked > 90


def test_whatever_else_came_changes_no_quote_and_no_book() -> None:
    parser = StreamParser(2, {"BTC-USDT": 0})
    kinds: Counter[str] = Counter()
    for recv_ns, frame in _received():
        arg = frame["arg"]
        if "data" not in frame:
            told = parser.parse(json.dumps(frame).encode(), recv_ns)
            assert told == Control("subscribe", arg["channel"], arg["instId"])
            kinds["answers"] += 1
        elif arg != {"channel": "books", "instId": "BTC-USDT"}:
            with pytest.raises(MalformedMessage) as caught:
                parser.parse(json.dumps(frame).encode(), recv_ns)
            # Counted, and held against nobody's quote.
            assert not isinstance(caught.value, UnreadableQuote)
            kinds[arg["channel"]] += 1
    assert kinds == {"answers": 18, "tickers": 28, "trades": 74, "books": 192}


def test_a_lost_frame_is_a_gap_and_the_next_snapshot_heals_it() -> None:
    parser = StreamParser(2, {"BTC-USDT": 0})
    book = Book(Continuity.PREVIOUS_ID, max_levels=400)
    updates: list[BookUpdate] = []
    for recv_ns, frame in _frames():
        update = parser.parse(json.dumps(frame).encode(), recv_ns)
        assert isinstance(update, BookUpdate)
        updates.append(update)
    assert updates[0].kind is BookKind.SNAPSHOT
    for update in updates[:10]:
        book.apply(update)
    assert book.apply(updates[11]) is BookStatus.GAP
    assert not book.synced
    assert book.best() == (None, None)


def test_instruments_of_2022_have_no_numeric_id_yet() -> None:
    answer = parse_answer(_INSTRUMENTS.read_bytes())
    found, dropped = parse_instruments(answer.data, 1_652_459_224_000)
    assert dropped == []
    btc = next(row.instrument for row in found if row.instrument.wire_symbol == "BTC-USDT")
    assert (btc.symbol, btc.tick_size, btc.lot_step, btc.wire_id) == (
        "BTC/USDT",
        Decimal("0.1"),
        Decimal("0.00000001"),
        None,
    )
    assert all(row.instrument.tradeable for row in found)
