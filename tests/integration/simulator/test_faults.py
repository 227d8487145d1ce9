"""`/faults` over sockets: posting, listing, lifting, and what REST calls and connecting meet."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from arbot_tui.domain.clock import SECOND, VirtualClock
from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.server import SyntheticVenues

VENUES = ("binance", "bybit", "okx", "bitget")
TIME = {
    "binance": "/api/v3/time",
    "bybit": "/v5/market/time",
    "okx": "/api/v5/public/time",
    "bitget": "/api/v2/public/time",
}
SUBSCRIBE = {
    "binance": '{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1}',
    "bybit": '{"op":"subscribe","args":["orderbook.1.BTCUSDT"]}',
    "okx": '{"op":"subscribe","args":[{"channel":"bbo-tbt","instId":"BTC-USDT"}]}',
    "bitget": '{"op":"subscribe","args":[{"instType":"SPOT","channel":"books1","instId":"BTCUSDT"}]}',  # noqa: E501
}
each_venue = pytest.mark.parametrize("venue", VENUES)


class Control:
    """The control server's `/faults`, and the venues' addresses."""

    def __init__(self, session: aiohttp.ClientSession, venues: SyntheticVenues) -> None:
        self.session = session
        self.venues = venues
        self.url = f"{venues.description['control']}/faults"

    async def post(self, **fault: object) -> dict[str, Any]:
        async with self.session.post(self.url, json=fault) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            assert isinstance(body, dict)
            return body

    async def list(self) -> dict[str, Any]:
        async with self.session.get(self.url) as answer:
            assert answer.status == 200
            body = await answer.json()
            assert isinstance(body, dict)
            return body

    async def lift(self, number: int | str = "") -> tuple[int, dict[str, Any]]:
        async with self.session.delete(f"{self.url}/{number}" if number else self.url) as answer:
            return answer.status, await answer.json()

    async def ask(
        self, venue: str, path: str = "", timeout_s: float = 60.0
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        url = self.venues.description["venues"][venue]["rest"] + (path or TIME[venue])
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        async with self.session.get(url, timeout=timeout) as answer:
            text = await answer.text()
            with suppress(json.JSONDecodeError):
                return answer.status, json.loads(text), answer
            return answer.status, text, answer

    def ws(self, venue: str) -> str:
        url = self.venues.description["venues"][venue]["ws_public"]
        return f"{url}/ws" if venue == "binance" else url


@pytest.fixture
def control(session: aiohttp.ClientSession, venues: SyntheticVenues) -> Control:
    return Control(session, venues)


async def listen(control: Control, venue: str) -> ClientConnection:
    """Connect, subscribe, and wait for the first frames."""
    socket = await connect(control.ws(venue), ping_interval=None, max_size=None)
    await socket.send(SUBSCRIBE[venue])
    for _ in range(3):
        await hear(socket)
    return socket


async def hear(socket: ClientConnection) -> str | bytes:
    async with asyncio.timeout(60):
        return await socket.recv()


async def ending(socket: ClientConnection) -> ConnectionClosed:
    """Read until the connection ends."""
    while True:
        try:
            await hear(socket)
        except ConnectionClosed as closed:
            return closed


# The control server


async def test_a_fault_is_posted_listed_and_lifted(control: Control) -> None:
    posted = await control.post(
        venue="okx", fault="drop", symbol="BTC/USDT", args={"p": 0.5}, count=3, for_s=60
    )
    assert posted == {
        "id": 1,
        "venue": "okx",
        "fault": "drop",
        "symbol": "BTC/USDT",
        "args": {"p": 0.5, "channel": None},
        "count": 3,
        "left_s": 60.0,
        "hits": 0,
        "since_ns": posted["since_ns"],
    }
    listed = await control.list()
    assert [fault["id"] for fault in listed["faults"]] == [1]
    assert 0 < listed["faults"][0]["left_s"] <= 60
    assert listed["ended"] == []

    assert await control.lift(1) == (200, {"ok": True, "lifted": 1})
    assert await control.lift(1) == (404, {"error": "no fault 1 is on"})
    listed = await control.list()
    assert (listed["faults"], [fault["id"] for fault in listed["ended"]]) == ([], [1])


async def test_deleting_lifts_everything(control: Control) -> None:
    for venue in VENUES:
        await control.post(venue=venue, fault="freeze")
    assert await control.lift() == (200, {"ok": True, "lifted": 4})

    assert await control.list() == {"faults": [], "ended": []}
    assert await control.lift() == (200, {"ok": True, "lifted": 0})


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"venue":"okx"}',
        '{"venue":"okx","fault":"freeze","extra":1}',
        '{"venue":"okx","fault":"freeze","count":"1"}',
        '{"venue":"okx","fault":"freeze","for_s":-1}',
        '{"venue":"okx","fault":"freeze","args":[]}',
        '{"venue":"okx","fault":"freeze","args":{"x":1}}',
        '{"venue":"okx","fault":"ack_code","args":{"code":"x"}}',
        '{"venue":"okx","fault":"filters","symbol":"BTC/USDT","args":{"tick":"0.3"}}',
        '{"venue":"mtgox","fault":"freeze"}',
    ],
)
async def test_bad_input_is_answered_with_one_error(control: Control, body: str) -> None:
    async with control.session.post(control.url, data=body) as answer:
        error = await answer.json()
        assert answer.status == 400

    assert list(error) == ["error"]
    assert "\n" not in error["error"]
    assert (await control.list())["faults"] == []


async def test_null_stands_for_what_is_left_out(control: Control) -> None:
    posted = await control.post(
        venue="bybit", fault="freeze", symbol=None, args=None, count=None, for_s=None
    )
    assert (posted["symbol"], posted["count"], posted["left_s"]) == (None, None, None)


# Frames


@each_venue
async def test_a_frozen_socket_answers_pings_and_thaws(control: Control, venue: str) -> None:
    socket = await listen(control, venue)
    fault = await control.post(venue=venue, fault="freeze")
    with suppress(TimeoutError):
        async with asyncio.timeout(0.3):
            while True:
                await socket.recv()
    async with asyncio.timeout(60):
        await (await socket.ping())
    await control.lift(fault["id"])
    await hear(socket)
    await socket.close()


@each_venue
async def test_bad_bytes_reach_the_client_as_they_are(control: Control, venue: str) -> None:
    socket = await listen(control, venue)
    await control.post(venue=venue, fault="corrupt", args={"kinds": ["utf8"]}, count=1)
    closed = await ending(socket)

    # The client itself gives up: a text frame has to be UTF-8.
    assert closed.sent is not None
    assert closed.sent.code == 1007


@each_venue
async def test_a_frame_can_be_too_big_for_a_client(control: Control, venue: str) -> None:
    async with connect(control.ws(venue), max_size=1 << 20) as socket:
        await control.post(venue=venue, fault="flood", args={"bytes": 5 << 20})
        closed = await ending(socket)

    assert closed.sent is not None
    assert closed.sent.code == 1009


@each_venue
async def test_a_slow_line_is_slow_for_pongs_and_rest_as_well(control: Control, venue: str) -> None:
    socket = await listen(control, venue)
    await control.post(venue=venue, fault="delay", args={"ms": 300})
    start = time.monotonic()
    async with asyncio.timeout(60):
        await (await socket.ping())
    pong_s = time.monotonic() - start
    start = time.monotonic()
    await control.ask(venue)
    rest_s = time.monotonic() - start
    await control.lift()
    await socket.close()

    # How slow it may be beyond that is the machine's business.
    assert pong_s >= 0.29
    assert rest_s >= 0.29


# Lines


@each_venue
async def test_in_a_black_hole_neither_sockets_nor_requests_get_an_answer(
    control: Control, venue: str
) -> None:
    socket = await listen(control, venue)
    fault = await control.post(venue=venue, fault="blackhole")
    with suppress(TimeoutError):
        async with asyncio.timeout(0.2):
            while True:
                await socket.recv()
    waiter = await socket.ping()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await waiter
    with pytest.raises(TimeoutError):
        await control.ask(venue, timeout_s=0.2)
    with pytest.raises(TimeoutError):
        await connect(control.ws(venue), open_timeout=0.2)
    await control.lift(fault["id"])

    assert (await control.ask(venue))[0] == 200
    await hear(socket)
    await socket.close()


async def test_a_client_that_closes_in_a_black_hole_hears_nothing(control: Control) -> None:
    socket = await connect(control.ws("okx"), ping_interval=None, close_timeout=0.3)
    await control.post(venue="okx", fault="blackhole")
    await socket.close()

    assert socket.close_code == 1006


@each_venue
async def test_a_reset_is_a_reset(control: Control, venue: str) -> None:
    host, port = control.ws(venue).split("/")[2].split(":")
    socket = await listen(control, venue)
    reader, writer = await asyncio.open_connection(host, int(port))
    path = "/" + "/".join(control.ws(venue).split("/")[3:])
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    await control.post(venue=venue, fault="rst")
    with pytest.raises(ConnectionResetError):
        async with asyncio.timeout(60):
            await reader.read()
    writer.close()

    closed = await ending(socket)
    assert closed.rcvd is None
    assert (await control.list())["faults"] == []


@each_venue
async def test_connecting_can_be_reset_for_a_time(control: Control, venue: str) -> None:
    fault = await control.post(venue=venue, fault="rst", for_s=60)
    with pytest.raises((InvalidMessage, OSError)):
        await connect(control.ws(venue))
    with pytest.raises(aiohttp.ClientError):
        await control.ask(venue)
    await control.lift(fault["id"])

    assert (await control.ask(venue))[0] == 200


# REST


@each_venue
@pytest.mark.parametrize("code", [403, 418, 429])
async def test_a_banned_address_gets_neither_answers_nor_sockets(
    control: Control, venue: str, code: int
) -> None:
    fault = await control.post(venue=venue, fault="ban", args={"code": code}, for_s=30)
    status, _, answer = await control.ask(venue)
    assert status == code
    assert 1 <= int(answer.headers["Retry-After"]) <= 30
    with pytest.raises(InvalidStatus) as refused:
        await connect(control.ws(venue))
    assert refused.value.response.status_code == code
    assert (await control.list())["faults"][0]["hits"] == 2

    await control.lift(fault["id"])
    assert (await control.ask(venue))[0] == 200


async def test_bans_are_worded_as_each_venue_words_them(control: Control) -> None:
    for venue in VENUES:
        await control.post(venue=venue, fault="ban", args={"code": 429, "retry_after_s": 7})
    bodies = {venue: (await control.ask(venue))[1] for venue in VENUES}

    assert bodies["binance"]["code"] == -1003
    assert bodies["bybit"]["retCode"] == 10429
    assert bodies["okx"]["code"] == "50011"
    assert bodies["bitget"]["code"] == "429"
    await control.lift()
    await control.post(venue="bybit", fault="ban", args={"code": 403})
    await control.post(venue="binance", fault="ban", args={"code": 403})
    assert (await control.ask("bybit"))[1] == "access too frequent"
    assert "<html>" in (await control.ask("binance"))[1]


async def test_a_promise_can_differ_from_the_ban(control: Control) -> None:
    await control.post(venue="okx", fault="ban", args={"retry_after_s": 500}, for_s=20)
    _, _, answer = await control.ask("okx")
    assert answer.headers["Retry-After"] == "500"
    await control.lift()
    await control.post(venue="okx", fault="ban")
    _, _, answer = await control.ask("okx")
    assert answer.headers["Retry-After"] == "30"


async def test_a_ban_can_be_counted(control: Control) -> None:
    await control.post(venue="okx", fault="ban", count=2)
    statuses = [(await control.ask("okx"))[0] for _ in range(3)]

    assert statuses == [429, 429, 200]


async def test_requests_can_be_lost_and_answers_damaged(control: Control) -> None:
    await control.post(venue="bybit", fault="drop", args={"channel": "rest"}, count=1)
    with pytest.raises(TimeoutError):
        await control.ask("bybit", timeout_s=0.2)
    assert (await control.ask("bybit"))[0] == 200

    await control.post(
        venue="bybit", fault="corrupt", args={"channel": "rest", "kinds": ["cut"]}, count=1
    )
    status, body, _ = await control.ask("bybit")
    assert (status, type(body)) == (200, str)
    assert (await control.ask("bybit"))[1]["retCode"] == 0


@each_venue
async def test_the_server_time_follows_a_wrong_clock(control: Control, venue: str) -> None:
    async def server_ms() -> int:
        _, body, _ = await control.ask(venue)
        if venue == "okx":
            return int(body["data"][0]["ts"])
        if venue == "bitget":
            return int(body["data"]["serverTime"])
        return int(body["time" if venue == "bybit" else "serverTime"])

    before = await server_ms()
    await control.post(venue=venue, fault="clock_skew", args={"ms": 3_600_000})
    assert await server_ms() >= before + 3_600_000


# What venues list


LISTS = {
    "binance": "/api/v3/exchangeInfo",
    "bybit": "/v5/market/instruments-info?category=spot",
    "okx": "/api/v5/public/instruments?instType=SPOT",
    "bitget": "/api/v2/spot/public/symbols",
}


async def listed(control: Control, venue: str) -> dict[str, dict[str, Any]]:
    """Return the venue's list of instruments by name."""
    _, body, _ = await control.ask(venue, LISTS[venue])
    if venue == "binance":
        rows = body["symbols"]
    elif venue == "bybit":
        rows = body["result"]["list"]
    else:
        rows = body["data"]
    return {row["instId" if venue == "okx" else "symbol"].replace("-", ""): row for row in rows}


@pytest.mark.parametrize(
    ("venue", "status", "word"),
    [
        ("binance", "halted", "HALT"),
        ("binance", "cancel_only", "CANCEL_ONLY"),
        ("binance", "delisted", "BREAK"),
        ("bybit", "halted", None),
        ("bybit", "cancel_only", None),
        ("bybit", "delisted", None),
        ("okx", "halted", "suspend"),
        ("okx", "cancel_only", "suspend"),
        ("okx", "delisted", None),
        ("bitget", "halted", "halt"),
        ("bitget", "cancel_only", "gray"),
        ("bitget", "delisted", None),
    ],
)
async def test_a_status_is_listed_in_the_venues_own_word(
    control: Control, venue: str, status: str, word: str | None
) -> None:
    await control.post(venue=venue, fault="status", symbol="BTC/USDT", args={"status": status})
    rows = await listed(control, venue)
    key = "state" if venue == "okx" else "status"

    assert ("BTCUSDT" in rows) is (word is not None)
    if word is not None:
        assert rows["BTCUSDT"][key] == word
    assert rows["ETHUSDT"][key] in ("TRADING", "Trading", "live", "online")


async def test_suspended_transfers_are_told_and_the_market_goes_on(control: Control) -> None:
    async def open_ways(coin: str) -> tuple[str, str]:
        _, body, _ = await control.ask("bitget", f"/api/v2/spot/public/coins?coin={coin}")
        (row,) = body["data"]
        (chain,) = row["chains"]
        return chain["rechargeable"], chain["withdrawable"]

    args = {"suspended": "withdrawals"}
    fault = await control.post(venue="bitget", fault="status", symbol="ETH/USDT", args=args)
    assert await open_ways("ETH") == ("true", "false")
    assert await open_ways("BTC") == ("true", "true")
    assert (await listed(control, "bitget"))["ETHUSDT"]["status"] == "online"
    await control.post(venue="bitget", fault="status", args={"suspended": "both"})
    assert await open_ways("BTC") == ("false", "false")
    await control.lift(fault["id"])


@each_venue
async def test_other_rules_are_listed(control: Control, venue: str) -> None:
    def steps(row: dict[str, Any]) -> list[str]:
        if venue == "binance":
            rules = {rule["filterType"]: rule for rule in row["filters"]}
            return [rules["PRICE_FILTER"]["tickSize"], rules["LOT_SIZE"]["stepSize"]]
        if venue == "bybit":
            return [row["priceFilter"]["tickSize"], row["lotSizeFilter"]["basePrecision"]]
        if venue == "okx":
            return [row["tickSz"], row["lotSz"]]
        return [f"1e-{row['pricePrecision']}", f"1e-{row['quantityPrecision']}"]

    before = steps((await listed(control, venue))["BTCUSDT"])
    fault = await control.post(venue=venue, fault="filters", symbol="BTC/USDT")
    after = steps((await listed(control, venue))["BTCUSDT"])
    assert [float(b) / float(a) for a, b in zip(before, after, strict=True)] == pytest.approx(
        [10, 10]
    )

    await control.lift(fault["id"])
    assert steps((await listed(control, venue))["BTCUSDT"]) == before


async def test_a_halted_symbol_has_no_best_price_on_binance(control: Control) -> None:
    await control.post(venue="binance", fault="status", symbol="BTC/USDT")
    _, row, _ = await control.ask("binance", "/api/v3/ticker/bookTicker?symbol=BTCUSDT")

    assert float(row["bidPrice"]) == float(row["askQty"]) == 0


# Limits


@pytest.mark.parametrize(("venue", "most", "status"), [("okx", 3, 429), ("bitget", 100, 429)])
async def test_an_address_may_open_so_many_sockets(
    session: aiohttp.ClientSession, venue: str, most: int, status: int
) -> None:
    # Within a second of the venue's, however long it takes.
    clock = VirtualClock(1_790_000_000 * SECOND)
    spec = WorldSpec(seed=7, symbols=1, rate_hz=0.01, edges_per_min=0.0)
    async with SyntheticVenues(spec, clock=clock) as venues:
        control = Control(session, venues)
        sockets = [await connect(control.ws(venue), ping_interval=None) for _ in range(most)]
        with pytest.raises(InvalidStatus) as refused:
            await connect(control.ws(venue))
        assert refused.value.response.status_code == status
        await asyncio.gather(*(socket.close() for socket in sockets))

        if venue == "okx":
            with pytest.raises(InvalidStatus):
                await connect(control.ws(venue))
            clock.advance(SECOND + 1)
        async with connect(control.ws(venue)):
            pass
