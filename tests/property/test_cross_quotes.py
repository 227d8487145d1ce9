"""Across stablecoins: an edge only at a live rate of coins that hold their peg (F25).

The oracle keeps what the venues said, converts in fractions at the worse side of the median rate,
and knows nothing of rows or links.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.config import QuotesConfig
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook

_VENUES = ("binance", "bybit", "okx")
_SYMBOLS = ("BTC/USDT", "BTC/USDC", "USDC/USDT", "BTC/FDUSD", "FDUSD/USDT")
_FEE = Fraction(1, 1000)
_CONFIG = QuotesConfig(enabled_quote_currencies=("USDT", "USDC", "FDUSD"))

Pair = tuple[str, str, str]
"""(``BTC/USDC>USDT``, buy, sell)."""


@dataclass
class _Quote:
    bid: float
    ask: float
    at_ns: int
    live: bool = True


class _World:
    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.universe, self.board = Universe(), QuoteBoard(_VENUES)
        for symbol in _SYMBOLS:
            self.universe.add(*symbol.split("/"))
        self.funnel, self.lives = RejectFunnel(3), OpportunityBook()
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            _VENUES,
            DetectionSettings(0.05, 0.02),
            self.funnel,
            self.lives,
        )
        self.strategy.follow_quotes(CrossRates(self.board, self.universe, "USDT"), _CONFIG)
        self.signals = 0
        self.strategy.add_signal_callback(self._on_signal)
        for venue in range(3):
            for row in range(len(_SYMBOLS)):
                self.board.set_fee(venue, row, 0.001)
            self.board.set_venue_verdict(venue, FeedState.LIVE)
        self.said: dict[tuple[str, str], _Quote] = {}
        self.live = dict.fromkeys(_VENUES, True)
        self.worth = {"USDT": 1.0, "USDC": 1.0, "FDUSD": 1.0}
        self.now_ns = 10**18
        self.ticked: tuple[str, str] | None = None

    def _on_signal(self, signal: object) -> None:
        # A pair of one symbol: the answer does not matter here.
        self.signals += 1

    def quote(self, venue: int, symbol: str, mid: float, spread: float = 0.0001) -> None:
        row = self.universe.row(symbol)
        bid, ask = mid * (1 - spread), mid * (1 + spread)
        ticker = Ticker(venue, row, bid, 1.0, ask, 1.0, 0, self.now_ns)
        self.said[_VENUES[venue], symbol] = _Quote(bid, ask, self.now_ns)
        if self.board.update(ticker):
            self.strategy.on_ticker(ticker)

    def step(self) -> None:
        self.ticked = None
        self.now_ns += self.draw.randrange(1, 400 * MS)
        odd = self.draw.random()
        if odd < 0.02:
            self.now_ns += self.draw.randrange(8 * SECOND)
        elif odd < 0.05:
            coin = self.draw.choice(["USDC", "FDUSD"])
            self.worth[coin] = self.draw.choice([1.0, 1.0, 0.9985, 0.99, 1.004])
        elif odd < 0.08:
            name = self.draw.choice(_VENUES)
            self.live[name] = self.draw.random() < 0.8
            state = FeedState.LIVE if self.live[name] else FeedState.STALE
            self.board.set_venue_verdict(_VENUES.index(name), state)
        else:
            symbol = self.draw.choice(_SYMBOLS)
            base, quote = symbol.split("/")
            if base == "BTC":
                mid = 100.0 * (1 + self.draw.gauss(0.0, 0.0015)) / self.worth[quote]
            else:
                mid = self.worth[base] * (1 + self.draw.gauss(0.0, 0.0001))
            venue = self.draw.randrange(3)
            self.quote(venue, symbol, mid)
            if base == "BTC":
                self.ticked = (_VENUES[venue], symbol)
        self.strategy.advance(self.now_ns)

    # The oracle

    def rate(self, coin: str) -> tuple[Fraction, Fraction] | None:
        if coin == "USDT":
            return Fraction(1), Fraction(1)
        found = [
            said
            for venue in _VENUES
            if (said := self.said.get((venue, f"{coin}/USDT")))
            and self.live[venue]
            and said.at_ns >= self.now_ns - 5 * SECOND
        ]
        if not found:
            return None
        return (
            median(Fraction(said.bid) for said in found),
            median(Fraction(said.ask) for said in found),
        )

    def net(self, paid: str, got: str, buy: str, sell: str) -> Fraction | None:
        """Return the net edge as a fraction of what is spent; None where nobody can tell."""
        one, other = self.said.get((buy, f"BTC/{paid}")), self.said.get((sell, f"BTC/{got}"))
        paying, getting = self.rate(paid), self.rate(got)
        if one is None or other is None or paying is None or getting is None:
            return None
        if not (self.live[buy] and self.live[sell]):
            return None
        for bid, ask in (paying, getting):
            if abs((bid + ask) / 2 - 1) > Fraction(3, 1000):
                return None
        cost, gain = Fraction(one.ask) * paying[1], Fraction(other.bid) * getting[0]
        return (gain * (1 - _FEE) - cost * (1 + _FEE)) / cost

    def standing(self) -> dict[Pair, Fraction]:
        found = {}
        for paid, got in permutations(("USDT", "USDC", "FDUSD"), 2):
            for buy, sell in permutations(_VENUES, 2):
                net = self.net(paid, got, buy, sell)
                if net is not None and net > 0:
                    found[f"BTC/{paid}>{got}", buy, sell] = net
        return found

    def opened(self) -> dict[Pair, Opportunity]:
        across = (o for o in self.lives.opened() if ">" in o.symbol)
        return {(o.symbol, o.buy, o.sell): o for o in across}

    def compare(self) -> None:
        opened, standing = self.opened(), self.standing()
        # What is open stands; a rate that moved opens nothing before a quote of its books.
        for pair, opportunity in opened.items():
            assert pair in standing, pair
            assert abs(opportunity.edge_pct - 100 * float(standing[pair])) < 1e-9
            assert opportunity.reason == "quote_peg"
            assert not opportunity.signalled
        if self.ticked is not None:
            venue, symbol = self.ticked
            quote = symbol.split("/")[1]
            for pair in standing:
                paid, got = pair[0].removeprefix("BTC/").split(">")
                if (venue, quote) in ((pair[1], paid), (pair[2], got)):
                    assert pair in opened
        assert self.funnel.balanced


@given(seed=st.integers(0, 2**32))
def test_what_stands_across_stablecoins_stands_at_their_live_rates(seed: int) -> None:
    world = _World(seed)
    for _ in range(80):
        world.step()
        world.compare()


def test_the_world_above_is_rich_enough_to_mean_something() -> None:
    world = _World(3)
    seen: Counter[Pair] = Counter()
    for _ in range(1500):
        world.step()
        world.compare()
        standing = world.standing()
        opened = world.opened()
        seen.update(opened.keys())
        assert opened.keys() <= standing.keys()
    assert len(seen) > 20
    counts = world.funnel.counts()
    assert counts["quote_peg"] > 100
    assert {"fee", "data_fresh"} <= counts.keys()
