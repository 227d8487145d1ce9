"""Request parameters as Binance checks them."""

from decimal import Decimal

import pytest

from arbot_tui.simulator.wire.binance.errors import ApiError
from arbot_tui.simulator.wire.binance.params import Params


def test_query_and_body_are_read_together_and_decoded() -> None:
    params = Params("symbol=BTC%55SDT&x=", "side=BUY")
    assert params.need("symbol") == "BTCUSDT"
    assert params.need("side") == "BUY"
    assert params.get("x") is None
    assert params.get("y") is None


def test_a_parameter_sent_twice_is_refused() -> None:
    with pytest.raises(ApiError) as error:
        Params("a=1", "a=1")
    assert error.value.code == -1101


def test_unread_parameters_are_counted() -> None:
    params = Params("symbol=A&foo=1&timestamp=5&signature=1", "")
    params.allow(("symbol", "foo"))
    with pytest.raises(ApiError) as error:
        params.allow(("symbol",))
    assert error.value.code == -1104
    assert "read '3'" in error.value.message
    assert "sent '4'" in error.value.message


def test_mandatory_parameters_are_named() -> None:
    with pytest.raises(ApiError) as error:
        Params("", "").need("symbol")
    assert (error.value.code, error.value.message) == (
        -1102,
        "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
    )


@pytest.mark.parametrize("text", ["1e-5", "1,5", "-1", "+1", "1.", ".5", "0x1", "1" * 21, "٣"])
def test_only_plain_decimals_are_amounts(text: str) -> None:
    with pytest.raises(ApiError) as error:
        Params(f"quantity={text.replace('+', '%2B')}", "").amount("quantity")
    assert error.value.code == -1100
    assert "'quantity'" in error.value.message


def test_amounts_have_at_most_eight_decimals() -> None:
    assert Params("price=0.00000001", "").amount("price") == Decimal("0.00000001")
    with pytest.raises(ApiError) as error:
        Params("price=0.000000001", "").amount("price")
    assert error.value.code == -1111


def test_integers_are_digits() -> None:
    assert Params("orderId=12", "").integer("orderId") == 12
    assert Params("", "").integer("orderId") is None
    with pytest.raises(ApiError) as error:
        Params("orderId=x", "").integer("orderId")
    assert error.value.code == -1100


@pytest.mark.parametrize("text", ["a" * 37, "a b", "a.b", "ä"])
def test_client_ids_have_their_alphabet(text: str) -> None:
    assert Params("newClientOrderId=arb-1_Z", "").client_id("newClientOrderId") == "arb-1_Z"
    with pytest.raises(ApiError) as error:
        Params(f"newClientOrderId={text}", "").client_id("newClientOrderId")
    assert error.value.code == -1100
