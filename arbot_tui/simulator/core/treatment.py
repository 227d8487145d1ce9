"""How a venue deals with one order, where that differs from what its rules say."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["AS_EVER", "Treatment"]


@dataclass(frozen=True, slots=True)
class Treatment:
    """What happens to one order.

    Attributes:
        share: Part of its quantity that can trade at once; None for all that is there.
        reject_after_ns: It is accepted, does not trade, and is rejected after this time; None
            for never.
        band_pct: How far from the mid it may trade, in percent; None for any price.
        band_expires: Beyond the band it is accepted and what is left expires, instead of being
            refused.
    """

    share: Decimal | None = None
    reject_after_ns: int | None = None
    band_pct: Decimal | None = None
    band_expires: bool = False


AS_EVER = Treatment()
"""By the rules."""
