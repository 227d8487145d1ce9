"""What OKX trades: ``GET /api/v5/public/instruments?instType=SPOT`` (docs 2026-07-03)."""

from __future__ import annotations

from typing import Literal

import msgspec

from arbot_tui.domain.clock import millis_named
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, amount, positive
from arbot_tui.domain.text import sanitise

__all__ = ["OkxInstrument", "parse_instruments"]

_VENUE = "okx"
# In other quotes an amount in USD says nothing that could be compared.
_DOLLARS = frozenset({"USDT", "USDC", "USD"})


class OkxInstrument(msgspec.Struct, frozen=True):
    """An instrument and the fee group it belongs to.

    Attributes:
        instrument: What the rest of the house sees.
        fee_group: Joins with ``feeGroup[].groupId`` of the fee endpoint; empty where none.
    """

    instrument: Instrument
    fee_group: str


class _Row(msgspec.Struct):
    instId: str
    instType: Literal["SPOT"]
    baseCcy: str
    quoteCcy: str
    state: str
    tickSz: str
    lotSz: str
    minSz: str = ""
    maxLmtSz: str = ""
    maxLmtAmt: str = ""  # in USD
    instIdCode: int | None = None  # absent before 2026, null where not assigned
    groupId: str = ""
    listTime: str = ""  # milliseconds
    contTdSwTime: str = ""  # when an opening auction gives way to continuous trading
    # Bands since 2026-06-30; which of them holds depends on how long the symbol has traded.
    initPxLmtPct: str = ""
    floatPxLmtPct: str = ""
    maxPxLmtPct: str = ""


_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_row = msgspec.json.Decoder(_Row).decode


def parse_instruments(
    data: bytes | msgspec.Raw, now_ms: int
) -> tuple[list[OkxInstrument], list[str]]:
    """Return the instruments in `data`, and why any row of it was left out.

    One row that breaks its schema costs that row, not the venue.

    Args:
        data: The ``data`` member of the answer.
        now_ms: The venue's time: what is listed may not trade yet.

    Raises:
        MalformedMessage: There is no list of rows at all.
    """
    try:
        rows = _decode_rows(data)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"instruments: {sanitise(str(e))}") from e
    found: list[OkxInstrument] = []
    dropped: list[str] = []
    for raw in rows:
        try:
            found.append(_instrument(_decode_row(raw), now_ms))
        except (ValueError, RecursionError) as e:
            dropped.append(sanitise(str(e)))
    return found, dropped


def _instrument(row: _Row, now_ms: int) -> OkxInstrument:
    # The symbol goes into queries and subscriptions: nothing in it may need quoting.
    if not (row.instId.isascii() and row.instId.replace("-", "").isalnum()):
        raise ValueError(f"symbol {sanitise(row.instId)!r}")
    for coin in (row.baseCcy, row.quoteCcy):
        if not coin or "/" in coin or sanitise(coin) != coin:
            raise ValueError(f"coin {sanitise(coin)!r} of {row.instId}")
    named = (row.initPxLmtPct, row.floatPxLmtPct, row.maxPxLmtPct)
    bands = [band for band in map(amount, named) if band > 0]
    band = min(bands) if bands else None
    status = "" if row.state == "live" else sanitise(row.state, 24) or "unknown"
    if not status and now_ms < max(millis_named(row.listTime), millis_named(row.contTdSwTime)):
        # Before continuous trading its book may be crossed, and takes limit orders to rest only.
        status = "not open yet"
    instrument = Instrument(
        venue=_VENUE,
        wire_symbol=row.instId,
        base=row.baseCcy.upper(),
        quote=row.quoteCcy.upper(),
        tick_size=positive(row.tickSz),
        lot_step=positive(row.lotSz),
        min_qty=amount(row.minSz),
        max_qty=amount(row.maxLmtSz),
        max_notional=amount(row.maxLmtAmt) if row.quoteCcy.upper() in _DOLLARS else ZERO,
        # OKX has no minimum value: it is implied by minSz times price.
        tradeable=not status,
        status=status,
        wire_id=row.instIdCode,
        buy_band=band,
        sell_band=band,
    )
    return OkxInstrument(instrument, sanitise(row.groupId, 32))
