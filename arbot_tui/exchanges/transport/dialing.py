"""How often a venue lets an address connect, kept for all connections of an adapter together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.limiter import Charge, RateLimiter, acquire
from arbot_tui.exchanges.transport.wire import Dial, DialFailed, DialOptions, Wire

__all__ = ["PacedDial"]


class PacedDial:
    """A `Dial` that waits for its turn, and for the end of a ban, before it dials."""

    def __init__(
        self, dial: Dial, limiters: Sequence[RateLimiter], clock: Clock, ban: BanClock
    ) -> None:
        """Share `limiters` among all connections that this is given to.

        Args:
            dial: Opens a wire.
            limiters: What the venue allows an address; each attempt costs one of each.
            clock: Tells the limiters the time.
            ban: Stops attempts while the venue wants us away.
        """
        self._dial = dial
        self._charges: tuple[Charge, ...] = tuple((limiter, 1) for limiter in limiters)
        self._clock = clock
        self._ban = ban

    async def __call__(self, options: DialOptions) -> Wire:
        """Open a connection once that is allowed; see `Dial`."""
        while True:
            now_ns = self._clock.now_ns()
            wait_s = self._ban.remaining_s(now_ns)
            if wait_s == 0.0:
                wait_s = acquire(self._charges, now_ns) / SECOND
            if wait_s == 0.0:
                try:
                    return await self._dial(options)
                except DialFailed as e:
                    if e.offline:
                        # The venue has not counted it, and what it allows is needed soon.
                        for limiter, units in self._charges:
                            limiter.give_back(units)
                    raise
            await asyncio.sleep(wait_s)
