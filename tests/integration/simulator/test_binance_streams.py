"""Binance's streams over sockets, read by an independent WebSocket client."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.server import SyntheticVenues
from arbot_tui.simulator.wire.binance import streams as streams_module
from arbot_tui.simulator.wire.common import connection as connection_module
from arbot_tui.simulator.wire.common.connection import Connection

if TYPE_CHECKING:
    import aiohttp

    from tests.integration.simulator.conftest import BinanceClient

Frame = dict[str, object]


async def receive(ws: ClientConnection) -> Frame:
    async with asyncio.timeout(60):
        frame = json.loads(await ws.recv())
    assert isinstance(frame, dict)
    return frame


async def ask(ws: ClientConnection, **frame: object) -> Frame:
    """Send a control frame and return its answer, data frames in between left out."""
    await ws.send(json.dumps(frame))
    while True:
        answer = await receive(ws)
        if "result" in answer or "error" in answer:
            return answer


async def silent(ws: ClientConnection) -> bool:
    try:
        async with asyncio.timeout(0.5):
            await ws.recv()
    except TimeoutError:
        return True
    return False


async def forever(ws: ClientConnection) -> None:
    while True:
        await receive(ws)


async def chatter(ws: ClientConnection) -> None:
    """Ask far too often: six times within a second is too much, however slow the machine."""
    for number in range(60):
        await ws.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": number}))
    await forever(ws)


def levels(frame: Frame, key: str) -> dict[Decimal, Decimal]:
    rows = frame[key]
    assert isinstance(rows, list)
    return {Decimal(price): Decimal(qty) for price, qty in rows}


async def test_a_raw_stream_sends_best_prices_without_a_wrapper(binance: BinanceClient) -> None:
    async with connect(f"{binance.ws}/ws/btcusdt@bookTicker") as ws:
        frames = [await receive(ws) for _ in range(5)]
    assert all(set(frame) == {"u", "s", "b", "B", "a", "A"} for frame in frames)
    assert {frame["s"] for frame in frames} == {"BTCUSDT"}
    ids = [int(str(frame["u"])) for frame in frames]
    assert ids == sorted(set(ids))
    assert all(Decimal(str(f["b"])) < Decimal(str(f["a"])) for f in frames)


async def test_a_combined_stream_names_its_streams(binance: BinanceClient) -> None:
    url = f"{binance.ws}/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker"
    async with connect(url) as ws:
        names = {str((await receive(ws))["stream"]) for _ in range(20)}
    assert names == {"btcusdt@bookTicker", "ethusdt@bookTicker"}


@pytest.mark.parametrize("path", ["/ws", "/stream"])
async def test_subscriptions_come_and_go(binance: BinanceClient, path: str) -> None:
    async with connect(binance.ws + path) as ws:
        names = ["btcusdt@bookTicker", "ethusdt@depth@100ms"]
        answer = await ask(ws, method="SUBSCRIBE", params=names, id=1)
        assert answer == {"result": None, "id": 1}
        assert ("stream" in await receive(ws)) == (path == "/stream")
        answer = await ask(ws, method="LIST_SUBSCRIPTIONS", id="two")
        assert answer == {"result": names, "id": "two"}
        answer = await ask(ws, method="UNSUBSCRIBE", params=names, id=None)
        assert answer == {"result": None, "id": None}
        assert await silent(ws)


async def test_the_wrapper_is_a_property(binance: BinanceClient) -> None:
    async with connect(f"{binance.ws}/ws/btcusdt@bookTicker") as ws:
        answer = await ask(ws, method="SET_PROPERTY", params=["combined", True], id=5)
        assert answer == {"result": None, "id": 5}
        assert (await receive(ws))["stream"] == "btcusdt@bookTicker"
        answer = await ask(ws, method="GET_PROPERTY", params=["combined"], id=6)
        assert answer["result"] is True


async def test_unknown_and_upper_case_streams_are_acknowledged_and_silent(
    binance: BinanceClient,
) -> None:
    async with connect(f"{binance.ws}/ws") as ws:
        names = ["BTCUSDT@bookTicker", "nopeusdt@bookTicker", "btcusdt@nothing"]
        answer = await ask(ws, method="SUBSCRIBE", params=names, id=1)
        assert answer == {"result": None, "id": 1}
        assert await silent(ws)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", 3),
        ("[]", 2),
        ('{"id":1}', 2),
        ('{"method":"NOPE","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":"x","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":[],"id":1.5}', 2),
        ('{"method":"SET_PROPERTY","params":["combined",1],"id":1}', 1),
        ('{"method":"SET_PROPERTY","params":["other",true],"id":1}', 0),
        ('{"method":"GET_PROPERTY","params":["other"],"id":1}', 0),
    ],
)
async def test_bad_control_frames_are_answered(
    binance: BinanceClient, frame: str, code: int
) -> None:
    async with connect(f"{binance.ws}/ws") as ws:
        await ws.send(frame)
        answer = await receive(ws)
        error = answer["error"]
        assert isinstance(error, dict)
        assert error["code"] == code


async def test_a_client_that_talks_too_much_is_cut(binance: BinanceClient) -> None:
    async with connect(f"{binance.ws}/ws") as ws:
        with pytest.raises(ConnectionClosed) as closed:
            await chatter(ws)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "Too many requests")


async def test_client_pings_are_answered(binance: BinanceClient) -> None:
    async with connect(f"{binance.ws}/ws", ping_interval=None) as ws:
        async with asyncio.timeout(60):
            await (await ws.ping())


async def test_the_server_pings_and_drops_who_does_not_answer(
    binance: BinanceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams_module, "_PING_S", 0.4)
    monkeypatch.setattr(streams_module, "_PONG_WITHIN_S", 5.0)
    async with SyntheticVenues(WorldSpec(symbols=1, rate_hz=1.0)) as venues:
        root = venues.description["venues"]["binance"]["ws_public"]
        async with connect(f"{root}/ws") as answers:
            host, port = root.removeprefix("ws://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(
                b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            got = b""
            try:
                await reader.readuntil(b"\r\n\r\n")
                with suppress(ConnectionResetError):
                    async with asyncio.timeout(60):
                        while chunk := await reader.read(100):
                            got += chunk
            finally:
                writer.close()
            # Empty pings, and then the end.
            assert got
            assert set(got) == {0x89, 0x00}
            assert await ask(answers, method="LIST_SUBSCRIPTIONS", id=1) == {"result": [], "id": 1}


async def test_a_connection_has_at_most_1024_streams(binance: BinanceClient) -> None:
    names = [f"s{number}usdt@bookTicker" for number in range(1025)]
    async with connect(f"{binance.ws}/ws") as ws:
        answer = await ask(ws, method="SUBSCRIBE", params=names[:1024], id=1)
        assert answer["result"] is None
        answer = await ask(ws, method="SUBSCRIBE", params=names[1024:], id=2)
        assert answer["error"] == {"code": 4, "msg": "Too many subscriptions"}
    async with connect(f"{binance.ws}/stream?streams={'/'.join(names[:300])}") as ws:
        answer = await ask(ws, method="LIST_SUBSCRIPTIONS", id=1)
        assert answer["result"] == names[:300]


async def test_two_speeds_share_a_symbol_without_disturbing_each_other(
    binance: BinanceClient,
) -> None:
    fast, slow = "btcusdt@depth@100ms", "btcusdt@depth"
    async with connect(f"{binance.ws}/stream?streams={fast}/{slow}") as ws:
        chains: dict[str, list[tuple[int, int]]] = {fast: [], slow: []}
        while len(chains[slow]) < 2:
            frame = await receive(ws)
            data = frame["data"]
            assert isinstance(data, dict)
            chains[str(frame["stream"])].append((data["U"], data["u"]))
        for chain in chains.values():
            for (_, last), (first, _) in pairwise(chain):
                assert first == last + 1
        await ask(ws, method="UNSUBSCRIBE", params=[slow], id=1)
        assert (await receive(ws))["stream"] == fast


@pytest.mark.parametrize("speed", ["@100ms", "@1000ms", ""])
async def test_diff_depth_joins_the_rest_snapshot(binance: BinanceClient, speed: str) -> None:
    async with connect(f"{binance.ws}/ws/btcusdt@depth{speed}") as ws:
        await asyncio.sleep(0.15)
        _, body = await binance.get("/api/v3/depth?symbol=BTCUSDT&limit=5000")
        assert isinstance(body, dict)
        book_id = body["lastUpdateId"]
        sides = {"b": levels(body, "bids"), "a": levels(body, "asks")}
        applied = 0
        while applied < (3 if speed == "@100ms" else 1):
            event = await receive(ws)
            first, last = int(str(event["U"])), int(str(event["u"]))
            if last <= book_id:
                continue
            assert first <= book_id + 1 <= last
            if applied:
                assert first == book_id + 1
            for key, side in sides.items():
                side.update(levels(event, key))
                for price in [price for price, qty in side.items() if not qty]:
                    del side[price]
            book_id, applied = last, applied + 1
        assert max(sides["b"]) < min(sides["a"])
        assert len(sides["b"]) == len(sides["a"]) == 20


async def test_partial_depth_replaces_the_top(binance: BinanceClient) -> None:
    async with connect(f"{binance.ws}/stream?streams=btcusdt@depth5@100ms") as ws:
        frame = await receive(ws)
    assert frame["stream"] == "btcusdt@depth5@100ms"
    data = frame["data"]
    assert isinstance(data, dict)
    assert len(data["bids"]) == len(data["asks"]) == 5
    assert data["lastUpdateId"] > 0


async def test_an_edge_is_on_the_feed_at_once(session: aiohttp.ClientSession) -> None:
    # At this rate nothing else would be told for hours.
    spec = WorldSpec(seed=7, symbols=4, rate_hz=0.0001, edges_per_min=0.0)
    async with SyntheticVenues(spec) as slow:
        about = slow.description["venues"]["binance"]
        best = f"{about['rest']}/api/v3/ticker/bookTicker?symbol=BTCUSDT"
        async with session.get(best) as answer:
            before = Decimal((await answer.json())["bidPrice"])
        async with connect(f"{about['ws_public']}/ws/btcusdt@bookTicker") as ws:
            edge = {
                "action": "edge",
                "symbol": "BTC/USDT",
                "buy": "okx",
                "sell": "binance",
                "pct": 2,
                "life_s": 600,
            }
            control = slow.description["control"]
            async with session.post(f"{control}/world", json=edge) as answer:
                assert answer.status == 200
            async with asyncio.timeout(60):
                while Decimal(str((await receive(ws))["b"])) < before * Decimal("1.01"):
                    pass


async def test_a_slow_reader_is_dropped_and_others_are_served(
    binance: BinanceClient, venues: SyntheticVenues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "MAX_QUEUED", 200)
    cut: list[Connection] = []

    def note(connection: Connection) -> None:
        cut.append(connection)
        end(connection)

    end = Connection._cut
    monkeypatch.setattr(Connection, "_cut", note)
    host, port = binance.rest.removeprefix("http://").split(":")
    stuck = socket.socket()
    # A small window, so that the kernel holds little of what is not read.
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect((host, int(port)))
    stuck.sendall(
        b"GET /ws/ethusdt@bookTicker HTTP/1.1\r\nHost: x\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    change = venues.world.books("binance")["ETH/USDT"].change()
    sink = venues.sinks["binance"]
    sent = got = 0
    async with connect(f"{binance.ws}/ws/ethusdt@bookTicker", max_queue=None) as healthy:
        await receive(healthy)
        # How much the kernel takes of what nobody reads is its own business.
        while not cut:
            for _ in range(20):
                sink(change)
            sent += 20
            await asyncio.sleep(0)
            while True:
                try:
                    async with asyncio.timeout(0):
                        await healthy.recv()
                except TimeoutError:
                    break
                got += 1
        while got < sent:
            await receive(healthy)
            got += 1
    assert len(cut) == 1
    # In a thread: the server that ends the connection runs on this loop.
    await asyncio.to_thread(_read_to_end, stuck)


def _read_to_end(stuck: socket.socket) -> None:
    with stuck, suppress(ConnectionResetError):
        while stuck.recv(65536):
            pass
