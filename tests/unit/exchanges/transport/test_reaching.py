from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.exchanges.transport.reaching import NobodyReached, is_offline, reach
from arbot_tui.exchanges.transport.websocket import WebSocketOptions, WebSocketSession
from arbot_tui.exchanges.transport.wire import Dial
from arbot_tui.exchanges.transport.wire_picows import dial as dial_picows
from arbot_tui.exchanges.transport.wire_websockets import dial as dial_websockets
from tests.virtual_loop import LoopClock, run_virtual

_NAME = "venue.test"
_FAMILY, _KIND = socket.AF_INET, socket.SOCK_STREAM


class Network:
    """The way of this loop to a venue: its resolver hangs, or some addresses say nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
        loop = asyncio.get_running_loop()
        self.up = asyncio.Event()
        self.silent: set[str] = set()
        self._addresses = addresses or ("127.0.0.1",)
        self._connect = loop.sock_connect
        monkeypatch.setattr(loop, "getaddrinfo", self._getaddrinfo)
        monkeypatch.setattr(loop, "sock_connect", self._sock_connect)

    async def _getaddrinfo(self, host: str, port: int, **_: Any) -> Any:
        assert host == _NAME
        await self.up.wait()
        return [(_FAMILY, _KIND, 6, "", (address, port)) for address in self._addresses]

    async def _sock_connect(self, made: socket.socket, address: tuple[str, int]) -> None:
        if address[0] in self.silent:
            await asyncio.Event().wait()
        await self._connect(made, address)


@pytest.mark.parametrize("dial", [dial_websockets, dial_picows])
@pytest.mark.parametrize("hangs", ["resolver", "connection"])
def test_where_the_network_hung_for_ten_minutes_it_connects_within_fifteen_seconds(
    dial: Dial, hangs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stay(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async def scenario() -> None:
        told: list[FeedEvent] = []
        opened = asyncio.Event()

        def tell(event: FeedEvent) -> None:
            told.append(event)
            if event.kind is FeedEventKind.CONNECTED:
                opened.set()

        async with serve(stay, "127.0.0.1", 0, ping_interval=None) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            network = Network(monkeypatch)
            if hangs == "connection":
                network.up.set()
                network.silent = {"127.0.0.1"}
            session = WebSocketSession(
                venue="okx",
                exchange=0,
                options=WebSocketOptions(url=f"ws://{_NAME}:{port}/", silence_s=1e9),
                clock=LoopClock(),
                on_frame=lambda *_: None,
                on_event=tell,
                on_open=list,
                dial=dial,
                draw=lambda: 0.999,
            )
            task = asyncio.create_task(session.run())
            for after_s in (600.0, 3.0, 5.0, 7.0, 11.0, 13.0):
                # Whenever the network returns, in whatever phase of an attempt.
                await asyncio.sleep(after_s)
                assert not session.connected
            network.up.set()
            network.silent = set()
            async with asyncio.timeout(15.0):
                await opened.wait()
            task.cancel()
            await asyncio.wait([task])
        # Ten minutes are many attempts, but no storm.
        assert 40 < sum(e.kind is FeedEventKind.CONNECTING for e in told) < 120
        who = "a resolver to venue.test" if hangs == "resolver" else "venue.test"
        first = next(e for e in told if e.kind is FeedEventKind.DISCONNECTED)
        assert first.detail == f"okx: no connection: no answer of {who} within 5 s"

    run_virtual(scenario())


def test_beside_an_address_that_says_nothing_the_next_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            network = Network(monkeypatch, "127.0.0.2", "127.0.0.1")
            network.up.set()
            network.silent = {"127.0.0.2"}
            made = await reach(_NAME, port)
            assert made.getpeername() == ("127.0.0.1", port)
            assert asyncio.get_running_loop().time() == pytest.approx(0.25)
            made.close()

    run_virtual(scenario())


@pytest.mark.parametrize("error", [RuntimeError("strange address"), UnicodeError("label too long")])
def test_what_is_told_in_another_way_is_a_failure_as_well(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise error

    async def scenario() -> None:
        network = Network(monkeypatch)
        network.up.set()
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", refuse)
        with pytest.raises(OSError, match=str(error)):
            await reach(_NAME, 1)

    run_virtual(scenario())


def test_a_name_without_an_address_is_a_failure_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(*_: object, **__: object) -> list[object]:
        return []

    async def scenario() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nobody)
        with pytest.raises(OSError, match="empty"):
            await reach(_NAME, 1)

    run_virtual(scenario())


@pytest.mark.parametrize(
    ("error", "offline"),
    [
        (NobodyReached("in time"), True),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), True),
        (OSError(errno.ENETUNREACH, "no way"), True),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), False),
        (ValueError("no such scheme"), False),
    ],
)
def test_only_where_nobody_was_reached_we_are_offline(error: Exception, offline: bool) -> None:
    assert is_offline(error) is offline
