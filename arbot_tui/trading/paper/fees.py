"""What a paper order pays, and in which coin: as the account's setting on the venue has it.

Three ways exist: out of what is received, out of the quote currency for purchases as well, or in
the venue's own coin at another rate. Where that coin runs short the whole fee of a fill is taken
the ordinary way, as venues do it in the middle of an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import msgspec

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, exact
from arbot_tui.domain.orders import OrderSide

__all__ = ["Execution", "PaperFees"]

# Venues book in eight decimals; what was rounded is what is taken and reported.
_MONEY = Decimal("0.00000001")
_ONE = Decimal(1)


class Execution(msgspec.Struct, frozen=True):
    """What traded, of one order against one level.

    Attributes:
        side: Of our order.
        price: Quote per base.
        qty: Base quantity.
        maker: Our order rested.
    """

    side: OrderSide
    price: Decimal
    qty: Decimal
    maker: bool = False

    @property
    def value(self) -> Decimal:
        """Worth in quote currency."""
        return exact.multiply(self.price, self.qty)


class PaperFees(msgspec.Struct, frozen=True):
    """How one venue charges the paper account.

    Attributes:
        others: Rates of every market whose own are not known.
        known: The account's own rates by canonical symbol.
        in_quote: Fees are taken in the quote currency, of purchases as well.
    """

    others: TradingFees
    known: Mapping[str, TradingFees] = {}
    in_quote: bool = False

    def of(self, symbol: str) -> TradingFees:
        """Return the rates of a market."""
        return self.known.get(symbol, self.others)

    def spent_share(self, symbol: str) -> Decimal:
        """Return what a purchase may cost at the most, as a multiple of its value."""
        rates = self.of(symbol)
        return exact.add(_ONE, max(rates.maker, rates.taker, ZERO)) if self.in_quote else _ONE

    def ordinary(self, done: Execution, instrument: Instrument) -> tuple[Decimal, str]:
        """Return fee and asset where no fee coin pays."""
        rates = self.of(instrument.symbol)
        rate = rates.maker if done.maker else rates.taker
        if done.side is OrderSide.BUY and not self.in_quote:
            return _rounded(exact.multiply(done.qty, rate)), instrument.base
        fee = exact.multiply(done.value, rate)
        if done.side is OrderSide.BUY:
            # Several fills must not cost more than what was set aside for the order.
            return fee.quantize(_MONEY, ROUND_DOWN, exact), instrument.quote
        return _rounded(fee), instrument.quote

    def in_coin(self, done: Execution, symbol: str, coin_price: Decimal | None) -> Decimal | None:
        """Return what an execution costs in the fee coin; None where it is not paid in one.

        Args:
            done: What traded.
            symbol: Canonical symbol.
            coin_price: Of the fee coin, in the symbol's quote currency; None where unknown.
        """
        rates = self.of(symbol)
        rate = rates.maker if done.maker else rates.taker
        if not rates.coin or rates.coin_taker is None or not coin_price or rate <= 0:
            return None
        if done.maker:
            # The coin's rate is told for takers; makers have as much off theirs.
            share = exact.divide(rates.coin_taker, rates.taker) if rates.taker > 0 else _ONE
            reduced = exact.multiply(rate, share)
        else:
            reduced = rates.coin_taker
        return _rounded(exact.divide(exact.multiply(done.value, reduced), coin_price))


def _rounded(fee: Decimal) -> Decimal:
    return fee.quantize(_MONEY, ROUND_HALF_UP, exact)
