"""Binance's signature check against the worked examples of its documentation."""

import hashlib
import hmac

import pytest

from arbot_tui.simulator.wire.binance.errors import ApiError
from arbot_tui.simulator.wire.binance.signing import (
    check_key,
    check_signature,
    check_window,
    signed_payload,
)

DUMMY = "dummyBinanceApiSecret"
SECRET = "dummyBinanceSecret0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
PUBLISHED = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
ORDER = (
    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.00123&price=61234.56"
    "&newClientOrderId=arb-20251009-0001&newOrderRespType=FULL&recvWindow=3000"
)
STAMP = "timestamp=1760000000000"
EXAMPLES = [
    (
        f"{ORDER}&{STAMP}",
        SECRET,
        "dde5af7b3949de0c13158eea317892c75938e3447377ac1d7eab35ef0461b3ae",
    ),
    (
        f"{STAMP}&{ORDER}",
        SECRET,
        "1c77f7a8ad98b64324baf7743ba438e99a2c30e727d7456e496e989020f0bbf9",
    ),
    (
        f"omitZeroBalances=true&recvWindow=3000&{STAMP}",
        SECRET,
        "b7275b15a50a432a408f273c639d87e57b250f83be362e52bfeac89ab0f9f392",
    ),
    (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
        "&recvWindow=5000&timestamp=1499827319559",
        PUBLISHED,
        "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
    ),
    (
        "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT"
        "&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
        PUBLISHED,
        "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
    ),
]


@pytest.mark.parametrize(("payload", "secret", "signature"), EXAMPLES)
def test_worked_examples_pass_in_query_and_in_body(
    payload: str, secret: str, signature: str
) -> None:
    # Computed here too, so that the example and the check cannot share a mistake.
    assert hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest() == signature
    check_signature(f"{payload}&signature={signature}", "", secret)
    check_signature("", f"{payload}&signature={signature}", secret)
    check_signature(f"{payload}&signature={signature.upper()}", "", secret)


@pytest.mark.parametrize(("payload", "secret", "signature"), EXAMPLES)
def test_one_wrong_byte_anywhere_is_refused(payload: str, secret: str, signature: str) -> None:
    wrong_signature = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    for sent in (
        f"{payload}&signature={wrong_signature}",
        f"{payload[:-1]}8&signature={signature}",
        f"{payload}&signature={signature[:-1]}",
    ):
        with pytest.raises(ApiError) as error:
            check_signature(sent, "", secret)
        assert (error.value.code, error.value.status) == (-1022, 400)


def test_query_and_body_are_joined_without_a_separator() -> None:
    query, body = "symbol=LTCBTC&side=BUY", "quantity=1&timestamp=5"
    signature = hmac.new(DUMMY.encode(), f"{query}{body}".encode(), hashlib.sha256).hexdigest()
    check_signature(query, f"{body}&signature={signature}", DUMMY)


def test_the_payload_is_what_was_sent_without_the_signature() -> None:
    assert signed_payload("a=%20&signature=ff", "") == ("a=%20", "ff")
    assert signed_payload("b=1", "c=2") == ("b=1c=2", None)


def test_a_missing_signature_is_a_missing_parameter() -> None:
    with pytest.raises(ApiError) as error:
        check_signature(STAMP, "", DUMMY)
    assert error.value.code == -1102
    assert "'signature'" in error.value.message


def test_keys_are_asked_for_and_compared() -> None:
    check_key("right", "right")
    for sent, code in ((None, -2014), ("", -2014), ("wrong", -2015), ("rightt", -2015)):
        with pytest.raises(ApiError) as error:
            check_key(sent, "right")
        assert (error.value.code, error.value.status) == (code, 401)


NOW = 1_760_000_000_000


@pytest.mark.parametrize(
    ("timestamp", "window"),
    [
        (str(NOW), None),
        (str(NOW - 5000), None),
        (str(NOW + 999), None),
        (str(NOW - 60_000), "60000"),
        (str(NOW - 1), "1.5"),
        (str(NOW * 1000), None),
    ],
)
def test_requests_of_now_pass(timestamp: str, window: str | None) -> None:
    check_window(timestamp, window, NOW)


@pytest.mark.parametrize(
    ("timestamp", "window", "code", "text"),
    [
        (None, None, -1102, "'timestamp'"),
        ("", None, -1102, "'timestamp'"),
        ("12x", None, -1100, "'timestamp'"),
        ("-5", None, -1100, "'timestamp'"),
        ("²", None, -1100, "'timestamp'"),
        (str(NOW - 5001), None, -1021, "outside of the recvWindow"),
        (str(NOW - 2), "1", -1021, "outside of the recvWindow"),
        (str(NOW + 1000), None, -1021, "1000ms ahead"),
        (str(NOW), "60001", -1131, "recvWindow"),
        (str(NOW), "1.2345", -1100, "recvWindow"),
        (str(NOW), "x", -1100, "recvWindow"),
    ],
)
def test_requests_of_another_time_are_refused(
    timestamp: str | None, window: str | None, code: int, text: str
) -> None:
    with pytest.raises(ApiError) as error:
        check_window(timestamp, window, NOW)
    assert error.value.code == code
    assert text in error.value.message
