"""Whether a request that was started has left, as whoever started it may have to know.

A request may wait for a connection long after it was started. Until one is there nothing of it
has left, and it can be taken back for sure; from then on it counts as gone. Each task that starts
a request of its own has its own `Departure`, which the client finds without being handed it.
"""

from __future__ import annotations

from contextvars import ContextVar

__all__ = ["DEPARTING", "Departure"]


class Departure:
    """One request of effect.

    Attributes:
        admitted: Ban and quotas have let it through already; they are not asked twice.
        left: It has its connection: what becomes of it is the venue's affair.
    """

    __slots__ = ("admitted", "left")

    def __init__(self, *, admitted: bool = False) -> None:
        """Start here."""
        self.admitted = admitted
        self.left = False


DEPARTING: ContextVar[Departure | None] = ContextVar("departing", default=None)
"""The `Departure` of the task that runs."""
