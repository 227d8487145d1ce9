"""Orders that have executed by their status, and of which the venue lists no execution.

That they executed is a fact, at which price and fee is not, and nothing is made up: the venue's
own executions may still come, and would count twice beside invented ones. For a while its lists may
just lag. After the expiry and the visibility margin the venue is stopped, a person is told, and
the order counts as unknown: what it holds stays frozen, it goes on being asked for, and only what
it did *not* execute is brought home. A person may take the pair as it is (`manual.resolve`); the
balances then show what is missing in the ledger.
"""

from __future__ import annotations

from arbot_tui.domain.numbers import plain
from arbot_tui.domain.states import LegState
from arbot_tui.trading.core import settling, venues
from arbot_tui.trading.core.commands import Query, QueryKind
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.turn import Turn

__all__ = ["found", "judge"]

_MISSING = "executions missing"
_LISTING_EVERY = 4
"""Questions about the order, for each time the whole account's executions are asked for."""


def judge(turn: Turn, pair: Pair, leg: Leg, questions: int) -> None:
    """Look elsewhere for executions that are missing; give the venue up once they must be there.

    Args:
        turn: The step.
        pair: The pair of the order.
        leg: The order; some of what it executed is unlisted.
        questions: How often it was asked for.
    """
    rules = turn.state.rules()
    overdue_ns = turn.now_ns - leg.expires_ns
    if overdue_ns >= rules.unknown_grace_ns and questions % _LISTING_EVERY == 0:
        since_ns = leg.sent_ns or pair.planned_ns
        turn.out.append(Query(QueryKind.ACCOUNT_FILLS, leg.venue, leg.symbol, since_ns=since_ns))
    if overdue_ns < rules.visibility_margin_ns:
        return
    blocked = turn.state.venue(leg.venue).blocked
    if blocked and leg.reject.startswith(_MISSING):
        return
    leg.state = LegState.UNKNOWN
    leg.reject = f"{_MISSING}: {plain(leg.executed)} executed, {plain(leg.filled)} listed"
    settling.settle(turn, pair)
    turn.alarm("executions_missing", f"{leg.venue}: order {leg.client_id}: {leg.reject}")
    venues.block(turn, leg.venue, _reason(leg))


def found(turn: Turn, leg: Leg) -> None:
    """Trust the venue again once its list came after all, and its balances agree with it."""
    venue = turn.state.venue(leg.venue)
    if leg.unlisted or venue.blocked != _reason(leg):
        return
    venue.blocked = ""
    turn.alarm("executions_found", f"{leg.venue}: order {leg.client_id}: all are listed now")
    venues.doubt(turn, leg.venue)


def _reason(leg: Leg) -> str:
    return f"order {leg.client_id}: {_MISSING}"
