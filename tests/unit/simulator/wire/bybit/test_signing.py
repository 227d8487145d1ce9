"""The worked examples of the documentation, recomputed here and accepted by the venue."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bybit.errors import ApiError
from arbot_tui.simulator.wire.bybit.signing import check_request

KEYS = VenueKeys("dummyBybitKey01", "dummyBybitSecret0123456789abcdefghij")
STAMP = 1_760_000_000_000
BODY = (
    '{"category":"spot","symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"0.00123",'
    '"price":"61234.5","timeInForce":"IOC","orderLinkId":"arb-20251009-0001","isLeverage":0,'
    '"orderFilter":"Order"}'
)
SPACED = BODY.replace('","', '", "').replace('":', '": ').replace(',"orderFilter', ', "orderFilter')
QUERY = "category=spot&symbol=BTCUSDT&orderLinkId=arb-20251009-0001"
EXAMPLES = [
    (BODY, "6e7beb8a7e388b8824fa528cfe3be5fbc9e3f9e7025b5ffe104c0482c66eae1e"),
    (SPACED, "45eb1862cb736d3791971b917000805d35b819f3fc217bc68401ad7d3e6dab31"),
    (QUERY, "a0c3871196e8555087de74c8d16dec47a1cc6401089d0f16a319cd7c3d82d1c0"),
]


def headers(sign: str, stamp: object = STAMP, window: str = "5000") -> dict[str, str]:
    return {
        "X-BAPI-API-KEY": KEYS.api_key,
        "X-BAPI-TIMESTAMP": str(stamp),
        "X-BAPI-RECV-WINDOW": window,
        "X-BAPI-SIGN": sign,
    }


def signature(text: str) -> str:
    return hmac.new(KEYS.api_secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(("payload", "expected"), EXAMPLES)
def test_worked_examples_are_accepted(payload: str, expected: str) -> None:
    assert signature(f"{STAMP}{KEYS.api_key}5000{payload}") == expected

    check_request(headers(expected), payload.encode(), KEYS, STAMP)


@pytest.mark.parametrize(("payload", "expected"), EXAMPLES)
def test_one_byte_off_is_refused(payload: str, expected: str) -> None:
    wrong = expected[:-1] + ("0" if expected[-1] != "0" else "1")

    for sign, sent in ((wrong, payload), (expected.upper(), payload), (expected, payload + " ")):
        with pytest.raises(ApiError) as refused:
            check_request(headers(sign), sent.encode(), KEYS, STAMP)
        assert refused.value.code == 10004


def test_without_a_window_five_seconds_are_meant_and_nothing_is_signed_for_it() -> None:
    sign = signature(f"{STAMP}{KEYS.api_key}{QUERY}")
    sent = {k: v for k, v in headers(sign).items() if k != "X-BAPI-RECV-WINDOW"}

    check_request(sent, QUERY.encode(), KEYS, STAMP + 5000)
    with pytest.raises(ApiError) as refused:
        check_request(sent, QUERY.encode(), KEYS, STAMP + 5001)
    assert refused.value.code == 10002


@pytest.mark.parametrize("name", ["API-KEY", "TIMESTAMP", "SIGN"])
def test_without_its_headers_a_request_is_unauthorised(name: str) -> None:
    sent = {k: v for k, v in headers("x").items() if k != f"X-BAPI-{name}"}

    with pytest.raises(ApiError) as refused:
        check_request(sent, b"", KEYS, STAMP)
    assert refused.value.status == 401


@pytest.mark.parametrize(("stamp", "window"), [("now", "5000"), (STAMP, "-1"), ("1" * 21, "1")])
def test_a_time_that_is_no_number_is_a_parameter_error(stamp: object, window: str) -> None:
    with pytest.raises(ApiError) as refused:
        check_request(headers("x", stamp, window), b"", KEYS, STAMP)
    assert refused.value.code == 10001


def test_another_key_is_refused() -> None:
    with pytest.raises(ApiError) as refused:
        check_request(headers("x") | {"X-BAPI-API-KEY": "another"}, b"", KEYS, STAMP)
    assert refused.value.code == 10003
