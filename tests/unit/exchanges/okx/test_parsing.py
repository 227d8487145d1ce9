from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import BookKind, BookUpdate, Ticker
from arbot_tui.exchanges.base import UnreadableQuote
from arbot_tui.exchanges.okx.parsing import Control, StreamParser

TOP = (
    b'{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["111.06","55154","0",'
    b'"2"]],"bids":[["111.05","57745","0","2"]],"ts":"1670324386802","seqId":363996337}]}'
)
SNAPSHOT = (
    b'{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":'
    b'[["8476.98","415","0","13"]],"bids":[["8476.97","256","0","12"]],"ts":"1597026383085",'
    b'"checksum":0,"prevSeqId":-1,"seqId":123456}]}'
)
UPDATE = (
    b'{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["8477",'
    b'"7","0","2"]],"bids":[["8475.55","0","0","0"]],"ts":"1597026383185","checksum":0,'
    b'"prevSeqId":123456,"seqId":123457}]}'
)


def _parser() -> StreamParser:
    return StreamParser(2, {"BTC-USDT": 4})


def _top(asks: object, bids: object, ts: object = "1670324386802") -> bytes:
    book = {"asks": asks, "bids": bids, "ts": ts, "seqId": 1}
    frame = {"arg": {"channel": "bbo-tbt", "instId": "BTC-USDT"}, "data": [book]}
    return json.dumps(frame).encode()


def test_documented_best_bid_and_ask() -> None:
    parser = _parser()
    # What a subscription begins with is dated when the book last changed: it tells no time.
    for _ in range(2):
        assert parser.parse(TOP, 77) == Ticker(2, 4, 111.05, 57745.0, 111.06, 55154.0, 0, 77)
        parser.forget(4)
    parser.parse(_top([["3", "4"]], [["1", "2"]], "1670324386801"), 78)
    assert parser.parse(TOP, 79) == Ticker(
        2, 4, 111.05, 57745.0, 111.06, 55154.0, 1670324386802 * 10**6, 79
    )


def test_a_change_does_not_pass_for_the_whole() -> None:
    whole = json.loads(TOP) | {"action": "snapshot"}
    assert isinstance(_parser().parse(json.dumps(whole).encode(), 1), Ticker)
    with pytest.raises(UnreadableQuote):
        _parser().parse(json.dumps(whole | {"action": "update"}).encode(), 1)


@pytest.mark.parametrize(
    ("seq", "ts"), [(1, "1670324386802"), (0, "1670324386802"), (1, "1670324386700")]
)
def test_duplicate_or_late_quote_is_no_news(seq: int, ts: str) -> None:
    parser = _parser()
    parser.parse(_top([["3", "4"]], [["1", "2"]]), 1)
    late = _top([["9", "4"]], [["8", "2"]], ts).replace(b'"seqId": 1', b'"seqId": %d' % seq)
    assert parser.parse(late, 2) is None


@pytest.mark.parametrize(("seq", "ts"), [(2, "1670324386700"), (0, "1670324386803")])
def test_higher_id_or_later_time_is_news(seq: int, ts: str) -> None:
    parser = _parser()
    parser.parse(_top([["3", "4"]], [["1", "2"]]), 1)
    later = _top([["9", "4"]], [["8", "2"]], ts).replace(b'"seqId": 1', b'"seqId": %d' % seq)
    assert parser.parse(later, 2) is not None


def test_without_ids_only_an_earlier_time_is_late() -> None:
    parser = _parser()
    for ts, news in (("1670324386802", True), ("1670324386802", True), ("1670324386801", False)):
        raw = _top([["3", "4"]], [["1", "2"]], ts).replace(b', "seqId": 1', b"")
        assert (parser.parse(raw, 1) is not None) is news


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
    parser.leave("BTC-USDT")
    parser.forget(4)  # nothing is known of it any more
    assert parser.parse(TOP, 1) is None
    assert parser.parse(UPDATE, 1) is None
    parser.follow("BTC-USDT", 9)
    ticker = parser.parse(TOP, 2)
    assert isinstance(ticker, Ticker)
    assert ticker.row == 9


@pytest.mark.parametrize(
    "raw", [TOP[:-20], TOP.replace(b"111.06", b"nan"), TOP.replace(b"55154", b"0")]
)
def test_broken_quote_tells_whose_it_was(raw: bytes) -> None:
    with pytest.raises(UnreadableQuote) as caught:
        _parser().parse(raw, 1)
    assert caught.value.row == 4


@pytest.mark.parametrize("raw", [UPDATE[:-20], TOP[:30], TOP.replace(b"BTC", b"XRP")[:-20]])
def test_other_broken_frames_accuse_no_quote(raw: bytes) -> None:
    with pytest.raises(MalformedMessage) as caught:
        _parser().parse(raw, 1)
    assert not isinstance(caught.value, UnreadableQuote)


def test_documented_snapshot_and_update() -> None:
    parser = _parser()
    assert parser.parse(SNAPSHOT, 5) == BookUpdate(
        2,
        4,
        BookKind.SNAPSHOT,
        0,
        123456,
        -1,
        [(8476.97, 256.0)],
        [(8476.98, 415.0)],
        1597026383085 * 10**6,
        5,
    )
    assert parser.parse(UPDATE, 6) == BookUpdate(
        2,
        4,
        BookKind.DELTA,
        0,
        123457,
        123456,
        [(8475.55, 0.0)],
        [(8477.0, 7.0)],
        1597026383185 * 10**6,
        6,
    )


@pytest.mark.parametrize(
    ("before", "seq"), [(15, 15), (15, 3)], ids=["heartbeat", "maintenance reset"]
)
def test_messages_without_levels_carry_their_ids(before: int, seq: int) -> None:
    frame = json.loads(UPDATE)
    frame["data"][0] |= {"asks": [], "bids": [], "prevSeqId": before, "seqId": seq}
    update = _parser().parse(json.dumps(frame).encode(), 1)
    assert isinstance(update, BookUpdate)
    assert (update.prev_id, update.last_id, update.bids, update.asks) == (before, seq, [], [])


@pytest.mark.parametrize("checksum", [0, -855196043, "x", None])
def test_checksum_is_treated_as_absent(checksum: object) -> None:
    frame = json.loads(UPDATE)
    frame["data"][0]["checksum"] = checksum
    assert _parser().parse(json.dumps(frame).encode(), 6) == _parser().parse(UPDATE, 6)


@pytest.mark.parametrize(
    ("asks", "bids", "expected"),
    [
        ([], [["1", "2", "0", "1"]], (1.0, 2.0, 0.0, 0.0)),
        ([["3", "4", "0", "1"]], [], (0.0, 0.0, 3.0, 4.0)),
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
    levels = [[["3", "4", "0", "1"]], [["1", "2", "0", "1"]]]
    levels[side][0][column] = number
    with pytest.raises(MalformedMessage):
        _parser().parse(_top(levels[0], levels[1]), 1)


@pytest.mark.parametrize(
    "level", [["nan", "1"], ["0", "1"], ["-1", "1"], ["1", "nan"], ["1", "-1"]]
)
def test_impossible_numbers_never_enter_a_book(level: list[str]) -> None:
    frame = json.loads(UPDATE)
    frame["data"][0]["bids"] = [[*level, "0", "1"]]
    with pytest.raises(MalformedMessage):
        _parser().parse(json.dumps(frame).encode(), 1)


@pytest.mark.parametrize(
    "raw",
    [
        TOP.replace(b"BTC-USDT", b"XRP-USDT"),
        TOP.replace(b"bbo-tbt", b"tickers"),
        UPDATE.replace(b"books", b"books-rpi"),
        UPDATE.replace(b"update", b"odd"),
        UPDATE.replace(b'"seqId":123457', b'"seqId":-1'),
        UPDATE.replace(b',"seqId":123457', b""),
        UPDATE.replace(b"123457", b"1234570000000000000000000000000"),
        TOP.replace(b"1670324386802", b"1670324386802000"),
        TOP.replace(b"1670324386802", b"0"),
        b'{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[]}',
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
            b'{"id":"1512","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},'
            b'"connId":"a4d3ae55"}',
            Control("subscribe", "books", "BTC-USDT", request_id="1512"),
        ),
        (
            b'{"id":"1513","event":"unsubscribe","arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},'
            b'"connId":"d0b44253"}',
            Control("unsubscribe", "bbo-tbt", "BTC-USDT", request_id="1513"),
        ),
        (
            b'{"id":"1512","event":"error","code":"60012","msg":"Invalid request: '
            b'{\\"op\\": \\"subscribe\\"}","connId":"a4d3ae55"}',
            Control(
                "error",
                code="60012",
                message='Invalid request: {"op": "subscribe"}',
                request_id="1512",
            ),
        ),
        (
            b'{"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"a"}',
            Control("channel-conn-count"),
        ),
        (
            b'{"event":"notice","code":"64008","msg":"The connection will soon be closed.\\u202e",'
            b'"connId":"a4d3ae55"}',
            Control("notice", code="64008", message="The connection will soon be closed."),
        ),
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
        # What a subscription begins with tells no time.
        assert message.event_ns == 0
    elif isinstance(message, BookUpdate):
        assert 0 <= message.last_id < 2**63
        for price, size in (*message.bids, *message.asks):
            assert 0.0 < price < math.inf
            assert 0.0 <= size < math.inf


@given(st.binary())
def test_random_bytes_raise_only_our_own_error(raw: bytes) -> None:
    _only_good(raw)


@given(
    st.sampled_from([TOP, SNAPSHOT, UPDATE]),
    st.integers(0, 400),
    st.integers(0, 255),
    st.integers(0, 400),
)
def test_flipped_and_cut_frames_raise_only_our_own_error(
    frame: bytes, at: int, byte: int, end: int
) -> None:
    flipped = bytearray(frame)
    flipped[at % len(frame)] = byte
    _only_good(bytes(flipped))
    _only_good(bytes(flipped[:end]))


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.sampled_from([TOP, SNAPSHOT, UPDATE]), st.data())
def test_wrong_types_anywhere_raise_only_our_own_error(raw: bytes, data: st.DataObject) -> None:
    frame = json.loads(raw)
    target = data.draw(st.sampled_from([frame, frame["arg"], frame["data"][0]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_ANY)
    _only_good(json.dumps(frame).encode())
