from __future__ import annotations

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


def _refusal(reaction: Reaction) -> Refusal:
    return Refusal("toy", reaction, "17", "no", 3.0)


@pytest.mark.parametrize(
    ("reaction", "read", "cancel", "placement", "fatal"),
    [
        (Reaction.REFUSED, RequestRefused, RequestRefused, OrderReject, False),
        (Reaction.FATAL, AuthRefused, AuthRefused, OrderReject, True),
        (Reaction.LATE, AuthRefused, AuthRefused, OrderReject, False),
        (Reaction.THROTTLED, ExchangeUnavailable, ExchangeUnavailable, OrderReject, False),
        (Reaction.GONE, OrderNotFound, OrderNotFound, OrderUnknown, False),
        (Reaction.UNKNOWN, ExchangeUnavailable, OutcomeUnknown, OrderUnknown, False),
        (Reaction.UNLISTED, RequestRefused, OutcomeUnknown, OrderUnknown, False),
    ],
)
def test_a_reaction_means_the_same_on_every_venue(
    reaction: Reaction,
    read: type[Exception],
    cancel: type[Exception],
    placement: type,
    fatal: bool,
) -> None:
    refusal = _refusal(reaction)
    assert type(read_error(refusal)) is read
    assert type(cancel_error(refusal)) is cancel
    event = placement_event(refusal, "id1")
    assert type(event) is placement
    assert event.client_id == "id1"
    if isinstance(event, OrderReject):
        assert event.fatal is fatal
        assert event.code == "17"


def test_a_throttled_read_says_when_to_come_back() -> None:
    error = read_error(_refusal(Reaction.THROTTLED))
    assert isinstance(error, ExchangeUnavailable)
    assert error.retry_after_s == 3.0
