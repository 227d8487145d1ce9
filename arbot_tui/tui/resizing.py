"""When a terminal that changes its size is laid out anew, and when that is drawn.

A window that is dragged changes it many times a second, and a layout with its picture holds up the
loop for tens of milliseconds. A size that comes alone is taken over at once; of many, the last one
when they rest, or what is the newest once a second. And a layout takes several turns of the loop
(the style sheet's next step, the shares of a view), of which only the last one is drawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Resizing"]

FIRST_S = 1 / 120
"""From a size that comes alone to its layout."""
QUIET_S = 0.1
"""So long nothing may follow where others came shortly before…"""
LONGEST_S = 1.0
"""…but however many follow, it takes no longer than this."""
LAYOUT_S = 0.03
"""From a layout to its picture."""


class Resizing:
    """Lays out, and later draws, what the newest size wants."""

    def __init__(self, lay_out: Callable[[], None], draw: Callable[[], None]) -> None:
        """Set it up.

        Args:
            lay_out: Hands the newest size to the screens.
            draw: Draws the whole picture.
        """
        self._lay_out = lay_out
        self._draw = draw
        self._handle: asyncio.TimerHandle | None = None
        self._step: Callable[[], None] | None = None
        self._first_s = 0.0
        self._ended_s = -LONGEST_S
        self._more = False

    @property
    def waits(self) -> bool:
        """Whether a size waits to be laid out or drawn: nothing else is drawn meanwhile."""
        return self._step is not None

    @property
    def undecided(self) -> bool:
        """Whether the size may be followed by another, so that nothing is laid out for it."""
        return self._step == self._settle

    def changed(self) -> None:
        """Take note of a new size."""
        now_s = asyncio.get_running_loop().time()
        if self._step == self._finish:
            self._more = True
            return
        alone = self._step is None and now_s - self._ended_s > QUIET_S
        if self._step is None:
            self._first_s = now_s
        due_s = now_s + FIRST_S if alone else min(now_s + QUIET_S, self._first_s + LONGEST_S)
        self._later(due_s - now_s, self._settle)

    def hurry(self) -> None:
        """Do at once what waits; what follows from it waits anew."""
        step = self._step
        if step is not None:
            self.stop()
            step()

    def stop(self) -> None:
        """Do nothing more."""
        self._step = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _later(self, delay_s: float, step: Callable[[], None]) -> None:
        self.stop()
        self._step = step
        self._handle = asyncio.get_running_loop().call_later(delay_s, step)

    def _settle(self) -> None:
        self._later(LAYOUT_S, self._finish)
        self._lay_out()

    def _finish(self) -> None:
        self.stop()
        self._ended_s = asyncio.get_running_loop().time()
        self._draw()
        if self._more:
            self._more = False
            self.changed()
