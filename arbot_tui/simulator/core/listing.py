"""Whether a symbol can be traded on a venue, and by which rules, as they are right now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from arbot_tui.simulator.core.instruments import Instrument

__all__ = ["Listing", "ListingStatus", "bounded", "coarser"]


class ListingStatus(StrEnum):
    """What can be done with a symbol."""

    TRADING = "trading"
    """Everything."""
    HALTED = "halted"
    """Nothing: its book stands still, orders are refused."""
    CANCEL_ONLY = "cancel_only"
    """Orders can be cancelled; the market goes on without new ones."""
    DELISTED = "delisted"
    """It has left the venue, and open orders with it."""


@dataclass(slots=True)
class Listing:
    """The present state of one symbol on one venue.

    Attributes:
        rules: The rules that orders have to keep and that the venue publishes. Only steps and
            minimums may differ from the instrument's own, and steps only by being coarser.
        status: What can be done with it.
    """

    rules: Instrument
    status: ListingStatus = ListingStatus.TRADING

    @property
    def silent(self) -> bool:
        """Whether its book stands still."""
        return self.status in (ListingStatus.HALTED, ListingStatus.DELISTED)


def coarser(
    instrument: Instrument,
    tick: Decimal | None,
    step: Decimal | None,
    min_qty: Decimal | None,
    min_notional: Decimal | None,
) -> Instrument:
    """Return an instrument with other rules; None keeps what it has.

    Raises:
        ValueError: A step is not ten, a hundred, … times the instrument's, or a minimum is not
            above zero or off the step; the text says which.
    """
    price_decimals = _decimals("tick", tick, instrument.tick, instrument.price_decimals)
    qty_decimals = _decimals("step", step, instrument.lot, instrument.qty_decimals)
    lot = Decimal(1).scaleb(-qty_decimals)
    least = instrument.min_qty if min_qty is None else min_qty
    if min_qty is None:
        least = max(least, lot)
    if not least.is_finite() or least <= 0 or least % lot:
        raise ValueError(f"min_qty must be a multiple of the step {lot:f}")
    if min_notional is not None and not (min_notional.is_finite() and min_notional >= 0):
        raise ValueError("min_notional must be at least 0")
    return replace(
        instrument,
        price_decimals=price_decimals,
        qty_decimals=qty_decimals,
        min_lots=int(least / lot),
        max_lots=int(instrument.max_qty / lot),
        min_notional=instrument.min_notional if min_notional is None else min_notional,
    )


def bounded(
    instrument: Instrument, max_qty: Decimal | None, max_notional: Decimal | None
) -> Instrument:
    """Return an instrument with other maxima; None keeps what it has.

    Raises:
        ValueError: A maximum is below the minimum; the text says which.
    """
    most = instrument.max_qty if max_qty is None else max_qty
    if not most.is_finite() or most < instrument.min_qty:
        raise ValueError(f"max_qty must be at least {instrument.min_qty:f}")
    dearest = instrument.max_notional if max_notional is None else max_notional
    if not dearest.is_finite() or dearest < instrument.min_notional or dearest <= 0:
        raise ValueError("max_notional must be above zero and at least min_notional")
    return replace(instrument, max_lots=int(most / instrument.lot), max_notional=dearest)


def _decimals(name: str, asked: Decimal | None, own: Decimal, decimals: int) -> int:
    if asked is None:
        return decimals
    if asked.is_finite() and asked > 0:
        factor = asked / own
        zeros = factor.adjusted()
        # Some venues publish steps as a count of decimals: none is larger than one unit.
        if 0 <= zeros <= decimals and factor == Decimal(10) ** zeros:
            return decimals - zeros
    raise ValueError(f"{name} must be {own:f} times 1, 10, 100, … and at most 1: got {asked}")
