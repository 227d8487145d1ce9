"""What a hostile or broken venue may send, and how little of it is taken in (fault 10)."""

from __future__ import annotations

import asyncio
import tracemalloc

from websockets.asyncio.server import ServerConnection

from tests.integration.exchanges.test_transport_websocket import Client, running, serving, url_of
from tests.unit.exchanges.loopback import until

MIB = 1 << 20


def _refusals(client: Client) -> list[str]:
    """Return why connections were given up for what came over them."""
    return [cause for cause in client.causes() if cause.startswith("protocol error: ")]


async def test_five_mebibytes_are_refused_whole_and_in_pieces() -> None:
    sent = asyncio.Event()

    async def handler(socket: ServerConnection) -> None:
        if client.session.connects == 1:
            await socket.send("x" * (5 * MIB))
        else:
            await socket.send(["x" * 1000] * 5_000)
        sent.set()
        await socket.wait_closed()

    tracemalloc.start()
    try:
        # The server notices by its ping alone that a client left amid its fragments.
        async with serving(handler, write_limit=8 * MIB, ping_interval=0.5) as server:
            client = Client(url_of(server))
            async with running(client):
                # An attempt that the machine had no time for is not counted.
                await until(lambda: len(_refusals(client)) >= 2)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert client.frames == []
    assert client.session.connects >= 2
    # The server's own copies of the two messages are in it.
    assert most < 40 * MIB


async def test_a_compressed_frame_that_was_never_agreed_on_is_refused() -> None:
    async def handler(socket: ServerConnection) -> None:
        assert socket.transport is not None
        # Text, final, with the bit that marks deflated data: a bomb would begin like this.
        socket.transport.write(b"\xc1\x05bombs")
        await socket.wait_closed()

    async with serving(handler) as server, running(Client(url_of(server))) as client:
        await until(lambda: client.causes())
    assert client.frames == []
    assert client.causes()[0].startswith("protocol error: ")


async def test_compression_is_not_offered() -> None:
    offered: list[str] = []

    async def handler(socket: ServerConnection) -> None:
        assert socket.request is not None
        offered.append(socket.request.headers.get("Sec-WebSocket-Extensions", ""))
        await socket.wait_closed()

    async with serving(handler) as server, running(Client(url_of(server))):
        await until(lambda: offered)
    assert offered == [""]
