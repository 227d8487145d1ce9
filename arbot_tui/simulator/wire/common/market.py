"""A venue's window on the world: what a shell may see and do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from arbot_tui.domain.clock import Clock
from arbot_tui.simulator.core.account import Account
from arbot_tui.simulator.core.book import Book, BookChange
from arbot_tui.simulator.core.conduct import Conduct
from arbot_tui.simulator.core.daily import DayStats
from arbot_tui.simulator.core.fault_args import PermsArgs, StatusArgs
from arbot_tui.simulator.core.faults import Fault, FaultBoard, FaultKind
from arbot_tui.simulator.core.fees import FeeTerms
from arbot_tui.simulator.core.hindsight import Hindsight
from arbot_tui.simulator.core.instruments import Instrument, VenueProfile
from arbot_tui.simulator.core.listing import Listing, ListingStatus
from arbot_tui.simulator.core.matching import Matcher
from arbot_tui.simulator.core.networks import (
    ChainTerms,
    Movable,
    chains_of_base,
    chains_of_quote,
)
from arbot_tui.simulator.core.orders import NewOrder, Order
from arbot_tui.simulator.core.world import World
from arbot_tui.simulator.wire.common.views import BookView, BookViews

__all__ = ["Market"]


class Market:
    """One venue of a world.

    Args:
        world: The world.
        venue: Name of the venue.
        clock: Drives the world.
        publish: Sends book changes of any venue to their subscribers.
        board: The faults of the world.

    Attributes:
        venue: As given.
        matcher: The venue's orders and account, as they are.
        books: Its books by canonical symbol.
        instruments: What is listed, in the world's order.
        conduct: What faults make of its orders.
        restarted_ns: When the service was last started afresh, by the venue's clock; 0 for never.
    """

    def __init__(
        self,
        world: World,
        venue: str,
        clock: Clock,
        publish: Callable[[Sequence[BookChange]], None],
        board: FaultBoard,
    ) -> None:
        self.venue = venue
        self.matcher: Matcher = world.matchers[venue]
        self.books: Mapping[str, Book] = world.books(venue)
        self.instruments: Sequence[Instrument] = world.instruments(venue)
        self.conduct = Conduct(board, venue)
        self._board = board
        self._seen = Hindsight(self.matcher, board, venue)
        self._world = world
        self._clock = clock
        self._publish = publish
        self._views = BookViews(venue, self.books, board)
        self._id_shifts: dict[int, int] = {}
        self.restarted_ns = 0
        board.watch(self._noted)

    @property
    def profile(self) -> VenueProfile:
        """Fees and order rules of the venue."""
        return self.matcher.profile

    @property
    def account(self) -> Account:
        """The venue's one account."""
        return self.matcher.account

    @property
    def seen(self) -> Hindsight:
        """Orders, fills and balances as queries see them."""
        return self._seen.at(self._clock.now_ns())

    @property
    def key_rights(self) -> PermsArgs | None:
        """What the account's key may do; None if it is no longer valid."""
        now_ns, rights = self._clock.now_ns(), PermsArgs()
        for fault in self._board.on(self.venue):
            if fault.kind is FaultKind.EXPIRE and fault.is_on(now_ns):
                return None
            if isinstance(fault.args, PermsArgs) and fault.is_on(now_ns):
                rights = fault.args
        return rights

    @property
    def unified(self) -> bool:
        """Whether the account has become a unified one, where that makes a difference."""
        return self.venue in self._world.unified

    def fees(self, instrument: Instrument) -> FeeTerms:
        """Return what trades of an instrument cost the account now."""
        return self.matcher.fees(instrument.symbol)

    def now_ns(self) -> int:
        """Return the time by the venue's clock, UTC nanoseconds."""
        return self._clock.now_ns() + self.matcher.skew_ns

    def now_ms(self) -> int:
        """Return the time by the venue's clock, UTC milliseconds."""
        return self.now_ns() // 1_000_000

    def elapsed_ms(self) -> int:
        """Return a time for limits and waiting, which a wrong clock leaves alone."""
        return self._clock.now_ns() // 1_000_000

    def book_of(self, instrument: Instrument) -> BookView:
        """Return the book of an instrument of this venue, as it is told."""
        return self._views.live(instrument)

    def cached_book_of(self, instrument: Instrument) -> BookView:
        """Return the book of an instrument as the REST order book shows it."""
        return self._views.cached(instrument)

    def listing(self, instrument: Instrument) -> Listing:
        """Return by which rules an instrument is traded now, and whether at all."""
        return self.books[instrument.symbol].listing

    def is_listed(self, instrument: Instrument) -> bool:
        """Whether the venue still has an instrument."""
        return self.listing(instrument).status is not ListingStatus.DELISTED

    def coins(self) -> Iterator[Movable]:
        """Yield every asset, those first that are traded against others."""
        bases = {i.base: i for i in reversed(self.instruments)}
        for asset, instrument in bases.items():
            yield self._movable(asset, instrument.symbol, chains_of_base(instrument))
        for asset in {i.quote: i for i in self.instruments if i.quote not in bases}:
            yield self._movable(asset, None, chains_of_quote(self.venue, asset))

    def _movable(self, asset: str, symbol: str | None, chains: tuple[ChainTerms, ...]) -> Movable:
        return Movable(
            asset,
            not self._suspends(symbol, "deposits"),
            not self._suspends(symbol, "withdrawals"),
            chains,
        )

    def _suspends(self, symbol: str | None, what: Literal["deposits", "withdrawals"]) -> bool:
        """Whether transfers of a symbol's base asset are suspended; None: of any coin."""
        now_ns = self._clock.now_ns()
        return any(
            isinstance(fault.args, StatusArgs)
            and fault.args.suspended in (what, "both")
            and fault.symbol in (None, symbol)
            and fault.is_on(now_ns)
            for fault in self._board.on(self.venue)
        )

    def is_silent(self, symbol: int) -> bool:
        """Whether the book of the symbol with this index stands still."""
        return self.books[self.instruments[symbol].symbol].listing.silent

    def wire_id(self, symbol: int, update_id: int) -> int:
        """Return the number under which a state of a book is told."""
        return update_id - self._id_shifts.get(symbol, 0)

    def restart_ids(self, symbol: int) -> None:
        """Number the states of a book afresh: the present one becomes 1."""
        book = self.books[self.instruments[symbol].symbol]
        self._id_shifts[symbol] = book.update_id - 1

    def _noted(self, fault: Fault, started: bool) -> None:
        if started and fault.venue == self.venue and fault.kind is FaultKind.SEQRESET:
            self.restarted_ns = self.now_ns()

    def day(self, instrument: Instrument) -> DayStats:
        """Return the last 24 hours of an instrument."""
        return self._world.daily.stats(self.books[instrument.symbol], self._clock.now_ns())

    def place(self, new: NewOrder) -> Order:
        """Accept and match an order; publishes what it changed.

        Raises:
            Refused: The venue does not accept it; nothing has changed.
        """
        now_ns = self._clock.now_ns()
        treatment = self.conduct.treatment(new, now_ns)
        order = self._world.place(self.venue, new, now_ns, treatment)
        self._publish(self._world.advance(now_ns))
        return order

    def cancel(self, order: Order, cancel_id: str = "") -> None:
        """Cancel an order.

        Raises:
            Refused: It has already ended.
        """
        now_ns = self._clock.now_ns()
        self._world.cancel(self.venue, order, now_ns, cancel_id)
        self._publish(self._world.advance(now_ns))
