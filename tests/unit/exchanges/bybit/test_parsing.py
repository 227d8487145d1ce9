from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import BookKind, BookUpdate, Ticker
from arbot_tui.exchanges.base import UnreadableQuote
from arbot_tui.exchanges.bybit.parsing import Control, StreamParser

SNAPSHOT = (
    b'{"topic":"orderbook.1.BTCUSDT","ts":1748980103101,"type":"snapshot","data":{"s":"BTCUSDT",'
    b'"b":[["106285.8","0.794865"]],"a":[["106285.9","1.269905"]],"u":943951,"seq":75829523783},'
    b'"cts":1748980103098}'
)


DELTA = (
    b'{"topic":"orderbook.50.BTCUSDT","ts":1687940967466,"type":"delta","data":{"s":"BTCUSDT",'
    b'"b":[["30247.20","30.028"],["30240.00","0"]],"a":[["30248.70","0"]],"u":177400507,'
    b'"seq":66544703342},"cts":1687940967464}'
)


def _parser() -> StreamParser:
    return StreamParser(1, {"BTCUSDT": 4, "ETHUSDT": 5})


def _frame(
    bids: object,
    asks: object,
    *,
    kind: str = "snapshot",
    u: int = 10,
    symbol: str = "BTCUSDT",
    ts: object = 1_700_000_000_500,
    cts: object = 1_700_000_000_498,
) -> bytes:
    data = {"s": symbol, "b": bids, "a": asks, "u": u, "seq": 1}
    frame = {"topic": f"orderbook.1.{symbol}", "ts": ts, "type": kind, "data": data, "cts": cts}
    return json.dumps(frame).encode()


def _quote(message: object) -> tuple[float, float, float, float]:
    assert isinstance(message, Ticker)
    return message.bid, message.bid_size, message.ask, message.ask_size


def test_documented_snapshot_becomes_a_ticker_at_matching_engine_time() -> None:
    parser = _parser()
    parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10), 1)
    assert parser.parse(SNAPSHOT, 77) == Ticker(
        1, 4, 106285.8, 0.794865, 106285.9, 1.269905, 1748980103098 * 10**6, 77
    )


def test_what_a_subscription_begins_with_is_dated_by_the_push_system() -> None:
    """It may be of a book that changed minutes ago, which makes nothing late."""
    parser = _parser()
    for _ in range(2):
        ticker = parser.parse(SNAPSHOT, 77)
        assert isinstance(ticker, Ticker)
        assert ticker.event_ns == 1748980103101 * 10**6
        parser.forget(4)


def test_members_in_another_order_and_unknown_ones_change_nothing() -> None:
    frame = json.loads(SNAPSHOT)
    frame["data"]["new"] = {"deep": [1]}
    turned = json.dumps(dict(reversed(frame.items()))).encode()
    assert _parser().parse(turned, 77) == _parser().parse(SNAPSHOT, 77)


def test_repeated_snapshot_of_a_quiet_book_is_dated_by_the_push_system() -> None:
    parser = _parser()
    parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10), 1)
    repeated = parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10, ts=1_700_000_003_500), 2)
    assert isinstance(repeated, Ticker)
    assert repeated.event_ns == 1_700_000_003_500 * 10**6


@pytest.mark.parametrize(
    ("bids", "asks", "expected"),
    [
        ([], [["3", "4"]], (0.0, 0.0, 3.0, 4.0)),
        ([["1", "2"]], [], (1.0, 2.0, 0.0, 0.0)),
        ([], [], (0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_an_empty_side_is_a_ticker_without_that_side(
    bids: object, asks: object, expected: tuple[float, float, float, float]
) -> None:
    assert _quote(_parser().parse(_frame(bids, asks), 1)) == expected


def test_delta_changes_the_side_it_names_and_keeps_the_other() -> None:
    parser = _parser()
    parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10), 1)
    moved = parser.parse(_frame([["1", "0"], ["1.5", "7"]], [], kind="delta", u=11), 2)
    assert _quote(moved) == (1.5, 7.0, 3.0, 4.0)
    gone = parser.parse(_frame([], [["3", "0"]], kind="delta", u=12), 3)
    assert _quote(gone) == (1.5, 7.0, 0.0, 0.0)
    other = parser.parse(_frame([["9", "0"]], [["3.5", "1"]], kind="delta", u=13), 4)
    assert _quote(other) == (1.5, 7.0, 3.5, 1.0)


def test_delta_before_a_snapshot_or_older_than_the_book_is_passed_over() -> None:
    parser = _parser()
    assert parser.parse(_frame([["1", "2"]], [], kind="delta", u=9), 1) is None
    parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10), 1)
    assert parser.parse(_frame([["5", "2"]], [], kind="delta", u=9), 1) is None


@pytest.mark.parametrize(
    ("u", "cts"), [(10, 1_700_000_000_498), (9, 1_700_000_000_498), (9, 1_700_000_000_400)]
)
def test_duplicate_or_late_snapshot_is_no_news(u: int, cts: int) -> None:
    parser = _parser()
    parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10), 1)
    assert parser.parse(_frame([["5", "6"]], [["7", "8"]], u=u, cts=cts), 2) is None


def test_smaller_id_at_a_later_time_is_a_service_that_numbers_afresh() -> None:
    parser = _parser()
    parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10), 1)
    later = parser.parse(_frame([["5", "6"]], [["7", "8"]], u=2, cts=1_700_000_000_499), 2)
    assert _quote(later) == (5.0, 6.0, 7.0, 8.0)


def test_after_forget_or_restart_the_same_quote_is_news_again() -> None:
    parser = _parser()
    frame = _frame([["1", "2"]], [["3", "4"]])
    assert parser.parse(frame, 1) is not None
    parser.forget(4)
    assert parser.parse(frame, 2) is not None
    parser.restart()
    assert parser.parse(frame, 3) is not None
    assert parser.parse(frame, 4) is None


def test_symbol_that_was_left_is_passed_over_and_can_come_back() -> None:
    parser = _parser()
    parser.leave("BTCUSDT")
    parser.forget(4)  # nothing is known of it any more
    assert parser.parse(SNAPSHOT, 1) is None
    assert parser.parse(DELTA, 1) is None
    parser.follow("BTCUSDT", 9)
    ticker = parser.parse(SNAPSHOT, 2)
    assert isinstance(ticker, Ticker)
    assert ticker.row == 9


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (DELTA, BookKind.DELTA),
        (DELTA.replace(b"delta", b"snapshot"), BookKind.SNAPSHOT),
        (DELTA.replace(b"177400507", b"1"), BookKind.SNAPSHOT),
    ],
    ids=["change", "snapshot", "restarted service"],
)
def test_depth_carries_its_id_and_matching_engine_time(raw: bytes, kind: BookKind) -> None:
    update = _parser().parse(raw, 5)
    number = 1 if b'"u":1,' in raw else 177400507
    assert update == BookUpdate(
        1,
        4,
        kind,
        number,
        number,
        -1,
        [(30247.2, 30.028), (30240.0, 0.0)],
        [(30248.7, 0.0)],
        1687940967464 * 10**6,
        5,
    )


@pytest.mark.parametrize(
    "raw",
    [
        SNAPSHOT[:-20],
        SNAPSHOT.replace(b"106285.8", b"nan"),
        SNAPSHOT.replace(b"1748980103098", b"0"),
        SNAPSHOT.replace(b'"data"', b'"x"'),
    ],
)
def test_broken_quote_tells_whose_it_was(raw: bytes) -> None:
    with pytest.raises(UnreadableQuote) as caught:
        _parser().parse(raw, 1)
    assert caught.value.row == 4


@pytest.mark.parametrize("raw", [DELTA[:-20], SNAPSHOT[5:], SNAPSHOT[:20] + b"\xff"])
def test_other_broken_frames_accuse_no_quote(raw: bytes) -> None:
    with pytest.raises(MalformedMessage) as caught:
        _parser().parse(raw, 1)
    assert not isinstance(caught.value, UnreadableQuote)


def test_update_id_one_is_a_snapshot_whatever_it_calls_itself() -> None:
    parser = _parser()
    parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10), 1)
    restarted = parser.parse(_frame([["7", "1"]], [["8", "1"]], kind="delta", u=1), 2)
    assert _quote(restarted) == (7.0, 1.0, 8.0, 1.0)


def test_a_quiet_book_of_a_restarted_service_is_repeated_and_not_late() -> None:
    """Every three seconds under the update id 1, at the time when the book last changed."""
    parser = _parser()
    parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10), 1)
    for ts in (1_700_000_000_600, 1_700_000_003_600, 1_700_000_006_600):
        raw = _frame([["1", "2"]], [["3", "4"]], u=1, ts=ts)
        ticker = parser.parse(raw, 2)
        assert isinstance(ticker, Ticker)
        assert ticker.event_ns == ts * 10**6
        # The same frame once more is no news.
        assert parser.parse(raw, 3) is None
    # One that was pushed before says nothing about now.
    assert parser.parse(_frame([["9", "2"]], [["9.5", "4"]], ts=1_700_000_000_100, u=1), 4) is None


@pytest.mark.parametrize("price", ["nan", "inf", "-inf", "0", "-1", "NaN", "Infinity", "0.0"])
@pytest.mark.parametrize("place", ["price", "size"])
@pytest.mark.parametrize("side", ["bid", "ask"])
def test_impossible_numbers_never_become_a_quote(price: str, place: str, side: str) -> None:
    bad = [price, "1"] if place == "price" else ["1", price]
    bids, asks = ([bad], [["3", "4"]]) if side == "bid" else ([["1", "2"]], [bad])
    with pytest.raises(MalformedMessage):
        _parser().parse(_frame(bids, asks), 1)


@pytest.mark.parametrize("level", [["nan", "1"], ["0", "1"], ["1", "nan"], ["1", "-1"]])
def test_impossible_numbers_in_a_delta_leave_the_held_book_alone(level: list[str]) -> None:
    parser = _parser()
    parser.parse(_frame([["1", "2"]], [["3", "4"]], u=10), 1)
    with pytest.raises(MalformedMessage):
        parser.parse(_frame([level], [], kind="delta", u=11), 2)
    assert _quote(parser.parse(_frame([], [], kind="delta", u=12), 3)) == (1.0, 2.0, 3.0, 4.0)


@pytest.mark.parametrize(
    "raw",
    [
        _frame([["1", "2"]], [["3", "4"]], symbol="XRPUSDT"),
        _frame([["1", "2"]], [["3", "4"]], kind="odd"),
        _frame([["1", "2"]], [["3", "4"]], cts=0),
        _frame([["1", "2"]], [["3", "4"]], cts=1_700_000_000_498_000),
        _frame([["1", "2"]], [["3", "4"]], cts="soon"),
        _frame([["1"]], [["3", "4"]]),
        b"",
        b"null",
        b"[]",
        b"{}",
        b"pong",
        b'{"topic":"\xff"}',
        b'{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1}',
        b'{"zz":' + b"[" * 100_000,
        SNAPSHOT.replace(b"orderbook.1.", b"orderbook.200."),
        DELTA.replace(b"delta", b"odd"),
        DELTA.replace(b"1687940967466", b"0"),
        b'{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1,"cts":1}',
    ],
)
def test_broken_frames_raise_our_own_error(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        _parser().parse(raw, 1)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            b'{"success":true,"ret_msg":"subscribe","conn_id":"2324d924","req_id":"10001",'
            b'"op":"subscribe"}',
            Control("subscribe", True, "subscribe", "10001"),
        ),
        (
            b'{"success":true,"ret_msg":"pong","conn_id":"0970e817","op":"ping"}',
            Control("ping", True, "pong", ""),
        ),
        (
            b'{"success":false,"ret_msg":"args size >10","conn_id":"x","op":"subscribe"}',
            Control("subscribe", False, "args size >10", ""),
        ),
        (
            b'{"success":false,"ret_msg":"error:handler not found,topic:publicTrade.NOTASYMBOL",'
            b'"conn_id":"x","req_id":"","op":"subscribe"}',
            Control("subscribe", False, "error:handler not found,topic:publicTrade.NOTASYMBOL", ""),
        ),
        (
            b'{"success":false,"ret_msg":"\\u001b[31mred","op":"subscribe"}',
            Control("subscribe", False, "[31mred", ""),
        ),
    ],
)
def test_control_frames_are_told_from_data(raw: bytes, expected: Control) -> None:
    assert _parser().parse(raw, 1) == expected


def _only_good(parser: StreamParser, raw: bytes) -> None:
    try:
        message = parser.parse(raw, 1)
    except MalformedMessage:
        return
    if isinstance(message, Ticker):
        for price, size in ((message.bid, message.bid_size), (message.ask, message.ask_size)):
            good = 0.0 < price < math.inf and 0.0 < size < math.inf
            assert good or (price == 0.0 and size == 0.0)
        assert message.event_ns > 0


@given(st.binary())
def test_random_bytes_raise_only_our_own_error(raw: bytes) -> None:
    _only_good(_parser(), raw)


@given(st.integers(0, len(SNAPSHOT) - 1), st.integers(0, 255), st.integers(0, len(SNAPSHOT)))
def test_flipped_and_cut_frames_raise_only_our_own_error(at: int, byte: int, end: int) -> None:
    flipped = bytearray(SNAPSHOT)
    flipped[at] = byte
    parser = _parser()
    _only_good(parser, bytes(flipped))
    _only_good(parser, bytes(flipped[:end]))


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.data())
def test_wrong_types_anywhere_raise_only_our_own_error(data: st.DataObject) -> None:
    frame = json.loads(SNAPSHOT)
    target = data.draw(st.sampled_from([frame, frame["data"]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_ANY)
    if data.draw(st.booleans()):
        frame["type"] = "delta"
    parser = _parser()
    parser.parse(SNAPSHOT, 1)
    _only_good(parser, json.dumps(frame).encode())
