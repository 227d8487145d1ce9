"""Which coins Bybit's wallets take and give: ``GET /v5/asset/coin/query-info``, signed.

Not on the facts page; by the venue's documentation (Asset, Get Coin Info): per coin its chains,
each with ``chainDeposit`` and ``chainWithdraw``, ``"0"`` for suspended and ``"1"`` for normal.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.transfers import Chain, SuspendedTransfers, suspended_in

__all__ = ["PATH", "parse_coins"]

_VENUE = "bybit"
PATH = "/v5/asset/coin/query-info"
"""Path of the list of all coins."""
_NORMAL = "1"


class _Chain(msgspec.Struct):
    chainDeposit: str
    chainWithdraw: str


class _Coin(msgspec.Struct):
    coin: str
    chains: list[_Chain]


class _Coins(msgspec.Struct):
    rows: list[msgspec.Raw]


_decode = msgspec.json.Decoder(_Coins).decode
_decode_coin = msgspec.json.Decoder(_Coin).decode


def parse_coins(result: bytes | msgspec.Raw) -> SuspendedTransfers:
    """Return what is suspended: that which no chain of a coin allows.

    Of a coin that cannot be read nothing is known.

    Raises:
        MalformedMessage: There is no list of coins at all.
    """
    try:
        rows = _decode(result).rows
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"coins: {sanitise(str(e))}") from e
    return suspended_in(rows, _chains)


def _chains(raw: msgspec.Raw) -> Iterable[Chain]:
    row = _decode_coin(raw)
    yield row.coin, False, False
    for chain in row.chains:
        yield row.coin, chain.chainDeposit == _NORMAL, chain.chainWithdraw == _NORMAL
