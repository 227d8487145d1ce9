"""Frames of Bitget's private v3 socket, as documented."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.unified.private import UnifiedStream
from arbot_tui.exchanges.transport.signed_socket import BalancesTold, Subscribed, Told
from tests.unit.exchanges.bitget.test_unified_answers import BTC, ORDER, TRADE

_STREAM = UnifiedStream(
    Credentials("key", Secret("secret"), Secret("phrase")), lambda: 0, {"BTCUSDT": BTC}.get
)


def read(topic: str, *rows: object) -> list[Told]:
    frame = {"action": "snapshot", "arg": {"instType": "UTA", "topic": topic}, "data": rows}
    return list(_STREAM.read(json.dumps(frame).encode()))


def test_every_topic_is_asked_for_and_confirmed_for_itself() -> None:
    (frame,) = _STREAM.subscriptions()
    args = json.loads(frame)["args"]
    assert {arg["topic"] for arg in args} == _STREAM.topics
    told = [
        answer
        for arg in args
        for answer in _STREAM.read(json.dumps({"event": "subscribe", "arg": arg}).encode())
    ]
    assert told == [Subscribed(arg["topic"]) for arg in args]


def test_orders_executions_and_balances_come_on_topics_of_their_own() -> None:
    assert read("order", ORDER | {"category": "spot", "orderId": "9"}) == [
        OrderState("bitget", "arb1", OrderStatus.FILLED, Decimal("0.0372"), ("stream",), "9")
    ]
    assert read("fill", TRADE | {"category": "spot"}) == [
        Fill(
            "bitget", "arb1", "BTC/USDT", "17", OrderSide.SELL, Decimal("65000.1"),
            Decimal("0.001"), Decimal("0.0650001"), "USDT", 1742367838101 * 10**6,
        )
    ]  # fmt: skip
    coins = [
        {"coin": "usdt", "available": "5", "locked": "1"},
        {"coin": "BTC", "available": "", "locked": ""},
    ]
    assert read("account", {"coin": coins}) == [
        BalancesTold(
            (
                Balance("USDT", Decimal(5), Decimal(1)),
                Balance("BTC", Decimal(0), Decimal(0)),
            )
        )
    ]


def test_other_products_and_topics_are_passed_over() -> None:
    assert read("order", ORDER | {"category": "margin"}) == []
    assert read("fill", TRADE | {"category": "usdt-futures"}) == []
    assert read("position", {"symbol": "BTCUSDT"}) == []


@pytest.mark.parametrize(
    ("topic", "row"),
    [
        ("order", ORDER | {"orderStatus": "lost"}),
        ("order", {k: v for k, v in ORDER.items() if k != "cumExecQty"}),
        ("account", {"coin": [{"coin": "BTC", "locked": "1"}]}),
        ("fill", TRADE | {"execQty": "much"}),
        ("account", {"coin": [{"coin": "BTC", "available": "much"}]}),
    ],
)
def test_a_row_that_cannot_be_is_malformed(topic: str, row: object) -> None:
    with pytest.raises(MalformedMessage):
        read(topic, row)
