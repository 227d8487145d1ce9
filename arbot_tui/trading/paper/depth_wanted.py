"""Whose depth of which rows is followed: the engine's and that of paper orders on one adapter."""

from __future__ import annotations

from collections.abc import Callable

from arbot_tui.domain.clock import SECOND

__all__ = ["DepthWanted"]

# Depth is asked for with an order and kept a while for those that follow.
_KEPT_NS = 60 * SECOND


class DepthWanted:
    """Asks for the depth of a row while anybody wants it."""

    def __init__(self, request: Callable[[int, bool], None]) -> None:
        """Ask by `request(row, wanted)`."""
        self._request = request
        self._engine: set[int] = set()
        self._until_ns: dict[int, int] = {}

    def by_engine(self, row: int, wanted: bool) -> None:
        """Take what the engine wants; an order that needs the row keeps it."""
        (self._engine.add if wanted else self._engine.discard)(row)
        if wanted or row not in self._until_ns:
            self._request(row, wanted)

    def by_order(self, row: int, now_ns: int) -> None:
        """Follow a row for an order that leaves now."""
        if row not in self._until_ns and row not in self._engine:
            self._request(row, True)
        self._until_ns[row] = now_ns + _KEPT_NS

    def drop(self, now_ns: int) -> None:
        """Give up what no order has needed for a while and the engine does not want."""
        for row, until_ns in list(self._until_ns.items()):
            if until_ns < now_ns:
                del self._until_ns[row]
                if row not in self._engine:
                    self._request(row, False)
