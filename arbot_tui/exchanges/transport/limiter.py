"""Request quotas, kept on our side so that the venue never has to enforce them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from arbot_tui.domain.clock import SECOND

__all__ = ["Charge", "RateLimiter", "acquire", "waits_ns"]

_LATE_NS = 2 * SECOND
"""How much later than by our clock a fixed window ends: clocks differ."""


class RateLimiter:
    """One quota: at most `limit` units in any window of `period_ns`.

    A log of what was granted, not a token bucket: a bucket lets twice its size through around
    the edge of a window, and venues ban for that. A share of the quota is kept for urgent
    requests (cancels and queries), so that new orders can never starve the resolution of old
    ones. No clock inside: every call is given the time.

    Attributes:
        limit: Units in a window.
        period_ns: Length of the window, nanoseconds.
    """

    __slots__ = ("_fixed", "_grain_ns", "_granted", "_reserve", "_used", "limit", "period_ns")

    def __init__(
        self,
        limit: int,
        period_ns: int,
        *,
        reserve: float = 0.2,
        grain_ns: int = 1,
        fixed: bool = False,
    ) -> None:
        """Start with nothing used.

        Args:
            limit: Units in a window, at least 1.
            period_ns: Length of the window, nanoseconds.
            reserve: Share of `limit` that only urgent requests may use, 0 to below 1.
            grain_ns: What is granted within as long is remembered as one, of the latest of its
                times: what bounds the log of a long window, and is never looser.
            fixed: Windows follow each other, as the venue counts them: from multiples of the
                period on by UTC (days from midnight). Sliding is never looser, but a day that was
                used up would stop the next one as well.

        Raises:
            ValueError: An argument is out of its range.
        """
        if limit < 1 or period_ns < 1 or grain_ns < 1 or not 0.0 <= reserve < 1.0:
            raise ValueError(f"no quota: {limit=}, {period_ns=}, {reserve=}, {grain_ns=}")
        self._grain_ns = grain_ns
        self._fixed = fixed
        self.limit = limit
        self.period_ns = period_ns
        self._reserve = reserve
        self._granted: deque[tuple[int, int]] = deque()
        self._used = 0

    def resize(self, limit: int) -> None:
        """Take a new `limit` from the venue's own answer; values below 1 are ignored."""
        if limit >= 1:
            self.limit = limit

    def used(self, now_ns: int) -> int:
        """Return the units used in the window that ends at, or has, `now_ns`."""
        granted = self._granted
        over_ns = self._began_ns(now_ns)
        while granted and granted[0][0] <= over_ns:
            self._used -= granted.popleft()[1]
        return self._used

    def _began_ns(self, now_ns: int) -> int:
        """Return the last time of which nothing counts at `now_ns` any more."""
        if not self._fixed:
            return now_ns - self.period_ns
        # Later than by our clock: what the venue still counts must not be forgotten here.
        return (now_ns - _LATE_NS) // self.period_ns * self.period_ns + _LATE_NS - 1

    def wait_ns(self, units: int, now_ns: int, *, urgent: bool = False) -> int:
        """Return how long `units` have to wait; 0 means they may be taken now.

        A request larger than its whole share waits for an empty window instead of for ever.
        """
        # At least one unit stays usable, however small the quota.
        share = self.limit if urgent else max(1, int(self.limit * (1.0 - self._reserve)))
        excess = self.used(now_ns) + units - share
        if excess <= 0:
            return 0
        free_at_ns = now_ns
        for at_ns, spent in self._granted:
            if excess <= 0:
                break
            excess -= spent
            free_at_ns = self.period_ns + (self._began_ns(now_ns) + 1 if self._fixed else at_ns)
        return max(0, free_at_ns - now_ns)

    def take(self, units: int, now_ns: int) -> None:
        """Book `units` as used; ask `wait_ns` first."""
        if units <= 0:
            return
        self._used += units
        granted = self._granted
        if granted and granted[-1][0] // self._grain_ns == now_ns // self._grain_ns:
            units += granted.pop()[1]
        granted.append((now_ns, units))

    def give_back(self, units: int) -> None:
        """Take back up to `units` of what was booked last, because the venue does (refunds)."""
        while units > 0 and self._granted:
            at_ns, spent = self._granted.pop()
            returned = min(units, spent)
            self._used -= returned
            units -= returned
            if spent > returned:
                self._granted.append((at_ns, spent - returned))

    def observe(self, used: int, now_ns: int) -> None:
        """Believe the venue's own count where it is higher than ours.

        Others behind the same address use the same quota (Binance ``X-MBX-USED-WEIGHT-1M``).
        """
        self.take(used - self.used(now_ns), now_ns)


Charge = tuple[RateLimiter, int]
"""A quota and the units a request costs there."""


def waits_ns(charges: Sequence[Charge], now_ns: int, *, urgent: bool = False) -> int:
    """Return the nanoseconds until all `charges` could be taken; 0 where they could be now."""
    waits = (limiter.wait_ns(units, now_ns, urgent=urgent) for limiter, units in charges)
    return max(waits, default=0)


def acquire(charges: Sequence[Charge], now_ns: int, *, urgent: bool = False) -> int:
    """Take all `charges` or none, and return the nanoseconds to wait (0 when taken)."""
    wait_ns = waits_ns(charges, now_ns, urgent=urgent)
    if wait_ns == 0:
        for limiter, units in charges:
            limiter.take(units, now_ns)
    return wait_ns
