"""What a paper account holds on one venue, exact."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, exact
from arbot_tui.domain.orders import Balance, Fill, OrderRequest, OrderSide

__all__ = ["PaperAccount"]

# Venues book in eight decimals; what was rounded is what is taken and reported.
_MONEY = Decimal("0.00000001")


class PaperAccount:
    """Amounts by asset. Nothing is ever locked: every order ends in the moment it arrives."""

    def __init__(self, holdings: Mapping[str, Decimal]) -> None:
        """Start with `holdings`."""
        self._holdings = dict(holdings)

    def __contains__(self, asset: str) -> bool:
        """Tell whether the account ever held the asset."""
        return asset in self._holdings

    def credit(self, asset: str, amount: Decimal) -> None:
        """Add what comes in from outside."""
        self._holdings[asset] = exact.add(self.free(asset), amount)

    def free(self, asset: str) -> Decimal:
        """Return what can be spent."""
        return self._holdings.get(asset, ZERO)

    def balances(self) -> list[Balance]:
        """Return everything that is not zero."""
        return [Balance(a, amount, ZERO) for a, amount in sorted(self._holdings.items()) if amount]

    def shortage(self, order: OrderRequest, instrument: Instrument) -> str:
        """Return what an order would need and does not find, or an empty text."""
        if order.side is OrderSide.BUY:
            asset, need = instrument.quote, exact.multiply(order.price, order.qty)
        else:
            asset, need = instrument.base, order.qty
        free = self.free(asset)
        return "" if free >= need else f"needs {need} {asset}, has {free}"

    def fill(
        self,
        order: OrderRequest,
        instrument: Instrument,
        fees: TradingFees,
        *,
        trade_id: str,
        price: Decimal,
        qty: Decimal,
        event_ns: int,
    ) -> Fill:
        """Execute a part of an order; the fee is taken from what is received."""
        value = exact.multiply(price, qty)
        if order.side is OrderSide.BUY:
            gave, gave_amount, got, got_amount = instrument.quote, value, instrument.base, qty
        else:
            gave, gave_amount, got, got_amount = instrument.base, qty, instrument.quote, value
        fee = exact.multiply(got_amount, fees.taker).quantize(_MONEY, ROUND_HALF_UP, exact)
        self._holdings[gave] = exact.subtract(self.free(gave), gave_amount)
        self._holdings[got] = exact.add(self.free(got), exact.subtract(got_amount, fee))
        return Fill(
            venue=order.venue,
            client_id=order.client_id,
            symbol=order.symbol,
            trade_id=trade_id,
            side=order.side,
            price=price,
            qty=qty,
            fee=fee,
            fee_asset=got,
            event_ns=event_ns,
        )
