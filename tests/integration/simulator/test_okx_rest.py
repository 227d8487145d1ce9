"""The synthetic OKX's REST, spoken to by a raw client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.simulator.core.truth import truth
from tests.integration.simulator.okx_client import ORDER, Client
from tests.integration.simulator.venue_client import Body, running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with running(Client) as one:
        yield one


async def test_instruments_have_the_documented_shape(client: Client) -> None:
    public = await client.public("/api/v5/public/instruments?instType=SPOT")
    own = await client.get("/api/v5/account/instruments?instType=SPOT&instId=BTC-USDT")

    assert public["code"] == "0"
    assert public["data"][0] == own["data"][0]
    row = own["data"][0]
    assert (row["instId"], row["baseCcy"], row["quoteCcy"]) == ("BTC-USDT", "BTC", "USDT")
    assert (row["state"], row["tickSz"]) == ("live", "0.01")
    assert isinstance(row["instIdCode"], int)
    assert Decimal(row["minSz"]) >= Decimal(row["lotSz"])


async def test_public_answers(client: Client) -> None:
    time = await client.public("/api/v5/public/time")
    one = await client.public("/api/v5/market/ticker?instId=ETH-USDT")
    every = await client.public("/api/v5/market/tickers?instType=SPOT")
    shallow = await client.public("/api/v5/market/books?instId=ETH-USDT")
    deep = await client.public("/api/v5/market/books?instId=ETH-USDT&sz=400")

    assert time["data"] == [{"ts": str(client.now_ms)}]
    assert one["data"][0] in every["data"]
    assert len(every["data"]) == 5
    assert Decimal(one["data"][0]["volCcy24h"]) > Decimal(one["data"][0]["vol24h"])
    (top,), (book,) = shallow["data"], deep["data"]
    assert len(top["asks"]) == 1
    assert len(book["bids"]) == 20
    assert all(level[2] == "0" and int(level[3]) > 0 for level in book["asks"])
    assert isinstance(book["seqId"], int)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v5/public/instruments", "50014"),
        ("/api/v5/public/instruments?instType=SWAP", "51000"),
        ("/api/v5/public/instruments?instType=SPOT&instId=NO-USDT", "51001"),
        ("/api/v5/market/books?instId=BTCUSDT", "51001"),
        ("/api/v5/market/books?instId=BTC-USDT&sz=many", "51000"),
        ("/api/v5/market/ticker", "50014"),
    ],
)
async def test_bad_public_requests(client: Client, path: str, code: str) -> None:
    answer = await client.public(path)

    assert (answer["code"], answer["data"]) == (code, [])


async def test_a_marketable_ioc_is_accepted_filled_and_paid(client: Client) -> None:
    _, ask, _ = await client.best()

    placed = await client.order("buy", str(ask), "0.001")
    (reply,) = placed["data"]
    order = await client.query("arb1")
    by_id = await client.get(f"{ORDER}?instId=BTC-USDT&ordId={reply['ordId']}")
    fills = await client.get(f"/api/v5/trade/fills?instType=SPOT&ordId={reply['ordId']}")
    balance = await client.get("/api/v5/account/balance?ccy=BTC,USDT")

    assert (placed["code"], reply["sCode"], reply["clOrdId"]) == ("0", "0", "arb1")
    assert "state" not in reply
    assert placed["inTime"] == str(client.clock.now_ns() // 1000)
    assert by_id["data"] == [order]
    assert (order["state"], order["accFillSz"], order["cancelSource"]) == ("filled", "0.001", "")
    assert (order["fee"], order["feeCcy"]) == ("-0.000001", "BTC")
    (fill,) = fills["data"]
    assert (fill["fee"], fill["feeRate"], fill["execType"]) == ("-0.000001", "-0.001", "T")
    assert Decimal(fill["fillPx"]) == ask
    opening = client.matcher.account.opening
    details = {d["ccy"]: Decimal(d["cashBal"]) for d in balance["data"][0]["details"]}
    assert details == {
        "BTC": opening["BTC"] + Decimal("0.001") - Decimal("0.000001"),
        "USDT": opening["USDT"] - ask * Decimal("0.001"),
    }


async def test_an_ioc_ends_cancelled_with_what_it_filled(client: Client) -> None:
    bid, ask, size = await client.best()

    await client.order("buy", str(ask), str(size * 2))
    await client.order("buy", str(bid - 10), "0.01")
    part, none = await client.query("arb1"), await client.query("arb2")

    assert (part["state"], part["cancelSource"]) == ("canceled", "14")
    assert Decimal(part["accFillSz"]) == size
    assert Decimal(part["fillSz"]) == size
    assert (none["state"], none["cancelSource"]) == ("canceled", "14")
    assert (none["avgPx"], none["accFillSz"], none["fee"]) == ("", "0", "0")


async def test_fill_or_kill_names_its_own_source(client: Client) -> None:
    _, ask, size = await client.best()

    await client.order("buy", str(ask), str(size * 2), ordType="fok")

    order = await client.query("arb1")
    assert (order["ordType"], order["cancelSource"], order["accFillSz"]) == ("fok", "13", "0")


async def test_a_resting_order_locks_money_until_it_is_cancelled(client: Client) -> None:
    bid, _, _ = await client.best()
    price = bid - 100

    placed = await client.order("buy", str(price), "0.01", ordType="limit")
    order_id = placed["data"][0]["ordId"]
    pending = await client.get("/api/v5/trade/orders-pending?instType=SPOT&instId=BTC-USDT")
    held = await client.get("/api/v5/account/balance?ccy=USDT")
    cancel = "/api/v5/trade/cancel-order"
    cancelled = await client.post(cancel, {"instId": "BTC-USDT", "clOrdId": "arb1"})
    again = await client.post(cancel, {"instId": "BTC-USDT", "ordId": order_id})
    nobody = await client.post(cancel, {"instId": "BTC-USDT", "clOrdId": "arb9"})
    ended = await client.query("arb1")

    assert [(o["clOrdId"], o["state"]) for o in pending["data"]] == [("arb1", "live")]
    (usdt,) = held["data"][0]["details"]
    assert Decimal(usdt["frozenBal"]) == price * Decimal("0.01")
    assert Decimal(usdt["availBal"]) == Decimal(usdt["cashBal"]) - Decimal(usdt["frozenBal"])
    assert (cancelled["code"], cancelled["data"][0]["ordId"]) == ("0", order_id)
    assert (again["code"], again["data"][0]["sCode"]) == ("1", "51400")
    assert nobody["data"][0]["sCode"] == "51400"
    assert (ended["state"], ended["cancelSource"]) == ("canceled", "1")


async def test_a_client_id_is_unique_among_pending_orders_only(client: Client) -> None:
    bid, ask, _ = await client.best()

    await client.order("buy", str(bid - 100), "0.01", ordType="limit", clOrdId="same")
    taken = await client.order("buy", str(ask), "0.001", clOrdId="same")
    await client.post("/api/v5/trade/cancel-order", {"instId": "BTC-USDT", "clOrdId": "same"})
    free = await client.order("buy", str(ask), "0.001", clOrdId="same")

    assert taken["data"][0]["sCode"] == "51016"
    assert free["data"][0]["sCode"] == "0"
    # Of several orders with one id the newest is told.
    assert (await client.query("same"))["ordId"] == free["data"][0]["ordId"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"px": "64000.123"}, "51150"),
        ({"sz": "0.01000001"}, "51121"),
        ({"sz": "0"}, "51020"),
        ({"sz": "0.000001"}, "51020"),
        ({"sz": "999999"}, "51101"),
        ({"px": "999999"}, "51137"),
        ({"px": "1", "side": "sell"}, "51138"),
        ({"instId": "NO-USDT"}, "51001"),
        ({"side": "Buy"}, "51000"),
        ({"ordType": "market"}, "51000"),
        ({"sz": "1e-3"}, "51000"),
        ({"px": "-64000"}, "51000"),
        ({"px": 64000}, "51000"),
        ({"clOrdId": "arb-1"}, "51000"),
        ({"clOrdId": "a" * 33}, "51000"),
        ({"tdMode": "cross"}, "51010"),
    ],
)
async def test_an_order_that_breaks_a_rule_is_refused_by_its_code(
    client: Client, changed: Body, code: str
) -> None:
    before = truth(client.venues.world)["venues"]["okx"]

    answer = await client.order("buy", "64000", "0.01", **changed)

    assert (answer["code"], answer["data"][0]["sCode"]) == ("1", code)
    assert answer["data"][0]["ordId"] == ""
    assert truth(client.venues.world)["venues"]["okx"] == before


async def test_an_order_beyond_the_balance_is_refused(client: Client) -> None:
    bid, _, _ = await client.best()

    answer = await client.order("sell", str(bid), str(client.matcher.account.opening["BTC"] + 1))

    assert answer["data"][0]["sCode"] == "51008"
    assert "BTC" in answer["data"][0]["sMsg"]


async def test_an_order_that_arrives_after_its_deadline_is_dropped(client: Client) -> None:
    _, ask, _ = await client.best()
    body = {
        "instId": "BTC-USDT",
        "tdMode": "cash",
        "clOrdId": "late",
        "side": "buy",
        "ordType": "ioc",
        "px": str(ask),
        "sz": "0.001",
    }

    late = await client.post(ORDER, body, instead={"expTime": str(client.now_ms - 1)})
    odd = await client.post(ORDER, body, instead={"expTime": "tomorrow"})
    assert client.matcher.orders == ()
    in_time = await client.post(ORDER, body, instead={"expTime": str(client.now_ms)})

    assert (late["code"], late["data"][0]["sCode"]) == ("1", "50036")
    assert odd["data"][0]["sCode"] == "51000"
    assert in_time["data"][0]["sCode"] == "0"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"OK-ACCESS-KEY": ""}, "50103"),
        ({"OK-ACCESS-PASSPHRASE": ""}, "50104"),
        ({"OK-ACCESS-PASSPHRASE": "Wrong_1"}, "50105"),
        ({"OK-ACCESS-SIGN": ""}, "50106"),
        ({"OK-ACCESS-TIMESTAMP": ""}, "50107"),
        ({"OK-ACCESS-KEY": "a1b2c3d4-1111-2222-3333-444455556666"}, "50111"),
        ({"OK-ACCESS-TIMESTAMP": "1790000000000"}, "50112"),
        ({"OK-ACCESS-TIMESTAMP": "2026-13-41T12:34:56.789Z"}, "50112"),
    ],
)
async def test_bad_credentials_are_refused_by_their_code(
    client: Client, headers: dict[str, str], code: str
) -> None:
    status, answer = await client.send("GET", "/api/v5/account/config", instead=headers)

    assert (status, answer["code"], answer["data"]) == (401, code, [])


async def test_the_signature_is_checked_byte_by_byte_and_in_time(client: Client) -> None:
    path = "/api/v5/trade/orders-pending?instType=SPOT"
    sign = client.headers("GET", path, "")["OK-ACCESS-SIGN"]
    off = ("A" if sign[0] != "A" else "B") + sign[1:]

    assert (await client.send("GET", path, instead={"OK-ACCESS-SIGN": off}))[1]["code"] == "50113"
    assert (await client.send("GET", path, late_ms=30_001))[1]["code"] == "50102"
    assert (await client.send("GET", path, late_ms=-30_001))[1]["code"] == "50102"
    assert (await client.send("GET", path, late_ms=30_000))[1]["code"] == "0"
    # Signed without its query string, or with another body: not what was sent.
    bare = client.headers("GET", "/api/v5/trade/orders-pending", "")["OK-ACCESS-SIGN"]
    assert (await client.send("GET", path, instead={"OK-ACCESS-SIGN": bare}))[0] == 401
    spaced = {"OK-ACCESS-SIGN": client.headers("POST", ORDER, '{"a": 1}')["OK-ACCESS-SIGN"]}
    assert (await client.send("POST", ORDER, '{"a":1}', instead=spaced))[0] == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", f"{ORDER}?instId=BTC-USDT&clOrdId=nobody", "", 200, "51603"),
        ("GET", f"{ORDER}?instId=BTC-USDT&ordId=x1", "", 200, "51603"),
        ("GET", f"{ORDER}?instId=BTC-USDT", "", 400, "50014"),
        ("GET", f"{ORDER}?instId=NO-USDT&clOrdId=a", "", 200, "51001"),
        ("POST", ORDER, "not json", 400, "50002"),
        ("POST", ORDER, "[]", 400, "50002"),
        ("POST", ORDER, '{"instId":"BTC-USDT"}', 400, "50014"),
        ("GET", "/api/v5/trade/orders-history", "", 400, "50014"),
        ("GET", "/api/v5/trade/fills?instType=SWAP", "", 400, "51000"),
        ("GET", "/api/v5/account/balance?ccy=" + ",".join(map(str, range(21))), "", 400, "51000"),
    ],
)
async def test_bad_private_requests(
    client: Client, method: str, path: str, body: str, status: int, code: str
) -> None:
    sent = await client.send(method, path, body)

    assert (sent[0], sent[1]["code"]) == (status, code)


async def test_a_post_has_to_say_that_it_is_json(client: Client) -> None:
    status, answer = await client.send("POST", ORDER, "{}", instead={"Content-Type": "text/plain"})

    assert (status, answer["code"]) == (400, "50006")


async def test_fee_rates_are_negative_and_the_key_cannot_withdraw(client: Client) -> None:
    (fees,) = (await client.get("/api/v5/account/trade-fee?instType=SPOT&instId=BTC-USDT"))["data"]
    (config,) = (await client.get("/api/v5/account/config"))["data"]
    (rules,) = (await client.public("/api/v5/public/instruments?instType=SPOT&instId=BTC-USDT"))[
        "data"
    ]

    (group,) = [g for g in fees["feeGroup"] if g["groupId"] == rules["groupId"]]
    assert (group["taker"], group["maker"]) == ("-0.001", "-0.001")
    assert (config["acctLv"], config["perm"]) == ("1", "read_only,trade")


async def test_lists_are_paged_by_id(client: Client) -> None:
    _, ask, _ = await client.best()
    for _ in range(3):
        await client.order("buy", str(ask), "0.001")

    newest = (await client.get("/api/v5/trade/fills-history?instType=SPOT&limit=2"))["data"]
    after = newest[-1]["billId"]
    older = (await client.get(f"/api/v5/trade/fills-history?instType=SPOT&after={after}"))["data"]
    newer = (await client.get(f"/api/v5/trade/fills?before={after}"))["data"]
    orders = (await client.get("/api/v5/trade/orders-history?instType=SPOT"))["data"]

    assert [fill["clOrdId"] for fill in newest] == ["arb3", "arb2"]
    assert [fill["clOrdId"] for fill in older] == ["arb1"]
    assert newer == newest[:1]
    assert [order["clOrdId"] for order in orders] == ["arb3", "arb2", "arb1"]


async def test_closed_orders_without_a_fill_are_forgotten_after_two_hours(client: Client) -> None:
    bid, ask, _ = await client.best()
    await client.order("buy", str(ask), "0.001")
    await client.order("buy", str(bid - 10), "0.001")
    path = "/api/v5/trade/orders-history?instType=SPOT"

    client.clock.advance(7200 * SECOND)
    both = (await client.get(path))["data"]
    client.clock.advance(SECOND)
    one = (await client.get(path))["data"]
    client.clock.advance(3 * 86_400 * SECOND)
    fills = (await client.get("/api/v5/trade/fills"))["data"]

    assert [order["clOrdId"] for order in both] == ["arb2", "arb1"]
    assert [order["clOrdId"] for order in one] == ["arb1"]
    assert fills == []


async def test_too_many_requests_are_refused_with_429(client: Client) -> None:
    for _ in range(5):
        await client.get("/api/v5/account/config")

    status, answer = await client.send("GET", "/api/v5/account/config")
    client.clock.advance(2 * SECOND)
    later, _ = await client.send("GET", "/api/v5/account/config")

    assert (status, answer["code"]) == (429, "50011")
    assert later == 200


async def test_the_account_is_what_it_opened_with_and_its_fills_and_fees(client: Client) -> None:
    bid, ask, _ = await client.best()
    await client.order("buy", str(ask), "0.0123")
    await client.order("sell", str(bid), "0.0077")
    await client.order("buy", str(bid - 100), "0.01", ordType="limit")

    fills = (await client.get("/api/v5/trade/fills?instType=SPOT"))["data"]
    (account,) = (await client.get("/api/v5/account/balance"))["data"]

    expected = dict(client.matcher.account.opening)
    for fill in fills:
        sign = 1 if fill["side"] == "buy" else -1
        expected["BTC"] += sign * Decimal(fill["fillSz"])
        expected["USDT"] -= sign * Decimal(fill["fillPx"]) * Decimal(fill["fillSz"])
        # Negative is what was paid.
        expected[fill["feeCcy"]] += Decimal(fill["fee"])
    assert len(fills) == 2
    assert {d["ccy"]: Decimal(d["cashBal"]) for d in account["details"]} == expected


async def test_a_resting_order_is_filled_as_maker_at_its_own_price(client: Client) -> None:
    bid, ask, _ = await client.best()
    price = (bid + ask) / 2 // Decimal("0.01") * Decimal("0.01") - 50
    await client.order("buy", str(price), "0.01", ordType="limit")
    move = {"action": "price", "symbol": "BTC/USDT", "venue": "okx", "mid": str(price - 100)}

    async with client.session.post(
        client.venues.description["control"] + "/world", json=move
    ) as moved:
        assert moved.status == 200
    (fill,) = (await client.get("/api/v5/trade/fills?instType=SPOT"))["data"]

    assert (fill["execType"], Decimal(fill["fillPx"])) == ("M", price)
