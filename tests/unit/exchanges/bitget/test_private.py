"""Frames of Bitget's private v2 socket, as documented."""

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
from arbot_tui.exchanges.bitget.classic.private import ClassicStream
from arbot_tui.exchanges.bitget.private import socket_options
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    LoggedIn,
    SocketRefused,
    Subscribed,
    Told,
)

_BTC = Instrument("bitget", "BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.000001"))
# The documented vector (facts page, section 6).
_STREAM = ClassicStream(
    Credentials(
        "bg_0123456789abcdef0123456789abcdef",
        Secret("6b8f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"),
        Secret("TestPassphrase1"),
    ),
    lambda: 1_795_350_896_789,
    {"BTCUSDT": _BTC}.get,
)
_PUSH = {
    "instId": "BTCUSDT", "orderId": "1", "clientOid": "arb1", "size": "8.0000",
    "newSize": "500.0000", "notional": "8.000000", "orderType": "market", "force": "gtc",
    "side": "buy", "fillPrice": "26256.0", "tradeId": "17", "baseVolume": "0.0003",
    "fillTime": "1695797773286", "fillFee": "-0.00000018", "fillFeeCoin": "BTC",
    "tradeScope": "T", "accBaseVolume": "0.0003", "priceAvg": "26256.0",
    "status": "partially_filled", "cTime": "1695797773257", "uTime": "1695797773326",
    "stpMode": "none", "feeDetail": [{"feeCoin": "BTC", "fee": "-0.00000018"}],
    "enterPointSource": "API",
}  # fmt: skip


def read(channel: str, *rows: object) -> list[Told]:
    arg = {"instType": "SPOT", "channel": channel, "instId": "default"}
    frame = {"action": "snapshot", "arg": arg, "data": rows, "ts": 1695797773370}
    return list(_STREAM.read(json.dumps(frame).encode()))


def test_the_login_is_signed_as_documented_in_seconds() -> None:
    (login,) = _STREAM.opening()
    assert json.loads(login)["args"] == [
        {
            "apiKey": "bg_0123456789abcdef0123456789abcdef",
            "passphrase": "TestPassphrase1",
            "timestamp": "1795350896",
            "sign": "yrViVdbzyrompdjoTtHrYKTwSpLzwb0IzL3xggm10OM=",
        }
    ]
    (topics,) = _STREAM.subscriptions()
    assert len(topics) < 4096
    assert {arg["channel"] for arg in json.loads(topics)["args"]} == _STREAM.topics


def test_a_push_is_its_execution_and_the_state_it_leads_to() -> None:
    assert read("orders", _PUSH) == [
        Fill(
            "bitget", "arb1", "BTC/USDT", "17", OrderSide.BUY, Decimal(26256),
            Decimal("0.0003"), Decimal("0.00000018"), "BTC", 1695797773286 * MS,
        ),
        OrderState(
            "bitget", "arb1", OrderStatus.PARTIALLY_FILLED, Decimal("0.0003"), ("stream",), "1"
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "without", ["tradeId", "baseVolume", "fillPrice", "fillFee", "fillFeeCoin"]
)
def test_a_push_without_an_execution_or_its_fee_is_a_state_alone(without: str) -> None:
    # The state says that something executed; the list of executions will say what it cost.
    (told,) = read("orders", {k: v for k, v in _PUSH.items() if k != without})
    assert isinstance(told, OrderState)
    assert told.filled_qty == Decimal("0.0003")


_BOTH = [{"feeCoin": "BTC", "fee": "-0.00000018"}, {"feeCoin": "BGB", "fee": "0.02"}]


def test_an_orders_first_execution_cost_what_the_order_did() -> None:
    fill, _ = read("orders", _PUSH | {"feeDetail": _BOTH})
    assert isinstance(fill, Fill)
    assert fill.fees == (("BTC", Decimal("0.00000018")), ("BGB", Decimal("0.02")))


def test_a_later_execution_of_an_order_that_paid_in_several_coins_is_left_to_the_list() -> None:
    (told,) = read("orders", _PUSH | {"feeDetail": _BOTH, "accBaseVolume": "0.0005"})
    assert isinstance(told, OrderState)


@pytest.mark.parametrize(("scope", "fee"), [("T", "0.02"), ("M", "-0.02"), ("", "0.02")])
def test_only_a_maker_is_given_anything(scope: str, fee: str) -> None:
    fill, _ = read("orders", _PUSH | {"fillFee": "0.02", "tradeScope": scope})
    assert isinstance(fill, Fill)
    assert fill.fees == (("BTC", Decimal(fee)),)


@pytest.mark.parametrize("detail", ["", None, [], [{"feeCoin": "BGB", "fee": "0"}]])
def test_one_coin_is_told_by_the_execution_itself(detail: object) -> None:
    fill, _ = read("orders", _PUSH | {"feeDetail": detail, "fillFee": "0.02", "fillFeeCoin": "BGB"})
    assert isinstance(fill, Fill)
    assert fill.fees == (("BGB", Decimal("0.02")),)


def test_an_order_of_somebody_else_may_have_no_id_of_its_sender() -> None:
    fill, state = read("orders", _PUSH | {"clientOid": None})
    assert isinstance(fill, Fill)
    assert isinstance(state, OrderState)
    assert (fill.client_id, state.client_id, state.venue_id) == ("", "", "1")


@pytest.mark.parametrize(
    ("status", "force", "expected"),
    [
        ("live", "ioc", OrderStatus.NEW),
        ("filled", "ioc", OrderStatus.FILLED),
        ("cancelled", "ioc", OrderStatus.EXPIRED),
        ("canceled", "gtc", OrderStatus.CANCELED),
    ],
)
def test_states_are_read_by_word_and_time_in_force(
    status: str, force: str, expected: OrderStatus
) -> None:
    (told,) = read("orders", _PUSH | {"status": status, "force": force, "tradeId": ""})
    assert isinstance(told, OrderState)
    assert told.status is expected


def test_an_execution_of_a_symbol_we_do_not_know_keeps_its_name() -> None:
    fill, _ = read("orders", _PUSH | {"instId": "DOGE\x1bBTC"})
    assert isinstance(fill, Fill)
    assert fill.symbol == "DOGEBTC"


def test_balances_are_what_is_free_and_what_orders_hold() -> None:
    row = {"coin": "usdt", "available": "100000", "frozen": "0.5", "locked": "7"}
    assert read("account", row, {"coin": "BTC", "available": "", "frozen": ""}) == [
        BalancesTold(
            (
                Balance("USDT", Decimal(100000), Decimal("0.5")),
                Balance("BTC", Decimal(0), Decimal(0)),
            )
        )
    ]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"event": "login", "code": "0", "msg": ""}, [LoggedIn()]),
        ({"event": "login", "code": 0, "msg": ""}, [LoggedIn()]),
        ({"event": "login", "code": 30011, "msg": "no"}, [SocketRefused("30011 no")]),
        ({"event": "error", "code": "30005", "msg": "error\x1b"}, [SocketRefused("30005 error")]),
        (
            {"event": "subscribe", "arg": {"instType": "SPOT", "channel": "orders"}},
            [Subscribed("orders")],
        ),
        ({"event": "unsubscribe", "arg": {"channel": "orders"}}, []),
        ({"arg": {"channel": "fill"}, "data": []}, []),
    ],
)
def test_control_frames_are_told_apart(frame: dict[str, object], told: list[Told]) -> None:
    assert list(_STREAM.read(json.dumps(frame).encode())) == told


def test_pong_is_no_json_and_no_news() -> None:
    heartbeat = socket_options("wss://x").heartbeat
    assert heartbeat is not None
    assert heartbeat.is_pong is not None
    assert heartbeat.is_pong(b"pong")
    assert heartbeat.every_s == 30.0
    assert list(_STREAM.read(b"pong")) == []


@pytest.mark.parametrize(
    ("channel", "row"),
    [
        ("orders", _PUSH | {"status": "lost"}),
        ("orders", _PUSH | {"accBaseVolume": "much"}),
        ("orders", {k: v for k, v in _PUSH.items() if k != "accBaseVolume"}),
        ("orders", _PUSH | {"baseVolume": "much"}),
        ("orders", _PUSH | {"side": "left"}),
        ("orders", _PUSH | {"fillTime": ""}),
        ("account", {"coin": "BTC", "available": "much"}),
        ("account", {"coin": 1}),
        ("account", {"coin": "BTC", "available": "1"}),
    ],
)
def test_a_row_that_cannot_be_is_malformed(channel: str, row: object) -> None:
    with pytest.raises(MalformedMessage):
        read(channel, row)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"event":1}', b"[" * 100_000])
def test_what_is_no_frame_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        list(_STREAM.read(raw))
