"""Answers and requests of a unified account (v3), in the documented shapes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.account import KeyPermissions
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
    TimeInForce,
)
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.rows import Page, fill_of, order_state
from arbot_tui.exchanges.bitget.signing import rest_headers
from arbot_tui.exchanges.bitget.unified import answers
from arbot_tui.exchanges.bitget.unified.requests import Unified

# The documented answer of order-info, without what nobody reads.
ORDER: dict[str, Any] = {
    "orderId": "111111111111111111", "clientOid": "arb1", "category": "SPOT",
    "symbol": "ETHUSDT", "orderType": "market", "side": "buy", "price": "0", "qty": "0",
    "amount": "100", "cumExecQty": "0.0372", "cumExecValue": "99.853356", "avgPrice": "2684.23",
    "timeInForce": "gtc", "orderStatus": "filled", "posSide": "", "reduceOnly": "NO",
    "stpMode": "none", "feeDetail": [{"feeCoin": "ETH", "fee": "0.00000744"}],
    "cancelReason": "", "execType": "", "createdTime": "1730295766596",
    "updatedTime": "1730295766691",
}  # fmt: skip
TRADE: dict[str, Any] = {
    "execId": "17", "execLinkId": "17", "orderId": "9", "clientOid": "arb1", "category": "SPOT",
    "symbol": "BTCUSDT", "side": "sell", "execPrice": "65000.1", "execQty": "0.001",
    "execValue": "65.0001", "tradeScope": "taker",
    "feeDetail": [{"feeCoin": "usdt", "fee": "0.0650001"}], "createdTime": "1742367838101",
    "updatedTime": "1742367838115",
}  # fmt: skip
BTC = Instrument("bitget", "BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.000001"))
_DAY_MS = 24 * 3_600_000


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def fills(data: msgspec.Raw) -> list[Fill]:
    return [fill_of(row, row.client_id, "BTC/USDT") for row in answers.parse_trades(data).rows]


def test_documented_order() -> None:
    (row,) = answers.parse_order(raw(ORDER)).rows
    assert order_state(row, "order") == OrderState(
        "bitget", "arb1", OrderStatus.FILLED, Decimal("0.0372"), ("order",), "111111111111111111"
    )
    assert answers.parse_order(raw(None)) == Page([])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"orderStatus": "live"}, OrderStatus.NEW),
        ({"orderStatus": "new"}, OrderStatus.NEW),
        ({"orderStatus": "partially_filled"}, OrderStatus.PARTIALLY_FILLED),
        ({"orderStatus": "cancelled", "timeInForce": "ioc"}, OrderStatus.EXPIRED),
        ({"orderStatus": "canceled", "timeInForce": "gtc"}, OrderStatus.CANCELED),
    ],
)
def test_states_are_read_by_word_and_time_in_force(
    changes: dict[str, object], status: OrderStatus
) -> None:
    (row,) = answers.parse_order(raw(ORDER | changes)).rows
    assert order_state(row, "order").status is status


def test_lists_say_where_the_next_page_begins() -> None:
    page = answers.parse_orders(raw({"list": [ORDER], "cursor": "7"}))
    assert (len(page.rows), page.older) == (1, "7")
    assert answers.parse_trades(raw({"list": [TRADE], "cursor": "8"})).older == "8"
    for nothing in (None, {}, {"list": None, "cursor": None}):
        assert answers.parse_orders(raw(nothing)) == Page([])
        assert answers.parse_trades(raw(nothing)) == Page([])


def test_documented_execution_becomes_a_fill() -> None:
    assert fills(raw({"list": [TRADE], "cursor": "17"})) == [
        Fill(
            "bitget", "arb1", "BTC/USDT", "17", OrderSide.SELL, Decimal("65000.1"),
            Decimal("0.001"), Decimal("0.0650001"), "USDT", 1742367838101 * 10**6,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("detail", "fee", "coin"),
    [
        ([{"feeCoin": "BTC", "fee": "-0.5"}], "0.5", "BTC"),
        ([{"feeCoin": "BTC", "fee": "0"}, {"feeCoin": "BGB", "fee": "2"}], "2", "BGB"),
        ([{"feeCoin": "BTC", "fee": "0"}], "0", "BTC"),
    ],
)
def test_a_fee_is_a_cost_in_the_coin_that_was_taken(detail: object, fee: str, coin: str) -> None:
    (found,) = fills(raw({"list": [TRADE | {"feeDetail": detail}]}))
    assert (found.fee, found.fee_asset) == (Decimal(fee), coin)


@pytest.mark.parametrize(("scope", "cost"), [("maker", "-0.5"), ("taker", "0.5")])
def test_only_a_maker_is_given_anything(scope: str, cost: str) -> None:
    changes = {"feeDetail": [{"feeCoin": "BTC", "fee": "-0.5"}], "tradeScope": scope}
    (found,) = fills(raw({"list": [TRADE | changes]}))
    assert found.fees == (("BTC", Decimal(cost)),)


def test_all_coins_of_an_execution_are_booked() -> None:
    detail = [{"feeCoin": "BGB", "fee": "2"}, {"feeCoin": "BTC", "fee": "0.5"}]
    (found,) = fills(raw({"list": [TRADE | {"feeDetail": detail}]}))
    assert found.fees == (("BGB", Decimal(2)), ("BTC", Decimal("0.5")))


def test_an_order_of_somebody_else_may_have_no_id_of_its_sender() -> None:
    (row,) = answers.parse_order(raw(ORDER | {"clientOid": None})).rows
    (trade,) = answers.parse_trades(raw({"list": [TRADE | {"clientOid": None}]})).rows
    assert (row.client_id, trade.client_id) == ("", "")


def test_pushes_tell_spot_alone() -> None:
    spot, future = {"category": "spot"}, {"category": "USDT-FUTURES"}
    assert len(answers.orders_in(raw([ORDER | spot, ORDER | future]))) == 1
    pushed = {k: v for k, v in TRADE.items() if k != "createdTime"} | {"execTime": "5"} | spot
    (row,) = answers.trades_in(raw([pushed, TRADE | future]))
    assert (row.symbol, row.created) == ("BTCUSDT", "5")


def test_balances_are_what_is_free_and_what_orders_hold() -> None:
    rows = [
        {"coin": "usdt", "available": "10", "locked": "2", "balance": "12", "debt": "0"},
        {"coin": "BTC", "available": "0", "locked": ""},
    ]
    assert answers.parse_balances(raw({"assets": rows})) == [
        Balance("USDT", Decimal(10), Decimal(2))
    ]


_INFO = {"permType": "read-and-write", "permissions": ["uta_mgt", "uta_trade"], "ips": "1.2.3.4,"}
_MOVING = "the venue is changing the kind of account; nothing can trade until it has"


@pytest.mark.parametrize(
    ("info", "mode", "expected"),
    [
        (_INFO, "unified", KeyPermissions(True, False, False, ("1.2.3.4",))),
        (
            _INFO | {"permissions": ["UTA_TRADE", "withdraw", "transfer"], "ips": None},
            "hybrid",
            KeyPermissions(True, True, True),
        ),
        (
            _INFO | {"permType": "read-only", "ips": ""},
            "unified",
            KeyPermissions(False, False, False, notes=("the key is read-only",)),
        ),
        (
            _INFO | {"ips": ""},
            "switching",
            KeyPermissions(False, False, False, notes=(_MOVING,)),
        ),
    ],
)
def test_rights_are_those_of_key_and_account(
    info: object, mode: str, expected: KeyPermissions
) -> None:
    settings = raw({"accountMode": mode})
    assert Unified().permissions([raw(info), settings]) == expected


_PARSERS: list[Callable[[msgspec.Raw], object]] = [
    answers.parse_order,
    answers.parse_orders,
    answers.orders_in,
    answers.trades_in,
    answers.parse_balances,
    fills,
    lambda data: answers.parse_permissions(data, data),
]


@pytest.mark.parametrize("parse", _PARSERS)
def test_another_schema_is_malformed(parse: Callable[[msgspec.Raw], object]) -> None:
    with pytest.raises(MalformedMessage):
        parse(raw(7))


@pytest.mark.parametrize(
    "changes",
    [
        {"side": "left"}, {"execPrice": "0"}, {"execQty": "nan"}, {"createdTime": ""},
        {"feeDetail": []}, {"feeDetail": [{"feeCoin": "BTC", "fee": ""}]}, {"execId": None},
    ],
)  # fmt: skip
def test_an_execution_that_cannot_be_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        fills(raw({"list": [TRADE | changes]}))


@given(st.sampled_from(_PARSERS), st.binary())
def test_nonsense_raises_only_our_own_error(
    parse: Callable[[msgspec.Raw], object], data: bytes
) -> None:
    with contextlib.suppress(MalformedMessage):
        parse(msgspec.Raw(data))


# -- requests -----------------------------------------------------------------


def test_documented_placement_is_dated_so_that_its_signature_ends_with_its_deadline() -> None:
    order = OrderRequest(
        "arb-0000000001", "bitget", "BTC/USDT", OrderSide.BUY, Decimal("65000.120"),
        Decimal("0.00150"), 0, TimeInForce.IOC,
    )  # fmt: skip
    placement = Unified().placement(order, BTC, 1_795_350_900_000, 2_000)
    assert placement.timestamp_ms == 1_795_350_900_000 + 2_000 - 30_000
    assert json.loads(placement.body) == {
        "category": "SPOT", "symbol": "BTCUSDT", "side": "buy", "orderType": "limit",
        "timeInForce": "ioc", "price": "65000.12", "qty": "0.0015",
        "clientOid": "arb-0000000001",
    }  # fmt: skip


def test_documented_signature_of_a_placement() -> None:
    key = Credentials(
        "bg_0123456789abcdef0123456789abcdef",
        Secret("6b8f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"),
        Secret("TestPassphrase1"),
    )
    body = (
        '{"category":"SPOT","symbol":"BTCUSDT","side":"buy","orderType":"limit",'
        '"timeInForce":"ioc","price":"65000.12","qty":"0.0015","clientOid":"arb-0000000001"}'
    )
    headers = rest_headers(key, 1795350896789, "POST", Unified.place_path, body)
    assert headers["ACCESS-SIGN"] == "xKoBl9oiMdQJSnbXVUk/KsXlvh5ujFno9TUw24Qeidg="


def test_executions_are_asked_for_in_spans_that_leave_no_hole() -> None:
    now = 1_795_350_896_789
    targets = Unified().fills_targets("BTCUSDT", "", now - 70 * _DAY_MS, now)
    spans = [dict(part.split("=") for part in t.split("?")[1].split("&") if part) for t in targets]
    assert [span.get("endTime") for span in spans] == [
        None,
        spans[0]["startTime"],
        spans[1]["startTime"],
    ]
    assert int(spans[-1]["startTime"]) == now - 70 * _DAY_MS
    starts = [now, *(int(span["startTime"]) for span in spans)]
    assert all(0 < late - early < 30 * _DAY_MS for late, early in pairwise(starts))
    # Of one order, and where nobody knows since when, the venue decides.
    assert Unified().fills_targets("BTCUSDT", "9", 5, now) == [
        "/api/v3/trade/fills?category=SPOT&orderId=9&"
    ]
    assert Unified().fills_targets("BTCUSDT", "", 0, now) == ["/api/v3/trade/fills?category=SPOT&"]


def test_the_socket_of_a_unified_account_has_another_path_on_the_same_host() -> None:
    assert Unified().private_url("wss://x/v2/ws/private") == "wss://x/v3/ws/private"


def test_an_order_of_somebody_else_that_cannot_be_read_hides_none() -> None:
    page = answers.parse_orders(raw({"list": [ORDER | {"side": 7}, ORDER], "cursor": "7"}))
    assert [bool(row.broken) for row in page.rows] == [True, False]
    named = {"side": 7, "clientOid": client_order_id("k3f9x0z", 1, 0, 0)}
    with pytest.raises(MalformedMessage):
        answers.parse_orders(raw({"list": [ORDER | named]}))
