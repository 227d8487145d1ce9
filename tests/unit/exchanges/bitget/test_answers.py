from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.exchanges.bitget import answers, rows
from arbot_tui.exchanges.bitget.classic import answers as classic

# A market order's answer with its fee as JSON text inside JSON.
ORDER_INFO = (
    b'{"code":"00000","msg":"success","requestTime":1695865476577,"data":[{"userId":"**","symbol":'
    b'"BTCUSDT","orderId":"121211212122","clientOid":"arb1","price":"0","size":'
    b'"10.0000000000000000","orderType":"market","side":"buy","status":"filled","priceAvg":'
    b'"13000.0000000000000000","baseVolume":"0.0007000000000000","quoteVolume":'
    b'"9.1000000000000000","enterPointSource":"API","feeDetail":"{\\"BGB\\":{\\"deduction\\":true}}",'
    b'"orderSource":"market","cancelReason":"","cTime":"1695865232127","uTime":"1695865233051"}]}'
)
OURS = client_order_id("k3f9x0z", 1, 0, 0)
IOC = {
    "orderId": "121211212199",
    "clientOid": "arb1",
    "orderType": "limit",
    "side": "buy",
    "price": "65000.12",
    "size": "0.0500000000000000",
    "status": "cancelled",
    "priceAvg": "64999.9000000000000000",
    "baseVolume": "0.0200000000000000",
    "quoteVolume": "1299.9980000000000000",
    "cancelReason": "normal_cancel",
}
OPEN = {
    "userId": "**",
    "symbol": "btcusdt",
    "orderId": "2222222",
    "clientOid": "arb1",
    "priceAvg": "34829.12",
    "size": "1",
    "orderType": "limit",
    "side": "buy",
    "status": "new",
    "basePrice": "0",
    "baseVolume": "0",
    "quoteVolume": "0",
    "cTime": "1622697148",
    "triggerPrice": None,
}
TRADE: dict[str, Any] = {
    "userId": "**",
    "symbol": "BTCUSDT",
    "orderId": "12345678910",
    "tradeId": "12345678911",
    "orderType": "market",
    "side": "buy",
    "priceAvg": "13000",
    "size": "0.0007",
    "amount": "9.1",
    "feeDetail": {
        "deduction": "no",
        "feeCoin": "BTC",
        "totalDeductionFee": "",
        "totalFee": "-0.0000007",
    },
    "tradeScope": "taker",
    "cTime": "1695865232579",
    "uTime": "1695865233027",
}


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def _row(**changes: object) -> rows.OrderRow:
    (row,) = classic.parse_orders(_raw([IOC | changes])).rows
    return row


def test_documented_placement() -> None:
    answer = answers.parse_answer(
        b'{"code":"00000","msg":"success","requestTime":1695808949356,"data":{"orderId":"1001",'
        b'"clientOid":"121211212122"}}'
    )
    assert answer.code == "00000"
    assert answers.parse_order_id(answer.data) == "1001"
    assert answers.parse_order_id(_raw({"orderId": None, "clientOid": "x"})) == ""
    with pytest.raises(MalformedMessage):
        answers.parse_order_id(_raw([]))


def test_documented_order_info() -> None:
    (row,) = classic.parse_orders(answers.parse_answer(ORDER_INFO).data).rows
    assert rows.order_state(row, "order") == OrderState(
        "bitget", "arb1", OrderStatus.FILLED, Decimal("0.0007"), ("order",), "121211212122"
    )


def test_documented_open_order() -> None:
    (row,) = classic.parse_orders(_raw([OPEN])).rows
    state = rows.order_state(row, "open")
    assert (state.status, state.filled_qty) == (OrderStatus.NEW, Decimal(0))
    assert state.sources == ("open",)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, OrderStatus.EXPIRED),
        ({"status": "canceled", "force": "ioc"}, OrderStatus.EXPIRED),
        ({"status": "cancel", "force": "fok"}, OrderStatus.EXPIRED),
        ({"force": "gtc"}, OrderStatus.CANCELED),
        ({"status": "live"}, OrderStatus.NEW),
        ({"status": "new"}, OrderStatus.NEW),
        ({"status": "init"}, OrderStatus.NEW),
        ({"status": "partially_filled"}, OrderStatus.PARTIALLY_FILLED),
        ({"status": "partial_fill"}, OrderStatus.PARTIALLY_FILLED),
        ({"status": "filled"}, OrderStatus.FILLED),
        ({"status": "full_fill"}, OrderStatus.FILLED),
    ],
)
def test_status_mapping(changes: dict[str, object], status: OrderStatus) -> None:
    state = rows.order_state(_row(**changes), "order")
    assert (state.status, state.filled_qty) == (status, Decimal("0.02"))


@pytest.mark.parametrize("changes", [{"status": "odd"}, {"baseVolume": "-1"}, {"baseVolume": "x"}])
def test_an_order_that_cannot_be_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        rows.order_state(_row(**changes), "order")


def test_orders_of_another_schema_are_malformed() -> None:
    with pytest.raises(MalformedMessage):
        classic.parse_orders(_raw([IOC | {"orderId": 7, "clientOid": OURS}]))


@pytest.mark.parametrize(
    "row", [{"orderId": []}, {"clientOid": 7}, {"status": 7, "clientOid": OURS}]
)
def test_a_row_that_may_be_ours_fails_the_list(row: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        classic.parse_orders(_raw([IOC | row]))


def test_a_row_of_somebody_else_keeps_its_place_and_is_counted() -> None:
    page = classic.parse_orders(_raw([OPEN | {"status": 7, "orderId": 8}]))
    assert (len(page.rows), page.older) == (1, "8")
    found = rows.open_orders(page.rows, {})
    assert (found.read, len(found.unreadable)) == ([], 1)


@pytest.mark.parametrize(("client_id", "skipped"), [("tool", 1), (None, 1), ("ours", 0)])
def test_an_open_order_whose_numbers_cannot_be_fails_only_if_it_may_be_ours(
    client_id: str | None, skipped: int
) -> None:
    name = OURS if client_id == "ours" else client_id
    page = classic.parse_orders(_raw([OPEN | {"size": "dear", "clientOid": name}]))
    if skipped:
        assert len(rows.open_orders(page.rows, {}).unreadable) == skipped
    else:
        with pytest.raises(MalformedMessage):
            rows.open_orders(page.rows, {})


def test_missing_lists_are_empty() -> None:
    assert classic.parse_orders(_raw(None)) == rows.Page([])
    assert classic.parse_trades(_raw(None)) == rows.Page([])
    assert rows.order_state(_row(baseVolume=""), "order").filled_qty == 0


def test_documented_execution_becomes_a_fill() -> None:
    (row,) = classic.parse_trades(_raw([TRADE])).rows
    assert rows.fill_of(row, "arb1", "BTC/USDT") == Fill(
        "bitget",
        "arb1",
        "BTC/USDT",
        "12345678911",
        OrderSide.BUY,
        Decimal(13000),
        Decimal("0.0007"),
        Decimal("0.0000007"),
        "BTC",
        1695865232579 * 10**6,
    )


_PAID = {"feeCoin": "bgb", "totalFee": "0.0041", "deduction": "yes", "totalDeductionFee": "0.0041"}


@pytest.mark.parametrize(
    ("detail", "cost", "coin"),
    [
        ({"deduction": "no", "feeCoin": "USDT", "totalFee": "-0.01"}, "0.01", "USDT"),
        ({"deduction": "no", "feeCoin": "USDT", "totalFee": "0.01"}, "-0.01", "USDT"),
        (_PAID, "0.0041", "BGB"),
        (_PAID | {"totalFee": "-0.0041"}, "0.0041", "BGB"),
        (_PAID | {"totalFee": ""}, "0.0041", "BGB"),
        ([_PAID], "0.0041", "BGB"),
        (json.dumps(_PAID), "0.0041", "BGB"),
        (json.dumps([_PAID]), "0.0041", "BGB"),
    ],
)
def test_fees_in_every_shape_become_a_cost(detail: object, cost: str, coin: str) -> None:
    (row,) = classic.parse_trades(_raw([TRADE | {"feeDetail": detail}])).rows
    fill = rows.fill_of(row, "arb1", "BTC/USDT")
    assert (fill.fee, fill.fee_asset) == (Decimal(cost), coin)


def test_all_coins_of_an_execution_are_booked() -> None:
    fee = {"deduction": "no", "feeCoin": "BTC", "totalFee": "-0.01"}
    (row,) = classic.parse_trades(_raw([TRADE | {"feeDetail": [_PAID, fee]}])).rows
    assert rows.fill_of(row, "arb1", "BTC/USDT").fees == (
        ("BGB", Decimal("0.0041")),
        ("BTC", Decimal("0.01")),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"side": "hold"},
        {"priceAvg": "0"},
        {"size": "nan"},
        {"cTime": "soon"},
        {"feeDetail": ""},
        {"feeDetail": []},
        {"feeDetail": {"feeCoin": "BTC", "totalFee": ""}},
        {"feeDetail": {"feeCoin": "", "totalFee": "-0.1"}},
    ],
)
def test_an_execution_that_cannot_be_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        _trade_fills(_raw([TRADE | changes]))


@pytest.mark.parametrize("changes", [{"feeDetail": 7}, {"tradeId": None}])
def test_executions_of_another_schema_are_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        classic.parse_trades(_raw([TRADE | changes]))


def test_documented_balance_is_in_upper_case_and_without_zeros() -> None:
    assets = [
        {"coin": "usdt", "available": "10", "frozen": "2", "locked": "5", "limitAvailable": "0"},
        {"coin": "BTC", "available": "0", "frozen": "0", "locked": "0"},
    ]
    assert classic.parse_balances(_raw(assets)) == [Balance("USDT", Decimal(10), Decimal(2))]


def test_documented_fee_rate_is_a_cost() -> None:
    rate = {"makerFeeRate": "0.0002", "takerFeeRate": "0.0006"}
    assert answers.parse_fees(_raw(rate)) == TradingFees(
        maker=Decimal("0.0002"), taker=Decimal("0.0006")
    )


def test_a_fee_rate_that_cannot_be_is_malformed() -> None:
    with pytest.raises(MalformedMessage):
        answers.parse_fees(_raw({"makerFeeRate": "0", "takerFeeRate": "-0.1"}))


def test_what_a_venue_leaves_out_is_not_nothing() -> None:
    told = answers.parse_answer(b'{"code":"00000","msg":"success"}').data
    for parse in (classic.parse_orders, classic.parse_trades):
        assert parse(_raw(None)).rows == []
        with pytest.raises(MalformedMessage):
            parse(told)


def test_fees_are_deducted_in_bgb_where_the_account_says_so() -> None:
    assert answers.parse_fee_terms(_raw({"deduct": "on"})).discount_asset == "BGB"
    assert answers.parse_fee_terms(_raw({"deduct": "off"})).discount_asset == ""
    with pytest.raises(MalformedMessage):
        answers.parse_fee_terms(_raw({"deduct": 1}))


def test_documented_time() -> None:
    assert answers.parse_time_ms(_raw({"serverTime": "1688008631614"})) == 1688008631614
    with pytest.raises(MalformedMessage):
        answers.parse_time_ms(_raw({"serverTime": "0"}))


def test_order_book_is_cut_to_the_levels_asked_for() -> None:
    book = {
        "asks": [["34567.15", "0.0131"], ["34568", "1"]],
        "bids": [["34567", "0.2917"]],
        "ts": "1698303884584",
    }
    assert answers.parse_orderbook(_raw(book), 1, 5) == DepthSnapshot(
        0, [(34567.0, 0.2917)], [(34567.15, 0.0131)], 1698303884584 * 10**6, 5
    )


@pytest.mark.parametrize("level", [["0", "1"], ["1", "0"], ["nan", "1"], ["1", "inf"], ["1"]])
def test_order_book_with_an_impossible_level_is_malformed(level: list[str]) -> None:
    with pytest.raises(MalformedMessage):
        answers.parse_orderbook(_raw({"asks": [level], "bids": [], "ts": "1"}), 1, 5)


def _trade_fills(raw: msgspec.Raw) -> list[Fill]:
    return [rows.fill_of(row, "arb1", "BTC/USDT") for row in classic.parse_trades(raw).rows]


_PARSERS: list[Callable[[msgspec.Raw], object]] = [
    lambda raw: answers.parse_answer(bytes(raw)),
    answers.parse_order_id,
    lambda raw: [rows.order_state(row, "x") for row in classic.parse_orders(raw).rows],
    _trade_fills,
    classic.parse_balances,
    answers.parse_fees,
    answers.parse_fee_terms,
    answers.parse_time_ms,
    lambda raw: answers.parse_orderbook(raw, 5, 1),
]
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["orderId", "coin", "available", "asks", "bids", "ts", "serverTime"]),
            inner,
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(_PARSERS), st.binary() | _ANY.map(lambda v: json.dumps(v).encode()))
def test_nonsense_raises_only_our_own_error(
    parse: Callable[[msgspec.Raw], object], raw: bytes
) -> None:
    with contextlib.suppress(MalformedMessage):
        parse(msgspec.Raw(raw))


@given(st.data())
def test_wrong_types_in_an_execution_raise_only_our_own_error(data: st.DataObject) -> None:
    row = TRADE | {data.draw(st.sampled_from(sorted(TRADE))): data.draw(_ANY)}
    with contextlib.suppress(MalformedMessage):
        _trade_fills(_raw([row]))
