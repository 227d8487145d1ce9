"""Private streams: what their loss forbids, and what their return has to prove.

A stream makes orders and executions known sooner; nothing rests on it. While it is gone nothing
new starts on its venue and every open order there is asked for at the pace of a venue without
one. When it is back, whatever happened unseen is asked for, and only balances that agree with
the ledger afterwards open the venue again.
"""

from __future__ import annotations

from arbot_tui.domain.states import LegState
from arbot_tui.trading.core import missed, venues
from arbot_tui.trading.core.events import PrivateStream
from arbot_tui.trading.core.turn import Turn

__all__ = ["on_private_stream"]

_OPEN = frozenset({LegState.ACKED, LegState.UNKNOWN})
"""Orders that are being asked for: one that was only sent has its own time-out."""


def on_private_stream(turn: Turn, event: PrivateStream) -> None:
    """Note that a venue's private stream came or went."""
    venue = turn.venue(event.venue)
    if venue.stream is event.up:
        return
    venue.stream = event.up
    turn.changed = True
    if event.up:
        venues.doubt(turn, event.venue)
        missed.ask(turn, event.venue)
    else:
        venue.reconciled = False
        venue.activity_ns = turn.now_ns
    for pair in turn.state.working():
        for leg in pair.legs:
            if leg.venue == event.venue and leg.state in _OPEN:
                turn.ask_order(leg)
                turn.poll(leg, 0, unknown=leg.state is LegState.UNKNOWN)
