from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import BookKind, BookUpdate, Ticker
from arbot_tui.exchanges.base import UnreadableQuote
from arbot_tui.exchanges.bitget.parsing import Control, StreamParser

# The documented push is a books5 one; books1 has the same shape with one level.
TOP = (
    b'{"action":"snapshot","arg":{"instType":"SPOT","channel":"books1","instId":"BTCUSDT"},'
    b'"data":[{"asks":[["26274.9","0.0009"],["26275.0","0.0500"]],"bids":[["26274.8","0.0009"],'
    b'["26274.7","0.0027"]],"seq":123,"ts":"1695710946294"}],"ts":1695710946300}'
)


DEPTH = TOP.replace(b"books1", b"books15")


def _parser() -> StreamParser:
    return StreamParser(3, {"BTCUSDT": 4})


def _top(asks: object, bids: object, **changes: object) -> bytes:
    frame = json.loads(TOP)
    frame["data"][0] |= {"asks": asks, "bids": bids} | changes
    return json.dumps(frame).encode()


def test_documented_best_bid_and_ask_at_matching_engine_time() -> None:
    parser = _parser()
    parser.parse(_top([["3", "4"]], [["1", "2"]], seq=1, ts="1695710946000"), 1)
    assert parser.parse(TOP, 77) == Ticker(
        3, 4, 26274.8, 0.0009, 26274.9, 0.0009, 1695710946294 * 10**6, 77
    )


@pytest.mark.parametrize("action", ["update", ""])
def test_a_change_does_not_pass_for_the_whole(action: str) -> None:
    for raw, error in ((TOP, UnreadableQuote), (DEPTH, MalformedMessage)):
        frame = json.loads(raw) | {"action": action}
        with pytest.raises(error):
            _parser().parse(json.dumps(frame).encode(), 1)


def test_what_a_subscription_begins_with_is_dated_when_it_was_pushed() -> None:
    """It may be of a book that changed minutes ago, which makes nothing late."""
    parser = _parser()
    frame = json.loads(TOP)
    frame["ts"] = 1695710999000
    for _ in range(2):
        ticker = parser.parse(json.dumps(frame).encode(), 77)
        assert isinstance(ticker, Ticker)
        assert ticker.event_ns == 1695710999000 * 10**6
        parser.forget(4)
    del frame["ts"]
    ticker = parser.parse(json.dumps(frame).encode(), 78)
    assert isinstance(ticker, Ticker)
    assert ticker.event_ns == 0


@pytest.mark.parametrize(
    "changes", [{"seq": "1304314508780744705"}, {"checksum": 0}, {"checksum": 7}, {"pseq": 0}]
)
def test_constant_checksum_and_previous_id_are_treated_as_absent(
    changes: dict[str, object],
) -> None:
    raw = _top([["26274.9", "0.0009"]], [["26274.8", "0.0009"]], **changes)
    assert _parser().parse(raw, 77) == _parser().parse(TOP, 77)


@pytest.mark.parametrize(
    "changes",
    [{}, {"seq": 122}, {"seq": 122, "ts": "1695710946293"}, {"seq": 123, "ts": "1695710946000"}],
)
def test_duplicate_or_late_quote_is_no_news(changes: dict[str, object]) -> None:
    parser = _parser()
    parser.parse(TOP, 1)
    assert parser.parse(_top([["9", "1"]], [["8", "1"]], **changes), 2) is None


@pytest.mark.parametrize("changes", [{"seq": 124}, {"seq": 5, "ts": "1695710946295"}])
def test_higher_number_or_later_time_is_news(changes: dict[str, object]) -> None:
    parser = _parser()
    parser.parse(TOP, 1)
    assert parser.parse(_top([["9", "1"]], [["8", "1"]], **changes), 2) is not None


def test_without_numbers_only_an_earlier_time_is_late() -> None:
    parser = _parser()
    for ts, news in (("1695710946294", True), ("1695710946294", True), ("1695710946293", False)):
        message = parser.parse(_top([["9", "1"]], [["8", "1"]], seq=0, ts=ts), 1)
        assert (message is not None) is news


def test_after_forget_or_restart_the_same_quote_is_news_again() -> None:
    parser = _parser()
    assert parser.parse(TOP, 1) is not None
    parser.forget(4)
    assert parser.parse(TOP, 2) is not None
    parser.restart()
    assert parser.parse(TOP, 3) is not None
    assert parser.parse(TOP, 4) is None


def test_symbol_that_was_left_is_passed_over_and_can_come_back() -> None:
    parser = _parser()
    parser.leave("BTCUSDT")
    parser.forget(4)  # nothing is known of it any more
    assert parser.parse(TOP, 1) is None
    assert parser.parse(DEPTH, 1) is None
    parser.follow("BTCUSDT", 9)
    ticker = parser.parse(TOP, 2)
    assert isinstance(ticker, Ticker)
    assert ticker.row == 9


def test_depth_is_a_snapshot_each_time() -> None:
    assert _parser().parse(DEPTH, 5) == BookUpdate(
        3,
        4,
        BookKind.SNAPSHOT,
        0,
        123,
        -1,
        [(26274.8, 0.0009), (26274.7, 0.0027)],
        [(26274.9, 0.0009), (26275.0, 0.05)],
        1695710946294 * 10**6,
        5,
    )


@pytest.mark.parametrize("raw", [TOP[:-20], TOP.replace(b"26274.8", b"nan")])
def test_broken_quote_tells_whose_it_was(raw: bytes) -> None:
    with pytest.raises(UnreadableQuote) as caught:
        _parser().parse(raw, 1)
    assert caught.value.row == 4


@pytest.mark.parametrize("raw", [DEPTH[:-20], TOP[:60], TOP.replace(b"SPOT", b"X")[:-20]])
def test_other_broken_frames_accuse_no_quote(raw: bytes) -> None:
    with pytest.raises(MalformedMessage) as caught:
        _parser().parse(raw, 1)
    assert not isinstance(caught.value, UnreadableQuote)


def test_of_several_books_in_a_frame_the_newest_counts() -> None:
    frame = json.loads(TOP)
    old = {"asks": [["9", "9"]], "bids": [["8", "8"]], "ts": "1695710946000"}
    frame["data"].insert(0, old)
    assert _parser().parse(json.dumps(frame).encode(), 77) == _parser().parse(TOP, 77)


@pytest.mark.parametrize(
    ("asks", "bids", "expected"),
    [
        ([], [["1", "2"]], (1.0, 2.0, 0.0, 0.0)),
        ([["3", "4"]], [], (0.0, 0.0, 3.0, 4.0)),
        ([], [], (0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_an_empty_side_is_a_ticker_without_that_side(
    asks: object, bids: object, expected: tuple[float, float, float, float]
) -> None:
    ticker = _parser().parse(_top(asks, bids), 1)
    assert isinstance(ticker, Ticker)
    assert (ticker.bid, ticker.bid_size, ticker.ask, ticker.ask_size) == expected


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "0", "-1", "NaN", "Infinity", "1e300"])
@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("side", [0, 1])
def test_impossible_numbers_never_become_a_quote(number: str, column: int, side: int) -> None:
    levels = [[["3", "4"]], [["1", "2"]]]
    levels[side][0][column] = number
    with pytest.raises(MalformedMessage):
        _parser().parse(_top(levels[0], levels[1]), 1)


@pytest.mark.parametrize(
    "raw",
    [
        TOP.replace(b"BTCUSDT", b"XRPUSDT"),
        TOP.replace(b"books1", b"books5"),
        TOP.replace(b"SPOT", b"USDT-FUTURES"),
        TOP.replace(b'"1695710946294"', b'"1695710946294000"'),
        TOP.replace(b'"1695710946294"', b'"0"'),
        TOP.replace(b'"ts":"1695710946294"', b'"x":1'),
        b'{"arg":{"instType":"SPOT","channel":"books1","instId":"BTCUSDT"},"data":[]}',
        b'{"data":[]}',
        b"",
        b"null",
        b"[]",
        b"{}",
        b"ping",
        b'{"event":"\xff"}',
        b'{"zz":' + b"[" * 100_000,
    ],
)
def test_broken_frames_raise_our_own_error(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        _parser().parse(raw, 1)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"pong", Control("pong")),
        (
            b'{"event":"subscribe","arg":{"instType":"SPOT","channel":"books1","instId":"BTCUSDT"}}',
            Control("subscribe", "books1", "BTCUSDT"),
        ),
        (
            b'{"event":"unsubscribe","arg":{"instType":"SPOT","channel":"books1",'
            b'"instId":"BTCUSDT"}}',
            Control("unsubscribe", "books1", "BTCUSDT"),
        ),
        (
            b'{"event":"error","arg":{"instType":"SPOT","channel":"candleX","instId":"BTCUSDT"},'
            b'"code":30001,"msg":"instType:SPOT doesn\'t exist"}',
            Control("error", "candleX", "BTCUSDT", "30001", "instType:SPOT doesn't exist"),
        ),
        (
            b'{"event":"error","code":"30005","msg":"err\\u001bor"}',
            Control("error", "", "", "30005", "error"),
        ),
        (b'{"event":"login","code":"0","msg":""}', Control("login")),
        (b'{"event":"login","code":0,"msg":""}', Control("login")),
    ],
)
def test_control_frames_are_told_from_data(raw: bytes, expected: Control) -> None:
    assert _parser().parse(raw, 1) == expected


def _only_good(raw: bytes) -> None:
    try:
        message = _parser().parse(raw, 1)
    except MalformedMessage:
        return
    if isinstance(message, Ticker):
        for price, size in ((message.bid, message.bid_size), (message.ask, message.ask_size)):
            good = 0.0 < price < math.inf and 0.0 < size < math.inf
            assert good or (price == 0.0 and size == 0.0)
        # 0 where a first state comes without the time of its push.
        assert message.event_ns >= 0


@given(st.binary())
def test_random_bytes_raise_only_our_own_error(raw: bytes) -> None:
    _only_good(raw)


@given(st.integers(0, len(TOP) - 1), st.integers(0, 255), st.integers(0, len(TOP)))
def test_flipped_and_cut_frames_raise_only_our_own_error(at: int, byte: int, end: int) -> None:
    flipped = bytearray(TOP)
    flipped[at] = byte
    _only_good(bytes(flipped))
    _only_good(bytes(flipped[:end]))


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.data())
def test_wrong_types_anywhere_raise_only_our_own_error(data: st.DataObject) -> None:
    frame = json.loads(TOP)
    target = data.draw(st.sampled_from([frame, frame["arg"], frame["data"][0]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_ANY)
    _only_good(json.dumps(frame).encode())
