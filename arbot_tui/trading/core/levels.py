"""How far a limit that counts over time has been passed."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["LossLevel"]


class LossLevel(IntEnum):
    """How far a day's loss has gone."""

    NONE = 0
    REDUCE = 1
    HALT = 2
