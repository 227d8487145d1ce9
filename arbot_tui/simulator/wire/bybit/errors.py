"""Bybit's errors: HTTP 200 and a `retCode`; only the gateway uses HTTP statuses.

Source: bybit-exchange/docs `v5/error`, 2026-07-24.
"""

from __future__ import annotations

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.conduct import ErrorAnswer
from arbot_tui.simulator.core.orders import Order, Refusal, Refused
from arbot_tui.simulator.wire.common.fields import BadField

__all__ = ["ApiError", "bad_field", "cancel_refused", "order_refused", "unreasonable"]


class ApiError(Exception):
    """A request Bybit answers with an error.

    Attributes:
        code: `retCode`; 0 where the gateway refuses with a bare HTTP status.
        message: `retMsg`, or the gateway's text.
        status: HTTP status.
    """

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status


_REFUSALS = {
    Refusal.UNKNOWN_SYMBOL: (170121, "Invalid symbol."),
    Refusal.PRICE_STEP: (170134, "Order price decimal too long."),
    Refusal.LOT_STEP: (170137, "Order quantity decimal too long."),
    Refusal.MIN_QTY: (170136, "Order quantity lower than the minimum."),
    Refusal.MAX_QTY: (170124, "Order quantity too large."),
    Refusal.MAX_NOTIONAL: (170124, "Order amount too large."),
    Refusal.MIN_NOTIONAL: (170140, "Order value exceeded lower limit."),
    Refusal.DUPLICATE_CLIENT_ID: (170141, "Duplicate clientOrderId"),
    Refusal.INSUFFICIENT_BALANCE: (170131, "Insufficient balance."),
    Refusal.HALTED: (170151, "This trading pair is not available."),
    Refusal.DELISTED: (170121, "Invalid symbol."),
    Refusal.UNKNOWN_ORDER: (170213, "Order does not exist."),
}


def order_refused(refused: Refused, side: OrderSide) -> ApiError:
    """Return what Bybit answers to an order that the matching engine refused."""
    if refused.reason is Refusal.PRICE_BAND:
        if side is OrderSide.BUY:
            return ApiError(170132, "Order price too high.")
        return ApiError(170133, "Order price too low.")
    return ApiError(*_REFUSALS[refused.reason])


def cancel_refused(order: Order | None) -> ApiError:
    """Return what Bybit answers to a cancel of an order that is unknown or has ended."""
    if order is None:
        return ApiError(170213, "Order does not exist.")
    if order.status is OrderStatus.FILLED:
        return ApiError(170139, "Order has been filled.")
    return ApiError(170142, "Order has been canceled.")


def bad_field(bad: BadField) -> ApiError:
    """Return the error for a parameter that is absent or unusable."""
    if bad.name in ("price", "qty") and not bad.missing:
        return ApiError(170130, f"Data sent for parameter '{bad.name}' is not valid.")
    return ApiError(10001, f"params error: {bad.name or 'body'} is missing or invalid")


_WORDS = {
    10000: "Server Timeout",
    10006: "Too many visits!",
    10016: "Server error.",
    10429: "System level frequency protection.",
    170007: "Timeout waiting for response from backend server.",
    170131: "Insufficient balance.",
    170146: "Order creation timeout.",
    170147: "Order cancellation timeout.",
    170213: "Order does not exist.",
}


def unreasonable(error: ErrorAnswer) -> ApiError:
    """Return the error for an answer that a fault asked for."""
    code = 170131 if error.code is None else int(error.code)
    return ApiError(code, _WORDS.get(code, "Error."), error.status or 200)
