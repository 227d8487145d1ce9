"""Frames of Bybit's private socket, as documented and captured."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bybit.private import PrivateStream, socket_options
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    LoggedIn,
    SocketRefused,
    Subscribed,
    Told,
)

_BTC = Instrument("bybit", "BTCUSDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.000001"))
# The documented vector (facts page, section 6): it expires ten seconds after this.
_STREAM = PrivateStream(
    Credentials("dummyBybitKey01", Secret("dummyBybitSecret0123456789abcdefghij")),
    lambda: 1_760_000_000_000,
    {"BTCUSDT": _BTC}.get,
)
_ORDER = {
    "category": "spot", "symbol": "BTCUSDT", "orderId": "1552132392821724672",
    "orderLinkId": "1552132392821724673", "side": "Buy",
    "orderStatus": "PartiallyFilledCanceled", "cancelType": "UNKNOWN",
    "rejectReason": "EC_CancelForNoFullFill", "timeInForce": "IOC", "price": "0",
    "qty": "10.000000", "avgPrice": "32635", "leavesQty": "0.000000",
    "cumExecQty": "0.000306", "cumExecValue": "9.98631000", "cumExecFee": "0.000000306",
    "orderType": "Market", "feeCurrency": "BTC",
}  # fmt: skip
_EXECUTION = {
    "category": "spot", "symbol": "BTCUSDT", "execFee": "0.000000306",
    "execId": "2100000000032905730", "execPrice": "32635.00", "execQty": "0.000306",
    "execType": "Trade", "orderId": "1552132392821724672",
    "orderLinkId": "1552132392821724673", "side": "Buy", "execTime": "1699764599842",
    "isMaker": False, "seq": 1253141306,
}  # fmt: skip


def read(topic: str, *rows: object) -> list[Told]:
    frame = {"topic": topic, "id": "x", "creationTime": 1, "data": rows}
    return list(_STREAM.read(json.dumps(frame).encode()))


def test_the_login_is_signed_as_documented_and_all_topics_follow_in_one_frame() -> None:
    (login,) = _STREAM.opening()
    assert json.loads(login) == {
        "op": "auth",
        "args": [
            "dummyBybitKey01",
            1_760_000_010_000,
            "619518ab2046f113b04ab79fbccdfbb1d459afd20b48d0b4c66708f4399ddf8a",
        ],
    }
    (topics,) = _STREAM.subscriptions()
    assert json.loads(topics)["args"] == ["order.spot", "execution.spot", "wallet"]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"success": True, "ret_msg": "", "op": "auth", "conn_id": "c"}, [LoggedIn()]),
        ({"success": True, "ret_msg": "", "op": "subscribe"}, [Subscribed("all")]),
        (
            {"success": False, "ret_msg": "Params\x1b Error", "op": "auth"},
            [SocketRefused("auth Params Error")],
        ),
        ({"success": False, "ret_msg": "", "op": "subscribe"}, [SocketRefused("subscribe")]),
        # Only a yes is a yes; the trade socket words it by code.
        ({"op": "auth", "conn_id": "c"}, [SocketRefused("auth")]),
        ({"retCode": 0, "retMsg": "OK", "op": "auth"}, [LoggedIn()]),
        ({"retCode": 10003, "retMsg": "no", "op": "auth"}, [SocketRefused("auth no")]),
        ({"op": "subscribe"}, [SocketRefused("subscribe")]),
        ({"req_id": "t", "op": "pong", "args": ["1675418560633"], "conn_id": "c"}, []),
        ({"topic": "dcp.spot", "data": {}}, []),
    ],
)
def test_control_frames_are_told_apart(frame: dict[str, object], told: list[Told]) -> None:
    assert list(_STREAM.read(json.dumps(frame).encode())) == told


@pytest.mark.parametrize("topic", ["order", "order.spot"])
def test_an_order_is_its_state(topic: str) -> None:
    assert read(topic, _ORDER) == [
        OrderState(
            "bybit", "1552132392821724673", OrderStatus.EXPIRED, Decimal("0.000306"),
            ("stream",), "1552132392821724672",
        )
    ]  # fmt: skip


@pytest.mark.parametrize("topic", ["execution", "execution.spot"])
def test_an_execution_is_a_fill_with_the_fee_in_what_is_received(topic: str) -> None:
    assert read(topic, _EXECUTION) == [
        Fill(
            "bybit", "1552132392821724673", "BTC/USDT", "2100000000032905730", OrderSide.BUY,
            Decimal(32635), Decimal("0.000306"), Decimal("0.000000306"), "BTC",
            1699764599842 * MS,
        )
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["Funding", "Dividend", "news"])
def test_what_is_no_trade_is_no_fill(kind: str) -> None:
    assert read("execution.spot", _EXECUTION | {"execType": kind}) == []
    assert len(read("execution.spot", _EXECUTION | {"execType": "BlockTrade"})) == 1


def test_an_execution_of_a_symbol_we_do_not_know_keeps_its_name() -> None:
    (fill,) = read("execution.spot", _EXECUTION | {"symbol": "DOGE\x1bBTC", "feeCurrency": "BTC"})
    assert isinstance(fill, Fill)
    assert fill.symbol.startswith("DOGEBTC")
    assert fill.fee_asset == "BTC"


def test_balances_are_what_can_be_spent_and_what_orders_hold() -> None:
    coins = [
        {"coin": "BTC", "walletBalance": "0.00102964", "locked": "0.0001", "spotBorrow": "0"},
        {"coin": "usdt", "walletBalance": "", "locked": ""},
    ]
    assert read("wallet", {"accountType": "UNIFIED", "coin": coins}) == [
        BalancesTold(
            (
                Balance("BTC", Decimal("0.00092964"), Decimal("0.0001")),
                Balance("USDT", Decimal(0), Decimal(0)),
            )
        )
    ]


@pytest.mark.parametrize(
    ("topic", "row"),
    [
        ("order.spot", _ORDER | {"orderStatus": "Lost"}),
        ("order.spot", _ORDER | {"cumExecQty": "much"}),
        ("execution.spot", _EXECUTION | {"side": "Left"}),
        ("execution.spot", _EXECUTION | {"execQty": "0"}),
        ("execution.spot", _EXECUTION | {"execTime": "soon"}),
        ("wallet", {"coin": [{"coin": "BTC", "walletBalance": "1", "locked": "-1"}]}),
        ("order.spot", {}),
    ],
)
def test_a_row_that_cannot_be_is_malformed(topic: str, row: object) -> None:
    with pytest.raises(MalformedMessage):
        read(topic, row)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"op":1}', b"[" * 100_000])
def test_what_is_no_frame_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        list(_STREAM.read(raw))


def test_the_pong_of_the_private_socket_is_recognised() -> None:
    heartbeat = socket_options("wss://x").heartbeat
    assert heartbeat is not None
    assert heartbeat.is_pong is not None
    assert heartbeat.is_pong(b'{"op":"pong","args":["1"],"conn_id":"c"}')
    assert heartbeat.is_pong(b'{"retCode":0,"retMsg":"OK","op":"pong","data":["1"]}')
    assert not heartbeat.is_pong(b'{"topic":"order.spot","data":[{"orderLinkId":"pong"}]}')
