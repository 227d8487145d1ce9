"""What Bybit charges the account: ``account/fee-rate`` (v5, 2026-07-24)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from arbot_tui.domain.fees import TradingFees, believable
from arbot_tui.domain.numbers import parse_decimal
from arbot_tui.exchanges.bybit.answers import BROKEN, malformed

__all__ = ["parse_fees"]


class _FeeRate(msgspec.Struct):
    symbol: str
    takerFeeRate: str
    makerFeeRate: str


class _FeeRates(msgspec.Struct):
    rows: list[_FeeRate] = msgspec.field(name="list")


_fee_rates = msgspec.json.Decoder(_FeeRates).decode


def parse_fees(result: msgspec.Raw, symbols: Mapping[str, str]) -> dict[str, TradingFees]:
    """Return the account's fee rates; positive is a cost here as in the domain.

    Args:
        result: The ``result`` member of ``account/fee-rate``.
        symbols: Wire symbol to canonical symbol; rows of others are passed over.

    Raises:
        MalformedMessage: `result` breaks its schema.
    """
    try:
        return {
            symbols[row.symbol]: TradingFees(
                maker=believable(parse_decimal(row.makerFeeRate)),
                taker=believable(parse_decimal(row.takerFeeRate)),
            )
            for row in _fee_rates(result).rows
            if row.symbol in symbols
        }
    except BROKEN as e:
        raise malformed("fee rates", e) from e
