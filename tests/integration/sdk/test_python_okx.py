"""python-okx on the synthetic OKX: only its URLs are changed.

Its WebSocket client always speaks TLS, so a TLS end is put in front of the venue.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
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

# The SDK hands its body to httpx in a way that httpx would rather not see any more.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

WAIT_S = 30.0
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
