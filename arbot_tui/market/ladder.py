"""One side of an order book: price levels sorted, best one last."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from arbot_tui.domain.quotes import Level

__all__ = ["Ladder"]

_FEW = 10
_UNLIMITED = float("-inf")


class Ladder:
    """Levels of one side, by ``sign * price``, so that the best is always the greatest key.

    Beyond the worst level of a cut list nothing is known: what changes there is ignored rather
    than shown beside levels that are missing.

    Attributes:
        horizon: Keys below are unknown; minus infinity where the side is known to its end.
    """

    __slots__ = ("_keys", "_max_levels", "_rolling", "_sign", "_sizes", "horizon")

    def __init__(self, sign: float, max_levels: int, *, rolling: bool) -> None:
        """Start empty.

        Args:
            sign: 1 for bids, -1 for asks.
            max_levels: How many levels to keep.
            rolling: The venue itself cuts at that depth and sends a level again when it comes
                back, so cutting loses no knowledge.
        """
        self._sign = sign
        self._max_levels = max_levels
        self._rolling = rolling
        self._keys: list[float] = []
        self._sizes: dict[float, float] = {}
        self.horizon = _UNLIMITED

    @property
    def exhausted(self) -> bool:
        """Whether hardly anything is left of a list that was cut."""
        return self.horizon != _UNLIMITED and len(self._keys) < _FEW

    def clear(self) -> None:
        """Forget everything."""
        self._keys.clear()
        self._sizes.clear()
        self.horizon = _UNLIMITED

    def load(self, levels: Iterable[Level]) -> None:
        """Replace all levels by those of a snapshot."""
        self._sizes = {self._sign * price: size for price, size in levels if size}
        self._keys = sorted(self._sizes)
        self.horizon = _UNLIMITED
        # A full snapshot was most likely cut at the venue.
        if len(self._keys) >= self._max_levels:
            self._cut()

    def change(self, levels: Iterable[Level]) -> None:
        """Set absolute sizes; 0 removes a level, and removing one not held is normal."""
        sizes, keys = self._sizes, self._keys
        for price, size in levels:
            key = self._sign * price
            if key < self.horizon:
                continue
            if not size:
                if sizes.pop(key, None) is not None:
                    del keys[bisect_left(keys, key)]
            else:
                if key not in sizes:
                    insort(keys, key)
                sizes[key] = size
        if len(keys) > self._max_levels * (1 if self._rolling else 2):
            self._cut()

    def _cut(self) -> None:
        keys = self._keys
        for key in keys[: -self._max_levels]:
            del self._sizes[key]
        del keys[: -self._max_levels]
        if not self._rolling:
            self.horizon = keys[0]

    def best(self) -> Level | None:
        """Return the best level; None where there is none."""
        if not self._keys:
            return None
        key = self._keys[-1]
        return self._sign * key, self._sizes[key]

    def top(self, n: int) -> list[Level]:
        """Return up to `n` levels, best first."""
        if n <= 0:
            return []
        return [(self._sign * key, self._sizes[key]) for key in reversed(self._keys[-n:])]
