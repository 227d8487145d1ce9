from __future__ import annotations

import pytest

from arbot_tui.domain.account import KeyPermissions
from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.key_policy import drawbacks, refusal, rights_in_words

DAY = 86_400 * SECOND
NOW = 20_000 * DAY
FIT = KeyPermissions(trade=True, withdraw=False, transfer=False, ips=("203.0.113.7",))


def with_rights(**changed: object) -> KeyPermissions:
    fields = {name: getattr(FIT, name) for name in FIT.__struct_fields__}
    return KeyPermissions(**{**fields, **changed})


def test_a_key_that_may_only_trade_is_fit() -> None:
    assert refusal(FIT, NOW) == ""
    assert drawbacks(FIT, NOW) == ()
    assert rights_in_words(FIT) == "trade"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"withdraw": True}, "may withdraw"),
        ({"withdraw": True, "trade": False}, "may withdraw"),
        ({"transfer": True}, "may move money between accounts"),
        ({"trade": False}, "may not trade"),
        ({"expires_ns": NOW}, "has expired"),
        ({"expires_ns": NOW - DAY}, "has expired"),
    ],
)
def test_any_other_is_refused_with_the_reason(changed: dict[str, object], why: str) -> None:
    assert refusal(with_rights(**changed), NOW).startswith(why)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"ips": ()}, ("works from any address; bind it to this machine's",)),
        ({"ips": ("1.2.3.4", "0.0.0.0/0")}, ("works from any address; bind it to this machine's",)),
        ({"expires_ns": NOW + 3 * DAY + 5}, ("expires in 3 days",)),
        ({"expires_ns": NOW + DAY}, ("expires in 1 day",)),
        ({"expires_ns": NOW + 8 * DAY}, ()),
        ({"notes": ("borrowing is switched on",)}, ("borrowing is switched on",)),
    ],
)
def test_drawbacks_are_told(changed: dict[str, object], found: tuple[str, ...]) -> None:
    permissions = with_rights(**changed)
    assert refusal(permissions, NOW) == ""
    assert drawbacks(permissions, NOW) == found


def test_rights_in_words() -> None:
    assert rights_in_words(with_rights(withdraw=True, transfer=True)) == "trade, withdraw, transfer"
    assert rights_in_words(with_rights(trade=False)) == "read"
