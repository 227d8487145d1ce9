"""What Bitget allows (rate limits, 2025-12-05 and change log to 2026-01-29), kept at four fifths.

Private limits count per account, public ones per address; all REST requests of an address share
6,000 a minute, and going beyond locks it out for five minutes.
"""

from __future__ import annotations

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.transport.limiter import Charge, RateLimiter

__all__ = ["Quotas"]

_ALL_PER_MINUTE = 4_800


class Quotas:
    """The quotas of one account and address.

    Attributes:
        place: Placing orders.
        cancel: Cancelling orders.
        query: One order, open orders and history.
        fills: Executions.
        assets: Balances.
        fees: Fee rates.
        unified_fees: Fee rates of a unified account.
        info: Key and account.
        public: Each public read.
    """

    def __init__(self) -> None:
        """Start with nothing used."""
        self._all = RateLimiter(_ALL_PER_MINUTE, 60 * SECOND)
        self.place = self._per_second(8)
        self.cancel = self._per_second(8)
        self.query = self._per_second(16)
        self.fills = self._per_second(8)
        self.assets = self._per_second(8)
        self.fees = self._per_second(8)
        self.unified_fees = self._per_second(2)
        self.info = self._per_second(1)
        self.public = self._per_second(16)

    def _per_second(self, limit: int) -> tuple[Charge, ...]:
        return ((RateLimiter(limit, SECOND, reserve=0.0), 1), (self._all, 1))
