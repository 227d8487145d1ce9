"""Detection: the one symbol that changed, both ways against every other venue.

Runs for every quote between decoding and signal, so its common end (nothing clears the fees)
compares floats and returns. Whatever looks tradeable is examined with care, and off that path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from arbot_tui.domain.edge import limit_prices, net_edge_pct
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.market.board import ALL_ROWS, MOVED, RESIZED, QuoteBoard
from arbot_tui.market.config import QuotesConfig
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.blocked import why_blocked
from arbot_tui.strategy.config import IdentityConfig
from arbot_tui.strategy.cross_quotes import CrossQuotes
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.identity import IdentityGuard
from arbot_tui.strategy.lifecycle import OpportunityBook, OpportunityKey
from arbot_tui.strategy.offer import DepthSource, make_signal
from arbot_tui.strategy.ranking import Ranking
from arbot_tui.strategy.trading_strategy import TradingStrategy
from arbot_tui.strategy.verdict import Edge

__all__ = ["ArbitrageStrategy", "DetectionSettings"]


class DetectionSettings(msgspec.Struct, frozen=True):
    """What decides whether an opportunity is worth a signal; percent of the money spent.

    Attributes:
        min_profit_pct: Least net edge after fees and slippage.
        slippage_pct: What both legs together may lose against their quotes, half of it each.
        min_life_ns: An edge is handed over once it has lasted so long, nanoseconds.
    """

    min_profit_pct: float
    slippage_pct: float
    min_life_ns: int = 0


class ArbitrageStrategy:
    """Finds edges that clear both taker fees and hands them over as signals.

    An opportunity is one contiguous time in which a (symbol, buy, sell) clears the fees on two
    tradeable books. It is handed over at every tick of its two quotes on which it is worth the
    minimum profit, until it is traded.

    Attributes:
        settings: Thresholds; `apply` replaces them.
        loop_lag_ns: Lag of the event loop, set by the engine and stamped into signals.
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
        self.settings = settings
        self.loop_lag_ns = 0
        self._board = board
        self._universe = universe
        self._venues = tuple(venues)
        self._funnel = funnel
        self._lifecycle = lifecycle
        self._depth = depth
        self.identity = identity or IdentityGuard(board, universe, IdentityConfig())
        self.ranking = Ranking(board, universe, self.identity)
        self._callbacks: list[Callable[[ArbitrageSignal], None]] = []
        self._filters: tuple[TradingStrategy, ...] = ()
        self._watching: tuple[Callable[[Ticker], None], ...] = ()
        self._cross: CrossQuotes | None = None
        count = len(self._venues)
        self._count = count
        self._others = [tuple(v for v in range(count) if v != venue) for venue in range(count)]
        # The highest bid for an ask in this run, and where; fees do not change which it is.
        self._best_ratio = 1.0
        self._best: Edge | None = None
        # Below it a bid for an ask neither clears any fees nor is the highest of this run.
        self._watch_ratio = 1.0
        # The board never rebinds its lists, nor the life-cycle its rows, nor the funnel its counts.
        self._quotes = board.latest
        self._open_rows = lifecycle.rows
        self._below_fees = funnel.below_fees
        # Pairs whose edge has to last until then before it is handed over.
        self._young: dict[OpportunityKey, int] = {}
        # The latest tick or `advance`: what happens in between is as of then.
        self._now_ns = 0
        board.add_usability_callback(self._on_usability)

    def add_signal_callback(self, callback: Callable[[ArbitrageSignal], None]) -> None:
        """Have `callback`, a plain function, called with every signal before detection goes on."""
        self._callbacks.append(callback)

    @property
    def filters(self) -> tuple[TradingStrategy, ...]:
        """What has to agree before a signal is handed over; may be replaced at any time."""
        return self._filters

    @filters.setter
    def filters(self, filters: Sequence[TradingStrategy]) -> None:
        self._filters = tuple(filters)
        self._watch()

    def _watch(self) -> None:
        """Choose who sees every quote: most filters look at signals only, and cost nothing."""
        watching = [
            each.on_ticker
            for each in self._filters
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
        self.settings = settings

    def apply_identity(self, config: IdentityConfig) -> None:
        """Judge every book by `config` from now on, those of open opportunities at once."""
        self.identity.apply(config)
        for venue in range(self._count):
            self._on_usability(venue, ALL_ROWS)

    def on_ticker(self, ticker: Ticker, change: int = MOVED) -> None:
        """Check the symbol of a ticker that changed the board, as `QuoteBoard.update` told."""
        row = ticker.row
        venue = ticker.exchange
        self._now_ns = ticker.recv_ns
        if self._watching:
            for watch in self._watching:
                watch(ticker)
        if self._open_rows:
            if self._young:
                self._release_young(row, venue, ticker.recv_ns)
            if row in self._open_rows:
                self._examine_book(row, venue, ticker.recv_ns)
                return
        if change == RESIZED:
            # No size makes an edge where the same prices were none.
            return
        quotes = self._quotes[row]
        own = quotes[venue]
        bid = own.bid
        ask = own.ask
        if bid > ask:
            self._examine_book(row, venue, ticker.recv_ns)
            return
        watch_ratio = self._watch_ratio
        close = False
        # Nearly every overlap ends below the fees, and is counted so before anybody looks closer.
        # The quote itself is among them, which costs less than leaving it out.
        try:
            for quote in quotes:
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
            self._examine_book(row, venue, ticker.recv_ns)
            return
        if close:
            self._look_closer(row, venue, ticker.recv_ns)

    def _examine_book(self, row: int, venue: int, now_ns: int) -> None:
        """Examine a book's pairs, both ways with every other venue's."""
        for other in self._others[venue]:
            self._examine(row, venue, other, now_ns)
            self._examine(row, other, venue, now_ns)

    def _look_closer(self, row: int, venue: int, now_ns: int) -> None:
        """Examine the pairs of a book that clear the fees after all; note those that nearly do."""
        board, quotes = self._board, self._quotes[row]
        clearing = []
        for other in self._others[venue]:
            for buy, sell in ((venue, other), (other, venue)):
                ask, bid = quotes[buy].ask, quotes[sell].bid
                if not bid > ask:
                    continue
                if board.sell_net(sell, row) > board.buy_cost(buy, row):
                    clearing.append((buy, sell))
                elif bid > ask * self._best_ratio:
                    self._note_best(row, buy, sell)
        for buy, sell in clearing:
            self._below_fees[buy][sell][row] -= 1
        for buy, sell in clearing:
            self._examine(row, buy, sell, now_ns)

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
            self._recheck_book(venue, row)
        return found

    def _is_doubted(self, row: int, buy: int, sell: int) -> bool:
        why = self.identity.why
        return bool(why(buy, row) or why(sell, row))

    def _on_usability(self, venue: int, row: int) -> None:
        """Look at books that became gapped, stale, usable or dearer without a ticker."""
        self._set_watch_ratio()
        if self._cross is not None:
            self._cross.review(self._now_ns)
        if row != ALL_ROWS:
            self._recheck_book(venue, row)
            return
        board, ratio = self._board, self._board.least_ratio
        for each in range(min(board.rows, len(self._universe))):
            # Most rows have nothing to open or to end; this tells without looking at pairs.
            if board.widest_ratio(each) > ratio or each in self._lifecycle.rows:
                self._recheck_book(venue, each)

    def _recheck_book(self, venue: int, row: int) -> None:
        for other in self._others[venue]:
            self._recheck(row, venue, other)
            self._recheck(row, other, venue)

    def _recheck(self, row: int, buy: int, sell: int) -> None:
        """Examine a pair where that opens or ends an opportunity; else only bring it up to date."""
        board = self._board
        b, s = row * self._count + buy, row * self._count + sell
        stands = (
            board.latest[row][sell].bid > board.latest[row][buy].ask
            and board.sell_net(sell, row) > board.buy_cost(buy, row)
            and not board.blocked[b] | board.blocked[s]
            and not self._is_doubted(row, buy, sell)
        )
        if stands != (self._lifecycle.find((row, buy, sell)) is not None):
            self._examine(row, buy, sell, self._now_ns)
        elif stands:
            self._follow(row, buy, sell, self._now_ns)

    def _examine(self, row: int, buy: int, sell: int, now_ns: int) -> None:
        """Evaluate one pair: open, update or close its opportunity, and count the candidate."""
        board = self._board
        b, s = row * self._count + buy, row * self._count + sell
        ask, bid = board.latest[row][buy].ask, board.latest[row][sell].bid
        if not bid > ask:
            self._end(row, buy, sell, now_ns, Reason.VANISHED)
            return
        if not board.sell_net(sell, row) > board.buy_cost(buy, row):
            if bid > ask * self._best_ratio:
                self._note_best(row, buy, sell)
            self._funnel.reject((row, buy, sell), Reason.FEE)
            self._end(row, buy, sell, now_ns, Reason.FEE)
            return
        if board.blocked[b] or board.blocked[s]:
            reason, failed = why_blocked(board, (row, buy), (row, sell))
            self._funnel.reject((row, buy, sell), reason)
            self._end(row, buy, sell, now_ns, failed)
            return
        if self._is_doubted(row, buy, sell):
            self._funnel.reject((row, buy, sell), Reason.IDENTITY_OK)
            self._end(row, buy, sell, now_ns, Reason.IDENTITY_OK)
            return
        opportunity = self._follow(row, buy, sell, now_ns)
        if opportunity.pair_id:
            # One pair per opportunity, however long it lasts.
            self._funnel.reject((row, buy, sell), Reason.DUPLICATE_INTENT)
        elif not self._is_worth_it(row, buy, sell):
            self._funnel.reject((row, buy, sell), Reason.FEE)
            self._lifecycle.mark_denied(opportunity.id, Reason.FEE)
        elif now_ns - opportunity.opened_ns < self.settings.min_life_ns:
            # Perhaps a flash: a level that is corrected before anybody could have had it.
            self._young[row, buy, sell] = opportunity.opened_ns + self.settings.min_life_ns
            self._funnel.reject((row, buy, sell), Reason.FILTER)
            self._lifecycle.mark_denied(opportunity.id, Reason.FILTER)
        else:
            self._hand_over(opportunity, row, buy, sell, now_ns)

    def _release_young(self, row: int, venue: int, now_ns: int) -> None:
        """Examine those once more that have lasted long enough when a book is quoted.

        Quotes of any symbol bring that about, not a timer: a replay decides the same. The book's
        own pairs are examined anyway.
        """
        for key in [key for key, due_ns in self._young.items() if due_ns <= now_ns]:
            del self._young[key]
            own = key[0] == row and venue in key[1:]
            if not own and self._lifecycle.find(key) is not None:
                self._examine(*key, now_ns)

    def _is_worth_it(self, row: int, buy: int, sell: int) -> bool:
        """Tell whether the edge at both limit prices is worth the minimum profit."""
        board, settings = self._board, self.settings
        b, s = row * self._count + buy, row * self._count + sell
        cap, floor = limit_prices(
            board.latest[row][buy].ask, board.latest[row][sell].bid, settings.slippage_pct
        )
        left_pct = net_edge_pct(cap, floor, board.fee[b], board.fee[s])
        return left_pct > 0.0 and left_pct >= settings.min_profit_pct

    def _follow(self, row: int, buy: int, sell: int, now_ns: int) -> Opportunity:
        """Return the pair's opportunity as it stands now, opened where there was none."""
        board = self._board
        b, s = row * self._count + buy, row * self._count + sell
        bought, sold = board.latest[row][buy], board.latest[row][sell]
        ask, bid = bought.ask, sold.bid
        edge_pct = net_edge_pct(ask, bid, board.fee[b], board.fee[s])
        qty = min(bought.ask_size, sold.bid_size)
        profit = qty * (board.sell_net(sell, row) - board.buy_cost(buy, row))
        key = (row, buy, sell)
        opportunity = self._lifecycle.find(key)
        if opportunity is not None:
            self._lifecycle.update(opportunity, now_ns, edge_pct, ask, bid, qty, profit)
            return opportunity
        opportunity = Opportunity(
            id=0,
            symbol=self._universe.symbol(row),
            buy=self._venues[buy],
            sell=self._venues[sell],
            opened_ns=now_ns,
            last_ns=now_ns,
            edge_pct=edge_pct,
            peak_pct=edge_pct,
            buy_price=ask,
            sell_price=bid,
            qty=qty,
            profit_quote=profit,
            peak_profit_quote=profit,
        )
        self._lifecycle.open(key, opportunity)
        return opportunity

    def _end(self, row: int, buy: int, sell: int, now_ns: int, reason: str) -> None:
        key = (row, buy, sell)
        if self._lifecycle.find(key) is not None:
            # Another one of the pair has to last by itself.
            self._young.pop(key, None)
            self._lifecycle.close(key, now_ns, reason)

    def _hand_over(
        self, opportunity: Opportunity, row: int, buy: int, sell: int, now_ns: int
    ) -> None:
        pair = (row, buy, sell)
        signal = make_signal(
            self._board,
            self._depth,
            self.settings.slippage_pct,
            opportunity,
            pair,
            now_ns,
            self.loop_lag_ns,
        )
        if isinstance(signal, Reason):
            self._funnel.reject(pair, signal)
            self._lifecycle.mark_denied(opportunity.id, signal)
            return
        for each in self._filters:
            if not each.should_execute_trade(signal):
                self._funnel.reject((row, buy, sell), each.reason)
                self._lifecycle.mark_denied(opportunity.id, each.reason)
                return
        self._funnel.hand((row, buy, sell), opportunity.id)
        self._lifecycle.mark_signalled(opportunity.id)
        for callback in self._callbacks:
            callback(signal)

    def _note_best(self, row: int, buy: int, sell: int) -> None:
        """Keep the pair that came nearest to clearing; books that are not traded do not count."""
        board = self._board
        b, s = row * self._count + buy, row * self._count + sell
        if not board.blocked[b] | board.blocked[s] and not self._is_doubted(row, buy, sell):
            self._best_ratio = board.latest[row][sell].bid / board.latest[row][buy].ask
            self._set_watch_ratio()
            self._best = self.ranking.edge(row, buy, sell)

    def _set_watch_ratio(self) -> None:
        self._watch_ratio = min(self._best_ratio, self._board.least_ratio)

    @property
    def nearest(self) -> Edge | None:
        """The pair that in this run came nearest to clearing its fees, as it stood then.

        None where no two books overlapped; of no interest once an opportunity was opened.
        """
        return self._best
