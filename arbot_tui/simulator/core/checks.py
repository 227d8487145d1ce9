"""What an order has to keep to be accepted: steps, sizes, value and the price band."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.book import Book
from arbot_tui.simulator.core.orders import NewOrder, Refusal, Refused
from arbot_tui.simulator.core.treatment import Treatment

__all__ = ["checked", "limit_within"]

# A limit this many times off the book is a typing error on every venue.
_BAND = 5
_PERCENT = 100


def checked(new: NewOrder, book: Book, treatment: Treatment) -> tuple[int, int]:
    """Return price in ticks and quantity in lots of an order that keeps the present rules.

    Raises:
        Refused: It does not.
    """
    rules = book.listing.rules
    ticks = _steps(new.price, rules.price_decimals, Refusal.PRICE_STEP) * book.tick_multiple
    _check_band(new.side, ticks, book)
    if not treatment.band_expires and limit_within(new.side, ticks, book, treatment) != ticks:
        raise Refused(Refusal.PRICE_BAND)
    lots = _steps(new.qty, rules.qty_decimals, Refusal.LOT_STEP)
    if lots < rules.min_lots:
        raise Refused(Refusal.MIN_QTY)
    if lots > rules.max_lots:
        raise Refused(Refusal.MAX_QTY)
    if new.price * new.qty < rules.min_notional:
        raise Refused(Refusal.MIN_NOTIONAL)
    if new.price * new.qty > rules.max_notional:
        raise Refused(Refusal.MAX_NOTIONAL)
    return ticks, lots * book.lot_multiple


def limit_within(side: OrderSide, ticks: int, book: Book, treatment: Treatment) -> int:
    """Return the limit of an order, or the edge of the band around the mid if it is beyond."""
    bid, ask = book.best_bid.ticks, book.best_ask.ticks
    if treatment.band_pct is None or not (bid and ask):
        return ticks
    mid = Decimal(bid + ask) / 2
    width = mid * treatment.band_pct / _PERCENT
    if side is OrderSide.BUY:
        return min(ticks, int((mid + width).to_integral_value(ROUND_FLOOR)))
    return max(ticks, int((mid - width).to_integral_value(ROUND_CEILING)))


def _steps(amount: Decimal, decimals: int, refusal: Refusal) -> int:
    steps = amount.scaleb(decimals)
    if not amount.is_finite() or steps != steps.to_integral_value() or steps <= 0:
        # Zero lots is a quantity below the smallest one rather than off the grid.
        raise Refused(Refusal.MIN_QTY if refusal is Refusal.LOT_STEP and not amount else refusal)
    return int(steps)


def _check_band(side: OrderSide, ticks: int, book: Book) -> None:
    bid, ask = book.best_bid.ticks, book.best_ask.ticks
    if (side is OrderSide.BUY and ask and ticks > ask * _BAND) or (
        side is OrderSide.SELL and bid and ticks * _BAND < bid
    ):
        raise Refused(Refusal.PRICE_BAND)
