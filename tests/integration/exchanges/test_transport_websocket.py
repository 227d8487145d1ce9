"""The WebSocket session against real loopback servers, on every library behind the seam."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import itertools
import re
import select
import shutil
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.utils import accept_key

from arbot_tui.domain.clock import SECOND, Clock, SystemClock, VirtualClock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.exchanges.transport import wire_picows, wire_websockets
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.reaching import reach
from arbot_tui.exchanges.transport.websocket import Heartbeat, WebSocketOptions, WebSocketSession
from arbot_tui.exchanges.transport.wire import Dial, DialFailed, DialOptions, Wire
from arbot_tui.exchanges.transport.wire_picows import dial as dial_picows
from arbot_tui.exchanges.transport.wire_websockets import dial as dial_websockets
from arbot_tui.exchanges.transport.wires import default_dial
from tests.unit.exchanges.loopback import until

Serve = Callable[[ServerConnection], Awaitable[None]]

_DIALS: dict[str, Dial] = {"websockets": dial_websockets, "picows": dial_picows}


@pytest.fixture(params=_DIALS, autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run everything here once for each library."""
    monkeypatch.setattr(Client, "dial", staticmethod(_DIALS[request.param]))
    name: str = request.param
    return name


class Client:
    """A session and everything it said."""

    dial: Dial = staticmethod(default_dial)

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        opening: Iterable[bytes] = (),
        heartbeat: Heartbeat | None = None,
        silence_s: float = 30.0,
        max_message_bytes: int = 1 << 20,
        frames_per_s: float = 1000.0,
        open_timeout_s: float = 60.0,
        ban: BanClock | None = None,
        draw: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.frames: list[bytes] = []
        self.events: list[FeedEvent] = []
        self.on_frame: Callable[[bytes], None] = self.frames.append
        opening = tuple(opening)
        self.session = WebSocketSession(
            venue="binance",
            exchange=3,
            options=WebSocketOptions(
                url=url,
                heartbeat=heartbeat,
                silence_s=silence_s,
                max_message_bytes=max_message_bytes,
                frames_per_s=frames_per_s,
                open_timeout_s=open_timeout_s,
                backoff_base_s=0.001,
                backoff_cap_s=0.01,
            ),
            clock=clock or SystemClock(),
            on_frame=lambda raw, _: self.on_frame(raw),
            on_event=self.events.append,
            on_open=lambda: opening,
            ban=ban,
            connection=7,
            dial=self.dial,
            draw=draw,
        )

    def kinds(self) -> list[str]:
        """Return what happened, without signs of life."""
        kinds = [event.kind for event in self.events]
        return [kind.value for kind in kinds if kind is not FeedEventKind.ALIVE]

    def causes(self) -> list[str]:
        ended = FeedEventKind.DISCONNECTED
        return [event.detail for event in self.events if event.kind is ended]

    def alive(self) -> list[FeedEvent]:
        return [event for event in self.events if event.kind is FeedEventKind.ALIVE]


Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def answering(answer: Raw) -> AsyncIterator[int]:
    """Serve raw connections on a port; at the end each is closed by us and seen gone."""
    served: set[asyncio.Task[None]] = set()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.add(task)
        try:
            with contextlib.suppress(ConnectionError):
                await answer(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    # Left to the event loop's end, they would be closed by the collector, in another test.
    await until(lambda: all(task.done() for task in served))


@contextlib.asynccontextmanager
async def running(client: Client) -> AsyncIterator[Client]:
    task = asyncio.create_task(client.session.run())
    try:
        yield client
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        # A server may just have accepted an attempt that was given up: let it notice.
        await asyncio.sleep(0.02)
        for _ in range(10):
            await asyncio.sleep(0)


def url_of(server: Server, scheme: str = "ws") -> str:
    host, port = next(iter(server.sockets)).getsockname()[:2]
    return f"{scheme}://{host}:{port}/stream"


@contextlib.asynccontextmanager
async def serving(handler: Serve, **options: object) -> AsyncIterator[Server]:
    async with serve(handler, "127.0.0.1", 0, close_timeout=0.1, **options) as server:  # type: ignore[arg-type]
        yield server


async def _stay(socket: ServerConnection) -> None:
    await socket.wait_closed()


async def test_every_message_arrives_whole_and_in_order() -> None:
    async def handler(socket: ServerConnection) -> None:
        # Written before the client can have reacted to the opening.
        for number in range(50):
            await socket.send(f'{{"n":{number}}}')
        await socket.send(b"binary")
        await socket.send(["in ", "three ", "parts"])
        await socket.send("x" * 300_000)
        await _stay(socket)

    async with serving(handler) as server, running(Client(url_of(server))) as client:
        await until(lambda: len(client.frames) == 53)

    assert client.frames[:50] == [b'{"n":%d}' % number for number in range(50)]
    assert client.frames[50:52] == [b"binary", b"in three parts"]
    assert client.frames[52] == b"x" * 300_000
    assert {type(frame) for frame in client.frames} == {bytes}


async def test_it_subscribes_in_order_on_every_connection() -> None:
    received: list[list[str | bytes]] = []

    async def handler(socket: ServerConnection) -> None:
        mine: list[str | bytes] = []
        received.append(mine)
        async for message in socket:
            mine.append(message)
            if len(mine) == 3:
                await socket.close(1001, "going away")

    async with (
        serving(handler) as server,
        running(Client(url_of(server), opening=(b"one", b"two"))) as client,
    ):
        await until(lambda: client.session.connected)
        client.session.send(b"three")
        await until(lambda: len(received) == 2 and len(received[1]) == 2)

    assert received == [["one", "two", "three"], ["one", "two"]]
    assert client.kinds() == [
        *("connecting", "connected", "disconnected"),
        *("connecting", "connected", "disconnected"),
    ]
    assert client.causes()[0] == "closed by the venue: 1001 (going away) going away"
    assert {(event.exchange, event.connection) for event in client.events} == {(3, 7)}


async def test_what_is_sent_without_a_connection_is_forgotten() -> None:
    client = Client("ws://127.0.0.1:1/")

    client.session.send(b"lost")

    client.session.reconnect("nothing to drop")

    assert client.session.send_now(b"lost") is False


async def test_a_message_past_the_pace_leaves_before_the_call_returns() -> None:
    got: list[str | bytes] = []

    async def handler(socket: ServerConnection) -> None:
        got.extend([message async for message in socket])

    async with serving(handler) as server:
        async with running(Client(url_of(server), opening=(b"slow",) * 5, frames_per_s=0.01)) as c:
            await until(lambda: c.session.connected)
            assert c.session.send_now(b"order") is True
        await until(lambda: got)

    assert "order" in got
    assert got.count("slow") <= 1


async def test_a_connection_that_is_closing_takes_no_order() -> None:
    # It would be dropped without a word, and asked for in vain while the other leg executes.
    async with serving(_stay) as server, running(Client(url_of(server))) as client:
        await until(lambda: client.session.connected)
        client.session.reconnect("a frame that cannot be read")
        assert client.session.connected
        assert client.session.send_now(b"order") is False
        await until(lambda: client.session.connects == 2)
        assert client.session.send_now(b"order") is True


async def test_a_malformed_frame_is_counted_and_the_next_one_is_read() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send("bad")
        await socket.send("good")
        await _stay(socket)

    def refuse(raw: bytes) -> None:
        if raw == b"bad":
            raise MalformedMessage("binance", "bad \x1b[31mframe")
        client.frames.append(raw)

    async with serving(handler) as server:
        client = Client(url_of(server))
        client.on_frame = refuse
        async with running(client):
            await until(lambda: client.frames)

    assert client.frames == [b"good"]
    assert client.kinds() == ["connecting", "connected", "malformed", "disconnected"]
    told = next(e for e in client.events if e.kind is FeedEventKind.MALFORMED)
    assert told.detail == "binance: bad [31mframe"


async def test_a_bug_behind_the_frame_ends_the_session_and_its_socket() -> None:
    gone = asyncio.Event()

    async def handler(socket: ServerConnection) -> None:
        await socket.send("boom")
        await socket.wait_closed()
        gone.set()

    async with serving(handler) as server:
        client = Client(url_of(server))
        client.on_frame = lambda raw: 1 / 0  # type: ignore[assignment]
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        with pytest.raises(ZeroDivisionError):
            await client.session.run()
        await gone.wait()

    assert client.kinds()[-1] == "disconnected"
    assert client.session.connected is False


async def test_an_oversized_message_closes_the_connection() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send("x" * 5000)
        await _stay(socket)

    async with (
        serving(handler) as server,
        running(Client(url_of(server), max_message_bytes=4096)) as client,
    ):
        await until(lambda: len(client.causes()) >= 2)

    assert client.frames == []
    assert client.causes()[0].startswith("protocol error: ")


async def test_cancellation_leaves_no_task_and_no_socket() -> None:
    closed: list[int | None] = []

    async def handler(socket: ServerConnection) -> None:
        await socket.wait_closed()
        closed.append(socket.close_code)

    async with serving(handler) as server:
        before = asyncio.all_tasks()
        async with running(Client(url_of(server))) as client:
            await until(lambda: client.session.connected)
        await until(lambda: closed)
        assert client.session.connected is False
        assert {
            task for task in asyncio.all_tasks() - before if "handler" not in repr(task)
        } == set()

    assert closed == [1000]
    assert client.causes() == ["stopped"]


async def test_it_can_be_given_up_at_any_moment_of_the_opening(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[socket.socket] = []
    if library == "picows":

        class Noted(wire_picows._Lent):
            def __init__(self, made: socket.socket) -> None:
                super().__init__(made)
                reached.append(self)

        monkeypatch.setattr(wire_picows, "_Lent", Noted)
    else:

        async def noting(host: str, port: int) -> socket.socket:
            reached.append(await reach(host, port))
            return reached[-1]

        monkeypatch.setattr(wire_websockets, "reach", noting)
    async with serving(_stay) as server:
        # How many turns of the loop a connection takes depends on the machine's load.
        for moment in range(1000):
            if len(reached) > 20 and moment >= 40:
                break
            task = asyncio.create_task(Client(url_of(server)).session.run())
            for _ in range(moment):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=60.0)
            assert done, moment
            # Closed by whoever opened it, not whenever the collector comes by.
            assert [one.fileno() for one in reached] == [-1] * len(reached), moment
        await until(lambda: len(server.connections) == 0)
    # How many got that far depends on how soon the resolver's thread answers.
    assert reached


@pytest.mark.parametrize("turn", range(4))
async def test_a_connection_that_is_reset_while_it_opens_harms_no_other(
    turn: int, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    wrong: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, context: wrong.append(context))
    resetting = socket.create_server(("127.0.0.1", 0))

    async def reach_and_be_reset(host: str, port: int) -> socket.socket:
        made = await reach(host, port)
        if port == resetting.getsockname()[1]:
            _at_turn(turn, functools.partial(_reset, resetting, made.dup()))
        return made

    module = {"picows": wire_picows, "websockets": wire_websockets}[library]
    monkeypatch.setattr(module, "reach", reach_and_be_reset)

    async def dial(port: int) -> Wire:
        return await Client.dial(_options(port))

    with resetting:
        async with serving(_stay) as server:
            for _ in range(2):
                with pytest.raises(DialFailed, match="no connection"):
                    await dial(resetting.getsockname()[1])
                # It takes the number that the socket before had.
                wire = await dial(int(url_of(server).rpartition(":")[2].partition("/")[0]))
                wire.close()
                await wire.wait_closed()
    assert wrong == []


def _options(port: int) -> DialOptions:
    return DialOptions(
        venue="okx",
        url=f"ws://127.0.0.1:{port}/",
        headers={},
        max_message_bytes=1000,
        timeout_s=60.0,
    )


def _at_turn(turn: int, act: Callable[[], None]) -> None:
    """Call `act` now, or when the loop has turned that often."""
    if turn == 0:
        act()
    else:
        asyncio.get_running_loop().call_soon(_at_turn, turn - 1, act)


def _reset(server: socket.socket, reached: socket.socket) -> None:
    """Reset the connection that waits at `server`, and see that it has come to `reached`."""
    _reset_now(server.accept()[0])
    poll = select.poll()
    poll.register(reached, 0)
    assert poll.poll(60_000)
    reached.close()


async def _accept(server: socket.socket) -> socket.socket:
    """Let a client in, and read what it asks for."""
    loop = asyncio.get_running_loop()
    peer, _ = await loop.run_in_executor(None, server.accept)
    asked = await loop.run_in_executor(None, peer.recv, 4096)
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", asked)
    assert key is not None
    answer = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
    accept = f"Sec-WebSocket-Accept: {accept_key(key[1].decode())}"
    peer.sendall("\r\n".join((*answer, accept, "", "")).encode())
    return peer


def _reset_now(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


@pytest.mark.parametrize("frame", [b"", b"\x81\x01a"])
async def test_a_reset_is_heard_whatever_came_with_it(frame: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = Client(f"ws://127.0.0.1:{server.getsockname()[1]}/")
        async with running(client):
            peer = await _accept(server)
            await until(lambda: client.session.connected)
            peer.sendall(frame)
            _reset_now(peer)
            # Far sooner than by its silence.
            await until(lambda: client.causes())
    assert client.causes()[0].startswith("connection lost")


async def test_given_up_amid_a_reset_it_is_closed_by_its_library() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        dialing = asyncio.create_task(Client.dial(_options(server.getsockname()[1])))
        peer = await _accept(server)
        peer.sendall(b"\x81\x01a")
        _reset_now(peer)
        dialing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            (await dialing).abort()
    del dialing
    # What is left to the collector complains, and fails this test.
    gc.collect()


async def test_a_venue_that_accepts_and_says_nothing_is_given_up() -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with answering(listen) as port:
        client = Client(f"ws://127.0.0.1:{port}/", open_timeout_s=0.05)
        async with running(client):
            await until(lambda: len(client.causes()) >= 2)

    assert client.causes()[0] == "binance: no connection within 0.05 s"


async def test_forty_reconnects_leave_nothing_behind() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.recv()

    async with serving(handler) as server:
        before = len(asyncio.all_tasks())
        async with running(Client(url_of(server), opening=(b"subscribe",))) as client:
            await until(lambda: client.session.connects >= 40)
        await until(lambda: len(server.connections) == 0)
        await until(lambda: len(asyncio.all_tasks()) <= before)

    assert client.kinds().count("connected") == client.session.connects


async def test_every_failure_widens_the_delay() -> None:
    draws: list[float] = []

    def draw() -> float:
        draws.append(0.0)
        return 0.0

    client = Client("ws://127.0.0.1:9/", draw=draw)

    async with running(client):
        await until(lambda: len(draws) >= 4)

    assert client.kinds()[:4] == ["connecting", "disconnected"] * 2
    assert client.causes()[0].startswith("binance: no connection: ")


async def test_asked_to_it_reconnects_and_says_why() -> None:
    async with serving(_stay) as server, running(Client(url_of(server))) as client:
        await until(lambda: client.session.connected)
        client.session.reconnect("shutdown announced")
        client.session.reconnect("a second cause")
        await until(lambda: client.session.connects == 2)

    assert client.causes() == ["shutdown announced", "stopped"]


async def test_silence_is_taken_for_a_dead_connection() -> None:
    async with (
        serving(_stay) as server,
        running(Client(url_of(server), silence_s=0.05)) as client,
    ):
        await until(lambda: client.session.connects >= 3)

    assert set(client.causes()[:-1]) == {"nothing received for 0.05 s"}


async def test_a_quiet_connection_is_asked_and_the_answer_is_timed_and_kept() -> None:
    asked: list[str | bytes] = []

    async def handler(socket: ServerConnection) -> None:
        async for message in socket:
            asked.append(message)
            await socket.send("pong")

    heartbeat = Heartbeat(text=b"ping", is_pong=lambda raw: raw == b"pong", quiet_s=0.01)
    async with (
        serving(handler) as server,
        running(Client(url_of(server), heartbeat=heartbeat)) as client,
    ):
        await until(lambda: len([e for e in client.alive() if e.rtt_ns > 0]) >= 2)

    assert set(asked) == {"ping"}
    assert client.frames == []
    assert client.session.rtt_ns > 0
    assert client.session.connects == 1


async def test_a_venue_that_wants_pings_gets_them_on_a_busy_connection() -> None:
    asked = asyncio.Event()

    async def handler(socket: ServerConnection) -> None:
        async def chatter() -> None:
            for number in itertools.count():
                await socket.send(str(number))
                await asyncio.sleep(0.001)

        task = asyncio.create_task(chatter())
        try:
            await socket.recv()
            asked.set()
            await socket.wait_closed()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    heartbeat = Heartbeat(text=b"ping", quiet_s=0.2, every_s=0.05)
    async with (
        serving(handler) as server,
        running(Client(url_of(server), heartbeat=heartbeat)) as client,
    ):
        await asyncio.wait_for(asked.wait(), 60.0)
        await until(lambda: len(client.frames) > 3)


async def test_protocol_pings_are_timed_and_server_pings_are_signs_of_life() -> None:
    async def handler(socket: ServerConnection) -> None:
        while True:
            await (await socket.ping())
            await asyncio.sleep(0.01)

    heartbeat = Heartbeat(quiet_s=0.001)
    with contextlib.suppress(ConnectionClosed):
        async with (
            serving(handler, ping_interval=None) as server,
            running(Client(url_of(server), heartbeat=heartbeat)) as client,
        ):
            await until(lambda: client.session.rtt_ns > 0)
            await until(lambda: [e for e in client.alive() if e.rtt_ns == 0])

    assert client.frames == []


async def test_a_banned_address_stays_away_until_the_time_has_passed() -> None:
    requests = 0

    def refuse(socket: ServerConnection, request: Request) -> Response:
        nonlocal requests
        requests += 1
        headers = Headers({"Retry-After": "1800"})
        return Response(HTTPStatus.TOO_MANY_REQUESTS, "Too Many", headers, b"")

    clock, ban = VirtualClock(SECOND), BanClock()
    async with (
        serving(_stay, process_request=refuse) as server,
        running(Client(url_of(server), clock=clock, ban=ban)) as client,
    ):
        await until(lambda: ban.until_ns)
        await asyncio.sleep(0.05)

    assert requests == 1
    assert ban.remaining_s(clock.now_ns()) == 1800.0
    assert client.causes() == ["binance: opening refused with HTTP 429"]


async def test_a_redirect_is_not_followed() -> None:
    visited: list[str] = []

    def redirect(socket: ServerConnection, request: Request) -> Response | None:
        visited.append(request.path)
        if request.path == "/elsewhere":
            return None
        return Response(HTTPStatus.FOUND, "Found", Headers({"Location": "/elsewhere"}), b"")

    async with (
        serving(_stay, process_request=redirect) as server,
        running(Client(url_of(server))) as client,
    ):
        await until(lambda: len(client.causes()) >= 2)

    assert set(visited) == {"/stream"}
    assert client.causes()[0] == "binance: opening refused with HTTP 302"


async def test_a_server_that_speaks_no_http_is_refused() -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        await writer.drain()

    async with (
        answering(speak) as port,
        running(Client(f"ws://127.0.0.1:{port}/")) as client,
    ):
        await until(lambda: client.causes())

    assert client.causes()[0].startswith("binance: no connection: ")


async def test_a_server_that_hangs_up_during_the_opening_is_retried() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)

    async with (
        answering(hang_up) as port,
        running(Client(f"ws://127.0.0.1:{port}/")) as client,
    ):
        await until(lambda: len(client.causes()) >= 2)

    assert client.causes()[0].startswith("binance: no connection: ")


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    self_signed: ssl.SSLContext,
) -> None:
    async with (
        serving(_stay, ssl=self_signed) as server,
        running(Client(url_of(server, "wss"))) as client,
    ):
        await until(lambda: client.causes())

    assert "certificate verify failed" in client.causes()[0].lower().replace("_", " ")
    assert client.session.connects == 0


async def test_over_tls_to_whom_the_certificate_names(
    self_signed: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    for module in (wire_picows, wire_websockets):
        monkeypatch.setattr(module, "_tls_context", lambda: trusting)

    async def handler(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    async with serving(handler, ssl=self_signed) as server:
        port = url_of(server).rpartition(":")[2]
        async with running(Client(f"wss://localhost:{port}", opening=(b"hello",))) as client:
            await until(lambda: client.frames)
        async with running(Client(f"wss://127.0.0.1:{port}")) as other:
            await until(lambda: other.causes())

    assert client.frames == [b"hello"]
    assert client.causes() == ["stopped"]
    assert "no connection" in other.causes()[0]


def _frame(first: int, payload: bytes) -> bytes:
    """Return a frame of a server, unmasked; `first` is its first byte: FIN, RSV bits, opcode."""
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    return bytes([first, 126]) + len(payload).to_bytes(2, "big") + payload


@contextlib.asynccontextmanager
async def speaking(
    frames: bytes, headers: str = "", heard: bytearray | None = None
) -> AsyncIterator[str]:
    """Serve raw bytes after a correct opening, all in one piece."""

    async def serve_raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = dict(line.split(": ", 1) for line in request.splitlines()[1:] if line)
        key = {name.lower(): value for name, value in lines.items()}["sec-websocket-key"]
        head = (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(key)}\r\n{headers}\r\n"
        )
        writer.write(head.encode() + frames)
        while data := await reader.read(65536):
            if heard is not None:
                heard.extend(data)

    async with answering(serve_raw) as port:
        yield f"ws://127.0.0.1:{port}/"


_FIN, _RSV1 = 0x80, 0x40
_CONT, _TEXT, _CLOSE, _PING = 0x0, 0x1, 0x8, 0x9


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(
            _frame(_TEXT, b"x" * 3000) + _frame(_FIN | _CONT, b"x" * 3000), id="parts too long"
        ),
        pytest.param(_frame(_FIN | _TEXT, b"x" * 5000), id="too long"),
        pytest.param(_frame(_FIN | _RSV1 | _TEXT, b"\xaaV*I-.Q\x02\x00"), id="compressed"),
        pytest.param(_frame(_FIN | _CONT, b"end"), id="no beginning"),
        pytest.param(_frame(_TEXT, b"a") + _frame(_FIN | _TEXT, b"b"), id="no end"),
        pytest.param(_frame(_FIN | 0x3, b"?"), id="unknown kind"),
        pytest.param(_frame(_PING, b"in parts"), id="control in parts"),
    ],
)
async def test_frames_that_break_the_protocol_end_the_connection_unread(frames: bytes) -> None:
    async with (
        speaking(frames) as url,
        running(Client(url, max_message_bytes=4096)) as client,
    ):
        await until(lambda: client.causes())

    assert client.frames == []
    assert client.causes()[0].startswith("protocol error: ")


async def test_messages_in_front_of_a_broken_frame_are_read() -> None:
    frames = _frame(_FIN | _TEXT, b"first") + _frame(_FIN | _TEXT, b"second")
    async with (
        speaking(frames + _frame(_FIN | _RSV1 | _TEXT, b"broken")) as url,
        running(Client(url)) as client,
    ):
        await until(lambda: client.causes())

    assert client.frames[:2] == [b"first", b"second"]
    assert b"broken" not in client.frames


async def test_an_extension_that_nobody_asked_for_is_refused() -> None:
    headers = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    async with speaking(b"", headers) as url, running(Client(url)) as client:
        await until(lambda: client.causes())

    assert client.causes()[0].startswith("binance: no connection: ")
    assert client.session.connects == 0


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ((1008).to_bytes(2, "big") + b"too \x1b[31mmany", "1008 (policy violation) too [31mmany"),
        ((4001).to_bytes(2, "big") + b"go", "4001 (private use) go"),
    ],
)
async def test_the_venue_s_code_and_words_of_a_close_are_told(payload: bytes, told: str) -> None:
    async with speaking(_frame(_FIN | _CLOSE, payload)) as url, running(Client(url)) as client:
        await until(lambda: client.causes())

    assert client.causes()[0] == f"closed by the venue: {told}"


async def test_a_ping_is_answered_with_its_own_words() -> None:
    heard = bytearray()
    async with (
        speaking(_frame(_FIN | _PING, b"0123456789"), heard=heard) as url,
        running(Client(url)) as client,
    ):
        await until(lambda: len(heard) >= 16)

    assert heard[:2] == bytes([_FIN | 0xA, 0x80 | 10])
    mask = bytes(heard[2:6])
    assert bytes(b ^ mask[n % 4] for n, b in enumerate(heard[6:16])) == b"0123456789"
    assert client.alive()


def test_the_faster_library_is_used_where_it_is_installed() -> None:
    assert default_dial is dial_picows


def test_without_the_faster_library_the_other_one_is_used() -> None:
    blocked = (
        "import sys; sys.modules['picows'] = None\n"
        "from arbot_tui.exchanges.transport.wires import default_dial\n"
        "print(default_dial.__module__)"
    )
    out = subprocess.run([sys.executable, "-c", blocked], capture_output=True, check=True)
    assert out.stdout.decode().strip() == "arbot_tui.exchanges.transport.wire_websockets"
