"""What Bitget trades: ``GET /api/v2/spot/public/symbols`` (docs 2025-12-05)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import millis_named
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, amount
from arbot_tui.domain.text import sanitise

__all__ = ["parse_instruments"]

_VENUE = "bitget"
_MOST_DECIMALS = 20
# How long before a symbol is delisted its last orders are to be over: the rules are a minute old.
_LEAVE_MS = 300_000
# minTradeUSDT counts in USDT; in other quotes it says nothing that could be compared.
_DOLLARS = frozenset({"USDT", "USDC", "USD"})


class _Row(msgspec.Struct):
    symbol: str
    baseCoin: str
    quoteCoin: str
    status: str
    pricePrecision: str  # allowed decimals
    quantityPrecision: str  # allowed decimals
    minTradeUSDT: str = ""
    buyLimitPriceRatio: str = ""  # farthest from the market's price, as a fraction
    sellLimitPriceRatio: str = ""
    offTime: str = ""  # milliseconds; when it is delisted
    minTradeAmount: str = ""  # obsolete, honoured if above zero
    maxTradeAmount: str = ""  # likewise; a constant far above everything
    maxLimitOrderValue: str = ""  # newer, optional; the unit is not told: taken for the quote


_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_row = msgspec.json.Decoder(_Row).decode


def parse_instruments(data: bytes | msgspec.Raw, now_ms: int) -> tuple[list[Instrument], list[str]]:
    """Return the instruments in `data`, and why any row of it was left out.

    One row that breaks its schema costs that row, not the venue.

    Args:
        data: The ``data`` member of the answer.
        now_ms: The venue's time: trading has to end before a symbol is delisted.

    Raises:
        MalformedMessage: There is no list of rows at all.
    """
    try:
        rows = _decode_rows(data)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"instruments: {sanitise(str(e))}") from e
    found: list[Instrument] = []
    dropped: list[str] = []
    for raw in rows:
        try:
            found.append(_instrument(_decode_row(raw), now_ms))
        except (ValueError, RecursionError) as e:
            dropped.append(sanitise(str(e)))
    return found, dropped


def _instrument(row: _Row, now_ms: int) -> Instrument:
    # The symbol goes into queries and subscriptions: nothing in it may need quoting.
    if not (row.symbol.isascii() and row.symbol.isalnum()):
        raise ValueError(f"symbol {sanitise(row.symbol)!r}")
    for coin in (row.baseCoin, row.quoteCoin):
        if not coin or "/" in coin or sanitise(coin) != coin:
            raise ValueError(f"coin {sanitise(coin)!r} of {row.symbol}")
    quote = row.quoteCoin.upper()
    status = "" if row.status == "online" else sanitise(row.status, 24) or "unknown"
    if not status and 0 < millis_named(row.offTime) < now_ms + _LEAVE_MS:
        status = "delisting"
    return Instrument(
        venue=_VENUE,
        wire_symbol=row.symbol.upper(),
        base=row.baseCoin.upper(),
        quote=quote,
        tick_size=_step(row.pricePrecision),
        lot_step=_step(row.quantityPrecision),
        min_qty=amount(row.minTradeAmount),
        max_qty=amount(row.maxTradeAmount),
        max_notional=amount(row.maxLimitOrderValue),
        min_notional=amount(row.minTradeUSDT) if quote in _DOLLARS else ZERO,
        tradeable=not status,
        status=status,
        buy_band=amount(row.buyLimitPriceRatio) if row.buyLimitPriceRatio else None,
        sell_band=amount(row.sellLimitPriceRatio) if row.sellLimitPriceRatio else None,
    )


def _step(decimals: str) -> Decimal:
    """Return the step of a number of decimals; the page knows no other multiplier for spot."""
    count = int(decimals)
    if not 0 <= count <= _MOST_DECIMALS:
        raise ValueError(f"{count} decimals")
    return Decimal(1).scaleb(-count)
