"""What the venues say of their wallets, in the form of each."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.transfers import SuspendedTransfers
from arbot_tui.exchanges.binance import coins as binance
from arbot_tui.exchanges.bitget import coins as bitget
from arbot_tui.exchanges.bybit import coins as bybit
from arbot_tui.exchanges.okx import coins as okx

Chain = tuple[bool, bool]


def _binance(coins: dict[str, list[Chain]]) -> object:
    return [
        {
            "coin": name,
            "depositAllEnable": True,
            "withdrawAllEnable": True,
            "isLegalMoney": False,
            "networkList": [{"depositEnable": d, "withdrawEnable": w} for d, w in chains],
        }
        for name, chains in coins.items()
    ]


def _bybit(coins: dict[str, list[Chain]]) -> object:
    rows = [
        {
            "coin": name,
            "chains": [
                {"chainDeposit": str(int(d)), "chainWithdraw": str(int(w))} for d, w in chains
            ],
        }
        for name, chains in coins.items()
    ]
    return {"rows": rows}


def _okx(coins: dict[str, list[Chain]]) -> object:
    # A row per chain: a currency without one is not told of.
    return [
        {"ccy": name, "canDep": d, "canWd": w}
        for name, chains in coins.items()
        for d, w in chains or [(False, False)]
    ]


def _bitget(coins: dict[str, list[Chain]]) -> object:
    return [
        {
            "coin": name,
            "chains": [
                {"rechargeable": str(d).lower(), "withdrawable": str(w).lower()} for d, w in chains
            ],
        }
        for name, chains in coins.items()
    ]


Write = Callable[[dict[str, list[Chain]]], object]
Parse = Callable[[bytes], SuspendedTransfers]
VENUES: dict[str, tuple[Write, Parse]] = {
    "binance": (_binance, binance.parse_coins),
    "bybit": (_bybit, bybit.parse_coins),
    "okx": (_okx, okx.parse_coins),
    "bitget": (_bitget, bitget.parse_coins),
}
every_venue = pytest.mark.parametrize("name", VENUES)


@every_venue
def test_one_open_chain_is_enough(name: str) -> None:
    write, parse = VENUES[name]
    body = write(
        {
            "BTC": [(True, True)],
            "ETH": [(False, True), (True, False)],
            "sol": [(False, True)],
            "XRP": [(True, False), (True, False)],
            "OLD": [],
        }
    )
    assert parse(json.dumps(body).encode()) == SuspendedTransfers(
        deposits=frozenset({"SOL", "OLD"}), withdrawals=frozenset({"XRP", "OLD"})
    )


@every_venue
@pytest.mark.parametrize(
    "spoil", [{"coin": 7, "ccy": 7}, {"chains": 3, "networkList": 3, "canWd": "yes"}]
)
def test_of_a_coin_that_cannot_be_read_nothing_is_known(
    name: str, spoil: dict[str, object]
) -> None:
    write, parse = VENUES[name]
    body = json.loads(json.dumps(write({"BTC": [(False, False)], "ETH": [(False, False)]})))
    rows = body["rows"] if name == "bybit" else body
    rows[0] |= spoil
    rows.append(3)
    shut = frozenset({"ETH"})
    assert parse(json.dumps(body).encode()) == SuspendedTransfers(shut, shut)


@every_venue
@pytest.mark.parametrize("body", [b"7", b"[", b"null", b"[" * 10_000])
def test_what_is_no_list_is_refused(name: str, body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        VENUES[name][1](body)


def test_binance_may_shut_a_coin_as_a_whole_and_money_of_banks_is_no_coin() -> None:
    rows = [
        {"coin": "BTC", "depositAllEnable": False, "withdrawAllEnable": True},
        {"coin": "ETH", "depositAllEnable": True, "withdrawAllEnable": False},
        {
            "coin": "EUR",
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "isLegalMoney": True,
        },
    ]
    for row in rows:
        row["networkList"] = [{"depositEnable": True, "withdrawEnable": True}]
    assert binance.parse_coins(json.dumps(rows).encode()) == SuspendedTransfers(
        frozenset({"BTC"}), frozenset({"ETH"})
    )
