"""The table of the facts page, section 11, row by row."""

import pytest

from arbot_tui.domain.errors import (
    AuthRefused,
    ExchangeUnavailable,
    OrderNotFound,
    OutcomeUnknown,
    RequestRefused,
)
from arbot_tui.domain.orders import OrderReject, OrderUnknown
from arbot_tui.domain.refusal import Reaction, Refusal, cancel_error, placement_event, read_error
from arbot_tui.exchanges.binance.errors import ban_rule, refusal
from arbot_tui.exchanges.transport.rest import RestResponse


def _response(
    status: int, code: int | None = None, text: str = "x", headers: dict[str, str] | None = None
) -> RestResponse:
    body = "<html>blocked</html>" if code is None else f'{{"code":{code},"msg":"{text}"}}'
    return RestResponse(status, headers or {}, body.encode(), 0, 0)


def _refused(status: int, code: int | None = None, text: str = "x") -> Refusal:
    found = refusal(_response(status, code, text))
    assert found is not None
    return found


def test_http_200_is_no_refusal() -> None:
    assert refusal(_response(200)) is None


BALANCE = "Account has insufficient balance for requested action."
TABLE = [
    *((code, "x", Reaction.UNKNOWN) for code in (-1000, -1001, -1004, -1006, -1007, -1008)),
    *((code, "x", Reaction.UNKNOWN) for code in (-2021, -2022)),
    *((code, "x", Reaction.THROTTLED) for code in (-1003, -1015)),
    *((code, "x", Reaction.FATAL) for code in (-1002, -1016, -1020, -1022, -2008, -2014, -2015)),
    (-1021, "Timestamp for this request is outside of the recvWindow.", Reaction.LATE),
    (-1013, "Filter failure: LOT_SIZE", Reaction.REFUSED),
    *((code, "x", Reaction.REFUSED) for code in range(-1108, -1099)),
    *((code, "x", Reaction.REFUSED) for code in (-1111, *range(-1121, -1113))),
    *((code, "x", Reaction.REFUSED) for code in (-1128, -1130, -1131, -1220, -2026, -2039)),
    (-2010, BALANCE, Reaction.REFUSED),
    (-2010, "Market is closed.", Reaction.REFUSED),
    (-2010, "Order would immediately match and take.", Reaction.REFUSED),
    (-2010, "This symbol is restricted for this account.", Reaction.REFUSED),
    (-2010, "This action is disabled on this account.", Reaction.FATAL),
    (-2010, "Account may not place or cancel orders.", Reaction.FATAL),
    (-2010, "WebSocket API trading is not enabled.", Reaction.FATAL),
    (-2010, "Rest API trading is not enabled.", Reaction.FATAL),
    (-2010, "Duplicate order sent.", Reaction.UNKNOWN),
    (-1010, "Duplicate order sent.", Reaction.UNKNOWN),
    (-1010, "Unknown order sent.", Reaction.GONE),
    (-1010, BALANCE, Reaction.REFUSED),
    (-2011, "Unknown order sent.", Reaction.GONE),
    (-2013, "Order does not exist.", Reaction.GONE),
    (-9999, "something new", Reaction.UNLISTED),
]


@pytest.mark.parametrize(("code", "text", "reaction"), TABLE)
def test_codes(code: int, text: str, reaction: Reaction) -> None:
    found = _refused(400, code, text)

    assert (found.reaction, found.code, found.message) == (reaction, str(code), text)


@pytest.mark.parametrize(
    ("status", "reaction"),
    [
        (401, Reaction.FATAL),
        (410, Reaction.FATAL),
        (451, Reaction.FATAL),
        (404, Reaction.UNLISTED),
        (400, Reaction.UNLISTED),
    ],
)
def test_statuses_without_a_code(status: int, reaction: Reaction) -> None:
    found = _refused(status)

    assert (found.reaction, found.code) == (reaction, str(status))
    assert found.message == "<html>blocked</html>"


def test_a_restricted_region_comes_with_code_zero() -> None:
    found = _refused(451, 0, "Service unavailable from a restricted location")

    assert (found.reaction, found.code) == (Reaction.FATAL, "451")


def test_the_venues_text_is_cleaned() -> None:
    assert _refused(400, -1121, "Invalid \\u001b[31msymbol.").message == "Invalid [31msymbol."


@pytest.mark.parametrize(
    ("response", "stay_s"),
    [
        (_response(200), 0.0),
        (_response(400, -1121), 0.0),
        (_response(429, -1003, headers={"retry-after": "17"}), 17.0),
        (_response(429), 60.0),
        (_response(418, -1003, headers={"retry-after": "7200"}), 7200.0),
        (_response(418, -1003), 120.0),
        (_response(403), 300.0),
        # The order count concerns new orders alone.
        (_response(429, -1015, headers={"retry-after": "4"}), 0.0),
    ],
)
def test_what_bans_the_address(response: RestResponse, stay_s: float) -> None:
    assert ban_rule(response) == stay_s


def test_an_exceeded_order_count_says_when_to_come_back() -> None:
    named = refusal(_response(429, -1015, headers={"retry-after": "4"}))
    silent = refusal(_response(429, -1015))

    assert named is not None
    assert silent is not None
    assert (named.retry_after_s, silent.retry_after_s) == (4.0, 10.0)


@pytest.mark.parametrize(
    ("code", "text", "rejected", "fatal"),
    [
        (-2010, BALANCE, True, False),
        (-1013, "Filter failure: NOTIONAL", True, False),
        (-1021, "late", True, False),
        (-1015, "Too many new orders", True, False),
        (-2015, "Invalid API-key", True, True),
        (-1022, "Signature", True, True),
        (-1006, "unexpected", False, False),
        (-1007, "timeout", False, False),
        (-1001, "disconnected", False, False),
        (-2010, "Duplicate order sent.", False, False),
        (-9999, "new", False, False),
    ],
)
def test_only_what_proves_that_nothing_happened_rejects_an_order(
    code: int, text: str, rejected: bool, fatal: bool
) -> None:
    event = placement_event(_refused(400, code, text), "arb-1")

    if rejected:
        assert event == OrderReject("binance", "arb-1", str(code), text, fatal)
    else:
        assert isinstance(event, OrderUnknown)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (-2011, OrderNotFound),
        (-2013, OrderNotFound),
        (-1006, OutcomeUnknown),
        (-9999, OutcomeUnknown),
        (-1003, ExchangeUnavailable),
        (-2015, AuthRefused),
        (-1121, RequestRefused),
    ],
)
def test_a_refused_cancel(code: int, error: type[Exception]) -> None:
    assert type(cancel_error(_refused(400, code))) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (-1001, ExchangeUnavailable),
        (-1003, ExchangeUnavailable),
        (-1021, AuthRefused),
        (-2013, OrderNotFound),
        (-1121, RequestRefused),
        (-9999, RequestRefused),
    ],
)
def test_a_refused_read(code: int, error: type[Exception]) -> None:
    assert type(read_error(_refused(400, code))) is error
