"""What a run earned, in one currency: quotes and fee coins valued at their live rates.

The money core counts exactly, each profit in the quote currency of its symbol and each fee in
the asset it was taken in; only here, for people and reports, are they added up.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.numbers import ZERO, exact, from_float
from arbot_tui.market.rates import CrossRates
from arbot_tui.trading.core.pair import Pair, Profit, pair_profit
from arbot_tui.trading.core.state import CoreState

__all__ = ["RunProfit", "Valuation"]

_PLACES = Decimal("1e-8")
"""Valued amounts are rounded to it; what needs no valuing stays exact."""


class RunProfit(msgspec.Struct, frozen=True):
    """Result of a run in the account currency.

    Attributes:
        realised: Profit after all fees that could be valued.
        fees: Those fees.
        by_symbol: Profit by symbol.
        unvalued: Amounts by asset of which no rate was ever seen; part of nothing above.
    """

    realised: Decimal
    fees: Decimal
    by_symbol: dict[str, Decimal]
    unvalued: dict[str, Decimal]


class Valuation:
    """Values amounts at the cross rates as they stand, or stood last."""

    def __init__(self, rates: CrossRates) -> None:
        """Read `rates`."""
        self._rates = rates

    def value(self, asset: str, amount: Decimal) -> Decimal | None:
        """Return an amount in the account currency; None where no rate was ever seen."""
        if asset == self._rates.account:
            return amount
        rate = self._rates.latest(asset)
        if rate is None:
            return None
        return exact.quantize(exact.multiply(amount, from_float(rate.mid)), _PLACES)

    def run(self, core: CoreState) -> RunProfit:
        """Return what the run has earned so far."""
        unvalued: dict[str, Decimal] = {}
        by_symbol: dict[str, Decimal] = {}
        fees = ZERO
        for symbol, profit in core.realised.items():
            by_symbol[symbol] = self._add(unvalued, core.quote_of(symbol), profit)
        for (symbol, asset), paid in core.fees_paid.items():
            fee = self._add(unvalued, asset, paid)
            fees = exact.add(fees, fee)
            if asset != core.quote_of(symbol):
                # Not in the profit, which the core counts without prices of third assets.
                by_symbol[symbol] = exact.subtract(by_symbol[symbol], fee)
        realised = ZERO
        for amount in by_symbol.values():
            realised = exact.add(realised, amount)
        return RunProfit(realised, fees, by_symbol, unvalued)

    def _add(self, unvalued: dict[str, Decimal], asset: str, amount: Decimal) -> Decimal:
        """Return the value of an amount; where it has none, note it and return zero."""
        value = self.value(asset, amount)
        if value is not None:
            return value
        unvalued[asset] = exact.add(unvalued.get(asset, ZERO), amount)
        return ZERO

    def pair(self, pair: Pair) -> Profit:
        """Return a pair's profit in its quote currency, fees in third assets valued in as well.

        `Profit.other_fees` keeps those of which no rate was ever seen.
        """
        profit = pair_profit(pair)
        if not profit.other_fees:
            return profit
        per_quote = self.value(pair.quote, Decimal(1))
        others: dict[str, Decimal] = {}
        fees = profit.fees
        for asset, amount in profit.other_fees.items():
            value = self.value(asset, amount)
            if value is None or not per_quote:
                others[asset] = amount
            else:
                fees = exact.add(fees, exact.quantize(exact.divide(value, per_quote), _PLACES))
        realised = exact.subtract(profit.realised, exact.subtract(fees, profit.fees))
        return Profit(realised, fees, others)
