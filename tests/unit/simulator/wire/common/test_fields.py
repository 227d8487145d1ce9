from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.simulator.wire.common.fields import BadField, Fields


def bad(read: object) -> tuple[str, bool]:
    assert callable(read)
    with pytest.raises(BadField) as refused:
        read()
    return refused.value.name, refused.value.missing


def test_a_query_is_decoded_name_by_name() -> None:
    fields = Fields.of_query("symbol=BTC%2FUSDT&&empty=&flag&twice=1&twice=2")

    assert fields.get("symbol") == "BTC/USDT"
    assert fields.get("empty") is fields.get("flag") is fields.get("nothing") is None
    assert fields.get("twice") == "2"


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b'"text"', b"\xff"])
def test_a_body_has_to_be_a_json_object(body: bytes) -> None:
    assert bad(lambda: Fields.of_body(body)) == ("", False)


def test_texts_are_texts() -> None:
    fields = Fields.of_body(b'{"price":1.5,"qty":"1","none":null,"flag":true}')

    assert fields.need("qty") == "1"
    assert fields.get("none") is None
    assert bad(lambda: fields.need("price")) == ("price", False)
    assert bad(lambda: fields.need("none")) == ("none", True)


def test_whole_numbers_may_be_sent_either_way() -> None:
    fields = Fields.of_body(b'{"a":5,"b":"6","c":true,"d":"-1","e":"1.5"}')

    assert (fields.integer("a"), fields.integer("b"), fields.integer("z")) == (5, 6, None)
    for name in "cde":
        assert bad(lambda name=name: fields.integer(name)) == (name, False)


@pytest.mark.parametrize("text", ["1e3", "-1", "+1", "NaN", "1.", ".5", "1,5", "٣", "1" * 21])
def test_amounts_are_plain_unsigned_decimals(text: str) -> None:
    assert bad(lambda: Fields({"qty": text}).amount("qty")) == ("qty", False)


def test_amounts_keep_every_digit() -> None:
    assert Fields({"qty": "0.10"}).amount("qty") == Decimal("0.10")
    assert bad(lambda: Fields({}).amount("qty")) == ("qty", True)


def test_a_word_has_to_be_one_of_those_allowed() -> None:
    fields = Fields({"side": "buy"})

    assert fields.choice("side", {"buy": 1}) == 1
    assert bad(lambda: fields.choice("side", {"sell": 1})) == ("side", False)


def test_limits_are_kept_within_their_range() -> None:
    assert [Fields({"limit": n}).limit(20, 50) for n in (0, 1, 50, 51)] == [1, 1, 50, 50]
    assert Fields({}).limit(20, 50) == 20
