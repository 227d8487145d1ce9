"""What the money core asks for; the executor performs it and nothing else."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from arbot_tui.domain.orders import OrderRequest
from arbot_tui.domain.reasons import Reason
from arbot_tui.trading.core.events import Event, TimerKind

__all__ = [
    "Alarm",
    "Cancel",
    "Command",
    "Commit",
    "Deny",
    "Query",
    "QueryKind",
    "Send",
    "SetTimer",
]


class Commit(msgspec.Struct, frozen=True):
    """Append the event to the journal, in this order.

    Attributes:
        commit_id: Number of the record, without gaps.
        at_ns: The time the event was stepped with.
        event: The event that changed state.
        symbol: Canonical symbol of the orders that wait for it; empty where none do.
        confirm: Report `Committed` when it is durable, or `CommitFailed`.
    """

    commit_id: int
    at_ns: int
    event: Event
    symbol: str = ""
    confirm: bool = False


class Send(msgspec.Struct, frozen=True):
    """Hand the order to its venue now; sends of one step leave back to back."""

    order: OrderRequest


class Cancel(msgspec.Struct, frozen=True):
    """Ask the venue to cancel an order."""

    venue: str
    symbol: str
    client_id: str


class QueryKind(StrEnum):
    """What to ask a venue."""

    ORDER = "order"
    FILLS = "fills"
    BALANCES = "balances"
    OPEN_ORDERS = "open_orders"
    ACCOUNT_FILLS = "account_fills"


class Query(msgspec.Struct, frozen=True):
    """Ask a venue; the answer comes back as events.

    Attributes:
        kind: What about.
        venue: Whom.
        symbol: Canonical symbol; empty for balances and open orders.
        client_id: The order; empty where it is not about one.
        venue_id: The venue's id of it, where known.
        since_ns: For `ACCOUNT_FILLS`: from when on.
    """

    kind: QueryKind
    venue: str
    symbol: str = ""
    client_id: str = ""
    venue_id: str = ""
    since_ns: int = 0


class SetTimer(msgspec.Struct, frozen=True):
    """Report `TimerFired` at `at_ns`; replaces the timer of the same kind and key.

    Attributes:
        at_ns: When it is due.
        kind: What for.
        key: Which order, pair or venue.
        n: Handed back as it is.
        symbol: Quotes of this symbol go with it; empty where none are needed.
    """

    at_ns: int
    kind: TimerKind
    key: str
    n: int = 0
    symbol: str = ""


class Deny(msgspec.Struct, frozen=True):
    """A signal does not become a pair.

    Attributes:
        opportunity_id: Of the signal.
        reason: Which check refused.
        detail: The numbers it refused on.
    """

    opportunity_id: int
    reason: Reason
    detail: str


class Alarm(msgspec.Struct, frozen=True):
    """Something a person has to know now."""

    code: str
    message: str


Command = Commit | Send | Cancel | Query | SetTimer | Deny | Alarm
