"""The Bitget adapter against a scripted loopback venue: what it sends, what it makes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from aiohttp import web

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
    Balance,
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
from arbot_tui.exchanges.bitget.adapter import BitgetExchange
from arbot_tui.exchanges.bitget.signing import signature
from tests.unit.exchanges.loopback import LoopbackVenue, Market, until

KEY = Credentials("key", Secret("secret"), Secret("phrase"))
FEES = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))
BTC = Instrument("bitget", "BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.000001"))
PLACE = "/api/v2/spot/trade/place-order"
CANCEL = "/api/v2/spot/trade/cancel-order"
INFO = "/api/v2/spot/trade/orderInfo"
OPEN = "/api/v2/spot/trade/unfilled-orders"
HISTORY = "/api/v2/spot/trade/history-orders"
FILLS = "/api/v2/spot/trade/fills"
TIME = "/api/v2/public/time"
ASSETS = "/api/v2/spot/account/assets"


def _order(expires_in_ns: int = 2 * SECOND, symbol: str = "BTC/USDT") -> OrderRequest:
    expires_ns = SystemClock().now_ns() + expires_in_ns
    price, qty = Decimal("65000.120"), Decimal("0.00150")
    return OrderRequest("arb1", "bitget", symbol, OrderSide.SELL, price, qty, expires_ns)


def _ok(data: object) -> str:
    return json.dumps({"code": "00000", "msg": "success", "requestTime": 1, "data": data})


def _error(code: str, message: str = "no") -> str:
    return json.dumps({"code": code, "msg": message, "requestTime": 1, "data": None})


def _time(ahead_s: int = 0) -> str:
    return _ok({"serverTime": str(SystemClock().now_ns() // MS + ahead_s * 1000)})


def _row(client_id: str = "arb1", order_id: str = "77", age_s: int = 0) -> dict[str, str]:
    return {
        "orderId": order_id,
        "clientOid": client_id,
        "status": "cancelled",
        "baseVolume": "0.02",
        "cTime": str(SystemClock().now_ns() // MS - age_s * 1000),
    }


def _trade(number: int, order_id: str = "77", age_s: int = 0) -> dict[str, object]:
    return {
        "symbol": "BTCUSDT",
        "orderId": order_id,
        "tradeId": str(number),
        "side": "sell",
        "priceAvg": "65000",
        "size": "0.0005",
        "feeDetail": {"deduction": "no", "feeCoin": "USDT", "totalFee": "-0.0325"},
        "cTime": str(SystemClock().now_ns() // MS - age_s * 1000 - number),
    }


@pytest.fixture
async def venue() -> AsyncIterator[LoopbackVenue]:
    async with LoopbackVenue() as running:
        yield running


def _adapter(
    venue: LoopbackVenue, credentials: Credentials | None = KEY, environment: str = "custom"
) -> BitgetExchange:
    urls = VenueUrls(rest=venue.url, ws_public=venue.ws_url)
    config = ExchangeConfig("bitget", 3, urls, environment, FEES, credentials)
    adapter = BitgetExchange(config, SystemClock())
    adapter.set_universe({"BTCUSDT": 0}, [BTC])
    return adapter


@pytest.fixture
async def adapter(venue: LoopbackVenue) -> AsyncIterator[BitgetExchange]:
    made = _adapter(venue)
    yield made
    await made.close()


async def test_order_is_signed_bounded_in_time_and_acknowledged(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("POST", PLACE, _ok({"orderId": "77", "clientOid": "arb1"}))
    adapter.offset_ns = 3_600 * SECOND
    before_ms = SystemClock().now_ns() // MS
    assert await adapter.place_order(_order()) == [OrderAck("bitget", "arb1", "77")]
    (sent,) = venue.seen
    body = json.loads(sent.body)
    requested_ms, window_ms = int(body.pop("requestTime")), int(body.pop("receiveWindow"))
    assert 0 <= requested_ms - before_ms - 3_600_000 < 2_000
    assert 1_000 < window_ms <= 2_000
    assert body == {
        "symbol": "BTCUSDT",
        "side": "sell",
        "orderType": "limit",
        "force": "ioc",
        "price": "65000.12",
        "size": "0.0015",
        "clientOid": "arb1",
    }
    text = f"{sent.headers['ACCESS-TIMESTAMP']}POST{PLACE}{sent.body}"
    assert sent.headers["ACCESS-SIGN"] == signature(KEY.api_secret, text)
    assert sent.headers["ACCESS-PASSPHRASE"] == "phrase"
    assert "paptrading" not in sent.headers


async def test_demo_says_so_in_every_request(venue: LoopbackVenue) -> None:
    adapter = _adapter(venue, environment="demo")
    venue.answer("POST", PLACE, _ok({"orderId": "77"}))
    venue.answer("GET", TIME, _time())
    await adapter.place_order(_order())
    await adapter.sync_clock()
    assert {sent.headers["paptrading"] for sent in venue.seen} == {"1"}
    await adapter.close()


@pytest.mark.parametrize(
    ("order", "code"),
    [(_order(expires_in_ns=-SECOND), "expired"), (_order(symbol="ETH/USDT"), "symbol")],
)
async def test_order_that_cannot_be_right_is_never_sent(
    venue: LoopbackVenue, adapter: BitgetExchange, order: OrderRequest, code: str
) -> None:
    (event,) = await adapter.place_order(order)
    assert isinstance(event, OrderReject)
    assert (event.code, venue.seen) == (code, [])


async def test_order_without_a_key_is_refused_fatally(venue: LoopbackVenue) -> None:
    adapter = _adapter(venue, None)
    (event,) = await adapter.place_order(_order())
    assert isinstance(event, OrderReject)
    assert event.fatal
    await adapter.close()


@pytest.mark.parametrize(
    ("body", "status", "kind", "fatal"),
    [
        (_error("43012"), 400, OrderReject, False),
        (_error("40085"), 400, OrderReject, True),
        (_error("40009"), 400, OrderReject, True),
        (_error("40078"), 400, OrderReject, False),
        (_error("40808", "checkScale=2"), 400, OrderReject, False),
        (_error("40808", "upgrade"), 400, OrderUnknown, None),
        (_error("40010"), 400, OrderUnknown, None),
        (_error("43118"), 400, OrderUnknown, None),
        (_error("98765"), 400, OrderUnknown, None),
        (_error("45001"), 500, OrderUnknown, None),
        (_ok([]), 200, OrderUnknown, None),
        ("<html>", 200, OrderUnknown, None),
        (_error("429"), 429, OrderReject, False),
    ],
)
async def test_refused_placements(
    venue: LoopbackVenue,
    adapter: BitgetExchange,
    body: str,
    status: int,
    kind: type[OrderEvent],
    fatal: bool | None,
) -> None:
    venue.answer("GET", TIME, _time())
    venue.answer("POST", PLACE, body, status)
    (event,) = await adapter.place_order(_order())
    assert type(event) is kind
    if isinstance(event, OrderReject):
        assert event.fatal is fatal
    assert len(venue.requests(PLACE)) == 1


async def test_after_http_429_the_venue_is_left_alone_for_a_while(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", ASSETS, _error("429"), 429)
    with pytest.raises(ExchangeUnavailable) as refused:
        await adapter.get_balance()
    assert refused.value.retry_after_s == 10
    with pytest.raises(ExchangeUnavailable):
        await adapter.get_balance()
    assert len(venue.seen) == 1


async def test_order_that_came_late_has_the_clock_measured_again(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", TIME, _time(ahead_s=60))
    venue.answer("POST", PLACE, _error("40078"), 400)
    await adapter.place_order(_order())
    await until(lambda: adapter.offset_ns > 50 * SECOND)


async def test_failing_background_measurement_does_no_harm(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("POST", PLACE, _error("40078"), 400)
    await adapter.place_order(_order())
    await until(lambda: venue.requests(TIME))


async def test_submit_reports_through_the_sink_and_close_leaves_nothing_open(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("POST", PLACE, _ok({"orderId": "77"}))
    events: list[OrderEvent] = []
    adapter.submit(_order(), events.append)
    await until(lambda: events)
    venue.hold = asyncio.Event()
    adapter.submit(_order(), events.append)
    await until(lambda: len(venue.requests(PLACE)) == 2)
    await adapter.close()
    assert [type(event) for event in events] == [OrderAck, OrderUnknown]


V3_PLACE, V3_ASSETS = "/api/v3/trade/place-order", "/api/v3/account/assets"
V3_HOLDS = {"assets": [{"coin": "USDT", "available": "10", "locked": "1"}]}


async def test_a_read_is_asked_again_in_the_dialect_that_the_account_speaks(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", ASSETS, _error("40085"), 400)
    venue.answer("GET", V3_ASSETS, _ok(V3_HOLDS))
    expected = [Balance("USDT", Decimal(10), Decimal(1))]
    assert await adapter.get_balance() == expected
    assert await adapter.get_balance() == expected
    # Learnt once, and for good.
    assert [len(venue.requests(path)) for path in (ASSETS, V3_ASSETS)] == [1, 2]


async def test_an_account_that_becomes_a_classic_one_again_is_asked_as_one(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", ASSETS, _error("40085"), 400)
    venue.answer("GET", ASSETS, _ok([]))
    venue.answer("GET", V3_ASSETS, _ok(V3_HOLDS))
    venue.answer("GET", V3_ASSETS, _error("25245"), 400)
    assert await adapter.get_balance() != []
    assert await adapter.get_balance() == []
    assert await adapter.get_balance() == []
    assert len(venue.requests(V3_ASSETS)) == 2


async def test_an_account_that_speaks_neither_dialect_is_refused(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", ASSETS, _error("40085"), 400)
    venue.answer("GET", V3_ASSETS, _error("25245"), 400)
    with pytest.raises(AuthRefused):
        await adapter.get_balance()
    venue.answer("POST", PLACE, _error("40085"), 400)
    (event,) = await adapter.place_order(_order())
    assert isinstance(event, OrderReject)
    assert event.fatal


async def test_an_order_in_the_wrong_dialect_is_refused_and_only_the_next_one_sent(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("POST", PLACE, _error("40085"), 400)
    venue.answer("GET", ASSETS, _error("40085"), 400)
    venue.answer("GET", V3_ASSETS, _ok(V3_HOLDS))
    (event,) = await adapter.place_order(_order())
    assert event == OrderReject("bitget", "arb1", "40085", "no")
    assert venue.requests(V3_PLACE) == []

    venue.answer("POST", V3_PLACE, _ok({"orderId": "78", "clientOid": "arb1"}))
    before_ms = SystemClock().now_ns() // MS
    assert await adapter.place_order(_order()) == [OrderAck("bitget", "arb1", "78")]
    (sent,) = venue.requests(V3_PLACE)
    # Its signature ends with its deadline, two seconds from now.
    ahead_ms = int(sent.headers["ACCESS-TIMESTAMP"]) - before_ms + 30_000
    assert 1_000 < ahead_ms < 4_000
    text = f"{sent.headers['ACCESS-TIMESTAMP']}POST{V3_PLACE}{sent.body}"
    assert sent.headers["ACCESS-SIGN"] == signature(KEY.api_secret, text)


async def test_lists_of_a_unified_account_go_on_at_the_cursor(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", ASSETS, _error("40085"), 400)
    venue.answer("GET", V3_ASSETS, _ok(V3_HOLDS))
    await adapter.get_balance()
    row = {"orderId": "1", "clientOid": "m", "orderStatus": "live", "category": "SPOT",
           "symbol": "BTCUSDT", "side": "buy", "price": "4", "qty": "2",
           "cumExecQty": "0"}  # fmt: skip
    path = "/api/v3/trade/unfilled-orders"
    venue.answer("GET", path, _ok({"list": [row] * 100, "cursor": "55"}))
    venue.answer("GET", path, _ok({"list": [row], "cursor": "54"}))
    orders = await adapter.get_open_orders("BTC/USDT")
    assert len(orders) == 101
    assert (orders[0].symbol, orders[0].price, orders[0].qty) == (
        "BTC/USDT",
        Decimal(4),
        Decimal(2),
    )
    assert [sent.target for sent in venue.requests(path)] == [
        f"{path}?category=SPOT&symbol=BTCUSDT&limit=100",
        f"{path}?category=SPOT&symbol=BTCUSDT&limit=100&cursor=55",
    ]


async def test_executions_of_other_symbols_of_a_unified_account_are_not_booked_as_this_ones(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    # The list of executions is the whole account's, and a full page may be the last one.
    venue.answer("GET", ASSETS, _error("40085"), 400)
    venue.answer("GET", V3_ASSETS, _ok(V3_HOLDS))
    await adapter.get_balance()
    now_ns = SystemClock().now_ns()
    row = {"execId": "1", "orderId": "9", "clientOid": "m", "category": "SPOT", "side": "buy",
           "symbol": "BTCUSDT", "execPrice": "4", "execQty": "2",
           "feeDetail": [{"feeCoin": "BTC", "fee": "0.1"}],
           "createdTime": str(now_ns // MS)}  # fmt: skip
    other = {**row, "execId": "2", "symbol": "ETHUSDT"}
    path = "/api/v3/trade/fills"
    venue.answer("GET", path, _ok({"list": [row] + [other] * 99, "cursor": None}))
    fills = await adapter.get_account_fills("BTC/USDT", now_ns)
    assert [seen.fill.trade_id for seen in fills] == ["1"]
    assert len(venue.requests(path)) == 1


async def test_query_is_signed_and_answered(venue: LoopbackVenue, adapter: BitgetExchange) -> None:
    venue.answer("GET", INFO, _ok([_row()]))
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert state == OrderState(
        "bitget", "arb1", OrderStatus.EXPIRED, Decimal("0.02"), ("order",), "77"
    )
    (sent,) = venue.seen
    assert sent.target == f"{INFO}?clientOid=arb1"
    text = f"{sent.headers['ACCESS-TIMESTAMP']}GET{sent.target}"
    assert sent.headers["ACCESS-SIGN"] == signature(KEY.api_secret, text)
    assert sent.body == ""


@pytest.mark.parametrize(
    "unknown", [(_error("40109"), 400), (_error("43001"), 400), (_ok([]), 200)]
)
@pytest.mark.parametrize(("path", "source"), [(OPEN, "open"), (HISTORY, "history")])
async def test_order_that_info_does_not_know_is_looked_for_in_the_lists(
    venue: LoopbackVenue,
    adapter: BitgetExchange,
    unknown: tuple[str, int],
    path: str,
    source: str,
) -> None:
    venue.answer("GET", INFO, *unknown)
    venue.answer("GET", OPEN, _ok([_row("other", "9")]) if path != OPEN else _ok([_row()]))
    venue.answer("GET", HISTORY, _ok([_row("old", "8"), _row()]))
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert (state.sources, state.venue_id) == ((source,), "77")


async def test_not_found_names_every_place_that_was_asked(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", INFO, _ok([]))
    venue.answer("GET", OPEN, _ok(None))
    venue.answer("GET", HISTORY, _ok([_row("other", "9")]))
    venue.answer("GET", FILLS, _ok([_trade(1, "9")]))
    assert await adapter.query_order("BTC/USDT", "arb1") == OrderState(
        "bitget",
        "arb1",
        OrderStatus.NOT_FOUND,
        Decimal(0),
        ("order", "open", "history", "fills"),
    )


async def test_execution_of_an_order_that_no_list_shows_may_be_ours(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("POST", PLACE, _error("40010"), 400)
    await adapter.place_order(_order())
    venue.answer("GET", INFO, _ok([]))
    venue.answer("GET", OPEN, _ok([]))
    venue.answer("GET", HISTORY, _ok([_row("other", "9")]))
    venue.answer("GET", FILLS, _ok([_trade(1, "77"), _trade(2, "5", age_s=3600)]))
    venue.answer("GET", FILLS, _ok([_trade(2, "5", age_s=3600)]))
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert state.sources == ("order", "open", "history")
    # Executions from before it was sent are certainly not ours.
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert state.sources == ("order", "open", "history", "fills")


async def test_lists_longer_than_we_read_are_no_evidence(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", INFO, _ok([]))
    venue.answer("GET", OPEN, _ok([]))
    full = [_row("other", str(1000 - number)) for number in range(100)]
    venue.answer("GET", HISTORY, _ok(full))
    venue.answer("GET", FILLS, _ok([]))
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert state.sources == ("order", "open")
    pages = venue.requests(HISTORY)
    assert len(pages) == 20
    assert pages[1].target.endswith("?symbol=BTCUSDT&limit=100&idLessThan=901")


async def test_orders_older_than_ours_end_the_search(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("POST", PLACE, _error("40010"), 400)
    await adapter.place_order(_order())
    venue.answer("GET", INFO, _ok([]))
    venue.answer("GET", OPEN, _ok([]))
    venue.answer("GET", HISTORY, _ok([_row("other", "9", age_s=3600)] * 100))
    venue.answer("GET", FILLS, _ok([_trade(1, "9", age_s=3600)] * 100))
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert state.sources == ("order", "open", "history", "fills")
    assert len(venue.requests(HISTORY)) == len(venue.requests(FILLS)) == 1


async def test_fills_are_those_of_the_order_oldest_first(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", FILLS, _ok([_trade(1), _trade(2), _trade(3, "9")]))
    fills = await adapter.get_fills("BTC/USDT", "arb1", "77")
    assert [fill.trade_id for fill in fills] == ["2", "1"]
    assert (fills[0].fee, fills[0].fee_asset) == (Decimal("0.0325"), "USDT")
    assert venue.seen[0].target == f"{FILLS}?symbol=BTCUSDT&orderId=77&limit=100"


async def test_fills_without_the_venue_id_ask_for_the_order_first(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", INFO, _ok([_row()]))
    venue.answer("GET", INFO, _ok([]))
    venue.answer("GET", FILLS, _ok([_trade(1)]))
    assert len(await adapter.get_fills("BTC/USDT", "arb1", "")) == 1
    venue.answer("GET", OPEN, _ok([]))
    venue.answer("GET", HISTORY, _ok([]))
    with pytest.raises(OrderNotFound):
        await adapter.get_fills("BTC/USDT", "arb1", "")


async def test_more_fills_than_we_read_are_an_error(
    venue: LoopbackVenue, adapter: BitgetExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbot_tui.exchanges.bitget.lists._MOST_TRADE_PAGES", 2)
    venue.answer("GET", FILLS, _ok([_trade(number) for number in range(100)]))
    with pytest.raises(ExchangeUnavailable):
        await adapter.get_fills("BTC/USDT", "arb1", "77")
    assert venue.seen[1].target.endswith("&limit=100&idLessThan=99")


async def test_an_id_that_is_no_plain_text_goes_into_no_query(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", FILLS, _ok([_trade(1) | {"tradeId": "1&x=2"}] * 100))
    with pytest.raises(MalformedMessage):
        await adapter.get_fills("BTC/USDT", "arb1", "77")


async def test_cancel_names_the_order_by_our_id(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("POST", CANCEL, _ok({"orderId": "77", "clientOid": "arb1"}))
    await adapter.cancel_order("BTC/USDT", "arb1")
    assert json.loads(venue.seen[0].body) == {"symbol": "BTCUSDT", "clientOid": "arb1"}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (_error("43001"), 400, OrderNotFound),
        (_error("40725"), 400, OutcomeUnknown),
        (_error("45129"), 400, ExchangeUnavailable),
        (_error("40014"), 400, AuthRefused),
        (_error("40017"), 400, RequestRefused),
        ("<html>", 200, OutcomeUnknown),
        ("<html>", 502, OutcomeUnknown),
    ],
)
async def test_refused_cancels(
    venue: LoopbackVenue, adapter: BitgetExchange, body: str, status: int, error: type[Exception]
) -> None:
    venue.answer("POST", CANCEL, body, status)
    with pytest.raises(error):
        await adapter.cancel_order("BTC/USDT", "arb1")


async def test_balances_in_documented_form(venue: LoopbackVenue, adapter: BitgetExchange) -> None:
    asset = {"coin": "usdt", "available": "10", "frozen": "1", "locked": "0"}
    venue.answer("GET", ASSETS, _ok([asset]))
    assert await adapter.get_balance() == [Balance("USDT", Decimal(10), Decimal(1))]


async def test_late_read_measures_the_clock_and_asks_once_more(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", TIME, _time())
    venue.answer("GET", ASSETS, _error("40008"), 400)
    venue.answer("GET", ASSETS, _ok([]))
    assert await adapter.get_balance() == []


async def test_read_that_stays_late_is_refused(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    venue.answer("GET", TIME, _time())
    venue.answer("GET", ASSETS, _error("40008"), 400)
    with pytest.raises(AuthRefused):
        await adapter.get_balance()
    assert len(venue.requests(ASSETS)) == 2


async def test_fees_are_asked_for_symbol_by_symbol(
    venue: LoopbackVenue, adapter: BitgetExchange
) -> None:
    rate = {"makerFeeRate": "0.0002", "takerFeeRate": "0.0006"}
    venue.answer("GET", "/api/v2/common/trade-rate", _ok(rate))
    assert await adapter.get_trading_fees(["BTC/USDT"]) == {
        "BTC/USDT": TradingFees(maker=Decimal("0.0002"), taker=Decimal("0.0006"))
    }
    target = "/api/v2/common/trade-rate?symbol=BTCUSDT&businessType=spot"
    assert venue.seen[0].target == target
    with pytest.raises(RequestRefused):
        await adapter.get_trading_fees(["NO/NE"])


async def test_instruments_are_loaded_without_a_key(venue: LoopbackVenue) -> None:
    adapter = _adapter(venue, None)
    row = {
        "symbol": "ETHUSDT",
        "baseCoin": "ETH",
        "quoteCoin": "USDT",
        "status": "online",
        "pricePrecision": "2",
        "quantityPrecision": "4",
    }
    venue.answer("GET", "/api/v2/spot/public/symbols", _ok([row, {"symbol": 7}]))
    (instrument,) = await adapter.load_instruments()
    assert instrument.symbol == "ETH/USDT"
    await adapter.close()


async def test_order_book_of_a_followed_row(venue: LoopbackVenue, adapter: BitgetExchange) -> None:
    book = {"asks": [["3", "4"]], "bids": [["1", "2"]], "ts": "1700000000000"}
    venue.answer("GET", "/api/v2/spot/market/orderbook", _ok(book))
    depth = await adapter.get_orderbook(0, 20)
    assert (depth.bids, depth.asks) == ([(1.0, 2.0)], [(3.0, 4.0)])
    target = "/api/v2/spot/market/orderbook?symbol=BTCUSDT&type=step0&limit=20"
    assert venue.seen[0].target == target
    with pytest.raises(RequestRefused):
        await adapter.get_orderbook(9, 20)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("<html>", 200, ExchangeUnavailable),
        (_error("40034"), 400, RequestRefused),
        (_ok({}), 200, MalformedMessage),
    ],
)
async def test_public_reads_fail_in_our_own_words(
    venue: LoopbackVenue, adapter: BitgetExchange, body: str, status: int, error: type[Exception]
) -> None:
    venue.answer("GET", TIME, body, status)
    with pytest.raises(error):
        await adapter.sync_clock()


async def test_feed_shards_batches_and_survives_a_bad_symbol_and_a_bad_frame(
    venue: LoopbackVenue,
) -> None:
    batches: list[int] = []

    async def serve(socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.data == "ping":
                await socket.send_str("pong")
                continue
            args = json.loads(message.data)["args"]
            batches.append(len(args))
            for arg in args:
                if arg["instId"] == "C3USDT":
                    error = {"event": "error", "arg": arg, "code": 30001, "msg": "no such"}
                    await socket.send_json(error)
                    continue
                await socket.send_json({"event": "subscribe", "arg": arg})
                now_ms = SystemClock().now_ns() // MS
                book = {"asks": [["3", "4"]], "bids": [["1", "2"]], "ts": str(now_ms)}
                push = {"action": "snapshot", "arg": arg, "data": [book], "ts": now_ms}
                await socket.send_json(push)
            await socket.send_str('{"arg":7}')

    venue.on_socket = serve
    adapter = _adapter(venue, None)
    adapter.set_universe({f"C{number}USDT": number for number in range(50)}, [])
    adapter.request_depth(0, True)
    adapter.resync_book(0)
    market = Market()
    task = asyncio.create_task(adapter.connect_ws(market))
    await until(lambda: len({ticker.row for ticker in market.tickers}) == 49)
    await until(lambda: any("C3USDT: 30001" in event.detail for event in market.events))
    await until(lambda: any(event.rtt_ns for event in market.events))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await adapter.close()
    assert sorted(batches[:5]) == [2, 9, 10, 15, 15]
    assert {event.connection for event in market.events} == {0, 1, 2}
    assert len(market.of(FeedEventKind.MALFORMED)) >= 6
