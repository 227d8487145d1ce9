"""Detection: the one symbol that changed, both ways against every other venue.

Runs for every quote between decoding and signal, so its common end (nothing clears the fees)
compares floats and returns. Whatever looks tradeable is examined with care, and off that path
(`examiner`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.market.board import ALL_ROWS, MOVED, ODD, QuoteBoard
from arbot_tui.market.config import QuotesConfig
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.config import IdentityConfig
from arbot_tui.strategy.cross_quotes import CrossQuotes
from arbot_tui.strategy.examiner import DetectionSettings, PairExaminer
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.identity import IdentityGuard
from arbot_tui.strategy.lifecycle import OpportunityBook
from arbot_tui.strategy.offer import DepthSource
from arbot_tui.strategy.trading_strategy import TradingStrategy
from arbot_tui.strategy.verdict import Edge

__all__ = ["ArbitrageStrategy", "DetectionSettings"]


class ArbitrageStrategy:
    """Finds edges that clear both taker fees and hands them over as signals.

    An opportunity is one contiguous time in which a (symbol, buy, sell) clears the fees on two
    tradeable books. It is handed over at every tick of its two quotes on which it is worth the
    minimum profit, until it is traded.

    Attributes:
        identity: What tells whether two books are of one coin.
        ranking: The best pair of every row, as the books stand.
    """

    def __init__(
        self,
        board: QuoteBoard,
        universe: Universe,
        venues: Sequence[str],
        settings: DetectionSettings,
        funnel: RejectFunnel,
        lifecycle: OpportunityBook,
        depth: DepthSource | None = None,
        identity: IdentityGuard | None = None,
    ) -> None:
        """Connect the parts.

        Args:
            board: Quotes, updated before `on_ticker` is called.
            universe: Names of the rows.
            venues: Venue names, in the board's order.
            settings: Thresholds.
            funnel: Where candidates and their ends are counted.
            lifecycle: Where opportunities live.
            depth: Levels beyond the top of book, where they are known.
            identity: What tells whether two books are of one coin; by default with the default
                gate and empty lists.
        """
        self._board = board
        self._universe = universe
        self._funnel = funnel
        self._lifecycle = lifecycle
        self.identity = identity or IdentityGuard(board, universe, IdentityConfig())
        self._pairs = PairExaminer(
            board, universe, settings, funnel, lifecycle, depth, self.identity
        )
        self.ranking = self._pairs.ranking
        self._watching: tuple[Callable[[Ticker], None], ...] = ()
        self._cross: CrossQuotes | None = None
        self._count = len(venues)
        # The board never rebinds its lists, nor the life-cycle its rows, nor the funnel its counts,
        # nor the examiner its young.
        self._quotes = board.latest
        self._open_rows = lifecycle.rows
        self._below_fees = funnel.below_fees
        self._young = self._pairs.young
        # The latest tick or `advance`: what happens in between is as of then.
        self._now_ns = 0
        board.add_usability_callback(self._on_usability)

    def add_signal_callback(self, callback: Callable[[ArbitrageSignal], None]) -> None:
        """Have `callback`, a plain function, called with every signal before detection goes on."""
        self._pairs.callbacks.append(callback)

    @property
    def settings(self) -> DetectionSettings:
        """Thresholds; `apply` replaces them."""
        return self._pairs.settings

    @property
    def loop_lag_ns(self) -> int:
        """Lag of the event loop, set by the engine and stamped into signals."""
        return self._pairs.loop_lag_ns

    @loop_lag_ns.setter
    def loop_lag_ns(self, lag_ns: int) -> None:
        self._pairs.loop_lag_ns = lag_ns

    @property
    def filters(self) -> tuple[TradingStrategy, ...]:
        """What has to agree before a signal is handed over; may be replaced at any time."""
        return self._pairs.filters

    @filters.setter
    def filters(self, filters: Sequence[TradingStrategy]) -> None:
        self._pairs.filters = tuple(filters)
        self._watch()

    def _watch(self) -> None:
        """Choose who sees every quote: most filters look at signals only, and cost nothing."""
        watching = [
            each.on_ticker
            for each in self._pairs.filters
            if type(each).on_ticker is not TradingStrategy.on_ticker
        ]
        if self._cross is not None:
            watching.append(self._cross.on_ticker)
        self._watching = tuple(watching)

    def follow_quotes(self, rates: CrossRates, config: QuotesConfig) -> None:
        """Compare a coin's markets in different stablecoins as well, at the rates."""
        self._cross = CrossQuotes(
            self._board,
            self._universe,
            rates,
            config,
            self._funnel,
            self._lifecycle,
            self.identity,
        )
        self._watch()

    def apply_quotes(self, config: QuotesConfig) -> None:
        """Go by `config` across stablecoins from now on, where they are followed at all."""
        if self._cross is not None:
            self._cross.apply(config, self._now_ns)

    def apply(self, settings: DetectionSettings) -> None:
        """Go by `settings` from the next quote on; opportunities that are open stay open."""
        self._pairs.settings = settings

    def apply_identity(self, config: IdentityConfig) -> None:
        """Judge every book by `config` from now on, those of open opportunities at once."""
        self.identity.apply(config)
        for venue in range(self._count):
            self._on_usability(venue, ALL_ROWS)

    def on_ticker(self, ticker: Ticker, change: int = ODD) -> None:
        """Check the symbol of a ticker that changed the board, as `QuoteBoard.update` told."""
        row = ticker.row
        venue = ticker.exchange
        self._now_ns = ticker.recv_ns
        if self._watching:
            for watch in self._watching:
                watch(ticker)
        if self._open_rows:
            if self._young:
                self._pairs.release_young(row, venue, ticker.recv_ns)
            if row in self._open_rows:
                self._pairs.examine_book(row, venue, ticker.recv_ns)
                return
        if change != MOVED:
            # No size makes an edge where the same prices were none.
            if change == ODD:
                self._pairs.examine_book(row, venue, ticker.recv_ns)
            return
        bid = ticker.bid
        ask = ticker.ask
        watch_ratio = self._pairs.watch_ratio
        close = False
        # Nearly every overlap ends below the fees, and is counted so before anybody looks closer.
        # The quote itself is among them, which costs less than leaving it out.
        try:
            for quote in self._quotes[row]:
                if quote.bid > ask:
                    self._below_fees[venue][quote.exchange][row] += 1
                    if quote.bid > ask * watch_ratio:
                        close = True
                if bid > quote.ask:
                    self._below_fees[quote.exchange][venue][row] += 1
                    if bid > quote.ask * watch_ratio:
                        close = True
        except IndexError:
            self._funnel.room(row)
            self._pairs.examine_book(row, venue, ticker.recv_ns)
            return
        if close:
            self._pairs.look_closer(row, venue, ticker.recv_ns)

    def advance(self, now_ns: int) -> None:
        """Let time pass without a tick; what happens from here on is not dated before it."""
        self._now_ns = max(self._now_ns, now_ns)
        self._lifecycle.elapse(now_ns)
        if self._cross is not None:
            self._cross.review(self._now_ns)

    def check_identity(self, now_ns: int) -> list[tuple[int, int]]:
        """Look at every coin's identity; return (venue, row) of the books newly in doubt."""
        found = self.identity.look(now_ns)
        for venue, row in found:
            self._pairs.recheck_book(venue, row, self._now_ns)
        return found

    def _on_usability(self, venue: int, row: int) -> None:
        """Look at books that became gapped, stale, usable or dearer without a ticker."""
        self._pairs.set_watch_ratio()
        if self._cross is not None:
            self._cross.review(self._now_ns)
        if row != ALL_ROWS:
            self._pairs.recheck_book(venue, row, self._now_ns)
            return
        board, ratio = self._board, self._board.least_ratio
        for each in range(min(board.rows, len(self._universe))):
            # Most rows have nothing to open or to end; this tells without looking at pairs.
            if board.widest_ratio(each) > ratio or each in self._lifecycle.rows:
                self._pairs.recheck_book(venue, each, self._now_ns)

    @property
    def nearest(self) -> Edge | None:
        """The pair that in this run came nearest to clearing its fees, as it stood then.

        None where no two books overlapped; of no interest once an opportunity was opened.
        """
        return self._pairs.best
