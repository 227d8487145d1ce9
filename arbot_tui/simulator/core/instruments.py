"""What can be traded: instruments with exact steps, and how a venue differs from its peers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

__all__ = ["VENUES", "ClientIdRule", "Instrument", "VenueProfile", "plain"]


class ClientIdRule(StrEnum):
    """For how long a client order id stays taken."""

    WHILE_OPEN = "while_open"
    """Until the order has ended: the id may then be used again (Binance, OKX, Bitget)."""
    FOR_EVER = "for_ever"
    """Every id counts once (Bybit)."""


@dataclass(frozen=True, slots=True)
class VenueProfile:
    """How one venue trades.

    Attributes:
        name: Name of the venue.
        client_ids: When a used client order id is refused.
        min_notional: Smallest order value in quote currency; 0 where the venue has none.
        min_lots: Smallest order in lot steps.
        finer_ticks: Chance that a symbol's tick is a tenth of the usual one here.
        finer_lots: Chance that a symbol's lot step is a tenth of the usual one here.
        taker_fee: Fee of an order that takes, as a fraction.
        maker_fee: Fee of an order that rested, as a fraction.
    """

    name: str
    client_ids: ClientIdRule
    min_notional: Decimal
    min_lots: int
    finer_ticks: float
    finer_lots: float
    taker_fee: Decimal = Decimal("0.001")
    maker_fee: Decimal = Decimal("0.001")


VENUES: tuple[VenueProfile, ...] = (
    VenueProfile("binance", ClientIdRule.WHILE_OPEN, Decimal(5), 1, 0.0, 0.0),
    VenueProfile("bybit", ClientIdRule.FOR_EVER, Decimal(5), 1, 0.2, 0.4),
    # OKX publishes no minimum value: the floor is a minimum size.
    VenueProfile("okx", ClientIdRule.WHILE_OPEN, Decimal(0), 2, 0.4, 0.4),
    VenueProfile("bitget", ClientIdRule.WHILE_OPEN, Decimal(1), 1, 0.3, 0.3),
)
"""The four venues of every world."""


def plain(units: int, decimals: int) -> str:
    """Return `units` x 10^-`decimals` as a plain decimal string, trailing zeros kept."""
    if decimals == 0:
        return str(units)
    text = str(units).rjust(decimals + 1, "0")
    return f"{text[:-decimals]}.{text[-decimals:]}"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One symbol on one venue. Prices travel as integer ticks, quantities as integer lots.

    Steps are powers of ten, so that a count of steps is the number itself without its point.

    Attributes:
        venue: Name of the venue.
        index: Position of the symbol in the world's list.
        symbol: Canonical symbol, `BTC/USDT`.
        base: Asset bought and sold.
        quote: Asset paid with.
        price_decimals: The tick is 10 to the power of minus this.
        qty_decimals: The lot step is 10 to the power of minus this.
        min_lots: Smallest order in lot steps.
        max_lots: Largest order in lot steps.
        min_notional: Smallest order value in quote currency; 0 for none.
        max_notional: Largest order value in quote currency.
    """

    venue: str
    index: int
    symbol: str
    base: str
    quote: str
    price_decimals: int
    qty_decimals: int
    min_lots: int
    max_lots: int
    min_notional: Decimal
    max_notional: Decimal = Decimal(20_000_000)

    @property
    def tick(self) -> Decimal:
        """Price step in quote currency."""
        return Decimal(1).scaleb(-self.price_decimals)

    @property
    def lot(self) -> Decimal:
        """Quantity step in base currency."""
        return Decimal(1).scaleb(-self.qty_decimals)

    @property
    def min_qty(self) -> Decimal:
        """Smallest order in base currency."""
        return self.qty(self.min_lots)

    @property
    def max_qty(self) -> Decimal:
        """Largest order in base currency."""
        return self.qty(self.max_lots)

    def price(self, ticks: int) -> Decimal:
        """Return `ticks` as a price in quote currency per base."""
        return Decimal(ticks).scaleb(-self.price_decimals)

    def qty(self, lots: int) -> Decimal:
        """Return `lots` as a base quantity."""
        return Decimal(lots).scaleb(-self.qty_decimals)

    def price_text(self, ticks: int, decimals: int | None = None) -> str:
        """Return a price as text, zero-padded to `decimals` (default: the tick's own)."""
        return _padded(ticks, self.price_decimals, decimals)

    def qty_text(self, lots: int, decimals: int | None = None) -> str:
        """Return a quantity as text, zero-padded to `decimals` (default: the lot's own)."""
        return _padded(lots, self.qty_decimals, decimals)


def _padded(units: int, own: int, decimals: int | None) -> str:
    if decimals is None or decimals == own:
        return plain(units, own)
    return plain(units * 10 ** (decimals - own), decimals)
