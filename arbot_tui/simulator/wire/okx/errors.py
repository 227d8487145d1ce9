"""OKX's errors: a request-level `code`, or `code` 1 with the reason in `data[0].sCode`.

Source: OKX API guide, REST error codes, 2026-07-13. Clients are told to match on codes only:
the texts vary.
"""

from __future__ import annotations

from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.conduct import ErrorAnswer
from arbot_tui.simulator.core.orders import NewOrder, Refusal, Refused
from arbot_tui.simulator.wire.common.fields import BadField

__all__ = ["ApiError", "OrderError", "bad_field", "order_refused", "unreasonable"]


class ApiError(Exception):
    """A request that OKX answers with a top-level code.

    Attributes:
        code: OKX's code.
        message: Its text.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status


class OrderError(Exception):
    """An order or a cancel that OKX refuses: HTTP 200, `code` 1, the reason as `sCode`.

    Attributes:
        code: OKX's code.
        message: Its text.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


_REFUSALS = {
    Refusal.UNKNOWN_SYMBOL: ("51001", "Instrument ID doesn't exist."),
    Refusal.PRICE_STEP: ("51150", "The precision of the number of trades or the price is wrong."),
    Refusal.LOT_STEP: ("51121", "Order quantity must be a multiple of the lot size."),
    Refusal.MIN_QTY: ("51020", "Your order should meet or exceed the minimum order amount."),
    Refusal.MIN_NOTIONAL: ("51020", "Your order should meet or exceed the minimum order amount."),
    Refusal.MAX_QTY: ("51101", "Order amount exceeds the maximum limit."),
    Refusal.MAX_NOTIONAL: ("51185", "The value of the order exceeds the maximum per order."),
    Refusal.DUPLICATE_CLIENT_ID: ("51016", "Client order ID already exists."),
    Refusal.HALTED: ("51022", "Instrument is suspended."),
    Refusal.DELISTED: ("51001", "Instrument ID doesn't exist."),
    Refusal.UNKNOWN_ORDER: (
        "51400",
        "Order cancellation failed as the order has been filled, canceled or does not exist.",
    ),
}


def order_refused(refused: Refused, new: NewOrder) -> OrderError:
    """Return what OKX answers to an order that the matching engine refused."""
    if refused.reason is Refusal.PRICE_BAND:
        if new.side is OrderSide.BUY:
            return OrderError("51137", "Your buy price is above the highest allowed price.")
        return OrderError("51138", "Your sell price is below the lowest allowed price.")
    if refused.reason is Refusal.INSUFFICIENT_BALANCE:
        return OrderError("51008", f"Order failed. Insufficient {refused.asset} balance in account")
    return OrderError(*_REFUSALS[refused.reason])


def bad_field(bad: BadField) -> ApiError:
    """Return the error for a parameter that is absent or unusable."""
    if not bad.name:
        return ApiError("50002", "JSON syntax error", 400)
    if bad.missing:
        return ApiError("50014", f"Parameter {bad.name} can not be empty.", 400)
    return ApiError("51000", f"Parameter {bad.name} error", 400)


# Errors about a request as a whole, with the HTTP status that goes with them.
_REQUEST_ERRORS = {
    "50001": (503, "Service temporarily unavailable. Please try again later."),
    "50004": (400, "API endpoint request timeout."),
    "50011": (429, "Rate limit reached."),
    "50013": (429, "Systems are busy. Please try again later."),
    "50026": (500, "System error. Please try again later."),
    "51054": (500, "Request timed out. Please try again."),
    "51149": (500, "Order timed out. Please try again."),
}
_WORDS = {
    "51008": "Order failed. Insufficient balance in account",
    "51412": "Cancellation timed out.",
}


def unreasonable(error: ErrorAnswer) -> OrderError:
    """Return the refusal that a fault asked for.

    Raises:
        ApiError: It is one about the request as a whole.
    """
    code = "51008" if error.code is None else error.code
    if code in _REQUEST_ERRORS:
        status, words = _REQUEST_ERRORS[code]
        raise ApiError(code, words, error.status or status)
    return OrderError(code, _WORDS.get(code, "Order failed."))
