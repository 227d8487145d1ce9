"""A state of the money core in which two venues may trade one symbol at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.ledger import OPENING
from arbot_tui.domain.states import TradingState
from arbot_tui.trading.core.limits import Limits
from arbot_tui.trading.core.state import CoreState

__all__ = ["tradeable_state"]


def tradeable_state(
    rules: Sequence[Instrument],
    fees: Sequence[TradingFees],
    holdings: Mapping[tuple[str, str], Decimal],
    limits: Limits,
    **changes: object,
) -> CoreState:
    """Return a started, active state.

    Args:
        rules: One instrument per venue.
        fees: Fees of each of them.
        holdings: Amount by (venue, asset).
        limits: Limits in force.
        changes: Fields of `limits` to replace.
    """
    state = CoreState()
    state.instance = "k3f9x0z"
    state.limits = msgspec.structs.replace(limits, **changes)
    state.trading = TradingState.ACTIVE
    for instrument, rates in zip(rules, fees, strict=True):
        venue = state.venue(instrument.venue)
        venue.live = venue.reconciled = venue.opened = True
        venue.instruments[instrument.symbol] = instrument
        venue.fees[instrument.symbol] = rates
    for (name, asset), amount in holdings.items():
        state.ledger.post([(name, asset, amount), (OPENING, asset, -amount)])
    return state
