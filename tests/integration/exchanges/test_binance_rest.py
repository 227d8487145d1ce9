"""The Binance adapter against a scripted loopback venue: what it sends, what it makes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from arbot_tui.domain.clock import MS, SECOND, VirtualClock
from arbot_tui.domain.errors import (
    AuthRefused,
    ExchangeUnavailable,
    MalformedMessage,
    OrderNotFound,
    OutcomeUnknown,
    RequestRefused,
)
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import (
    Balance,
    Fill,
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
from arbot_tui.exchanges.binance.adapter import BinanceExchange
from arbot_tui.exchanges.binance.signing import Signer
from tests.unit.exchanges.loopback import Answered, LoopbackVenue, until

KEY = Credentials("key", Secret("secret"))
FEES = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))
BTC = Instrument("binance", "BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.00001"))
NOW_MS = 1_760_000_000_000
ORDER = "/api/v3/order"
TRADES = "/api/v3/myTrades"
HISTORY = "/api/v3/allOrders"


def _row(**changes: object) -> dict[str, Any]:
    row: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "orderId": 29,
        "clientOrderId": "arb-1",
        "transactTime": NOW_MS,
        "executedQty": "0.00100000",
        "status": "EXPIRED",
        "side": "BUY",
        "fills": [_fill(57)],
    }
    return row | changes


def _fill(trade: int) -> dict[str, Any]:
    return {
        "price": "61234.50",
        "qty": "0.00100000",
        "commission": "0.00000100",
        "commissionAsset": "BTC",
        "tradeId": trade,
    }


def _trade(trade: int = 57, order: int = 29) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "id": trade,
        "orderId": order,
        "price": "61234.50",
        "qty": "0.00100000",
        "commission": "0.00000100",
        "commissionAsset": "BTC",
        "time": NOW_MS,
        "isBuyer": True,
    }


def _error(code: int, text: str = "no") -> str:
    return json.dumps({"code": code, "msg": text})


@pytest.fixture
async def venue() -> AsyncIterator[LoopbackVenue]:
    async with LoopbackVenue() as venue:
        yield venue


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW_MS * MS)


@pytest.fixture
async def exchange(venue: LoopbackVenue, clock: VirtualClock) -> AsyncIterator[BinanceExchange]:
    exchange = _exchange(venue, clock)
    yield exchange
    await exchange.close()


def _exchange(
    venue: LoopbackVenue, clock: VirtualClock, credentials: Credentials | None = KEY
) -> BinanceExchange:
    urls = VenueUrls(venue.url, "ws://127.0.0.1:9")
    exchange = BinanceExchange(
        ExchangeConfig("binance", 0, urls, "custom", FEES, credentials), clock
    )
    exchange.set_universe({"BTCUSDT": 0}, [BTC])
    return exchange


def _order(client_id: str = "arb-1", lives_ns: int = 2 * SECOND) -> OrderRequest:
    return OrderRequest(
        client_id,
        "binance",
        "BTC/USDT",
        OrderSide.BUY,
        Decimal("61234.50"),
        Decimal("0.001230"),
        NOW_MS * MS + lives_ns,
    )


def _params(request: Answered) -> dict[str, str]:
    return dict(parse_qsl(request.target.partition("?")[2], strict_parsing=True))


class TestPlacing:
    async def test_the_request_is_the_documented_one_and_signed_as_sent(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, json.dumps(_row()))

        await exchange.place_order(_order())

        (request,) = venue.requests(ORDER)
        assert request.headers["X-MBX-APIKEY"] == "key"
        assert request.body == ""
        payload, _, signature = request.target.partition("?")[2].rpartition("&signature=")
        assert payload == (
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.00123&price=61234.5"
            "&newClientOrderId=arb-1&newOrderRespType=FULL&recvWindow=2000"
            "&timestamp=1760000000000"
        )
        assert signature == Signer(KEY).sign(payload)

    async def test_ack_then_fills_then_state(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, json.dumps(_row()))
        events: list[OrderEvent] = []

        exchange.submit(_order(), events.append)
        await until(lambda: len(events) == 3)

        assert events[0] == OrderAck("binance", "arb-1", "29")
        assert isinstance(events[1], Fill)
        assert events[2] == OrderState(
            "binance", "arb-1", OrderStatus.EXPIRED, Decimal("0.001"), ("order",), "29"
        )
        assert [request.method for request in venue.seen] == ["POST"]

    async def test_fills_that_the_answer_left_out_are_asked_for(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, json.dumps(_row(fills=[])))
        venue.answer("GET", TRADES, json.dumps([_trade(57)]))

        events = await exchange.place_order(_order())

        assert [type(event) for event in events] == [OrderAck, Fill, OrderState]
        assert _params(venue.requests(TRADES)[0])["orderId"] == "29"

    async def test_without_them_the_state_still_says_what_was_filled(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, json.dumps(_row(fills=[])))
        venue.answer("GET", TRADES, "no", 500)

        events = await exchange.place_order(_order())

        assert [type(event) for event in events] == [OrderAck, OrderState]

    @pytest.mark.parametrize("lives_ns", [0, -SECOND, MS // 2])
    async def test_an_order_past_its_deadline_is_not_sent(
        self, venue: LoopbackVenue, exchange: BinanceExchange, lives_ns: int
    ) -> None:
        (event,) = await exchange.place_order(_order(lives_ns=lives_ns))

        assert isinstance(event, OrderReject)
        assert (event.code, event.fatal) == ("expired", False)
        assert venue.seen == []

    async def test_the_window_ends_with_the_order_whatever_the_clocks_say(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, json.dumps(_row()))
        exchange.offset_ns, exchange.rtt_ns = -700 * MS, 100 * MS

        await exchange.place_order(_order(lives_ns=1500 * MS))

        params = _params(venue.requests(ORDER)[0])
        # Half a round trip late, so that it is never ahead of the venue.
        assert int(params["timestamp"]) == NOW_MS - 700 - 50
        assert int(params["timestamp"]) + int(params["recvWindow"]) == NOW_MS - 700 + 1500

    async def test_a_distant_deadline_is_brought_near(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, json.dumps(_row()))

        await exchange.place_order(_order(lives_ns=600 * SECOND))

        assert _params(venue.requests(ORDER)[0])["recvWindow"] == "5000"

    @pytest.mark.parametrize(
        ("code", "text", "fatal"),
        [
            (-2010, "Account has insufficient balance for requested action.", False),
            (-1013, "Filter failure: NOTIONAL", False),
            (-2015, "Invalid API-key, IP, or permissions for action.", True),
        ],
    )
    async def test_a_refusal_is_final(
        self, venue: LoopbackVenue, exchange: BinanceExchange, code: int, text: str, fatal: bool
    ) -> None:
        venue.answer("POST", ORDER, _error(code, text), 400)

        assert await exchange.place_order(_order()) == [
            OrderReject("binance", "arb-1", str(code), text, fatal)
        ]

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (500, "<html>"),
            (503, _error(-1008, "Server is currently overloaded")),
            (504, _error(-1007, "Timeout waiting for response from backend server.")),
            (400, _error(-1006, "An unexpected response was received")),
            (400, _error(-2010, "Duplicate order sent.")),
            (404, "<html>not found"),
            (302, ""),
            (200, "{"),
            (200, json.dumps(_row(clientOrderId="other"))),
            (200, json.dumps(_row(status="NEW_WORD"))),
        ],
    )
    async def test_whatever_leaves_it_open_is_unknown_and_sent_once(
        self, venue: LoopbackVenue, exchange: BinanceExchange, status: int, body: str
    ) -> None:
        venue.answer("POST", ORDER, body, status)

        (event,) = await exchange.place_order(_order())

        assert isinstance(event, OrderUnknown)
        assert event.client_id == "arb-1"
        assert len(venue.seen) == 1

    async def test_a_late_order_is_refused_and_the_clock_is_measured_again(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, _error(-1021, "outside of the recvWindow"), 400)
        venue.answer("GET", "/api/v3/time", json.dumps({"serverTime": NOW_MS + 5000}))

        (event,) = await exchange.place_order(_order())
        await until(lambda: exchange.offset_ns)

        assert isinstance(event, OrderReject)
        assert exchange.offset_ns == 5000 * MS

    async def test_an_unreachable_venue_refuses_before_anything_was_sent(
        self, clock: VirtualClock
    ) -> None:
        exchange = _exchange(LoopbackVenue(url="http://127.0.0.1:9"), clock)

        (event,) = await exchange.place_order(_order())

        assert isinstance(event, OrderReject)
        assert event.code == "not_sent"
        await exchange.close()

    async def test_a_ban_stops_orders_queries_and_cancels_until_it_has_passed(
        self, venue: LoopbackVenue, clock: VirtualClock, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, _error(-1003), 418, {"Retry-After": "120"})

        (first,) = await exchange.place_order(_order("a"))
        (second,) = await exchange.place_order(_order("b"))
        with pytest.raises(ExchangeUnavailable):
            await exchange.query_order("BTC/USDT", "a")
        with pytest.raises(ExchangeUnavailable):
            await exchange.cancel_order("BTC/USDT", "a")
        assert len(venue.seen) == 1
        assert isinstance(first, OrderReject)
        assert isinstance(second, OrderReject)

        clock.advance(120 * SECOND)
        venue.answer("GET", ORDER, json.dumps(_row()))
        assert (await exchange.query_order("BTC/USDT", "a")).status is OrderStatus.EXPIRED

    async def test_an_exceeded_order_count_leaves_queries_possible(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, _error(-1015), 429, {"Retry-After": "9"})
        venue.answer("GET", ORDER, json.dumps(_row()))

        (event,) = await exchange.place_order(_order())

        assert isinstance(event, OrderReject)
        assert (await exchange.query_order("BTC/USDT", "arb-1")).venue_id == "29"

    async def test_our_own_count_stops_orders_before_the_venue_does(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        missed = _row(executedQty="0.00000000", fills=[])
        for number in range(100):
            venue.answer("POST", ORDER, json.dumps(missed | {"clientOrderId": f"a{number}"}))
            await exchange.place_order(_order(f"a{number}"))

        (event,) = await exchange.place_order(_order("a100"))

        assert isinstance(event, OrderReject)
        assert event.code == "not_sent"
        assert len(venue.seen) == 100

    async def test_filled_orders_do_not_count(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, json.dumps(_row()))

        for _ in range(105):
            await exchange.place_order(_order())

        assert len(venue.seen) == 105

    async def test_a_symbol_that_is_not_listed_is_refused_here(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        order = OrderRequest(
            "arb-1", "binance", "XXX/USDT", OrderSide.BUY, Decimal(1), Decimal(1), 2**62
        )

        (event,) = await exchange.place_order(order)

        assert isinstance(event, OrderReject)
        assert venue.seen == []

    async def test_without_a_key_nothing_is_sent(
        self, venue: LoopbackVenue, clock: VirtualClock
    ) -> None:
        exchange = _exchange(venue, clock, None)

        (event,) = await exchange.place_order(_order())

        assert isinstance(event, OrderReject)
        assert event.fatal
        assert venue.seen == []
        await exchange.close()

    async def test_closing_leaves_no_order_unreported(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.hold = asyncio.Event()
        venue.answer("POST", ORDER, json.dumps(_row()))
        events: list[OrderEvent] = []
        exchange.submit(_order("sent"), events.append)
        await until(lambda: venue.seen)
        exchange.submit(_order("never-ran"), events.append)

        await exchange.close()

        assert [type(event) for event in events] == [OrderUnknown, OrderUnknown]
        assert {event.client_id for event in events} == {"sent", "never-ran"}


class TestAsking:
    async def test_by_client_id_until_the_venues_own_id_is_known(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, json.dumps(_row()))
        venue.answer("POST", ORDER, json.dumps(_row()))
        venue.answer("DELETE", ORDER, json.dumps(_row()))

        await exchange.query_order("BTC/USDT", "arb-1")
        await exchange.place_order(_order())
        await exchange.query_order("BTC/USDT", "arb-1")
        await exchange.cancel_order("BTC/USDT", "arb-1")

        asked = [_params(request) for request in venue.seen if request.method != "POST"]
        assert asked[0]["origClientOrderId"] == "arb-1"
        # A cancel replaces the client id at the venue; its own id stays.
        assert [params["orderId"] for params in asked[1:]] == ["29", "29"]
        assert "origClientOrderId" not in asked[1]

    async def test_an_archived_order_is_final_with_nothing_filled(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, _error(-2026, "Order was canceled or expired"), 400)

        state = await exchange.query_order("BTC/USDT", "arb-1")

        assert (state.status, state.filled_qty) == (OrderStatus.EXPIRED, Decimal(0))

    async def test_not_found_names_every_place_that_was_asked(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, _error(-2013, "Order does not exist."), 400)
        venue.answer("GET", HISTORY, json.dumps([_row(clientOrderId="other", orderId=30)]))
        venue.answer("GET", TRADES, json.dumps([_trade(order=30)]))

        state = await exchange.query_order("BTC/USDT", "arb-1")

        assert state.status is OrderStatus.NOT_FOUND
        assert state.sources == ("order", "history", "fills")

    async def test_a_lagging_order_is_found_in_the_history(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, _error(-2013), 400)
        venue.answer("GET", HISTORY, json.dumps([_row(orderId=28, clientOrderId="x"), _row()]))

        state = await exchange.query_order("BTC/USDT", "arb-1")

        assert (state.status, state.venue_id) == (OrderStatus.EXPIRED, "29")
        assert state.sources == ("history",)

    async def test_an_execution_that_nobody_explains_forbids_the_verdict(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, _error(-2013), 400)
        venue.answer("GET", HISTORY, json.dumps([_row(clientOrderId="other", orderId=30)]))
        venue.answer("GET", TRADES, json.dumps([_trade(order=31)]))

        state = await exchange.query_order("BTC/USDT", "arb-1")

        assert state.sources == ("order", "history")

    async def test_older_executions_and_those_of_our_other_orders_are_explained(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("POST", ORDER, json.dumps(_row(orderId=40, clientOrderId="ours")))
        venue.answer("GET", ORDER, _error(-2013), 400)
        venue.answer("GET", HISTORY, json.dumps([_row(clientOrderId="other", orderId=30)]))
        venue.answer("GET", TRADES, json.dumps([_trade(order=12), _trade(order=40)]))

        await exchange.place_order(_order("ours"))
        state = await exchange.query_order("BTC/USDT", "arb-1")

        assert state.sources == ("order", "history", "fills")

    async def test_a_place_that_cannot_be_asked_concludes_nothing(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, _error(-2013), 400)
        venue.answer("GET", HISTORY, "<html>", 502)

        with pytest.raises(ExchangeUnavailable):
            await exchange.query_order("BTC/USDT", "arb-1")

    async def test_a_refused_query_is_raised(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, _error(-2015, "Invalid API-key"), 401)

        with pytest.raises(AuthRefused):
            await exchange.query_order("BTC/USDT", "arb-1")

    async def test_a_read_from_another_time_is_repeated_with_the_clock_measured_anew(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, _error(-1021), 400)
        venue.answer("GET", ORDER, json.dumps(_row()))
        venue.answer("GET", "/api/v3/time", json.dumps({"serverTime": NOW_MS + 4000}))

        state = await exchange.query_order("BTC/USDT", "arb-1")

        assert state.status is OrderStatus.EXPIRED
        stamps = [int(_params(request)["timestamp"]) for request in venue.requests(ORDER)]
        assert stamps == [NOW_MS, NOW_MS + 4000]

    async def test_executions_by_the_venues_id(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", TRADES, json.dumps([_trade(58), _trade(57)]))

        fills = await exchange.get_fills("BTC/USDT", "arb-1", "29")

        assert [fill.trade_id for fill in fills] == ["57", "58"]

    async def test_without_it_the_order_is_asked_for_it_first(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, json.dumps(_row()))
        venue.answer("GET", TRADES, json.dumps([_trade()]))

        assert len(await exchange.get_fills("BTC/USDT", "arb-1", "")) == 1

    async def test_executions_of_an_order_that_is_not_there(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", ORDER, _error(-2013), 400)
        venue.answer("GET", HISTORY, "[]")
        venue.answer("GET", TRADES, "[]")

        with pytest.raises(OrderNotFound):
            await exchange.get_fills("BTC/USDT", "arb-1", "")

    async def test_balances(self, venue: LoopbackVenue, exchange: BinanceExchange) -> None:
        account = {
            "balances": [{"asset": "BTC", "free": "1.5", "locked": "0.0"}],
            "commissionRates": {"maker": "0.001", "taker": "0.002", "buyer": "0", "seller": "0"},
        }
        venue.answer("GET", "/api/v3/account", json.dumps(account))

        assert await exchange.get_balance() == [Balance("BTC", Decimal("1.5"), Decimal("0.0"))]
        assert _params(venue.seen[0])["omitZeroBalances"] == "true"

    async def test_fees_of_few_symbols_are_their_own_those_of_many_the_accounts(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        rates = {"maker": "0.001", "taker": "0.002", "buyer": "0", "seller": "0"}
        many = {
            f"A{n}USDT": Instrument(
                "binance", f"A{n}USDT", f"A{n}", "USDT", BTC.tick_size, BTC.lot_step
            )
            for n in range(51)
        }
        exchange.set_universe({name: n for n, name in enumerate(many)}, list(many.values()))
        for name in many:
            own = rates | {"taker": "0.0005"}
            answer = {"symbol": name, "standardCommission": own}
            venue.answer("GET", "/api/v3/account/commission", json.dumps(answer))
        account = {"balances": [], "commissionRates": rates}
        venue.answer("GET", "/api/v3/account", json.dumps(account))

        fees = await exchange.get_trading_fees([found.symbol for found in many.values()])

        assert len(fees) == 51
        assert {fee.taker for fee in list(fees.values())[:50]} == {Decimal("0.0005")}
        assert fees["A50/USDT"].taker == Decimal("0.002")


class TestCancelling:
    async def test_acceptance_returns(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("DELETE", ORDER, json.dumps(_row(status="CANCELED")))

        await exchange.cancel_order("BTC/USDT", "arb-1")

        assert _params(venue.seen[0])["origClientOrderId"] == "arb-1"

    @pytest.mark.parametrize(
        ("status", "body", "error"),
        [
            (400, _error(-2011, "Unknown order sent."), OrderNotFound),
            (500, "", OutcomeUnknown),
            (400, _error(-1007), OutcomeUnknown),
            (400, _error(-1121, "Invalid symbol."), RequestRefused),
        ],
    )
    async def test_otherwise_it_says_what_is_known(
        self,
        venue: LoopbackVenue,
        exchange: BinanceExchange,
        status: int,
        body: str,
        error: type[Exception],
    ) -> None:
        venue.answer("DELETE", ORDER, body, status)

        with pytest.raises(error):
            await exchange.cancel_order("BTC/USDT", "arb-1")

    async def test_a_symbol_that_is_not_listed(self, exchange: BinanceExchange) -> None:
        with pytest.raises(RequestRefused):
            await exchange.cancel_order("XXX/USDT", "arb-1")


class TestPublicReads:
    async def test_the_fastest_of_three_time_samples(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", "/api/v3/time", json.dumps({"serverTime": NOW_MS - 250}))

        await exchange.sync_clock()

        assert (exchange.offset_ns, exchange.rtt_ns) == (-250 * MS, 0)
        assert len(venue.seen) == 3

    async def test_instruments_bring_the_venues_limits_along(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        symbol = {
            "symbol": "BTCUSDT",
            "status": "TRADING",
            "baseAsset": "BTC",
            "quoteAsset": "USDT",
        }
        info = {
            "symbols": [symbol, {"symbol": "broken"}],
            "rateLimits": [
                {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 1}
            ],
        }
        venue.answer("GET", "/api/v3/exchangeInfo", json.dumps(info))
        venue.answer("POST", ORDER, json.dumps(_row(executedQty="0", fills=[])))

        found = await exchange.load_instruments()
        await exchange.place_order(_order())
        (second,) = await exchange.place_order(_order("arb-2"))

        assert [instrument.symbol for instrument in found] == ["BTC/USDT"]
        assert isinstance(second, OrderReject)

    @pytest.mark.parametrize(("levels", "limit"), [(0, 1), (20, 20), (9999, 5000)])
    async def test_an_order_book(
        self, venue: LoopbackVenue, exchange: BinanceExchange, levels: int, limit: int
    ) -> None:
        book = {"lastUpdateId": 7, "bids": [["1.0", "2.0"]], "asks": [["1.1", "3.0"]]}
        venue.answer("GET", "/api/v3/depth", json.dumps(book))

        snapshot = await exchange.get_orderbook(0, levels)

        assert (snapshot.last_id, snapshot.bids) == (7, [(1.0, 2.0)])
        assert _params(venue.seen[0]) == {"symbol": "BTCUSDT", "limit": str(limit)}

    async def test_a_row_that_is_not_followed_has_no_book(self, exchange: BinanceExchange) -> None:
        with pytest.raises(RequestRefused):
            await exchange.get_orderbook(5, 20)

    async def test_refusals_and_broken_answers(
        self, venue: LoopbackVenue, exchange: BinanceExchange
    ) -> None:
        venue.answer("GET", "/api/v3/depth", _error(-1121, "Invalid symbol."), 400)
        venue.answer("GET", "/api/v3/depth", "{}")

        with pytest.raises(RequestRefused, match="-1121"):
            await exchange.get_orderbook(0, 5)
        with pytest.raises(MalformedMessage):
            await exchange.get_orderbook(0, 5)
