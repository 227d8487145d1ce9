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
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.exchanges.okx import answers, fills
from arbot_tui.exchanges.okx.fees import parse_fees
from arbot_tui.exchanges.okx.public import parse_orderbook, parse_time_ms

ORDER = {
    "accFillSz": "0.00192834",
    "avgPx": "51858",
    "cancelSource": "",
    "clOrdId": "arb1",
    "fee": "-0.00000192834",
    "feeCcy": "BTC",
    "instId": "BTC-USDT",
    "ordId": "680800019749904384",
    "ordType": "market",
    "side": "buy",
    "state": "filled",
    "sz": "100",
    "tgtCcy": "quote_ccy",
}
IOC = {
    "state": "canceled",
    "ordType": "ioc",
    "side": "buy",
    "sz": "0.05",
    "px": "50100",
    "accFillSz": "0.02",
    "avgPx": "50099.8",
    "fee": "-0.00002",
    "feeCcy": "BTC",
    "cancelSource": "14",
    "clOrdId": "arb1",
    "ordId": "680800019749904385",
}
FILL = {
    "side": "buy",
    "fillSz": "0.00192834",
    "fillPx": "51858",
    "fee": "-0.00000192834",
    "feeCcy": "BTC",
    "feeRate": "-0.001",
    "ordId": "680800019749904384",
    "clOrdId": "arb1",
    "instType": "SPOT",
    "instId": "BTC-USDT",
    "billId": "680800019754098688",
    "subType": "1",
    "execType": "T",
    "tradeId": "744876980",
    "fillTime": "1708587373361",
    "ts": "1708587373362",
    "tradeQuoteCcy": "USDT",
}


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def test_accepted_placement() -> None:
    answer = answers.parse_answer(
        b'{"code":"0","msg":"","data":[{"clOrdId":"arb0000000001","ordId":"312269865356374016",'
        b'"tag":"","ts":"1695190491421","sCode":"0","sMsg":"","subCode":""}],'
        b'"inTime":"1695190491421339","outTime":"1695190491423240"}'
    )
    assert answer.code == "0"
    assert answers.parse_item(answer.data) == answers.Item("312269865356374016", "0", "")
    assert answers.parse_item(_raw([])) is None


def test_documented_order() -> None:
    assert answers.parse_order(_raw([ORDER]), "arb1") == OrderState(
        "okx",
        "arb1",
        OrderStatus.FILLED,
        Decimal("0.00192834"),
        ("order",),
        "680800019749904384",
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, OrderStatus.EXPIRED),
        ({"cancelSource": ""}, OrderStatus.EXPIRED),
        ({"cancelSource": "1"}, OrderStatus.CANCELED),
        ({"ordType": "fok", "cancelSource": "13", "accFillSz": ""}, OrderStatus.EXPIRED),
        ({"ordType": "limit"}, OrderStatus.CANCELED),
        (
            {"ordType": "post_only", "cancelSource": "31", "accFillSz": "0"},
            OrderStatus.REJECTED,
        ),
        ({"ordType": "post_only", "cancelSource": "31"}, OrderStatus.CANCELED),
        ({"ordType": "post_only", "cancelSource": "1"}, OrderStatus.CANCELED),
        ({"state": "live"}, OrderStatus.NEW),
        ({"state": "partially_filled"}, OrderStatus.PARTIALLY_FILLED),
        ({"state": "filled"}, OrderStatus.FILLED),
        ({"state": "mmp_canceled"}, OrderStatus.CANCELED),
    ],
)
def test_status_mapping(changes: dict[str, str], status: OrderStatus) -> None:
    state = answers.parse_order(_raw([IOC | changes]), "arb1")
    assert state is not None
    assert state.status is status
    assert state.filled_qty == Decimal((IOC | changes)["accFillSz"] or 0)


def test_another_order_is_not_ours() -> None:
    assert answers.parse_order(_raw([IOC]), "arb2") is None
    assert answers.parse_order(_raw([]), "arb1") is None


@pytest.mark.parametrize("changes", [{"state": "odd"}, {"accFillSz": "-1"}, {"ordId": None}])
def test_an_order_that_cannot_be_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        answers.parse_order(_raw([IOC | changes]), "arb1")


def test_documented_fill_has_its_fee_as_a_cost() -> None:
    fill = Fill(
        "okx",
        "arb1",
        "BTC/USDT",
        "744876980",
        OrderSide.BUY,
        Decimal(51858),
        Decimal("0.00192834"),
        Decimal("0.00000192834"),
        "BTC",
        1708587373361 * 10**6,
    )
    assert fills.parse_fills(_raw([FILL]), "arb1", "", "BTC/USDT") == fills.FillPage(
        [fill], "680800019749904384", 1, "680800019754098688", 1708587373361 * 10**6
    )


def test_rebate_becomes_a_negative_cost_and_time_has_a_fallback() -> None:
    row = FILL | {"fee": "0.01", "fillTime": ""}
    (fill,) = fills.parse_fills(_raw([row]), "arb1", "", "BTC/USDT").fills
    assert (fill.fee, fill.event_ns) == (Decimal("-0.01"), 1708587373362 * 10**6)


def test_a_rebate_beside_the_fee_is_booked_unless_the_fee_is_it() -> None:
    row = FILL | {"rebate": "0.01", "rebateCcy": "usdt"}
    (fill,) = fills.parse_fills(_raw([row]), "arb1", "", "BTC/USDT").fills
    assert fill.fees == (("BTC", Decimal("0.00000192834")), ("USDT", Decimal("-0.01")))
    row |= {"fee": "0.01", "feeCcy": "USDT"}
    (fill,) = fills.parse_fills(_raw([row]), "arb1", "", "BTC/USDT").fills
    assert fill.fees == (("USDT", Decimal("-0.01")),)


@pytest.mark.parametrize(
    ("client_id", "venue_id", "found"),
    [
        ("arb1", "", 1),
        ("arb2", "", 0),
        ("arb2", "680800019749904384", 1),
        ("arb2", "1", 0),
    ],
)
def test_fills_of_other_orders_are_left_out(client_id: str, venue_id: str, found: int) -> None:
    page = fills.parse_fills(_raw([FILL]), client_id, venue_id, "BTC/USDT")
    assert (len(page.fills), page.rows) == (found, 1)


def test_empty_page() -> None:
    page = fills.parse_fills(_raw([]), "arb1", "", "BTC/USDT")
    assert page == fills.FillPage([], "", 0, "", 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"side": "hold"},
        {"fillPx": "0"},
        {"fillSz": "nan"},
        {"fee": ""},
        {"feeCcy": ""},
        {"fillTime": "soon"},
        {"billId": "1&x=2"},
    ],
)
def test_a_fill_that_cannot_be_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        fills.parse_fills(_raw([FILL | changes]), "arb1", "", "BTC/USDT")


def test_documented_balance() -> None:
    detail = {
        "availBal": "4834.317093622894",
        "cashBal": "4850.435693622894",
        "ccy": "usdt",
        "eq": "4992.890093622894",
        "frozenBal": "158.573",
    }
    empty = {"ccy": "BTC", "availBal": "", "frozenBal": "0"}
    assert answers.parse_balances(_raw([{"details": [detail, empty]}])) == [
        Balance("USDT", Decimal("4834.317093622894"), Decimal("158.573"))
    ]


def test_what_a_venue_leaves_out_is_not_nothing() -> None:
    told = answers.parse_answer(b'{"code":"0","msg":""}').data
    assert answers.parse_item(told) is None
    for parse in (answers.parse_rows, fills.parse_fill_rows, answers.parse_balances):
        with pytest.raises(MalformedMessage):
            parse(told)
    assert answers.parse_balances(_raw([{"details": []}])) == []
    with pytest.raises(MalformedMessage, match="no account"):
        answers.parse_balances(_raw([]))


def test_fee_rates_come_from_the_group_and_are_costs() -> None:
    fees = [
        {
            "feeGroup": [
                {"rpiMaker": "0", "groupId": "2", "maker": "0.0001", "taker": "-0.0005"},
                {"rpiMaker": "-0.0008", "groupId": "1", "maker": "-0.0008", "taker": "-0.001"},
            ],
            "maker": "-0.9",
            "taker": "-0.9",
        }
    ]
    assert parse_fees(_raw(fees), "1") == TradingFees(
        maker=Decimal("0.0008"), taker=Decimal("0.001")
    )
    assert parse_fees(_raw(fees), "2").maker == Decimal("-0.0001")
    assert parse_fees(_raw(fees), "9").taker == Decimal("0.9")


@pytest.mark.parametrize(
    "fees", [[], [{}], [{"maker": "x", "taker": "1"}], [{"maker": "0", "taker": "0.1"}]]
)
def test_fee_rates_that_are_missing_or_cannot_be_are_malformed(fees: object) -> None:
    with pytest.raises(MalformedMessage):
        parse_fees(_raw(fees), "1")


def test_account_level_and_time() -> None:
    assert answers.parse_account_level(_raw([{"acctLv": "1", "perm": "trade"}])) == "1"
    assert parse_time_ms(_raw([{"ts": "1597026383085"}])) == 1597026383085
    with pytest.raises(MalformedMessage):
        answers.parse_account_level(_raw([]))
    with pytest.raises(MalformedMessage):
        parse_time_ms(_raw([{"ts": "-1"}]))


def test_order_book_is_cut_to_the_levels_asked_for() -> None:
    book = {
        "asks": [["3", "4", "0", "1"], ["5", "1", "0", "1"]],
        "bids": [["2", "1", "0", "1"]],
        "ts": "1700000000000",
        "seqId": 9,
    }
    expected = DepthSnapshot(9, [(2.0, 1.0)], [(3.0, 4.0)], 1_700_000_000_000 * 10**6, 5)
    assert parse_orderbook(_raw([book]), 1, 5) == expected


@pytest.mark.parametrize("level", [["0", "1"], ["1", "0"], ["nan", "1"], ["1", "inf"], ["1"]])
def test_order_book_with_an_impossible_level_is_malformed(level: list[str]) -> None:
    book = {"asks": [[*level, "0", "1"]], "bids": [], "ts": "1700000000000"}
    with pytest.raises(MalformedMessage):
        parse_orderbook(_raw([book]), 1, 5)


_PARSERS: list[Callable[[msgspec.Raw], object]] = [
    lambda raw: answers.parse_answer(bytes(raw)),
    answers.parse_item,
    lambda raw: answers.parse_order(raw, "arb1"),
    lambda raw: fills.parse_fills(raw, "arb1", "", "BTC/USDT"),
    answers.parse_balances,
    lambda raw: parse_fees(raw, "1"),
    answers.parse_account_level,
    parse_time_ms,
    lambda raw: parse_orderbook(raw, 5, 1),
]
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["details", "ccy", "availBal", "asks", "bids", "ts", "acctLv"]), inner
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
