"""Frames of OKX's private socket, as documented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import Balance, Fee, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.okx.private import PrivateStream, socket_options
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    Farewell,
    LoggedIn,
    SocketRefused,
    Subscribed,
    Told,
)

_BTC = Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.00000001"))


def a_stream() -> PrivateStream:
    # The documented vector (facts page, section 6).
    key = Credentials(
        "a1b2c3d4-1111-2222-3333-444455556666",
        Secret("22582BD0CFF14C41EDBF1AB98506286D"),
        Secret("Test_Passphrase1"),
    )
    return PrivateStream(key, lambda: 1_795_350_896_789, {"BTC-USDT": _BTC}.get)


_STREAM = a_stream()
_PUSH = {
    "accFillSz": "0.001", "avgPx": "31527.1", "cancelSource": "", "category": "normal",
    "clOrdId": "arb1", "code": "0", "cTime": "1654084334977", "execType": "M",
    "fee": "-0.02522168", "feeCcy": "USDT", "fillFee": "-0.02522168", "fillFeeCcy": "USDT",
    "fillPx": "31527.1", "fillSz": "0.001", "fillTime": "1654084353263", "instId": "BTC-USDT",
    "instType": "SPOT", "msg": "", "ordId": "452197707845865472", "ordType": "limit",
    "px": "31527.1", "rebate": "0", "rebateCcy": "BTC", "side": "sell", "state": "filled",
    "sz": "0.001", "tdMode": "cash", "tgtCcy": "", "tradeId": "242589207",
    "tradeQuoteCcy": "USDT", "uTime": "1654084353264",
}  # fmt: skip


def push(channel: str, *rows: object) -> bytes:
    frame = {"arg": {"channel": channel, "instType": "SPOT", "uid": "6"}, "data": rows}
    return json.dumps(frame).encode()


def read(channel: str, *rows: object) -> list[Told]:
    return list(_STREAM.read(push(channel, *rows)))


def test_the_login_is_signed_as_documented() -> None:
    (login,) = _STREAM.opening()
    assert json.loads(login)["args"] == [
        {
            "apiKey": "a1b2c3d4-1111-2222-3333-444455556666",
            "passphrase": "Test_Passphrase1",
            "timestamp": "1795350896",
            "sign": "dlAE9DPlIbpDzBDtrgtg84pWzo5GeMbdTj/Y0YtJQEI=",
        }
    ]
    (topics,) = _STREAM.subscriptions()
    assert {arg["channel"] for arg in json.loads(topics)["args"]} == _STREAM.topics


def test_a_push_is_its_execution_and_the_state_it_leads_to() -> None:
    assert read("orders", _PUSH) == [
        Fill(
            "okx", "arb1", "BTC/USDT", "242589207", OrderSide.SELL, Decimal("31527.1"),
            Decimal("0.001"), Decimal("0.02522168"), "USDT", 1654084353263 * MS,
        ),
        OrderState(
            "okx", "arb1", OrderStatus.FILLED, Decimal("0.001"), ("stream",),
            "452197707845865472",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("change", [{"fillSz": "0", "tradeId": ""}, {"fillSz": "", "tradeId": "7"}])
def test_a_closing_message_repeats_no_execution(change: dict[str, str]) -> None:
    (told,) = read("orders", _PUSH | change)
    assert isinstance(told, OrderState)


@pytest.mark.parametrize("missing", ["fillFee", "fillFeeCcy"])
def test_an_execution_whose_fee_is_not_told_is_left_to_the_list_of_executions(missing: str) -> None:
    (told,) = read("orders", _PUSH | {missing: ""})
    assert isinstance(told, OrderState)
    assert told.filled_qty == Decimal("0.001")


_MAKER = _PUSH | {"fillFee": "-0.02", "rebate": "0.0001", "rebateCcy": "btc"}
_FEE = ("USDT", Decimal("0.02"))


def fees_of(stream: PrivateStream, row: Mapping[str, object]) -> tuple[Fee, ...] | None:
    told = list(stream.read(push("orders", row)))
    return told[0].fees if isinstance(told[0], Fill) else None


def test_a_rebate_beside_the_fee_is_the_growth_of_the_orders() -> None:
    # row 49
    stream = a_stream()
    assert fees_of(stream, _MAKER) == (_FEE, ("BTC", Decimal("-0.0001")))
    grown = _MAKER | {"accFillSz": "0.003", "fillSz": "0.002", "rebate": "0.0003"}
    assert fees_of(stream, grown) == (_FEE, ("BTC", Decimal("-0.0002")))
    # A push that comes twice tells of no more.
    assert fees_of(stream, grown) == (_FEE,)


def test_a_rebate_of_an_order_not_followed_from_its_begin_is_left_to_the_list() -> None:
    stream = a_stream()
    later = _MAKER | {"accFillSz": "0.003", "fillSz": "0.002"}
    assert fees_of(stream, later) is None
    assert fees_of(
        stream, later | {"accFillSz": "0.004", "fillSz": "0.001", "rebate": "0.0002"}
    ) == (
        _FEE,
        ("BTC", Decimal("-0.0001")),
    )


def test_a_fee_that_is_a_rebate_is_the_orders_rebate() -> None:
    row = _MAKER | {"fillFee": "0.0001", "fillFeeCcy": "BTC"}
    assert fees_of(a_stream(), row) == (("BTC", Decimal("-0.0001")),)


def test_only_so_many_rebates_are_remembered() -> None:
    stream = a_stream()
    for number in range(1_001):
        assert fees_of(stream, _MAKER | {"ordId": str(number)}) is not None
    later = _MAKER | {"accFillSz": "0.003", "fillSz": "0.002"}
    assert fees_of(stream, later | {"ordId": "0"}) is None
    assert fees_of(stream, later | {"ordId": "1000"}) is not None


def test_the_rest_of_an_ioc_expires() -> None:
    change = {"state": "canceled", "ordType": "ioc", "cancelSource": "14", "fillSz": "0"}
    (told,) = read("orders", _PUSH | change | {"tradeId": ""})
    assert isinstance(told, OrderState)
    assert (told.status, told.filled_qty) == (OrderStatus.EXPIRED, Decimal("0.001"))


def test_an_execution_of_a_symbol_we_do_not_know_keeps_its_name() -> None:
    fill, _ = read("orders", _PUSH | {"instId": "DOGE\x1b-BTC"})
    assert isinstance(fill, Fill)
    assert fill.symbol == "DOGE-BTC"


def test_balances_are_those_of_the_trading_account() -> None:
    details = [
        {"ccy": "usdt", "availBal": "4834.3", "frozenBal": "158.5", "cashBal": "5000"},
        {"ccy": "BTC", "availBal": "", "frozenBal": ""},
    ]
    assert read("account", {"details": details, "uTime": "1"}) == [
        BalancesTold(
            (
                Balance("USDT", Decimal("4834.3"), Decimal("158.5")),
                Balance("BTC", Decimal(0), Decimal(0)),
            )
        )
    ]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"event": "login", "code": "0", "msg": "", "connId": "a"}, [LoggedIn()]),
        ({"event": "login", "code": "60009", "msg": "no"}, [SocketRefused("60009 no")]),
        (
            {"id": "1", "event": "subscribe", "arg": {"channel": "orders"}, "connId": "a"},
            [Subscribed("orders")],
        ),
        (
            {"event": "error", "code": "60009", "msg": "Login failed.\x1b", "connId": "a"},
            [SocketRefused("60009 Login failed.")],
        ),
        ({"event": "channel-conn-count", "channel": "orders", "connCount": "2"}, []),
        (
            {"event": "channel-conn-count-error", "channel": "orders", "connCount": "20"},
            [SocketRefused("too many connections for orders")],
        ),
        (
            {"event": "notice", "code": "64008", "msg": "The connection will soon be closed"},
            [Farewell("notice 64008 The connection will soon be closed")],
        ),
        ({"event": "notice", "code": "1", "msg": "news"}, []),
        ({"event": "unsubscribe", "arg": {"channel": "orders"}}, []),
        ({"arg": {"channel": "positions"}, "data": []}, []),
        ({"id": "1", "op": "order", "code": "0", "data": []}, []),
    ],
)
def test_control_frames_are_told_apart(frame: dict[str, object], told: list[Told]) -> None:
    assert list(_STREAM.read(json.dumps(frame).encode())) == told


def test_pong_is_no_json_and_no_news() -> None:
    heartbeat = socket_options("wss://x").heartbeat
    assert heartbeat is not None
    assert heartbeat.is_pong is not None
    assert heartbeat.is_pong(b"pong")
    assert not heartbeat.is_pong(b"{}")
    assert list(_STREAM.read(b"pong")) == []


@pytest.mark.parametrize(
    ("channel", "row"),
    [
        ("orders", _PUSH | {"state": "lost"}),
        ("orders", _PUSH | {"accFillSz": "much"}),
        ("orders", _PUSH | {"fillSz": "much"}),
        ("orders", _PUSH | {"side": "left"}),
        ("orders", _PUSH | {"fillTime": ""}),
        ("account", {"details": [{"ccy": "BTC", "availBal": "much"}]}),
        ("account", {"details": 1}),
        ("account", {"details": [{"ccy": "BTC", "frozenBal": "1"}]}),
    ],
)
def test_a_row_that_cannot_be_is_malformed(channel: str, row: object) -> None:
    with pytest.raises(MalformedMessage):
        read(channel, row)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"event":1}', b"[" * 100_000])
def test_what_is_no_frame_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        list(_STREAM.read(raw))
