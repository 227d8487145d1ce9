from __future__ import annotations

import pytest

from arbot_tui.domain.refusal import Reaction
from arbot_tui.exchanges.bybit.errors import refusal, unreadable


@pytest.mark.parametrize(
    ("codes", "reaction"),
    [
        ((10000, 10016, 170007, 170001, 170032, 170146, 170147, 170234), Reaction.UNKNOWN),
        ((170035,), Reaction.UNKNOWN),
        ((10002, -1), Reaction.LATE),
        ((10003, 10004, 10005, 10010, 10007, 33004, -2015), Reaction.FATAL),
        ((10009, 10024, 10027, 170209, 170348), Reaction.FATAL),
        ((10008, 10028, 100028), Reaction.FATAL),
        ((10001, 10029, 170105, 170115, 170116, 170117, 170121, 170130), Reaction.REFUSED),
        ((10006, 170005, 170222), Reaction.THROTTLED),
        ((10429, 429), Reaction.UNKNOWN),
        ((170131, 170033, 110004, 110007, 110012, 176015), Reaction.REFUSED),
        ((170134, 170136, 170137, 170140, 170148, 170124), Reaction.REFUSED),
        ((170341, 170381, 170382, 170197, 170198, 170228, 170229, 170218), Reaction.REFUSED),
        ((170132, 170133, 170192, 170193, 170194, 170371, 170372), Reaction.REFUSED),
        ((30208, 30209, 110003), Reaction.REFUSED),
        ((170141, 110072, 10014), Reaction.UNKNOWN),
        ((170213, 110001, 170143), Reaction.GONE),
        ((170139, 170142, 110010, 110008, 170190), Reaction.GONE),
        ((170144, 170191, 170212, 110079), Reaction.UNKNOWN),
        ((170810, 110020), Reaction.REFUSED),
        ((170151, 170157, 170217, 170159, 170206, 170224), Reaction.REFUSED),
        ((170210, 170149, 170150), Reaction.UNKNOWN),
        ((20003, 10403), Reaction.THROTTLED),
        ((20006, 10404), Reaction.REFUSED),
        ((10019,), Reaction.UNKNOWN),
        ((424242,), Reaction.UNLISTED),
    ],
)
def test_each_listed_code_has_its_reaction(codes: tuple[int, ...], reaction: Reaction) -> None:
    for code in codes:
        found = refusal(200, code, "text")
        assert found is not None
        assert (found.reaction, found.code, found.message) == (reaction, str(code), "text")


def test_success_is_no_refusal() -> None:
    assert refusal(200, 0, "OK") is None


def test_rate_limits_say_how_long_to_wait() -> None:
    for given, wait_s in ((0.0, 2.0), (7.5, 7.5)):
        found = refusal(200, 10006, "Too many visits!", given)
        assert found is not None
        assert found.retry_after_s == wait_s
    parameter = refusal(200, 10001, "params error", 7.5)
    assert parameter is not None
    assert parameter.retry_after_s == 0.0


@pytest.mark.parametrize(
    ("status", "reaction"),
    [
        (200, Reaction.UNKNOWN),
        (401, Reaction.FATAL),
        (404, Reaction.REFUSED),
        (429, Reaction.UNKNOWN),
        (400, Reaction.UNKNOWN),
    ],
)
def test_a_body_that_cannot_be_read_is_judged_by_its_status(
    status: int, reaction: Reaction
) -> None:
    assert unreadable(status, "<html>").reaction is reaction


def test_success_code_with_an_error_status_is_no_success() -> None:
    found = refusal(429, 0, "")
    assert found is not None
    assert found.reaction is Reaction.UNKNOWN


def test_messages_are_sanitised() -> None:
    found = refusal(200, 10001, "bad\x1b[31m\u202e")
    assert found is not None
    assert found.message == "bad[31m"
