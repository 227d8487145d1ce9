"""What Binance trades: ``GET /api/v3/exchangeInfo`` (spot API documentation, 2026-07-21).

Reads the form of 2021 as well (``permissions`` and ``MIN_NOTIONAL`` instead of
``permissionSets`` and ``NOTIONAL``): older symbols and recordings still use it.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, exact, parse_decimal
from arbot_tui.domain.text import sanitise

__all__ = ["ExchangeInfo", "Quota", "parse_exchange_info"]

_VENUE = "binance"
# What every spot account may trade; regional groups (TRD_GRP_0xx) are not assumed.
_SPOT = "SPOT"
_MAX_PRECISION = 30
_ONE = Decimal(1)


class Quota(msgspec.Struct, frozen=True):
    """One row of ``rateLimits``.

    Attributes:
        rateLimitType: ``REQUEST_WEIGHT``, ``ORDERS`` or ``RAW_REQUESTS``.
        interval: ``SECOND``, ``MINUTE``, ``HOUR`` or ``DAY``.
        intervalNum: Number of intervals in the window.
        limit: Units in the window.
    """

    rateLimitType: str
    interval: str
    intervalNum: int
    limit: int


class ExchangeInfo(msgspec.Struct, frozen=True):
    """What the venue trades and how often it may be asked.

    Attributes:
        instruments: Every symbol that could be read, tradeable or not.
        dropped: Why any other symbol was left out, sanitised.
        quotas: The venue's limits.
    """

    instruments: list[Instrument]
    dropped: list[str]
    quotas: list[Quota]


class _Answer(msgspec.Struct):
    symbols: list[msgspec.Raw]
    rateLimits: list[Quota] = []


class _FilterType(msgspec.Struct):
    filterType: str


class _Filter(msgspec.Struct):
    """Any of the filters that we apply."""

    filterType: str
    tickSize: str = ""
    stepSize: str = ""
    minQty: str = ""
    maxQty: str = ""
    minNotional: str = ""
    maxNotional: str = ""
    maxPosition: str = ""
    bidMultiplierUp: str = ""
    askMultiplierDown: str = ""
    multiplierUp: str = ""
    multiplierDown: str = ""


class _Symbol(msgspec.Struct):
    symbol: str
    status: str
    baseAsset: str
    quoteAsset: str
    baseAssetPrecision: int = 8
    quoteAssetPrecision: int = 8
    isSpotTradingAllowed: bool = True
    filters: list[msgspec.Raw] = []
    permissions: list[str] = []
    permissionSets: list[list[str]] = []
    contractType: str = ""  # of the futures' list, whose symbols have the same names


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_symbol = msgspec.json.Decoder(_Symbol).decode
_decode_filter_type = msgspec.json.Decoder(_FilterType).decode
_decode_filter = msgspec.json.Decoder(_Filter).decode

_APPLIED = frozenset(
    {
        *("PRICE_FILTER", "LOT_SIZE", "NOTIONAL", "MIN_NOTIONAL"),
        *("PERCENT_PRICE_BY_SIDE", "PERCENT_PRICE", "MAX_POSITION"),
    }
)


def parse_exchange_info(body: bytes) -> ExchangeInfo:
    """Return the instruments and quotas in `body`.

    One symbol that breaks its schema costs that symbol, not the venue.

    Raises:
        MalformedMessage: There is no list of symbols at all.
    """
    try:
        answer = _decode_answer(body)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"exchangeInfo: {sanitise(str(e))}") from e
    found: list[Instrument] = []
    dropped: list[str] = []
    for raw in answer.symbols:
        try:
            found.append(_instrument(_decode_symbol(raw)))
        except (ValueError, RecursionError) as e:
            dropped.append(sanitise(str(e)))
    return ExchangeInfo(found, dropped, answer.rateLimits)


def _instrument(row: _Symbol) -> Instrument:
    for name in (row.symbol, row.baseAsset, row.quoteAsset):
        if not name or sanitise(name) != name or "/" in name:
            raise ValueError(f"name {sanitise(name)!r} is not a plain text")
    if row.contractType:
        raise ValueError(f"{row.symbol} is a contract: {sanitise(row.contractType, 32)}")
    filters = {kind.filterType: kind for kind in _filters(row.filters)}
    price = filters.get("PRICE_FILTER")
    lot = filters.get("LOT_SIZE")
    # One of the two exists; NOTIONAL replaced MIN_NOTIONAL symbol by symbol.
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL")
    position = filters.get("MAX_POSITION")
    # Of an average over minutes, where ours is the price of now; so wide that it matters little.
    band = filters.get("PERCENT_PRICE_BY_SIDE") or filters.get("PERCENT_PRICE")
    up = (band.bidMultiplierUp or band.multiplierUp) if band else ""
    down = (band.askMultiplierDown or band.multiplierDown) if band else ""
    status = "" if row.status == "TRADING" else sanitise(row.status, 24) or "unknown"
    if not status and not (row.isSpotTradingAllowed and _permitted(row)):
        status = "no spot trading"
    return Instrument(
        venue=_VENUE,
        wire_symbol=row.symbol,
        base=row.baseAsset.upper(),
        quote=row.quoteAsset.upper(),
        tick_size=_step(price.tickSize if price else "", row.quoteAssetPrecision),
        lot_step=_step(lot.stepSize if lot else "", row.baseAssetPrecision),
        min_qty=_bound(lot.minQty) if lot else ZERO,
        max_qty=_bound(lot.maxQty) if lot else ZERO,
        min_notional=_bound(notional.minNotional) if notional else ZERO,
        max_notional=_bound(notional.maxNotional) if notional else ZERO,
        max_holding=_bound(position.maxPosition) if position else ZERO,
        tradeable=not status,
        status=status,
        buy_band=exact.subtract(_bound(up), _ONE) if up else None,
        sell_band=exact.subtract(_ONE, _bound(down)) if down else None,
    )


def _filters(rows: list[msgspec.Raw]) -> list[_Filter]:
    """Return the filters that we apply; others, of whatever shape, are not looked into."""
    return [_decode_filter(raw) for raw in rows if _decode_filter_type(raw).filterType in _APPLIED]


def _permitted(row: _Symbol) -> bool:
    """Tell whether a plain spot account may trade the symbol.

    ``[["A","B"],["C"]]`` means (A or B) and C; where both forms are empty the venue was asked
    to leave them out, and ``isSpotTradingAllowed`` has to do.
    """
    if row.permissionSets:
        return all(_SPOT in group for group in row.permissionSets)
    return not row.permissions or _SPOT in row.permissions


def _step(text: str, precision: int) -> Decimal:
    """Return a step; "0" switches the rule off, and the asset's precision remains."""
    step = _bound(text)
    if step > 0:
        return step
    if not 0 <= precision <= _MAX_PRECISION:
        raise ValueError(f"precision {precision}")
    return Decimal(1).scaleb(-precision)


def _bound(text: str) -> Decimal:
    value = parse_decimal(text) if text else ZERO
    if value < 0:
        raise ValueError(f"a limit must not be negative, not {value}")
    return value
