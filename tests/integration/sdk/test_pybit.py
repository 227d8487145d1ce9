"""Bybit's own SDK on the synthetic Bybit: only its URLs are changed."""

from __future__ import annotations

import json
import queue
import threading
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from arbot_tui.simulator.endpoints import Description

unified_trading = pytest.importorskip("pybit.unified_trading")
trading_socket = pytest.importorskip("pybit._websocket_trading")
exceptions = pytest.importorskip("pybit.exceptions")

# The venue's first socket may be slow to come up on a busy machine.
WAIT_S = 90.0
SPOT = {"category": "spot", "symbol": "BTCUSDT"}
# A machine without time may take longer than the five seconds that a request has by default.
RECV_WINDOW_MS = 60_000


def client(venues: Description, secret: str | None = None) -> Any:
    about = venues["venues"]["bybit"]
    session = unified_trading.HTTP(
        api_key=about["api_key"],
        api_secret=secret or about["api_secret"],
        timeout=90,
        recv_window=RECV_WINDOW_MS,
    )
    session.endpoint = about["rest"]
    return session


@pytest.fixture(scope="module", autouse=True)
def distance(venues: Description) -> None:
    """Put a line of 20 ms between the venue and its client, as every real one has.

    The SDK notes a subscription only after it has sent it, and dies of an answer that is faster.
    """
    fault = {"venue": "bybit", "fault": "delay", "args": {"ms": 20}}
    url, body = f"{venues['control']}/faults", json.dumps(fault).encode()
    with urllib.request.urlopen(url, body, timeout=60) as answer:  # noqa: S310 (loopback)
        assert answer.status < 300


@pytest.fixture
def http(venues: Description) -> Iterator[Any]:
    session = client(venues)
    yield session
    session.client.close()


def test_market_data_over_http(http: Any) -> None:
    assert http.get_server_time()["retCode"] == 0
    rows = http.get_instruments_info(category="spot")["result"]["list"]
    btc = next(row for row in rows if row["symbol"] == "BTCUSDT")
    assert (btc["baseCoin"], btc["quoteCoin"], btc["status"]) == ("BTC", "USDT", "Trading")
    assert Decimal(btc["priceFilter"]["tickSize"]) > 0
    tickers = http.get_tickers(category="spot")["result"]["list"]
    assert len(tickers) == len(rows)
    book = http.get_orderbook(**SPOT, limit=50)["result"]
    assert len(book["b"]) == len(book["a"]) == 20
    assert Decimal(book["b"][0][0]) < Decimal(book["a"][0][0])
    assert len(http.get_orderbook(**SPOT)["result"]["b"]) == 1


@pytest.mark.parametrize("depth", [1, 50])
def test_order_books_over_the_socket(
    venues: Description, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    url = venues["venues"]["bybit"]["ws_public"].replace("/spot", "/{CHANNEL_TYPE}")
    monkeypatch.setattr(unified_trading, "PUBLIC_WSS", url)
    socket = unified_trading.WebSocket(testnet=False, channel_type="spot")
    heard: queue.Queue[Any] = queue.Queue()
    try:
        socket.orderbook_stream(depth, ["BTCUSDT", "ETHUSDT"], heard.put)
        frames = [heard.get(timeout=WAIT_S) for _ in range(60)]
    finally:
        socket.exit()

    topics = {f"orderbook.{depth}.{coin}USDT" for coin in ("BTC", "ETH")}
    assert {frame["topic"] for frame in frames} == topics
    for topic in topics:
        own = [frame for frame in frames if frame["topic"] == topic]
        ids = [frame["data"]["u"] for frame in own]
        assert ids == sorted(ids)
        for frame in own:
            # The SDK applies changes itself and hands out whole books.
            bids, asks = frame["data"]["b"], frame["data"]["a"]
            best_bid = max(Decimal(price) for price, _ in bids)
            assert best_bid < min(Decimal(price) for price, _ in asks)
            assert len(bids) == len(asks) == (1 if depth == 1 else 20)


def test_orders_are_placed_found_and_cancelled(http: Any) -> None:
    best = http.get_tickers(**SPOT)["result"]["list"][0]
    order = {**SPOT, "side": "Buy", "orderType": "Limit", "qty": "0.001", "isLeverage": 0}
    price = str(Decimal(best["ask1Price"]) + 100)
    taken = http.place_order(**order, price=price, timeInForce="IOC", orderLinkId="sdk-1")
    assert taken["result"]["orderLinkId"] == "sdk-1"
    (found,) = http.get_open_orders(**SPOT, orderLinkId="sdk-1")["result"]["list"]
    assert (found["orderStatus"], found["cumExecQty"]) == ("Filled", "0.001000")
    fills = http.get_executions(**SPOT, orderId=taken["result"]["orderId"])["result"]["list"]
    assert sum(Decimal(fill["execQty"]) for fill in fills) == Decimal("0.001")
    assert {fill["feeCurrency"] for fill in fills} == {"BTC"}

    half = str(Decimal(best["bid1Price"]).to_integral_value() // 2)
    http.place_order(**order, price=half, timeInForce="GTC", orderLinkId="sdk-2")
    resting = http.get_open_orders(**SPOT)["result"]["list"]
    assert [row["orderLinkId"] for row in resting] == ["sdk-2"]
    http.cancel_order(**SPOT, orderLinkId="sdk-2")
    (gone,) = http.get_order_history(**SPOT, orderLinkId="sdk-2")["result"]["list"]
    assert (gone["orderStatus"], gone["cancelType"]) == ("Cancelled", "CancelByUser")
    assert http.get_open_orders(**SPOT)["result"]["list"] == []


def test_account_fees_and_key(http: Any) -> None:
    (wallet,) = http.get_wallet_balance(accountType="UNIFIED", coin="USDT")["result"]["list"]
    assert Decimal(wallet["coin"][0]["walletBalance"]) > 0
    (fees,) = http.get_fee_rates(**SPOT)["result"]["list"]
    assert (fees["takerFeeRate"], fees["makerFeeRate"]) == ("0.001", "0.001")
    assert http.get_api_key_information()["result"]["permissions"]["Spot"] == ["SpotTrade"]


def test_a_wrong_secret_is_refused_as_documented(venues: Description) -> None:
    session = client(venues, secret="x" * 36)
    with pytest.raises(exceptions.InvalidRequestError) as refused:
        session.get_wallet_balance(accountType="UNIFIED")
    session.client.close()

    assert refused.value.status_code == 10004


def socket_keys(venues: Description) -> dict[str, Any]:
    about = venues["venues"]["bybit"]
    # Its time until which a login counts, a second ahead, is short for a busy machine.
    return {
        "testnet": False,
        "api_key": about["api_key"],
        "api_secret": about["api_secret"],
        "private_auth_expire": 20,
    }


def test_orders_are_placed_over_the_socket_and_followed(
    venues: Description, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = venues["venues"]["bybit"]
    monkeypatch.setattr(unified_trading, "PRIVATE_WSS", about["ws_private"])
    monkeypatch.setattr(trading_socket, "TRADE_WSS", about["ws_trade"])
    told: queue.Queue[Any] = queue.Queue()
    answered: queue.Queue[Any] = queue.Queue()
    private = unified_trading.WebSocket(channel_type="private", **socket_keys(venues))
    trade = unified_trading.WebSocketTrading(recv_window=RECV_WINDOW_MS, **socket_keys(venues))
    try:
        for follow in (private.execution_stream, private.order_stream, private.wallet_stream):
            follow(told.put)
        # Answers come in order: once this one is here, everything is subscribed.
        deadline = 1800
        while not (private.auth and trade.auth) and deadline:
            deadline -= 1
            threading.Event().wait(0.05)
        assert private.auth
        best = http.get_tickers(**SPOT)["result"]["list"][0]
        order = {**SPOT, "side": "Buy", "orderType": "Limit", "qty": "0.001", "isLeverage": 0}
        price = str(Decimal(best["ask1Price"]) + 100)
        trade.place_order(answered.put, **order, price=price, timeInForce="IOC", orderLinkId="ws-1")
        assert answered.get(timeout=WAIT_S)["data"]["orderLinkId"] == "ws-1"
        frames = [told.get(timeout=WAIT_S) for _ in range(3)]
        assert [frame["topic"] for frame in frames] == ["execution", "order", "wallet"]
        assert frames[0]["data"][0]["orderLinkId"] == "ws-1"
        assert frames[1]["data"][0]["orderStatus"] == "Filled"

        half = str(Decimal(best["bid1Price"]).to_integral_value() // 2)
        trade.place_order(answered.put, **order, price=half, timeInForce="GTC", orderLinkId="ws-2")
        answered.get(timeout=WAIT_S)
        trade.cancel_order(answered.put, **SPOT, orderLinkId="ws-2")
        answered.get(timeout=WAIT_S)
        states: list[str] = []
        while states[-1:] != ["Cancelled"]:
            frame = told.get(timeout=WAIT_S)
            if frame["topic"] == "order":
                states.append(frame["data"][0]["orderStatus"])
        assert states == ["New", "Cancelled"]
        trade.place_order(
            answered.put, answered.put, **order, price=half, timeInForce="GTC", orderLinkId="ws-2"
        )
        assert answered.get(timeout=WAIT_S)["retCode"] == 170141
    finally:
        trade.exit()
        private.exit()


def test_a_signature_off_by_one_byte_and_a_stale_time_are_refused(venues: Description) -> None:
    secret = venues["venues"]["bybit"]["api_secret"]
    session = client(venues, secret=secret[:-1] + chr(ord(secret[-1]) ^ 1))
    with pytest.raises(exceptions.InvalidRequestError) as refused:
        session.place_order(**SPOT, side="Buy", orderType="Limit", qty="0.001", price="1000")
    session.client.close()
    assert refused.value.status_code == 10004

    session = client(venues)
    # A window of nothing: whatever arrives is too old.
    session.recv_window, session.retry_codes = 0, set()
    with pytest.raises(exceptions.InvalidRequestError) as refused:
        session.get_wallet_balance(accountType="UNIFIED")
    session.client.close()
    assert refused.value.status_code == 10002
