"""What was traded on Bitget in the last 24 hours (spot/market/tickers, 2025-12-05)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.turnover import read_turnover

__all__ = ["TARGET", "parse_turnover"]

_VENUE = "bitget"
TARGET = "/api/v2/spot/market/tickers"
"""Path of the list of all spot tickers."""


class _Ticker(msgspec.Struct):
    symbol: str = ""
    quoteVolume: str = ""  # in quote currency; usdtVolume is converted by the venue


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
    return read_turnover((row.symbol, row.quoteVolume) for row in rows)
