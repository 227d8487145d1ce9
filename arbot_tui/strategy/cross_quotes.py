"""Edges between markets of one coin in different stablecoins, through the live cross rate.

Buying BTC for USDC on one venue and selling it for USDT on another compares two currencies, and
they are equal only at a rate: USDC costs its ask, and brings its bid. Without a live rate, or while
one of the two is off its peg, there is no edge, only a candidate refused as ``quote_peg``.

What remains is shown as an opportunity like any other and not handed over: a pair of the money
core has one symbol on both venues. It is refused as ``quote_peg`` too.
"""

from __future__ import annotations

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.edge import net_edge_pct
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.config import QuotesConfig
from arbot_tui.market.rates import CrossRates, Rate
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.blocked import why_blocked
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.identity import IdentityGuard
from arbot_tui.strategy.lifecycle import OpportunityBook

__all__ = ["CrossQuotes"]


Book = tuple[int, int]
"""(row, venue)."""


class _Side(msgspec.Struct, frozen=True):
    """One book of a candidate, its price in the account currency, and whether that can be."""

    row: int
    venue: int
    price: float
    pegged: bool


class CrossQuotes:
    """Follows every coin that has markets in several stablecoins."""

    def __init__(
        self,
        board: QuoteBoard,
        universe: Universe,
        rates: CrossRates,
        config: QuotesConfig,
        funnel: RejectFunnel,
        lifecycle: OpportunityBook,
        identity: IdentityGuard,
    ) -> None:
        """Connect the parts; nothing is linked before the first quote."""
        self._board = board
        self._universe = universe
        self._rates = rates
        self._config = config
        self._funnel = funnel
        self._lifecycle = lifecycle
        self._identity = identity
        self._partners: dict[int, tuple[int, ...]] = {}
        self._linked = 0
        self._open: dict[tuple[int, int, int], tuple[Book, Book]] = {}

    def apply(self, config: QuotesConfig, now_ns: int) -> None:
        """Go by `config` from now on."""
        self._config = config
        if config.cross_quote:
            self.review(now_ns)
            return
        for key in list(self._open):
            self._end(key, now_ns, Reason.VANISHED)

    def on_ticker(self, ticker: Ticker) -> None:
        """Check a book that changed against the coin's markets in other stablecoins."""
        rows = min(len(self._universe), self._board.rows)
        if rows != self._linked:
            self._link(rows)
        if not self._config.cross_quote:
            return
        row, venue, now_ns = ticker.row, ticker.exchange, ticker.recv_ns
        for partner in self._partners.get(row, ()):
            own, other = self._rate(row, now_ns), self._rate(partner, now_ns)
            for number in range(len(self._board.venues)):
                if number != venue:
                    one, two = (row, venue), (partner, number)
                    self._examine(one, two, (own, other), now_ns)
                    self._examine(two, one, (other, own), now_ns)

    def _link(self, rows: int) -> None:
        """Find the rows of one coin in several quotes."""
        universe = self._universe
        self._linked = rows
        by_base: dict[str, list[int]] = {}
        for row in range(rows):
            if universe.quote(row) in self._config.enabled_quote_currencies:
                by_base.setdefault(universe.base(row), []).append(row)
        for linked in by_base.values():
            for row in linked:
                self._partners[row] = tuple(other for other in linked if other != row)

    def _rate(self, row: int, now_ns: int) -> Rate | None:
        max_age_ns = round(self._config.max_rate_age_s * SECOND)
        return self._rates.live(self._universe.quote(row), now_ns, max_age_ns)

    def review(self, now_ns: int) -> None:
        """Look again at what is open: rates and verdicts change without a quote of its books."""
        for key, (buy, sell) in list(self._open.items()):
            rates = self._rate(buy[0], now_ns), self._rate(sell[0], now_ns)
            paid, got = self._sides(buy, sell, rates)
            if got.price > paid.price and self._refusal(paid, got) is None:
                self._follow(key, paid, got, now_ns)
            else:
                self._examine(buy, sell, rates, now_ns)

    def _examine(
        self, buy: Book, sell: Book, rates: tuple[Rate | None, Rate | None], now_ns: int
    ) -> None:
        """Evaluate one pair of books, as detection does those of one symbol."""
        paid, got = self._sides(buy, sell, rates)
        key = (self._universe.link(buy[0], sell[0]), buy[1], sell[1])
        if not got.price > paid.price:
            self._end(key, now_ns, Reason.VANISHED)
            return
        refusal = self._refusal(paid, got)
        if refusal is not None:
            reason, ended = refusal
            self._funnel.reject(key, reason)
            self._end(key, now_ns, ended)
            return
        opportunity = self._follow(key, paid, got, now_ns)
        self._funnel.reject(key, Reason.QUOTE_PEG)
        self._lifecycle.mark_denied(opportunity.id, Reason.QUOTE_PEG)

    def _sides(
        self, buy: Book, sell: Book, rates: tuple[Rate | None, Rate | None]
    ) -> tuple[_Side, _Side]:
        """Return both books' prices: what is paid converts at the ask, what is got at the bid."""
        latest = self._board.latest
        ask = latest[buy[0]][buy[1]].ask
        bid = latest[sell[0]][sell[1]].bid
        paying, getting = rates
        # Without a rate a candidate is looked at at par, so that its refusal is counted.
        return (
            _Side(*buy, ask * (paying.ask if paying else 1.0), self._is_pegged(paying)),
            _Side(*sell, bid * (getting.bid if getting else 1.0), self._is_pegged(getting)),
        )

    def _is_pegged(self, rate: Rate | None) -> bool:
        return rate is not None and rate.off_par_pct <= self._config.max_depeg_pct

    def _fee(self, side: _Side) -> float:
        return self._board.fee[side.row * len(self._board.venues) + side.venue]

    def _net_pct(self, paid: _Side, got: _Side) -> float:
        return net_edge_pct(paid.price, got.price, self._fee(paid), self._fee(got))

    def _refusal(self, paid: _Side, got: _Side) -> tuple[Reason, str] | None:
        """Return why an overlap is no opportunity, and the word that ends one; else None."""
        board, why = self._board, self._identity.why
        if not self._net_pct(paid, got) > 0.0:
            return Reason.FEE, Reason.FEE.value
        books = ((paid.row, paid.venue), (got.row, got.venue))
        if not all(board.is_tradeable(venue, row) for row, venue in books):
            return why_blocked(board, *books)
        if not (paid.pegged and got.pegged):
            return Reason.QUOTE_PEG, Reason.QUOTE_PEG.value
        if any(why(venue, row) for row, venue in books):
            return Reason.IDENTITY_OK, Reason.IDENTITY_OK.value
        return None

    def _follow(
        self, key: tuple[int, int, int], paid: _Side, got: _Side, now_ns: int
    ) -> Opportunity:
        """Return the pair's opportunity as it stands now; its profit is in account currency."""
        board = self._board
        bought = board.latest[paid.row][paid.venue]
        sold = board.latest[got.row][got.venue]
        ask, bid = bought.ask, sold.bid
        edge_pct = self._net_pct(paid, got)
        qty = min(bought.ask_size, sold.bid_size)
        profit = qty * paid.price * edge_pct / 100.0
        known = self._lifecycle.find(key)
        if known is not None:
            self._lifecycle.update(known, now_ns, edge_pct, ask, bid, qty, profit)
            return known
        names = self._universe.symbol(key[0]), board.venues[paid.venue], board.venues[got.venue]
        opportunity = self._lifecycle.open(key, names, now_ns, edge_pct, ask, bid, qty, profit)
        self._open[key] = ((paid.row, paid.venue), (got.row, got.venue))
        return opportunity

    def _end(self, key: tuple[int, int, int], now_ns: int, reason: str) -> None:
        if self._open.pop(key, None) is not None:
            self._lifecycle.close(key, now_ns, reason)
