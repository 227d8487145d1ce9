from __future__ import annotations

import json

import pytest

from arbot_tui.domain.refusal import Reaction, Refusal
from arbot_tui.exchanges.bitget.answers import Answer
from arbot_tui.exchanges.bitget.errors import judge, refusal
from arbot_tui.exchanges.transport.rest import RestResponse


@pytest.mark.parametrize(
    ("codes", "reaction"),
    [
        ("40010 40725 45001 40015 40200 25000 25001 25003 40910 43059", Reaction.UNKNOWN),
        ("40085 25245 30032", Reaction.FATAL),
        ("43118 45034 50060 25212", Reaction.UNKNOWN),
        ("40078 40079", Reaction.LATE),
        ("43012 40754 40762 45002 45008 25202 25203", Reaction.REFUSED),
        ("43006 43007 45110 45111 45112 45113 45114 43027 43037 43038 43010", Reaction.REFUSED),
        ("22034 22038 25207 25208 25610 25611", Reaction.REFUSED),
        ("43008 43009 43028 43039 43040 45035 45115 40815 40816 40706", Reaction.REFUSED),
        ("22006 22007 22008 22009 25205 25206 25244", Reaction.REFUSED),
        ("22045 25209 25210", Reaction.REFUSED),
        ("40109 43001 43004 31007 45055 45057 22001 25204 40768", Reaction.GONE),
        ("40034 40102 43115 43119 43120 45043 22004 40309 25013", Reaction.REFUSED),
        ("25100 25101 25102 25103 25104 25105 25106", Reaction.REFUSED),
        ("12002 12003 13007 13009 43122 25213 25214 25215 25216", Reaction.REFUSED),
        ("40723 40761 43005 43128 45118 25211", Reaction.REFUSED),
        ("40017 40019 40020 40053 40064 40304 40305 40402 40409", Reaction.REFUSED),
        ("40811 40812 40813 43011 43111 25200 00171 00172", Reaction.REFUSED),
        ("40001 40002 40003 40006 40009 40011 40012 40036 40037 40041", Reaction.FATAL),
        ("30005 30011 30012 30013 30015", Reaction.FATAL),
        ("40005 40008 30014", Reaction.LATE),
        ("40014 40018 40025 40038 40068 22010 25620", Reaction.FATAL),
        ("40099 40081 40110", Reaction.FATAL),
        ("40013 40022 40023 40024 40026 40031 40710 40752 40101 40103", Reaction.FATAL),
        ("40104 40111 45107 25006 25007 25012", Reaction.FATAL),
        ("429 25004 45129 30006 30007", Reaction.THROTTLED),
        ("30001 30002 30003 30004 30016", Reaction.REFUSED),
        ("99999", Reaction.UNLISTED),
    ],
)
def test_each_listed_code_has_its_reaction(codes: str, reaction: Reaction) -> None:
    for code in codes.split():
        assert refusal(code, "text").reaction is reaction, code


@pytest.mark.parametrize(
    ("message", "reaction"),
    [
        ("Parameter verification exception margin num checkScale=2", Reaction.REFUSED),
        ("checkBDScale error value=1.234", Reaction.REFUSED),
        ("system upgrade", Reaction.UNKNOWN),
    ],
)
def test_the_code_with_two_meanings_is_told_apart_by_its_text(
    message: str, reaction: Reaction
) -> None:
    assert refusal("40808", message).reaction is reaction


def test_messages_are_sanitised_and_limits_say_how_long() -> None:
    assert refusal("429", "slow\x1b down") == Refusal(
        "bitget", Reaction.THROTTLED, "429", "slow down", 2.0
    )


def _response(body: object, status: int = 200) -> RestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RestResponse(status, {}, raw, 0, 0)


def test_success_is_an_answer() -> None:
    assert isinstance(judge(_response({"code": "00000", "msg": "success", "data": []})), Answer)


@pytest.mark.parametrize(
    ("body", "status", "code", "reaction"),
    [
        (
            {"code": "43012", "msg": "Insufficient balance", "data": None},
            400,
            "43012",
            Reaction.REFUSED,
        ),
        ({"code": "40085", "msg": "You are in Unified Account mode"}, 400, "40085", Reaction.FATAL),
        ({"code": "00000", "data": []}, 400, "00000", Reaction.UNLISTED),
        ({"code": 0}, 200, "200", Reaction.UNKNOWN),
        (b"<html>", 200, "200", Reaction.UNKNOWN),
        (b"<html>", 404, "404", Reaction.REFUSED),
        (b"<html>", 401, "401", Reaction.FATAL),
    ],
)
def test_failures_are_found_where_they_hide(
    body: object, status: int, code: str, reaction: Reaction
) -> None:
    found = judge(_response(body, status))
    assert isinstance(found, Refusal)
    assert (found.code, found.reaction) == (code, reaction)
