"""Orders and what venues say about them.

Events are what an adapter reports through its order-event sink; the money core consumes them.
All money is `Decimal`. Events are idempotent by content: a fill counts once per
(venue, symbol, trade id), a cumulative quantity never decreases.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

import msgspec

from arbot_tui.domain.numbers import ZERO, exact

__all__ = [
    "Balance",
    "Fee",
    "Fill",
    "OrderAck",
    "OrderEvent",
    "OrderReject",
    "OrderRequest",
    "OrderSide",
    "OrderState",
    "OrderStatus",
    "OrderUnknown",
    "TimeInForce",
    "split_fees",
]


class OrderSide(StrEnum):
    """Buy or sell the base asset."""

    BUY = "buy"
    SELL = "sell"


class OrderStatus(StrEnum):
    """A venue's order status, normalised; `NOT_FOUND` means the asked sources know none."""

    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    NOT_FOUND = "not_found"


class TimeInForce(StrEnum):
    """What becomes of the part of a limit order that does not execute at once."""

    IOC = "ioc"
    """It expires."""
    GTC = "gtc"
    """It rests until it is cancelled."""


class OrderRequest(msgspec.Struct, frozen=True):
    """A price-capped limit order, ready for the wire: quantised, with identity and expiry.

    Attributes:
        client_id: Function of (instance, pair, leg, attempt); never sent twice.
        venue: Name of the venue.
        symbol: Canonical symbol.
        side: Buy or sell.
        price: Limit: highest price to pay or lowest to accept; a multiple of the tick.
        qty: Base quantity; a multiple of the lot step.
        expires_ns: `Clock.now_ns` after which the venue must refuse it.
        time_in_force: The legs of a pair are all IOC; what rests is a person's business.
    """

    client_id: str
    venue: str
    symbol: str
    side: OrderSide
    price: Decimal
    qty: Decimal
    expires_ns: int
    time_in_force: TimeInForce = TimeInForce.IOC


class OrderAck(msgspec.Struct, frozen=True, tag="ack"):
    """The venue accepted the request; says nothing about fills."""

    venue: str
    client_id: str
    venue_id: str


class OrderReject(msgspec.Struct, frozen=True, tag="reject"):
    """The venue refused the order for good: nothing of it exists there.

    Attributes:
        venue: Name of the venue.
        client_id: Our order id.
        code: The venue's own code.
        message: Its text, sanitised.
        fatal: The refusal concerns the account, key or clock: stop the venue.
    """

    venue: str
    client_id: str
    code: str
    message: str
    fatal: bool = False


class OrderUnknown(msgspec.Struct, frozen=True, tag="unknown"):
    """The request may have taken effect (timeout, 5xx, lost connection): query, never resend."""

    venue: str
    client_id: str
    message: str


Fee = tuple[str, Decimal]
"""(asset, amount): positive was taken as a cost, negative given as a rebate."""


class Fill(msgspec.Struct, frozen=True, tag="fill"):
    """One execution of one of our orders.

    Attributes:
        venue: Name of the venue.
        client_id: Our order id.
        symbol: Canonical symbol.
        trade_id: The venue's trade id; with venue and symbol the identity of the fill.
        side: Buy or sell.
        price: Execution price, quote per base.
        qty: Base quantity.
        fee: Amount taken as fee, in `fee_asset`: positive is a cost, negative a rebate.
        fee_asset: Asset of the fee; empty where none was taken and none was named.
        event_ns: The venue's time, UTC nanoseconds.
        more_fees: What else was taken or given for it in other assets, with the same signs. Apart
            from the first, so that records of one fee read as they always have.
    """

    venue: str
    client_id: str
    symbol: str
    trade_id: str
    side: OrderSide
    price: Decimal
    qty: Decimal
    fee: Decimal
    fee_asset: str
    event_ns: int
    more_fees: tuple[Fee, ...] = ()

    @property
    def fees(self) -> tuple[Fee, ...]:
        """All that was taken for it, or, negative, given: each asset once, nothing of zero."""
        return ((self.fee_asset, self.fee), *self.more_fees) if self.fee else self.more_fees


def split_fees(fees: Iterable[Fee]) -> tuple[Decimal, str, tuple[Fee, ...]]:
    """Return `Fill.fee`, `Fill.fee_asset` and `Fill.more_fees` of what was taken for an execution.

    Args:
        fees: As the venue tells them, at least one; positive is a cost, negative a rebate.

    Raises:
        ValueError: An amount is of no asset.
    """
    taken: dict[str, Decimal] = {}
    for asset, amount in fees:
        if amount and not asset:
            raise ValueError(f"a fee of {amount} of nothing")
        taken[asset] = exact.add(taken.get(asset, ZERO), amount)
    (asset, fee), *others = sorted(taken.items(), key=lambda item: not item[1])
    return fee, asset, tuple(other for other in others if other[1])


class OrderState(msgspec.Struct, frozen=True, tag="state"):
    """What a query or a private stream says about an order.

    Attributes:
        venue: Name of the venue.
        client_id: Our order id.
        status: Normalised status.
        filled_qty: Cumulative base quantity executed.
        sources: Where the answer comes from ("order", "open", "history", "fills", "stream");
            for `NOT_FOUND` every source that was asked and knew nothing.
        venue_id: The venue's order id; empty where unknown.
        asked_ns: `Clock.now_ns` before the first source was asked; 0 where nobody asked. What a
            venue does not know says something of that moment, not of when its answer came.
    """

    venue: str
    client_id: str
    status: OrderStatus
    filled_qty: Decimal
    sources: tuple[str, ...]
    venue_id: str = ""
    asked_ns: int = 0


OrderEvent = OrderAck | OrderReject | OrderUnknown | Fill | OrderState


class Balance(msgspec.Struct, frozen=True):
    """What an account holds of one asset.

    Attributes:
        asset: Upper-case asset name.
        free: Spendable amount.
        locked: Amount held by open orders.
    """

    asset: str
    free: Decimal
    locked: Decimal
