"""Every documented private payload of the facts page, section 7."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
)
from arbot_tui.exchanges.binance.answers import (
    OrderRow,
    order_state,
    parse_balances,
    parse_order,
    parse_orders,
    parse_trades,
    trade_order_ids,
)
from arbot_tui.exchanges.binance.fees import parse_account_fees, parse_commission
from arbot_tui.exchanges.binance.placement import parse_placement

FILLED: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "orderId": 28,
    "orderListId": -1,
    "clientOrderId": "arb-20251009-0001",
    "transactTime": 1507725176595,
    "price": "3995.00000000",
    "origQty": "10.00000000",
    "executedQty": "10.00000000",
    "origQuoteOrderQty": "0.000000",
    "cummulativeQuoteQty": "39983.00000000",
    "status": "FILLED",
    "timeInForce": "IOC",
    "type": "LIMIT",
    "side": "SELL",
    "workingTime": 1507725176595,
    "selfTradePreventionMode": "EXPIRE_MAKER",
    "fills": [
        {
            "price": price,
            "qty": qty,
            "commission": commission,
            "commissionAsset": "USDT",
            "tradeId": trade,
        }
        for price, qty, commission, trade in (
            ("4000.00000000", "1.00000000", "4.00000000", 56),
            ("3999.00000000", "5.00000000", "19.99500000", 57),
            ("3998.00000000", "2.00000000", "7.99600000", 58),
            ("3997.00000000", "1.00000000", "3.99700000", 59),
            ("3995.00000000", "1.00000000", "3.99500000", 60),
        )
    ],
}
PARTIAL: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "orderId": 29,
    "orderListId": -1,
    "clientOrderId": "arb-20251009-0002",
    "transactTime": 1760000000123,
    "price": "61234.56000000",
    "origQty": "0.00123000",
    "executedQty": "0.00100000",
    "cummulativeQuoteQty": "61.23456000",
    "status": "EXPIRED",
    "timeInForce": "IOC",
    "type": "LIMIT",
    "side": "BUY",
    "expiryReason": "UNFILLED_IOC_QUANTITY_EXPIRED",
    "fills": [
        {
            "price": "61234.56000000",
            "qty": "0.00100000",
            "commission": "0.00000100",
            "commissionAsset": "BTC",
            "tradeId": 57,
        }
    ],
}
SELL = OrderRequest(
    "arb-20251009-0001", "binance", "BTC/USDT", OrderSide.SELL, Decimal(3995), Decimal(10), 0
)
BUY = OrderRequest(
    "arb-20251009-0002",
    "binance",
    "BTC/USDT",
    OrderSide.BUY,
    Decimal("61234.56"),
    Decimal("0.00123"),
    0,
)
ROW = (
    b'{"symbol":"LTCBTC","orderId":1,"orderListId":-1,"clientOrderId":"myOrder1","price":"0.1",'
    b'"origQty":"1.0","executedQty":"0.0","cummulativeQuoteQty":"0.0","status":"NEW",'
    b'"timeInForce":"GTC","type":"LIMIT","side":"BUY","stopPrice":"0.0","icebergQty":"0.0",'
    b'"time":1499827319559,"updateTime":1499827319559,"isWorking":true,'
    b'"workingTime":1499827319559,"origQuoteOrderQty":"0.000000",'
    b'"selfTradePreventionMode":"NONE"}'
)
TRADE = (
    b'{"symbol":"BNBBTC","id":28457,"orderId":100234,"orderListId":-1,"price":"4.00000100",'
    b'"qty":"12.00000000","quoteQty":"48.000012","commission":"10.10000000",'
    b'"commissionAsset":"BNB","time":1499865549590,"isBuyer":true,"isMaker":false,'
    b'"isBestMatch":true}'
)
ACCOUNT = (
    b'{"makerCommission":15,"takerCommission":15,"commissionRates":{"maker":"0.00150000",'
    b'"taker":"0.00160000","buyer":"0.00000000","seller":"0.00000000"},"canTrade":true,'
    b'"canWithdraw":true,"canDeposit":true,"updateTime":123456789,"accountType":"SPOT",'
    b'"balances":[{"asset":"BTC","free":"4723846.89208129","locked":"0.00000000"},'
    b'{"asset":"LTC","free":"0.00000000","locked":"0.50000000"},'
    b'{"asset":"ETH","free":"0.00000000","locked":"0.00000000"}],"permissions":["SPOT"],'
    b'"uid":354937868}'
)
COMMISSION: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "standardCommission": {
        "maker": "0.00000010",
        "taker": "0.00000020",
        "buyer": "0.00000030",
        "seller": "0.00000040",
    },
    "specialCommission": {
        "maker": "0.01000000",
        "taker": "0.02000000",
        "buyer": "0.03000000",
        "seller": "0.04000000",
    },
    "taxCommission": {
        "maker": "0.00000112",
        "taker": "0.00000114",
        "buyer": "0.00000118",
        "seller": "0.00000116",
    },
    "discount": {
        "enabledForAccount": True,
        "enabledForSymbol": True,
        "discountAsset": "BNB",
        "discount": "0.75000000",
    },
}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def test_an_order_that_filled() -> None:
    placed = parse_placement(_json(FILLED), SELL, "BTCUSDT")

    assert placed.ack == OrderAck("binance", SELL.client_id, "28")
    assert placed.state == OrderState(
        "binance", SELL.client_id, OrderStatus.FILLED, Decimal(10), ("order",), "28"
    )
    assert placed.fills[1] == Fill(
        venue="binance",
        client_id=SELL.client_id,
        symbol="BTC/USDT",
        trade_id="57",
        side=OrderSide.SELL,
        price=Decimal(3999),
        qty=Decimal(5),
        fee=Decimal("19.995"),
        fee_asset="USDT",
        event_ns=1507725176595 * MS,
    )
    assert sum(fill.qty for fill in placed.fills) == placed.state.filled_qty
    assert sum(fill.qty * fill.price for fill in placed.fills) == Decimal(39983)


def test_an_ioc_that_filled_in_part_ends_as_expired_with_what_it_got() -> None:
    placed = parse_placement(_json(PARTIAL), BUY, "BTCUSDT")

    assert placed.state.status is OrderStatus.EXPIRED
    assert placed.state.filled_qty == Decimal("0.001")
    assert [(fill.fee, fill.fee_asset) for fill in placed.fills] == [(Decimal("0.000001"), "BTC")]


def test_an_ioc_that_missed_has_no_fills() -> None:
    missed = PARTIAL | {"executedQty": "0.00000000", "fills": []}

    placed = parse_placement(_json(missed), BUY, "BTCUSDT")

    assert (placed.fills, placed.state.filled_qty) == ([], Decimal(0))


def test_an_answer_without_fills_keeps_its_quantity() -> None:
    result = {key: value for key, value in PARTIAL.items() if key != "fills"}

    placed = parse_placement(_json(result), BUY, "BTCUSDT")

    assert (placed.fills, placed.state.filled_qty) == ([], Decimal("0.001"))


@pytest.mark.parametrize(
    "change",
    [
        {"clientOrderId": "someone-else"},
        {"symbol": "ETHUSDT"},
        {"side": "SELL"},
        {"side": "\u001b"},
        {"status": "SOMETHING"},
        {"executedQty": "-1"},
        {"executedQty": "NaN"},
        {"executedQty": 1.5},
        {"orderId": "29"},
        {"fills": [PARTIAL["fills"][0] | {"price": "0"}]},
        {"fills": [PARTIAL["fills"][0] | {"qty": "-1"}]},
        {"fills": [PARTIAL["fills"][0] | {"commission": "Infinity"}]},
        {"fills": [PARTIAL["fills"][0] | {"commissionAsset": ""}]},
        {"fills": [PARTIAL["fills"][0] | {"commissionAsset": "B\u202eTC"}]},
    ],
)
def test_a_placement_answer_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage) as caught:
        parse_placement(_json(PARTIAL | change), BUY, "BTCUSDT")

    assert str(caught.value).isprintable()


def test_asking_for_an_order() -> None:
    row = parse_order(ROW)

    assert row == OrderRow("LTCBTC", 1, "myOrder1", "NEW", "BUY", "0.0")
    assert order_state(row, "myOrder1", "order") == OrderState(
        "binance", "myOrder1", OrderStatus.NEW, Decimal("0.0"), ("order",), "1"
    )
    assert parse_orders(b"[" + ROW + b"]") == [row]


def test_after_a_cancel_our_id_stands_although_the_row_shows_another() -> None:
    row = parse_order(ROW.replace(b"myOrder1", b"cancelMyOrder1").replace(b'"NEW"', b'"CANCELED"'))

    state = order_state(row, "myOrder1", "history")

    assert (state.client_id, state.status) == ("myOrder1", OrderStatus.CANCELED)
    assert state.sources == ("history",)


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        ("NEW", OrderStatus.NEW),
        ("PENDING_NEW", OrderStatus.NEW),
        ("PARTIALLY_FILLED", OrderStatus.PARTIALLY_FILLED),
        ("FILLED", OrderStatus.FILLED),
        ("CANCELED", OrderStatus.CANCELED),
        ("PENDING_CANCEL", OrderStatus.NEW),
        ("REJECTED", OrderStatus.REJECTED),
        ("EXPIRED", OrderStatus.EXPIRED),
        ("EXPIRED_IN_MATCH", OrderStatus.EXPIRED),
    ],
)
def test_every_status(wire: str, status: OrderStatus) -> None:
    assert order_state(OrderRow("S", 1, "c", wire, "BUY", "0"), "c", "order").status is status


def test_executions_of_one_order_come_oldest_first() -> None:
    later = TRADE.replace(b"28457", b"28458")
    other = TRADE.replace(b"100234", b"100235")
    body = b"[" + later + b"," + other + b"," + TRADE + b"]"

    fills = parse_trades(body, "arb-1", "BNB/BTC", "100234")

    assert [fill.trade_id for fill in fills] == ["28457", "28458"]
    assert fills[0] == Fill(
        venue="binance",
        client_id="arb-1",
        symbol="BNB/BTC",
        trade_id="28457",
        side=OrderSide.BUY,
        price=Decimal("4.000001"),
        qty=Decimal(12),
        fee=Decimal("10.1"),
        fee_asset="BNB",
        event_ns=1499865549590 * MS,
    )
    assert trade_order_ids(body) == {100234, 100235}


def test_a_sale_is_told_by_is_buyer() -> None:
    body = b"[" + TRADE.replace(b'"isBuyer":true', b'"isBuyer":false') + b"]"

    assert parse_trades(body, "a", "BNB/BTC", "100234")[0].side is OrderSide.SELL


def test_balances_leave_out_what_is_empty() -> None:
    assert parse_balances(ACCOUNT) == [
        Balance("BTC", Decimal("4723846.89208129"), Decimal(0)),
        Balance("LTC", Decimal(0), Decimal("0.5")),
    ]


def test_the_accounts_general_rates() -> None:
    assert parse_account_fees(ACCOUNT) == TradingFees(Decimal("0.0015"), Decimal("0.0016"))


def test_a_symbols_rates_are_the_sum_of_all_parts_for_the_dearer_side() -> None:
    fees = parse_commission(_json(COMMISSION), "BTCUSDT")

    assert fees.taker == Decimal("0.02000134") + Decimal("0.04000156")
    assert fees.maker == Decimal("0.01000122") + Decimal("0.04000156")


def test_paying_in_the_discount_coin_makes_the_standard_part_alone_cheaper() -> None:
    fees = parse_commission(_json(COMMISSION), "BTCUSDT")

    # A quarter off 0.00000020 + 0.00000030, the side that saves less.
    assert fees.coin == "BNB"
    assert fees.coin_taker == fees.taker - Decimal("0.000000125")


@pytest.mark.parametrize("off", ["enabledForAccount", "enabledForSymbol"])
def test_a_discount_that_is_switched_off_is_none(off: str) -> None:
    fees = parse_commission(
        _json({**COMMISSION, "discount": {**COMMISSION["discount"], off: False}}), "BTCUSDT"
    )

    assert (fees.coin, fees.coin_taker) == ("", None)


def test_special_and_tax_rates_may_be_absent() -> None:
    standard = {key: COMMISSION[key] for key in ("symbol", "standardCommission")}

    assert parse_commission(_json(standard), "BTCUSDT") == TradingFees(
        Decimal("0.0000005"), Decimal("0.0000006")
    )


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (parse_order, b"{}"),
        (parse_orders, ROW),
        (parse_orders, b"[{}]"),
        (trade_order_ids, b"{}"),
        (lambda body: parse_trades(body, "a", "B/C", "100234"), b"[" + TRADE[:-1] + b"]"),
        (
            lambda body: parse_trades(body, "a", "B/C", "100234"),
            b"[" + TRADE.replace(b'"4.00000100"', b'"0"') + b"]",
        ),
        (parse_balances, b"[]"),
        (parse_balances, ACCOUNT.replace(b'"0.50000000"', b'"-0.5"')),
        (parse_balances, ACCOUNT.replace(b'"LTC"', b'"\\u200b"')),
        (parse_account_fees, ACCOUNT.replace(b'"0.00160000"', b'"1"')),
        (parse_account_fees, ACCOUNT.replace(b'"0.00150000"', b'"x"')),
        (lambda body: parse_commission(body, "ETHUSDT"), _json(COMMISSION)),
        (lambda body: parse_commission(body, "BTCUSDT"), b"{}"),
        (
            lambda body: parse_commission(body, "BTCUSDT"),
            _json(COMMISSION).replace(b'"0.75000000"', b'"75"'),
        ),
    ],
)
def test_answers_that_cannot_be_are_refused(read: Callable[[bytes], object], body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read(body)


def test_an_unknown_status_is_refused_and_cleaned() -> None:
    row = OrderRow("S", 1, "c", "\x1b[2J", "BUY", "0")

    with pytest.raises(MalformedMessage, match=r"'\[2J'"):
        order_state(row, "c", "order")
