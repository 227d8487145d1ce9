"""The worked examples of the facts page, section 6."""

from __future__ import annotations

import json

import pytest

from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.signing import rest_headers, signature, ws_login

KEY = "bg_0123456789abcdef0123456789abcdef"
SECRET = Secret("6b8f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d")
CREDENTIALS = Credentials(KEY, SECRET, Secret("TestPassphrase1"))
BODY = (
    '{"symbol":"BTCUSDT","side":"buy","orderType":"limit","force":"ioc","price":"65000.12",'
    '"size":"0.0015","clientOid":"arb-0000000001"}'
)
UNIFIED_BODY = (
    '{"category":"SPOT","symbol":"BTCUSDT","side":"buy","orderType":"limit","timeInForce":"ioc",'
    '"price":"65000.12","qty":"0.0015","clientOid":"arb-0000000001"}'
)


@pytest.mark.parametrize(
    ("method", "target", "body", "expected"),
    [
        (
            "GET",
            "/api/v2/spot/trade/orderInfo?clientOid=arb-0000000001",
            "",
            "9mg89DVBaVAST9w+HHafZ5VnSSkEKUqmJD4lMcVhkZ8=",
        ),
        (
            "POST",
            "/api/v2/spot/trade/place-order",
            BODY,
            "W7H8QyvcNRMwN7VLlWF7lZxtY4JBCGhNx80RxLhrL3Y=",
        ),
        (
            "POST",
            "/api/v3/trade/place-order",
            UNIFIED_BODY,
            "xKoBl9oiMdQJSnbXVUk/KsXlvh5ujFno9TUw24Qeidg=",
        ),
    ],
)
def test_rest_signature_equals_the_worked_example(
    method: str, target: str, body: str, expected: str
) -> None:
    assert rest_headers(CREDENTIALS, 1795350896789, method, target, body) == {
        "ACCESS-KEY": KEY,
        "ACCESS-SIGN": expected,
        "ACCESS-TIMESTAMP": "1795350896789",
        "ACCESS-PASSPHRASE": "TestPassphrase1",
        "Content-Type": "application/json",
        "locale": "en-US",
    }


def test_socket_login_equals_the_worked_example_in_seconds() -> None:
    assert json.loads(ws_login(CREDENTIALS, 1795350896)) == {
        "op": "login",
        "args": [
            {
                "apiKey": KEY,
                "passphrase": "TestPassphrase1",
                "timestamp": "1795350896",
                "sign": "yrViVdbzyrompdjoTtHrYKTwSpLzwb0IzL3xggm10OM=",
            }
        ],
    }
    millis = signature(SECRET, "1795350896789GET/user/verify")
    assert millis == "McrrhvCtMYYofGwwkF4SybXPk9Q1nzpF6y3i4f1zOrQ="


def test_a_key_without_passphrase_sends_an_empty_one() -> None:
    headers = rest_headers(Credentials(KEY, SECRET), 0, "GET", "/", "")
    assert headers["ACCESS-PASSPHRASE"] == ""
