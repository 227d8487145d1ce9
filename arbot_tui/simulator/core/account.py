"""What one account holds: free and locked amounts per asset, exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from arbot_tui.simulator.core.orders import Refusal, Refused

__all__ = ["Account", "Holding"]

_ZERO = Decimal(0)


@dataclass(slots=True)
class Holding:
    """Amounts of one asset.

    Attributes:
        free: Spendable.
        locked: Held by open orders.
    """

    free: Decimal = _ZERO
    locked: Decimal = _ZERO

    @property
    def total(self) -> Decimal:
        """Free and locked together."""
        return self.free + self.locked


class Account:
    """The balances of one account on one venue.

    Args:
        opening: Amounts to start with, by asset.
    """

    def __init__(self, opening: Mapping[str, Decimal]) -> None:
        self.opening: Mapping[str, Decimal] = dict(opening)
        self.holdings = {asset: Holding(free=amount) for asset, amount in opening.items()}

    def lock(self, asset: str, amount: Decimal) -> None:
        """Move `amount` from free to locked.

        Raises:
            Refused: Less than that is free; nothing has changed.
        """
        holding = self.holdings.setdefault(asset, Holding())
        if holding.free < amount:
            raise Refused(Refusal.INSUFFICIENT_BALANCE, asset)
        holding.free -= amount
        holding.locked += amount

    def release(self, asset: str, amount: Decimal) -> None:
        """Move `amount` from locked back to free."""
        holding = self.holdings[asset]
        holding.locked -= amount
        holding.free += amount

    def exchange(self, spent: str, amount: Decimal, received: str, net: Decimal) -> None:
        """Spend `amount` of a locked asset and receive `net` of another, fee already off."""
        self.holdings[spent].locked -= amount
        self.holdings.setdefault(received, Holding()).free += net
