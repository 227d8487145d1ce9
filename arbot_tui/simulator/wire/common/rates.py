"""Requests counted over a rolling time, as venues limit them, and addresses locked out."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

__all__ = ["AddressLimit", "Rates"]


class Rates:
    """Independent counters by key; a request counts until its window has passed."""

    def __init__(self) -> None:
        self._taken: dict[Hashable, deque[int]] = {}

    def take(self, key: Hashable, limit: int, window_ms: int, now_ms: int) -> int:
        """Count a request and return how many are left; below zero it came too soon.

        A request that came too soon does not count.
        """
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= now_ms - window_ms:
            taken.popleft()
        if len(taken) >= limit:
            return -1
        taken.append(now_ms)
        return limit - len(taken)

    def free_at_ms(self, key: Hashable, window_ms: int, now_ms: int) -> int:
        """Return when the oldest counted request has left its window."""
        taken = self._taken.get(key)
        return taken[0] + window_ms if taken else now_ms


class AddressLimit:
    """A limit over all requests of the one address there is, and a ban for exceeding it.

    Args:
        requests: Requests allowed within the window.
        window_ms: Length of the window.
        ban_ms: For how long nothing is answered once it is exceeded.
    """

    def __init__(self, requests: int, window_ms: int, ban_ms: int) -> None:
        self._requests = requests
        self._window_ms = window_ms
        self._ban_ms = ban_ms
        self._rates = Rates()
        self._banned_until_ms = 0

    def allow(self, now_ms: int) -> bool:
        """Count a request and return whether it is answered."""
        if now_ms < self._banned_until_ms:
            return False
        if self._rates.take("address", self._requests, self._window_ms, now_ms) < 0:
            self._banned_until_ms = now_ms + self._ban_ms
            return False
        return True
