"""Whatever arrives, the decoder answers with market data or `MalformedMessage`."""

import math
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import BookUpdate, DepthSnapshot, Ticker
from arbot_tui.exchanges.binance.answers import (
    parse_balances,
    parse_order,
    parse_orders,
    parse_trades,
)
from arbot_tui.exchanges.binance.fees import parse_commission
from arbot_tui.exchanges.binance.instruments import parse_exchange_info
from arbot_tui.exchanges.binance.parsing import (
    Control,
    StreamParser,
    parse_depth,
    parse_seed_tickers,
    parse_server_time,
)

ROWS = {"BNBUSDT": 0, "BNBBTC": 1}
FRAMES = (
    b'{"stream":"bnbusdt@bookTicker","data":{"u":400900217,"s":"BNBUSDT","b":"25.35190000",'
    b'"B":"31.21000000","a":"25.36520000","A":"40.66000000"}}',
    b'{"stream":"bnbbtc@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC",'
    b'"U":157,"u":160,"b":[["0.0024","10"]],"a":[["0.0026","100"]]}}',
    b'{"error":{"code":2,"msg":"Invalid request"},"id":1}',
)
READERS: tuple[Callable[[bytes], object], ...] = (
    lambda raw: parse_depth(raw, 1),
    lambda raw: parse_seed_tickers(raw, ROWS, 0, 1),
    parse_server_time,
    parse_exchange_info,
    parse_order,
    parse_orders,
    lambda raw: parse_trades(raw, "id", "BNB/USDT", "1"),
    parse_balances,
    lambda raw: parse_commission(raw, "BNBUSDT"),
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["NaN", "inf", "-1", "0", "1e999", "BNBUSDT", "25.3", "depthUpdate"]),
)
names = st.sampled_from(
    ["stream", "data", "e", "E", "s", "u", "U", "b", "B", "a", "A", "id", "code", "result", "bids"]
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(names, st.text()), inner, max_size=6)
    ),
    max_leaves=20,
)


def _check(raw: bytes) -> None:
    complaint, message = "", None
    try:
        message = StreamParser(0, ROWS).parse(raw, 1)
    except MalformedMessage as e:
        complaint = str(e)
    assert complaint.isprintable()
    if isinstance(message, Ticker):
        for price, size in ((message.bid, message.bid_size), (message.ask, message.ask_size)):
            assert math.isfinite(price)
            assert math.isfinite(size)
            assert (price > 0 and size > 0) or price == size == 0
    elif isinstance(message, BookUpdate):
        assert 0 < message.first_id <= message.last_id
        for price, size in (*message.bids, *message.asks):
            assert 0 < price < math.inf
            assert 0 <= size < math.inf
    else:
        assert message is None or isinstance(message, Control)


def _read(raw: bytes) -> None:
    for read in READERS:
        try:
            result = read(raw)
        except MalformedMessage:
            continue
        if isinstance(result, DepthSnapshot):
            assert all(math.isfinite(price) for price, _ in (*result.bids, *result.asks))


@given(st.binary(max_size=200))
def test_random_bytes(raw: bytes) -> None:
    _check(raw)
    _read(raw)


@given(st.sampled_from(FRAMES), st.data())
def test_frames_cut_anywhere(frame: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(frame)))
    _check(frame[start : data.draw(st.integers(start, len(frame)))])


@given(st.sampled_from(FRAMES), st.lists(st.tuples(st.integers(0, 180), st.integers(0, 255))))
def test_frames_with_flipped_bytes(frame: bytes, flips: list[tuple[int, int]]) -> None:
    raw = bytearray(frame)
    for place, value in flips:
        raw[place % len(raw)] = value
    _check(bytes(raw))


@given(trees)
def test_any_json(tree: object) -> None:
    raw = json.encode(tree)
    _check(raw)
    _read(raw)


@given(
    st.dictionaries(st.sampled_from("usbBaA"), scalars),
    st.dictionaries(st.sampled_from("EsUuba"), trees),
)
def test_right_fields_with_wrong_values(ticker: object, depth: object) -> None:
    _check(json.encode({"stream": "bnbusdt@bookTicker", "data": ticker}))
    _check(json.encode({"stream": "bnbbtc@depth@100ms", "data": depth}))
