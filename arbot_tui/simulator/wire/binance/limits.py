"""Request weight per minute, as in the X-MBX headers."""

from __future__ import annotations

from arbot_tui.simulator.wire.binance.errors import ApiError
from arbot_tui.simulator.wire.common.json import JsonObject

__all__ = ["ORDERS_PER_10S", "ORDERS_PER_DAY", "RAW_REQUESTS_PER_5M", "WEIGHT_PER_MINUTE", "Limits"]

WEIGHT_PER_MINUTE = 6_000
ORDERS_PER_10S = 100
ORDERS_PER_DAY = 200_000
RAW_REQUESTS_PER_5M = 300_000
_MINUTE_MS, _TEN_SECONDS_MS, _DAY_MS = 60_000, 10_000, 86_400_000
# Who goes on in spite of a 429 is banned: documented are two minutes at first. How many more
# requests that takes is not documented.
_PATIENCE, _BAN_MS = 10, 120_000


class Limits:
    """Counters in fixed windows: weight for the one IP there is, orders for the account."""

    def __init__(self) -> None:
        self._weight = _Window(_MINUTE_MS)
        self._refused = _Window(_MINUTE_MS)
        self._banned_until_ms = 0
        self._orders_10s = _Window(_TEN_SECONDS_MS)
        self._orders_day = _Window(_DAY_MS)

    def charge(self, weight: int, now_ms: int) -> None:
        """Count a request.

        Raises:
            ApiError: -1003, with HTTP 429 once the minute's weight is used up, and with HTTP
                418 for a while if that is ignored.
        """
        if now_ms < self._banned_until_ms:
            raise self._banned(now_ms)
        if self._weight.add(weight, now_ms) > WEIGHT_PER_MINUTE:
            if self._refused.add(1, now_ms) > _PATIENCE:
                self._banned_until_ms = now_ms + _BAN_MS
                raise self._banned(now_ms)
            left_s = (_MINUTE_MS - now_ms % _MINUTE_MS) // 1000 + 1
            raise ApiError(
                -1003,
                f"Too much request weight used; current limit is {WEIGHT_PER_MINUTE} request "
                "weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid "
                "polling the API.",
                429,
                {"Retry-After": str(left_s)},
            )

    def _banned(self, now_ms: int) -> ApiError:
        until_ms = self._banned_until_ms
        return ApiError(
            -1003,
            f"Way too much request weight used; IP banned until {until_ms}. Please use WebSocket "
            "Streams for live updates to avoid bans.",
            418,
            {"Retry-After": str((until_ms - now_ms) // 1000 + 1)},
        )

    def check_order(self, now_ms: int) -> None:
        """Refuse an order beyond the account's count of unfilled ones.

        Raises:
            ApiError: -1015 with HTTP 429.
        """
        for window, length_ms, most, name in (
            (self._orders_10s, _TEN_SECONDS_MS, ORDERS_PER_10S, "10 SECOND"),
            (self._orders_day, _DAY_MS, ORDERS_PER_DAY, "1 DAY"),
        ):
            if window.add(0, now_ms) >= most:
                left_s = (length_ms - now_ms % length_ms) // 1000 + 1
                raise ApiError(
                    -1015,
                    f"Too many new orders; current limit is {most} orders per {name}.",
                    429,
                    {"Retry-After": str(left_s)},
                )

    def count_order(self, filled: bool, now_ms: int) -> None:
        """Count an accepted order; its first fill takes it off again."""
        self._orders_10s.add(0 if filled else 1, now_ms)
        self._orders_day.add(0 if filled else 1, now_ms)

    def refund(self, weight: int, now_ms: int) -> None:
        """Give back the weight of a successful order request."""
        self._weight.add(-weight, now_ms)

    def headers(self, now_ms: int) -> dict[str, str]:
        """Return the header that every answer carries."""
        used = str(self._weight.add(0, now_ms))
        return {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}

    def order_headers(self, now_ms: int) -> dict[str, str]:
        """Return the headers of an answer to an order request."""
        return {
            "X-MBX-ORDER-COUNT-10S": str(self._orders_10s.add(0, now_ms)),
            "X-MBX-ORDER-COUNT-1D": str(self._orders_day.add(0, now_ms)),
        }

    def rows(self, now_ms: int, *, orders: bool = True, weight: bool = True) -> list[JsonObject]:
        """Return the counters as lists of rate limits show them."""
        rows: list[JsonObject] = []
        if orders:
            ten_s, day = self._orders_10s.add(0, now_ms), self._orders_day.add(0, now_ms)
            rows.append(_row("ORDERS", "SECOND", 10, ORDERS_PER_10S, ten_s))
            rows.append(_row("ORDERS", "DAY", 1, ORDERS_PER_DAY, day))
        if weight:
            used = self._weight.add(0, now_ms)
            rows.append(_row("REQUEST_WEIGHT", "MINUTE", 1, WEIGHT_PER_MINUTE, used))
        return rows


def _row(kind: str, interval: str, number: int, limit: int, count: int) -> JsonObject:
    return {
        "rateLimitType": kind,
        "interval": interval,
        "intervalNum": number,
        "limit": limit,
        "count": count,
    }


class _Window:
    """A counter that starts at zero again at every multiple of its length."""

    __slots__ = ("_count", "_length_ms", "_number")

    def __init__(self, length_ms: int) -> None:
        self._length_ms = length_ms
        self._number = self._count = 0

    def add(self, amount: int, now_ms: int) -> int:
        number = now_ms // self._length_ms
        if number != self._number:
            self._number, self._count = number, 0
        self._count += amount
        return self._count
