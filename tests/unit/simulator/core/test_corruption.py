from __future__ import annotations

import json
from decimal import Decimal

import pytest

from arbot_tui.simulator.core.corruption import LIES, CorruptionKind, corrupt
from arbot_tui.simulator.core.fate import corruption_of

BINANCE_TICKER = '{"stream":"btcusdt@bookTicker","data":{"u":4,"s":"BTCUSDT","b":"64000.10","B":"1.2","a":"64000.20","A":"0.4"}}'  # noqa: E501
BINANCE_DEPTH = '{"e":"depthUpdate","E":1790000000000,"s":"BTCUSDT","U":157,"u":160,"b":[["64000.10","1.2"]],"a":[["64000.20","0"]]}'  # noqa: E501
BYBIT = '{"topic":"orderbook.50.BTCUSDT","ts":1790000000001,"type":"delta","data":{"s":"BTCUSDT","b":[["64000.1","1.2"]],"a":[["64000.2","0"]],"u":5,"seq":9},"cts":1790000000000}'  # noqa: E501
OKX = '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["64000.2","7","0","2"]],"bids":[["64000.1","1","0","4"]],"ts":"1790000000000","checksum":0,"prevSeqId":1,"seqId":2}]}'  # noqa: E501
BITGET = '{"action":"snapshot","arg":{"instType":"SPOT","channel":"books5","instId":"BTCUSDT"},"data":[{"asks":[["64000.2","0.5"]],"bids":[["64000.1","0.7"]],"seq":3,"ts":"1790000000000"}],"ts":1790000000001}'  # noqa: E501
FRAMES = (BINANCE_TICKER, BINANCE_DEPTH, BYBIT, OKX, BITGET)
NUMBERS = ("64000.10", "64000.20", "64000.1", "64000.2")
TIMES = [frame for frame in FRAMES if "1790000" in frame]


def leaves(tree: object) -> list[object]:
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in leaves(value)]
    if isinstance(tree, list):
        return [leaf for value in tree for leaf in leaves(value)]
    return [tree]


def changed(frame: str, kind: CorruptionKind, key: int = 11) -> list[tuple[object, object]]:
    """Return which values differ, before and after."""
    damaged = corrupt(frame, kind, key)
    assert isinstance(damaged, str)
    before, after = leaves(json.loads(frame)), leaves(json.loads(damaged))
    return [(old, new) for old, new in zip(before, after, strict=True) if old != new]


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("key", [0, 1, 12_345, 2**63])
def test_a_cut_frame_is_no_json(frame: str, key: int) -> None:
    damaged = corrupt(frame, CorruptionKind.CUT, key)

    assert isinstance(damaged, str)
    assert frame.startswith(damaged)
    with pytest.raises(json.JSONDecodeError):
        json.loads(damaged)


@pytest.mark.parametrize("key", [0, 5, 12_345, 2**63])
def test_a_bad_byte_is_no_text(key: int) -> None:
    damaged = corrupt(OKX, CorruptionKind.UTF8, key)

    assert isinstance(damaged, bytes)
    with pytest.raises(UnicodeDecodeError):
        damaged.decode()


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    ("kind", "value"),
    [(CorruptionKind.NAN, "NaN"), (CorruptionKind.INF, "Infinity"), (CorruptionKind.EMPTY, "")],
)
def test_a_price_or_size_becomes_no_number(frame: str, kind: CorruptionKind, value: str) -> None:
    ((_, new),) = changed(frame, kind)

    assert new == value


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("key", range(20))
def test_only_prices_become_zero_or_negative(frame: str, key: int) -> None:
    # A size of zero has a meaning; a price of zero has none.
    ((old, new),) = changed(frame, CorruptionKind.ZERO, key)
    assert (old in NUMBERS, new) == (True, "0")
    ((old, new),) = changed(frame, CorruptionKind.NEGATIVE, key)
    assert new == f"-{old}"
    assert old in NUMBERS


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("key", range(20))
def test_an_odd_notation_keeps_the_number(frame: str, key: int) -> None:
    ((old, new),) = changed(frame, CorruptionKind.EXPONENT, key)
    assert "E" in str(new)
    assert Decimal(str(new)) == Decimal(str(old))
    ((old, new),) = changed(frame, CorruptionKind.DIGITS, key)
    assert len(str(new)) == 41
    assert abs(Decimal(str(new)) - Decimal(str(old))) < Decimal("1e-30")


@pytest.mark.parametrize("frame", FRAMES)
def test_a_wrong_type_is_no_text(frame: str) -> None:
    seen: set[str] = set()
    for key in range(60):
        damaged = corrupt(frame, CorruptionKind.TYPE, key)
        assert isinstance(damaged, str)
        assert damaged != frame
        seen |= {word for word in ("{}", "[]", "true", "null") if word in damaged}
    assert seen == {"{}", "[]", "true", "null"}


@pytest.mark.parametrize("frame", FRAMES)
def test_a_member_goes_missing_or_a_new_one_appears(frame: str) -> None:
    less, more = corrupt(frame, CorruptionKind.MISSING, 3), corrupt(frame, CorruptionKind.EXTRA, 3)
    assert isinstance(less, str)
    assert isinstance(more, str)

    assert len(leaves(json.loads(less))) < len(leaves(json.loads(frame)))
    assert len(leaves(json.loads(more))) == len(leaves(json.loads(frame))) + 2


@pytest.mark.parametrize("frame", FRAMES)
def test_a_crossed_book_has_its_best_prices_exchanged(frame: str) -> None:
    prices = changed(frame, CorruptionKind.CROSSED)

    assert len(prices) == 2
    assert prices[0] == tuple(reversed(prices[1]))


@pytest.mark.parametrize("frame", TIMES)
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (CorruptionKind.TIME_ZERO, {0}),
        (CorruptionKind.TIME_S, {1_790_000_000}),
        (CorruptionKind.TIME_US, {1_790_000_000_000_000, 1_790_000_000_001_000}),
        (CorruptionKind.TIME_AHEAD, {1_790_003_600_000, 1_790_003_600_001}),
        (CorruptionKind.TIME_BEHIND, {1_789_996_400_000, 1_789_996_400_001}),
    ],
)
def test_every_time_of_a_frame_is_moved(
    frame: str, kind: CorruptionKind, expected: set[int]
) -> None:
    moved = changed(frame, kind)

    assert {int(str(new)) for _, new in moved} <= expected
    assert len(moved) == frame.count("1790000")
    assert all(type(old) is type(new) for old, new in moved)


def test_a_checksum_is_wrong_and_never_zero() -> None:
    ((old, new),) = changed(OKX, CorruptionKind.CHECKSUM)

    assert old == 0
    assert isinstance(new, int)
    assert new > 0


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (BINANCE_TICKER, CorruptionKind.TIME_S),
        (BYBIT, CorruptionKind.CHECKSUM),
        ('{"b":[],"a":[]}', CorruptionKind.NAN),
        ('{"b":[],"a":[["1","2"]]}', CorruptionKind.CROSSED),
        ('{"b":"1","a":"1"}', CorruptionKind.CROSSED),
        ('{"u":1}', CorruptionKind.MISSING),
        ("7", CorruptionKind.EXTRA),
        ("pong", CorruptionKind.NAN),
    ],
)
def test_what_does_not_apply_is_not_done(frame: str, kind: CorruptionKind) -> None:
    assert corrupt(frame, kind, 1) is None


@pytest.mark.parametrize("kind", CorruptionKind)
def test_the_same_key_does_the_same_damage(kind: CorruptionKind) -> None:
    assert corrupt(OKX, kind, 99) == corrupt(OKX, kind, 99)


FILLS = (
    '{"subscriptionId":0,"event":{"e":"executionReport","S":"SELL","q":"2","l":"1.5","z":"2.0","L":"100.0"}}',
    '{"topic":"execution.spot","data":[{"side":"Sell","execQty":"1.5","execPrice":"100.0"}]}',
    '{"arg":{"channel":"orders"},"data":[{"side":"sell","accFillSz":"1.5","fillSz":"1.5","fillPx":"100.0"}]}',
    '{"action":"snapshot","data":[{"side":"sell","baseVolume":"1.5","accBaseVolume":"1.5","fillPrice":"100.0"}]}',
)


@pytest.mark.parametrize("frame", FILLS)
def test_lies_about_fills(frame: str) -> None:
    for old, new in changed(frame, CorruptionKind.OVERFILL):
        assert (Decimal(str(old)), Decimal(str(new))) in {
            (Decimal("1.5"), Decimal("4.5")),
            (Decimal(2), Decimal(6)),
        }
    ((old, new),) = changed(frame, CorruptionKind.OFF_LIMIT)
    assert (old, Decimal(str(new))) == ("100.0", Decimal(50))
    bought = frame.replace("SELL", "BUY").replace("Sell", "Buy").replace("sell", "buy")
    ((_, new),) = changed(bought, CorruptionKind.OFF_LIMIT)
    assert Decimal(str(new)) == 150
    ((_, new),) = changed(frame, CorruptionKind.NEGATIVE)
    assert new == "-100.0"


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("kind", sorted(LIES))
def test_nothing_in_a_book_is_a_fill(frame: str, kind: CorruptionKind) -> None:
    assert corrupt(frame, kind, 11) is None


@pytest.mark.parametrize("key", range(200))
def test_lies_are_told_only_by_name(key: int) -> None:
    assert corruption_of((), FILLS[0], key) not in LIES
    assert corruption_of(LIES, FILLS[0], key) in LIES
