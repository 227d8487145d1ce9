"""What OKX charges the account: ``account/trade-fee`` (v5, 2026-07-03)."""

from __future__ import annotations

import msgspec

from arbot_tui.domain.fees import TradingFees, believable
from arbot_tui.domain.numbers import exact, parse_decimal
from arbot_tui.exchanges.okx.answers import BROKEN, malformed

__all__ = ["parse_fees"]


class _FeeGroup(msgspec.Struct):
    groupId: str
    maker: str
    taker: str


class _Fees(msgspec.Struct):
    maker: str = ""
    taker: str = ""
    feeGroup: list[_FeeGroup] = []


_fees = msgspec.json.Decoder(list[_Fees]).decode


def parse_fees(data: msgspec.Raw, group: str) -> TradingFees:
    """Return the rates of one fee group, as costs: this venue sends commissions negative.

    Args:
        data: The ``data`` member of ``account/trade-fee``.
        group: ``groupId`` of the instrument. Where it is not listed the deprecated rates of the
            whole account stand.

    Raises:
        MalformedMessage: `data` breaks its schema or holds no rate.
    """
    try:
        fees = _fees(data)[0]
        maker, taker = fees.maker, fees.taker
        for listed in fees.feeGroup:
            if listed.groupId == group:
                maker, taker = listed.maker, listed.taker
        return TradingFees(
            maker=believable(exact.minus(parse_decimal(maker))),
            taker=believable(exact.minus(parse_decimal(taker))),
        )
    except BROKEN as e:
        raise malformed("fees", e) from e
