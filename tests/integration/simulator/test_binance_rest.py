"""Binance's REST protocol over sockets, spoken by a raw client."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import pytest

from arbot_tui.simulator.core.truth import truth
from arbot_tui.simulator.server import SyntheticVenues

if TYPE_CHECKING:
    from tests.integration.simulator.conftest import BinanceClient

_T = TypeVar("_T")
ORDER = "/api/v3/order"
BUY = "symbol=BTCUSDT&side=BUY&type=LIMIT"


def the(kind: type[_T], value: object) -> _T:
    """Return `value`, which has to be of a kind."""
    assert isinstance(value, kind), value
    return value


def error(answer: tuple[int, object]) -> tuple[int, int]:
    """Return HTTP status and Binance's code of a refused request."""
    body = the(dict, answer[1])
    assert set(body) == {"code", "msg"}
    return answer[0], body["code"]


async def best_ask(client: BinanceClient) -> Decimal:
    _, body = await client.get("/api/v3/ticker/bookTicker?symbol=BTCUSDT")
    return Decimal(the(dict, body)["askPrice"])


async def place(client: BinanceClient, rest: str) -> tuple[int, object]:
    return await client.signed("POST", ORDER, f"{BUY}&{rest}")


async def test_ping_time_and_weight(binance: BinanceClient, venues: SyntheticVenues) -> None:
    assert await binance.get("/api/v3/ping") == (200, {})
    _, body = await binance.get("/api/v3/time")
    assert abs(the(dict, body)["serverTime"] - venues.world.now_ns // 1_000_000) < 1000
    assert binance.headers["X-MBX-USED-WEIGHT-1M"] == "2"


async def test_exchange_info_lists_what_trades(binance: BinanceClient) -> None:
    _, body = await binance.get("/api/v3/exchangeInfo")
    symbols = the(dict, body)["symbols"]
    assert [row["symbol"] for row in symbols[:2]] == ["BTCUSDT", "ETHUSDT"]
    assert len(symbols) == 4
    filters = {row["filterType"]: row for row in symbols[0]["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.00001000"
    assert filters["NOTIONAL"]["minNotional"] == "5.00000000"
    assert symbols[0]["status"] == "TRADING"
    assert symbols[0]["permissionSets"] == [["SPOT"]]


async def test_exchange_info_takes_one_or_several_symbols(binance: BinanceClient) -> None:
    path = "/api/v3/exchangeInfo"
    for query, names in (
        ("symbol=ETHUSDT", ["ETHUSDT"]),
        ("symbols=%5B%22ETHUSDT%22,%22BTCUSDT%22%5D", ["ETHUSDT", "BTCUSDT"]),
    ):
        _, body = await binance.get(f"{path}?{query}")
        assert [row["symbol"] for row in the(dict, body)["symbols"]] == names
    assert error(await binance.get(f"{path}?symbol=NOPE")) == (400, -1121)
    assert error(await binance.get(f"{path}?symbols=x")) == (400, -1100)
    both = f"{path}?symbol=ETHUSDT&symbols=%5B%22BTCUSDT%22%5D"
    assert error(await binance.get(both)) == (400, -1128)


async def test_depth_is_ordered_and_as_deep_as_asked(binance: BinanceClient) -> None:
    _, body = await binance.get("/api/v3/depth?symbol=BTCUSDT&limit=5")
    book = the(dict, body)
    bids, asks = ([Decimal(price) for price, _ in book[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 5
    assert sorted(bids, reverse=True) + sorted(asks) == bids + asks
    assert bids[0] < asks[0]
    _, body = await binance.get("/api/v3/depth?symbol=BTCUSDT")
    deeper = the(dict, body)
    assert len(deeper["bids"]) == len(deeper["asks"]) == 20
    assert deeper["lastUpdateId"] >= book["lastUpdateId"]
    assert error(await binance.get("/api/v3/depth")) == (400, -1102)


async def test_tickers_for_one_some_and_all(binance: BinanceClient) -> None:
    for path in ("ticker/bookTicker", "ticker/price", "ticker/24hr", "ticker/24hr?type=MINI"):
        mark = "&" if "?" in path else "?"
        _, one = await binance.get(f"/api/v3/{path}{mark}symbol=BTCUSDT")
        assert the(dict, one)["symbol"] == "BTCUSDT"
        _, some = await binance.get(f"/api/v3/{path}{mark}symbols=%5B%22BTCUSDT%22%5D")
        assert [row["symbol"] for row in the(list, some)] == ["BTCUSDT"]
        _, every = await binance.get(f"/api/v3/{path}")
        assert len(the(list, every)) == 4
    _, body = await binance.get("/api/v3/ticker/24hr?symbol=BTCUSDT")
    row = the(dict, body)
    assert Decimal(row["lowPrice"]) <= Decimal(row["lastPrice"]) <= Decimal(row["highPrice"])
    assert {"bidPrice", "bidQty", "quoteVolume", "priceChangePercent", "count"} <= set(row)


async def test_a_marketable_ioc_fills_and_is_found_again(
    binance: BinanceClient, venues: SyntheticVenues
) -> None:
    price = await best_ask(binance) + 50
    status, body = await place(
        binance, f"timeInForce=IOC&quantity=0.01&price={price}&newClientOrderId=arb-1"
    )
    order = the(dict, body)
    assert (status, order["status"], order["executedQty"]) == (200, "FILLED", "0.01000000")
    value = sum(Decimal(fill["price"]) * Decimal(fill["qty"]) for fill in order["fills"])
    assert Decimal(order["cummulativeQuoteQty"]) == value
    assert {fill["commissionAsset"] for fill in order["fills"]} == {"BTC"}
    assert sum(Decimal(fill["commission"]) for fill in order["fills"]) == Decimal("0.00001")
    for query in ("origClientOrderId=arb-1", f"orderId={order['orderId']}"):
        _, found = await binance.signed("GET", ORDER, f"symbol=BTCUSDT&{query}")
        assert the(dict, found)["executedQty"] == "0.01000000"
    _, trades = await binance.signed(
        "GET", "/api/v3/myTrades", f"symbol=BTCUSDT&orderId={order['orderId']}"
    )
    assert [row["id"] for row in the(list, trades)] == [f["tradeId"] for f in order["fills"]]
    _, body = await binance.signed("GET", "/api/v3/account", "omitZeroBalances=true")
    shown = {row["asset"]: Decimal(row["free"]) for row in the(dict, body)["balances"]}
    row = truth(venues.world)["venues"]["binance"]
    assert {a: Decimal(h["free"]) for a, h in row["balances"].items()} == shown
    assert shown["BTC"] == Decimal(row["opening"]["BTC"]) + Decimal("0.00999")
    assert shown["USDT"] == Decimal(row["opening"]["USDT"]) - value


async def test_orders_may_travel_in_the_body_or_in_both(binance: BinanceClient) -> None:
    price = await best_ask(binance) + 50
    rest = f"timeInForce=IOC&quantity=0.01&price={price}"
    body = binance.stamped(f"{BUY}&{rest}")
    status, _ = await binance.send("POST", ORDER, body, key=binance.key)
    assert status == 200
    signature = binance.stamped(f"{BUY}{rest}").rpartition("signature=")[2]
    stamp = binance.stamped("").partition("&")[0]
    joined = binance.sign(f"{BUY}{rest}&{stamp}").rpartition("&")[2]
    status, _ = await binance.send(
        "POST", f"{ORDER}?{BUY}", f"{rest}&{stamp}&{joined}", key=binance.key
    )
    assert status == 200
    assert len(signature) == 64


async def test_an_unmarketable_ioc_expires_and_counts(binance: BinanceClient) -> None:
    status, body = await place(binance, "timeInForce=IOC&quantity=0.01&price=40000.00")
    order = the(dict, body)
    assert (status, order["status"], order["fills"]) == (200, "EXPIRED", [])
    assert order["expiryReason"] == "UNFILLED_IOC_QUANTITY_EXPIRED"
    assert len(order["clientOrderId"]) == 22
    assert binance.headers["X-MBX-ORDER-COUNT-10S"] == "1"


async def test_answers_are_as_long_as_asked_for(binance: BinanceClient) -> None:
    rest = "timeInForce=FOK&quantity=0.01&price=40000&newOrderRespType="
    _, ack = await place(binance, f"{rest}ACK")
    assert set(the(dict, ack)) == {
        "symbol",
        "orderId",
        "orderListId",
        "clientOrderId",
        "transactTime",
    }
    _, result = await place(binance, f"{rest}RESULT")
    assert "fills" not in the(dict, result)
    assert the(dict, result)["expiryReason"] == "UNFILLED_FOK_ORDER_EXPIRED"
    assert error(await place(binance, f"{rest}LONG")) == (400, -1119)


async def test_a_resting_order_is_open_until_cancelled(binance: BinanceClient) -> None:
    rest = "timeInForce=GTC&quantity=0.01&price=40000&newClientOrderId=rest-1"
    _, body = await place(binance, rest)
    assert the(dict, body)["status"] == "NEW"
    for symbol in ("?", "?symbol=BTCUSDT&"):
        query = binance.stamped(symbol.strip("?&"))
        _, rows = await binance.send("GET", f"/api/v3/openOrders?{query}", key=binance.key)
        assert [row["clientOrderId"] for row in the(list, rows)] == ["rest-1"]
    assert error(await place(binance, rest)) == (400, -2010)
    named = "symbol=BTCUSDT&origClientOrderId=rest-1"
    status, body = await binance.signed("DELETE", ORDER, f"{named}&newClientOrderId=end-1")
    gone = the(dict, body)
    assert (status, gone["status"]) == (200, "CANCELED")
    assert (gone["origClientOrderId"], gone["clientOrderId"]) == ("rest-1", "end-1")
    assert error(await binance.signed("DELETE", ORDER, named)) == (400, -2011)
    _, body = await binance.signed("GET", ORDER, f"symbol=BTCUSDT&orderId={gone['orderId']}")
    assert the(dict, body)["clientOrderId"] == "end-1"
    # The id is free again: it is unique among open orders only.
    status, _ = await place(binance, rest)
    assert status == 200


async def test_all_open_orders_of_a_symbol_can_be_cancelled(binance: BinanceClient) -> None:
    for number in range(3):
        await place(
            binance, f"timeInForce=GTC&quantity=0.01&price=40000&newClientOrderId=r{number}"
        )
    _, rows = await binance.signed("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
    assert [row["origClientOrderId"] for row in the(list, rows)] == ["r0", "r1", "r2"]
    again = await binance.signed("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")
    assert error(again) == (400, -2011)
    _, rows = await binance.signed("GET", "/api/v3/allOrders", "symbol=BTCUSDT&limit=2")
    assert [row["status"] for row in the(list, rows)] == ["CANCELED", "CANCELED"]


async def test_fees_and_permissions(binance: BinanceClient) -> None:
    _, body = await binance.signed("GET", "/api/v3/account/commission", "symbol=BTCUSDT")
    assert the(dict, body)["standardCommission"]["taker"] == "0.00100000"
    _, body = await binance.signed("GET", "/api/v3/account")
    assert the(dict, body)["commissionRates"]["taker"] == "0.00100000"
    _, body = await binance.signed("GET", "/sapi/v1/account/apiRestrictions")
    assert the(dict, body)["enableWithdrawals"] is False


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("timeInForce=IOC&quantity=0.01", -1102),
        ("timeInForce=IOC&price=60000", -1102),
        ("quantity=0.01&price=60000", -1102),
        ("timeInForce=XYZ&quantity=0.01&price=60000", -1115),
        ("timeInForce=IOC&quantity=1e-2&price=60000", -1100),
        ("timeInForce=IOC&quantity=0.123456789&price=60000", -1111),
        ("timeInForce=IOC&quantity=0.000001&price=60000", -1013),
        ("timeInForce=IOC&quantity=0.00001&price=60000", -1013),
        ("timeInForce=IOC&quantity=0.01&price=60000.001", -1013),
        ("timeInForce=IOC&quantity=0.01&price=900000", -1013),
        ("timeInForce=IOC&quantity=140&price=60000", -2010),
        ("timeInForce=IOC&quantity=0.01&price=60000&extra=1", -1104),
        ("timeInForce=IOC&quantity=0.01&price=60000&price=60000", -1101),
        ("timeInForce=IOC&quantity=0.01&price=60000&newClientOrderId=a.b", -1100),
        ("timeInForce=IOC&quantity=0.01&price=60000&recvWindow=60001", -1131),
    ],
)
async def test_bad_orders_are_refused_as_documented(
    binance: BinanceClient, venues: SyntheticVenues, rest: str, code: int
) -> None:
    assert error(await place(binance, rest)) == (400, code)
    assert truth(venues.world)["venues"]["binance"]["orders"] == []


async def test_words_are_checked(binance: BinanceClient) -> None:
    rest = "timeInForce=IOC&quantity=0.01&price=60000"
    for head, code in (
        ("symbol=NOPE&side=BUY&type=LIMIT", -1121),
        ("symbol=BTCUSDT&side=HOLD&type=LIMIT", -1117),
        ("symbol=BTCUSDT&side=BUY&type=MARKET", -1116),
    ):
        assert error(await binance.signed("POST", ORDER, f"{head}&{rest}")) == (400, code)
    assert await binance.signed("POST", f"{ORDER}/test", f"{BUY}&{rest}") == (200, {})


async def test_filter_failures_name_the_filter(binance: BinanceClient) -> None:
    for rest, name in (
        ("timeInForce=IOC&quantity=0.01&price=60000.001", "PRICE_FILTER"),
        ("timeInForce=IOC&quantity=0.000001&price=60000", "LOT_SIZE"),
        ("timeInForce=IOC&quantity=0.00001&price=60000", "NOTIONAL"),
        ("timeInForce=IOC&quantity=0.01&price=900000", "PERCENT_PRICE_BY_SIDE"),
    ):
        _, body = await place(binance, rest)
        assert body == {"code": -1013, "msg": f"Filter failure: {name}"}


async def test_a_wrong_signature_is_refused(
    binance: BinanceClient, venues: SyntheticVenues
) -> None:
    good = binance.stamped(f"{BUY}&timeInForce=IOC&quantity=0.01&price=70000")
    last = "0" if good[-1] != "0" else "1"
    for sent in (good[:-1] + last, good.replace("70000", "70001")):
        answer = await binance.send("POST", f"{ORDER}?{sent}", key=binance.key)
        assert error(answer) == (400, -1022)
    assert truth(venues.world)["venues"]["binance"]["orders"] == []


async def test_percent_encoding_is_signed_as_sent(binance: BinanceClient) -> None:
    encoded = binance.stamped("symbol=%42TCUSDT&orderId=1")
    answer = await binance.send("GET", f"{ORDER}?{encoded}", key=binance.key)
    assert error(answer) == (400, -2013)


async def test_a_stale_or_early_timestamp_is_refused(binance: BinanceClient) -> None:
    rest = f"{BUY}&timeInForce=IOC&quantity=0.01&price=70000"
    for shift_ms in (-6000, 5000):
        assert error(await binance.signed("POST", ORDER, rest, shift_ms)) == (400, -1021)
    tight = f"{rest}&recvWindow=100"
    assert error(await binance.signed("POST", ORDER, tight, -500)) == (400, -1021)


async def test_keys_are_needed(binance: BinanceClient) -> None:
    query = binance.stamped("")
    path = f"/api/v3/account?{query}"
    assert error(await binance.send("GET", path)) == (401, -2014)
    assert error(await binance.send("GET", path, key="wrong")) == (401, -2015)
    answer = await binance.send("GET", "/api/v3/account?timestamp=1", key=binance.key)
    assert error(answer) == (400, -1021)
    unsigned = query.partition("&")[0]
    answer = await binance.send("GET", f"/api/v3/account?{unsigned}", key=binance.key)
    assert error(answer) == (400, -1102)


async def test_unknown_orders_do_not_exist(binance: BinanceClient) -> None:
    named = "symbol=BTCUSDT&origClientOrderId=never"
    assert error(await binance.signed("GET", ORDER, named)) == (400, -2013)
    assert error(await binance.signed("DELETE", ORDER, named)) == (400, -2011)
    assert error(await binance.signed("GET", ORDER, "symbol=BTCUSDT")) == (400, -1102)
    await place(binance, "timeInForce=IOC&quantity=0.01&price=40000&newClientOrderId=mine")
    other = "symbol=ETHUSDT&origClientOrderId=mine"
    assert error(await binance.signed("GET", ORDER, other)) == (400, -2013)


async def test_both_ids_have_to_belong_together(binance: BinanceClient) -> None:
    rest = "timeInForce=IOC&quantity=0.01&price=40000&newClientOrderId="
    _, first = await place(binance, f"{rest}one")
    await place(binance, f"{rest}two")
    number = the(dict, first)["orderId"]
    both = f"symbol=BTCUSDT&orderId={number}&origClientOrderId="
    status, _ = await binance.signed("GET", ORDER, f"{both}one")
    assert status == 200
    assert error(await binance.signed("GET", ORDER, f"{both}two")) == (400, -2039)


async def test_trades_and_orders_can_be_paged(binance: BinanceClient) -> None:
    price = await best_ask(binance) + 50
    for number in range(3):
        rest = f"timeInForce=IOC&quantity=0.001&price={price}&newClientOrderId=p{number}"
        await place(binance, rest)
    for path, key in (("/api/v3/myTrades", "id"), ("/api/v3/allOrders", "orderId")):
        _, body = await binance.signed("GET", path, "symbol=BTCUSDT")
        rows = the(list, body)
        start = "fromId" if key == "id" else "orderId"
        _, body = await binance.signed("GET", path, "symbol=BTCUSDT&limit=1")
        assert the(list, body) == rows[-1:]
        if key == "orderId":
            paged = f"symbol=BTCUSDT&limit=1&{start}={rows[1][key]}"
            _, body = await binance.signed("GET", path, paged)
            assert the(list, body) == rows[1:2]
        _, body = await binance.signed("GET", path, "symbol=BTCUSDT&startTime=1&endTime=9")
        assert body == []
        wide = "symbol=BTCUSDT&startTime=1&endTime=86400002"
        assert error(await binance.signed("GET", path, wide)) == (400, -1127)
    paged = f"symbol=BTCUSDT&limit=1&fromId={rows[0]['orderId']}"
    _, body = await binance.signed("GET", "/api/v3/myTrades", paged)
    assert body == []


async def test_weight_runs_out(binance: BinanceClient) -> None:
    status = 200
    for _ in range(60):
        status, body = await binance.signed("GET", "/api/v3/ticker/24hr")
        status, body = await binance.signed("GET", "/api/v3/openOrders")
        if status == 429:
            break
        status, body = await binance.signed("GET", "/api/v3/openOrders")
    assert status == 429
    assert the(dict, body)["code"] == -1003
    assert 1 <= int(binance.headers["Retry-After"]) <= 60
