from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.exchanges.bybit import answers
from arbot_tui.exchanges.bybit.fees import parse_fees
from arbot_tui.exchanges.bybit.public import parse_orderbook

BTC = Instrument("bybit", "BTCUSDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.000001"))
ORDER = {
    "category": "spot",
    "symbol": "BTCUSDT",
    "orderId": "1552132392821724672",
    "orderLinkId": "arb-1",
    "side": "Buy",
    "orderType": "Limit",
    "timeInForce": "IOC",
    "price": "61234.5",
    "qty": "0.001230",
    "orderStatus": "PartiallyFilledCanceled",
    "cancelType": "UNKNOWN",
    "rejectReason": "EC_CancelForNoFullFill",
    "avgPrice": "61234.5",
    "leavesQty": "0.000000",
    "leavesValue": "14.0839350",
    "cumExecQty": "0.001000",
    "cumExecValue": "61.2345000",
    "cumExecFee": "0.000001",
    "cumFeeDetail": {"BTC": "0.000001"},
    "feeCurrency": "BTC",
}
EXECUTION = {
    "symbol": "ETHUSDT",
    "orderId": "77",
    "orderLinkId": "",
    "side": "Buy",
    "orderPrice": "1236.9",
    "orderQty": "0.1",
    "leavesQty": "0",
    "orderType": "Market",
    "stopOrderType": "",
    "execFee": "0.0001",
    "feeCurrency": "ETH",
    "execId": "2100000000007764263",
    "execPrice": "1190.15",
    "execQty": "0.1",
    "execType": "Trade",
    "execValue": "119.015",
    "execTime": "1672282722429",
    "isMaker": False,
    "feeRate": "0.001",
    "extraFees": "",
    "seq": 4688002127,
}


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def _state(**changes: object) -> OrderState | None:
    return answers.parse_order(_raw({"list": [ORDER | changes]}), "arb-1", "order")


def test_envelope_of_a_placement() -> None:
    answer = answers.parse_answer(
        b'{"retCode":0,"retMsg":"OK","result":{"orderId":"1321003749386327552","orderLinkId":'
        b'"spot-test-postonly"},"retExtInfo":{},"time":1672211918471}'
    )
    assert (answer.retCode, answer.time) == (0, 1672211918471)
    assert answers.parse_order_id(answer.result) == "1321003749386327552"


def test_partly_filled_ioc_is_expired_with_what_it_filled() -> None:
    assert _state() == OrderState(
        "bybit", "arb-1", OrderStatus.EXPIRED, Decimal("0.001"), ("order",), "1552132392821724672"
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"orderStatus": "New"}, OrderStatus.NEW),
        ({"orderStatus": "Untriggered"}, OrderStatus.NEW),
        ({"orderStatus": "Triggered"}, OrderStatus.NEW),
        ({"orderStatus": "PartiallyFilled"}, OrderStatus.PARTIALLY_FILLED),
        ({"orderStatus": "Filled"}, OrderStatus.FILLED),
        ({"cancelType": "CancelByUser"}, OrderStatus.CANCELED),
        ({"rejectReason": "EC_PerCancelRequest"}, OrderStatus.CANCELED),
        (
            {"orderStatus": "Cancelled", "rejectReason": "EC_NoImmediateQtyToFill"},
            OrderStatus.EXPIRED,
        ),
        ({"orderStatus": "Cancelled", "cancelType": "CancelByUser"}, OrderStatus.CANCELED),
        ({"orderStatus": "Rejected", "cumExecQty": "0"}, OrderStatus.REJECTED),
        ({"orderStatus": "Rejected"}, OrderStatus.EXPIRED),
        (
            {
                "orderStatus": "Cancelled",
                "cumExecQty": "",
                "rejectReason": "EC_PostOnlyWillTakeLiquidity",
            },
            OrderStatus.REJECTED,
        ),
        ({"orderStatus": "Deactivated"}, OrderStatus.CANCELED),
    ],
)
def test_status_mapping(changes: dict[str, object], status: OrderStatus) -> None:
    state = _state(**changes)
    assert state is not None
    assert state.status is status


def test_another_order_in_the_list_is_not_ours() -> None:
    assert _state(orderLinkId="arb-2") is None
    assert answers.parse_order(_raw({"list": []}), "arb-1", "order") is None


@pytest.mark.parametrize(
    "changes",
    [{"orderStatus": "Odd"}, {"cumExecQty": "-1"}, {"cumExecQty": "nan"}, {"orderId": 7}],
)
def test_an_order_that_cannot_be_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        _state(**changes)


def test_documented_execution_becomes_a_fill() -> None:
    eth = Instrument("bybit", "ETHUSDT", "ETH", "USDT", Decimal("0.01"), Decimal("0.001"))
    page = {"list": [EXECUTION], "nextPageCursor": "a%3Db"}
    fill = Fill(
        "bybit",
        "arb-1",
        "ETH/USDT",
        "2100000000007764263",
        OrderSide.BUY,
        Decimal("1190.15"),
        Decimal("0.1"),
        Decimal("0.0001"),
        "ETH",
        1672282722429 * 10**6,
    )
    assert answers.parse_fills(_raw(page), "arb-1", eth) == ([fill], "77", "a%3Db")


@pytest.mark.parametrize(("side", "asset"), [("Buy", "BTC"), ("Sell", "USDT")])
def test_fee_without_coin_is_in_what_was_received(side: str, asset: str) -> None:
    row = {k: v for k, v in EXECUTION.items() if k != "feeCurrency"} | {"side": side}
    (fill,), _, cursor = answers.parse_fills(_raw({"list": [row]}), "arb-1", BTC)
    assert (fill.fee_asset, fill.fee, cursor) == (asset, Decimal("0.0001"), "")


def test_rebate_stays_negative() -> None:
    (fill,), _, _ = answers.parse_fills(
        _raw({"list": [EXECUTION | {"execFee": "-0.0002"}]}), "arb-1", BTC
    )
    assert fill.fee == Decimal("-0.0002")


@pytest.mark.parametrize(("side", "asset"), [("Buy", "USDT"), ("Sell", "BTC")])
def test_rebate_without_coin_is_in_what_was_given(side: str, asset: str) -> None:
    row = EXECUTION | {"side": side, "feeCurrency": "", "execFee": "-0.0002"}
    (fill,), _, _ = answers.parse_fills(_raw({"list": [row]}), "arb-1", BTC)
    assert fill.fees == ((asset, Decimal("-0.0002")),)


_TAX = {"feeCoin": "usdt", "feeType": "TAX", "subFeeType": "TAX_PNN", "feeRate": "0.1", "fee": "2"}


@pytest.mark.parametrize(
    "extra", [[_TAX], json.dumps([_TAX]), [_TAX | {"fee": "1.5"}, _TAX | {"fee": "0.5"}]]
)
def test_taxes_beside_the_fee_are_fees(extra: object) -> None:
    row = EXECUTION | {"extraFees": extra}
    (fill,), _, _ = answers.parse_fills(_raw({"list": [row]}), "arb-1", BTC)
    assert fill.fees == (("ETH", Decimal("0.0001")), ("USDT", Decimal(2)))


@pytest.mark.parametrize("extra", ["", None, [], "[]"])
def test_most_executions_bear_none(extra: object) -> None:
    (fill,), _, _ = answers.parse_fills(
        _raw({"list": [EXECUTION | {"extraFees": extra}]}), "arb-1", BTC
    )
    assert fill.fees == (("ETH", Decimal("0.0001")),)


def test_execution_of_another_order_is_never_booked() -> None:
    row = EXECUTION | {"orderLinkId": "arb-2"}
    assert answers.parse_fills(_raw({"list": [row]}), "arb-1", BTC) == ([], "", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"side": "Hold"},
        {"execPrice": "0"},
        {"execQty": "-1"},
        {"execFee": "inf"},
        {"execTime": "soon"},
        {"execId": None},
        {"symbol": None},
        {"extraFees": "none"},
        {"extraFees": [{"feeCoin": "", "fee": "1"}]},
        {"extraFees": [{"feeCoin": "USDT", "fee": "nan"}]},
    ],
)
def test_an_execution_that_cannot_be_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        answers.parse_fills(_raw({"list": [EXECUTION | changes]}), "arb-1", BTC)


def test_free_balance_leaves_out_locks_loans_and_dead_fields() -> None:
    coins = [
        {"coin": "BTC", "walletBalance": "0.00102964", "locked": "0", "spotBorrow": "0"},
        {
            "coin": "usdt",
            "walletBalance": "100.5",
            "locked": "20",
            "spotBorrow": "",
            "bonus": "0.5",
            "free": "",
            "availableToWithdraw": "",
        },
        {"coin": "OLD", "walletBalance": "", "locked": ""},
        {"coin": "DEBT", "walletBalance": "1", "locked": "0", "spotBorrow": "3"},
    ]
    wallet = {"list": [{"accountType": "UNIFIED", "coin": coins}]}
    assert answers.parse_balances(_raw(wallet)) == [
        Balance("BTC", Decimal("0.00102964"), Decimal(0)),
        Balance("USDT", Decimal(80), Decimal(20)),
    ]


def test_an_empty_account_has_no_coins_and_no_account_is_no_answer() -> None:
    assert answers.parse_balances(_raw({"list": [{"accountType": "UNIFIED", "coin": []}]})) == []
    with pytest.raises(MalformedMessage, match="no account"):
        answers.parse_balances(_raw({"list": []}))


def test_a_fee_rate_that_cannot_be_is_malformed() -> None:
    rates = {"list": [{"symbol": "ETHUSDT", "takerFeeRate": "-0.1", "makerFeeRate": "0"}]}
    with pytest.raises(MalformedMessage):
        parse_fees(_raw(rates), {"ETHUSDT": "ETH/USDT"})


def test_fee_rates_are_costs_and_only_those_asked_for() -> None:
    rates = {
        "list": [
            {"symbol": "ETHUSDT", "takerFeeRate": "0.0006", "makerFeeRate": "0.0001"},
            {"symbol": "XRPUSDT", "takerFeeRate": "0.1", "makerFeeRate": "0.1"},
        ]
    }
    assert parse_fees(_raw(rates), {"ETHUSDT": "ETH/USDT"}) == {
        "ETH/USDT": TradingFees(maker=Decimal("0.0001"), taker=Decimal("0.0006"))
    }


def test_order_book_is_cut_to_the_levels_asked_for() -> None:
    book = {
        "s": "BTCUSDT",
        "b": [["2", "1"], ["1", "5"]],
        "a": [["3", "4"]],
        "ts": 1_700_000_000_001,
        "u": 9,
        "seq": 3,
        "cts": 1_700_000_000_000,
    }
    expected = DepthSnapshot(9, [(2.0, 1.0)], [(3.0, 4.0)], 1_700_000_000_000 * 10**6, 5)
    assert parse_orderbook(_raw(book), 1, 5) == expected


def test_order_book_without_matching_time_uses_its_own() -> None:
    book = {"b": [], "a": [], "ts": 1_700_000_000_001, "u": 9}
    assert parse_orderbook(_raw(book), 1, 5).event_ns == 1_700_000_000_001 * 10**6


@pytest.mark.parametrize("level", [["0", "1"], ["1", "0"], ["nan", "1"], ["1", "inf"], ["1"]])
def test_order_book_with_an_impossible_level_is_malformed(level: list[str]) -> None:
    with pytest.raises(MalformedMessage):
        parse_orderbook(_raw({"b": [level], "a": [], "ts": 1, "u": 9}), 1, 5)


_PARSERS: list[Callable[[msgspec.Raw], object]] = [
    lambda raw: answers.parse_answer(bytes(raw)),
    answers.parse_order_id,
    lambda raw: answers.parse_order(raw, "arb-1", "order"),
    lambda raw: answers.parse_fills(raw, "arb-1", BTC),
    answers.parse_balances,
    lambda raw: parse_fees(raw, {"BTCUSDT": "BTC/USDT"}),
    lambda raw: parse_orderbook(raw, 5, 1),
]
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["list", "coin", "b", "a", "u", "ts", "orderId", "orderLinkId"]), inner
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
