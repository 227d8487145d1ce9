"""Private frames of all venues with every value, in turn, missing or another: no word is believed.

Whatever a venue sends there, nothing but our own error comes out, and no execution that has no
id, price, quantity or time, and no order of which less than nothing has executed.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.orders import Fill, OrderState
from arbot_tui.exchanges.transport.signed_socket import SocketDialect, Told
from tests.unit.exchanges.binance import test_private as binance
from tests.unit.exchanges.bitget import test_private as bitget
from tests.unit.exchanges.bitget import test_unified_answers as unified
from tests.unit.exchanges.bitget import test_unified_private as unified_private
from tests.unit.exchanges.bybit import test_private as bybit
from tests.unit.exchanges.okx import test_private as okx

_BALANCE = {"coin": "BTC", "available": "1", "frozen": "1", "locked": "1"}
_FRAMES: dict[str, tuple[SocketDialect, list[dict[str, Any]]]] = {
    "binance": (
        binance._STREAM,
        [
            {"subscriptionId": 0, "event": binance._REPORT},
            {
                "event": {
                    "e": "outboundAccountPosition",
                    "B": [{"a": "BTC", "f": "1", "l": "2"}],
                }
            },
            {"id": "user-data", "status": 200, "result": {"subscriptionId": 0}},
        ],
    ),
    "bybit": (
        bybit._STREAM,
        [
            {"topic": "order.spot", "data": [bybit._ORDER]},
            {"topic": "execution.spot", "data": [bybit._EXECUTION]},
            {
                "topic": "wallet",
                "data": [{"coin": [{"coin": "BTC", "walletBalance": "2", "locked": "1"}]}],
            },
            {"op": "auth", "success": True, "ret_msg": ""},
        ],
    ),
    "okx": (
        okx._STREAM,
        [
            {"arg": {"channel": "orders", "instType": "SPOT"}, "data": [okx._PUSH]},
            {
                "arg": {"channel": "account"},
                "data": [{"details": [{"ccy": "BTC", "availBal": "1", "frozenBal": "1"}]}],
            },
            {"event": "login", "code": "0", "msg": ""},
        ],
    ),
    "bitget": (
        bitget._STREAM,
        [
            {"arg": {"channel": "orders"}, "data": [bitget._PUSH]},
            {"arg": {"channel": "account"}, "data": [_BALANCE]},
            {"event": "login", "code": 0, "msg": ""},
        ],
    ),
    "bitget unified": (
        unified_private._STREAM,
        [
            {"arg": {"topic": "order"}, "data": [unified.ORDER]},
            {"arg": {"topic": "fill"}, "data": [unified.TRADE]},
            {"arg": {"topic": "account"}, "data": [{"coin": [_BALANCE]}]},
        ],
    ),
}
_GONE = object()
_INSTEAD: list[object] = [
    *(_GONE, None, "", "0", "-1", "nan", "inf", "1e99999", "9" * 60, "news", "\u202e", "\ud800"),
    *(0, -1, 1.5, 2**70, True, [], [[]], {}, {"e": "news"}),
]


def _places(node: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = node.items() if isinstance(node, dict) else enumerate(node)  # type: ignore[arg-type]
    for key, value in entries:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, key))


def _changed(frame: dict[str, Any], path: tuple[Any, ...], value: object) -> bytes:
    changed = copy.deepcopy(frame)
    node: Any = changed
    for key in path[:-1]:
        node = node[key]
    if value is _GONE:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return json.dumps(changed).encode()


def _believable(told: Told) -> bool:
    if isinstance(told, Fill):
        # A time that no database takes would be no better than none.
        stamped = 0 < told.event_ns < 2**62
        return bool(told.trade_id) and told.qty > 0 and told.price > 0 and stamped
    return not isinstance(told, OrderState) or told.filled_qty >= 0


@pytest.mark.parametrize("name", list(_FRAMES))
def test_no_value_of_a_private_frame_is_believed_blindly(name: str) -> None:
    dialect, frames = _FRAMES[name]
    read = refused = 0
    for frame in frames:
        assert list(dialect.read(json.dumps(frame).encode()))
        for path in _places(frame):
            for value in _INSTEAD:
                try:
                    told = list(dialect.read(_changed(frame, path, value)))
                except MalformedMessage:
                    refused += 1
                else:
                    read += 1
                    assert all(map(_believable, told)), (path, value)
    # Both happen: what concerns nobody may be anything.
    assert read
    assert refused
