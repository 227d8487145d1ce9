"""The synthetic Bitget's REST, spoken to by a raw client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.simulator.core.truth import truth
from tests.integration.simulator.bitget_client import ACCOUNT, TRADE, Client
from tests.integration.simulator.venue_client import Body, running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with running(Client) as one:
        yield one


async def test_symbols_have_the_documented_shape(client: Client) -> None:
    status, every = await client.public("/api/v2/spot/public/symbols")
    _, one = await client.public("/api/v2/spot/public/symbols?symbol=BTCUSDT")

    assert (status, every["code"], every["requestTime"]) == (200, "00000", client.now_ms)
    assert len(every["data"]) == 5
    (row,) = one["data"]
    assert row == every["data"][0]
    assert (row["baseCoin"], row["quoteCoin"], row["status"]) == ("BTC", "USDT", "online")
    assert (row["pricePrecision"], row["minTradeUSDT"]) == ("2", "1")
    assert row["takerFeeRate"] == "0.001"


async def test_public_answers(client: Client) -> None:
    _, time = await client.public("/api/v2/public/time")
    _, one = await client.public("/api/v2/spot/market/tickers?symbol=ETHUSDT")
    _, every = await client.public("/api/v2/spot/market/tickers")
    _, book = await client.public("/api/v2/spot/market/orderbook?symbol=ETHUSDT&type=step0")

    assert time["data"] == {"serverTime": str(client.now_ms)}
    assert one["data"][0] in every["data"]
    assert Decimal(one["data"][0]["bidPr"]) < Decimal(one["data"][0]["askPr"])
    assert len(book["data"]["asks"]) == 20
    assert isinstance(book["data"]["asks"][0][0], str)
    assert "seq" not in book["data"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v2/spot/public/symbols?symbol=NOUSDT", "40034"),
        ("/api/v2/spot/market/orderbook", "40019"),
        ("/api/v2/spot/market/orderbook?symbol=BTCUSDT&type=step1", "40017"),
        ("/api/v2/spot/market/orderbook?symbol=BTCUSDT&limit=many", "40017"),
    ],
)
async def test_bad_public_requests(client: Client, path: str, code: str) -> None:
    status, answer = await client.public(path)

    assert (status, answer["code"], answer["data"]) == (400, code, None)


async def test_a_marketable_ioc_is_accepted_filled_and_paid(client: Client) -> None:
    _, ask, _ = await client.best()

    status, placed = await client.order("buy", str(ask), "0.001")
    order_id = placed["data"]["orderId"]
    order = await client.query("arb-1")
    (by_id,) = await client.get(f"{TRADE}/orderInfo?orderId={order_id}")
    (fill,) = await client.get(f"{TRADE}/fills?symbol=BTCUSDT&orderId={order_id}")
    (history,) = await client.get(f"{TRADE}/history-orders?orderId={order_id}")
    assets = await client.get(f"{ACCOUNT}/assets")

    assert (status, placed["code"]) == (200, "00000")
    assert placed["data"] == {"orderId": order_id, "clientOid": "arb-1"}
    assert order == by_id == history
    assert (order["status"], Decimal(order["baseVolume"])) == ("filled", Decimal("0.001"))
    assert Decimal(order["quoteVolume"]) == ask * Decimal("0.001")
    # JSON inside JSON, negative is paid.
    fees = json.loads(order["feeDetail"], parse_float=Decimal)
    assert fees["newFees"]["t"] == fees["BTC"]["totalFee"] == Decimal("-0.000001")
    assert fill["feeDetail"] == {
        "deduction": "no",
        "feeCoin": "BTC",
        "totalDeductionFee": "",
        "totalFee": "-0.000001",
    }
    assert (Decimal(fill["priceAvg"]), fill["tradeScope"]) == (ask, "taker")
    opening = client.matcher.account.opening
    held = {asset["coin"]: Decimal(asset["available"]) for asset in assets}
    assert held["btc"] == opening["BTC"] + Decimal("0.001") - Decimal("0.000001")
    assert held["usdt"] == opening["USDT"] - ask * Decimal("0.001")


async def test_an_ioc_ends_cancelled_with_what_it_filled(client: Client) -> None:
    bid, ask, size = await client.best()

    await client.order("buy", str(ask), str(size * 2))
    await client.order("buy", str(bid - 10), "0.01", force="fok")
    part, none = await client.query("arb-1"), await client.query("arb-2")

    assert (part["status"], part["cancelReason"]) == ("cancelled", "normal_cancel")
    assert Decimal(part["baseVolume"]) == size
    assert (none["status"], none["feeDetail"]) == ("cancelled", "")
    assert Decimal(none["baseVolume"]) == 0


async def test_a_resting_order_locks_money_until_it_is_cancelled(client: Client) -> None:
    bid, _, _ = await client.best()
    price = bid - 100

    _, placed = await client.order("buy", str(price), "0.01", force="gtc")
    order_id = placed["data"]["orderId"]
    (resting,) = await client.get(f"{TRADE}/unfilled-orders?symbol=BTCUSDT")
    live = await client.query("arb-1")
    (usdt,) = await client.get(f"{ACCOUNT}/assets?coin=usdt")
    cancel = f"{TRADE}/cancel-order"
    _, cancelled = await client.post(cancel, {"symbol": "BTCUSDT", "clientOid": "arb-1"})
    hasty, too_soon = await client.post(cancel, {"symbol": "BTCUSDT", "orderId": order_id})
    client.clock.advance(SECOND)
    status, again = await client.post(cancel, {"symbol": "BTCUSDT", "orderId": order_id})
    _, nobody = await client.post(cancel, {"symbol": "BTCUSDT", "clientOid": "arb-9"})
    _, elsewhere = await client.post(cancel, {"symbol": "ETHUSDT", "clientOid": "arb-1"})

    # As in the documentation's sample: lower case, and the limit as average price.
    assert (resting["symbol"], resting["status"]) == ("btcusdt", "new")
    assert (Decimal(resting["priceAvg"]), resting["basePrice"]) == (price, "0")
    assert live["status"] == "live"
    assert Decimal(usdt["frozen"]) == price * Decimal("0.01")
    assert cancelled["data"] == placed["data"]
    assert (hasty, too_soon["code"]) == (400, "45129")
    assert (status, again["code"]) == (400, "43004")
    assert nobody["code"] == elsewhere["code"] == "43001"
    assert (await client.query("arb-1"))["status"] == "cancelled"


async def test_a_client_id_is_unique_among_pending_orders_only(client: Client) -> None:
    bid, ask, _ = await client.best()

    await client.order("buy", str(bid - 100), "0.01", force="gtc", clientOid="same")
    status, taken = await client.order("buy", str(ask), "0.001", clientOid="same")
    await client.post(f"{TRADE}/cancel-order", {"symbol": "BTCUSDT", "clientOid": "same"})
    _, free = await client.order("buy", str(ask), "0.001", clientOid="same")

    assert (status, taken["code"], taken["data"]) == (400, "43118", None)
    assert free["code"] == "00000"


async def test_by_client_id_only_two_hours_are_searched(client: Client) -> None:
    _, ask, _ = await client.best()
    _, placed = await client.order("buy", str(ask), "0.001")
    by_name = f"{TRADE}/orderInfo?clientOid=arb-1"

    client.clock.advance(7200 * SECOND)
    in_time = await client.get(by_name)
    client.clock.advance(SECOND)
    late = await client.get(by_name)
    by_id = await client.get(f"{TRADE}/orderInfo?orderId={placed['data']['orderId']}")

    assert len(in_time) == len(by_id) == 1
    assert late == []


@pytest.mark.parametrize(
    ("changed", "code", "text"),
    [
        ({"price": "64000.123"}, "40808", "checkScale=2"),
        ({"size": "0.01000001"}, "40808", "checkScale=6"),
        ({"size": "0"}, "43006", ""),
        ({"size": "999999"}, "43007", ""),
        ({"price": "100", "size": "0.005"}, "45110", "1 USDT"),
        ({"price": "999999"}, "43008", ""),
        ({"price": "1", "size": "10", "side": "sell"}, "43009", ""),
        ({"symbol": "NOUSDT"}, "40034", "NOUSDT"),
        ({"side": "Buy"}, "40017", "side"),
        ({"orderType": "market"}, "40017", "orderType"),
        ({"force": "post_only"}, "40017", "force"),
        ({"force": ""}, "40019", "force"),
        ({"size": "1e-3"}, "40017", "size"),
        ({"price": "-64000"}, "40017", "price"),
        ({"price": 64000}, "40017", "price"),
        ({"clientOid": "no spaces"}, "40305", ""),
    ],
)
async def test_an_order_that_breaks_a_rule_is_refused_by_its_code(
    client: Client, changed: Body, code: str, text: str
) -> None:
    before = truth(client.venues.world)["venues"]["bitget"]

    status, answer = await client.order("buy", "64000", "0.01", **changed)

    assert (status, answer["code"], answer["data"]) == (400, code, None)
    assert text in answer["msg"]
    assert truth(client.venues.world)["venues"]["bitget"] == before


async def test_an_order_beyond_the_balance_is_refused(client: Client) -> None:
    bid, _, _ = await client.best()

    status, answer = await client.order(
        "sell", str(bid), str(client.matcher.account.opening["BTC"] + 1)
    )

    assert (status, answer["code"]) == (400, "43012")


async def test_an_order_that_arrives_after_its_window_is_refused(client: Client) -> None:
    _, ask, _ = await client.best()
    sent = client.now_ms - 1000

    _, late = await client.order("buy", str(ask), "0.001", requestTime=sent, receiveWindow=999)
    _, wide = await client.order("buy", str(ask), "0.001", requestTime=sent, receiveWindow=60_000)
    _, alone = await client.order("buy", str(ask), "0.001", receiveWindow="1000")
    assert client.matcher.orders == ()
    _, in_time = await client.order(
        "buy", str(ask), "0.001", requestTime=str(sent), receiveWindow="1000"
    )
    status, query = await client.send(
        "GET", f"{TRADE}/orderInfo?clientOid=arb-4&receiveWindow=999&requestTime={sent}"
    )

    assert late["code"] == "40078"
    assert wide["code"] == alone["code"] == "40079"
    assert in_time["code"] == "00000"
    assert (status, query["code"]) == (400, "40078")


async def test_an_order_without_a_client_id_gets_one(client: Client) -> None:
    _, ask, _ = await client.best()

    _, placed = await client.order("buy", str(ask), "0.001", clientOid=None)

    assert placed["data"]["clientOid"].isdigit()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"ACCESS-KEY": ""}, "40001"),
        ({"ACCESS-SIGN": ""}, "40002"),
        ({"ACCESS-TIMESTAMP": ""}, "40003"),
        ({"ACCESS-PASSPHRASE": ""}, "40011"),
        ({"ACCESS-KEY": "bg_0123456789abcdef0123456789abcdef"}, "40006"),
        ({"ACCESS-PASSPHRASE": "WrongPassphrase"}, "40012"),
        ({"ACCESS-TIMESTAMP": "now"}, "40005"),
    ],
)
async def test_bad_credentials_are_refused_by_their_code(
    client: Client, headers: dict[str, str], code: str
) -> None:
    status, answer = await client.send("GET", f"{ACCOUNT}/assets", instead=headers)

    assert (status, answer["code"], answer["data"]) == (400, code, None)


async def test_the_signature_is_checked_byte_by_byte_and_in_time(client: Client) -> None:
    path = f"{TRADE}/unfilled-orders?symbol=BTCUSDT"
    sign = client.headers("GET", path, "")["ACCESS-SIGN"]
    off = ("A" if sign[0] != "A" else "B") + sign[1:]

    assert (await client.send("GET", path, instead={"ACCESS-SIGN": off}))[1]["code"] == "40009"
    assert (await client.send("GET", path, late_ms=30_001))[1]["code"] == "40008"
    assert (await client.send("GET", path, late_ms=-30_001))[1]["code"] == "40008"
    assert (await client.send("GET", path, late_ms=30_000))[1]["code"] == "00000"
    bare = client.headers("GET", f"{TRADE}/unfilled-orders", "")["ACCESS-SIGN"]
    assert (await client.send("GET", path, instead={"ACCESS-SIGN": bare}))[1]["code"] == "40009"


async def test_a_query_is_signed_with_its_raw_values(client: Client) -> None:
    encoded = f"{TRADE}/orderInfo?clientOid=a%23b"
    raw = client.headers("GET", f"{TRADE}/orderInfo?clientOid=a#b", "")["ACCESS-SIGN"]

    assert (await client.send("GET", encoded))[1]["code"] == "40009"
    assert (await client.send("GET", encoded, instead={"ACCESS-SIGN": raw}))[1]["data"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", f"{TRADE}/orderInfo", "", "40019"),
        ("POST", f"{TRADE}/place-order", "not json", "40017"),
        ("POST", f"{TRADE}/place-order", "[]", "40017"),
        ("POST", f"{TRADE}/cancel-order", '{"symbol":"BTCUSDT"}', "40019"),
        ("GET", "/api/v2/common/trade-rate?symbol=BTCUSDT", "", "40019"),
        ("GET", "/api/v2/common/trade-rate?symbol=BTCUSDT&businessType=mix", "", "40017"),
        ("GET", f"{ACCOUNT}/assets?assetType=some", "", "40017"),
        ("GET", "/api/v3/account/settings", "", "25245"),
    ],
)
async def test_bad_private_requests(
    client: Client, method: str, path: str, body: str, code: str
) -> None:
    status, answer = await client.send(method, path, body)

    assert (status, answer["code"]) == (400, code)


async def test_unknown_orders_are_an_empty_list(client: Client) -> None:
    assert await client.get(f"{TRADE}/orderInfo?clientOid=nobody") == []
    assert await client.get(f"{TRADE}/orderInfo?orderId=x1") == []


async def test_fee_rates_are_positive_and_the_key_cannot_withdraw(client: Client) -> None:
    _, rate = await client.send("GET", "/api/v2/common/trade-rate?symbol=BTCUSDT&businessType=spot")
    _, info = await client.send("GET", f"{ACCOUNT}/info")
    _, assets = await client.send("GET", f"{ACCOUNT}/assets?assetType=all")

    assert rate["data"] == {"makerFeeRate": "0.001", "takerFeeRate": "0.001"}
    assert info["data"]["authorities"] == ["stow", "stor"]
    assert assets["message"] == "success"


async def test_lists_are_paged_by_id(client: Client) -> None:
    bid, ask, _ = await client.best()
    for _ in range(3):
        await client.order("buy", str(ask), "0.001")
    await client.order("buy", str(bid - 100), "0.01", force="gtc")

    newest = await client.get(f"{TRADE}/fills?limit=2")
    older = await client.get(f"{TRADE}/fills?idLessThan={newest[-1]['tradeId']}")
    orders = await client.get(f"{TRADE}/history-orders?limit=2")
    before = await client.get(f"{TRADE}/history-orders?endTime={client.now_ms - 1}")

    assert len(newest) == 2
    assert len(older) == 1
    assert [order["clientOid"] for order in orders] == ["arb-3", "arb-2"]
    assert before == []


async def test_too_many_requests_are_refused_with_429(client: Client) -> None:
    await client.send("GET", f"{ACCOUNT}/info")

    status, answer = await client.send("GET", f"{ACCOUNT}/info")
    for _ in range(20):
        await client.public("/api/v2/public/time")
    public, _ = await client.public("/api/v2/public/time")
    client.clock.advance(SECOND)
    later, _ = await client.send("GET", f"{ACCOUNT}/info")

    assert (status, answer["code"]) == (429, "429")
    assert (public, later) == (429, 200)


async def test_the_account_is_what_it_opened_with_and_its_fills_and_fees(client: Client) -> None:
    bid, ask, _ = await client.best()
    await client.order("buy", str(ask), "0.0123")
    await client.order("sell", str(bid), "0.0077")
    await client.order("buy", str(bid - 100), "0.01", force="gtc")

    fills = await client.get(f"{TRADE}/fills?symbol=BTCUSDT")
    assets = await client.get(f"{ACCOUNT}/assets")

    expected = dict(client.matcher.account.opening)
    for fill in fills:
        sign = 1 if fill["side"] == "buy" else -1
        expected["BTC"] += sign * Decimal(fill["size"])
        expected["USDT"] -= sign * Decimal(fill["amount"])
        # Negative is what was paid.
        expected[fill["feeDetail"]["feeCoin"]] += Decimal(fill["feeDetail"]["totalFee"])
    assert len(fills) == 2
    assert {
        asset["coin"].upper(): Decimal(asset["available"]) + Decimal(asset["frozen"])
        for asset in assets
    } == expected
