"""Which coins Bitget's wallets take and give: ``GET /api/v2/spot/public/coins``.

Not on the facts page; the form is that of the vendor's own clients: per coin its chains, each with
``rechargeable`` and ``withdrawable`` as ``"true"`` or ``"false"``, ``withdrawFee``,
``minWithdrawAmount``, ``minDepositAmount``, ``withdrawMinScale`` (decimals) and ``withdrawStep``
(0 for none). ``extraWithdrawFee`` is a share that the chain burns, 0.1 for 10 %.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.transfers import (
    Network,
    ToldAmount,
    Wallets,
    amount_told,
    decimals_told,
    network_name,
    wallets_in,
)

__all__ = ["TARGET", "parse_coins"]

_VENUE = "bitget"
TARGET = "/api/v2/spot/public/coins"
"""Path of the list of all coins."""
# As the vendor's and other clients of it name them.
_SAME = {
    "ERC20": "ETH",
    "TRC20": "TRX",
    "BEP20": "BSC",
    "ARBITRUMONE": "ARBITRUM",
    "C-CHAIN": "AVAXC",
    "POLYGON": "MATIC",
    "APTOS": "APT",
}


class _Chain(msgspec.Struct):
    rechargeable: str
    withdrawable: str
    chain: str = ""
    withdrawFee: ToldAmount = None
    extraWithdrawFee: ToldAmount = None
    minWithdrawAmount: ToldAmount = None
    minDepositAmount: ToldAmount = None
    withdrawStep: ToldAmount = None
    withdrawMinScale: ToldAmount = None


class _Coin(msgspec.Struct):
    coin: str
    chains: list[_Chain]


_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_coin = msgspec.json.Decoder(_Coin).decode


def parse_coins(data: bytes | msgspec.Raw) -> Wallets:
    """Return each coin's chains; one without any moves neither way.

    A coin that cannot be read is left out: of it nothing is known.

    Raises:
        MalformedMessage: There is no list of coins at all.
    """
    try:
        rows = _decode_rows(data)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"coins: {sanitise(str(e))}") from e
    return wallets_in(rows, _networks)


def _networks(raw: msgspec.Raw) -> tuple[str, Iterable[Network]]:
    row = _decode_coin(raw)
    return row.coin, map(_network, row.chains)


def _network(told: _Chain) -> Network:
    name, key = network_name(told.chain, _SAME)
    return Network(
        name,
        key,
        deposits=told.rechargeable == "true",
        withdrawals=told.withdrawable == "true",
        fee=amount_told(told.withdrawFee),
        by_share=bool(amount_told(told.extraWithdrawFee)),
        minimum=amount_told(told.minWithdrawAmount),
        least_deposit=amount_told(told.minDepositAmount),
        step=amount_told(told.withdrawStep) or decimals_told(told.withdrawMinScale),
    )
