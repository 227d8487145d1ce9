"""What was traded on OKX in the last 24 hours (get tickers, 2026-07-03)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.turnover import read_turnover

__all__ = ["TARGET", "parse_turnover"]

_VENUE = "okx"
TARGET = "/api/v5/market/tickers?instType=SPOT"
"""Path and query of the list of all spot tickers."""


class _Ticker(msgspec.Struct):
    instId: str = ""
    volCcy24h: str = ""  # quote currency on spot, the opposite of what it is for derivatives


_decode = msgspec.json.Decoder(list[_Ticker]).decode


def parse_turnover(data: msgspec.Raw) -> dict[str, Decimal]:
    """Return the traded value in quote currency by wire symbol.

    Raises:
        MalformedMessage: `data` is no list of tickers.
    """
    try:
        rows = _decode(data)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"tickers: {sanitise(str(e))}") from e
    return read_turnover((row.instId, row.volCcy24h) for row in rows)
