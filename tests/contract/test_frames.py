"""Frames of every venue, damaged at random: nothing passes the decoder but what is counted.

The frames are those of the synthetic venues and of the toy; the decoders are the adapters' own,
behind a real session, which counts what it drops.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import VirtualClock
from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.domain.quotes import BookUpdate, Ticker
from arbot_tui.exchanges.binance.parsing import StreamParser as BinanceParser
from arbot_tui.exchanges.bitget.parsing import StreamParser as BitgetParser
from arbot_tui.exchanges.bybit.parsing import StreamParser as BybitParser
from arbot_tui.exchanges.okx.parsing import StreamParser as OkxParser
from arbot_tui.exchanges.transport.websocket import WebSocketOptions, WebSocketSession
from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.endpoints import ENDPOINTS
from tests.contract.toy.parsing import StreamParser as ToyParser
from tests.unit.simulator.virtual import START_NS, VirtualVenues

Parse = Callable[[bytes, int], object]

VENUES = ("binance", "bybit", "okx", "bitget", "toy")
_ASKED = {
    "binance": '{"method":"SUBSCRIBE","id":1,'
    '"params":["btcusdt@bookTicker","btcusdt@depth@100ms"]}',
    "bybit": '{"op":"subscribe","req_id":"1",'
    '"args":["orderbook.1.BTCUSDT","orderbook.50.BTCUSDT"]}',
    "okx": '{"op":"subscribe","id":"1","args":[{"channel":"bbo-tbt","instId":"BTC-USDT"},'
    '{"channel":"books","instId":"BTC-USDT"}]}',
    "bitget": '{"op":"subscribe","args":[{"instType":"SPOT","channel":"books1","instId":"BTCUSDT"},'
    '{"instType":"SPOT","channel":"books15","instId":"BTCUSDT"}]}',
}
_TOY = (
    b'{"top": "BTC_USDT", "id": 7, "ms": 1790000000500, "b": [[61000.1, 1]], '
    b'"a": [[61000.2, 0.5]]}',
    b'{"book": "BTC_USDT", "id": 8, "ms": 1790000000600, "b": [[61000.1, 1]], '
    b'"a": [[61000.2, 0.5], [61000.3, 2]]}',
    b'{"done": "1"}',
    b'{"no": "2"}',
)


@functools.cache
def _frames(name: str) -> tuple[bytes, ...]:
    """Return what a venue sends in its first seconds: answers, quotes and books."""
    if name == "toy":
        return _TOY
    venues = VirtualVenues(WorldSpec(seed=3, symbols=2, rate_hz=40.0))
    link = venues.connect(
        name, ENDPOINTS[name].ws_public + ("/stream" if name == "binance" else "")
    )
    link.say(_ASKED[name])
    venues.run(3.0)
    return tuple(i if isinstance(i, bytes) else i.encode() for i in link.items)[:40]


def _parser(name: str) -> Parse:
    if name == "binance":
        return BinanceParser(0, {"BTCUSDT": 0}).parse
    if name == "toy":
        toy = ToyParser(0)
        toy.follow("BTC_USDT", 0)
        return toy.parse
    if name == "bybit":
        return BybitParser(0, {"BTCUSDT": 0}).parse
    if name == "okx":
        return OkxParser(0, {"BTC-USDT": 0}).parse
    return BitgetParser(0, {"BTCUSDT": 0}).parse


class _Line:
    """A decoder behind a session that was never connected."""

    def __init__(self, name: str) -> None:
        self.handed: list[object] = []
        self.counted = 0
        parse = _parser(name)

        def on_event(event: FeedEvent) -> None:
            self.counted += event.kind is FeedEventKind.MALFORMED

        self._session = WebSocketSession(
            venue=name,
            exchange=0,
            options=WebSocketOptions(url="ws://127.0.0.1:1"),
            clock=VirtualClock(START_NS),
            on_frame=lambda raw, recv_ns: self.handed.append(parse(raw, recv_ns)),
            on_event=on_event,
            on_open=lambda: (),
        )

    def take(self, raw: bytes) -> tuple[int, int]:
        """Return how many messages a frame was taken for, and how often it was counted."""
        handed, counted = len(self.handed), self.counted
        self._session.on_message(raw)
        return len(self.handed) - handed, self.counted - counted


@pytest.mark.parametrize("name", VENUES)
def test_whole_frames_are_taken(name: str) -> None:
    line = _Line(name)
    for raw in _frames(name):
        assert line.take(raw) == (1, 0), raw
    kinds = {type(message) for message in line.handed}
    assert {Ticker, BookUpdate} <= kinds


@pytest.mark.parametrize("name", VENUES)
@given(data=st.data())
def test_damaged_frames_raise_nothing_but_what_is_counted(name: str, data: st.DataObject) -> None:
    line = _Line(name)
    for _ in range(8):
        raw = bytearray(data.draw(st.sampled_from(_frames(name))))
        for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(raw) - 1), _BYTE))):
            raw[at] = value
        at = data.draw(st.integers(0, len(raw)))
        raw[at:at] = data.draw(st.binary(max_size=3))
        taken, counted = line.take(bytes(raw))
        assert taken + counted == 1
    for message in line.handed:
        if isinstance(message, Ticker):
            numbers = (message.bid, message.bid_size, message.ask, message.ask_size)
            assert all(0.0 <= number < 1e18 for number in numbers)


_BYTE = st.integers(0, 255)


@pytest.mark.parametrize("name", VENUES)
@given(data=st.data())
def test_frames_that_were_cut_are_always_counted(name: str, data: st.DataObject) -> None:
    """No beginning of a JSON object is one."""
    line = _Line(name)
    raw = data.draw(st.sampled_from(_frames(name)))
    assert line.take(raw[: data.draw(st.integers(0, len(raw) - 1))]) == (0, 1)


@pytest.mark.parametrize("name", VENUES)
@given(raw=st.binary(max_size=200))
def test_noise_is_counted(name: str, raw: bytes) -> None:
    taken, counted = _Line(name).take(raw)
    assert taken + counted == 1
