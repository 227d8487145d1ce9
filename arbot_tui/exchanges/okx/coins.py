"""Which coins OKX's wallets take and give: ``GET /api/v5/asset/currencies``, signed.

Not on the facts page; by the venue's documentation (Funding Account, Get currencies, six requests
a second): one row per currency and chain, with ``canDep`` and ``canWd``.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.transfers import Chain, SuspendedTransfers, suspended_in

__all__ = ["TARGET", "parse_coins"]

_VENUE = "okx"
TARGET = "/api/v5/asset/currencies"
"""Path of the list of all currencies."""


class _Currency(msgspec.Struct):
    ccy: str
    canDep: bool
    canWd: bool


_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_currency = msgspec.json.Decoder(_Currency).decode


def parse_coins(data: bytes | msgspec.Raw) -> SuspendedTransfers:
    """Return what is suspended: that which no chain of a currency allows.

    Of a row that cannot be read nothing is known.

    Raises:
        MalformedMessage: There is no list of currencies at all.
    """
    try:
        rows = _decode_rows(data)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"currencies: {sanitise(str(e))}") from e
    return suspended_in(rows, _chains)


def _chains(raw: msgspec.Raw) -> Iterable[Chain]:
    row = _decode_currency(raw)
    yield row.ccy, row.canDep, row.canWd
