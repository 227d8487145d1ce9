"""What a trade moves in the account of one venue: both assets, the fee and the tax."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.account import Account
from arbot_tui.simulator.core.book import Book
from arbot_tui.simulator.core.fees import DISCOUNTS, REBATES_IN_GIVEN, FeeCoin, FeeTerms
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.orders import Order

__all__ = ["Settlement", "given", "to_hold"]

# Venues book money in eight decimals; a fee is rounded once, and what was rounded is what is
# taken and reported, so balances stay exact.
_MONEY = Decimal("0.00000001")
_PERCENT = 100


def given(side: OrderSide, rules: Instrument) -> str:
    """Return the asset that an order gives away."""
    return rules.quote if side is OrderSide.BUY else rules.base


def to_hold(side: OrderSide, price: Decimal, qty: Decimal, fees: FeeTerms) -> Decimal:
    """Return what has to stay locked for the rest of an order."""
    if side is OrderSide.SELL:
        return qty
    value = price * qty
    if fees.coin is not FeeCoin.QUOTE:
        return value
    return value + (value * max(fees.taker, fees.maker)).quantize(_MONEY, ROUND_UP)


class Settlement:
    """Books the trades of one venue.

    Args:
        venue: Its name.
        account: The one account that trades here.
        books: Its quoted books by canonical symbol, for what a fee coin is worth.
    """

    def __init__(self, venue: str, account: Account, books: Mapping[str, Book]) -> None:
        self._venue = venue
        self._account = account
        self._books = books

    def settle(
        self, order: Order, qty: Decimal, value: Decimal, fees: FeeTerms, *, maker: bool
    ) -> tuple[Decimal, str]:
        """Exchange what a trade exchanges; return the fee, negative for a rebate, and its asset."""
        rules, account, rate = order.instrument, self._account, fees.rate(maker=maker)
        buying = order.side is OrderSide.BUY
        spent, got = (value, qty) if buying else (qty, value)
        paid, received = given(order.side, rules), rules.base if buying else rules.quote
        if buying and fees.coin is FeeCoin.QUOTE:
            # Rounded down: the parts of an order never cost more than was locked for it.
            fee = (value * rate).quantize(_MONEY, ROUND_DOWN)
            account.exchange(paid, spent + fee, received, got)
            order.held -= spent + fee
            return fee, rules.quote
        order.held -= spent
        if rate < 0 and self._venue in REBATES_IN_GIVEN:
            rebate = (spent * rate).quantize(_MONEY, ROUND_HALF_UP)
            account.exchange(paid, spent, received, got)
            account.pay(paid, rebate)
            return rebate, paid
        coin = DISCOUNTS.get(self._venue)
        if fees.coin is FeeCoin.DISCOUNT and coin is not None:
            worth = value * rate * (1 - fees.discount_pct / _PERCENT)
            price = self._price_of(coin.asset) or coin.price
            fee = (worth / price).quantize(_MONEY, ROUND_HALF_UP)
            account.exchange(paid, spent, received, got)
            if account.pay(coin.asset, fee):
                return fee, coin.asset
            fee = (got * rate).quantize(_MONEY, ROUND_HALF_UP)
            account.pay(received, fee)
            return fee, received
        fee = (got * rate).quantize(_MONEY, ROUND_HALF_UP)
        account.exchange(paid, spent, received, got - fee)
        return fee, received

    def tax(self, quote: str, value: Decimal, fees: FeeTerms) -> Decimal:
        """Take the tax on a trade of that value and return it.

        Never more than there is: the trade itself has happened.
        """
        tax = min(self._free(quote), (value * fees.tax).quantize(_MONEY, ROUND_DOWN))
        self._account.pay(quote, tax)
        return tax

    def _free(self, asset: str) -> Decimal:
        held = self._account.holdings.get(asset)
        return held.free if held is not None else Decimal(0)

    def _price_of(self, asset: str) -> Decimal | None:
        """Return what a coin is quoted at, if it is."""
        book = self._books.get(f"{asset}/USDT")
        if book is None or not book.best_bid.lots:
            return None
        return book.instrument.price(book.best_bid.ticks)
