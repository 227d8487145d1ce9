"""python-okx on the synthetic OKX: only its URLs are changed.

Its WebSocket client always speaks TLS, so a TLS end is put in front of the venue.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from arbot_tui.simulator.endpoints import Description

account = pytest.importorskip("okx.Account")
market_data = pytest.importorskip("okx.MarketData")
public_data = pytest.importorskip("okx.PublicData")
trade = pytest.importorskip("okx.Trade")
ws_public = pytest.importorskip("okx.websocket.WsPublicAsync")
ws_private = pytest.importorskip("okx.websocket.WsPrivateAsync")

# The SDK hands its body to httpx in a way that httpx would rather not see any more.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

WAIT_S = 90.0
LIVE = "0"


class Okx:
    """The SDK's clients, one for each part of the API."""

    def __init__(self, venues: Description, phrase: str | None = None) -> None:
        about = venues["venues"]["okx"]
        keys = (about["api_key"], about["api_secret"], phrase or about["passphrase"])
        rest = about["rest"]
        self.public = public_data.PublicAPI(flag=LIVE, domain=rest)
        self.market = market_data.MarketAPI(flag=LIVE, domain=rest)
        self.trade = trade.TradeAPI(*keys, flag=LIVE, domain=rest)
        self.account = account.AccountAPI(*keys, flag=LIVE, domain=rest)

    def close(self) -> None:
        for part in (self.public, self.market, self.trade, self.account):
            part.close()


@pytest.fixture
def okx(venues: Description) -> Iterator[Okx]:
    clients = Okx(venues)
    yield clients
    clients.close()


def ok(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert answer["code"] == "0", answer
    rows = answer["data"]
    assert isinstance(rows, list)
    return rows


def test_market_data_over_http(okx: Okx) -> None:
    assert int(ok(okx.public.get_system_time())[0]["ts"]) > 0
    rows = ok(okx.public.get_instruments(instType="SPOT"))
    btc = next(row for row in rows if row["instId"] == "BTC-USDT")
    assert (btc["baseCcy"], btc["quoteCcy"], btc["state"]) == ("BTC", "USDT", "live")
    assert len(ok(okx.market.get_tickers(instType="SPOT"))) == len(rows)
    (book,) = ok(okx.market.get_orderbook(instId="BTC-USDT", sz="400"))
    assert len(book["bids"]) == len(book["asks"]) == 20
    assert Decimal(book["bids"][0][0]) < Decimal(book["asks"][0][0])


def test_orders_are_placed_found_and_cancelled(okx: Okx) -> None:
    (best,) = ok(okx.market.get_ticker(instId="BTC-USDT"))
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "sz": "0.001"}
    price = str(Decimal(best["askPx"]) + 100)
    (taken,) = ok(okx.trade.place_order(**order, ordType="ioc", px=price, clOrdId="sdk1"))
    assert taken["sCode"] == "0"
    (found,) = ok(okx.trade.get_order(instId="BTC-USDT", clOrdId="sdk1"))
    assert (found["state"], found["accFillSz"]) == ("filled", "0.001")
    fills = ok(okx.trade.get_fills(instType="SPOT", ordId=taken["ordId"]))
    assert sum(Decimal(fill["fillSz"]) for fill in fills) == Decimal("0.001")
    assert all(Decimal(fill["fee"]) < 0 and fill["feeCcy"] == "BTC" for fill in fills)

    half = str(Decimal(best["bidPx"]).to_integral_value() // 2)
    ok(okx.trade.place_order(**order, ordType="limit", px=half, clOrdId="sdk2"))
    resting = ok(okx.trade.get_order_list(instType="SPOT"))
    assert [row["clOrdId"] for row in resting] == ["sdk2"]
    ok(okx.trade.cancel_order(instId="BTC-USDT", clOrdId="sdk2"))
    (gone,) = ok(okx.trade.get_order(instId="BTC-USDT", clOrdId="sdk2"))
    assert (gone["state"], gone["cancelSource"]) == ("canceled", "1")


def test_account_and_fees(okx: Okx) -> None:
    (balance,) = ok(okx.account.get_account_balance(ccy="USDT"))
    assert Decimal(balance["details"][0]["availBal"]) > 0
    (config,) = ok(okx.account.get_account_config())
    assert "trade" in config["perm"]
    (fees,) = ok(okx.account.get_fee_rates(instType="SPOT", instId="BTC-USDT"))
    assert Decimal(fees["taker"]) == Decimal("-0.001")


def test_a_wrong_passphrase_is_refused_as_documented(venues: Description) -> None:
    clients = Okx(venues, phrase="Wrong_Phrase1")
    answer = clients.account.get_account_balance()
    clients.close()

    assert answer["code"] == "50105"


async def test_order_books_over_the_socket(
    venues: Description, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = pytest.importorskip("tests.integration.sdk.tls", exc_type=ImportError)
    pem = tls.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    url = urlsplit(venues["venues"]["okx"]["ws_public"])
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    channels = ("bbo-tbt", "books5", "books")
    args = [
        {"channel": channel, "instId": f"{coin}-USDT"}
        for coin in ("BTC", "ETH")
        for channel in channels
    ]
    async with tls.tls_in_front_of(url.hostname, url.port, pem) as port:
        client = ws_public.WsPublicAsync(url=f"wss://127.0.0.1:{port}{url.path}")
        reading = await client.start()
        await client.subscribe(args, lambda text: heard.put_nowait(json.loads(text)), id="1512")
        async with asyncio.timeout(WAIT_S):
            frames = [await heard.get() for _ in range(120)]
            await client.stop()
            await asyncio.gather(reading, return_exceptions=True)

    acks, data = frames[: len(args)], frames[len(args) :]
    assert [(ack["event"], ack["id"], ack["arg"]) for ack in acks] == [
        ("subscribe", "1512", arg) for arg in args
    ]
    books: dict[tuple[str, str], int] = {}
    for frame in data:
        (item,), key = frame["data"], (frame["arg"]["channel"], frame["arg"]["instId"])
        if key[0] == "books":
            expected = -1 if frame["action"] == "snapshot" else books[key]
            assert item["prevSeqId"] == expected
        assert item["seqId"] > books.get(key, 0)
        books[key] = item["seqId"]
    assert len(books) == len(args)


Frames = asyncio.Queue[dict[str, Any]]


@asynccontextmanager
async def private(
    venues: Description, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **instead: str
) -> AsyncIterator[tuple[Any, Frames]]:
    """Yield the SDK's private client, connected, and what it hears."""
    tls = pytest.importorskip("tests.integration.sdk.tls", exc_type=ImportError)
    pem = tls.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    about = venues["venues"]["okx"]
    url = urlsplit(about["ws_private"] or "")
    keys = {
        "apiKey": about["api_key"],
        "passphrase": about["passphrase"],
        "secretKey": about["api_secret"],
    }
    heard: Frames = asyncio.Queue()
    async with tls.tls_in_front_of(url.hostname, url.port, pem) as port:
        address = "wss://127.0.0.1:" + str(port) + str(url.path)
        client = ws_private.WsPrivateAsync(**{**keys, **instead}, url=address)
        reading = await client.start()
        client.callback = lambda text: heard.put_nowait(json.loads(text))
        async with asyncio.timeout(WAIT_S):
            yield client, heard
            await client.stop()
            await asyncio.gather(reading, return_exceptions=True)


async def test_orders_are_placed_over_the_socket_and_followed(
    venues: Description, okx: Okx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The SDK's REST clients block: ask them before anything else waits.
    (best,) = ok(okx.market.get_ticker(instId="BTC-USDT"))
    rows = ok(okx.public.get_instruments(instType="SPOT", instId="BTC-USDT"))
    order = {"instIdCode": rows[0]["instIdCode"], "tdMode": "cash", "side": "buy", "sz": "0.001"}
    async with private(venues, tmp_path, monkeypatch) as (client, heard):
        await client.login()
        assert (await heard.get())["event"] == "login"
        channels = [{"channel": "orders", "instType": "SPOT"}, {"channel": "account"}]
        await client.send("subscribe", channels)
        while (await heard.get()).get("eventType") != "snapshot":
            pass
        price = str(Decimal(best["askPx"]) + 100)
        taken = {**order, "ordType": "ioc", "px": price, "clOrdId": "ws1"}
        await client.place_order([taken], id="1")
        frames: list[dict[str, Any]] = []
        while len(frames) < 4:
            frame = await heard.get()
            # The account is told again every five seconds.
            if frame.get("eventType") != "interval_update":
                frames.append(frame)
        states = [
            f["data"][0]["state"] for f in frames if f.get("arg", {}).get("channel") == "orders"
        ]
        assert states == ["live", "filled"]
        (answer,) = [frame for frame in frames if frame.get("op") == "order"]
        assert (answer["id"], answer["data"][0]["sCode"]) == ("1", "0")
        assert [f["eventType"] for f in frames if "eventType" in f] == ["event_update"]

        half = str(Decimal(best["bidPx"]).to_integral_value() // 2)
        resting = {**order, "ordType": "limit", "px": half, "clOrdId": "ws2"}
        await client.place_order([resting], id="2")
        await client.cancel_order([{"instIdCode": order["instIdCode"], "clOrdId": "ws2"}], id="3")
        states = []
        while states[-1:] != ["canceled"]:
            frame = await heard.get()
            if frame.get("arg", {}).get("channel") == "orders":
                states.append(frame["data"][0]["state"])
        assert states == ["live", "canceled"]


@pytest.mark.parametrize(
    ("instead", "code"),
    [({"passphrase": "Wrong_Phrase1"}, "60024"), ({"secretKey": "0" * 32}, "60007")],
)
async def test_a_wrong_login_is_refused_as_documented(
    venues: Description,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    instead: dict[str, str],
    code: str,
) -> None:
    async with private(venues, tmp_path, monkeypatch, **instead) as (client, heard):
        await client.login()
        assert (await heard.get())["code"] == code


def test_a_signature_off_by_one_byte_and_a_stale_time_are_refused(
    venues: Description, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = venues["venues"]["okx"]
    secret = about["api_secret"]
    spoilt = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    keys = (about["api_key"], spoilt, about["passphrase"])
    clients = account.AccountAPI(*keys, flag=LIVE, domain=about["rest"])
    assert clients.get_account_balance()["code"] == "50113"
    clients.close()

    utils = pytest.importorskip("okx.utils")
    stale = "2026-01-01T00:00:00.000Z"
    monkeypatch.setattr(utils, "get_timestamp", lambda: stale)
    keys = (about["api_key"], secret, about["passphrase"])
    clients = account.AccountAPI(*keys, flag=LIVE, domain=about["rest"])
    assert clients.get_account_balance()["code"] == "50102"
    clients.close()
