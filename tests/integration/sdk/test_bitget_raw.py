"""A client written from Bitget's documentation alone, with nothing but the standard library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import connect

from arbot_tui.simulator.endpoints import Description

WAIT_S = 90.0


class Bitget:
    """REST v2 as the signature page describes it."""

    def __init__(
        self,
        venues: Description,
        secret: str | None = None,
        passphrase: str | None = None,
        late_s: int = 0,
    ) -> None:
        about = venues["venues"]["bitget"]
        self.rest, self.ws = about["rest"], about["ws_public"]
        self.private = about["ws_private"] or ""
        self.key, self.passphrase = about["api_key"], passphrase or about["passphrase"]
        self.secret = secret or about["api_secret"]
        self.late_s = late_s

    def get(self, path: str) -> Any:
        return self._send(Request(self.rest + path))  # noqa: S310 - loopback

    def signed(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        text = "" if body is None else json.dumps(body)
        stamp = str(int((time.time() - self.late_s) * 1000))
        prehash = f"{stamp}{method}{path}{text}"
        digest = hmac.new(self.secret.encode(), prehash.encode(), hashlib.sha256).digest()
        headers = {
            "ACCESS-KEY": self.key,
            "ACCESS-SIGN": base64.b64encode(digest).decode(),
            "ACCESS-TIMESTAMP": stamp,
            "ACCESS-PASSPHRASE": self.passphrase or "",
            "Content-Type": "application/json",
            "locale": "en-US",
        }
        url = self.rest + path
        request = Request(url, text.encode() or None, headers, method=method)  # noqa: S310
        return self._send(request)

    def login(self) -> dict[str, Any]:
        stamp = str(int(time.time() - self.late_s))
        prehash = f"{stamp}GET/user/verify"
        digest = hmac.new(self.secret.encode(), prehash.encode(), hashlib.sha256).digest()
        arg = {
            "apiKey": self.key,
            "passphrase": self.passphrase,
            "timestamp": stamp,
            "sign": base64.b64encode(digest).decode(),
        }
        return {"op": "login", "args": [arg]}

    @staticmethod
    def _send(request: Request) -> Any:
        try:
            with urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as error:
            with error:
                return json.load(error)


def ok(answer: Any) -> Any:
    assert answer["code"] == "00000", answer
    return answer["data"]


def test_market_data_over_http(venues: Description) -> None:
    client = Bitget(venues)
    assert int(ok(client.get("/api/v2/public/time"))["serverTime"]) > 0
    rows = ok(client.get("/api/v2/spot/public/symbols"))
    btc = next(row for row in rows if row["symbol"] == "BTCUSDT")
    assert (btc["baseCoin"], btc["quoteCoin"], btc["status"]) == ("BTC", "USDT", "online")
    assert len(ok(client.get("/api/v2/spot/market/tickers"))) == len(rows)
    book = ok(client.get("/api/v2/spot/market/orderbook?symbol=BTCUSDT&type=step0&limit=150"))
    assert len(book["bids"]) == len(book["asks"]) == 20
    assert Decimal(book["bids"][0][0]) < Decimal(book["asks"][0][0])


def test_order_books_over_the_socket(venues: Description) -> None:
    depths = {"books1": 1, "books5": 5, "books15": 15, "books": 20}
    args = [{"instType": "SPOT", "channel": name, "instId": "BTCUSDT"} for name in depths]
    books: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    seqs: dict[str, int] = {}
    with connect(Bitget(venues).ws, max_queue=None) as socket:
        socket.send("ping")
        assert socket.recv(WAIT_S) == "pong"
        socket.send(json.dumps({"op": "subscribe", "args": args}))
        acks = [json.loads(socket.recv(WAIT_S)) for _ in args]
        assert acks == [{"event": "subscribe", "arg": arg} for arg in args]
        for _ in range(60):
            frame = json.loads(socket.recv(WAIT_S))
            (item,), name = frame["data"], frame["arg"]["channel"]
            assert item["seq"] > seqs.get(name, 0)
            if frame["action"] == "snapshot":
                books[name] = ({}, {})
            else:
                assert (name, item["pseq"]) == ("books", seqs[name])
            seqs[name] = item["seq"]
            for side, rows in zip(books[name], (item["bids"], item["asks"]), strict=True):
                side.update(rows)
                for price in [price for price, size in side.items() if not Decimal(size)]:
                    del side[price]
            bids, asks = books[name]
            assert len(bids) == len(asks) == depths[name]
            assert max(map(Decimal, bids)) < min(map(Decimal, asks))

    assert books.keys() == depths.keys()


def test_orders_are_placed_found_and_cancelled(venues: Description) -> None:
    client = Bitget(venues)
    (best,) = ok(client.get("/api/v2/spot/market/tickers?symbol=BTCUSDT"))
    place, info = "/api/v2/spot/trade/place-order", "/api/v2/spot/trade/orderInfo"
    order = {"symbol": "BTCUSDT", "side": "buy", "orderType": "limit", "size": "0.001"}
    price = str(Decimal(best["askPr"]) + 100)
    taken = ok(
        client.signed(
            "POST", place, {**order, "force": "ioc", "price": price, "clientOid": "sdk-1"}
        )
    )
    (found,) = ok(client.signed("GET", f"{info}?clientOid=sdk-1"))
    assert (found["orderId"], found["status"]) == (taken["orderId"], "filled")
    assert Decimal(found["baseVolume"]) == Decimal("0.001")
    path = f"/api/v2/spot/trade/fills?symbol=BTCUSDT&orderId={taken['orderId']}"
    fills = ok(client.signed("GET", path))
    assert sum(Decimal(fill["size"]) for fill in fills) == Decimal("0.001")
    assert all(Decimal(fill["feeDetail"]["totalFee"]) < 0 for fill in fills)

    half = str(Decimal(best["bidPr"]).to_integral_value() // 2)
    ok(client.signed("POST", place, {**order, "force": "gtc", "price": half, "clientOid": "sdk-2"}))
    resting = ok(client.signed("GET", "/api/v2/spot/trade/unfilled-orders?symbol=BTCUSDT"))
    assert [row["clientOid"] for row in resting] == ["sdk-2"]
    cancel = {"symbol": "BTCUSDT", "clientOid": "sdk-2"}
    ok(client.signed("POST", "/api/v2/spot/trade/cancel-order", cancel))
    (gone,) = ok(client.signed("GET", f"{info}?clientOid=sdk-2"))
    assert (gone["status"], gone["cancelReason"]) == ("cancelled", "normal_cancel")


def test_account_and_fees(venues: Description) -> None:
    client = Bitget(venues)
    (usdt,) = ok(client.signed("GET", "/api/v2/spot/account/assets?coin=USDT"))
    assert Decimal(usdt["available"]) > 0
    rate = ok(client.signed("GET", "/api/v2/common/trade-rate?businessType=spot&symbol=BTCUSDT"))
    assert rate == {"makerFeeRate": "0.001", "takerFeeRate": "0.001"}


def test_a_wrong_secret_is_refused_as_documented(venues: Description) -> None:
    answer = Bitget(venues, secret="x" * 64).signed("GET", "/api/v2/spot/account/assets")

    assert (answer["code"], answer["data"]) == ("40009", None)


def test_orders_are_placed_over_the_socket_and_followed(venues: Description) -> None:
    client = Bitget(venues)
    (best,) = ok(client.get("/api/v2/spot/market/tickers?symbol=BTCUSDT"))
    channels = [
        {"instType": "SPOT", "channel": "orders", "instId": "default"},
        {"instType": "SPOT", "channel": "fill", "instId": "default"},
        {"instType": "SPOT", "channel": "account", "coin": "default"},
    ]
    order = {"orderType": "limit", "side": "buy", "size": "0.001"}
    request = {"instType": "SPOT", "instId": "BTCUSDT"}
    with connect(client.private, max_queue=None) as socket:

        def hear() -> Any:
            return json.loads(socket.recv(WAIT_S))

        def trade(ident: str, channel: str, **params: str) -> None:
            arg = {**request, "id": ident, "channel": channel, "params": params}
            socket.send(json.dumps({"op": "trade", "args": [arg]}))

        socket.send(json.dumps(client.login()))
        assert hear()["event"] == "login"
        socket.send(json.dumps({"op": "subscribe", "args": channels}))
        assert [hear()["event"] for _ in channels] == ["subscribe"] * 3
        assert hear()["arg"]["channel"] == "account"
        price = str(Decimal(best["askPr"]) + 100)
        trade("1", "place-order", **order, price=price, force="ioc", clientOid="ws-1")
        frames = [hear() for _ in range(5)]
        told = [f["arg"]["channel"] for f in frames if "data" in f]
        assert told == ["orders", "orders", "fill", "account"]
        (answer,) = [frame for frame in frames if frame.get("event") == "trade"]
        assert (answer["code"], answer["arg"][0]["params"]["clientOid"]) == (0, "ws-1")

        half = str(Decimal(best["bidPr"]).to_integral_value() // 2)
        trade("2", "place-order", **order, price=half, force="gtc", clientOid="ws-2")
        trade("3", "cancel-order", clientOid="ws-2")
        states: list[str] = []
        while states[-1:] != ["cancelled"]:
            frame = hear()
            if frame.get("arg") == channels[0]:
                states += [row["status"] for row in frame["data"]]
        assert states == ["live", "cancelled"]


@pytest.mark.parametrize(
    ("how", "rest_code", "socket_code"),
    [
        ({"secret": "x"}, "40009", "30015"),
        ({"passphrase": "Wrong1"}, "40012", "30012"),
        ({"late_s": 31}, "40008", "30014"),
    ],
)
def test_what_is_wrong_is_refused_as_documented(
    venues: Description, how: dict[str, Any], rest_code: str, socket_code: str
) -> None:
    client = Bitget(venues, **how)
    if "secret" in how:
        # Off by one byte.
        secret = venues["venues"]["bitget"]["api_secret"]
        client.secret = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    assert client.signed("GET", "/api/v2/spot/account/assets")["code"] == rest_code
    with connect(client.private) as socket:
        socket.send(json.dumps(client.login()))
        assert json.loads(socket.recv(WAIT_S))["code"] == socket_code


# The same for a unified account: API v3.

PLACE3, INFO3 = "/api/v3/trade/place-order", "/api/v3/trade/order-info"


@pytest.fixture
def unified(venues: Description) -> Iterator[Bitget]:
    """Return a client of an account that has become a unified one for a while."""

    def become(kind: str) -> None:
        body = {"action": "account", "venue": "bitget", "kind": kind}
        data, head = json.dumps(body).encode(), {"Content-Type": "application/json"}
        url = f"{venues['control']}/world"
        urlopen(Request(url, data, head), timeout=WAIT_S).close()  # noqa: S310 - loopback

    become("unified")
    yield Bitget(venues)
    become("classic")


def test_an_account_says_which_dialect_it_speaks(venues: Description, unified: Bitget) -> None:
    refused = unified.signed("GET", "/api/v2/spot/account/info")
    assert (refused["code"], refused["data"]) == ("40085", None)
    settings = ok(unified.signed("GET", "/api/v3/account/settings"))
    assert settings["accountMode"] == "unified"
    assert "uta_trade" in ok(unified.signed("GET", "/api/v3/account/info"))["permissions"]


def test_orders_of_a_unified_account_are_placed_found_and_cancelled(unified: Bitget) -> None:
    (best,) = ok(unified.get("/api/v2/spot/market/tickers?symbol=BTCUSDT"))
    order = {"category": "SPOT", "symbol": "BTCUSDT", "side": "buy", "orderType": "limit"}
    order |= {"qty": "0.001"}
    price = str(Decimal(best["askPr"]) + 100)
    taken = ok(
        unified.signed(
            "POST", PLACE3, {**order, "timeInForce": "ioc", "price": price, "clientOid": "uta-1"}
        )
    )
    found = ok(unified.signed("GET", f"{INFO3}?clientOid=uta-1"))
    assert (found["orderId"], found["orderStatus"]) == (taken["orderId"], "filled")
    assert Decimal(found["cumExecQty"]) == Decimal("0.001")
    path = f"/api/v3/trade/fills?category=SPOT&orderId={taken['orderId']}"
    fills = ok(unified.signed("GET", path))["list"]
    assert sum(Decimal(fill["execQty"]) for fill in fills) == Decimal("0.001")
    # What is paid is positive here.
    assert all(Decimal(fill["feeDetail"][0]["fee"]) > 0 for fill in fills)

    half = str(Decimal(best["bidPr"]).to_integral_value() // 2)
    ok(unified.signed("POST", PLACE3, {**order, "price": half, "clientOid": "uta-2"}))
    resting = ok(unified.signed("GET", "/api/v3/trade/unfilled-orders?category=SPOT"))["list"]
    assert [row["clientOid"] for row in resting] == ["uta-2"]
    ok(unified.signed("POST", "/api/v3/trade/cancel-order", {"clientOid": "uta-2"}))
    gone = ok(unified.signed("GET", f"{INFO3}?clientOid=uta-2"))
    assert (gone["orderStatus"], gone["cancelReason"]) == ("cancelled", "normal_cancel")
    rates = ok(unified.signed("GET", "/api/v3/account/fee-rate?category=SPOT&symbol=BTCUSDT"))
    assert rates == {"makerFeeRate": "0.001", "takerFeeRate": "0.001"}
    held = ok(unified.signed("GET", "/api/v3/account/assets"))["assets"]
    assert all(Decimal(row["available"]) >= 0 for row in held)


def test_a_unified_account_is_followed_on_its_own_socket(unified: Bitget) -> None:
    (best,) = ok(unified.get("/api/v2/spot/market/tickers?symbol=BTCUSDT"))
    args = [{"instType": "UTA", "topic": topic} for topic in ("order", "fill", "account")]
    with connect(unified.private.replace("/v2/", "/v3/"), max_queue=None) as socket:

        def hear() -> Any:
            return json.loads(socket.recv(WAIT_S))

        socket.send(json.dumps(unified.login()))
        assert hear()["event"] == "login"
        socket.send(json.dumps({"op": "subscribe", "args": args}))
        assert [hear()["event"] for _ in args] == ["subscribe"] * 3
        order = {"category": "SPOT", "symbol": "BTCUSDT", "side": "sell", "orderType": "limit"}
        order |= {"qty": "0.001", "timeInForce": "ioc", "clientOid": "uta-3"}
        ok(unified.signed("POST", PLACE3, {**order, "price": str(Decimal(best["bidPr"]) - 100)}))
        told: dict[str, list[Any]] = {"order": [], "fill": []}
        while not (told["fill"] and told["order"][-1]["orderStatus"] == "filled"):
            frame = hear()
            told.get(frame["arg"]["topic"], []).extend(frame["data"])
        assert {row["clientOid"] for rows in told.values() for row in rows} == {"uta-3"}
        assert sum(Decimal(row["execQty"]) for row in told["fill"]) == Decimal("0.001")


@pytest.mark.parametrize(
    ("how", "code"),
    [({"secret": "x"}, "40009"), ({"passphrase": "Wrong1"}, "40012"), ({"late_s": 31}, "40008")],
)
def test_what_is_wrong_is_refused_in_the_other_dialect_as_well(
    venues: Description, unified: Bitget, how: dict[str, Any], code: str
) -> None:
    order = {"category": "SPOT", "symbol": "BTCUSDT", "side": "buy", "orderType": "limit"}
    order |= {"qty": "0.001", "price": "1", "clientOid": "uta-4"}
    assert Bitget(venues, **how).signed("POST", PLACE3, order)["code"] == code
