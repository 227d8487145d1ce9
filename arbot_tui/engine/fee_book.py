"""The fee rates that the next orders pay: the account's own, and its fee coin while that lasts.

Detection and the money core are told one taker rate for each book. Where an account pays in a
fee coin, it is the coin's rate while enough of it is held, and the full one otherwise.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.numbers import exact, from_float
from arbot_tui.trading.core.events import FeesChanged

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["FeeBook"]

_TRADES_COVERED = 10
"""Default trades that the held fee coin must pay for before its rate counts."""


class FeeBook:
    """What each venue said, and what of it holds now."""

    def __init__(self, bot: ArBot) -> None:
        """Serve `bot`; nothing is known yet."""
        self._bot = bot
        self._said: dict[str, dict[str, TradingFees]] = {}
        self._told: dict[str, dict[str, TradingFees]] = {}

    def said(self, venue: str, symbol: str) -> TradingFees | None:
        """Return what is known of a market's rates, in this run or from the one before.

        A rate that rested on a fee coin in an earlier run proves nothing now.
        """
        found = self._said.get(venue, {}).get(symbol)
        if found is not None:
            return found
        recovered = self._bot.core.venue(venue).fees.get(symbol)
        return None if recovered is None or recovered.coin else recovered

    def take(self, venue: str, fees: dict[str, TradingFees]) -> None:
        """Learn rates, and tell detection and the money core."""
        self._said.setdefault(venue, {}).update(fees)
        self._tell(venue, fees)

    def review(self) -> None:
        """See whether the fee coins still last; called about once a second."""
        for venue, said in self._said.items():
            self._tell(venue, {symbol: rates for symbol, rates in said.items() if rates.coin})

    def _tell(self, venue: str, fees: dict[str, TradingFees]) -> None:
        bot = self._bot
        told = self._told.setdefault(venue, {})
        values: dict[str, Decimal | None] = {"": None}
        changed = {}
        for symbol, rates in fees.items():
            if rates.coin not in values:
                values[rates.coin] = self._value(venue, rates.coin)
            now = _now(rates, values[rates.coin], self._traded())
            if told.get(symbol) != now:
                changed[symbol] = told[symbol] = now
        index = bot.venues.index(venue)
        for symbol, rates in changed.items():
            bot.board.set_fee(index, bot.universe.row(symbol), float(rates.taker))
        if changed:
            bot.executor.handle(FeesChanged(venue, changed))

    def _traded(self) -> Decimal:
        return exact.multiply(self._bot.options.arbitrage.trade_amount_usd, _TRADES_COVERED)

    def _value(self, venue: str, coin: str) -> Decimal | None:
        rate = self._bot.rates.latest(coin)
        if rate is None:
            return None
        return exact.multiply(self._bot.core.available(venue, coin), from_float(rate.bid))


def _now(rates: TradingFees, coin_value: Decimal | None, traded: Decimal) -> TradingFees:
    taker = rates.taker_now(coin_value, traded)
    if taker == rates.coin_taker:
        return msgspec.structs.replace(rates, taker=taker)
    return TradingFees(rates.maker, rates.taker)
