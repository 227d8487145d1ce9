"""Why the gate lets something not through."""

from __future__ import annotations

import msgspec

from arbot_tui.domain.reasons import Reason

__all__ = ["Denial"]


class Denial(msgspec.Struct, frozen=True):
    """Which check refused, with the numbers."""

    reason: Reason
    detail: str
