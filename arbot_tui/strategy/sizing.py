"""How much: the largest base quantity that both venues accept and everything allows."""

from __future__ import annotations

import math
from decimal import Decimal

import msgspec

from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, ceil_to, exact, floor_to
from arbot_tui.domain.reasons import Reason

__all__ = ["SizePlan", "SizeRefusal", "common_step", "plan_size"]


class SizePlan(msgspec.Struct, frozen=True):
    """A quantity valid on both venues.

    Attributes:
        qty: Base quantity of either leg.
        limited_by: What kept it from being larger, in words.
        least: Smallest quantity that both venues accept.
        step: Quantity step of both venues.
    """

    qty: Decimal
    limited_by: str
    least: Decimal
    step: Decimal


class SizeRefusal(msgspec.Struct, frozen=True):
    """Why no quantity is valid, with the numbers."""

    reason: Reason
    detail: str


def common_step(one: Decimal, other: Decimal) -> Decimal:
    """Return the smallest quantity that is a multiple of both steps.

    Raises:
        ValueError: A step is not positive.
    """
    if one <= 0 or other <= 0:
        raise ValueError(f"a step must be positive, not {min(one, other)}")
    exponent = min(int(step.as_tuple().exponent) for step in (one, other))
    units = [int(exact.scaleb(step, -exponent)) for step in (one, other)]
    return exact.scaleb(Decimal(math.lcm(*units)), exponent)


def plan_size(
    buy: Instrument,
    sell: Instrument,
    buy_price: Decimal,
    sell_price: Decimal,
    wanted_quote: Decimal,
    offered: Decimal,
    buy_quote_free: Decimal,
    sell_base_free: Decimal,
    buy_fee: Decimal,
    held: Decimal = ZERO,
) -> SizePlan | SizeRefusal:
    """Return the largest common base quantity of a pair, or why there is none.

    Args:
        buy: Rules of the venue to buy on.
        sell: Rules of the venue to sell on.
        buy_price: Limit of the buying leg.
        sell_price: Limit of the selling leg.
        wanted_quote: Largest value of either leg at its limit.
        offered: Base quantity that both books offer at or better than the limits.
        buy_quote_free: Quote currency to spend on the buying venue, fee included.
        sell_base_free: Base currency to sell on the selling venue.
        buy_fee: Taker fee of the buying leg, a fraction. It is reserved in quote currency even
            where the venue takes it from what was bought; a rebate is not spent in advance.
        held: What the buying venue holds of the base already.
    """
    step = common_step(buy.lot_step, sell.lot_step)
    unit_cost = exact.multiply(buy_price, exact.add(Decimal(1), max(buy_fee, ZERO)))
    bounds = [
        (exact.divide(wanted_quote, max(buy_price, sell_price)), "amount"),
        (offered, "books"),
        (exact.divide(buy_quote_free, unit_cost), f"{buy.quote} on {buy.venue}"),
        (sell_base_free, f"{sell.base} on {sell.venue}"),
    ]
    bounds += [(i.max_qty, f"maximum on {i.venue}") for i in (buy, sell) if i.max_qty]
    bounds += [
        (i.affords(price), f"maximum value on {i.venue}")
        for i, price in ((buy, buy_price), (sell, sell_price))
        if i.max_notional
    ]
    if buy.max_holding:
        room = exact.subtract(buy.max_holding, held)
        bounds.append((room, f"most {buy.base} that {buy.venue} holds"))
    most, limited_by = min(bounds, key=lambda bound: bound[0])
    qty = floor_to(most, step) if most > 0 else ZERO
    least = _least(buy, sell, buy_price, sell_price, step)
    if qty >= least:
        return SizePlan(qty, limited_by, least, step)
    detail = f"{limited_by} allows {most:f} {buy.base}, {least:f} is the least both venues accept"
    return SizeRefusal(_REASONS.get(bounds.index((most, limited_by)), _RULES), detail)


_RULES = Reason.INSTRUMENT_RULES
_REASONS = {1: Reason.DEPTH, 2: Reason.BALANCE_RESERVED, 3: Reason.BALANCE_RESERVED}


def _least(
    buy: Instrument, sell: Instrument, buy_price: Decimal, sell_price: Decimal, step: Decimal
) -> Decimal:
    """Return the smallest quantity above zero that satisfies every minimum of both venues."""
    least = max(step, buy.min_qty, sell.min_qty)
    for instrument, price in ((buy, buy_price), (sell, sell_price)):
        qty = ceil_to(max(least, exact.divide(instrument.min_notional, price)), step)
        # Dividing rounds: where that lost the last bit of value, one step makes up for it.
        short = exact.multiply(qty, price) < instrument.min_notional
        least = exact.add(qty, step) if short else qty
    return least
