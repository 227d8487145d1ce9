"""What receiving a frame costs: our wires beside the front end of the `websockets` library.

    python -m tests.benchmarks.bench_receive [rounds]

CPU time of the receiving process in microseconds per frame, best of some interleaved rounds, on
uvloop; the sender is a process of its own. "flood" is as fast as it can be sent, "2000/s" one
frame at a time, "TLS" the same encrypted (needs openssl for a certificate). The frame is a
combined ``bookTicker`` of 146 bytes. "raw" reads the same bytes off the socket and looks at
nothing: the floor. Only ratios within one line carry meaning on a shared machine.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from arbot_tui.exchanges.transport import wire_picows, wire_websockets
from arbot_tui.exchanges.transport.wire import Dial, DialOptions

_FRAME = (
    '{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"25.35190000",'
    '"B":"31.21000000","a":"25.36520000","A":"40.66000000","x":1}}'
)
_FLOOD, _TRICKLE = 200_000, 4_000
_BATCH = 100

Contender = Callable[[str, int, ssl.SSLContext | None], Awaitable[None]]


class _Counter:
    """A wire's handler that counts."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.done = asyncio.Event()

    def on_message(self, raw: bytes) -> None:
        self.left -= 1
        if not self.left:
            self.done.set()

    def on_control(self, *, pong: bool) -> None:
        pass


def _on_wire(dial: Dial) -> Contender:
    async def receive(url: str, count: int, trust: ssl.SSLContext | None) -> None:
        wire = await dial(
            DialOptions(venue="bench", url=url, headers={}, max_message_bytes=1 << 20, timeout_s=5)
        )
        counter = _Counter(count)
        wire.start(counter)
        await counter.done.wait()
        wire.close()
        await wire.wait_closed()

    return receive


async def _front_end(url: str, count: int, trust: ssl.SSLContext | None) -> None:
    async with connect(url, compression=None, ssl=trust, max_queue=256) as socket:
        for _ in range(count):
            await socket.recv(decode=False)


async def _raw(url: str, count: int, trust: ssl.SSLContext | None) -> None:
    """Read as many bytes as the frames have, past an opening that is not looked at."""
    left = count * (len(_FRAME) + 4)
    done = asyncio.Event()

    class Reader(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            nonlocal left
            left -= len(data)
            if left <= 0:
                done.set()

    host, _, port = url.rpartition("//")[2].partition(":")
    transport, _ = await asyncio.get_running_loop().create_connection(
        Reader, host, int(port.partition("/")[0]), ssl=trust
    )
    target = url.rpartition("/")[2]
    transport.write(
        f"GET /{target} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await done.wait()
    transport.abort()


_CONTENDERS: dict[str, Contender] = {
    "websockets": _front_end,
    "our wire on it": _on_wire(wire_websockets.dial),
    "our picows wire": _on_wire(wire_picows.dial),
    "raw": _raw,
}


async def _send(socket: ServerConnection) -> None:
    assert socket.request is not None
    kind = socket.request.path.strip("/")
    # Past the library's own writing, which is slower than the reading that is measured.
    one = b"\x81\x7e" + len(_FRAME).to_bytes(2, "big") + _FRAME.encode()
    count, batch = (_FLOOD, _BATCH) if kind == "flood" else (_TRICKLE, 1)
    for _ in range(count // batch):
        if socket.transport.is_closing():
            return
        socket.transport.write(one * batch)
        await asyncio.sleep(0 if kind == "flood" else 1 / 2000)
        while socket.transport.get_write_buffer_size() > 1 << 18:  # noqa: ASYNC110 (no event)
            await asyncio.sleep(0.001)
    await socket.wait_closed()


async def _serve(folder: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if folder:
        context.load_cert_chain(Path(folder, "certificate.pem"), Path(folder, "key.pem"))
    options = {"compression": None, "ping_interval": None}
    async with (
        serve(_send, "127.0.0.1", 0, **options) as clear,  # type: ignore[arg-type]
        serve(_send, "127.0.0.1", 0, ssl=context, **options) as secret,  # type: ignore[arg-type]
    ):
        ports = [next(iter(server.sockets)).getsockname()[1] for server in (clear, secret)]
        sys.stdout.write(f"{ports[0]} {ports[1]}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def _measure(contender: Contender, url: str, count: int, trust: ssl.SSLContext | None) -> float:
    started_ns = time.process_time_ns()
    uvloop.run(contender(url, count, trust))  # type: ignore[arg-type]
    return (time.process_time_ns() - started_ns) / count / 1000


def _line(name: str, url: str, count: int, trust: ssl.SSLContext | None, rounds: int) -> str:
    best = dict.fromkeys(_CONTENDERS, float("inf"))
    for _ in range(rounds):
        for each, contender in _CONTENDERS.items():
            best[each] = min(best[each], _measure(contender, url, count, trust))
    peer, floor = best["websockets"], best["raw"]
    cells = "".join(
        f"  {each} {cost:6.2f} ({peer / cost:4.1f}x less, {cost / floor:4.1f}x raw)"
        for each, cost in best.items()
    )
    return f"{name:9}{cells}\n"


def _certificate(folder: str) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"),
        ],
        check=True,
        capture_output=True,
    )


def main(rounds: int) -> None:
    """Measure and print one line per kind of traffic."""
    with tempfile.TemporaryDirectory() as folder:
        _certificate(folder)
        trust = ssl.create_default_context(cafile=f"{folder}/certificate.pem")
        for module in (wire_picows, wire_websockets):
            setattr(module, "_tls_context", lambda: trust)  # noqa: B010 (private to the wires)
        with subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.bench_receive", "serve", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as server:
            assert server.stdout is not None
            clear, secret = server.stdout.readline().split()
            urls = {
                "flood": (f"ws://127.0.0.1:{int(clear)}/flood", _FLOOD, None),
                "2000/s": (f"ws://127.0.0.1:{int(clear)}/trickle", _TRICKLE, None),
                "TLS": (f"wss://127.0.0.1:{int(secret)}/trickle", _TRICKLE, trust),
            }
            for name, (url, count, context) in urls.items():
                sys.stdout.write(_line(name, url, count, context, rounds))
                sys.stdout.flush()
            assert server.stdin is not None
            server.stdin.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        uvloop.run(_serve(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
