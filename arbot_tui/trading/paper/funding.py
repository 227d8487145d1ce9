"""What a paper account is given: cash at once, coins as soon as their price is known."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import exact, floor_to
from arbot_tui.trading.paper.account import PaperAccount
from arbot_tui.trading.paper.terms import PaperTerms

__all__ = ["Funding"]

Grant = tuple[str, Decimal]
"""(asset, amount)."""


class Funding:
    """Says once for each asset what an account opens with.

    An asset that the account has ever held, down to nothing, is not given again.
    """

    def __init__(self, terms: PaperTerms, account: PaperAccount) -> None:
        """Fund `account` by `terms`."""
        self._terms = terms
        self._account = account
        self._priced: dict[str, Instrument] = {}
        self._quotes: frozenset[str] = frozenset()

    def follow(self, instruments: Iterable[Instrument]) -> list[Grant]:
        """Learn what may be traded, and return the cash to give now."""
        found = list(instruments)
        self._quotes = frozenset(i.quote for i in found)
        cash = self._quotes - {i.base for i in found}
        # Only cash tells what a coin is worth in the terms' currency.
        self._priced = {
            i.symbol: i for i in found if i.quote in cash and i.base not in self._account
        }
        if self._terms.cash <= 0:
            return []
        return [(asset, self._terms.cash) for asset in sorted(cash) if asset not in self._account]

    def wants(self, symbol: str) -> bool:
        """Tell whether the price of this symbol decides about a coin not given yet."""
        return symbol in self._priced

    def price(self, symbol: str, bid: Decimal) -> Grant | None:
        """Learn a price, and return what to give now, if anything."""
        instrument = self._priced.pop(symbol)
        coin = instrument.base
        value = self._terms.cash if coin in self._quotes else self._terms.coin_value
        amount = floor_to(exact.divide(value, bid), instrument.lot_step)
        return (coin, amount) if amount > 0 and coin not in self._account else None
