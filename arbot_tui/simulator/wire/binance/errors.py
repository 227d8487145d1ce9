"""Binance's error bodies: `{"code": …, "msg": …}` with the documented HTTP status."""

from __future__ import annotations

from arbot_tui.simulator.core.orders import Refusal, Refused

__all__ = ["ApiError", "cancel_refused", "missing", "order_refused"]


class ApiError(Exception):
    """A request Binance answers with an error.

    Attributes:
        code: Binance's code, negative.
        message: Its text.
        status: HTTP status.
        headers: Extra answer headers.
    """

    def __init__(
        self, code: int, message: str, status: int = 400, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers or {}


_FILTERS = {
    Refusal.PRICE_STEP: "PRICE_FILTER",
    Refusal.PRICE_BAND: "PERCENT_PRICE_BY_SIDE",
    Refusal.LOT_STEP: "LOT_SIZE",
    Refusal.MIN_QTY: "LOT_SIZE",
    Refusal.MAX_QTY: "LOT_SIZE",
    Refusal.MIN_NOTIONAL: "NOTIONAL",
}


def missing(parameter: str) -> ApiError:
    """Return the error for a mandatory parameter that is absent or empty."""
    return ApiError(
        -1102, f"Mandatory parameter '{parameter}' was not sent, was empty/null, or malformed."
    )


def order_refused(refused: Refused) -> ApiError:
    """Return what Binance answers to an order that the matching engine refused."""
    name = _FILTERS.get(refused.reason)
    if name is not None:
        return ApiError(-1013, f"Filter failure: {name}")
    if refused.reason is Refusal.DUPLICATE_CLIENT_ID:
        return ApiError(-2010, "Duplicate order sent.")
    if refused.reason is Refusal.INSUFFICIENT_BALANCE:
        return ApiError(-2010, "Account has insufficient balance for requested action.")
    if refused.reason in (Refusal.HALTED, Refusal.DELISTED):
        return ApiError(-2010, "Market is closed.")
    return ApiError(-1121, "Invalid symbol.")


def cancel_refused() -> ApiError:
    """Return what Binance answers to a cancel that finds no open order."""
    return ApiError(-2011, "Unknown order sent.")
