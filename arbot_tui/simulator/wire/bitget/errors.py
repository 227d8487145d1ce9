"""Bitget's errors: HTTP 400 with a text `code`; too many requests get HTTP 429.

Source: Bitget v2 error code pages (commit of 2025-12-05) and change log to 2026-01-29.
"""

from __future__ import annotations

from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.conduct import ErrorAnswer
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.orders import NewOrder, Refusal, Refused
from arbot_tui.simulator.wire.common.amounts import trimmed
from arbot_tui.simulator.wire.common.fields import BadField

__all__ = [
    "ApiError",
    "bad_field",
    "order_refused",
    "too_many",
    "unified_refused",
    "unreasonable",
]


class ApiError(Exception):
    """A request that Bitget answers with an error.

    Attributes:
        code: Bitget's code.
        message: Its text.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status


_REFUSALS = {
    Refusal.MIN_QTY: ("43006", "The order quantity is less than the minimum order quantity"),
    Refusal.MAX_QTY: ("43007", "The order quantity is greater than the maximum order quantity"),
    Refusal.MAX_NOTIONAL: ("45113", "The order value exceeds the maximum order value"),
    Refusal.DUPLICATE_CLIENT_ID: ("43118", "clientOrderId duplicate"),
    Refusal.INSUFFICIENT_BALANCE: ("43012", "Insufficient balance"),
    Refusal.HALTED: ("22004", "Symbol not support API trade"),
    Refusal.DELISTED: ("40309", "The symbol has been removed"),
    Refusal.UNKNOWN_ORDER: ("43001", "The order does not exist"),
}


def order_refused(refused: Refused, new: NewOrder, rules: Instrument) -> ApiError:
    """Return what Bitget answers to an order that the matching engine refused."""
    if refused.reason is Refusal.PRICE_STEP:
        return _too_precise("price", trimmed(new.price), rules.price_decimals)
    if refused.reason is Refusal.LOT_STEP:
        return _too_precise("size", trimmed(new.qty), rules.qty_decimals)
    if refused.reason is Refusal.MIN_NOTIONAL:
        least = trimmed(rules.min_notional)
        return ApiError("45110", f"less than the minimum amount {least} {rules.quote}")
    if refused.reason is Refusal.PRICE_BAND:
        if new.side is OrderSide.BUY:
            return ApiError("43008", "The current order price is above the highest allowed price")
        return ApiError("43009", "The current order price is below the lowest allowed price")
    return ApiError(*_REFUSALS[refused.reason])


_UNIFIED_REFUSALS = {
    Refusal.MIN_QTY: ("25207", "The order quantity is below the minimum"),
    Refusal.MAX_QTY: ("25208", "The order quantity exceeds the maximum"),
    Refusal.MAX_NOTIONAL: ("25208", "The order value exceeds the maximum"),
    Refusal.DUPLICATE_CLIENT_ID: ("25212", "clientOid duplicate"),
    Refusal.INSUFFICIENT_BALANCE: ("25202", "Insufficient balance"),
    Refusal.HALTED: ("25100", "The symbol cannot be traded"),
    Refusal.DELISTED: ("25100", "The symbol cannot be traded"),
    Refusal.UNKNOWN_ORDER: ("25204", "Order does not exist"),
}


def unified_refused(refused: Refused, new: NewOrder, rules: Instrument) -> ApiError:
    """Return what Bitget answers to an order of a unified account that it refused."""
    if refused.reason is Refusal.PRICE_BAND:
        code = "25205" if new.side is OrderSide.BUY else "25206"
        return ApiError(code, "The order price is outside the price limit")
    if refused.reason in _UNIFIED_REFUSALS:
        return ApiError(*_UNIFIED_REFUSALS[refused.reason])
    return order_refused(refused, new, rules)


# Errors that come with another HTTP status than 400.
_STATUS = {"429": 429}
_WORDS = {
    "429": "Too Many Requests",
    "40010": "Request timed out",
    "40015": "System is abnormal, please try again later",
    "40725": "service return an error",
    "40808": "Parameter verification exception",
    "43012": "Insufficient balance",
    "45001": "unknown error",
}


def unreasonable(error: ErrorAnswer) -> ApiError:
    """Return the error for an answer that a fault asked for."""
    code = "43012" if error.code is None else error.code
    return ApiError(code, _WORDS.get(code, "error"), error.status or _STATUS.get(code, 400))


def _too_precise(name: str, value: str, scale: int) -> ApiError:
    return ApiError(
        "40808",
        f"Parameter verification exception {name} checkBDScale error value={value} "
        f"checkScale={scale}",
    )


def bad_field(bad: BadField) -> ApiError:
    """Return the error for a parameter that is absent or unusable."""
    if bad.missing:
        return ApiError("40019", f"Parameter {bad.name} cannot be empty")
    return ApiError("40017", f"Parameter verification failed {bad.name or 'body'}")


def too_many() -> ApiError:
    """Return the error for a request beyond a rate limit."""
    return ApiError("429", "Too Many Requests", 429)
