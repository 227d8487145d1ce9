"""What Bitget says of its wallets."""

from __future__ import annotations

import json

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.transfers import SuspendedTransfers
from arbot_tui.exchanges.bitget.coins import parse_coins


def _coin(name: object, *chains: tuple[object, object]) -> dict[str, object]:
    rows = [{"chain": "c", "rechargeable": r, "withdrawable": w} for r, w in chains]
    return {"coinId": "1", "coin": name, "transfer": "true", "chains": rows}


def test_one_open_chain_is_enough() -> None:
    rows = [
        _coin("BTC", ("true", "true")),
        _coin("ETH", ("false", "true"), ("true", "false")),
        _coin("sol", ("false", "true")),
        _coin("XRP", ("true", "false"), ("true", "false")),
        _coin("OLD"),
    ]
    assert parse_coins(json.dumps(rows).encode()) == SuspendedTransfers(
        deposits=frozenset({"SOL", "OLD"}), withdrawals=frozenset({"XRP", "OLD"})
    )


@pytest.mark.parametrize("row", [_coin(7, ("true", "true")), {"coin": "X"}, _coin("X", (1, 0)), 3])
def test_of_a_coin_that_cannot_be_read_nothing_is_known(row: object) -> None:
    assert parse_coins(json.dumps([row]).encode()) == SuspendedTransfers()


@pytest.mark.parametrize("body", [b"{}", b"[", b"null", b"[" * 10_000])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_coins(body)
