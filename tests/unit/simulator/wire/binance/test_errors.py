"""Refusals in Binance's words."""

import pytest

from arbot_tui.simulator.core.orders import Refusal, Refused
from arbot_tui.simulator.wire.binance.errors import order_refused


@pytest.mark.parametrize(
    ("reason", "code", "message"),
    [
        (Refusal.PRICE_STEP, -1013, "Filter failure: PRICE_FILTER"),
        (Refusal.PRICE_BAND, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        (Refusal.LOT_STEP, -1013, "Filter failure: LOT_SIZE"),
        (Refusal.MIN_QTY, -1013, "Filter failure: LOT_SIZE"),
        (Refusal.MAX_QTY, -1013, "Filter failure: LOT_SIZE"),
        (Refusal.MIN_NOTIONAL, -1013, "Filter failure: NOTIONAL"),
        (Refusal.DUPLICATE_CLIENT_ID, -2010, "Duplicate order sent."),
        (
            Refusal.INSUFFICIENT_BALANCE,
            -2010,
            "Account has insufficient balance for requested action.",
        ),
        (Refusal.UNKNOWN_SYMBOL, -1121, "Invalid symbol."),
    ],
)
def test_every_refusal_has_its_documented_body(reason: Refusal, code: int, message: str) -> None:
    error = order_refused(Refused(reason))
    assert (error.status, error.code, error.message) == (400, code, message)
