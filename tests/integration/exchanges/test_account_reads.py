"""What adapters read of an account beside single orders: what is asked, and what is made of it.

Each venue's documented answers, on a scripted loopback venue.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from arbot_tui.domain.account import FeeTerms, KeyPermissions, OpenOrder
from arbot_tui.domain.clock import MS, SECOND, SystemClock
from arbot_tui.domain.errors import AuthRefused, MalformedMessage, OrderNotFound, RequestRefused
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import (
    OrderAck,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderStatus,
    TimeInForce,
)
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import (
    FILLS_OVERLAP_NS,
    BaseExchange,
    Credentials,
    ExchangeConfig,
    VenueUrls,
)
from arbot_tui.exchanges.binance.adapter import BinanceExchange
from arbot_tui.exchanges.bitget.adapter import BitgetExchange
from arbot_tui.exchanges.bybit.adapter import BybitExchange
from arbot_tui.exchanges.okx.adapter import OKXExchange
from arbot_tui.exchanges.transport.adapter import VenueAdapter
from tests.unit.exchanges.loopback import LoopbackVenue

_KEY = Credentials("key", Secret("secret"), Secret("phrase"))
_FEES = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))
_KINDS: dict[str, type[BaseExchange]] = {
    "binance": BinanceExchange,
    "bybit": BybitExchange,
    "okx": OKXExchange,
    "bitget": BitgetExchange,
}
_DAY_NS = 24 * 3600 * SECOND


@asynccontextmanager
async def _venue(
    name: str, environment: str = "custom"
) -> AsyncIterator[tuple[LoopbackVenue, BaseExchange]]:
    async with LoopbackVenue() as venue:
        wire = "BTC-USDT" if name == "okx" else "BTCUSDT"
        btc = Instrument(
            name, wire, "BTC", "USDT", Decimal("0.1"), Decimal("0.00001"), min_notional=Decimal(5)
        )
        urls = VenueUrls(rest=venue.url, ws_public=venue.ws_url)
        adapter = _KINDS[name](
            ExchangeConfig(name, 0, urls, environment, _FEES, _KEY), SystemClock()
        )
        adapter.set_universe({wire: 0}, [btc])
        try:
            yield venue, adapter
        finally:
            await adapter.close()


def _bybit(result: object) -> str:
    return json.dumps({"retCode": 0, "retMsg": "OK", "result": result, "time": 1})


def _okx(*data: object) -> str:
    return json.dumps({"code": "0", "msg": "", "data": data})


def _bitget(data: object) -> str:
    return json.dumps({"code": "00000", "msg": "success", "requestTime": 1, "data": data})


def _order(
    name: str,
    client_id: str = "arb1",
    price: str = "65000.1",
    qty: str = "0.0015",
    force: TimeInForce = TimeInForce.GTC,
) -> OrderRequest:
    expires_ns = SystemClock().now_ns() + 2 * SECOND
    return OrderRequest(
        client_id, name, "BTC/USDT", OrderSide.BUY, Decimal(price), Decimal(qty), expires_ns, force
    )


# -- orders that rest ---------------------------------------------------------

_BINANCE_PLACED = json.dumps(
    {
        "symbol": "BTCUSDT", "orderId": 28, "clientOrderId": "arb1", "transactTime": 1,
        "executedQty": "0.0", "status": "NEW", "side": "BUY", "fills": [],
    }
)  # fmt: skip
_PLACED = {
    "binance": ("/api/v3/order", _BINANCE_PLACED),
    "bybit": ("/v5/order/create", _bybit({"orderId": "28", "orderLinkId": "arb1"})),
    "okx": (
        "/api/v5/trade/order",
        _okx({"clOrdId": "arb1", "ordId": "28", "sCode": "0", "sMsg": ""}),
    ),
    "bitget": (
        "/api/v2/spot/trade/place-order",
        _bitget({"orderId": "28", "clientOid": "arb1"}),
    ),
}
_FORCE_WORDS = {"binance": "GTC", "bybit": "GTC", "okx": "limit", "bitget": "gtc"}


@pytest.mark.parametrize("name", list(_KINDS))
async def test_order_that_may_rest_says_so_in_the_venues_word(name: str) -> None:
    async with _venue(name) as (venue, adapter):
        path, body = _PLACED[name]
        venue.answer("POST", path, body)
        venue.answer("GET", "/api/v5/account/config", _okx({"acctLv": "1"}))
        events = await adapter.place_order(_order(name))
        assert events[0] == OrderAck(name, "arb1", "28")
        (sent,) = venue.requests(path)
        query = dict(parse_qsl(sent.target.partition("?")[2]))
        sent_params = query or json.loads(sent.body)
        assert _FORCE_WORDS[name] in sent_params.values()


@pytest.mark.parametrize("force", list(TimeInForce))
@pytest.mark.parametrize("name", list(_KINDS))
async def test_no_order_is_a_market_order(name: str, force: TimeInForce) -> None:
    """Row 50: what a market order's quantity means differs by venue and side; none is sent."""
    async with _venue(name) as (venue, adapter):
        path, body = _PLACED[name]
        venue.answer("POST", path, body)
        venue.answer("GET", "/api/v5/account/config", _okx({"acctLv": "1"}))
        await adapter.place_order(_order(name, force=force))
        (sent,) = venue.requests(path)
        text = (sent.target + sent.body).lower()
        assert "market" not in text
        assert "65000.1" in text
        query = dict(parse_qsl(sent.target.partition("?")[2]))
        params = query or json.loads(sent.body)
        kind = params.get("type") or params.get("orderType") or params.get("ordType")
        assert str(kind).lower() in ("limit", "ioc")


_UNSENDABLE = [
    ("arb 1", "65000.1", "0.0015", "client_id"),
    ("é" * 3, "65000.1", "0.0015", "client_id"),
    ("a" * 37, "65000.1", "0.0015", "client_id"),
    ("", "65000.1", "0.0015", "client_id"),
    ("arb1", "65000.15", "0.0015", "instrument_rules"),
    ("arb1", "65000.1", "0.000015", "instrument_rules"),
    ("arb1", "100.1", "0.0015", "instrument_rules"),
    ("arb1", "0", "0.0015", "instrument_rules"),
    ("arb1", "65000.1", "0", "instrument_rules"),
]


@pytest.mark.parametrize("name", list(_KINDS))
async def test_what_a_venue_would_refuse_for_its_form_is_never_sent(name: str) -> None:
    async with _venue(name) as (venue, adapter):
        for client_id, price, qty, code in _UNSENDABLE:
            (event,) = await adapter.place_order(_order(name, client_id, price, qty))
            assert isinstance(event, OrderReject)
            assert (event.code, event.fatal) == (code, False), (client_id, price, qty)
        assert venue.seen == []


async def test_hyphen_is_no_letter_of_an_order_id_on_okx_alone() -> None:
    async with _venue("okx") as (venue, adapter):
        (event,) = await adapter.place_order(_order("okx", "arb-1"))
        assert isinstance(event, OrderReject)
        assert event.code == "client_id"
        assert venue.seen == []


# -- by the venue's id --------------------------------------------------------

_STATES = {
    "binance": (
        "GET", "/api/v3/order",
        json.dumps({"symbol": "BTCUSDT", "orderId": 28, "clientOrderId": "web_1", "side": "BUY",
                    "executedQty": "0.5", "status": "PARTIALLY_FILLED"}),
        "orderId",
    ),
    "bybit": (
        "GET", "/v5/order/realtime",
        _bybit({"list": [{"orderId": "28", "orderLinkId": "web_1", "cumExecQty": "0.5",
                          "orderStatus": "PartiallyFilled"}]}),
        "orderId",
    ),
    "okx": (
        "GET", "/api/v5/trade/order",
        _okx({"ordId": "28", "clOrdId": "web_1", "state": "partially_filled",
              "ordType": "limit", "accFillSz": "0.5"}),
        "ordId",
    ),
    "bitget": (
        "GET", "/api/v2/spot/trade/orderInfo",
        _bitget([{"orderId": "28", "clientOid": "web_1", "status": "partially_filled",
                  "baseVolume": "0.5"}]),
        "orderId",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(_KINDS))
async def test_order_is_found_by_the_venues_id_alone(name: str) -> None:
    async with _venue(name) as (venue, adapter):
        method, path, body, param = _STATES[name]
        venue.answer(method, path, body)
        state = await adapter.query_by_venue_id("BTC/USDT", "28")
        assert (state.venue_id, state.client_id) == ("28", "web_1")
        assert (state.status, state.filled_qty) == (OrderStatus.PARTIALLY_FILLED, Decimal("0.5"))
        (sent,) = venue.requests(path)
        query = dict(parse_qsl(sent.target.partition("?")[2]))
        assert query[param] == "28"
        assert not {"origClientOrderId", "orderLinkId", "clOrdId", "clientOid"} & query.keys()


_CANCELS = {
    "binance": ("DELETE", "/api/v3/order", 400, '{"code":-2011,"msg":"Unknown order sent."}'),
    "bybit": (
        "POST", "/v5/order/cancel", 200,
        '{"retCode":170213,"retMsg":"Order does not exist.","result":{},"time":1}',
    ),
    "okx": (
        "POST", "/api/v5/trade/cancel-order", 200,
        '{"code":"1","msg":"","data":[{"clOrdId":"","ordId":"28","sCode":"51400","sMsg":"gone"}]}',
    ),
    "bitget": (
        "POST", "/api/v2/spot/trade/cancel-order", 400,
        '{"code":"43001","msg":"The order does not exist","data":null}',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(_KINDS))
async def test_order_is_cancelled_by_the_venues_id_alone(name: str) -> None:
    async with _venue(name) as (venue, adapter):
        method, path, status, body = _CANCELS[name]
        venue.answer(method, path, body, status)
        with pytest.raises(OrderNotFound):
            await adapter.cancel_by_venue_id("BTC/USDT", "28")
        (sent,) = venue.requests(path)
        text = sent.target + sent.body
        assert re.search(r'(orderId|ordId)(=|":")28', text)
        assert not re.search("origClientOrderId|orderLinkId|clOrdId|clientOid", text)


# -- open orders --------------------------------------------------------------

_OPEN = {
    "binance": (
        "/api/v3/openOrders",
        json.dumps([{"symbol": "BTCUSDT", "orderId": 1, "clientOrderId": "m\x1b1", "price": "0.1",
                     "origQty": "1.0", "executedQty": "0.25", "status": "PARTIALLY_FILLED",
                     "side": "SELL"}]),
    ),
    "bybit": (
        "/v5/order/realtime",
        _bybit({"list": [{"symbol": "BTCUSDT", "orderId": "1", "orderLinkId": "m\x1b1",
                          "price": "0.1", "qty": "1.0", "cumExecQty": "0.25", "side": "Sell",
                          "orderStatus": "PartiallyFilled"}]}),
    ),
    "okx": (
        "/api/v5/trade/orders-pending",
        _okx({"instId": "BTC-USDT", "ordId": "1", "clOrdId": "m\x1b1", "px": "0.1", "sz": "1.0",
              "accFillSz": "0.25", "state": "partially_filled", "ordType": "limit",
              "side": "sell"}),
    ),
    "bitget": (
        "/api/v2/spot/trade/unfilled-orders",
        _bitget([{"symbol": "btcusdt", "orderId": "1", "clientOid": "m\x1b1", "priceAvg": "0.1",
                  "size": "1.0", "baseVolume": "0.25", "status": "partially_filled",
                  "side": "sell", "basePrice": "99"}]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("symbol", ["BTC/USDT", None])
@pytest.mark.parametrize("name", list(_KINDS))
async def test_open_orders_are_listed_whoever_placed_them(name: str, symbol: str | None) -> None:
    async with _venue(name) as (venue, adapter):
        path, body = _OPEN[name]
        venue.answer("GET", path, body)
        assert await adapter.get_open_orders(symbol) == [
            OpenOrder(
                name, "1", "m1", "BTC/USDT", OrderSide.SELL, Decimal("0.1"), Decimal("1.0"),
                Decimal("0.25"), OrderStatus.PARTIALLY_FILLED,
            )
        ]  # fmt: skip
        (sent,) = venue.requests(path)
        assert ("USDT" in sent.target) is (symbol is not None)


@pytest.mark.parametrize("name", list(_KINDS))
async def test_open_order_that_cannot_be_is_no_order(name: str) -> None:
    async with _venue(name) as (venue, adapter):
        path, body = _OPEN[name]
        ours = client_order_id("k3f9x0z", 1, 0, 0)
        venue.answer("GET", path, body.replace('"0.1"', '"dear"').replace("m\\u001b1", ours))
        with pytest.raises(MalformedMessage, match="open order"):
            await adapter.get_open_orders()


@pytest.mark.parametrize("broken", ['"dear"', "{}"])
@pytest.mark.parametrize("name", list(_KINDS))
async def test_an_order_of_somebody_else_that_cannot_be_read_hides_none(
    name: str, broken: str
) -> None:
    # row 54
    async with _venue(name) as (venue, adapter):
        path, body = _OPEN[name]
        start, end = body.index('[{"') + 1, body.rindex("}]") + 1
        row = body[start:end]
        foreign, good = row.replace('"0.1"', broken), row.replace('"1"', '"2"')
        rows = f"{foreign}, {good}"
        venue.answer("GET", path, body[:start] + rows + body[end:])

        assert len(await adapter.get_open_orders()) == 1
        assert isinstance(adapter, VenueAdapter)
        assert adapter.unreadable_orders == 1


async def test_open_orders_of_okx_go_on_where_the_page_ends() -> None:
    async with _venue("okx") as (venue, adapter):
        path, body = _OPEN["okx"]
        row = json.loads(body)["data"][0]
        venue.answer("GET", path, _okx(*({**row, "ordId": str(n)} for n in range(200, 100, -1))))
        venue.answer("GET", path, _okx(row))
        assert len(await adapter.get_open_orders()) == 101
        assert "after=101" in venue.requests(path)[1].target


async def test_open_orders_of_bybit_go_on_at_the_cursor() -> None:
    async with _venue("bybit") as (venue, adapter):
        path, body = _OPEN["bybit"]
        row = json.loads(body)["result"]["list"][0]
        venue.answer("GET", path, _bybit({"list": [row], "nextPageCursor": "a%3D1"}))
        venue.answer("GET", path, _bybit({"list": [row], "nextPageCursor": ""}))
        assert len(await adapter.get_open_orders()) == 2
        assert venue.requests(path)[1].target.endswith("&cursor=a%3D1")


# -- executions since ---------------------------------------------------------


def _binance_trade(number: int, at_ms: int) -> dict[str, object]:
    return {
        "symbol": "BTCUSDT", "id": number, "orderId": 100 + number, "price": "4.1", "qty": "12",
        "commission": "0.1", "commissionAsset": "BNB", "time": at_ms, "isBuyer": True,
    }  # fmt: skip


async def test_executions_of_binance_come_by_day_until_one_is_found_then_by_id() -> None:
    async with _venue("binance") as (venue, adapter):
        now_ns = adapter.clock.now_ns()
        found = [_binance_trade(n, now_ns // MS) for n in (7, 5)]
        venue.answer("GET", "/api/v3/myTrades", "[]")
        venue.answer("GET", "/api/v3/myTrades", json.dumps(found))
        venue.answer("GET", "/api/v3/myTrades", json.dumps([_binance_trade(9, now_ns // MS)]))
        venue.answer("GET", "/api/v3/myTrades", "[]")
        fills = await adapter.get_account_fills("BTC/USDT", now_ns - _DAY_NS - 3600 * SECOND)
        assert [(row.venue_id, row.fill.trade_id) for row in fills] == [
            ("105", "5"),
            ("107", "7"),
            ("109", "9"),
        ]
        assert {row.fill.client_id for row in fills} == {""}
        sent = [dict(parse_qsl(r.target.partition("?")[2])) for r in venue.seen]
        start_ms = (now_ns - _DAY_NS - 3600 * SECOND - FILLS_OVERLAP_NS) // MS
        assert int(sent[0]["startTime"]) == start_ms
        assert int(sent[0]["endTime"]) == start_ms + 24 * 3_600_000 - 1
        assert int(sent[1]["startTime"]) == int(sent[0]["endTime"]) + 1
        assert [request.get("fromId") for request in sent] == [None, None, "8", "10"]


async def test_execution_of_an_order_of_this_run_carries_our_id_on_binance() -> None:
    async with _venue("binance") as (venue, adapter):
        venue.answer("POST", "/api/v3/order", _BINANCE_PLACED.replace("28", "105"))
        venue.answer("GET", "/api/v3/myTrades", json.dumps([_binance_trade(5, 1)]))
        venue.answer("GET", "/api/v3/myTrades", "[]")
        await adapter.place_order(_order("binance"))
        (row,) = await adapter.get_account_fills("BTC/USDT", adapter.clock.now_ns())
        assert row.fill.client_id == "arb1"


def _bybit_fill(number: int, at_ms: int) -> dict[str, str]:
    return {
        "symbol": "BTCUSDT", "orderId": "77", "orderLinkId": "", "side": "Buy",
        "execId": str(number), "execPrice": "4.1", "execQty": "12", "execFee": "0.1",
        "feeCurrency": "MNT", "execTime": str(at_ms),
    }  # fmt: skip


async def test_executions_of_bybit_come_in_windows_of_a_week_and_by_cursor() -> None:
    async with _venue("bybit") as (venue, adapter):
        path = "/v5/execution/list"
        # A settlement is a row as well, and no trade.
        paid = {**_bybit_fill(9, 20), "execType": "Dividend", "execPrice": "", "execQty": "0"}
        page = {"list": [paid, _bybit_fill(2, 20)], "nextPageCursor": "c%3A1"}
        venue.answer("GET", path, _bybit(page))
        venue.answer("GET", path, _bybit({"list": [_bybit_fill(1, 10)], "nextPageCursor": ""}))
        venue.answer("GET", path, _bybit({"list": [_bybit_fill(2, 20), _bybit_fill(3, 30)]}))
        fills = await adapter.get_account_fills("BTC/USDT", adapter.clock.now_ns() - 8 * _DAY_NS)
        assert [row.fill.trade_id for row in fills] == ["1", "2", "3"]
        assert [row.venue_id for row in fills] == ["77"] * 3
        sent = [dict(parse_qsl(r.target.partition("?")[2])) for r in venue.seen]
        assert len(sent) == 3
        for request in sent:
            span_ms = int(request["endTime"]) - int(request["startTime"])
            assert span_ms < 7 * 24 * 3_600_000
        assert int(sent[2]["startTime"]) == int(sent[0]["endTime"]) + 1
        assert venue.seen[1].target.endswith("&cursor=c%3A1")


def _okx_fill(number: int, at_ms: int, client_id: str = "") -> dict[str, str]:
    return {
        "side": "buy", "fillSz": "12", "fillPx": "4.1", "fee": "-0.1", "feeCcy": "BTC",
        "ordId": "77", "clOrdId": client_id, "billId": str(number), "tradeId": str(number),
        "fillTime": str(at_ms), "ts": str(at_ms),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("days", "path"), [(1, "/api/v5/trade/fills"), (10, "/api/v5/trade/fills-history")]
)
async def test_executions_of_okx_go_back_by_bill_until_they_are_old_enough(
    days: int, path: str
) -> None:
    async with _venue("okx") as (venue, adapter):
        since_ns = adapter.clock.now_ns() - days * _DAY_NS
        since_ms = (since_ns - FILLS_OVERLAP_NS) // MS
        new = [_okx_fill(n, since_ms + n) for n in range(200, 100, -1)]
        old = [_okx_fill(100, since_ms + 1, "arb1"), _okx_fill(99, since_ms - 1000)]
        venue.answer("GET", path, _okx(*new))
        venue.answer("GET", path, _okx(*old))
        fills = await adapter.get_account_fills("BTC/USDT", since_ns)
        assert [row.fill.trade_id for row in fills] == [str(n) for n in range(100, 201)]
        assert fills[0].fill.client_id == "arb1"
        assert fills[0].fill.fee == Decimal("0.1")
        assert "after=101" in venue.seen[1].target
        assert len(venue.seen) == 2


def _bitget_fill(number: int, at_ms: int) -> dict[str, object]:
    return {
        "symbol": "BTCUSDT", "orderId": "77", "tradeId": str(number), "side": "buy",
        "priceAvg": "4.1", "size": "12", "cTime": str(at_ms),
        "feeDetail": {"deduction": "no", "feeCoin": "BTC", "totalFee": "-0.1"},
    }  # fmt: skip


async def test_executions_of_bitget_go_back_by_trade_until_they_are_old_enough() -> None:
    async with _venue("bitget") as (venue, adapter):
        since_ns = adapter.clock.now_ns() - _DAY_NS
        since_ms = (since_ns - FILLS_OVERLAP_NS) // MS
        venue.answer(
            "GET",
            "/api/v2/spot/trade/fills",
            _bitget([_bitget_fill(n, since_ms + n) for n in range(200, 100, -1)]),
        )
        venue.answer(
            "GET",
            "/api/v2/spot/trade/fills",
            _bitget([_bitget_fill(100, since_ms + 1), _bitget_fill(99, since_ms - 1000)]),
        )
        fills = await adapter.get_account_fills("BTC/USDT", since_ns)
        assert [row.fill.trade_id for row in fills] == [str(n) for n in range(100, 201)]
        assert fills[0].fill.fee == Decimal("0.1")
        assert "idLessThan=101" in venue.seen[1].target


@pytest.mark.parametrize("name", list(_KINDS))
async def test_executions_of_another_symbol_are_not_booked_as_this_ones(name: str) -> None:
    async with _venue(name) as (venue, adapter):
        now_ms = adapter.clock.now_ns() // MS
        rows: dict[str, tuple[str, Callable[[int, int], dict[str, object]], str]] = {
            "binance": ("/api/v3/myTrades", _binance_trade, "symbol"),
            "bybit": ("/v5/execution/list", lambda n, at: {**_bybit_fill(n, at)}, "symbol"),
            "okx": ("/api/v5/trade/fills", lambda n, at: {**_okx_fill(n, at)}, "instId"),
            "bitget": ("/api/v2/spot/trade/fills", _bitget_fill, "symbol"),
        }
        path, row, field = rows[name]
        ours = row(1, now_ms) | ({"instId": "BTC-USDT"} if name == "okx" else {})
        listed = [row(2, now_ms) | {field: "ETHUSDT"}, ours]
        bodies = {
            "binance": json.dumps(listed),
            "bybit": _bybit({"list": listed}),
            "okx": _okx(*listed),
            "bitget": _bitget(listed),
        }
        venue.answer("GET", path, bodies[name])
        if name == "binance":
            venue.answer("GET", path, "[]")
        fills = await adapter.get_account_fills("BTC/USDT", adapter.clock.now_ns())
        assert [seen.fill.trade_id for seen in fills] == ["1"]


# -- fees and rights ----------------------------------------------------------

_COMMISSION = {
    "symbol": "BTCUSDT",
    "standardCommission": {"maker": "0.001", "taker": "0.001", "buyer": "0", "seller": "0"},
    "discount": {
        "enabledForAccount": True,
        "enabledForSymbol": True,
        "discountAsset": "BNB",
        "discount": "0.75000000",
    },
}
_OFF = {**_COMMISSION, "discount": {"enabledForAccount": False, "enabledForSymbol": True}}
_BYBIT_KEY = {
    "readOnly": 0,
    "permissions": {"Spot": ["SpotTrade"], "Wallet": ["AccountTransfer", "SubMemberTransfer"]},
    "ips": ["18.181.170.164"],
    "deadlineDay": -2,
    "expiredAt": "1970-01-01T00:00:00Z",
    "uta": 1,
    "vipLevel": "PRO-1",
}
_OKX_CONFIG = {
    "acctLv": "1",
    "enableSpotBorrow": False,
    "autoLoan": False,
    "feeType": "0",
    "ip": "1.2.3.4,5.6.7.8",
    "level": "Lv1",
    "perm": "read_only,trade",
}
Answers = dict[str, str]
_TERMS: list[tuple[str, Answers, FeeTerms]] = [
    (
        "binance",
        {"/api/v3/account/commission": json.dumps(_COMMISSION)},
        FeeTerms(discount_asset="BNB", discount=Decimal("0.75")),
    ),
    ("binance", {"/api/v3/account/commission": json.dumps(_OFF)}, FeeTerms()),
    (
        "bybit",
        {
            "/v5/account/user-setting-config": _bybit({"lpaSpot": False, "smsef": True}),
            "/v5/user/query-api": _bybit(_BYBIT_KEY),
        },
        FeeTerms(tier="PRO-1", discount_asset="MNT"),
    ),
    ("okx", {"/api/v5/account/config": _okx(_OKX_CONFIG)}, FeeTerms(tier="Lv1")),
    (
        "okx",
        {"/api/v5/account/config": _okx({**_OKX_CONFIG, "feeType": "1"})},
        FeeTerms(tier="Lv1", always_quote=True),
    ),
    (
        "bitget",
        {"/api/v2/spot/account/deduct-info": _bitget({"deduct": "on"})},
        FeeTerms(discount_asset="BGB"),
    ),
    ("bitget", {"/api/v2/spot/account/deduct-info": _bitget({"deduct": "off"})}, FeeTerms()),
]


@pytest.mark.parametrize(("name", "answers", "expected"), _TERMS)
async def test_fee_terms_are_what_the_account_says(
    name: str, answers: Answers, expected: FeeTerms
) -> None:
    async with _venue(name) as (venue, adapter):
        for path, body in answers.items():
            venue.answer("GET", path, body)
        assert await adapter.get_fee_terms() == expected


_SAPI = "/sapi/v1/account/apiRestrictions"
_RESTRICTIONS = {
    "ipRestrict": False,
    "enableReading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "permitsUniversalTransfer": False,
    "enableSpotAndMarginTrading": True,
}
_BITGET_INFO = {"userId": "**", "ips": "127.0.0.1", "authorities": ["stow", "stor"]}
_BORROWS = "borrowing is switched on: an order may spend what the account does not own"
_UNBOUND = "a key without an address list expires after 14 days without use"
_RIGHTS: list[tuple[str, str, str, KeyPermissions]] = [
    ("binance", _SAPI, json.dumps(_RESTRICTIONS), KeyPermissions(True, False, False)),
    (
        "binance", _SAPI,
        json.dumps(_RESTRICTIONS | {"ipRestrict": True, "enableWithdrawals": True,
                                    "permitsUniversalTransfer": True,
                                    "tradingAuthorityExpirationTime": 1_628_985_600_000}),
        KeyPermissions(True, True, True, ("restricted",), 1_628_985_600 * SECOND),
    ),
    (
        "binance", _SAPI,
        json.dumps(_RESTRICTIONS | {"enableSpotAndMarginTrading": False,
                                    "enableInternalTransfer": True}),
        KeyPermissions(False, False, True),
    ),
    (
        "bybit", "/v5/user/query-api", _bybit(_BYBIT_KEY),
        KeyPermissions(True, False, True, ("18.181.170.164",)),
    ),
    (
        "bybit", "/v5/user/query-api",
        _bybit(_BYBIT_KEY | {"ips": ["*"], "readOnly": 1, "expiredAt": "2025-10-13T03:20:45Z",
                             "permissions": {"Spot": ["SpotTrade"], "Wallet": ["Withdraw"]}}),
        KeyPermissions(False, True, False, (), 1_760_325_645 * SECOND, ("the key is read-only",)),
    ),
    (
        "bybit", "/v5/user/query-api",
        _bybit(_BYBIT_KEY | {"uta": 0, "permissions": {"Spot": [], "Wallet": []}}),
        KeyPermissions(
            False, False, False, ("18.181.170.164",), 0,
            ("the account is not unified; only unified accounts can trade here",),
        ),
    ),
    (
        "okx", "/api/v5/account/config", _okx(_OKX_CONFIG),
        KeyPermissions(True, False, False, ("1.2.3.4", "5.6.7.8")),
    ),
    (
        "okx", "/api/v5/account/config",
        _okx(_OKX_CONFIG | {"ip": "", "perm": "read_only,withdraw", "autoLoan": True}),
        KeyPermissions(False, True, False, (), 0, (_BORROWS, _UNBOUND)),
    ),
    (
        "bitget", "/api/v2/spot/account/info", _bitget(_BITGET_INFO),
        KeyPermissions(True, False, False, ("127.0.0.1",)),
    ),
    (
        "bitget", "/api/v2/spot/account/info",
        _bitget(_BITGET_INFO | {"ips": None, "authorities": ["stor", "wtow", "wwow"]}),
        KeyPermissions(False, True, True),
    ),
    (
        "bitget", "/api/v2/spot/account/info",
        _bitget(_BITGET_INFO | {"authorities": ["Trade", "withdraw"]}),
        KeyPermissions(True, True, False, ("127.0.0.1",)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "body", "expected"), _RIGHTS)
async def test_rights_of_the_key_are_what_the_venue_says(
    name: str, path: str, body: str, expected: KeyPermissions
) -> None:
    async with _venue(name) as (venue, adapter):
        venue.answer("GET", path, body)
        assert await adapter.get_key_permissions() == expected


@pytest.mark.parametrize(("name", "environment"), [("binance", "testnet"), ("bybit", "demo")])
async def test_where_rights_are_not_told_nobody_is_asked(name: str, environment: str) -> None:
    async with _venue(name, environment) as (venue, adapter):
        assert await adapter.get_key_permissions() is None
        assert venue.seen == []


async def test_binance_host_without_sapi_tells_no_rights() -> None:
    async with _venue("binance") as (_, adapter):
        assert await adapter.get_key_permissions() is None


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, '{"code":-2015,"msg":"Invalid API-key, IP, or permissions."}', AuthRefused),
        (400, '{"code":-1100,"msg":"Illegal characters"}', RequestRefused),
        (200, '{"ipRestrict":"perhaps"}', MalformedMessage),
    ],
)
async def test_rights_that_cannot_be_read_are_an_error(
    status: int, body: str, error: type[Exception]
) -> None:
    async with _venue("binance") as (venue, adapter):
        venue.answer("GET", _SAPI, body, status)
        with pytest.raises(error):
            await adapter.get_key_permissions()


_BROKEN: list[tuple[str, str, Callable[[str], str]]] = [
    ("/v5/user/query-api", "bybit", lambda _: _bybit({"readOnly": 0})),
    ("/api/v5/account/config", "okx", lambda _: _okx()),
    ("/api/v2/spot/account/info", "bitget", lambda _: _bitget({})),
]


@pytest.mark.parametrize(("path", "name", "body"), _BROKEN)
async def test_rights_that_break_their_schema_are_an_error(
    path: str, name: str, body: Callable[[str], str]
) -> None:
    async with _venue(name) as (venue, adapter):
        venue.answer("GET", path, body(name))
        with pytest.raises(MalformedMessage):
            await adapter.get_key_permissions()
