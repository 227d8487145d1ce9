"""Which coins Bybit's wallets take and give: ``GET /v5/asset/coin/query-info``, signed.

Not on the facts page; by the venue's documentation (Asset, Get Coin Info): per coin its chains,
each with ``chainDeposit`` and ``chainWithdraw``, ``"0"`` for suspended and ``"1"`` for normal,
``withdrawFee`` (empty where nothing can be withdrawn), ``withdrawPercentageFee`` (0.022 for 2.2 %),
``withdrawMin``, ``depositMin`` and ``minAccuracy`` (decimals).
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

__all__ = ["PATH", "parse_coins"]

_VENUE = "bybit"
PATH = "/v5/asset/coin/query-info"
"""Path of the list of all coins."""
_NORMAL = "1"
# As the documentation's examples and other clients of it name them.
_SAME = {"ARBI": "ARBITRUM", "OP": "OPTIMISM", "CAVAX": "AVAXC", "APTOS": "APT"}


class _Chain(msgspec.Struct):
    chainDeposit: str
    chainWithdraw: str
    chain: str = ""
    withdrawFee: ToldAmount = None
    withdrawPercentageFee: ToldAmount = None
    withdrawMin: ToldAmount = None
    depositMin: ToldAmount = None
    minAccuracy: ToldAmount = None


class _Coin(msgspec.Struct):
    coin: str
    chains: list[_Chain]


class _Coins(msgspec.Struct):
    rows: list[msgspec.Raw]


_decode = msgspec.json.Decoder(_Coins).decode
_decode_coin = msgspec.json.Decoder(_Coin).decode


def parse_coins(result: bytes | msgspec.Raw) -> Wallets:
    """Return each coin's chains; one without any moves neither way.

    Of a coin that cannot be read nothing is known.

    Raises:
        MalformedMessage: There is no list of coins at all.
    """
    try:
        rows = _decode(result).rows
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
        deposits=told.chainDeposit == _NORMAL,
        withdrawals=told.chainWithdraw == _NORMAL,
        fee=amount_told(told.withdrawFee),
        by_share=bool(amount_told(told.withdrawPercentageFee)),
        minimum=amount_told(told.withdrawMin),
        least_deposit=amount_told(told.depositMin),
        step=decimals_told(told.minAccuracy),
    )
