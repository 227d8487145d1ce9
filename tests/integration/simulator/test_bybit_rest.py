"""The synthetic Bybit's REST, spoken to by a raw client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.simulator.core.truth import truth
from tests.integration.simulator.bybit_client import Client
from tests.integration.simulator.venue_client import START_NS, Body, running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with running(Client) as one:
        yield one


async def test_instruments_have_the_documented_shape(client: Client) -> None:
    answer = await client.public("/v5/market/instruments-info", category="spot", symbol="BTCUSDT")

    assert answer["retCode"] == 0
    (row,) = answer["result"]["list"]
    assert (row["baseCoin"], row["quoteCoin"], row["status"]) == ("BTC", "USDT", "Trading")
    assert row["priceFilter"]["tickSize"] == "0.01"
    assert row["lotSizeFilter"]["minOrderAmt"] == "5"
    assert {"basePrecision", "quotePrecision", "maxLimitOrderQty"} <= row["lotSizeFilter"].keys()


async def test_public_answers_carry_the_envelope_and_the_venues_time(client: Client) -> None:
    time = await client.public("/v5/market/time")
    tickers = await client.public("/v5/market/tickers", category="spot")
    unknown = await client.public("/v5/market/tickers", category="spot", symbol="NOUSDT")
    linear = await client.public("/v5/market/tickers", category="linear")

    assert time["time"] == client.now_ms
    assert time["result"]["timeNano"] == str(START_NS)
    assert len(tickers["result"]["list"]) == 5
    assert Decimal(tickers["result"]["list"][0]["bid1Price"]) > 0
    assert unknown["retCode"] == linear["retCode"] == 10001


async def test_the_order_book_is_one_level_deep_unless_asked(client: Client) -> None:
    one = await client.public("/v5/market/orderbook", category="spot", symbol="ETHUSDT")
    ten = await client.public("/v5/market/orderbook", category="spot", symbol="ETHUSDT", limit="10")

    assert len(one["result"]["b"]) == 1
    assert len(ten["result"]["a"]) == 10
    assert one["result"]["u"] == ten["result"]["u"]


async def test_a_marketable_ioc_is_accepted_filled_and_paid(client: Client) -> None:
    _, ask, _ = await client.best()

    placed = await client.order("Buy", str(ask), "0.001")
    query = "category=spot&symbol=BTCUSDT&orderLinkId=arb-1"
    (order,) = (await client.get("/v5/order/realtime", query))["result"]["list"]
    (fill,) = (await client.get("/v5/execution/list", query))["result"]["list"]
    wallet = await client.get("/v5/account/wallet-balance", "accountType=UNIFIED&coin=BTC,USDT")
    history = await client.get("/v5/order/history", f"category=spot&orderId={order['orderId']}")

    assert placed["result"] == {"orderId": order["orderId"], "orderLinkId": "arb-1"}
    assert order["orderStatus"] == "Filled"
    assert Decimal(order["cumExecQty"]) == Decimal("0.001")
    assert Decimal(order["leavesQty"]) == 0
    assert order["cumFeeDetail"] == {"BTC": "0.000001"}
    assert (fill["execFee"], fill["feeCurrency"], fill["isMaker"]) == ("0.000001", "BTC", False)
    assert Decimal(fill["execPrice"]) == ask
    assert history["result"]["list"] == [order]
    opening = client.venues.world.matchers["bybit"].account.opening
    coins = {c["coin"]: Decimal(c["walletBalance"]) for c in wallet["result"]["list"][0]["coin"]}
    assert coins == {
        "BTC": opening["BTC"] + Decimal("0.001") - Decimal("0.000001"),
        "USDT": opening["USDT"] - ask * Decimal("0.001"),
    }


async def test_an_ioc_ends_partly_filled_with_nothing_left(client: Client) -> None:
    _, ask, size = await client.best()

    await client.order("Buy", str(ask), str(size * 2))
    query = "category=spot&orderLinkId=arb-1"
    (order,) = (await client.get("/v5/order/realtime", query))["result"]["list"]

    assert order["orderStatus"] == "PartiallyFilledCanceled"
    assert (order["cancelType"], order["rejectReason"]) == ("UNKNOWN", "EC_CancelForNoFullFill")
    assert Decimal(order["cumExecQty"]) == size
    assert Decimal(order["leavesQty"]) == 0


async def test_an_ioc_away_from_the_market_is_cancelled_unfilled(client: Client) -> None:
    bid, _, _ = await client.best()

    await client.order("Buy", str(bid - 10), "0.01")
    (order,) = (await client.get("/v5/order/realtime", "category=spot&orderLinkId=arb-1"))[
        "result"
    ]["list"]

    assert order["orderStatus"] == "Cancelled"
    assert order["rejectReason"] == "EC_NoImmediateQtyToFill"
    assert order["avgPrice"] == ""


async def test_a_resting_order_locks_money_until_it_is_cancelled(client: Client) -> None:
    bid, _, _ = await client.best()
    price = bid - 100

    placed = await client.order("Buy", str(price), "0.01", timeInForce="GTC")
    (resting,) = (await client.get("/v5/order/realtime", "category=spot&symbol=BTCUSDT"))["result"][
        "list"
    ]
    locked = await client.get("/v5/account/wallet-balance", "accountType=UNIFIED&coin=USDT")
    cancelled = await client.post(
        "/v5/order/cancel",
        {"category": "spot", "symbol": "BTCUSDT", "orderId": placed["result"]["orderId"]},
    )
    (ended,) = (await client.get("/v5/order/realtime", "category=spot&orderLinkId=arb-1"))[
        "result"
    ]["list"]
    twice = await client.post(
        "/v5/order/cancel", {"category": "spot", "symbol": "BTCUSDT", "orderLinkId": "arb-1"}
    )
    nobody = await client.post(
        "/v5/order/cancel", {"category": "spot", "symbol": "BTCUSDT", "orderLinkId": "arb-9"}
    )

    assert resting["orderStatus"] == "New"
    assert Decimal(resting["leavesQty"]) == Decimal("0.01")
    assert Decimal(locked["result"]["list"][0]["coin"][0]["locked"]) == price * Decimal("0.01")
    assert cancelled["result"] == placed["result"]
    assert (ended["orderStatus"], ended["cancelType"]) == ("Cancelled", "CancelByUser")
    assert twice["retCode"] == 170142
    assert nobody["retCode"] == 170213


async def test_cancel_all_ends_what_rests_on_a_symbol(client: Client) -> None:
    bid, _, _ = await client.best()
    await client.order("Buy", str(bid - 100), "0.01", timeInForce="GTC")
    await client.order("Buy", str(bid - 200), "0.01", timeInForce="GTC")

    answer = await client.post("/v5/order/cancel-all", {"category": "spot", "symbol": "BTCUSDT"})

    assert [row["orderLinkId"] for row in answer["result"]["list"]] == ["arb-1", "arb-2"]
    assert client.venues.world.matchers["bybit"].open_orders == ()


async def test_a_link_id_counts_once_for_ever(client: Client) -> None:
    _, ask, _ = await client.best()
    await client.order("Buy", str(ask), "0.001", orderLinkId="only-once")

    again = await client.order("Buy", str(ask), "0.001", orderLinkId="only-once")

    assert again["retCode"] == 170141
    assert len(client.venues.world.matchers["bybit"].orders) == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"price": "64000.123"}, 170134),
        ({"qty": "0.01000001"}, 170137),
        ({"qty": "0"}, 170136),
        ({"qty": "999999"}, 170124),
        ({"price": "100", "qty": "0.01"}, 170140),
        ({"price": "999999"}, 170132),
        ({"price": "1", "side": "Sell", "qty": "10"}, 170133),
        ({"symbol": "NOUSDT"}, 170121),
        ({"side": "buy"}, 170117),
        ({"orderType": "Market"}, 170116),
        ({"timeInForce": "PostOnly"}, 170115),
        ({"qty": "1e-3"}, 170130),
        ({"price": "-64000"}, 170130),
        ({"price": 64000}, 170130),
        ({"orderLinkId": "no spaces"}, 10001),
        ({"category": "linear"}, 10001),
        ({"isLeverage": 1}, 10001),
        ({"orderFilter": "StopOrder"}, 10001),
    ],
)
async def test_an_order_that_breaks_a_rule_is_refused_by_its_code(
    client: Client, changed: Body, code: int
) -> None:
    before = truth(client.venues.world)["venues"]["bybit"]

    answer = await client.order("Buy", "64000", "0.01", **changed)

    assert answer["retCode"] == code
    assert answer["result"] == {}
    assert truth(client.venues.world)["venues"]["bybit"] == before


async def test_an_order_beyond_the_balance_is_refused(client: Client) -> None:
    opening = client.venues.world.matchers["bybit"].account.opening["BTC"]
    bid, _, _ = await client.best()

    answer = await client.order("Sell", str(bid + 50), str(opening + 1))

    assert answer["retCode"] == 170131


async def test_a_request_has_to_be_signed_in_time_and_by_the_key(client: Client) -> None:
    path, query = "/v5/order/realtime", "category=spot"
    now = client.now_ms

    assert (await client.get(path, query, spoil=True))["retCode"] == 10004
    assert (await client.get(path, query, key="somebodyelseskey00"))["retCode"] == 10003
    assert (await client.get(path, query, timestamp=now - 5000))["retCode"] == 0
    stale = await client.get(path, query, timestamp=now - 5001)
    assert stale["retCode"] == 10002
    assert f"req_timestamp[{now - 5001}],server_timestamp[{now}]" in stale["retMsg"]
    assert (await client.get(path, query, timestamp=now + 999))["retCode"] == 0
    assert (await client.get(path, query, timestamp=now + 1000))["retCode"] == 10002
    assert (await client.get(path, query, window="soon"))["retCode"] == 10001


async def test_an_order_sent_too_late_for_its_window_is_not_executed(client: Client) -> None:
    _, ask, _ = await client.best()
    body = {
        "category": "spot",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.001",
        "price": str(ask),
        "timeInForce": "IOC",
        "orderLinkId": "late",
    }
    stamp = client.now_ms
    client.clock.advance(SECOND)

    answer = await client.post("/v5/order/create", body, timestamp=stamp, window="999")

    assert answer["retCode"] == 10002
    assert client.venues.world.matchers["bybit"].orders == ()


async def test_the_signature_covers_the_bytes_of_the_body(client: Client) -> None:
    body = '{"category": "spot",  "symbol": "BTCUSDT"}'

    status, text = await client.send("POST", "/v5/order/cancel-all", body)

    assert (status, json.loads(text)["retCode"]) == (200, 0)


async def test_the_gateway_answers_with_bare_statuses(client: Client) -> None:
    rest = client.place["rest"]

    async with client.session.get(f"{rest}/v5/order/realtime?category=spot") as unsigned:
        assert unsigned.status == 401
    async with client.session.get(f"{rest}/v5/order/realtime", data="{}") as with_body:
        assert with_body.status == 403
    async with client.session.get(f"{rest}/v5/nowhere") as wrong_path:
        assert wrong_path.status == 404


async def test_rate_limits_are_told_in_headers_and_refuse_the_next(client: Client) -> None:
    for left in range(4, -1, -1):
        await client.get("/v5/account/fee-rate", "category=spot")
        assert client.headers["X-Bapi-Limit-Status"] == str(left)

    refused = await client.get("/v5/account/fee-rate", "category=spot")
    reset = int(client.headers["X-Bapi-Limit-Reset-Timestamp"])
    client.clock.move_to(reset * 1_000_000)
    accepted = await client.get("/v5/account/fee-rate", "category=spot&symbol=ETHUSDT")

    assert refused["retCode"] == 10006
    assert client.headers["X-Bapi-Limit"] == "5"
    assert accepted["result"]["list"] == [
        {"symbol": "ETHUSDT", "takerFeeRate": "0.001", "makerFeeRate": "0.001"}
    ]


async def test_too_many_requests_lock_the_address_out(client: Client) -> None:
    url = f"{client.place['rest']}/v5/market/time"
    for _ in range(600):
        async with client.session.get(url) as response:
            assert response.status == 200

    client.clock.advance(SECOND)
    async with client.session.get(url) as response:
        assert response.status == 403
    client.clock.advance(599 * SECOND)
    async with client.session.get(url) as response:
        assert response.status == 403
    client.clock.advance(SECOND)
    async with client.session.get(url) as response:
        assert response.status == 200


async def test_lists_are_paged_by_an_encoded_cursor(client: Client) -> None:
    bid, _, _ = await client.best()
    for _ in range(3):
        await client.order("Buy", str(bid - 100), "0.01", timeInForce="GTC")
    path, query = "/v5/order/realtime", "category=spot&limit=2"

    first = (await client.get(path, query))["result"]
    second = (await client.get(path, f"{query}&cursor={first['nextPageCursor']}"))["result"]
    twice = first["nextPageCursor"].replace("%", "%25")
    spoiled = await client.get(path, f"{query}&cursor={twice}")

    assert [o["orderLinkId"] for o in first["list"]] == ["arb-3", "arb-2"]
    assert [o["orderLinkId"] for o in second["list"]] == ["arb-1"]
    assert second["nextPageCursor"] == ""
    assert spoiled["retCode"] == 10001


async def test_history_is_asked_for_a_week_at_a_time(client: Client) -> None:
    _, ask, _ = await client.best()
    await client.order("Buy", str(ask), "0.001")
    day = 86_400_000
    now = client.now_ms

    inside = await client.get("/v5/order/history", f"category=spot&startTime={now - day}")
    before = await client.get("/v5/order/history", f"category=spot&endTime={now - 1}")
    closed = await client.get("/v5/order/realtime", "category=spot&openOnly=1")
    long = await client.get(
        "/v5/execution/list", f"category=spot&startTime={now - 8 * day}&endTime={now}"
    )

    assert len(inside["result"]["list"]) == 1
    assert before["result"]["list"] == []
    assert len(closed["result"]["list"]) == 1
    assert long["retCode"] == 10001


async def test_the_key_may_trade_spot_and_nothing_else(client: Client) -> None:
    answer = await client.get("/v5/user/query-api", "")

    assert answer["result"]["permissions"]["Spot"] == ["SpotTrade"]
    assert answer["result"]["permissions"]["Wallet"] == []
    assert answer["result"]["readOnly"] == 0
    assert answer["result"]["apiKey"] == client.place["api_key"]


async def test_an_order_without_a_link_id_gets_a_number(client: Client) -> None:
    _, ask, _ = await client.best()

    placed = await client.order("Buy", str(ask), "0.001", orderLinkId="")

    assert placed["result"]["orderLinkId"].isdigit()


async def test_the_account_is_what_it_opened_with_and_its_fills_less_fees(client: Client) -> None:
    bid, ask, _ = await client.best()
    await client.order("Buy", str(ask), "0.0123")
    await client.order("Sell", str(bid), "0.0077")
    await client.order("Buy", str(bid - 100), "0.01", timeInForce="GTC")

    fills = (await client.get("/v5/execution/list", "category=spot"))["result"]["list"]
    (wallet,) = (await client.get("/v5/account/wallet-balance", "accountType=UNIFIED"))["result"][
        "list"
    ]

    expected = dict(client.venues.world.matchers["bybit"].account.opening)
    for fill in fills:
        sign = 1 if fill["side"] == "Buy" else -1
        expected["BTC"] += sign * Decimal(fill["execQty"])
        expected["USDT"] -= sign * Decimal(fill["execPrice"]) * Decimal(fill["execQty"])
        expected[fill["feeCurrency"]] -= Decimal(fill["execFee"])
    assert len(fills) == 2
    assert {c["coin"]: Decimal(c["walletBalance"]) for c in wallet["coin"]} == expected


async def test_fill_or_kill_says_that_there_was_not_enough(client: Client) -> None:
    _, ask, size = await client.best()
    await client.order("Buy", str(ask), str(size * 2), timeInForce="FOK")

    answer = await client.get("/v5/order/realtime", "category=spot&orderLinkId=arb-1")

    (order,) = answer["result"]["list"]
    assert (order["orderStatus"], order["rejectReason"]) == (
        "Cancelled",
        "EC_NoEnoughQtyToFill",
    )


async def test_cancelling_has_to_name_an_order_of_that_symbol(client: Client) -> None:
    bid, ask, _ = await client.best()
    await client.order("Buy", str(bid - 100), "0.01", timeInForce="GTC")
    await client.order("Buy", str(ask), "0.001")
    path = "/v5/order/cancel"

    nothing = await client.post(path, {"category": "spot", "symbol": "BTCUSDT"})
    elsewhere = await client.post(
        path, {"category": "spot", "symbol": "ETHUSDT", "orderLinkId": "arb-1"}
    )
    filled = await client.post(
        path, {"category": "spot", "symbol": "BTCUSDT", "orderLinkId": "arb-2"}
    )

    assert nothing["retCode"] == 10001
    assert elsewhere["retCode"] == 170213
    assert filled["retCode"] == 170139


async def test_an_id_that_nobody_knows_finds_nothing(client: Client) -> None:
    for name in ("orderId=1", "orderId=x", "orderLinkId=nobody"):
        answer = await client.get("/v5/order/realtime", f"category=spot&{name}")
        assert answer["result"]["list"] == []
    wallet = await client.get("/v5/account/wallet-balance", "accountType=SPOT")
    assert wallet["retCode"] == 10001


async def test_a_resting_order_is_filled_as_maker_at_its_own_price(client: Client) -> None:
    bid, ask, _ = await client.best()
    price = (bid + ask) / 2 // Decimal("0.01") * Decimal("0.01") - 50
    await client.order("Buy", str(price), "0.01", timeInForce="GTC")
    move = {"action": "price", "symbol": "BTC/USDT", "venue": "bybit", "mid": str(price - 100)}

    async with client.session.post(
        client.venues.description["control"] + "/world", json=move
    ) as moved:
        assert moved.status == 200
    (fill,) = (await client.get("/v5/execution/list", "category=spot&orderLinkId=arb-1"))["result"][
        "list"
    ]

    assert (fill["isMaker"], Decimal(fill["execPrice"])) == (True, price)
