"""Binance's error bodies: `{"code": …, "msg": …}` with the documented HTTP status."""

from __future__ import annotations

from arbot_tui.simulator.core.conduct import ErrorAnswer
from arbot_tui.simulator.core.orders import Refusal, Refused

__all__ = ["ApiError", "cancel_refused", "missing", "order_refused", "unreasonable"]


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
    Refusal.MAX_NOTIONAL: "NOTIONAL",
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


# Errors that come with another HTTP status than 400.
_STATUS = {-1003: 429, -1015: 429, -1006: 500, -1007: 500, -1008: 503, -2014: 401, -2015: 401}
_WORDS = {
    -1000: "An unknown error occurred while processing the request.",
    -1001: "Internal error; unable to process your request. Please try again.",
    -1003: "Too much request weight used.",
    -1006: "An unexpected response was received from the message bus. Execution status unknown.",
    -1007: "Timeout waiting for response from backend server. Send status unknown; execution "
    "status unknown.",
    -1008: "Request throttled by system-level protection. Please try again.",
    -1013: "Filter failure: LOT_SIZE",
    -1015: "Too many new orders.",
    -1021: "Timestamp for this request is outside of the recvWindow.",
    -1022: "Signature for this request is not valid.",
    -2010: "Account has insufficient balance for requested action.",
    -2011: "Unknown order sent.",
    -2013: "Order does not exist.",
    -2015: "Invalid API-key, IP, or permissions for action.",
}


def unreasonable(error: ErrorAnswer) -> ApiError:
    """Return the error for an answer that a fault asked for.

    Raises:
        ValueError: The code is no number.
    """
    code = -2010 if error.code is None else int(error.code)
    words = _WORDS.get(code, "An error occurred.")
    return ApiError(code, words, error.status or _STATUS.get(code, 400))
