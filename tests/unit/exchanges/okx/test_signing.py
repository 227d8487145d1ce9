"""The worked examples of the facts page, section 6."""

from __future__ import annotations

import json

import pytest

from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.okx.signing import iso_millis, rest_headers, signature, ws_login

KEY = "a1b2c3d4-1111-2222-3333-444455556666"
SECRET = Secret("22582BD0CFF14C41EDBF1AB98506286D")
CREDENTIALS = Credentials(KEY, SECRET, Secret("Test_Passphrase1"))
BODY = (
    '{"instId":"BTC-USDT","tdMode":"cash","clOrdId":"arb0000000001","side":"buy",'
    '"ordType":"ioc","px":"65000.1","sz":"0.0015"}'
)


@pytest.mark.parametrize(
    ("method", "target", "body", "expected"),
    [
        (
            "GET",
            "/api/v5/trade/order?instId=BTC-USDT&clOrdId=arb0000000001",
            "",
            "NlUmp74fLdFKguls8gQW+7RO8XfrodNDsl6LBbe0MWU=",
        ),
        ("POST", "/api/v5/trade/order", BODY, "wncfHLAaV9MYwsmL8704g4Y2oB0V02waEtezaYtT/IA="),
    ],
)
def test_rest_signature_equals_the_worked_example(
    method: str, target: str, body: str, expected: str
) -> None:
    assert rest_headers(CREDENTIALS, 1795350896789, method, target, body) == {
        "OK-ACCESS-KEY": KEY,
        "OK-ACCESS-SIGN": expected,
        "OK-ACCESS-TIMESTAMP": "2026-11-22T12:34:56.789Z",
        "OK-ACCESS-PASSPHRASE": "Test_Passphrase1",
        "Content-Type": "application/json",
    }


def test_socket_login_equals_the_worked_example() -> None:
    expected = "dlAE9DPlIbpDzBDtrgtg84pWzo5GeMbdTj/Y0YtJQEI="
    assert signature(SECRET, "1795350896GET/users/self/verify") == expected
    assert json.loads(ws_login(CREDENTIALS, 1795350896)) == {
        "op": "login",
        "args": [
            {
                "apiKey": KEY,
                "passphrase": "Test_Passphrase1",
                "timestamp": "1795350896",
                "sign": expected,
            }
        ],
    }


@pytest.mark.parametrize(
    ("millis", "text"),
    [(0, "1970-01-01T00:00:00.000Z"), (1795350896007, "2026-11-22T12:34:56.007Z")],
)
def test_timestamp_always_has_three_decimals(millis: int, text: str) -> None:
    assert iso_millis(millis) == text


def test_a_key_without_passphrase_sends_an_empty_one() -> None:
    headers = rest_headers(Credentials(KEY, SECRET), 0, "GET", "/", "")
    assert headers["OK-ACCESS-PASSPHRASE"] == ""
