"""Which coins Binance's wallets take and give: ``GET /sapi/v1/capital/config/getall``, signed.

Not on the facts page; by the venue's documentation (Wallet, All Coins' Information, weight 10):
per coin a flag for each direction, and the same per network.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.transfers import Chain, SuspendedTransfers, suspended_in

__all__ = ["PATH", "WEIGHT", "parse_coins"]

_VENUE = "binance"
PATH = "/sapi/v1/capital/config/getall"
"""Path of the list of all coins."""
WEIGHT = 10


class _Network(msgspec.Struct):
    depositEnable: bool
    withdrawEnable: bool


class _Coin(msgspec.Struct):
    coin: str
    depositAllEnable: bool
    withdrawAllEnable: bool
    networkList: list[_Network]
    isLegalMoney: bool = False


_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_coin = msgspec.json.Decoder(_Coin).decode


def parse_coins(body: bytes) -> SuspendedTransfers:
    """Return what is suspended: that which no network of a coin allows, or the coin as a whole.

    Of a coin that cannot be read, and of money that moves through banks, nothing is known.

    Raises:
        MalformedMessage: There is no list of coins at all.
    """
    try:
        rows = _decode_rows(body)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"coins: {sanitise(str(e))}") from e
    return suspended_in(rows, _chains)


def _chains(raw: msgspec.Raw) -> Iterable[Chain]:
    row = _decode_coin(raw)
    if row.isLegalMoney:
        return
    yield row.coin, False, False
    for network in row.networkList:
        yield (
            row.coin,
            row.depositAllEnable and network.depositEnable,
            row.withdrawAllEnable and network.withdrawEnable,
        )
