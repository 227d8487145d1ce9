"""The clock that stops every request while a venue has told us to stay away."""

from __future__ import annotations

from arbot_tui.domain.clock import SECOND

__all__ = ["BanClock"]


class BanClock:
    """Until when nothing may be sent to a host.

    One per host, shared by the REST client and the WebSocket sessions: a venue that banned the
    address counts further requests of either kind against us (Binance: 429 grows into 418).
    """

    __slots__ = ("_until_ns",)

    def __init__(self) -> None:
        """Start free."""
        self._until_ns = 0

    @property
    def until_ns(self) -> int:
        """`Clock.now_ns` at which sending is allowed again; 0 where there never was a ban."""
        return self._until_ns

    def stay_away(self, seconds: float, now_ns: int) -> None:
        """Send nothing for `seconds` from `now_ns`; a shorter ban never shortens a longer one."""
        self._until_ns = max(self._until_ns, now_ns + int(seconds * SECOND))

    def remaining_s(self, now_ns: int) -> float:
        """Return the seconds left, 0.0 when sending is allowed."""
        return max(0, self._until_ns - now_ns) / SECOND
