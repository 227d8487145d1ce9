"""What was traded on Binance in the last 24 hours (24hr ticker statistics, 2026-07-21)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.turnover import read_turnover

__all__ = ["TARGET", "WEIGHT", "parse_turnover"]

_VENUE = "binance"
TARGET = "/api/v3/ticker/24hr?type=MINI"
"""Path and query of the statistics of all symbols, in their short form."""
WEIGHT = 80
"""What all symbols cost; the short form costs the same."""


class _Ticker(msgspec.Struct):
    symbol: str = ""
    quoteVolume: str = ""


_decode = msgspec.json.Decoder(list[_Ticker]).decode


def parse_turnover(body: bytes) -> dict[str, Decimal]:
    """Return the traded value in quote currency by wire symbol.

    Raises:
        MalformedMessage: `body` is no list of statistics.
    """
    try:
        rows = _decode(body)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"ticker/24hr: {sanitise(str(e))}") from e
    return read_turnover((row.symbol, row.quoteVolume) for row in rows)
