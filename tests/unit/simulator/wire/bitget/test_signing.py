"""The worked examples of the documentation, recomputed here and accepted by the venue."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.errors import ApiError
from arbot_tui.simulator.wire.bitget.signing import check_latency, check_login, check_request
from arbot_tui.simulator.wire.common.fields import Fields

KEYS = VenueKeys(
    "bg_0123456789abcdef0123456789abcdef",
    "6b8f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
    "TestPassphrase1",
)
STAMP = 1_795_350_896_789
EXAMPLES = [
    (
        "GET",
        "/api/v2/spot/trade/orderInfo?clientOid=arb-0000000001",
        "",
        "9mg89DVBaVAST9w+HHafZ5VnSSkEKUqmJD4lMcVhkZ8=",
    ),
    (
        "POST",
        "/api/v2/spot/trade/place-order",
        '{"symbol":"BTCUSDT","side":"buy","orderType":"limit","force":"ioc","price":"65000.12",'
        '"size":"0.0015","clientOid":"arb-0000000001"}',
        "W7H8QyvcNRMwN7VLlWF7lZxtY4JBCGhNx80RxLhrL3Y=",
    ),
    (
        "POST",
        "/api/v3/trade/place-order",
        '{"category":"SPOT","symbol":"BTCUSDT","side":"buy","orderType":"limit",'
        '"timeInForce":"ioc","price":"65000.12","qty":"0.0015","clientOid":"arb-0000000001"}',
        "xKoBl9oiMdQJSnbXVUk/KsXlvh5ujFno9TUw24Qeidg=",
    ),
]


def headers(sign: str, stamp: object = STAMP) -> dict[str, str]:
    return {
        "ACCESS-KEY": KEYS.api_key,
        "ACCESS-SIGN": sign,
        "ACCESS-TIMESTAMP": str(stamp),
        "ACCESS-PASSPHRASE": "TestPassphrase1",
    }


@pytest.mark.parametrize(("method", "path", "body", "expected"), EXAMPLES)
def test_worked_examples_are_accepted(method: str, path: str, body: str, expected: str) -> None:
    text = f"{STAMP}{method}{path}{body}"
    digest = hmac.new(KEYS.api_secret.encode(), text.encode(), hashlib.sha256).digest()
    assert base64.b64encode(digest).decode() == expected

    check_request(headers(expected), method, path, body.encode(), KEYS, STAMP)


@pytest.mark.parametrize(("method", "path", "body", "expected"), EXAMPLES)
def test_one_byte_off_is_refused(method: str, path: str, body: str, expected: str) -> None:
    wrong = ("A" if expected[0] != "A" else "B") + expected[1:]
    tampered = [
        (wrong, method, path, body),
        (expected, "PUT", path, body),
        (expected, method, path + "&", body),
        (expected, method, path, body + " "),
    ]

    for sign, verb, target, sent in tampered:
        with pytest.raises(ApiError) as refused:
            check_request(headers(sign), verb, target, sent.encode(), KEYS, STAMP)
        assert (refused.value.code, refused.value.status) == ("40009", 400)


def test_thirty_seconds_of_skew_are_accepted_and_no_more() -> None:
    method, path, body, sign = EXAMPLES[0]

    check_request(headers(sign), method, path, body.encode(), KEYS, STAMP + 30_000)
    for now in (STAMP - 30_001, STAMP + 30_001):
        with pytest.raises(ApiError) as refused:
            check_request(headers(sign), method, path, body.encode(), KEYS, now)
        assert refused.value.code == "40008"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, None),
        ({"requestTime": "1000", "receiveWindow": "500"}, None),
        ({"requestTime": 1000, "receiveWindow": 499}, "40078"),
        ({"requestTime": "1000", "receiveWindow": "0"}, "40079"),
        ({"requestTime": "1000", "receiveWindow": "60000"}, "40079"),
        ({"requestTime": "1000"}, "40079"),
        ({"receiveWindow": "500"}, "40079"),
    ],
)
def test_a_late_arrival_is_refused_where_it_is_asked_for(
    values: dict[str, str | int], code: str | None
) -> None:
    if code is None:
        check_latency(Fields(values), now_ms=1500)
        return
    with pytest.raises(ApiError) as refused:
        check_latency(Fields(values), now_ms=1500)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("KEY", "", "40001"),
        ("SIGN", "", "40002"),
        ("TIMESTAMP", "", "40003"),
        ("TIMESTAMP", "now", "40005"),
        ("KEY", KEYS.api_key.upper(), "40006"),
        ("PASSPHRASE", "", "40011"),
        ("PASSPHRASE", "testpassphrase1", "40012"),
    ],
)
def test_another_or_no_header_is_refused(name: str, value: str, code: str) -> None:
    method, path, body, sign = EXAMPLES[0]
    sent = headers(sign) | {f"ACCESS-{name}": value}

    with pytest.raises(ApiError) as refused:
        check_request(sent, method, path, body.encode(), KEYS, STAMP)
    assert refused.value.code == code


LOGIN = {
    "apiKey": KEYS.api_key,
    "passphrase": "TestPassphrase1",
    "timestamp": "1795350896",
    "sign": "yrViVdbzyrompdjoTtHrYKTwSpLzwb0IzL3xggm10OM=",
}
LOGIN_IN_MS = {
    "timestamp": "1795350896789",
    "sign": "McrrhvCtMYYofGwwkF4SybXPk9Q1nzpF6y3i4f1zOrQ=",
}


@pytest.mark.parametrize("login", [LOGIN, LOGIN | LOGIN_IN_MS], ids=["seconds", "milliseconds"])
def test_the_worked_login_is_accepted(login: dict[str, str]) -> None:
    assert check_login({**login}, KEYS, STAMP, valid=True) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"apiKey": "another"}, "30011"),
        ({"passphrase": "TestPassphrase2"}, "30012"),
        ({"timestamp": "2026-11-22T12:34:56.789Z"}, "30013"),
        ({"timestamp": "1795350860"}, "30014"),
        ({"timestamp": "1795350860000"}, "30014"),
        ({"sign": LOGIN["sign"].replace("y", "z", 1)}, "30015"),
        ({"sign": ""}, "30015"),
    ],
)
def test_a_login_that_is_wrong_in_one_thing_is_told_which(
    changed: dict[str, str], code: str
) -> None:
    refused = check_login({**LOGIN, **changed}, KEYS, STAMP, valid=True)
    assert refused is not None
    assert refused[0] == code


def test_a_key_that_is_gone_logs_nobody_in() -> None:
    refused = check_login({**LOGIN}, KEYS, STAMP, valid=False)
    assert refused == ("30011", "Invalid ACCESS_KEY")
