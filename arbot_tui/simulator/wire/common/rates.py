"""Requests counted over a rolling time, as venues limit them."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

__all__ = ["Rates"]


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
