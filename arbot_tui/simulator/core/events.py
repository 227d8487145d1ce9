"""What happens to an account, as it happens: orders, trades, balances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from arbot_tui.simulator.core.orders import Order, Trade

__all__ = ["AccountEvent", "BalanceEvent", "EventKind", "OrderEvent", "Watcher"]


class EventKind(StrEnum):
    """What happened to an order."""

    NEW = "new"
    """It was accepted."""
    TRADE = "trade"
    """It traded; its status says whether that was all of it."""
    CANCELED = "canceled"
    """Its owner cancelled what was left."""
    EXPIRED = "expired"
    """The venue ended what was left."""
    REJECTED = "rejected"
    """The venue refused it after having accepted it."""


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """A change of an order.

    Attributes:
        number: Grows with every event of the account.
        kind: What happened.
        order: The order; it is as the event tells only until the next event.
        trade: The trade that happened, for `TRADE`.
        ts_ns: Matching-engine time by the venue's clock, UTC nanoseconds.
    """

    number: int
    kind: EventKind
    order: Order
    trade: Trade | None
    ts_ns: int


@dataclass(frozen=True, slots=True)
class BalanceEvent:
    """Balances that changed.

    Attributes:
        number: Grows with every event of the account.
        assets: Which, in the order of changing.
        moved: What a deposit (or, negative, a withdrawal) brought; None if orders changed them.
        ts_ns: Time by the venue's clock, UTC nanoseconds.
    """

    number: int
    assets: tuple[str, ...]
    moved: Decimal | None
    ts_ns: int


AccountEvent = OrderEvent | BalanceEvent
"""A change of an account."""

Watcher = Callable[[AccountEvent], None]
"""Is called with every event, at once and in order; must not trade."""
