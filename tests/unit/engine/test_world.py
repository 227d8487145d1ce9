from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from arbot_tui.domain.errors import ExchangeUnavailable, MalformedMessage
from arbot_tui.domain.secret import Secret
from arbot_tui.engine.world import connect, parse_world

DOCUMENT: dict[str, Any] = {
    "world_id": "0b465bb288446f0d",
    "seed": 7,
    "control": "http://127.0.0.1:5000",
    "venues": {
        "okx": {
            "rest": "http://127.0.0.1:5001",
            "ws_public": "ws://127.0.0.1:5001/ws/v5/public",
            "ws_private": None,
            "ws_trade": None,
            "api_key": "key",
            "api_secret": "S3CRET",
            "passphrase": "P4SS",
        },
        "binance": {
            "rest": "http://[::1]:5002",
            "ws_public": "ws://localhost:5002",
            "ws_private": None,
            "ws_trade": None,
            "api_key": "key",
            "api_secret": "S3CRET",
            "passphrase": None,
        },
    },
}


def changed(**venue: object) -> bytes:
    document = json.loads(json.dumps(DOCUMENT))
    document["venues"]["okx"] |= venue
    return json.dumps(document).encode()


def test_a_description_is_read_with_its_secrets_wrapped() -> None:
    world = parse_world(json.dumps(DOCUMENT).encode())
    assert (world.world_id, world.seed, world.control) == (
        "0b465bb288446f0d",
        7,
        "http://127.0.0.1:5000",
    )
    assert list(world.venues) == ["okx", "binance"]
    okx = world.venues["okx"]
    assert okx.urls.ws_public == "ws://127.0.0.1:5001/ws/v5/public"
    assert okx.credentials.api_secret == Secret("S3CRET")
    assert okx.credentials.passphrase == Secret("P4SS")
    assert world.venues["binance"].credentials.passphrase is None
    assert "S3CRET" not in repr(world)
    assert "P4SS" not in repr(world)


@pytest.mark.parametrize("raw", [b"", b"no json", b"{}", b"[]", b'{"world_id":1}'])
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedMessage, match="unreadable description"):
        parse_world(raw)


@pytest.mark.parametrize("name", ["", "../etc", "a/b", "x" * 65, "a b", "ä"])
def test_a_name_that_is_no_plain_folder_name_is_refused(name: str) -> None:
    with pytest.raises(MalformedMessage, match="no plain name"):
        parse_world(json.dumps(DOCUMENT | {"world_id": name}).encode())


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "ws://10.0.0.1:1",
        "http://127.0.0.1.example.com",
        "http://[",
        "nonsense",
        "http://0.0.0.0:1",
    ],
)
@pytest.mark.parametrize("part", ["rest", "ws_public", "ws_private", "ws_trade"])
def test_an_address_outside_this_machine_is_refused(part: str, url: str) -> None:
    with pytest.raises(MalformedMessage, match="is not on this machine"):
        parse_world(changed(**{part: url}))


class _Control(http.server.BaseHTTPRequestHandler):
    status = 200
    body = json.dumps(DOCUMENT).encode()

    def do_GET(self) -> None:
        assert self.path == "/venues"
        self.send_response(self.status)
        self.send_header("Location", "http://example.com/venues")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def control() -> Iterator[type[_Control]]:
    class Control(_Control):
        url = ""

    with http.server.HTTPServer(("127.0.0.1", 0), Control) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        Control.url = f"http://127.0.0.1:{server.server_port}"
        yield Control
        server.shutdown()
        thread.join()


def test_a_running_world_is_found_by_its_control_url(
    control: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert connect(control.url).world_id == DOCUMENT["world_id"]
    assert connect(f"{control.url}/").seed == 7


@pytest.mark.parametrize("status", [301, 404, 500])
def test_another_status_is_no_world_and_redirects_are_not_followed(
    control: Any, status: int
) -> None:
    control.status = status
    with pytest.raises(MalformedMessage, match=f"answers {status} to GET /venues"):
        connect(control.url)


def test_another_answer_is_no_world(control: Any) -> None:
    control.body = b"<html>"
    with pytest.raises(MalformedMessage, match=f"{control.url}: unreadable description"):
        connect(control.url)


@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nX: "])
def test_who_answers_byte_by_byte_is_given_up(head: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        given_up = threading.Event()

        def trickle() -> None:
            peer, _ = server.accept()
            with peer, suppress(OSError):
                peer.sendall(head)
                while not given_up.wait(0.01):
                    peer.sendall(b" ")

        thread = threading.Thread(target=trickle)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        try:
            with pytest.raises(ExchangeUnavailable, match=f"{url} does not answer: timed out"):
                connect(url, timeout_s=0.1)
        finally:
            given_up.set()
            thread.join()


def test_nobody_there_is_said() -> None:
    with pytest.raises(ExchangeUnavailable, match="does not answer"):
        connect("http://127.0.0.1:1")


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1:1", "http://example.com", "127.0.0.1:80", "", "http://127.0.0.1:99999"],
)
def test_other_addresses_are_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(ValueError, match="allowed: an http:// URL of this machine"):
        connect(url)
