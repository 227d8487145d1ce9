"""What the core decided, in the form the journal keeps it.

A decision is journalled with the event that caused it, and replay takes it from there instead of
judging again: a later version with stricter checks still reads the orders of this one. It also
puts every client order id into the journal, durable before the order leaves.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.orders import OrderRequest
from arbot_tui.domain.states import PairState

__all__ = ["PairPlan", "PlannedOrder", "Unwinding"]


class PlannedOrder(msgspec.Struct, frozen=True):
    """An order that is to be sent once it is durable.

    Attributes:
        order: As it goes to the venue.
        asset: What it spends; held back until it has ended.
        unit: How much of it each base unit may spend at most.
        planned_ns: When it was planned, of orders that bring a remainder home; a pair has its own.
    """

    order: OrderRequest
    asset: str
    unit: Decimal
    planned_ns: int = 0


class PairPlan(msgspec.Struct, frozen=True):
    """What a signal becomes.

    Attributes:
        number: Number of the pair in this journal.
        base: Base asset.
        quote: Quote asset.
        buy: The leg that buys.
        sell: The leg that sells.
        expected: Profit at the quotes, quote currency, after both taker fees.
    """

    number: int
    base: str
    quote: str
    buy: PlannedOrder
    sell: PlannedOrder
    expected: Decimal


class Unwinding(msgspec.Struct, frozen=True):
    """What becomes of a remainder: another order, or the end of the pair.

    Attributes:
        order: The order that brings it home; None where the pair ends.
        state: What the pair is from now on: still unwinding, or how it ends.
        reason: Why it ends.
    """

    order: PlannedOrder | None = None
    state: PairState = PairState.UNWINDING
    reason: str = ""
