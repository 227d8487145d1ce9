"""The worked examples of the facts page, section 6, and Binance's own published vectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.binance.signing import Signer, query_string, ws_payload

KEY = "dummyBinanceApiKey0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
SECRET = "dummyBinanceSecret0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
PUBLISHED_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
PUBLISHED_SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
ORDER = (
    ("symbol", "BTCUSDT"),
    ("side", "BUY"),
    ("type", "LIMIT"),
    ("timeInForce", "IOC"),
    ("quantity", "0.00123"),
    ("price", "61234.56"),
    ("newClientOrderId", "arb-20251009-0001"),
    ("newOrderRespType", "FULL"),
)
# Binance writes its signing example with these digits.
FULL_WIDTH = "\uff11\uff12\uff13\uff14\uff15\uff16"
STAMP = 1_760_000_000_000


def _signer(key: str = KEY, secret: str = SECRET) -> Signer:
    return Signer(Credentials(key, Secret(secret)))


def test_placing_an_order() -> None:
    assert _signer().signed_query(ORDER, STAMP, 3000) == (
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.00123&price=61234.56"
        "&newClientOrderId=arb-20251009-0001&newOrderRespType=FULL&recvWindow=3000"
        "&timestamp=1760000000000"
        "&signature=dde5af7b3949de0c13158eea317892c75938e3447377ac1d7eab35ef0461b3ae"
    )


def test_the_order_of_the_parameters_changes_the_hash() -> None:
    payload = query_string((("timestamp", str(STAMP)), *ORDER, ("recvWindow", "3000")))

    assert (
        _signer().sign(payload)
        == "1c77f7a8ad98b64324baf7743ba438e99a2c30e727d7456e496e989020f0bbf9"
    )


def test_asking_for_the_account() -> None:
    query = _signer().signed_query((("omitZeroBalances", "true"),), STAMP, 3000)

    assert query == (
        "omitZeroBalances=true&recvWindow=3000&timestamp=1760000000000"
        "&signature=b7275b15a50a432a408f273c639d87e57b250f83be362e52bfeac89ab0f9f392"
    )


def test_placing_an_order_over_the_websocket_api() -> None:
    payload = ws_payload(
        {
            "symbol": "BTCUSDT",
            "side": "SELL",
            "type": "LIMIT",
            "timeInForce": "IOC",
            "quantity": "0.00123",
            "price": "61234.56",
            "newClientOrderId": "arb-20251009-0002",
            "newOrderRespType": "FULL",
            "recvWindow": "3000",
            "timestamp": str(STAMP),
            "apiKey": KEY,
        }
    )

    assert payload == (
        f"apiKey={KEY}&newClientOrderId=arb-20251009-0002&newOrderRespType=FULL&price=61234.56"
        "&quantity=0.00123&recvWindow=3000&side=SELL&symbol=BTCUSDT&timeInForce=IOC"
        "&timestamp=1760000000000&type=LIMIT"
    )
    assert (
        _signer().sign(payload)
        == "8c6cfde1bc94904575f918fb159d8ebeb8a41508738b873d5e9f4c4b693e2270"
    )


def test_subscribing_to_user_data() -> None:
    payload = ws_payload({"timestamp": str(STAMP), "apiKey": KEY})

    assert payload == f"apiKey={KEY}&timestamp=1760000000000"
    assert (
        _signer().sign(payload)
        == "4a82289b118771612904fb2cdada602dc42976772ae686e8ace88fa432604324"
    )


@pytest.mark.parametrize(
    ("symbol", "signature"),
    [
        ("LTCBTC", "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"),
        # Full-width digits: encoded first, then signed.
        (FULL_WIDTH, "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"),
    ],
)
def test_the_published_order_vectors(symbol: str, signature: str) -> None:
    payload = query_string(
        (
            ("symbol", symbol),
            ("side", "BUY"),
            ("type", "LIMIT"),
            ("timeInForce", "GTC"),
            ("quantity", "1"),
            ("price", "0.1"),
            ("recvWindow", "5000"),
            ("timestamp", "1499827319559"),
        )
    )

    assert _signer(PUBLISHED_KEY, PUBLISHED_SECRET).sign(payload) == signature


def test_the_published_full_width_symbol_is_encoded_as_published() -> None:
    encoded = "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"

    assert query_string((("symbol", FULL_WIDTH),)) == encoded


def test_the_published_websocket_vector() -> None:
    payload = ws_payload(
        {
            "apiKey": PUBLISHED_KEY,
            "price": "52000.00",
            "quantity": "0.01000000",
            "recvWindow": "100",
            "side": "SELL",
            "symbol": "BTCUSDT",
            "timeInForce": "GTC",
            "timestamp": "1645423376532",
            "type": "LIMIT",
        }
    )

    assert (
        _signer(PUBLISHED_KEY, PUBLISHED_SECRET).sign(payload)
        == "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"
    )


@given(st.lists(st.text(max_size=20), max_size=4))
def test_a_signer_keeps_nothing_of_what_it_signed(texts: list[str]) -> None:
    used = _signer()
    for text in texts:
        used.sign(text)

    assert used.sign("a=1") == _signer().sign("a=1")


def test_the_key_goes_into_the_header_and_the_secret_nowhere() -> None:
    signer = _signer()

    assert signer.headers == {"X-MBX-APIKEY": KEY}
    assert SECRET not in repr(signer)
    assert SECRET not in signer.signed_query(ORDER, STAMP, 3000)
