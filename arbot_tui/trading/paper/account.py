"""What a paper account holds on one venue, exact."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, exact
from arbot_tui.domain.orders import Balance, OrderRequest, OrderSide
from arbot_tui.trading.paper.fees import Execution, PaperFees

__all__ = ["PaperAccount"]


class PaperAccount:
    """Amounts by asset: what can be spent, and what resting orders hold."""

    def __init__(self, holdings: Mapping[str, Decimal]) -> None:
        """Start with `holdings`, nothing of it locked."""
        self._free = dict(holdings)
        self._locked: dict[str, Decimal] = {}

    def __contains__(self, asset: str) -> bool:
        """Tell whether the account ever held the asset."""
        return asset in self._free

    def credit(self, asset: str, amount: Decimal) -> None:
        """Add what comes in from outside."""
        self._move(asset, amount)

    def free(self, asset: str) -> Decimal:
        """Return what can be spent."""
        return self._free.get(asset, ZERO)

    def balances(self) -> list[Balance]:
        """Return everything that is not zero."""
        held = ((a, free, self._locked.get(a, ZERO)) for a, free in sorted(self._free.items()))
        return [Balance(asset, free, locked) for asset, free, locked in held if free or locked]

    def shortage(self, order: OrderRequest, instrument: Instrument, fees: PaperFees) -> str:
        """Return what an order would need and does not find, or an empty text."""
        asset, need = _need(order, instrument, fees, order.qty)
        free = self.free(asset)
        return "" if free >= need else f"needs {need} {asset}, has {free}"

    def lock(
        self, order: OrderRequest, instrument: Instrument, fees: PaperFees, qty: Decimal
    ) -> None:
        """Set aside what `qty` of an order that rests may spend; it was there on arrival."""
        asset, amount = _need(order, instrument, fees, qty)
        self._move(asset, exact.minus(amount))
        self._locked[asset] = exact.add(self._locked.get(asset, ZERO), amount)

    def unlock(
        self, order: OrderRequest, instrument: Instrument, fees: PaperFees, qty: Decimal
    ) -> None:
        """Give back what `lock` set aside for `qty` of the order."""
        asset, amount = _need(order, instrument, fees, qty)
        self._locked[asset] = exact.subtract(self._locked[asset], amount)
        self._move(asset, amount)

    def execute(
        self,
        done: Execution,
        instrument: Instrument,
        fees: PaperFees,
        coin_price: Decimal | None,
    ) -> tuple[Decimal, str]:
        """Exchange one asset for the other and pay for it out of what is free afterwards.

        Returns:
            Fee and asset; a fee coin pays only where enough of it is free.
        """
        sign = Decimal(1 if done.side is OrderSide.BUY else -1)
        self._move(instrument.base, exact.multiply(sign, done.qty))
        self._move(instrument.quote, exact.minus(exact.multiply(sign, done.value)))
        in_coin = fees.in_coin(done, instrument.symbol, coin_price)
        coin = fees.of(instrument.symbol).coin
        if in_coin is not None and self.free(coin) >= in_coin:
            fee, asset = in_coin, coin
        else:
            fee, asset = fees.ordinary(done, instrument)
        self._move(asset, exact.minus(fee))
        return fee, asset

    def _move(self, asset: str, amount: Decimal) -> None:
        self._free[asset] = exact.add(self.free(asset), amount)


def _need(
    order: OrderRequest, instrument: Instrument, fees: PaperFees, qty: Decimal
) -> tuple[str, Decimal]:
    """Return what `qty` of an order may spend, at its limit."""
    if order.side is OrderSide.SELL:
        return instrument.base, qty
    value = exact.multiply(order.price, qty)
    return instrument.quote, exact.multiply(value, fees.spent_share(order.symbol))
