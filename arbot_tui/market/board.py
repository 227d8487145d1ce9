"""The quote board: best bid and ask of every symbol on every venue, in lists.

Everything between a decoded frame and a signal reads these lists by index, so they are never
rebound and only grow at the end. A symbol's quotes lie in one list, since a check looks at all of
them. A list that is written at every quote costs time, and a miss of the cache once there are many
symbols: so what a quote says stays in its ticker, and fees are only looked at where two books
overlap by as much as the lowest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from operator import attrgetter

import msgspec

from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.signal import QuoteView
from arbot_tui.domain.states import FeedState

__all__ = [
    "ABSENT_ASK",
    "ABSENT_BID",
    "ALL_ROWS",
    "MOVED",
    "ODD",
    "RESIZED",
    "UNCHANGED",
    "QuoteBoard",
]

ABSENT_BID = 0.0
"""Stands where a book has no bid: lower than any ask, so it never looks like an edge."""
ABSENT_ASK = float("inf")
"""Stands where a book has no ask: higher than any bid, so it never looks like an edge."""

ALL_ROWS = -1
"""Stands for every row of a venue where a change concerns them all."""

UNCHANGED, RESIZED, MOVED, ODD = range(4)
"""What a ticker was: nothing new; other sizes at the same good prices; good, with other prices;
crossed, one-sided or impossible."""

# A price or size outside is no market but a broken frame; products of two stay finite.
_LOW = 1e-18
_HIGH = 1e18

_NOTHING = Ticker(-1, -1, ABSENT_BID, 0.0, ABSENT_ASK, 0.0, 0, 0)
_bid, _ask = attrgetter("bid"), attrgetter("ask")
# A hair below a bound that was computed in other steps than what it is compared with.
_SHADE = 1.0 - 1e-12

# Beyond so many it is cheaper to look through all rows than to be told of each.
_FEW_ROWS = 32

# Why a book is not traded; several may hold at once.
_NO_QUOTE = 1  # none yet, none since the connection was lost, or the latest one was unusable
_ONE_SIDED = 2
_CROSSED = 4  # its best bid and ask themselves
_STALE = 8  # held against it by the age rule
_GAPPED = 16  # its depth missed a message
_DEPTH_CROSSED = 32
_VENUE = 64  # the venue's feed is not live
_NO_FEE = 128  # nothing may clear fees that nobody knows
_CLOSED = 256  # the venue does not trade the symbol: halted, delisted, or no longer followed

_OF_TICKER = _NO_QUOTE | _ONE_SIDED | _CROSSED | _STALE
"""What a good ticker ends."""
_OF_DEPTH = _GAPPED | _DEPTH_CROSSED

_WORDS = (
    (_NO_QUOTE | _NO_FEE | _ONE_SIDED, FeedState.CONNECTING),
    (_GAPPED, FeedState.GAPPED),
    (_CROSSED | _DEPTH_CROSSED, FeedState.CROSSED),
    (_STALE, FeedState.STALE),
)


class QuoteBoard:
    """Best bids and asks, in a list per row, and what else is known by ``row * venues + venue``.

    The lists are public for reading on the hot path; only the methods write them.

    Attributes:
        venues: Venue names; a venue's number is its position.
        latest: By row and venue, the good ticker that last changed the book, so its `recv_ns` is
            when that was; 0 before the first. An absent side has size 0 and the price
            `ABSENT_BID` or `ABSENT_ASK`.
        recv_ns: When the latest good ticker was received, changed or not; 0 before the first.
        blocked: 0 where the book may be traded, otherwise why not, as bits.
        fee: Taker fee as a fraction.
        least_fee: The lowest of them ever told; infinite before the first.
        dirty: Rows that changed since `take_dirty`; a set would cost three times as much to add to.
        rejected: Tickers refused because of an impossible price or size.
    """

    def __init__(self, venues: Sequence[str]) -> None:
        """Start without rows; every venue is `connecting`."""
        self.venues = tuple(venues)
        self._n = len(self.venues)
        self.rtt_ns = [0] * self._n
        """How long requests to each venue take, stamped on what is judged; 0 where unknown."""
        self.latest: list[list[Ticker]] = []
        self.recv_ns: list[int] = []
        self.blocked: list[int] = []
        self.fee: list[float] = []
        self.least_fee = math.inf
        self.dirty: dict[int, None] = {}
        self.rejected = 0
        # The venue's own, for rows to come, and those of the books.
        self._verdicts = [FeedState.CONNECTING] * self._n
        self._book_verdicts: list[FeedState] = []
        self._callbacks: list[Callable[[int, int], None]] = []

    def add_usability_callback(self, callback: Callable[[int, int], None]) -> None:
        """Have `callback(venue, row)` called when books may be judged differently.

        That is after every change that no ticker made: verdict, gap, age, fee. `row` is
        `ALL_ROWS` where it concerns the whole venue.
        """
        self._callbacks.append(callback)

    def _tell(self, venue: int, row: int) -> None:
        for callback in self._callbacks:
            callback(venue, row)

    @property
    def rows(self) -> int:
        """Number of rows there is room for."""
        return len(self.latest)

    def grow(self, rows: int) -> None:
        """Make room for rows below `rows`; what exists stays where it is."""
        fresh = rows - self.rows
        if fresh <= 0:
            return
        count = fresh * self._n
        self.latest.extend([_NOTHING] * self._n for _ in range(fresh))
        self.recv_ns.extend([0] * count)
        self.fee.extend([0.0] * count)
        one_row = [
            _NO_QUOTE | _NO_FEE | (0 if verdict is FeedState.LIVE else _VENUE)
            for verdict in self._verdicts
        ]
        self.blocked.extend(one_row * fresh)
        self._book_verdicts.extend(self._verdicts * fresh)

    def update(self, ticker: Ticker) -> int:
        """Take a best bid and ask; tell what changed: `UNCHANGED`, `RESIZED`, `MOVED` or `ODD`.

        A side with price and size 0 is absent. An impossible number never enters; since it
        proves that the quote held is no longer the venue's, that book is unusable until the
        next good one.
        """
        row = ticker.row
        venue = ticker.exchange
        bid = ticker.bid
        ask = ticker.ask
        try:
            quotes = self.latest[row]
        except IndexError:
            self.grow(row + 1)
            quotes = self.latest[row]
        held = quotes[venue]
        i = row * self._n + venue
        if bid == held.bid and ask == held.ask and not self.blocked[i] & _OF_TICKER:
            return self._update_sizes(ticker, i)
        # These refuse NaN, infinity, zero, negative, absurd and crossed alike. `_LOW` and `_HIGH`
        # are written out: looking up names would cost as much as comparing.
        if not (
            bid > 1e-18
            and bid < ask
            and ask < 1e18
            and 1e-18 < ticker.bid_size < 1e18
            and 1e-18 < ticker.ask_size < 1e18
        ):
            return self._update_odd(ticker, i)
        quotes[venue] = ticker
        self.recv_ns[i] = ticker.recv_ns
        if self.blocked[i]:
            self.blocked[i] &= ~_OF_TICKER
        self.dirty[row] = None
        return MOVED

    def _update_sizes(self, ticker: Ticker, i: int) -> int:
        """Take a ticker with the good prices that are held."""
        quotes = self.latest[ticker.row]
        held = quotes[ticker.exchange]
        if ticker.bid_size == held.bid_size and ticker.ask_size == held.ask_size:
            # Sent again unchanged: the venue confirms what is held.
            self.recv_ns[i] = ticker.recv_ns
            return UNCHANGED
        if not (_LOW < ticker.bid_size < _HIGH and _LOW < ticker.ask_size < _HIGH):
            return self._update_odd(ticker, i)
        quotes[ticker.exchange] = ticker
        self.recv_ns[i] = ticker.recv_ns
        self.dirty[ticker.row] = None
        return RESIZED

    def _update_odd(self, ticker: Ticker, i: int) -> int:
        """Take a ticker that is crossed, one-sided or impossible."""
        bid_there = _present(ticker.bid, ticker.bid_size)
        ask_there = _present(ticker.ask, ticker.ask_size)
        if bid_there is None or ask_there is None:
            self.rejected += 1
            if self.blocked[i] & _NO_QUOTE:
                return UNCHANGED
            self.blocked[i] |= _NO_QUOTE
            self.dirty[ticker.row] = None
            return ODD
        taken = msgspec.structs.replace(
            ticker,
            bid=ticker.bid if bid_there else ABSENT_BID,
            ask=ticker.ask if ask_there else ABSENT_ASK,
        )
        quotes = self.latest[ticker.row]
        before = (*_sides(quotes[ticker.exchange]), self.blocked[i])
        self.recv_ns[i] = ticker.recv_ns
        self.blocked[i] &= ~_OF_TICKER
        self.blocked[i] |= _CROSSED if bid_there and ask_there else _ONE_SIDED
        if before == (*_sides(taken), self.blocked[i]):
            return UNCHANGED
        quotes[ticker.exchange] = taken
        self.dirty[ticker.row] = None
        return ODD

    def buy_cost(self, venue: int, row: int) -> float:
        """Return what a unit bought in a book costs with its taker fee; infinite without an ask."""
        return self.latest[row][venue].ask * (1.0 + self.fee[row * self._n + venue])

    def sell_net(self, venue: int, row: int) -> float:
        """Return what a unit sold in a book brings after the taker fee; 0 without a bid."""
        return self.latest[row][venue].bid * (1.0 - self.fee[row * self._n + venue])

    def widest_ratio(self, row: int) -> float:
        """Return how many times a symbol's lowest ask its highest bid is; 0 without both."""
        quotes = self.latest[row]
        return float(max(map(_bid, quotes)) / min(map(_ask, quotes)))

    @property
    def least_ratio(self) -> float:
        """How many times an ask a bid is at least where the pair may clear both fees; a bound.

        A book whose fee is not known is not traded, whatever it says.
        """
        fee = self.least_fee if self.least_fee < math.inf else 0.0
        return (1.0 + fee) / (1.0 - fee) * _SHADE

    def set_fee(self, venue: int, row: int, taker: float) -> None:
        """Learn the taker fee of a book, a fraction; until then the book is not traded.

        Raises:
            ValueError: No fraction that a fee or rebate could be.
        """
        if not -0.1 < taker < 0.1:
            raise ValueError(f"no taker fee: {taker!r}")
        self.grow(row + 1)
        i = row * self._n + venue
        self.fee[i] = taker
        self.least_fee = min(self.least_fee, taker)
        self.blocked[i] &= ~_NO_FEE
        self.dirty[row] = None
        self._tell(venue, row)

    def set_venue_verdict(
        self, venue: int, verdict: FeedState, rows: Collection[int] | None = None
    ) -> bool:
        """Let books of a venue be traded only while their feed's verdict is live.

        Args:
            venue: Number of the venue.
            verdict: What was found.
            rows: The rows of the connection that was judged; None where it carries all, those to
                come included.

        Returns:
            Whether that is news for any of them.
        """
        verdicts, blocked, n = self._book_verdicts, self.blocked, self._n
        told = False
        if rows is None:
            told = verdict is not self._verdicts[venue]
            self._verdicts[venue] = verdict
            changed = [r for r in range(self.rows) if verdicts[r * n + venue] is not verdict]
        else:
            self.grow(max(rows, default=-1) + 1)
            changed = [r for r in rows if verdicts[r * n + venue] is not verdict]
        for row in changed:
            i = row * n + venue
            verdicts[i] = verdict
            if verdict is FeedState.LIVE:
                blocked[i] &= ~_VENUE
            else:
                blocked[i] |= _VENUE
        self.dirty.update(dict.fromkeys(changed))
        if rows is not None and len(changed) <= _FEW_ROWS:
            for row in changed:
                self._tell(venue, row)
        elif told or changed:
            self._tell(venue, ALL_ROWS)
        return told or bool(changed)

    def set_closed(self, venue: int, row: int, closed: bool) -> None:
        """Note that a venue does not trade a symbol, or trades it again; `down` meanwhile."""
        self.grow(row + 1)
        i = row * self._n + venue
        before = self.blocked[i]
        self.blocked[i] = before | _CLOSED if closed else before & ~_CLOSED
        if self.blocked[i] != before:
            self.dirty[row] = None
            self._tell(venue, row)

    def is_closed(self, venue: int, row: int) -> bool:
        """Tell whether the venue does not trade the symbol."""
        i = row * self._n + venue
        return i < len(self.blocked) and bool(self.blocked[i] & _CLOSED)

    def set_book_state(self, venue: int, row: int, state: FeedState) -> None:
        """Mark one book: gapped or crossed depth, stale by age, or live again.

        `LIVE` ends what depth said. Staleness ends with the next good ticker, since only that
        proves the quote.

        Raises:
            ValueError: A state that is the venue's, not a book's.
        """
        self.grow(row + 1)
        i = row * self._n + venue
        bits = self.blocked[i]
        if state is FeedState.STALE:
            bits |= _STALE
        elif state is FeedState.GAPPED:
            bits = bits & ~_OF_DEPTH | _GAPPED
        elif state is FeedState.CROSSED:
            bits = bits & ~_OF_DEPTH | _DEPTH_CROSSED
        elif state is FeedState.LIVE:
            bits &= ~_OF_DEPTH
        else:
            raise ValueError(f"{state} is no state of a book")
        if bits != self.blocked[i]:
            self.blocked[i] = bits
            self.dirty[row] = None
            self._tell(venue, row)

    def clear_venue(self, venue: int, rows: Collection[int] | None = None) -> None:
        """Trust no quote of a venue until a fresh one comes; its connection was lost.

        Prices stay readable for the screen; what depth said ends with the subscription.

        Args:
            venue: Number of the venue.
            rows: The rows that the connection carried; None where it carried all.
        """
        cleared = range(self.rows) if rows is None else [r for r in rows if r < self.rows]
        for row in cleared:
            i = row * self._n + venue
            self.blocked[i] = self.blocked[i] & ~(_OF_DEPTH | _STALE) | _NO_QUOTE
        self.dirty.update(dict.fromkeys(cleared))
        self._tell(venue, ALL_ROWS)

    def is_tradeable(self, venue: int, row: int) -> bool:
        """Tell whether orders may be judged on this book now."""
        i = row * self._n + venue
        return i < len(self.blocked) and self.blocked[i] == 0

    def is_quoted(self, venue: int, row: int) -> bool:
        """Tell whether best bid and ask are good, whatever depth says of the book."""
        i = row * self._n + venue
        return i < len(self.blocked) and not self.blocked[i] & ~_OF_DEPTH

    def book_state(self, venue: int, row: int) -> FeedState:
        """Return the word for one book: its feed's where that is not live, else its own.

        A book without a usable quote is `connecting`, one that is not traded there `down`.
        """
        i = row * self._n + venue
        if i >= len(self.blocked):
            verdict, bits = self._verdicts[venue], _NO_QUOTE
        else:
            verdict, bits = self._book_verdicts[i], self.blocked[i]
        if bits & _CLOSED:
            return FeedState.DOWN
        if verdict is not FeedState.LIVE:
            return verdict
        for mask, word in _WORDS:
            if bits & mask:
                return word
        return FeedState.LIVE

    def quote_view(self, venue: int, row: int, verdict: FeedState | None = None) -> QuoteView:
        """Return the quote as it stands, for judging and for the record.

        Args:
            venue: Number of the venue.
            row: Row of the symbol.
            verdict: The venue's verdict where the caller knows a newer one than was set here.
        """
        i = row * self._n + venue
        quote = self.latest[row][venue]
        live = verdict is None or verdict is FeedState.LIVE
        return QuoteView(
            venue=self.venues[venue],
            bid=quote.bid,
            bid_size=quote.bid_size,
            ask=quote.ask,
            ask_size=quote.ask_size,
            recv_ns=self.recv_ns[i],
            tradeable=live and self.blocked[i] == 0,
            verdict=self.book_state(venue, row) if live or verdict is None else verdict,
            rtt_ns=self.rtt_ns[venue],
        )

    def take_dirty(self) -> set[int]:
        """Return the rows that changed since the last call, and forget them."""
        rows, self.dirty = self.dirty, {}
        return set(rows)


def _sides(ticker: Ticker) -> tuple[float, float, float, float]:
    return ticker.bid, ticker.bid_size, ticker.ask, ticker.ask_size


def _present(price: float, size: float) -> bool | None:
    """Tell whether a side of a quote is there; None where its numbers are impossible."""
    if price == 0.0 and size == 0.0:
        return False
    if _LOW < price < _HIGH and _LOW < size < _HIGH:
        return True
    return None
