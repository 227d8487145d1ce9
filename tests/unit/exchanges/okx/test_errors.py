from __future__ import annotations

import json

import pytest

from arbot_tui.domain.refusal import Reaction, Refusal
from arbot_tui.exchanges.okx.answers import Answer
from arbot_tui.exchanges.okx.errors import judge, refusal
from arbot_tui.exchanges.transport.rest import RestResponse


@pytest.mark.parametrize(
    ("codes", "reaction"),
    [
        ("50004 50026 51054 51149 51412 64007", Reaction.UNKNOWN),
        ("50001 50013 50011", Reaction.UNKNOWN),
        ("51016 50071 51011 50042", Reaction.UNKNOWN),
        ("50036 50037", Reaction.LATE),
        ("51603 51400 51401 51402 51503 51410", Reaction.GONE),
        ("51008 51131 51127 51119", Reaction.REFUSED),
        ("50122 51005 51020 51033 51120 51121 51150 51101", Reaction.REFUSED),
        ("51201 51202 51203 51185", Reaction.REFUSED),
        ("51006 51116 51122 51137 51138", Reaction.REFUSED),
        ("51000 50002 50006 50014 50015 50016 50024 60012 60013", Reaction.REFUSED),
        ("51001 51021 51022 51027 51087 51155 54072 54073", Reaction.REFUSED),
        ("51110 51124 51196 51197 51507 54012", Reaction.REFUSED),
        ("51010 50030 50033", Reaction.FATAL),
        ("50100 50103 50104 50105 50106 50107 50111 50113 50114", Reaction.FATAL),
        ("50119 50120 60005 60007 60009 60024 60032", Reaction.FATAL),
        ("50101 50119 60032", Reaction.FATAL),
        ("50110 50035 50121", Reaction.FATAL),
        ("50102 50112 60004 60006", Reaction.LATE),
        ("50007 50008 50009 50012 50019 50022 50027 50028 50029", Reaction.FATAL),
        ("50032 51009 51024 50051 50052 50059 50060 59113", Reaction.FATAL),
        ("50040 50061 60014", Reaction.THROTTLED),
        ("50005 50046 50062", Reaction.FATAL),
        ("51174 51025 51102", Reaction.REFUSED),
        ("99999", Reaction.UNLISTED),
    ],
)
def test_each_listed_code_has_its_reaction(codes: str, reaction: Reaction) -> None:
    for code in codes.split():
        assert refusal(code, "text").reaction is reaction, code


def test_suffix_of_a_code_is_kept_and_ignored() -> None:
    found = refusal("51008_1000", "Insufficient\x1b balance")
    assert found == Refusal("okx", Reaction.REFUSED, "51008_1000", "Insufficient balance")


@pytest.mark.parametrize("code", ["50011", "50013", "50040"])
def test_rate_limits_say_how_long_to_wait(code: str) -> None:
    assert refusal(code, "").retry_after_s == 2.0


def _response(body: object, status: int = 200) -> RestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RestResponse(status, {}, raw, 0, 0)


def test_success_is_an_answer() -> None:
    assert isinstance(judge(_response({"code": "0", "msg": "", "data": []})), Answer)


@pytest.mark.parametrize(
    ("body", "status", "code", "reaction"),
    [
        (
            {
                "code": "1",
                "msg": "All operations failed",
                "data": [{"clOrdId": "a", "ordId": "", "sCode": "51008", "sMsg": "no money"}],
            },
            200,
            "51008",
            Reaction.REFUSED,
        ),
        ({"code": "50113", "msg": "Invalid signature.", "data": []}, 401, "50113", Reaction.FATAL),
        ({"code": "1", "msg": "odd", "data": []}, 200, "1", Reaction.UNLISTED),
        (
            {"code": "2", "msg": "odd", "data": [{"ordId": "1", "sCode": "0"}]},
            200,
            "2",
            Reaction.UNLISTED,
        ),
        ({"code": "1", "msg": "odd", "data": [7]}, 200, "200", Reaction.UNKNOWN),
        ({"code": "0", "msg": "", "data": []}, 400, "0", Reaction.UNLISTED),
        (b"<html>", 200, "200", Reaction.UNKNOWN),
        (b"<html>", 404, "404", Reaction.REFUSED),
        (b"<html>", 401, "401", Reaction.FATAL),
        (b"<html>", 429, "429", Reaction.UNKNOWN),
    ],
)
def test_failures_are_found_where_they_hide(
    body: object, status: int, code: str, reaction: Reaction
) -> None:
    found = judge(_response(body, status))
    assert isinstance(found, Refusal)
    assert (found.code, found.reaction) == (code, reaction)
