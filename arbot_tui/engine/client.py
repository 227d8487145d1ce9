"""The one door through which screens and APIs reach the engine.

In the process it is a call; attached, the server calls the same `frame` when the viewer's last
write has drained. No per-viewer queue, no second format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from arbot_tui.engine.frames import (
    BalancesView,
    DepthView,
    ExposureView,
    Frame,
    FunnelView,
    IdentityView,
)

__all__ = ["CommandResult", "EngineClient", "QueryResult"]

QueryResult = DepthView | BalancesView | ExposureView | FunnelView | IdentityView


class CommandResult(msgspec.Struct, frozen=True):
    """Whether a command was taken, and one line that says what happened or why not."""

    ok: bool
    message: str


class EngineClient(Protocol):
    """What a viewer may ask of an engine."""

    def frame(self, since: int) -> Frame:
        """Return everything that changed after version `since`; 0 asks for all of it."""
        ...

    async def command(self, name: str, args: Mapping[str, str]) -> CommandResult:
        """Carry out an action of `domain.actions` (``start``, ``drain``, ``stop``, ``halt``, …)."""
        ...

    async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
        """Answer ``depth`` (args: symbol), ``balances``, ``exposure``, ``funnel`` or ``identity``.

        The funnel is per pair; with the argument ``symbol`` of that symbol only.

        Raises:
            ValueError: There is no such query, or an argument is missing or wrong.
        """
        ...
