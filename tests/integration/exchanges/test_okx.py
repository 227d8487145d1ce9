"""The OKX adapter against a scripted loopback venue: what it sends, and what it makes of it."""

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
from arbot_tui.domain.quotes import BookKind
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials, ExchangeConfig, VenueUrls
from arbot_tui.exchanges.okx.adapter import OKXExchange
from arbot_tui.exchanges.okx.signing import signature
from tests.unit.exchanges.loopback import LoopbackVenue, Market, until

KEY = Credentials("key", Secret("secret"), Secret("phrase"))
FEES = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))
BTC = Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.00000001"))


def _order(expires_in_ns: int = 2 * SECOND, symbol: str = "BTC/USDT") -> OrderRequest:
    expires_ns = SystemClock().now_ns() + expires_in_ns
    price, qty = Decimal("65000.10"), Decimal("0.00150")
    return OrderRequest("arb1", "okx", symbol, OrderSide.BUY, price, qty, expires_ns)


def _body(*data: object, code: str = "0") -> str:
    return json.dumps({"code": code, "msg": "no" if code != "0" else "", "data": data})


def _item(code: str = "0", order_id: str = "77") -> str:
    item = {"clOrdId": "arb1", "ordId": order_id, "sCode": code, "sMsg": "no"}
    return _body(item, code="0" if code == "0" else "1")


def _fill(number: int, client_id: str = "arb1", order_id: str = "77") -> dict[str, str]:
    return {
        "side": "buy",
        "fillSz": "0.0005",
        "fillPx": "65000",
        "fee": "-0.0000005",
        "feeCcy": "BTC",
        "ordId": order_id,
        "clOrdId": client_id,
        "billId": str(number),
        "tradeId": str(number),
        "fillTime": str(1_700_000_000_000 + number),
        "ts": str(1_700_000_000_000 + number),
    }


@pytest.fixture
async def venue() -> AsyncIterator[LoopbackVenue]:
    async with LoopbackVenue() as running:
        running.answer("GET", "/api/v5/account/config", _body({"acctLv": "1"}))
        yield running


def _adapter(
    venue: LoopbackVenue, credentials: Credentials | None = KEY, environment: str = "custom"
) -> OKXExchange:
    urls = VenueUrls(rest=venue.url, ws_public=venue.ws_url)
    config = ExchangeConfig("okx", 2, urls, environment, FEES, credentials)
    adapter = OKXExchange(config, SystemClock())
    adapter.set_universe({"BTC-USDT": 0}, [BTC])
    return adapter


@pytest.fixture
async def adapter(venue: LoopbackVenue) -> AsyncIterator[OKXExchange]:
    made = _adapter(venue)
    yield made
    await made.close()


async def test_order_is_signed_bounded_in_time_and_acknowledged(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    venue.answer("POST", "/api/v5/trade/order", _item())
    adapter.offset_ns = 3_600 * SECOND
    order = _order()
    assert await adapter.place_order(order) == [OrderAck("okx", "arb1", "77")]
    (sent,) = venue.requests("/api/v5/trade/order")
    assert json.loads(sent.body) == {
        "instId": "BTC-USDT",
        "tdMode": "cash",
        "clOrdId": "arb1",
        "side": "buy",
        "ordType": "ioc",
        "px": "65000.1",
        "sz": "0.0015",
    }
    assert int(sent.headers["expTime"]) == (order.expires_ns + 3_600 * SECOND) // MS
    timestamp = sent.headers["OK-ACCESS-TIMESTAMP"]
    text = f"{timestamp}POST/api/v5/trade/order{sent.body}"
    assert sent.headers["OK-ACCESS-SIGN"] == signature(KEY.api_secret, text)
    assert sent.headers["OK-ACCESS-PASSPHRASE"] == "phrase"
    assert "x-simulated-trading" not in sent.headers


async def test_demo_says_so_in_every_request(venue: LoopbackVenue) -> None:
    adapter = _adapter(venue, environment="demo")
    venue.answer("POST", "/api/v5/trade/order", _item())
    venue.answer("GET", "/api/v5/public/time", _body({"ts": "1700000000000"}))
    await adapter.place_order(_order())
    await adapter.sync_clock()
    assert {sent.headers["x-simulated-trading"] for sent in venue.seen} == {"1"}
    await adapter.close()


@pytest.mark.parametrize(
    ("config", "status", "mode"),
    [
        (_body({"acctLv": "2"}), 200, "cash"),
        (_body({"acctLv": "3"}), 200, "cross"),
        (_body({"acctLv": "4"}), 200, "cross"),
        ("<html>not found</html>", 404, "cash"),
    ],
)
async def test_trade_mode_follows_the_account_and_is_asked_for_once(
    config: str, status: int, mode: str
) -> None:
    async with LoopbackVenue() as venue:
        venue.answer("GET", "/api/v5/account/config", config, status)
        venue.answer("POST", "/api/v5/trade/order", _item())
        adapter = _adapter(venue)
        await adapter.place_order(_order())
        await adapter.place_order(_order())
        await adapter.close()
        sent = venue.requests("/api/v5/trade/order")
        assert [json.loads(request.body)["tdMode"] for request in sent] == [mode, mode]
        assert len(venue.requests("/api/v5/account/config")) == 1


@pytest.mark.parametrize(
    ("config", "fatal"), [(_body(code="50113"), True), (_body(code="50026"), False)]
)
async def test_order_is_not_sent_while_the_account_cannot_be_asked(
    config: str, fatal: bool
) -> None:
    async with LoopbackVenue() as venue:
        venue.answer("GET", "/api/v5/account/config", config)
        adapter = _adapter(venue)
        (event,) = await adapter.place_order(_order())
        await adapter.close()
        assert isinstance(event, OrderReject)
        assert (event.code, event.fatal) == ("not_sent", fatal)
        assert venue.requests("/api/v5/trade/order") == []


@pytest.mark.parametrize(
    ("order", "code"),
    [(_order(expires_in_ns=-SECOND), "expired"), (_order(symbol="ETH/USDT"), "symbol")],
)
async def test_order_that_cannot_be_right_is_never_sent(
    venue: LoopbackVenue, adapter: OKXExchange, order: OrderRequest, code: str
) -> None:
    (event,) = await adapter.place_order(order)
    assert isinstance(event, OrderReject)
    assert event.code == code
    assert venue.requests("/api/v5/trade/order") == []


async def test_order_without_a_key_is_refused_fatally(venue: LoopbackVenue) -> None:
    adapter = _adapter(venue, None)
    (event,) = await adapter.place_order(_order())
    assert isinstance(event, OrderReject)
    assert event.fatal
    await adapter.close()


@pytest.mark.parametrize(
    ("body", "status", "kind", "fatal"),
    [
        (_item("51008", ""), 200, OrderReject, False),
        (_item("50036", ""), 200, OrderReject, False),
        (_item("51010", ""), 200, OrderReject, True),
        (_item("51016", ""), 200, OrderUnknown, None),
        (_item("98765", ""), 200, OrderUnknown, None),
        (_body({"ordId": "", "sCode": "51008", "sMsg": "x"}), 200, OrderReject, False),
        (_body(code="50113"), 401, OrderReject, True),
        (_body(code="50004"), 400, OrderUnknown, None),
        (_body(code="50026"), 500, OrderUnknown, None),
        (_body(code="50011"), 429, OrderUnknown, None),
        (_body(), 200, OrderUnknown, None),
        (_body(7), 200, OrderUnknown, None),
        ("<html>", 200, OrderUnknown, None),
        ("<html>blocked", 403, OrderReject, False),
    ],
)
async def test_refused_placements(
    venue: LoopbackVenue,
    adapter: OKXExchange,
    body: str,
    status: int,
    kind: type[OrderEvent],
    fatal: bool | None,
) -> None:
    venue.answer("GET", "/api/v5/public/time", _body({"ts": "1700000000000"}))
    venue.answer("POST", "/api/v5/trade/order", body, status)
    (event,) = await adapter.place_order(_order())
    assert type(event) is kind
    if isinstance(event, OrderReject):
        assert event.fatal is fatal
    assert len(venue.requests("/api/v5/trade/order")) == 1


async def test_order_that_came_late_has_the_clock_measured_again(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    ahead_ms = SystemClock().now_ns() // MS + 60_000
    venue.answer("GET", "/api/v5/public/time", _body({"ts": str(ahead_ms)}))
    venue.answer("POST", "/api/v5/trade/order", _item("50037", ""))
    await adapter.place_order(_order())
    await until(lambda: adapter.offset_ns > 50 * SECOND)


async def test_failing_background_measurement_does_no_harm(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    venue.answer("POST", "/api/v5/trade/order", _item("50037", ""))
    await adapter.place_order(_order())
    await until(lambda: venue.requests("/api/v5/public/time"))


async def test_submit_reports_through_the_sink_and_close_leaves_nothing_open(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    venue.answer("POST", "/api/v5/trade/order", _item())
    events: list[OrderEvent] = []
    adapter.submit(_order(), events.append)
    await until(lambda: events)
    venue.hold = asyncio.Event()
    adapter.submit(_order(), events.append)
    await until(lambda: len(venue.requests("/api/v5/trade/order")) == 2)
    await adapter.close()
    assert [type(event) for event in events] == [OrderAck, OrderUnknown]


ORDER = {
    "state": "canceled",
    "ordType": "ioc",
    "accFillSz": "0.02",
    "cancelSource": "14",
    "clOrdId": "arb1",
    "ordId": "77",
}


async def test_query_is_signed_and_answered(venue: LoopbackVenue, adapter: OKXExchange) -> None:
    venue.answer("GET", "/api/v5/trade/order", _body(ORDER))
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert state == OrderState(
        "okx", "arb1", OrderStatus.EXPIRED, Decimal("0.02"), ("order",), "77"
    )
    (sent,) = venue.seen
    assert sent.target == "/api/v5/trade/order?instId=BTC-USDT&clOrdId=arb1"
    text = f"{sent.headers['OK-ACCESS-TIMESTAMP']}GET{sent.target}"
    assert sent.headers["OK-ACCESS-SIGN"] == signature(KEY.api_secret, text)
    assert sent.body == ""


@pytest.mark.parametrize("unknown", [_body(code="51603"), _body()])
async def test_executions_prove_an_order_that_cannot_be_found(
    venue: LoopbackVenue, adapter: OKXExchange, unknown: str
) -> None:
    venue.answer("GET", "/api/v5/trade/order", unknown)
    venue.answer("GET", "/api/v5/trade/fills", _body(_fill(3), _fill(2, "other", "9"), _fill(1)))
    assert await adapter.query_order("BTC/USDT", "arb1") == OrderState(
        "okx", "arb1", OrderStatus.PARTIALLY_FILLED, Decimal("0.0010"), ("fills",), "77"
    )


async def test_not_found_names_every_place_that_was_asked(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    venue.answer("GET", "/api/v5/trade/order", _body(code="51603"))
    venue.answer("GET", "/api/v5/trade/fills", _body(_fill(1, "other", "9")))
    assert await adapter.query_order("BTC/USDT", "arb1") == OrderState(
        "okx", "arb1", OrderStatus.NOT_FOUND, Decimal(0), ("order", "fills")
    )


async def test_too_many_executions_are_no_evidence(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    venue.answer("GET", "/api/v5/trade/order", _body(code="51603"))
    full = [_fill(number, "other", "9") for number in range(100, 0, -1)]
    venue.answer("GET", "/api/v5/trade/fills", _body(*full))
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert (state.status, state.sources) == (OrderStatus.NOT_FOUND, ("order",))
    pages = venue.requests("/api/v5/trade/fills")
    assert len(pages) == 20
    assert pages[1].target.endswith("&limit=100&after=1")
    with pytest.raises(ExchangeUnavailable):
        await adapter.get_fills("BTC/USDT", "arb1", "")


async def test_executions_older_than_the_order_end_the_search(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    venue.answer("POST", "/api/v5/trade/order", _body(code="50004"), 400)
    await adapter.place_order(_order())
    venue.answer("GET", "/api/v5/trade/order", _body(code="51603"))
    full = [_fill(number, "other", "9") for number in range(100, 0, -1)]
    venue.answer("GET", "/api/v5/trade/fills", _body(*full))
    state = await adapter.query_order("BTC/USDT", "arb1")
    assert state.sources == ("order", "fills")
    assert len(venue.requests("/api/v5/trade/fills")) == 1


async def test_fills_are_asked_for_by_the_venue_id_and_come_oldest_first(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    venue.answer("GET", "/api/v5/trade/fills", _body(_fill(2), _fill(1)))
    fills = await adapter.get_fills("BTC/USDT", "arb1", "77")
    assert [fill.trade_id for fill in fills] == ["1", "2"]
    assert fills[0].fee == Decimal("0.0000005")
    assert venue.seen[0].target == (
        "/api/v5/trade/fills?instType=SPOT&instId=BTC-USDT&ordId=77&limit=100"
    )


async def test_cancel_names_the_order_by_our_id(venue: LoopbackVenue, adapter: OKXExchange) -> None:
    venue.answer("POST", "/api/v5/trade/cancel-order", _item())
    await adapter.cancel_order("BTC/USDT", "arb1")
    assert json.loads(venue.seen[0].body) == {"instId": "BTC-USDT", "clOrdId": "arb1"}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (_item("51400", ""), 200, OrderNotFound),
        (_item("51410", ""), 200, OrderNotFound),
        (_item("51412", ""), 200, OutcomeUnknown),
        (_item("51000", ""), 200, RequestRefused),
        (_item("50061", ""), 200, ExchangeUnavailable),
        (_body(), 200, OutcomeUnknown),
        ("<html>", 200, OutcomeUnknown),
        ("<html>", 502, OutcomeUnknown),
    ],
)
async def test_refused_cancels(
    venue: LoopbackVenue, adapter: OKXExchange, body: str, status: int, error: type[Exception]
) -> None:
    venue.answer("POST", "/api/v5/trade/cancel-order", body, status)
    with pytest.raises(error):
        await adapter.cancel_order("BTC/USDT", "arb1")


async def test_balance_learns_the_trade_mode_on_the_way(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    detail = {"ccy": "USDT", "availBal": "10", "frozenBal": "1"}
    venue.answer("GET", "/api/v5/account/balance", _body({"details": [detail]}))
    assert await adapter.get_balance() == [Balance("USDT", Decimal(10), Decimal(1))]
    assert len(venue.requests("/api/v5/account/config")) == 1


async def test_late_read_measures_the_clock_and_asks_once_more(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    now_ms = SystemClock().now_ns() // MS
    venue.answer("GET", "/api/v5/public/time", _body({"ts": str(now_ms)}))
    venue.answer("GET", "/api/v5/account/balance", _body(code="50102"), 401)
    venue.answer("GET", "/api/v5/account/balance", _body({"details": []}))
    assert await adapter.get_balance() == []


async def test_read_that_stays_late_is_refused(venue: LoopbackVenue, adapter: OKXExchange) -> None:
    now_ms = SystemClock().now_ns() // MS
    venue.answer("GET", "/api/v5/public/time", _body({"ts": str(now_ms)}))
    venue.answer("GET", "/api/v5/account/balance", _body(code="50102"), 401)
    with pytest.raises(AuthRefused):
        await adapter.get_balance()
    assert len(venue.requests("/api/v5/account/balance")) == 2


def _instrument(symbol: str, group: str) -> dict[str, str]:
    base, _, quote = symbol.partition("-")
    return {
        "instType": "SPOT",
        "instId": symbol,
        "baseCcy": base,
        "quoteCcy": quote,
        "state": "live",
        "tickSz": "0.1",
        "lotSz": "0.001",
        "groupId": group,
    }


async def test_fees_are_asked_for_once_per_group(
    venue: LoopbackVenue, adapter: OKXExchange
) -> None:
    rows = [_instrument("BTC-USDT", "1"), _instrument("ETH-USDT", "1"), {"instId": 7}]
    venue.answer("GET", "/api/v5/public/instruments", _body(*rows))
    assert [found.symbol for found in await adapter.load_instruments()] == ["BTC/USDT", "ETH/USDT"]
    groups = [{"groupId": "1", "maker": "-0.0008", "taker": "-0.001"}]
    venue.answer("GET", "/api/v5/account/trade-fee", _body({"feeGroup": groups}))
    rates = TradingFees(maker=Decimal("0.0008"), taker=Decimal("0.001"))
    assert await adapter.get_trading_fees(["BTC/USDT", "ETH/USDT"]) == {
        "BTC/USDT": rates,
        "ETH/USDT": rates,
    }
    (asked,) = venue.requests("/api/v5/account/trade-fee")
    assert asked.target == "/api/v5/account/trade-fee?instType=SPOT&instId=BTC-USDT"
    with pytest.raises(RequestRefused):
        await adapter.get_trading_fees(["NO/NE"])


async def test_order_book_of_a_followed_row(venue: LoopbackVenue, adapter: OKXExchange) -> None:
    book = {"asks": [["3", "4", "0", "1"]], "bids": [["1", "2", "0", "1"]]}
    venue.answer("GET", "/api/v5/market/books", _body(book | {"ts": "1700000000000"}))
    depth = await adapter.get_orderbook(0, 20)
    assert (depth.bids, depth.asks) == ([(1.0, 2.0)], [(3.0, 4.0)])
    assert venue.seen[0].target == "/api/v5/market/books?instId=BTC-USDT&sz=20"
    with pytest.raises(RequestRefused):
        await adapter.get_orderbook(9, 20)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("<html>", ExchangeUnavailable),
        (_body(code="51001"), RequestRefused),
        (_body(), MalformedMessage),
    ],
)
async def test_public_reads_fail_in_our_own_words(
    venue: LoopbackVenue, adapter: OKXExchange, body: str, error: type[Exception]
) -> None:
    venue.answer("GET", "/api/v5/public/time", body)
    with pytest.raises(error):
        await adapter.sync_clock()


class _Server:
    """The public socket: acknowledges, pushes one message per subscription, notes all of it."""

    def __init__(self, bad: str = "") -> None:
        self.bad = bad
        self.requests: list[tuple[str, list[tuple[str, str]]]] = []
        self.sockets: list[web.WebSocketResponse] = []

    async def serve(self, socket: web.WebSocketResponse) -> None:
        self.sockets.append(socket)
        async for message in socket:
            if message.data == "ping":
                await socket.send_str("pong")
                continue
            frame = json.loads(message.data)
            args = [(arg["channel"], arg["instId"]) for arg in frame["args"]]
            self.requests.append((frame["op"], args))
            if any(symbol == self.bad for _, symbol in args):
                error = {"id": frame["id"], "event": "error", "code": "60018", "msg": "no such"}
                await socket.send_json(error)
                continue
            for channel, symbol in args:
                arg = {"channel": channel, "instId": symbol}
                await socket.send_json({"id": frame["id"], "event": frame["op"], "arg": arg})
                if frame["op"] == "subscribe":
                    await socket.send_json(self._push(channel, arg))
            await socket.send_str('{"arg":{"channel":"bbo-tbt","instId":"A-B"},"data":"x"}')

    def _push(self, channel: str, arg: dict[str, str]) -> dict[str, object]:
        book = {
            "asks": [["3", "4", "0", "1"]],
            "bids": [["1", "2", "0", "1"]],
            "ts": str(SystemClock().now_ns() // MS),
            "seqId": 5,
        }
        if channel == "bbo-tbt":
            return {"arg": arg, "data": [book]}
        return {"arg": arg, "action": "snapshot", "data": [book | {"prevSeqId": -1}]}


async def _stop(task: asyncio.Task[None], adapter: OKXExchange) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await adapter.close()


async def test_feed_survives_a_bad_symbol_and_a_bad_frame(venue: LoopbackVenue) -> None:
    server = _Server(bad="C-USDT")
    venue.on_socket = server.serve
    adapter = _adapter(venue, None)
    adapter.set_universe({"A-USDT": 0, "B-USDT": 1, "C-USDT": 2}, [])
    market = Market()
    task = asyncio.create_task(adapter.connect_ws(market))
    await until(lambda: {ticker.row for ticker in market.tickers} == {0, 1})
    await until(lambda: any("refused bbo-tbt C-USDT" in event.detail for event in market.events))
    await until(lambda: len(market.of(FeedEventKind.MALFORMED)) >= 3)
    await until(lambda: any(event.rtt_ns for event in market.events))
    assert [len(args) for _, args in server.requests] == [3, 1, 1, 1]
    # What was refused is not asked for any more.
    await server.sockets[0].close()
    await until(lambda: len(server.sockets) == 2 and len(server.requests) == 5)
    assert server.requests[4][1] == [("bbo-tbt", "A-USDT"), ("bbo-tbt", "B-USDT")]
    await _stop(task, adapter)


async def test_a_notice_has_the_connection_replaced_without_a_pause(venue: LoopbackVenue) -> None:
    server = _Server()
    venue.on_socket = server.serve
    adapter = _adapter(venue, None)
    market = Market()
    task = asyncio.create_task(adapter.connect_ws(market))
    await until(lambda: market.tickers)
    await server.sockets[0].send_str('{"event":"notice","code":"64008","msg":"upgrade"}')
    await until(lambda: len(server.sockets) == 2 and server.sockets[0].closed)
    assert not server.sockets[1].closed
    kinds = [event.kind for event in market.events]
    assert kinds.count(FeedEventKind.CONNECTED) == 1
    assert FeedEventKind.DISCONNECTED not in kinds
    await _stop(task, adapter)
    (ended,) = market.of(FeedEventKind.DISCONNECTED)
    assert ended.rows == frozenset({0})


async def test_depth_is_followed_resynced_and_dropped_on_demand(venue: LoopbackVenue) -> None:
    server = _Server()
    venue.on_socket = server.serve
    adapter = _adapter(venue, None)
    adapter.request_depth(0, True)
    adapter.resync_book(0)
    market = Market()
    task = asyncio.create_task(adapter.connect_ws(market))
    await until(lambda: len(market.books) == 1)
    adapter.request_depth(0, True)
    adapter.request_depth(9, True)
    adapter.resync_book(9)
    adapter.resync_book(0)
    # Renewing costs requests: not again at once, however often it is asked for.
    adapter.resync_book(0)
    await until(lambda: len(market.books) == 2)
    assert {update.kind for update in market.books} == {BookKind.SNAPSHOT}
    adapter.request_depth(0, False)
    adapter.request_depth(0, False)
    adapter.resync_book(0)
    best, depth = ("bbo-tbt", "BTC-USDT"), ("books", "BTC-USDT")
    await until(lambda: len(server.requests) == 4)
    assert server.requests == [
        ("subscribe", [best, depth]),
        ("unsubscribe", [depth, best]),
        ("subscribe", [depth, best]),
        ("unsubscribe", [depth]),
    ]
    await _stop(task, adapter)


async def test_many_symbols_are_spread_over_connections(venue: LoopbackVenue) -> None:
    server = _Server()
    venue.on_socket = server.serve
    adapter = _adapter(venue, None)
    adapter.set_universe({f"C{number}-USDT": number for number in range(150)}, [])
    market = Market()
    task = asyncio.create_task(adapter.connect_ws(market))
    await until(lambda: len({ticker.row for ticker in market.tickers}) == 150)
    # The first connections wait for the last; a quiet channel is asked for again meanwhile.
    asked = {tuple(args) for _, args in server.requests}
    assert sorted(len(args) for args in asked) == [5, 29, 29, 29, 29, 29]
    assert {event.connection for event in market.events} == {0, 1, 2, 3, 4, 5}
    await _stop(task, adapter)
