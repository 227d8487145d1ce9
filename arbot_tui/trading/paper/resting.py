"""Paper orders that wait at their price until the market comes to them, or they are cancelled.

A resting order of ours is not in the venue's book, so nobody trades with it. It would have been
when the other side is shown at its price or beyond: whoever offers that would have met it first. It
then trades at its own price, never at the better one that is shown, as much as is shown there.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import exact, floor_to
from arbot_tui.domain.orders import OrderRequest, OrderSide
from arbot_tui.trading.paper.depth import BookSide, ExactLevel

__all__ = ["Resting", "RestingOrders", "take_up_to"]


class Resting(msgspec.Struct):
    """An order that waits.

    Attributes:
        order: As it was sent.
        instrument: The rules it was taken by.
        left: Base quantity that has not traded.
    """

    order: OrderRequest
    instrument: Instrument
    left: Decimal


class RestingOrders:
    """Those of one venue, in the order of their arrival."""

    def __init__(self) -> None:
        """Start with none."""
        self._by_id: dict[str, Resting] = {}

    def __contains__(self, client_id: str) -> bool:
        """Tell whether the order waits."""
        return client_id in self._by_id

    def add(self, order: OrderRequest, instrument: Instrument, left: Decimal) -> None:
        """Have an order wait with what is left of it."""
        self._by_id[order.client_id] = Resting(order, instrument, left)

    def remove(self, client_id: str) -> Resting | None:
        """Take an order away; None where it does not wait."""
        return self._by_id.pop(client_id, None)

    def all(self, symbol: str | None = None) -> list[Resting]:
        """Return those of a symbol, or all, the oldest first."""
        return [r for r in self._by_id.values() if symbol is None or r.order.symbol == symbol]

    def queue(self, symbol: str, side: OrderSide) -> list[Resting]:
        """Return those of one side, the best price first, then the oldest."""
        found = [r for r in self.all(symbol) if r.order.side is side]
        return sorted(found, key=lambda r: r.order.price, reverse=side is OrderSide.BUY)


def take_up_to(
    book: BookSide, shown: Sequence[ExactLevel], order: OrderRequest, wanted: Decimal, step: Decimal
) -> list[ExactLevel]:
    """Take what an order meets within its limit, best first, in whole steps.

    Args:
        book: What is taken is noted there.
        shown: What is left of it for us.
        order: Its side and limit count.
        wanted: Base quantity at the most.
        step: Lot step.
    """
    buying = order.side is OrderSide.BUY
    taken: list[ExactLevel] = []
    for price, size in shown:
        if (price > order.price if buying else price < order.price) or wanted <= 0:
            break
        qty = min(wanted, floor_to(size, step))
        if qty > 0:
            book.take(price, qty)
            wanted = exact.subtract(wanted, qty)
            taken.append((price, qty))
    return taken
