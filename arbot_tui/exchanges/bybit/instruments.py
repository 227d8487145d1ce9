"""What Bybit trades: ``GET /v5/market/instruments-info?category=spot`` (docs 2026-07-24)."""

from __future__ import annotations

from typing import Literal

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import amount, positive
from arbot_tui.domain.text import sanitise

__all__ = ["parse_instruments"]

_VENUE = "bybit"


class _LotSize(msgspec.Struct):
    basePrecision: str  # the quantity step: spot has no qtyStep
    minOrderQty: str = ""  # deprecated, still cheap to honour
    minOrderAmt: str = ""
    maxLimitOrderQty: str = ""
    maxOrderQty: str = ""  # deprecated, counts where the newer one is missing
    maxOrderAmt: str = ""  # deprecated, still cheap to honour


class _Price(msgspec.Struct):
    tickSize: str


class _Risk(msgspec.Struct, frozen=True):
    priceLimitRatioX: str = ""  # of the index; as far as the market is from it, that is allowed too


class _Row(msgspec.Struct):
    symbol: str
    baseCoin: str
    quoteCoin: str
    status: str
    lotSizeFilter: _LotSize
    priceFilter: _Price
    symbolType: str = ""
    riskParameters: _Risk = _Risk()


class _List(msgspec.Struct):
    category: Literal["spot"]  # perpetuals have the same symbols
    rows: list[msgspec.Raw] = msgspec.field(name="list")


_decode_list = msgspec.json.Decoder(_List).decode
_decode_row = msgspec.json.Decoder(_Row).decode


def parse_instruments(result: bytes | msgspec.Raw) -> tuple[list[Instrument], list[str]]:
    """Return the instruments in `result`, and why any row of it was left out.

    One row that breaks its schema costs that row, not the venue.

    Args:
        result: The ``result`` member of the answer.

    Raises:
        MalformedMessage: There is no list of rows at all.
    """
    try:
        rows = _decode_list(result).rows
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"instruments: {sanitise(str(e))}") from e
    found: list[Instrument] = []
    dropped: list[str] = []
    for raw in rows:
        try:
            found.append(_instrument(_decode_row(raw)))
        except (ValueError, RecursionError) as e:
            dropped.append(sanitise(str(e)))
    return found, dropped


def _instrument(row: _Row) -> Instrument:
    # The symbol goes into queries and topics: nothing in it may need quoting.
    if not (row.symbol.isascii() and row.symbol.isalnum()):
        raise ValueError(f"symbol {sanitise(row.symbol)!r}")
    for coin in (row.baseCoin, row.quoteCoin):
        if not coin or "/" in coin or sanitise(coin) != coin:
            raise ValueError(f"coin {sanitise(coin)!r} of {row.symbol}")
    lot, band = row.lotSizeFilter, row.riskParameters.priceLimitRatioX
    status = "" if row.status == "Trading" else sanitise(row.status, 24) or "unknown"
    if row.symbolType == "xstocks":
        # A tokenised stock counts in multiples of its own: the same ticker elsewhere is not
        # the same thing, so it is shown and never traded.
        status = row.symbolType
    return Instrument(
        venue=_VENUE,
        wire_symbol=row.symbol,
        base=row.baseCoin.upper(),
        quote=row.quoteCoin.upper(),
        tick_size=positive(row.priceFilter.tickSize),
        lot_step=positive(lot.basePrecision),
        min_qty=amount(lot.minOrderQty),
        max_qty=amount(lot.maxLimitOrderQty or lot.maxOrderQty),
        min_notional=amount(lot.minOrderAmt),
        max_notional=amount(lot.maxOrderAmt),
        tradeable=not status,
        status=status,
        buy_band=amount(band) if band else None,
        sell_band=amount(band) if band else None,
    )
