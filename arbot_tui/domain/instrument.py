"""What a venue trades and under which rules."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.numbers import ZERO, ceil_to, exact, floor_to

__all__ = ["Instrument"]

_ONE = Decimal(1)


class Instrument(msgspec.Struct, frozen=True):
    """One spot market on one venue.

    Attributes:
        venue: Name of the venue.
        wire_symbol: The venue's own name of it, such as ``BTC-USDT``; goes into requests.
        base: Base asset, upper case, from the venue's field.
        quote: Quote asset, upper case, from the venue's field.
        tick_size: Price step in quote per base.
        lot_step: Quantity step in base.
        min_qty: Smallest order quantity in base.
        max_qty: Largest limit order quantity in base; 0 where the venue names none.
        min_notional: Smallest order value in quote.
        max_notional: Largest value of a limit order in quote, at its limit; 0 where none is named.
        max_holding: How much of the base the account may hold, open purchases included, for a
            further purchase to be taken; 0 where none is named.
        tradeable: Whether the venue accepts orders for it now.
        wire_id: The venue's numeric id where it needs one (OKX ``instIdCode``).
        status: Why it is not tradeable, in the venue's own word; empty where it is.
        buy_band: How far above the market's price the limit of a buy may be, as a fraction of it;
            None where the venue names no bound.
        sell_band: How far below it the limit of a sell may be, likewise.
    """

    venue: str
    wire_symbol: str
    base: str
    quote: str
    tick_size: Decimal
    lot_step: Decimal
    min_qty: Decimal = ZERO
    max_qty: Decimal = ZERO
    min_notional: Decimal = ZERO
    tradeable: bool = True
    wire_id: int | None = None
    status: str = ""
    buy_band: Decimal | None = None
    sell_band: Decimal | None = None
    max_notional: Decimal = ZERO
    max_holding: Decimal = ZERO

    @property
    def symbol(self) -> str:
        """Canonical name, ``BTC/USDT``."""
        return f"{self.base}/{self.quote}"

    def buy_price(self, cap: Decimal) -> Decimal:
        """Return the highest valid price not above `cap`: never pay more than intended."""
        return floor_to(cap, self.tick_size)

    def sell_price(self, floor: Decimal) -> Decimal:
        """Return the lowest valid price not below `floor`: never receive less than intended."""
        return ceil_to(floor, self.tick_size)

    def highest_buy(self, market: Decimal) -> Decimal | None:
        """Return the highest limit of a buy that the venue takes at a market price, if named."""
        if self.buy_band is None:
            return None
        return exact.multiply(market, exact.add(_ONE, self.buy_band))

    def lowest_sell(self, market: Decimal) -> Decimal | None:
        """Return the lowest limit of a sell that the venue takes at a market price, if named."""
        if self.sell_band is None:
            return None
        return exact.multiply(market, exact.subtract(_ONE, self.sell_band))

    def quantity(self, qty: Decimal, price: Decimal | None = None) -> Decimal:
        """Return the largest valid quantity not above `qty` (minimums not yet checked).

        Args:
            qty: What is wanted.
            price: At which limit, for the bound on the order's value; None leaves that out.
        """
        most = min(qty, self.max_qty) if self.max_qty else qty
        if price and self.max_notional:
            most = min(most, self.affords(price))
        return floor_to(most, self.lot_step)

    def affords(self, price: Decimal) -> Decimal:
        """Return a quantity whose value at `price`, above zero, is not above `max_notional`."""
        qty = floor_to(exact.divide(self.max_notional, price), self.lot_step)
        # Dividing rounds: where that made it too much, one step less is not.
        over = exact.multiply(qty, price) > self.max_notional
        return exact.subtract(qty, self.lot_step) if over else qty

    def breach(self, price: Decimal, qty: Decimal) -> str:
        """Return which rule an order of `qty` at `price` would break, or an empty text."""
        if qty <= 0 or qty < self.min_qty:
            return f"quantity {qty} below the minimum {self.min_qty}"
        if self.max_qty and qty > self.max_qty:
            return f"quantity {qty} above the maximum {self.max_qty}"
        if exact.remainder(qty, self.lot_step) != 0:
            return f"quantity {qty} is no multiple of {self.lot_step}"
        if price <= 0 or exact.remainder(price, self.tick_size) != 0:
            return f"price {price} is no multiple of {self.tick_size}"
        if exact.multiply(price, qty) < self.min_notional:
            return f"value {exact.multiply(price, qty)} below the minimum {self.min_notional}"
        if self.max_notional and exact.multiply(price, qty) > self.max_notional:
            return f"value {exact.multiply(price, qty)} above the maximum {self.max_notional}"
        return ""
