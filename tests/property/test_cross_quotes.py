"""Across stablecoins: an edge only at a live rate of coins that hold their peg (F25).

After every step beside `naive_cross_quotes`: what is open, its edge, size and profit, what ended
and why, and the funnel of every pair, reason by reason. Rates end in digits that no price ends in,
so that no candidate lies on a bound.
"""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.config import QuotesConfig
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import LINKS, Universe
from arbot_tui.strategy.config import IdentityConfig
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from tests.property.naive_cross_quotes import ACCOUNT, Across, NaiveCross
from tests.property.naive_detection import Book, Naive

_VENUES = ("ant", "bee", "cow")
_COINS = (ACCOUNT, "USDC", "DAI")
_MARKETS = tuple(f"BTC/{coin}" for coin in _COINS)
# One coin is priced in account currency, the account currency in the other.
_RATES = ("USDC/USDT", "USDT/DAI")
_SYMBOLS = (*_MARKETS, *_RATES)
_FEES = {"ant": Decimal("0.00093"), "bee": Decimal("0.00071"), "cow": Decimal("0.00083")}
_WORTH = [*["1"] * 4, "0.9985", "0.99", "1.004"]
_ODD_DIGITS = Decimal("0.0000137")
_BLOCKED = {"crossed", "data_fresh"}


class _World:
    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.universe, self.board = Universe(), QuoteBoard(_VENUES)
        for symbol in _SYMBOLS:
            self.universe.add(*symbol.split("/"))
        self.funnel, self.lives = RejectFunnel(len(_VENUES)), OpportunityBook()
        settings = DetectionSettings(0.05, 0.02)
        self.strategy = ArbitrageStrategy(
            self.board, self.universe, _VENUES, settings, self.funnel, self.lives
        )
        self.strategy.apply_identity(IdentityConfig(identity_ratio_pct=50.0))
        self.strategy.follow_quotes(
            CrossRates(self.board, self.universe, ACCOUNT), self._config("0.3", wanted=True)
        )
        self.signals: list[str] = []
        self.strategy.add_signal_callback(lambda signal: self.signals.append(signal.symbol))
        self.ended: list[tuple[Across, str]] = []
        self.lives.add_closed_callback(self._on_closed)
        for venue, fee in enumerate(_FEES.values()):
            for row in range(len(_SYMBOLS)):
                self.board.set_fee(venue, row, float(fee))
            self.board.set_venue_verdict(venue, FeedState.LIVE)
        books = {(v, s): Book(fee) for v, fee in _FEES.items() for s in _SYMBOLS}
        market = Naive(books, _VENUES, _SYMBOLS, feeds=dict.fromkeys(_VENUES, "live"))
        self.naive = NaiveCross(market, "BTC", _COINS, Decimal("0.3"))
        self.worth = dict.fromkeys(_COINS, Decimal(1))
        self.now_ns = 10**18

    def _config(self, off_par_pct: str, *, wanted: bool) -> QuotesConfig:
        return QuotesConfig(
            enabled_quote_currencies=_COINS, cross_quote=wanted, max_depeg_pct=float(off_par_pct)
        )

    def _on_closed(self, opportunity: Opportunity) -> None:
        if ">" in opportunity.symbol:
            pair = (opportunity.symbol, opportunity.buy, opportunity.sell)
            self.ended.append((pair, opportunity.closed_reason))

    def step(self) -> None:
        """Let some time pass and one thing happen."""
        draw, naive = self.draw, self.naive
        self.now_ns += draw.randrange(1, draw.choice([200, 200, 200, 200, 8000]) * MS)
        self.strategy.advance(self.now_ns)
        naive.passed(self.now_ns)
        venue, symbol = draw.choice(_VENUES), draw.choice(_SYMBOLS)
        match draw.randrange(40):
            case 0:
                self.worth[draw.choice(_COINS[1:])] = Decimal(draw.choice(_WORTH))
            case 1:
                feed = draw.choice([*[FeedState.LIVE] * 5, FeedState.STALE])
                naive.market.feeds[venue] = feed.value
                self.board.set_venue_verdict(_VENUES.index(venue), feed)
            case 2:
                halted = draw.random() < 0.15
                naive.market.books[venue, symbol].halted = halted
                self.board.set_closed(_VENUES.index(venue), self.universe.row(symbol), halted)
            case 3:
                denied = draw.choice([(), (), ("BTC@COW",), ("BTC",)])
                naive.market.denied = denied
                config = IdentityConfig(identity_ratio_pct=50.0, identity_deny=denied)
                self.strategy.apply_identity(config)
            case 4:
                off_par_pct, wanted = draw.choice(["0.3", "1.1"]), draw.random() < 0.8
                naive.most_off_par_pct = Decimal(off_par_pct)
                naive.want(wanted=wanted)
                self.strategy.apply_quotes(self._config(off_par_pct, wanted=wanted))
            case 5:
                self._quote(venue, symbol, Decimal("99.9"), Decimal("99.2"))
            case _:
                self._quote(venue, symbol, *self._market(symbol))
        self.strategy.advance(self.now_ns)
        naive.passed(self.now_ns)

    def _market(self, symbol: str) -> tuple[Decimal, Decimal]:
        """Return a bid and an ask around what the symbol is worth."""
        base, quote = symbol.split("/")
        if base == "BTC":
            middle = round(100 / self.worth[quote] + Decimal(self.draw.randint(-40, 40)) / 100, 2)
            return middle - Decimal("0.01"), middle + Decimal("0.01")
        middle = round(self.worth[base] / self.worth[quote], 4) + _ODD_DIGITS
        half = Decimal(self.draw.choice(["0.0001", "0.0002"]))
        return middle - half, middle + half

    def _quote(self, venue: str, symbol: str, bid: Decimal, ask: Decimal) -> None:
        """Hand a quote on as the engine does, crossed ones as well."""
        sizes = [Decimal(self.draw.choice(["0.5", "3", "20"])) for _ in range(2)]
        book = self.naive.market.books[venue, symbol]
        book.condition = "good" if bid < ask else "crossed"
        book.bid, book.ask, (book.bid_size, book.ask_size) = bid, ask, sizes
        book.heard_ns = self.now_ns
        numbers = (float(bid), float(sizes[0]), float(ask), float(sizes[1]))
        ticker = Ticker(_VENUES.index(venue), self.universe.row(symbol), *numbers, 0, self.now_ns)
        if change := self.board.update(ticker):
            self.strategy.on_ticker(ticker, change)
            if symbol in _MARKETS:
                self.naive.quoted(venue, symbol.split("/")[1], self.now_ns)

    def compare(self) -> None:
        """Compare everything that a trader sees of edges across stablecoins."""
        naive = self.naive
        opened = {(o.symbol, o.buy, o.sell): o for o in self.lives.opened() if ">" in o.symbol}
        assert set(opened) == naive.open
        for pair, opportunity in opened.items():
            pct = naive.net_pct(pair, self.now_ns)
            prices = naive.prices(pair, self.now_ns)
            assert prices is not None
            profit = naive.offered(pair) * prices[0] * pct / 100
            assert abs(Decimal(opportunity.edge_pct) - pct) < Decimal("1e-9")
            assert abs(Decimal(opportunity.profit_quote) - profit) < Decimal("1e-9")
            assert opportunity.qty == float(naive.offered(pair))
            assert (opportunity.reason, opportunity.signalled) == ("quote_peg", False)
        self._compare_ends()
        found: Counter[tuple[Across, str]] = Counter()
        for (row, buy, sell), funnel in self.funnel.pairs().items():
            if row >= LINKS:
                pair = (self.universe.symbol(row), _VENUES[buy], _VENUES[sell])
                found.update({(pair, why.value): n for why, n in funnel.rejected.items()})
        assert found == naive.counts
        assert not any(">" in symbol for symbol in self.signals)

    def _compare_ends(self) -> None:
        """Compare what ended in this step; a book that failed is named by its feed's word."""
        assert len(self.ended) == len(self.naive.ended)
        reasons = dict(self.naive.ended)
        for pair, word in self.ended:
            if reasons[pair] in _BLOCKED:
                assert word in ("crossed", "stale")
            else:
                assert word == reasons[pair]
        self.ended.clear()
        self.naive.ended.clear()


@given(seed=st.integers(0, 2**32))
def test_what_stands_across_stablecoins_stands_at_their_live_rates(seed: int) -> None:
    world = _World(seed)
    for _ in range(50):
        world.step()
        world.compare()


def test_the_world_above_is_rich_enough_to_mean_something() -> None:
    world = _World(3)
    seen: Counter[Across] = Counter()
    ends: Counter[str] = Counter()
    for _ in range(1000):
        world.step()
        seen.update(world.naive.open)
        ends.update(reason for _, reason in world.naive.ended)
        world.compare()
    assert len(seen) > 20
    counts: Counter[str] = Counter()
    for (_, reason), count in world.naive.counts.items():
        counts[reason] += count
    assert counts["quote_peg"] > 100
    assert set(counts) == {
        Reason.QUOTE_PEG,
        Reason.FEE,
        Reason.DATA_FRESH,
        Reason.CROSSED,
        Reason.STATUS_OK,
        Reason.IDENTITY_OK,
    }
    assert set(ends) >= {"vanished", "fee", "quote_peg", "data_fresh", "identity_ok", "status_ok"}
