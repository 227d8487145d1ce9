"""The Bybit adapter against a scripted loopback venue: what it sends, and what it makes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from arbot_tui.domain.clock import MS, SECOND, SystemClock
from arbot_tui.domain.errors import (
    AuthRefused,
    ExchangeUnavailable,
    MalformedMessage,
    OrderNotFound,
    OutcomeUnknown,
    RequestRefused,
)
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import (
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderUnknown,
)
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials, ExchangeConfig, VenueUrls
from arbot_tui.exchanges.bybit.adapter import BybitExchange
from arbot_tui.exchanges.bybit.signing import signature
from tests.unit.exchanges.loopback import LoopbackVenue, Market, until

KEY = Credentials("key", Secret("secret"))
FEES = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))
BTC = Instrument("bybit", "BTCUSDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.000001"))
NOT_FOUND = '{"retCode":0,"retMsg":"OK","result":{"list":[]},"time":1}'
ACCEPTED = '{"retCode":0,"retMsg":"OK","result":{"orderId":"77","orderLinkId":"arb1"},"time":1}'


def _order(expires_in_ns: int = 2 * SECOND, symbol: str = "BTC/USDT") -> OrderRequest:
    expires_ns = SystemClock().now_ns() + expires_in_ns
    price, qty = Decimal("61234.50"), Decimal("0.001230")
    return OrderRequest("arb1", "bybit", symbol, OrderSide.BUY, price, qty, expires_ns)


def _error(code: int) -> str:
    return json.dumps({"retCode": code, "retMsg": "no", "result": {}, "time": 1})


@pytest.fixture
async def venue() -> AsyncIterator[LoopbackVenue]:
    async with LoopbackVenue() as running:
        yield running


def _adapter(
    venue: LoopbackVenue, credentials: Credentials | None = KEY, environment: str = "custom"
) -> BybitExchange:
    urls = VenueUrls(rest=venue.url, ws_public=venue.ws_url)
    config = ExchangeConfig("bybit", 1, urls, environment, FEES, credentials)
    adapter = BybitExchange(config, SystemClock())
    adapter.set_universe({"BTCUSDT": 0}, [BTC])
    return adapter


@pytest.fixture
async def adapter(venue: LoopbackVenue) -> AsyncIterator[BybitExchange]:
    made = _adapter(venue)
    yield made
    await made.close()


async def test_order_is_signed_bounded_in_time_and_acknowledged(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("POST", "/v5/order/create", ACCEPTED)
    adapter.offset_ns = 3_600 * SECOND
    before_ms = SystemClock().now_ns() // MS
    assert await adapter.place_order(_order()) == [OrderAck("bybit", "arb1", "77")]
    (sent,) = venue.seen
    assert json.loads(sent.body) == {
        "category": "spot",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.00123",
        "price": "61234.5",
        "timeInForce": "IOC",
        "orderLinkId": "arb1",
        "isLeverage": 0,
        "orderFilter": "Order",
    }
    timestamp_ms = int(sent.headers["X-BAPI-TIMESTAMP"])
    assert 0 <= timestamp_ms - before_ms - 3_600_000 < 2_000
    window_ms = int(sent.headers["X-BAPI-RECV-WINDOW"])
    assert 1_000 < window_ms <= 2_000
    text = f"{timestamp_ms}key{window_ms}{sent.body}"
    assert sent.headers["X-BAPI-SIGN"] == signature(KEY.api_secret, text)


async def test_order_past_its_deadline_is_never_sent(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    (event,) = await adapter.place_order(_order(expires_in_ns=0))
    assert isinstance(event, OrderReject)
    assert (event.code, venue.seen) == ("expired", [])


async def test_order_of_an_unknown_symbol_is_never_sent(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    (event,) = await adapter.place_order(_order(symbol="ETH/USDT"))
    assert isinstance(event, OrderReject)
    assert (event.code, venue.seen) == ("symbol", [])


async def test_order_without_a_key_is_refused_fatally(venue: LoopbackVenue) -> None:
    adapter = _adapter(venue, None)
    (event,) = await adapter.place_order(_order())
    assert isinstance(event, OrderReject)
    assert event.fatal
    await adapter.close()


@pytest.mark.parametrize(
    ("body", "status", "kind", "fatal"),
    [
        (_error(170131), 200, OrderReject, False),
        (_error(10003), 200, OrderReject, True),
        (_error(10006), 200, OrderReject, False),
        (_error(10016), 200, OrderUnknown, None),
        (_error(170141), 200, OrderUnknown, None),
        (_error(987654), 200, OrderUnknown, None),
        ("<html>", 200, OrderUnknown, None),
        ('{"retCode":0,"result":{}}', 200, OrderUnknown, None),
        (ACCEPTED, 502, OrderUnknown, None),
        ("<html>", 429, OrderUnknown, None),
        ("<html>access too frequent", 403, OrderReject, False),
        ("", 401, OrderReject, True),
    ],
)
async def test_refused_placements(
    venue: LoopbackVenue,
    adapter: BybitExchange,
    body: str,
    status: int,
    kind: type[OrderEvent],
    fatal: bool | None,
) -> None:
    venue.answer("POST", "/v5/order/create", body, status)
    (event,) = await adapter.place_order(_order())
    assert type(event) is kind
    if isinstance(event, OrderReject):
        assert event.fatal is fatal
    assert len(venue.seen) == 1


async def test_after_http_403_nothing_is_sent_any_more(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("POST", "/v5/order/create", "<html>", 403)
    await adapter.place_order(_order())
    with pytest.raises(ExchangeUnavailable) as refused:
        await adapter.get_balance()
    assert 590 < refused.value.retry_after_s <= 600
    (event,) = await adapter.place_order(_order())
    assert isinstance(event, OrderReject)
    assert event.code == "not_sent"
    assert len(venue.seen) == 1


async def test_order_that_came_late_has_the_clock_measured_again(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("POST", "/v5/order/create", _error(10002))
    ahead_ms = SystemClock().now_ns() // MS + 60_000
    time = {"retCode": 0, "retMsg": "OK", "result": {}, "time": ahead_ms}
    venue.answer("GET", "/v5/market/time", json.dumps(time))
    (event,) = await adapter.place_order(_order())
    assert isinstance(event, OrderReject)
    assert not event.fatal
    await until(lambda: adapter.offset_ns > 50 * SECOND)


async def test_failing_background_measurement_does_no_harm(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("POST", "/v5/order/create", _error(10002))
    await adapter.place_order(_order())
    await until(lambda: venue.requests("/v5/market/time"))


async def test_submit_reports_through_the_sink(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("POST", "/v5/order/create", ACCEPTED)
    events: list[OrderEvent] = []
    adapter.submit(_order(), events.append)
    await until(lambda: events)
    assert events == [OrderAck("bybit", "arb1", "77")]


@pytest.mark.parametrize("started", [True, False])
async def test_submission_cut_off_by_close_is_unknown(
    venue: LoopbackVenue, adapter: BybitExchange, started: bool
) -> None:
    venue.hold = asyncio.Event()
    events: list[OrderEvent] = []
    adapter.submit(_order(), events.append)
    if started:
        await until(lambda: venue.seen)
    await adapter.close()
    (event,) = events
    assert isinstance(event, OrderUnknown)


ORDER: dict[str, Any] = {
    "orderId": "77",
    "orderLinkId": "arb1",
    "orderStatus": "Cancelled",
    "cumExecQty": "0",
    "cancelType": "UNKNOWN",
    "rejectReason": "EC_NoImmediateQtyToFill",
}


def _list(*rows: object, cursor: str = "") -> str:
    result = {"list": rows, "nextPageCursor": cursor}
    return json.dumps({"retCode": 0, "retMsg": "OK", "result": result, "time": 1})


def _execution(number: int) -> dict[str, str]:
    return {
        "orderId": "77",
        "orderLinkId": "arb1",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "execId": str(number),
        "execPrice": "61234.5",
        "execQty": "0.0005",
        "execFee": "0.0000005",
        "feeCurrency": "BTC",
        "execTime": str(1_700_000_000_000 - number),
    }


async def test_query_is_answered_by_the_first_place_that_knows(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("GET", "/v5/order/realtime", _list(ORDER))
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert state == OrderState("bybit", "arb1", OrderStatus.EXPIRED, Decimal(0), ("order",), "77")
    (sent,) = venue.seen
    query = "category=spot&symbol=BTCUSDT&orderLinkId=arb1"
    assert sent.target == f"/v5/order/realtime?{query}"
    text = f"{sent.headers['X-BAPI-TIMESTAMP']}key5000{query}"
    assert sent.headers["X-BAPI-SIGN"] == signature(KEY.api_secret, text)
    assert sent.body == ""


async def test_query_goes_on_to_history(venue: LoopbackVenue, adapter: BybitExchange) -> None:
    venue.answer("GET", "/v5/order/realtime", _error(170213))
    venue.answer("GET", "/v5/order/history", _list(ORDER))
    assert (await adapter.query_order("BTC/USDT", "arb1")).sources == ("history",)


async def test_executions_prove_an_order_that_the_lists_do_not_show(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("GET", "/v5/order/realtime", NOT_FOUND)
    venue.answer("GET", "/v5/order/history", NOT_FOUND)
    venue.answer("GET", "/v5/execution/list", _list(_execution(1), cursor="a%3D"))
    venue.answer("GET", "/v5/execution/list", _list(_execution(2)))
    assert await adapter.query_order("BTC/USDT", "arb1") == OrderState(
        "bybit", "arb1", OrderStatus.PARTIALLY_FILLED, Decimal("0.0010"), ("fills",), "77"
    )
    assert venue.requests("/v5/execution/list")[1].target.endswith("&cursor=a%3D")


async def test_not_found_names_every_place_that_was_asked(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("GET", "/v5/order/realtime", NOT_FOUND)
    venue.answer("GET", "/v5/order/history", NOT_FOUND)
    venue.answer("GET", "/v5/execution/list", _error(110001))
    assert await adapter.query_order("BTC/USDT", "arb1") == OrderState(
        "bybit", "arb1", OrderStatus.NOT_FOUND, Decimal(0), ("order", "history", "fills")
    )


async def test_a_place_that_cannot_be_asked_is_no_evidence(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("GET", "/v5/order/realtime", NOT_FOUND)
    venue.answer("GET", "/v5/order/history", _error(10016))
    with pytest.raises(ExchangeUnavailable):
        await adapter.query_order("BTC/USDT", "arb1")


async def test_fills_come_oldest_first(venue: LoopbackVenue, adapter: BybitExchange) -> None:
    venue.answer("GET", "/v5/execution/list", _list(_execution(1), _execution(2)))
    fills = await adapter.get_fills("BTC/USDT", "arb1", "77")
    assert [fill.trade_id for fill in fills] == ["2", "1"]


async def test_late_read_measures_the_clock_and_asks_once_more(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    time = {"retCode": 0, "retMsg": "OK", "result": {}, "time": SystemClock().now_ns() // MS}
    venue.answer("GET", "/v5/market/time", json.dumps(time))
    venue.answer("GET", "/v5/account/wallet-balance", _error(10002))
    venue.answer("GET", "/v5/account/wallet-balance", _list({"coin": []}))
    assert await adapter.get_balance() == []


async def test_read_that_stays_late_is_refused_after_one_repetition(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    time = {"retCode": 0, "retMsg": "OK", "result": {}, "time": SystemClock().now_ns() // MS}
    venue.answer("GET", "/v5/market/time", json.dumps(time))
    venue.answer("GET", "/v5/account/wallet-balance", _error(10002))
    with pytest.raises(AuthRefused):
        await adapter.get_balance()
    assert len(venue.requests("/v5/account/wallet-balance")) == 2


async def test_cancel_names_the_order_by_our_id(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    venue.answer("POST", "/v5/order/cancel", ACCEPTED)
    await adapter.cancel_order("BTC/USDT", "arb1")
    assert json.loads(venue.seen[0].body) == {
        "category": "spot",
        "symbol": "BTCUSDT",
        "orderLinkId": "arb1",
        "orderFilter": "Order",
    }


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (_error(170213), 200, OrderNotFound),
        (_error(170142), 200, OrderNotFound),
        (_error(170147), 200, OutcomeUnknown),
        (_error(10006), 200, ExchangeUnavailable),
        (_error(10005), 200, AuthRefused),
        ("<html>", 200, OutcomeUnknown),
        ("<html>", 500, OutcomeUnknown),
    ],
)
async def test_refused_cancels(
    venue: LoopbackVenue, adapter: BybitExchange, body: str, status: int, error: type[Exception]
) -> None:
    venue.answer("POST", "/v5/order/cancel", body, status)
    with pytest.raises(error):
        await adapter.cancel_order("BTC/USDT", "arb1")


async def test_rate_limit_names_the_time_of_its_reset(
    venue: LoopbackVenue, adapter: BybitExchange
) -> None:
    reset_ms = SystemClock().now_ns() // MS + 30_000
    header = {"X-Bapi-Limit-Reset-Timestamp": str(reset_ms)}
    venue.answer("GET", "/v5/account/wallet-balance", _error(10006), headers=header)
    with pytest.raises(ExchangeUnavailable) as refused:
        await adapter.get_balance()
    assert 25 < refused.value.retry_after_s <= 30


async def test_fees_are_asked_for_once(venue: LoopbackVenue, adapter: BybitExchange) -> None:
    rate = {"symbol": "BTCUSDT", "takerFeeRate": "0.0006", "makerFeeRate": "0.0001"}
    venue.answer("GET", "/v5/account/fee-rate", _list(rate))
    expected = {"BTC/USDT": TradingFees(maker=Decimal("0.0001"), taker=Decimal("0.0006"))}
    assert await adapter.get_trading_fees(["BTC/USDT"]) == expected
    assert venue.seen[0].target == "/v5/account/fee-rate?category=spot"
    with pytest.raises(RequestRefused):
        await adapter.get_trading_fees(["NO/NE"])


async def test_demo_has_no_fees_and_production_market_data(venue: LoopbackVenue) -> None:
    adapter = _adapter(venue, environment="demo")
    assert await adapter.get_trading_fees(["BTC/USDT"]) == {"BTC/USDT": FEES}
    await adapter.close()


async def test_instruments_are_loaded_without_a_key(venue: LoopbackVenue) -> None:
    adapter = _adapter(venue, None)
    row = {
        "symbol": "ETHUSDT",
        "baseCoin": "ETH",
        "quoteCoin": "USDT",
        "status": "Trading",
        "lotSizeFilter": {"basePrecision": "0.001"},
        "priceFilter": {"tickSize": "0.01"},
    }
    result = {"category": "spot", "list": [row, {"symbol": 7}], "nextPageCursor": ""}
    body = json.dumps({"retCode": 0, "retMsg": "OK", "result": result, "time": 1})
    venue.answer("GET", "/v5/market/instruments-info", body)
    (instrument,) = await adapter.load_instruments()
    assert instrument.symbol == "ETH/USDT"
    await adapter.close()


async def test_order_book_of_a_followed_row(venue: LoopbackVenue, adapter: BybitExchange) -> None:
    result = {"b": [["1", "2"]], "a": [["3", "4"]], "ts": 1_700_000_000_000, "u": 5}
    body = json.dumps({"retCode": 0, "retMsg": "OK", "result": result, "time": 1})
    venue.answer("GET", "/v5/market/orderbook", body)
    book = await adapter.get_orderbook(0, 20)
    assert (book.bids, book.asks) == ([(1.0, 2.0)], [(3.0, 4.0)])
    assert venue.seen[0].target == "/v5/market/orderbook?category=spot&symbol=BTCUSDT&limit=20"
    with pytest.raises(RequestRefused):
        await adapter.get_orderbook(9, 20)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("<html>", ExchangeUnavailable),
        (_error(10001), RequestRefused),
        ('{"retCode":0,"time":0}', MalformedMessage),
    ],
)
async def test_public_reads_fail_in_our_own_words(
    venue: LoopbackVenue, adapter: BybitExchange, body: str, error: type[Exception]
) -> None:
    venue.answer("GET", "/v5/market/time", body)
    with pytest.raises(error):
        await adapter.sync_clock()


def _book(symbol: str, update: int) -> str:
    now_ms = SystemClock().now_ns() // MS
    data = {"s": symbol, "b": [["1", "2"]], "a": [["3", "4"]], "u": update, "seq": 1}
    frame = {"topic": f"orderbook.1.{symbol}", "type": "snapshot", "ts": now_ms, "cts": now_ms}
    return json.dumps(frame | {"data": data})


async def test_feed_subscribes_ten_by_ten_and_survives_a_bad_topic_and_a_bad_frame(
    venue: LoopbackVenue,
) -> None:
    """One bad topic makes its frame fail: the good ones of it are asked for again."""
    names = [f"C{number}USDT" for number in range(12)]
    asked: list[list[str]] = []

    async def serve(socket: web.WebSocketResponse) -> None:
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            frame = json.loads(message.data)
            if frame["op"] == "ping":
                await socket.send_str('{"success":true,"ret_msg":"pong","op":"ping"}')
                continue
            topics = frame["args"]
            if frame["op"] == "unsubscribe":
                continue
            asked.append(topics)
            if len(topics) == 2:
                text = "error:handler not found,topic:orderbook.1.C11USDT"
                answer = {"success": False, "ret_msg": text, "req_id": "", "op": "subscribe"}
            else:
                answer = {"success": True, "ret_msg": "subscribe", "op": "subscribe"}
                answer["req_id"] = frame["req_id"]
            await socket.send_json(answer)
            if answer["success"]:
                for topic in topics:
                    await socket.send_str(_book(topic.rpartition(".")[2], 5))
            if len(asked) == 1:
                await socket.send_str('{"topic":7}')

    venue.on_socket = serve
    adapter = _adapter(venue, None)
    adapter.set_universe({name: row for row, name in enumerate(names)}, [])
    market = Market()
    task = asyncio.create_task(adapter.connect_ws(market))
    await until(lambda: len({ticker.row for ticker in market.tickers}) == 11)
    await until(lambda: any("C11USDT: error" in event.detail for event in market.events))
    await until(lambda: any(event.rtt_ns for event in market.events))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await adapter.close()
    assert [len(topics) for topics in asked[:3]] == [10, 2, 1]
    assert len(market.of(FeedEventKind.MALFORMED)) >= 2
    assert len(market.of(FeedEventKind.CONNECTED)) == 1


async def test_feed_comes_back_after_the_venue_cut_it_off(venue: LoopbackVenue) -> None:
    connects = 0

    async def serve(socket: web.WebSocketResponse) -> None:
        nonlocal connects
        connects += 1
        await socket.receive()
        await socket.send_str(_book("BTCUSDT", connects))
        if connects == 1:
            await socket.close()
        else:
            await socket.receive()

    venue.on_socket = serve
    adapter = _adapter(venue, None)
    market = Market()
    task = asyncio.create_task(adapter.connect_ws(market))
    await until(lambda: len(market.tickers) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await adapter.close()
    unasked = (FeedEventKind.ALIVE, FeedEventKind.ASSIGNED)
    kinds = [event.kind for event in market.events if event.kind not in unasked]
    assert kinds[:4] == [
        FeedEventKind.CONNECTING,
        FeedEventKind.CONNECTED,
        FeedEventKind.DISCONNECTED,
        FeedEventKind.CONNECTING,
    ]


async def test_feed_without_symbols_opens_nothing_until_there_are_some(
    venue: LoopbackVenue,
) -> None:
    async def serve(socket: web.WebSocketResponse) -> None:
        await socket.receive()

    venue.on_socket = serve
    adapter = _adapter(venue, None)
    adapter.set_universe({}, [])
    adapter.request_depth(0, True)
    adapter.resync_book(0)
    market = Market()
    task = asyncio.create_task(adapter.connect_ws(market))
    await asyncio.sleep(0.1)
    assert market.events == []
    adapter.set_universe({"BTCUSDT": 0}, [BTC])
    await until(lambda: market.of(FeedEventKind.CONNECTED))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await adapter.close()
