"""What waits to be sent to one client, in the order in which it may go."""

from __future__ import annotations

import heapq
from collections import deque
from typing import NamedTuple

__all__ = ["Close", "Item", "Lane", "Outbox", "Ping", "Pong"]

_HELD_NS = 1_000_000_000

Lane = tuple[str, str]
"""Symbol and channel: frames of one lane are delayed and exchanged among themselves."""


class Ping(NamedTuple):
    """A protocol ping."""


class Pong(NamedTuple):
    """A protocol pong."""

    payload: bytes


class Close(NamedTuple):
    """The end of the connection, with a close frame."""

    code: int
    reason: str


Item = str | bytes | Ping | Pong | Close
"""A text frame, as text or as the bytes of one, or a control frame."""


class Outbox:
    """A queue with delays; sans-I/O.

    Without delays first in is first out. What is delayed as a line keeps its order; a delayed
    lane may be overtaken by the others. A held item goes when the next one of its lane has
    gone, or after a second.
    """

    def __init__(self) -> None:
        self._ready: deque[Item] = deque()
        self._later: list[tuple[int, int, Item]] = []
        self._count = 0
        # Until when the last item of each lane is under way; None is the line as a whole.
        self._last_ns: dict[Lane | None, int] = {}
        self._held: dict[Lane, tuple[int, Item]] = {}

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def delayed(self) -> int:
        """How many items are under way."""
        return len(self._later)

    @property
    def settled(self) -> bool:
        """Whether nothing is delayed or held."""
        return not self._later and not self._held

    @property
    def next_ns(self) -> int | None:
        """When the next delayed or held item is due; None if there is none."""
        due = [expiry for expiry, _ in self._held.values()]
        if self._later:
            due.append(self._later[0][0])
        return min(due, default=None)

    def put(
        self,
        item: Item,
        now_ns: int = 0,
        line_ns: int = 0,
        lane: Lane | None = None,
        lane_ns: int = 0,
    ) -> None:
        """Queue an item.

        Args:
            item: What to send.
            now_ns: The time; needed as soon as anything is delayed.
            line_ns: How long everything is under way.
            lane: Its lane; None for control frames.
            lane_ns: How long the lane takes on top.
        """
        if not self._later and not line_ns and not lane_ns:
            self._ready.append(item)
            return
        self._mature(now_ns)
        due = max(now_ns + line_ns + lane_ns, self._last_ns.get(None, 0))
        if lane is not None:
            due = max(due, self._last_ns.get(lane, 0))
        if lane_ns:
            self._last_ns[lane] = due
        else:
            self._last_ns[None] = due
        if due <= now_ns:
            self._ready.append(item)
            return
        self._count += 1
        heapq.heappush(self._later, (due, self._count, item))

    def hold(self, item: Item, lane: Lane, now_ns: int) -> bool:
        """Let an item wait for the next of its lane; False if one waits already."""
        if lane in self._held:
            return False
        self._held[lane] = now_ns + _HELD_NS, item
        return True

    def release(self, lane: Lane) -> Item | None:
        """Return the held item of a lane, which has to be put now; None if there is none."""
        held = self._held.pop(lane, None) if self._held else None
        return None if held is None else held[1]

    def pop(self, now_ns: int) -> Item | None:
        """Return what goes next; None if nothing may go yet."""
        if not self.settled:
            self._mature(now_ns)
        return self._ready.popleft() if self._ready else None

    def clear(self) -> None:
        """Forget everything."""
        self._ready.clear()
        self._later.clear()
        self._held.clear()
        self._last_ns.clear()

    def _mature(self, now_ns: int) -> None:
        while self._later and self._later[0][0] <= now_ns:
            self._ready.append(heapq.heappop(self._later)[2])
        for lane in [lane for lane, (expiry, _) in self._held.items() if expiry <= now_ns]:
            self._ready.append(self._held.pop(lane)[1])
        if not self._later:
            self._last_ns.clear()
