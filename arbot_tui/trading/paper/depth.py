"""What is left of a book for our paper orders: what it shows, less what they took.

The venue never hears of a paper order, so a level that one has taken goes on being shown. Of
what is shown, at most what we took may still be ours; whatever a level shows beyond that has
come anew. A level that shrinks below what we took, or disappears, has lost that much of ours:
the same resting quantity is never taken twice, and a level that was renewed is there again.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from arbot_tui.domain.numbers import ZERO, exact, from_float
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.quotes import Level

__all__ = ["BookSide", "ExactLevel"]

ExactLevel = tuple[Decimal, Decimal]
"""(price in quote per base, size in base)."""


class BookSide:
    """What orders of one side meet in one book, and what ours took of it already."""

    __slots__ = ("_buying", "_taken")

    def __init__(self, side: OrderSide) -> None:
        """Start with nothing taken.

        Args:
            side: Of the orders: buys meet the asks, sells the bids.
        """
        self._buying = side is OrderSide.BUY
        self._taken: dict[Decimal, Decimal] = {}

    @property
    def is_touched(self) -> bool:
        """Whether anything that is shown may be ours already."""
        return bool(self._taken)

    def show(self, levels: Sequence[Level]) -> list[ExactLevel]:
        """Take what the venue shows, and return what is left of it for us, best first.

        Args:
            levels: Best first. What lies beyond the last one is unknown; what is missing before
                it is not there. Empty where nothing is known of that side.
        """
        shown = [(from_float(price), from_float(size)) for price, size in levels]
        if self._taken and shown:
            self._forget(shown)
        left = []
        for price, size in shown:
            spare = exact.subtract(size, self._taken.get(price, ZERO))
            if spare > 0:
                left.append((price, spare))
        return left

    def take(self, price: Decimal, qty: Decimal) -> None:
        """Note that `qty` of what was left at `price` is ours now."""
        self._taken[price] = exact.add(self._taken.get(price, ZERO), qty)

    def _forget(self, shown: list[ExactLevel]) -> None:
        sizes = dict(shown)
        last = shown[-1][0]
        for price, taken in list(self._taken.items()):
            if price > last if self._buying else price < last:
                continue  # beyond what is known
            size = sizes.get(price, ZERO)
            if size <= 0:
                del self._taken[price]
            elif size < taken:
                self._taken[price] = size
