"""Binance's own SDK on the synthetic Binance: only its URLs are changed."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from arbot_tui.simulator.endpoints import Description

configuration = pytest.importorskip("binance_common.configuration")
errors = pytest.importorskip("binance_common.errors")
sdk = pytest.importorskip("binance_sdk_spot")

# What the SDK tells aiohttp is out of date.
pytestmark = pytest.mark.filterwarnings("ignore:parameter 'timeout':DeprecationWarning")

WAIT_S = 90.0

# A machine without time may take longer than the five seconds that a signed request has by default.
PATIENT = {"recv_window": 60_000}


def rest_of(venues: Description, secret: str | None = None) -> Any:
    about = venues["venues"]["binance"]
    config = configuration.ConfigurationRestAPI(
        api_key=about["api_key"],
        api_secret=secret or about["api_secret"],
        base_path=about["rest"],
        timeout=90_000,
    )
    return sdk.Spot(config_rest_api=config).rest_api


@pytest.fixture
def rest(venues: Description) -> Any:
    return rest_of(venues)


def test_market_data_over_http(rest: Any) -> None:
    assert rest.ping().status == 200
    assert rest.time().data().server_time > 0
    info = rest.exchange_info().data()
    btc = next(row for row in info.symbols if row.symbol == "BTCUSDT")
    assert (btc.base_asset, btc.quote_asset, btc.status) == ("BTC", "USDT", "TRADING")
    assert {limit.rate_limit_type for limit in info.rate_limits} == {
        "REQUEST_WEIGHT",
        "ORDERS",
        "RAW_REQUESTS",
    }
    book = rest.depth(symbol="BTCUSDT", limit=100)
    assert int(book.headers["x-mbx-used-weight-1m"]) > 0
    bids, asks = book.data().bids, book.data().asks
    assert len(bids) == len(asks) == 20
    assert Decimal(bids[0][0]) < Decimal(asks[0][0])


def test_orders_are_placed_found_and_cancelled(rest: Any) -> None:
    best = rest.ticker_book_ticker(symbol="BTCUSDT").data().actual_instance
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": 0.001}
    taken = rest.new_order(
        **order,
        time_in_force="IOC",
        price=float(best.ask_price) + 100,
        new_client_order_id="sdk-1",
        **PATIENT,
    ).data()
    assert (taken.status, taken.executed_qty) == ("FILLED", "0.00100000")
    assert {fill.commission_asset for fill in taken.fills} == {"BTC"}
    found = rest.get_order(symbol="BTCUSDT", orig_client_order_id="sdk-1", **PATIENT).data()
    assert (found.order_id, found.status) == (taken.order_id, "FILLED")
    fills = rest.my_trades(symbol="BTCUSDT", order_id=taken.order_id, **PATIENT).data()
    assert sum(Decimal(fill.qty) for fill in fills) == Decimal("0.001")

    half = float(Decimal(best.bid_price).to_integral_value() // 2)
    rest.new_order(**order, time_in_force="GTC", price=half, new_client_order_id="sdk-2", **PATIENT)
    resting = rest.get_open_orders(symbol="BTCUSDT", **PATIENT).data()
    assert [row.client_order_id for row in resting] == ["sdk-2"]
    gone = rest.delete_order(symbol="BTCUSDT", orig_client_order_id="sdk-2", **PATIENT).data()
    assert (gone.status, gone.orig_client_order_id) == ("CANCELED", "sdk-2")


def test_account_and_fees(rest: Any) -> None:
    account = rest.get_account(omit_zero_balances=True, **PATIENT).data()
    assert account.can_trade
    assert {"BTC", "USDT"} <= {balance.asset for balance in account.balances}
    fees = rest.account_commission(symbol="BTCUSDT").data().standard_commission
    assert Decimal(fees.taker) == Decimal("0.001")


def test_a_wrong_secret_is_refused_as_documented(venues: Description) -> None:
    with pytest.raises(errors.BadRequestError) as refused:
        rest_of(venues, secret="x" * 64).get_account(**PATIENT)

    assert "Signature" in str(refused.value)


def _counts(frames: list[Any], kinds: set[str]) -> dict[str, int]:
    names = [type(frame).__name__ for frame in frames]
    return {kind: names.count(kind) for kind in kinds}


async def test_streams(venues: Description) -> None:
    url = venues["venues"]["binance"]["ws_public"]
    config = configuration.ConfigurationWebSocketStreams(stream_url=f"{url}/stream")
    streams = await sdk.Spot(config_ws_streams=config).websocket_streams.create_connection()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    kinds = {"BookTickerResponse", "DiffBookDepthResponse", "PartialBookDepthResponse"}
    try:
        for subscribe in (
            streams.book_ticker(symbol="btcusdt"),
            streams.diff_book_depth(symbol="btcusdt", update_speed="100ms"),
            streams.partial_book_depth(symbol="btcusdt", levels="5", update_speed="100ms"),
        ):
            (await subscribe).on("message", heard.put_nowait)
        async with asyncio.timeout(WAIT_S):
            frames = [await heard.get() for _ in range(60)]
            # How many of each are among them is a matter of speed.
            while min(_counts(frames, kinds).values()) < 4:
                frames.append(await heard.get())
    finally:
        await streams.close_connection(close_session=True)

    assert {type(frame).__name__ for frame in frames} == kinds
    diffs = [frame for frame in frames if type(frame).__name__ == "DiffBookDepthResponse"]
    for before, after in pairwise(diffs):
        assert before.u + 1 == after.U
    for frame in frames:
        if type(frame).__name__ == "PartialBookDepthResponse":
            assert len(frame.bids) == len(frame.asks) == 5


async def test_orders_are_placed_over_the_socket_and_followed(venues: Description) -> None:
    about = venues["venues"]["binance"]
    config = configuration.ConfigurationWebSocketAPI(
        api_key=about["api_key"], api_secret=about["api_secret"], stream_url=about["ws_private"]
    )
    api = await sdk.Spot(config_ws_api=config).websocket_api.create_connection()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": 0.001}
    try:
        async with asyncio.timeout(WAIT_S):
            subscribed = await api.user_data_stream_subscribe_signature(**PATIENT)
            subscribed.stream.on("message", heard.put_nowait)
            best = (await api.ticker_book(symbol="BTCUSDT")).data().actual_instance.result
            price = float(best.ask_price) + 100
            taken = (
                await api.order_place(
                    **order, time_in_force="IOC", price=price, new_client_order_id="ws-1", **PATIENT
                )
            ).data()
            assert (taken.result.status, taken.result.executed_qty) == ("FILLED", "0.00100000")
            events = [(await heard.get()).actual_instance for _ in range(3)]
            assert [getattr(event, "x", None) for event in events] == ["NEW", "TRADE", None]
            assert events[1].c == "ws-1"

            half = {"time_in_force": "GTC", "price": 1000, "new_client_order_id": "ws-2"}
            await api.order_place(**{**order, "quantity": 0.01}, **half, **PATIENT)
            found = await api.order_status(symbol="BTCUSDT", orig_client_order_id="ws-2", **PATIENT)
            assert found.data().result.status == "NEW"
            gone = await api.order_cancel(symbol="BTCUSDT", orig_client_order_id="ws-2", **PATIENT)
            assert gone.data().result.status == "CANCELED"
            kinds: list[str] = []
            while kinds[-1:] != ["CANCELED"]:
                kind = getattr((await heard.get()).actual_instance, "x", None)
                kinds += [kind] if kind else []
            assert kinds == ["NEW", "CANCELED"]
    finally:
        await api.close_connection(close_session=True)


async def test_a_login_with_a_wrong_secret_is_refused_as_documented(venues: Description) -> None:
    about = venues["venues"]["binance"]
    secret = about["api_secret"]
    config = configuration.ConfigurationWebSocketAPI(
        api_key=about["api_key"],
        api_secret=secret[:-1] + chr(ord(secret[-1]) ^ 1),
        stream_url=about["ws_private"],
    )
    api = await sdk.Spot(config_ws_api=config).websocket_api.create_connection()
    try:
        with pytest.raises(ValueError, match="-1022"):
            await api.user_data_stream_subscribe_signature(**PATIENT)
    finally:
        await api.close_connection(close_session=True)


def test_a_signature_off_by_one_byte_and_a_stale_time_are_refused(
    venues: Description, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = venues["venues"]["binance"]["api_secret"]
    with pytest.raises(errors.BadRequestError) as refused:
        rest_of(venues, secret=secret[:-1] + chr(ord(secret[-1]) ^ 1)).get_account(**PATIENT)
    assert "-1022" in str(vars(refused.value))

    utils = pytest.importorskip("binance_common.utils")
    monkeypatch.setattr(utils, "get_timestamp", lambda: 1_700_000_000_000)
    with pytest.raises(errors.BadRequestError) as refused:
        rest_of(venues).get_account()
    assert "-1021" in str(vars(refused.value))
