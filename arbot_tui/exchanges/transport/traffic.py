"""How much of a venue's quotas is used, by our count and by its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.base import QuotaUse
from arbot_tui.exchanges.transport.limiter import Charge, RateLimiter

__all__ = ["RemainingHeader", "Traffic"]


class RemainingHeader(msgspec.Struct, frozen=True):
    """The response header in which a venue tells what remains of the quota just used.

    Attributes:
        name: Its name, lower case.
        limit: Header of the quota's whole size; empty where the venue does not tell it.
    """

    name: str
    limit: str = ""

    def heed(self, headers: Mapping[str, str], charges: Sequence[Charge], recv_ns: int) -> None:
        """Believe the venue where less remains than we thought: others use the account as well.

        Args:
            headers: Headers of the answer by lower-case name.
            charges: What the request was booked on; the first is the quota that the header means.
            recv_ns: When the answer came.
        """
        remaining = _count(headers.get(self.name))
        if remaining is None or not charges:
            return
        limiter, _ = charges[0]
        # Where the whole is not told, ours is below it: what remains of it is no less.
        limit = _count(headers.get(self.limit)) or limiter.limit
        limiter.observe(limit - remaining, recv_ns)


def _count(text: str | None) -> int | None:
    """Return a header's whole number; None where it has none."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return int(text)


class Traffic:
    """Every quota that an adapter has used."""

    def __init__(self) -> None:
        """Start with none."""
        self._limiters: dict[int, RateLimiter] = {}

    def note(self, charges: Sequence[Charge]) -> None:
        """Note the quotas of a request."""
        for limiter, _ in charges:
            self._limiters.setdefault(id(limiter), limiter)

    def busiest(self, now_ns: int) -> QuotaUse | None:
        """Return the quota of which the greatest share is used now; None before any request.

        Of several unused ones it is the one with the longest period.
        """
        found: QuotaUse | None = None
        rank = (-1.0, 0)
        for limiter in self._limiters.values():
            used = limiter.used(now_ns)
            this = (used / limiter.limit, limiter.period_ns)
            if this > rank:
                rank = this
                found = QuotaUse(used, limiter.limit, limiter.period_ns / SECOND)
        return found
