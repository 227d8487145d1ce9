"""The worked examples of the facts page, section 6."""

from __future__ import annotations

import json

import pytest

from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bybit.signing import rest_headers, signature, ws_auth

CREDENTIALS = Credentials("dummyBybitKey01", Secret("dummyBybitSecret0123456789abcdefghij"))
ORDER = (
    '{"category":"spot","symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"0.00123",'
    '"price":"61234.5","timeInForce":"IOC","orderLinkId":"arb-20251009-0001","isLeverage":0,'
    '"orderFilter":"Order"}'
)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (ORDER, "6e7beb8a7e388b8824fa528cfe3be5fbc9e3f9e7025b5ffe104c0482c66eae1e"),
        (
            json.dumps(json.loads(ORDER)),
            "45eb1862cb736d3791971b917000805d35b819f3fc217bc68401ad7d3e6dab31",
        ),
        (
            "category=spot&symbol=BTCUSDT&orderLinkId=arb-20251009-0001",
            "a0c3871196e8555087de74c8d16dec47a1cc6401089d0f16a319cd7c3d82d1c0",
        ),
    ],
    ids=["post", "post with other spacing", "get"],
)
def test_rest_signature_equals_the_worked_example(payload: str, expected: str) -> None:
    headers = rest_headers(CREDENTIALS, 1760000000000, 5000, payload)
    assert headers == {
        "X-BAPI-API-KEY": "dummyBybitKey01",
        "X-BAPI-TIMESTAMP": "1760000000000",
        "X-BAPI-RECV-WINDOW": "5000",
        "X-BAPI-SIGN": expected,
        "Content-Type": "application/json",
    }


def test_socket_signature_equals_the_worked_example() -> None:
    expected = "619518ab2046f113b04ab79fbccdfbb1d459afd20b48d0b4c66708f4399ddf8a"
    assert signature(CREDENTIALS.api_secret, "GET/realtime1760000010000") == expected
    assert json.loads(ws_auth(CREDENTIALS, 1760000010000)) == {
        "op": "auth",
        "args": ["dummyBybitKey01", 1760000010000, expected],
    }
