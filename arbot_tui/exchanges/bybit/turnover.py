"""What was traded on Bybit in the last 24 hours (v5 market/tickers, 2026-07-24)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.turnover import read_turnover

__all__ = ["TARGET", "parse_turnover"]

_VENUE = "bybit"
TARGET = "/v5/market/tickers?category=spot"
"""Path and query of the list of all spot tickers."""


class _Ticker(msgspec.Struct):
    symbol: str = ""
    turnover24h: str = ""  # in quote currency; volume24h is in base currency


class _Tickers(msgspec.Struct):
    rows: list[_Ticker] = msgspec.field(name="list")


_decode = msgspec.json.Decoder(_Tickers).decode


def parse_turnover(result: msgspec.Raw) -> dict[str, Decimal]:
    """Return the traded value in quote currency by wire symbol.

    Raises:
        MalformedMessage: `result` is no list of tickers.
    """
    try:
        rows = _decode(result).rows
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"tickers: {sanitise(str(e))}") from e
    return read_turnover((row.symbol, row.turnover24h) for row in rows)
