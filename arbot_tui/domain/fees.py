"""Trading fees as fractions of the traded value (0.001 is 0.1 %)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.account import FeeTerms
from arbot_tui.domain.numbers import ZERO, exact

__all__ = ["TradingFees", "believable"]

# The best rebates known pay 0.01 to 0.05 %: beyond 1 % a unit or a sign was read wrongly, and
# every pair would look like a profit.
_BEST_REBATE = Decimal("-0.01")


def believable(rate: Decimal) -> Decimal:
    """Return a venue's fee rate as it is.

    Raises:
        ValueError: It takes all that is traded, or pays more than any venue does.
    """
    if not _BEST_REBATE <= rate < 1:
        raise ValueError(f"rate {rate} cannot be")
    return rate


class TradingFees(msgspec.Struct, frozen=True):
    """Fee rates of one account on one market; positive is a cost, negative a rebate.

    Attributes:
        maker: Rate for an order that rested.
        taker: Rate for an order that took liquidity; the only one our IOC legs pay.
        coin: Fee coin in which the account has asked to pay at another rate; empty where it
            pays in what it receives.
        coin_taker: Taker rate, valued in quote currency, while the account holds enough of
            `coin`; None where there is none.
    """

    maker: Decimal
    taker: Decimal
    coin: str = ""
    coin_taker: Decimal | None = None

    def under(self, terms: FeeTerms | None) -> TradingFees:
        """Return these rates with the account's fee coin, where it names one and its factor.

        What the market's own rates already say of a coin stands; a rebate gets no discount.
        """
        if self.coin or terms is None or not terms.discount_asset or terms.discount is None:
            return self
        if not 0 <= terms.discount <= 1 or self.taker <= 0:
            return self
        reduced = exact.multiply(self.taker, terms.discount)
        return TradingFees(self.maker, self.taker, terms.discount_asset, reduced)

    def taker_now(self, coin_value: Decimal | None, traded: Decimal) -> Decimal:
        """Return the taker rate that the next orders pay, as a fraction.

        The rate of the fee coin counts only where what is held of it surely pays them: venues
        fall back to the full rate in the middle of an order when it runs out.

        Args:
            coin_value: What the account holds of `coin` there, valued in quote currency; None
                where that cannot be told.
            traded: Value of the orders that it has to last for, quote currency.
        """
        if self.coin_taker is None or coin_value is None:
            return self.taker
        needed = exact.multiply(traded, max(self.coin_taker, ZERO))
        return self.coin_taker if coin_value >= needed and coin_value > 0 else self.taker
