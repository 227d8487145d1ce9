"""Bybit's requests per second and endpoint, shared by REST and the trade socket.

Source: bybit-exchange/docs `v5/rate-limit`, 2026-07-24.
"""

from __future__ import annotations

from arbot_tui.simulator.wire.bybit.errors import ApiError
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["Quota"]

_SECOND_MS = 1000
_PER_S = {
    "create": 20,
    "cancel": 20,
    "cancel-all": 20,
    "fee-rate": 5,
    "key": 10,
    "coins": 5,
}
_OTHERS_PER_S = 50


class Quota:
    """Counts requests in a rolling second, by endpoint.

    Args:
        market: The venue's window on the world.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._rates = Rates()

    def take(self, bucket: str, headers: dict[str, str]) -> None:
        """Count a request and write the limit's headers; they say when to come back.

        Raises:
            ApiError: 10006, too many.
        """
        now_ms, per_s = self._market.elapsed_ms(), _PER_S.get(bucket, _OTHERS_PER_S)
        left = self._rates.take(bucket, per_s, _SECOND_MS, now_ms)
        reset_ms = now_ms if left >= 0 else self._rates.free_at_ms(bucket, _SECOND_MS, now_ms)
        headers["X-Bapi-Limit"] = str(per_s)
        headers["X-Bapi-Limit-Status"] = str(max(left, 0))
        headers["X-Bapi-Limit-Reset-Timestamp"] = str(reset_ms)
        if left < 0:
            raise ApiError(10006, "Too many visits!")
