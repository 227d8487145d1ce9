"""What a venue's refusal means to a read, a cancel and a placement.

Each venue classes its own codes (`exchanges/<venue>/errors`); what follows from a class is the
same for all of them, and stands here once. The rule behind it: only a class that proves that
nothing happened becomes a rejection, everything else is unknown and is queried.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from arbot_tui.domain.errors import (
    AuthRefused,
    ExchangeError,
    ExchangeUnavailable,
    OrderNotFound,
    OutcomeUnknown,
    RequestRefused,
)
from arbot_tui.domain.orders import OrderReject, OrderUnknown

__all__ = ["Reaction", "Refusal", "cancel_error", "placement_event", "read_error"]


class Reaction(Enum):
    """Class of a venue's error code."""

    REFUSED = "refused"
    """Final: nothing happened, and sending the same again would not help."""
    FATAL = "fatal"
    """Nothing happened; key, signature, permission, account or region is the cause."""
    LATE = "late"
    """Nothing happened; the request missed its deadline, or our idea of venue time is off."""
    THROTTLED = "throttled"
    """Nothing happened; stay away for a while."""
    GONE = "gone"
    """The order named is filled, cancelled or was never there."""
    UNKNOWN = "unknown"
    """It may have taken effect; a read may be repeated."""
    UNLISTED = "unlisted"
    """A code that the venue's page does not list; trusted with nothing."""


class Refusal(msgspec.Struct, frozen=True):
    """One refused request.

    Attributes:
        venue: Name of the venue.
        reaction: Class of the code.
        code: The venue's own code, or the HTTP status where there is none, as text.
        message: Its text, sanitised.
        retry_after_s: How long to stay away; 0 where nobody said.
    """

    venue: str
    reaction: Reaction
    code: str
    message: str
    retry_after_s: float = 0.0


def read_error(refusal: Refusal) -> ExchangeError:
    """Return what a refused read raises."""
    match refusal.reaction:
        case Reaction.THROTTLED | Reaction.UNKNOWN:
            text = f"{refusal.code} {refusal.message}".strip()
            return ExchangeUnavailable(refusal.venue, text, refusal.retry_after_s)
        case Reaction.FATAL | Reaction.LATE:
            return AuthRefused(refusal.venue, refusal.code, refusal.message)
        case Reaction.GONE:
            return OrderNotFound(refusal.venue, f"{refusal.code} {refusal.message}".strip())
        case _:
            return RequestRefused(refusal.venue, refusal.code, refusal.message)


def cancel_error(refusal: Refusal) -> ExchangeError:
    """Return what a refused cancel raises; it differs from a read where the code is unclear."""
    if refusal.reaction in (Reaction.UNKNOWN, Reaction.UNLISTED):
        return OutcomeUnknown(refusal.venue, f"{refusal.code} {refusal.message}".strip())
    return read_error(refusal)


def placement_event(refusal: Refusal, client_id: str) -> OrderReject | OrderUnknown:
    """Return what a refused placement reports.

    Args:
        refusal: What the venue said.
        client_id: The order that was to be placed.
    """
    match refusal.reaction:
        case Reaction.REFUSED | Reaction.LATE | Reaction.THROTTLED | Reaction.FATAL:
            fatal = refusal.reaction is Reaction.FATAL
            return OrderReject(refusal.venue, client_id, refusal.code, refusal.message, fatal)
        case _:
            # "No such order" and "this id exists" answer something that was sent before.
            text = f"{refusal.code} {refusal.message}".strip()
            return OrderUnknown(refusal.venue, client_id, text)
