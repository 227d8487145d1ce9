"""The worked examples of the documentation, recomputed here and accepted by the venue."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.okx.errors import ApiError
from arbot_tui.simulator.wire.okx.signing import check_login, check_request

KEYS = VenueKeys(
    "a1b2c3d4-1111-2222-3333-444455556666",
    "22582BD0CFF14C41EDBF1AB98506286D",
    "Test_Passphrase1",
)
STAMP, STAMP_MS = "2026-11-22T12:34:56.789Z", 1_795_350_896_789
GET_PATH = "/api/v5/trade/order?instId=BTC-USDT&clOrdId=arb0000000001"
POST_PATH = "/api/v5/trade/order"
BODY = (
    '{"instId":"BTC-USDT","tdMode":"cash","clOrdId":"arb0000000001","side":"buy",'
    '"ordType":"ioc","px":"65000.1","sz":"0.0015"}'
)
EXAMPLES = [
    ("GET", GET_PATH, "", "NlUmp74fLdFKguls8gQW+7RO8XfrodNDsl6LBbe0MWU="),
    ("POST", POST_PATH, BODY, "wncfHLAaV9MYwsmL8704g4Y2oB0V02waEtezaYtT/IA="),
]


def headers(sign: str, stamp: str = STAMP) -> dict[str, str]:
    return {
        "OK-ACCESS-KEY": KEYS.api_key,
        "OK-ACCESS-SIGN": sign,
        "OK-ACCESS-TIMESTAMP": stamp,
        "OK-ACCESS-PASSPHRASE": "Test_Passphrase1",
    }


@pytest.mark.parametrize(("method", "path", "body", "expected"), EXAMPLES)
def test_worked_examples_are_accepted(method: str, path: str, body: str, expected: str) -> None:
    text = f"{STAMP}{method}{path}{body}"
    digest = hmac.new(KEYS.api_secret.encode(), text.encode(), hashlib.sha256).digest()
    assert base64.b64encode(digest).decode() == expected

    check_request(headers(expected), method, path, body.encode(), KEYS, STAMP_MS)


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
            check_request(headers(sign), verb, target, sent.encode(), KEYS, STAMP_MS)
        assert (refused.value.code, refused.value.status) == ("50113", 401)


@pytest.mark.parametrize("late_ms", [-30_001, 30_001])
def test_thirty_seconds_of_skew_are_accepted_and_no_more(late_ms: int) -> None:
    method, path, body, sign = EXAMPLES[0]

    inside = STAMP_MS + late_ms - (1 if late_ms > 0 else -1)
    check_request(headers(sign), method, path, body.encode(), KEYS, inside)
    with pytest.raises(ApiError) as refused:
        check_request(headers(sign), method, path, body.encode(), KEYS, STAMP_MS + late_ms)
    assert refused.value.code == "50102"


@pytest.mark.parametrize(
    "stamp",
    [
        "1795350896",
        "2026-11-22T12:34:56Z",
        "2026-11-22T12:34:56.789+00:00",
        "2026-11-22 12:34:56.789Z",
        "2026-02-30T12:34:56.789Z",
    ],
)
def test_a_time_in_another_shape_is_refused(stamp: str) -> None:
    with pytest.raises(ApiError) as refused:
        check_request(headers("x", stamp), "GET", GET_PATH, b"", KEYS, STAMP_MS)
    assert refused.value.code == "50112"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("KEY", "", "50103"),
        ("PASSPHRASE", "", "50104"),
        ("PASSPHRASE", "test_passphrase1", "50105"),
        ("SIGN", "", "50106"),
        ("TIMESTAMP", "", "50107"),
        ("KEY", KEYS.api_key.upper(), "50111"),
    ],
)
def test_another_or_no_header_is_refused(name: str, value: str, code: str) -> None:
    method, path, body, sign = EXAMPLES[0]
    sent = headers(sign) | {f"OK-ACCESS-{name}": value}

    with pytest.raises(ApiError) as refused:
        check_request(sent, method, path, body.encode(), KEYS, STAMP_MS)
    assert (refused.value.code, refused.value.status) == (code, 401)


LOGIN = {
    "apiKey": KEYS.api_key,
    "passphrase": "Test_Passphrase1",
    "timestamp": "1795350896",
    "sign": "dlAE9DPlIbpDzBDtrgtg84pWzo5GeMbdTj/Y0YtJQEI=",
}


def test_the_worked_login_is_accepted() -> None:
    assert check_login(LOGIN, KEYS, STAMP_MS, valid=True) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"apiKey": "another"}, "60005"),
        ({"timestamp": "2026-11-22T12:34:56.789Z"}, "60004"),
        ({"timestamp": "1795350860"}, "60006"),
        ({"passphrase": "Test_Passphrase2"}, "60024"),
        ({"sign": LOGIN["sign"].replace("d", "e", 1)}, "60007"),
        ({"sign": ""}, "60007"),
    ],
)
def test_a_login_that_is_wrong_in_one_thing_is_told_which(
    changed: dict[str, str], code: str
) -> None:
    refused = check_login(LOGIN | changed, KEYS, STAMP_MS, valid=True)
    assert refused is not None
    assert refused[0] == code


def test_a_key_that_is_gone_logs_nobody_in() -> None:
    assert check_login(LOGIN, KEYS, STAMP_MS, valid=False) == ("60005", "Invalid apiKey")
