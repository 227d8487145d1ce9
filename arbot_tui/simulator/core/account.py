"""What one account holds: free and locked amounts per asset, exact."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from arbot_tui.simulator.core.orders import Refusal, Refused

__all__ = ["Account", "Holding", "Move"]

_ZERO = Decimal(0)
# How far back old balances are known.
_REMEMBERED_NS = 600 * 1_000_000_000


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


class Move(NamedTuple):
    """A change of a balance that no trade explains.

    Attributes:
        asset: What moved.
        amount: What came, or, negative, went.
        told: Whether the venue told: a deposit or a withdrawal; else somebody edited a balance.
        ts_ns: When, UTC nanoseconds.
    """

    asset: str
    amount: Decimal
    told: bool
    ts_ns: int


class Account:
    """The balances of one account on one venue.

    Args:
        opening: Amounts to start with, by asset.

    Attributes:
        opening: As given.
        holdings: What it holds, by asset.
        moves: What came and went beside trades.
        now_ns: The time of the next changes, UTC nanoseconds; whoever changes it sets it.
        touched: Assets that changed since somebody emptied this.
    """

    def __init__(self, opening: Mapping[str, Decimal]) -> None:
        self.opening: Mapping[str, Decimal] = dict(opening)
        self.holdings = {asset: Holding(free=amount) for asset, amount in opening.items()}
        self.moves: list[Move] = []
        self.now_ns = 0
        self.touched: dict[str, None] = {}
        self._before: deque[tuple[int, str, Decimal, Decimal]] = deque()

    def as_of(self, ts_ns: int) -> dict[str, Holding]:
        """Return what it held at a time, up to ten minutes ago."""
        then = {asset: Holding(h.free, h.locked) for asset, h in self.holdings.items()}
        for changed_ns, asset, free, locked in reversed(self._before):
            if changed_ns <= ts_ns:
                break
            then[asset] = Holding(free, locked)
        return then

    def lock(self, asset: str, amount: Decimal) -> None:
        """Move `amount` from free to locked.

        Raises:
            Refused: Less than that is free; nothing has changed.
        """
        held = self.holdings.get(asset)
        if held is None or held.free < amount:
            raise Refused(Refusal.INSUFFICIENT_BALANCE, asset)
        holding = self._change(asset)
        holding.free -= amount
        holding.locked += amount

    def release(self, asset: str, amount: Decimal) -> None:
        """Move `amount` from locked back to free."""
        if not amount:
            return
        holding = self._change(asset)
        holding.locked -= amount
        holding.free += amount

    def exchange(self, spent: str, amount: Decimal, received: str, net: Decimal) -> None:
        """Spend `amount` of a locked asset and receive `net` of another, fee already off."""
        self._change(spent).locked -= amount
        self._change(received).free += net

    def pay(self, asset: str, amount: Decimal) -> bool:
        """Pay a fee out of what is free; return False, with nothing changed, if it is short."""
        holding = self.holdings.get(asset)
        if holding is None or holding.free < amount:
            return False
        self._change(asset).free -= amount
        return True

    def move(self, asset: str, amount: Decimal, *, told: bool) -> None:
        """Let something come, or, negative, go.

        Raises:
            Refused: Less than that is free; nothing has changed.
        """
        if amount < 0 and not self.pay(asset, -amount):
            raise Refused(Refusal.INSUFFICIENT_BALANCE, asset)
        if amount > 0:
            self._change(asset).free += amount
        self.moves.append(Move(asset, amount, told, self.now_ns))

    def _change(self, asset: str) -> Holding:
        """Return a holding that is about to change, and remember what it was."""
        holding = self.holdings.setdefault(asset, Holding())
        self.touched[asset] = None
        before = self._before
        before.append((self.now_ns, asset, holding.free, holding.locked))
        while before[0][0] < self.now_ns - _REMEMBERED_NS:
            before.popleft()
        return holding
