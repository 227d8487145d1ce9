"""How long to wait before the next attempt to connect."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["FullJitterBackoff"]


class FullJitterBackoff:
    """Exponential back-off with full jitter.

    The delay is drawn evenly from zero to a ceiling that doubles with every failure. Full
    jitter spreads the clients of a venue that comes back; four adapters on one machine never
    knock in step either.
    """

    __slots__ = ("_attempt", "_base_s", "_cap_s", "_draw")

    def __init__(
        self, draw: Callable[[], float], *, base_s: float = 1.0, cap_s: float = 60.0
    ) -> None:
        """Start without failures.

        Args:
            draw: Returns an even draw from [0, 1); injected, so that tests know it.
            base_s: Ceiling after the first failure, seconds.
            cap_s: Highest ceiling, seconds.
        """
        self._draw = draw
        self._base_s = base_s
        self._cap_s = cap_s
        self._attempt = 0

    @property
    def ceiling_s(self) -> float:
        """Longest delay that the next failure can cause, seconds."""
        # The exponent is bounded so that a week of failures does not overflow a float.
        return min(self._cap_s, self._base_s * 2.0 ** min(self._attempt, 32))

    def failed(self, most_s: float = math.inf) -> float:
        """Count a failure and return the seconds to wait before trying again, below `most_s`."""
        ceiling_s = self.ceiling_s
        if ceiling_s < most_s:
            self._attempt += 1
        return self._draw() * min(ceiling_s, most_s)

    def succeeded(self) -> None:
        """Forget the failures: the connection has proved stable."""
        self._attempt = 0
