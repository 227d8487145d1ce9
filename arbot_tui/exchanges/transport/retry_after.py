"""The ``Retry-After`` header."""

from __future__ import annotations

import math

__all__ = ["retry_after_s"]

# Binance bans for up to three days; anything beyond is nonsense.
_LONGEST_S = 3 * 86_400.0


def retry_after_s(text: str | None) -> float:
    """Return the seconds of a ``Retry-After`` header, 0.0 where it is absent or unreadable.

    All four venues send seconds, never the date form of RFC 9110.
    """
    try:
        seconds = float(text) if text is not None else 0.0
    except ValueError:
        return 0.0
    return min(seconds, _LONGEST_S) if math.isfinite(seconds) and seconds > 0.0 else 0.0
