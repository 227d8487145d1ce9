import copy
import pickle

import msgspec
import pytest

from arbot_tui.domain.secret import Secret

_CANARY = "s3cr3t-canary"


class _Holder(msgspec.Struct):
    secret: Secret


def test_only_reveal_tells() -> None:
    secret = Secret(_CANARY)
    assert secret.reveal() == _CANARY
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>20}",
        f"{secret:>10}",
        repr(_Holder(secret)),
        repr({secret: [secret]}),
        str(vars(type(secret))),
    ]
    assert not any(_CANARY in text for text in shown)
    assert f"{secret:>10}" == "       ***"


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_cannot_be_pickled_or_copied(take: object) -> None:
    assert callable(take)
    with pytest.raises(TypeError, match="cannot be pickled"):
        take(Secret(_CANARY))


def test_it_cannot_be_encoded() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(_Holder(Secret(_CANARY)))


def test_secrets_compare_with_secrets_only() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert Secret("a")
