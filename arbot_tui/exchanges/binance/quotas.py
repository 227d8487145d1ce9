"""How much Binance may be asked (facts page section 10; ``rateLimits`` of exchangeInfo)."""

from __future__ import annotations

from collections.abc import Iterable

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.binance.instruments import Quota
from arbot_tui.exchanges.transport.limiter import Charge, RateLimiter
from arbot_tui.exchanges.transport.rest import RestResponse

__all__ = ["Quotas"]

_USED_WEIGHT = "x-mbx-used-weight-1m"


class Quotas:
    """The limits of one address and account; every request of the adapter is booked here.

    Attributes:
        weight: Request weight per minute and address.
        orders: Unfilled orders per ten seconds and account. The venue's window is fixed (:00 to
            :10); ours slides, which is never looser.
    """

    def __init__(self) -> None:
        """Start with the limits seen in 2026; `learn` brings the venue's own."""
        self.weight = RateLimiter(6_000, 60 * SECOND)
        # No reserve: only new orders are counted here, cancels and queries are not.
        self.orders = RateLimiter(100, 10 * SECOND, reserve=0.0)

    def learn(self, quotas: Iterable[Quota]) -> None:
        """Take the limits that the venue announces."""
        for quota in quotas:
            match (quota.rateLimitType, quota.interval, quota.intervalNum):
                case ("REQUEST_WEIGHT", "MINUTE", 1):
                    self.weight.resize(quota.limit)
                case ("ORDERS", "SECOND", 10):
                    self.orders.resize(quota.limit)
                case _:
                    continue

    def weigh(self, weight: int) -> tuple[Charge, ...]:
        """Return the charge for a request of `weight`."""
        return ((self.weight, weight),)

    def observe(self, response: RestResponse) -> None:
        """Believe the used weight in an answer's headers: others may share the address."""
        used = response.headers.get(_USED_WEIGHT, "")
        if used.isascii() and used.isdigit() and len(used) < 10:
            self.weight.observe(int(used), response.recv_ns)
