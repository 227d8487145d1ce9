"""Faults on private channels, and keys that end while somebody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from arbot_tui.domain.clock import SECOND
from tests.integration.simulator import (
    test_binance_ws_api,
    test_bitget_private,
    test_bybit_private,
    test_okx_private,
)
from tests.integration.simulator.order_drivers import DRIVERS, Driver, driving
from tests.integration.simulator.venue_client import Body

VENUES = tuple(DRIVERS)
every_venue = pytest.mark.parametrize("venue", VENUES)


@asynccontextmanager
async def following(venue: str) -> AsyncIterator[tuple[Driver, ClientConnection]]:
    """Drive a venue and follow its account on a private socket."""
    async with driving(venue) as driver:
        url = driver.client.place["ws_private"]
        assert url is not None
        async with connect(url) as socket:
            await LOGINS[venue](driver, socket)
            yield driver, socket


async def _binance(driver: Driver, socket: ClientConnection) -> None:
    client = test_binance_ws_api.Client(
        driver.client.venues, driver.client.clock, driver.client.session
    )
    client.socket, client.events = socket, []
    await test_binance_ws_api.subscribed(client)


async def _bybit(driver: Driver, socket: ClientConnection) -> None:
    topics = ("order.spot", "execution.spot", "wallet")
    await test_bybit_private.logged_in(driver.client, socket, *topics)  # type: ignore[arg-type]


async def _okx(driver: Driver, socket: ClientConnection) -> None:
    args = (test_okx_private.ORDERS, test_okx_private.ACCOUNT)
    await test_okx_private.logged_in(driver.client, socket, *args)  # type: ignore[arg-type]


async def _bitget(driver: Driver, socket: ClientConnection) -> None:
    module = test_bitget_private
    args = (module.ORDERS, module.FILLS, module.ACCOUNT)
    await module.logged_in(driver.client, socket, *args)  # type: ignore[arg-type]


LOGINS = {"binance": _binance, "bybit": _bybit, "okx": _okx, "bitget": _bitget}
PING = {
    "binance": '{"id":1,"method":"ping"}',
    "bybit": '{"op":"ping"}',
    "okx": "ping",
    "bitget": "ping",
}


def about_account(text: str) -> bool:
    """Whether a frame tells about orders, fills or balances."""
    if text == "pong":
        return False
    frame: Body = json.loads(text)
    return ("event" in frame and isinstance(frame["event"], dict)) or (
        "data" in frame and ("arg" in frame or "topic" in frame)
    )


async def heard(venue: str, socket: ClientConnection) -> list[str]:
    """Return what was told before the answer to a ping."""
    await socket.send(PING[venue])
    frames: list[str] = []
    while about_account(text := str(await socket.recv())):
        frames.append(text)
    return frames


@every_venue
async def test_everything_private_can_fall_silent_while_books_go_on(venue: str) -> None:
    async with following(venue) as (driver, socket):
        fault = driver.client.venues.inject(venue, "freeze", args={"channel": "private"})
        await driver.take("quiet1")
        assert await heard(venue, socket) == []
        assert fault.hits > 0
        driver.client.venues.faults.lift(fault.number, driver.client.clock.now_ns())
        await driver.take("quiet2")
        frames = await heard(venue, socket)
        assert len(frames) >= 3
        assert not any("quiet1" in frame for frame in frames)


@every_venue
async def test_events_can_come_twice(venue: str) -> None:
    async with following(venue) as (driver, socket):
        driver.client.venues.inject(venue, "dup", args={"channel": "orders"})
        await driver.take("twice1")
        frames = [frame for frame in await heard(venue, socket) if "twice1" in frame]
        orders = [frame for frame in frames if '"fill"' not in frame and "execution" not in frame]
        if venue == "binance":
            orders = frames
        assert len(orders) % 2 == 0
        assert orders[::2] == orders[1::2] != []


@every_venue
async def test_balances_alone_can_be_lost(venue: str) -> None:
    async with following(venue) as (driver, socket):
        driver.client.venues.inject(venue, "drop", args={"channel": "balances"})
        await driver.take("lossy1")
        frames = await heard(venue, socket)
        assert frames
        assert all("lossy1" in frame or "tradeId" in frame for frame in frames)


@every_venue
async def test_events_can_be_late(venue: str) -> None:
    async with following(venue) as (driver, socket):
        args: dict[str, object] = {"channel": "orders", "ms": 3_000, "spread_ms": 500}
        driver.client.venues.inject(venue, "delay", args=args)
        await driver.take("slow1")
        early = await heard(venue, socket)
        driver.client.clock.advance(4 * SECOND)
        async with asyncio.timeout(60):
            late = str(await socket.recv())
        assert not any(
            "slow1" in frame and "fill" not in frame for frame in early if venue != "bybit"
        )
        assert "slow1" in late


@every_venue
async def test_a_key_that_ends_ends_what_it_opened(venue: str) -> None:
    async with following(venue) as (driver, socket):
        driver.client.venues.inject(venue, "expire")
        async with asyncio.timeout(60):
            if venue == "binance":
                frame = json.loads(await socket.recv())
                assert frame["event"]["e"] == "eventStreamTerminated"
                return
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == (4007 if venue == "okx" else 1008)


@every_venue
async def test_a_shutdown_is_announced_where_the_venue_does(venue: str) -> None:
    async with following(venue) as (driver, socket):
        driver.client.venues.inject(venue, "notice", args={"close_after_s": 5.0})
        if venue in ("binance", "okx"):
            frame = json.loads(await socket.recv())
            assert "serverShutdown" in str(frame) or frame["code"] == "64008"
        driver.client.clock.advance(6 * SECOND)
        control = driver.client.venues.description["control"]
        async with driver.client.session.get(f"{control}/faults") as answer:
            assert (await answer.json())["faults"] == []
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_lost_answers_on_sockets() -> None:
    async with driving("okx") as driver:
        url = driver.client.place["ws_trade"]
        assert url is not None
        async with connect(url) as socket:
            await _okx(driver, socket)
            driver.client.venues.inject("okx", "ack_lost", args={"op": "place"}, count=1)
            order = test_okx_private.order(driver.client, driver.best()[0] - 500, ordType="limit")  # type: ignore[arg-type]
            await socket.send(json.dumps({"id": "1", "op": "order", "args": [order]}))
            frames: list[str] = []
            while not any('"state":"live"' in frame for frame in frames):
                frames.append(str(await socket.recv()))
            await socket.send("ping")
            while (text := str(await socket.recv())) != "pong":
                frames.append(text)
            assert not any('"op":"order"' in frame for frame in frames)
            assert [o.client_id for o in driver.client.matcher.orders] == ["arb1"]


async def test_a_gateway_takes_a_socket_with_it() -> None:
    async with driving("bybit") as driver:
        url = driver.client.place["ws_trade"]
        assert url is not None
        async with connect(url) as socket:
            login = test_bybit_private.login(driver.client)  # type: ignore[arg-type]
            await test_bybit_private.ask(socket, op="auth", args=login)
            args: dict[str, object] = {"status": 503, "executed": 1}
            driver.client.venues.inject("bybit", "ack_code", args=args)
            header = test_bybit_private.header(driver.client)  # type: ignore[arg-type]
            order = test_bybit_private.order(driver.best()[0] - 500)
            request = {"reqId": "1", "header": header, "op": "order.create", "args": [order]}
            await socket.send(json.dumps(request))
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert len(driver.client.matcher.orders) == 1


async def test_an_order_on_a_socket_that_is_late_is_refused_and_leaves_others_alone() -> None:
    async with driving("binance") as driver:
        url = driver.client.place["ws_trade"]
        assert url is not None
        async with connect(url) as socket:
            client = test_binance_ws_api.Client(
                driver.client.venues, driver.client.clock, driver.client.session
            )
            client.socket, client.events = socket, []
            fault = driver.client.venues.inject("binance", "arrive_late", args={"ms": 9_000})
            params = client.signed(
                symbol="BTCUSDT",
                side="BUY",
                type="LIMIT",
                timeInForce="IOC",
                quantity="0.001",
                price=str(driver.best()[1] + 10),
            )
            late = {"id": "late", "method": "order.place", "params": params}
            await socket.send(json.dumps(late))
            # It is under way; whatever else is asked is answered meanwhile.
            assert (await client.call("ping"))["result"] == {}
            assert fault.hits == 1
            driver.client.clock.advance(9 * SECOND)
            answer = json.loads(await socket.recv())
            assert (answer["id"], answer["error"]["code"]) == ("late", -1021)


@every_venue
async def test_a_fill_can_be_a_lie_while_the_truth_stays(venue: str) -> None:
    async with following(venue) as (driver, socket):
        args: dict[str, object] = {"channel": "private", "kinds": ["overfill"]}
        driver.client.venues.inject(venue, "corrupt", args=args)
        await driver.take("lie1")
        frames = await heard(venue, socket)
        assert any("0.003" in frame for frame in frames)
        (order,) = driver.client.matcher.orders
        assert order.filled == order.qty
