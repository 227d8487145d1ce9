"""What the venues say of their wallets, in the form of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.transfers import Network, SuspendedTransfers, Wallets
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
Parse = Callable[[bytes], Wallets]
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
    assert parse(json.dumps(body).encode()).suspended == SuspendedTransfers(
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
    assert parse(json.dumps(body).encode()).suspended == SuspendedTransfers(shut, shut)


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
    assert binance.parse_coins(json.dumps(rows).encode()).suspended == SuspendedTransfers(
        frozenset({"BTC"}), frozenset({"ETH"})
    )


BINANCE: dict[str, object] = {
    "network": "TRX",
    "depositEnable": True,
    "withdrawEnable": True,
    "withdrawFee": "1",
    "withdrawMin": "10",
    "withdrawIntegerMultiple": "0.000001",
    "depositDust": "0.01",
}
BYBIT: dict[str, object] = {
    "chain": "TRX",
    "chainDeposit": "1",
    "chainWithdraw": "1",
    "withdrawFee": "1",
    "withdrawPercentageFee": "0",
    "withdrawMin": "10",
    "depositMin": "0.01",
    "minAccuracy": "6",
}
OKX: dict[str, object] = {
    "ccy": "USDT",
    "chain": "USDT-TRC20",
    "canDep": True,
    "canWd": True,
    "fee": "1",
    "burningFeeRate": "",
    "minWd": "10",
    "minDep": "0.01",
    "wdTickSz": "6",
}
BITGET: dict[str, object] = {
    "chain": "TRC20",
    "rechargeable": "true",
    "withdrawable": "true",
    "withdrawFee": "1",
    "extraWithdrawFee": "0",
    "minWithdrawAmount": "10",
    "minDepositAmount": "0.01",
    "withdrawStep": "0",
    "withdrawMinScale": "6",
}


def _of_binance(chain: dict[str, object]) -> object:
    shut = {"depositAllEnable": True, "withdrawAllEnable": True}
    return [{"coin": "USDT", **shut, "networkList": [chain]}]


def _of_bybit(chain: dict[str, object]) -> object:
    return {"rows": [{"coin": "USDT", "chains": [chain]}]}


def _of_bitget(chain: dict[str, object]) -> object:
    return [{"coin": "USDT", "chains": [chain]}]


TERMS: dict[str, tuple[dict[str, object], Callable[[dict[str, object]], object]]] = {
    "binance": (BINANCE, _of_binance),
    "bybit": (BYBIT, _of_bybit),
    "okx": (OKX, lambda row: [row]),
    "bitget": (BITGET, _of_bitget),
}


def _usdt(name: str, **changed: object) -> Network:
    chain, write = TERMS[name]
    assert changed.keys() <= chain.keys()
    told = VENUES[name][1](json.dumps(write(chain | changed)).encode())
    (network,) = told.networks["USDT"]
    return network


@every_venue
def test_a_network_is_told_with_its_terms_and_has_one_key_everywhere(name: str) -> None:
    assert _usdt(name) == Network(
        name={"okx": "TRC20", "bitget": "TRC20"}.get(name, "TRX"),
        key="TRX",
        deposits=True,
        withdrawals=True,
        fee=Decimal(1),
        minimum=Decimal(10),
        least_deposit=Decimal("0.01"),
        step=Decimal("0.000001"),
    )


@every_venue
@pytest.mark.parametrize("told", ["", "free", "-1", "NaN", None])
def test_a_fee_that_cannot_be_one_is_not_known_and_the_coin_still_moves(
    name: str, told: object
) -> None:
    network = _usdt(name, **{"fee" if name == "okx" else "withdrawFee": told})
    assert network.fee is None
    assert network.withdrawals


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("bybit", "withdrawPercentageFee"),
        ("okx", "burningFeeRate"),
        ("bitget", "extraWithdrawFee"),
    ],
)
def test_a_share_of_the_amount_is_no_fixed_fee(name: str, key: str) -> None:
    assert _usdt(name, **{key: "0.022"}).by_share
    assert not _usdt(name).by_share


def test_other_steps_and_names() -> None:
    assert _usdt("bitget", withdrawStep="5").step == 5
    assert [_usdt("okx", wdTickSz=told).step for told in ("1.5", "400", "x")] == [None] * 3
    assert _usdt("okx", fee="1" * 61).fee is None
    assert len(_usdt("okx", chain="x" * 61).name) == 30
    # A bridge's coin is not the one that the others take on that network.
    bridged = _usdt("okx", chain="USDT-Arbitrum One (Bridged)")
    assert (bridged.name, bridged.key) == (
        "Arbitrum One (Bridged)",
        "ARBITRUM ONE (BRIDGED)",
    )
    assert _usdt("okx", chain="USDT-Arbitrum One").key == _usdt("bitget", chain="ArbitrumOne").key
