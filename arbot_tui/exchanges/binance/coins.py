"""Which coins Binance's wallets take and give: ``GET /sapi/v1/capital/config/getall``, signed.

Not on the facts page; by the venue's documentation (Wallet, All Coins' Information, weight 10):
per coin a flag for each direction, and the same per network with ``withdrawFee``, ``withdrawMin``,
``withdrawIntegerMultiple`` and ``depositDust``, below which what comes in is not credited.
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
    network_name,
    wallets_in,
)

__all__ = ["PATH", "WEIGHT", "parse_coins"]

_VENUE = "binance"
PATH = "/sapi/v1/capital/config/getall"
"""Path of the list of all coins."""
WEIGHT = 10


class _Network(msgspec.Struct):
    depositEnable: bool
    withdrawEnable: bool
    network: str = ""
    withdrawFee: ToldAmount = None
    withdrawMin: ToldAmount = None
    withdrawIntegerMultiple: ToldAmount = None
    depositDust: ToldAmount = None


class _Coin(msgspec.Struct):
    coin: str
    depositAllEnable: bool
    withdrawAllEnable: bool
    networkList: list[_Network]
    isLegalMoney: bool = False


_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_coin = msgspec.json.Decoder(_Coin).decode


def parse_coins(body: bytes) -> Wallets:
    """Return each coin's networks; none of them allows what the coin as a whole does not.

    Of a coin that cannot be read, and of money that moves through banks, nothing is known.

    Raises:
        MalformedMessage: There is no list of coins at all.
    """
    try:
        rows = _decode_rows(body)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"coins: {sanitise(str(e))}") from e
    return wallets_in(rows, _networks)


def _networks(raw: msgspec.Raw) -> tuple[str, Iterable[Network]]:
    row = _decode_coin(raw)
    if row.isLegalMoney:
        return "", ()
    return row.coin, (_network(row, network) for network in row.networkList)


def _network(row: _Coin, told: _Network) -> Network:
    # Its names are the keys by which networks of all venues are compared.
    name, key = network_name(told.network, {})
    return Network(
        name,
        key,
        deposits=row.depositAllEnable and told.depositEnable,
        withdrawals=row.withdrawAllEnable and told.withdrawEnable,
        fee=amount_told(told.withdrawFee),
        minimum=amount_told(told.withdrawMin),
        least_deposit=amount_told(told.depositDust),
        step=amount_told(told.withdrawIntegerMultiple),
    )
