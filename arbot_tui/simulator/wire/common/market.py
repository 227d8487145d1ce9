"""A venue's window on the world: what a shell may see and do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arbot_tui.domain.clock import Clock
from arbot_tui.simulator.core.account import Account
from arbot_tui.simulator.core.book import Book, BookChange
from arbot_tui.simulator.core.daily import DayStats
from arbot_tui.simulator.core.instruments import Instrument, VenueProfile
from arbot_tui.simulator.core.matching import Matcher
from arbot_tui.simulator.core.orders import NewOrder, Order
from arbot_tui.simulator.core.world import World

__all__ = ["Market"]


class Market:
    """One venue of a world.

    Args:
        world: The world.
        venue: Name of the venue.
        clock: Drives the world.
        publish: Sends book changes of any venue to their subscribers.
    """

    def __init__(
        self,
        world: World,
        venue: str,
        clock: Clock,
        publish: Callable[[Sequence[BookChange]], None],
    ) -> None:
        self.venue = venue
        self.matcher: Matcher = world.matchers[venue]
        self.books: Mapping[str, Book] = world.books(venue)
        self.instruments: Sequence[Instrument] = world.instruments(venue)
        self._world = world
        self._clock = clock
        self._publish = publish

    @property
    def profile(self) -> VenueProfile:
        """Fees and order rules of the venue."""
        return self.matcher.profile

    @property
    def account(self) -> Account:
        """The venue's one account."""
        return self.matcher.account

    def now_ns(self) -> int:
        """Return the venue's time, UTC nanoseconds."""
        return self._clock.now_ns()

    def now_ms(self) -> int:
        """Return the venue's time, UTC milliseconds."""
        return self._clock.now_ns() // 1_000_000

    def book_of(self, instrument: Instrument) -> Book:
        """Return the book of an instrument of this venue."""
        return self.books[instrument.symbol]

    def day(self, instrument: Instrument) -> DayStats:
        """Return the last 24 hours of an instrument."""
        return self._world.daily.stats(self.books[instrument.symbol], self.now_ns())

    def place(self, new: NewOrder) -> Order:
        """Accept and match an order; publishes what it changed.

        Raises:
            Refused: The venue does not accept it; nothing has changed.
        """
        now_ns = self.now_ns()
        order = self._world.place(self.venue, new, now_ns)
        self._publish(self._world.advance(now_ns))
        return order

    def cancel(self, order: Order, cancel_id: str = "") -> None:
        """Cancel an order.

        Raises:
            Refused: It has already ended.
        """
        now_ns = self.now_ns()
        self._world.cancel(self.venue, order, now_ns, cancel_id)
        self._publish(self._world.advance(now_ns))
