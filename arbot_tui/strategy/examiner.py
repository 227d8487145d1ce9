"""One pair of books, examined with care: its opportunity, its signal, and why there is none."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from arbot_tui.domain.edge import limit_prices, net_edge_pct
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.blocked import why_blocked
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.identity import IdentityGuard
from arbot_tui.strategy.lifecycle import OpportunityBook, OpportunityKey
from arbot_tui.strategy.offer import DepthSource, make_signal
from arbot_tui.strategy.ranking import Ranking
from arbot_tui.strategy.trading_strategy import TradingStrategy
from arbot_tui.strategy.verdict import Edge

__all__ = ["DetectionSettings", "PairExaminer"]


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


class PairExaminer:
    """What happens to a pair once its books overlap by more than nearly all do.

    Attributes:
        settings: Thresholds; may be replaced.
        loop_lag_ns: Lag of the event loop, stamped into signals.
        filters: What has to agree before a signal is handed over; may be replaced.
        callbacks: Called with every signal.
        ranking: The best pair of every row, as the books stand.
        young: Pairs whose edge has to last until then before it is handed over.
        best: The pair that came nearest to clearing its fees in this run; None where none
            overlapped.
        watch_ratio: Below it a bid for an ask neither clears any fees nor is the highest of this
            run.
    """

    def __init__(
        self,
        board: QuoteBoard,
        universe: Universe,
        settings: DetectionSettings,
        funnel: RejectFunnel,
        lifecycle: OpportunityBook,
        depth: DepthSource | None,
        identity: IdentityGuard,
    ) -> None:
        """Connect the parts; see `ArbitrageStrategy`."""
        self.settings = settings
        self.loop_lag_ns = 0
        self.filters: tuple[TradingStrategy, ...] = ()
        self.callbacks: list[Callable[[ArbitrageSignal], None]] = []
        self.ranking = Ranking(board, universe, identity)
        self.young: dict[OpportunityKey, int] = {}
        self._board = board
        self._universe = universe
        self._funnel = funnel
        self._lifecycle = lifecycle
        self._depth = depth
        self._identity = identity
        self._venues = board.venues
        count = len(self._venues)
        self._count = count
        self._others = [tuple(v for v in range(count) if v != venue) for venue in range(count)]
        # The highest bid for an ask in this run, and where; fees do not change which it is.
        self._best_ratio = 1.0
        self.best: Edge | None = None
        self.watch_ratio = 1.0

    def examine_book(self, row: int, venue: int, now_ns: int) -> None:
        """Examine a book's pairs, both ways with every other venue's."""
        for other in self._others[venue]:
            self._examine(row, venue, other, now_ns)
            self._examine(row, other, venue, now_ns)

    def look_closer(self, row: int, venue: int, now_ns: int) -> None:
        """Examine the pairs of a book that clear the fees after all; note those that nearly do."""
        board, quotes = self._board, self._board.latest[row]
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
            self._funnel.below_fees[buy][sell][row] -= 1
        for buy, sell in clearing:
            self._examine(row, buy, sell, now_ns)

    def recheck_book(self, venue: int, row: int, now_ns: int) -> None:
        """Look at a book's pairs after something else than a quote changed it."""
        for other in self._others[venue]:
            self._recheck(row, venue, other, now_ns)
            self._recheck(row, other, venue, now_ns)

    def _recheck(self, row: int, buy: int, sell: int, now_ns: int) -> None:
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
            self._examine(row, buy, sell, now_ns)
        elif stands:
            self._follow(row, buy, sell, now_ns)

    def _is_doubted(self, row: int, buy: int, sell: int) -> bool:
        why = self._identity.why
        return bool(why(buy, row) or why(sell, row))

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
            self.young[row, buy, sell] = opportunity.opened_ns + self.settings.min_life_ns
            self._funnel.reject((row, buy, sell), Reason.FILTER)
            self._lifecycle.mark_denied(opportunity.id, Reason.FILTER)
        else:
            self._hand_over(opportunity, row, buy, sell, now_ns)

    def release_young(self, row: int, venue: int, now_ns: int) -> None:
        """Examine those once more that have lasted long enough when a book is quoted.

        Quotes of any symbol bring that about, not a timer: a replay decides the same. The book's
        own pairs are examined anyway.
        """
        for key in [key for key, due_ns in self.young.items() if due_ns <= now_ns]:
            del self.young[key]
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
        names = self._universe.symbol(row), self._venues[buy], self._venues[sell]
        return self._lifecycle.open(key, names, now_ns, edge_pct, ask, bid, qty, profit)

    def _end(self, row: int, buy: int, sell: int, now_ns: int, reason: str) -> None:
        key = (row, buy, sell)
        if self._lifecycle.find(key) is not None:
            # Another one of the pair has to last by itself.
            self.young.pop(key, None)
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
        for each in self.filters:
            if not each.should_execute_trade(signal):
                self._funnel.reject((row, buy, sell), each.reason)
                self._lifecycle.mark_denied(opportunity.id, each.reason)
                return
        self._funnel.hand((row, buy, sell), opportunity.id)
        self._lifecycle.mark_signalled(opportunity.id)
        for callback in self.callbacks:
            callback(signal)

    def _note_best(self, row: int, buy: int, sell: int) -> None:
        """Keep the pair that came nearest to clearing; books that are not traded do not count."""
        board = self._board
        b, s = row * self._count + buy, row * self._count + sell
        if not board.blocked[b] | board.blocked[s] and not self._is_doubted(row, buy, sell):
            self._best_ratio = board.latest[row][sell].bid / board.latest[row][buy].ask
            self.set_watch_ratio()
            self.best = self.ranking.edge(row, buy, sell)

    def set_watch_ratio(self) -> None:
        """Bring `watch_ratio` up to date with the fees and with what came nearest."""
        self.watch_ratio = min(self._best_ratio, self._board.least_ratio)
