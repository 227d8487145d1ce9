"""How much Binance may be asked (facts page section 10; ``rateLimits`` of exchangeInfo)."""

from __future__ import annotations

from collections.abc import Iterable

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.binance.instruments import Quota
from arbot_tui.exchanges.transport.limiter import Charge, RateLimiter
from arbot_tui.exchanges.transport.rest import RestResponse

__all__ = ["Count", "Quotas"]

_USED_WEIGHT = "x-mbx-used-weight-1m"
_ORDERS_10S = "x-mbx-order-count-10s"
_ORDERS_DAY = "x-mbx-order-count-1d"
_DAY_NS = 24 * 3_600 * SECOND


class Count(Quota, frozen=True):
    """One row of ``rateLimits`` in an answer over a socket.

    Attributes:
        count: Units used in the venue's present window.
    """

    count: int = 0


class Quotas:
    """The limits of one address and account; every request of the adapter is booked here.

    Attributes:
        weight: Request weight per minute and address.
        raw: Requests per five minutes and address, whatever they weigh.
        orders: Unfilled orders per ten seconds and account. The venue's window is fixed (:00 to
            :10); ours slides, which is never looser.
        orders_day: The same per day, from midnight UTC on as the venue counts it.
    """

    def __init__(self) -> None:
        """Start with the limits seen in 2026; `learn` brings the venue's own."""
        self.weight = RateLimiter(6_000, 60 * SECOND)
        # No reserve: only new orders are counted here, cancels and queries are not.
        self.orders = RateLimiter(100, 10 * SECOND, reserve=0.0)
        self.orders_day = RateLimiter(
            200_000, _DAY_NS, reserve=0.0, grain_ns=60 * SECOND, fixed=True
        )
        self.raw = RateLimiter(300_000, 300 * SECOND, grain_ns=SECOND)

    def learn(self, quotas: Iterable[Quota]) -> None:
        """Take the limits that the venue announces."""
        for quota in quotas:
            match (quota.rateLimitType, quota.interval, quota.intervalNum):
                case ("REQUEST_WEIGHT", "MINUTE", 1):
                    self.weight.resize(quota.limit)
                case ("ORDERS", "SECOND", 10):
                    self.orders.resize(quota.limit)
                case ("ORDERS", "DAY", 1):
                    self.orders_day.resize(quota.limit)
                case ("RAW_REQUESTS", "MINUTE", 5):
                    self.raw.resize(quota.limit)
                case _:
                    continue

    def weigh(self, weight: int) -> tuple[Charge, ...]:
        """Return the charge for a request of `weight`."""
        return ((self.weight, weight), (self.raw, 1))

    @property
    def order(self) -> tuple[Charge, ...]:
        """What a new order costs."""
        return (*self.weigh(1), (self.orders, 1), (self.orders_day, 1))

    def filled(self) -> None:
        """Count the newest order no more: its first fill as a taker takes it off there, too."""
        self.orders.give_back(1)
        self.orders_day.give_back(1)

    def observe(self, response: RestResponse) -> None:
        """Believe the counts in an answer's headers: others may share address or account."""
        for header, limiter in (
            (_USED_WEIGHT, self.weight),
            (_ORDERS_10S, self.orders),
            (_ORDERS_DAY, self.orders_day),
        ):
            used = response.headers.get(header, "")
            if used.isascii() and used.isdigit() and len(used) < 10:
                limiter.observe(int(used), response.recv_ns)

    def told(self, counts: Iterable[Count], now_ns: int) -> None:
        """Take what an answer over a socket says of the limits, and believe its counts."""
        counts = list(counts)
        self.learn(counts)
        for count in counts:
            match (count.rateLimitType, count.interval, count.intervalNum):
                case ("REQUEST_WEIGHT", "MINUTE", 1):
                    self.weight.observe(count.count, now_ns)
                case ("ORDERS", "SECOND", 10):
                    self.orders.observe(count.count, now_ns)
                case ("ORDERS", "DAY", 1):
                    self.orders_day.observe(count.count, now_ns)
                case _:
                    continue
