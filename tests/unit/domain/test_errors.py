import pytest

from arbot_tui.domain import errors
from arbot_tui.domain.errors import (
    ArbotError,
    AuthRefused,
    ExchangeError,
    ExchangeUnavailable,
    OrderNotFound,
    RequestRefused,
)


def test_every_error_belongs_to_the_tree_and_to_its_opening_list() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), ArbotError)
        assert f"`{name}`" in (errors.__doc__ or "")


def test_an_exchange_error_names_its_venue() -> None:
    error = OrderNotFound("okx", "no such order")
    assert error.venue == "okx"
    assert str(error) == "okx: no such order"


@pytest.mark.parametrize(
    ("message", "text"), [("no funds", "okx: 51008 no funds"), ("", "okx: 51008")]
)
def test_a_refusal_carries_the_venues_code(message: str, text: str) -> None:
    error = AuthRefused("okx", "51008", message)
    assert isinstance(error, RequestRefused)
    assert isinstance(error, ExchangeError)
    assert (error.code, str(error)) == ("51008", text)


def test_an_unavailable_venue_says_when_to_come_back() -> None:
    assert ExchangeUnavailable("okx", "banned", 30.0).retry_after_s == 30.0
    assert ExchangeUnavailable("okx", "gone").retry_after_s == 0.0
