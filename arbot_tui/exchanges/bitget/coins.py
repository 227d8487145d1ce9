"""Which coins Bitget's wallets take and give: ``GET /api/v2/spot/public/coins``.

Not on the facts page; the form is that of the vendor's own clients: per coin its chains, each with
``rechargeable`` and ``withdrawable`` as ``"true"`` or ``"false"``.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.transfers import Chain, SuspendedTransfers, suspended_in

__all__ = ["TARGET", "parse_coins"]

_VENUE = "bitget"
TARGET = "/api/v2/spot/public/coins"
"""Path of the list of all coins."""


class _Chain(msgspec.Struct):
    rechargeable: str
    withdrawable: str


class _Coin(msgspec.Struct):
    coin: str
    chains: list[_Chain]


_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_coin = msgspec.json.Decoder(_Coin).decode


def parse_coins(data: bytes | msgspec.Raw) -> SuspendedTransfers:
    """Return what is suspended: that which no chain of a coin allows.

    A coin that cannot be read is left out: of it nothing is known.

    Raises:
        MalformedMessage: There is no list of coins at all.
    """
    try:
        rows = _decode_rows(data)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"coins: {sanitise(str(e))}") from e
    return suspended_in(rows, _chains)


def _chains(raw: msgspec.Raw) -> Iterable[Chain]:
    row = _decode_coin(raw)
    # A coin without chains moves neither way.
    yield row.coin, False, False
    for chain in row.chains:
        yield row.coin, chain.rechargeable == "true", chain.withdrawable == "true"
